//! A function: its versions and aliases, and how their provisioned concurrency goes from requested to ready.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Change, Changes, Changing, Stale};
use super::scaling_config::ScalingConfig;

/// A Lambda function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Function {
    /// Its published version numbers.
    pub versions: Vec<String>,
    /// Its aliases by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, Alias>,
    /// Provisioned concurrency by qualifier (alias name or version number).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub provisioned_concurrency: BTreeMap<String, ProvisionedConcurrency>,
    /// Scaling configurations by version number or `$LATEST.PUBLISHED`, where it runs on managed instances.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scaling_configs: BTreeMap<String, ScalingConfig>,
    /// Concurrency reserved for it, which its provisioned concurrency must fit into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_concurrency: Option<i32>,
    /// An update of its code or configuration, which refuses writes until it is done. Reads of any of its provisioned
    /// concurrency and scaling configurations count for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updating: Option<Change>,
    /// How changes of its provisioned concurrency go.
    #[serde(skip_serializing_if = "Changes::is_default")]
    pub changes: Changes,
    /// What the next reads of a qualifier show instead; `null` for no configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stale: BTreeMap<String, Stale<Option<ProvisionedConcurrency>>>,
}

/// A name for a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Alias {
    /// The version it points to.
    pub function_version: String,
    /// Further versions and the share of the traffic that each gets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub additional_version_weights: BTreeMap<String, f64>,
    /// Its description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// The provisioned concurrency of one alias or version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvisionedConcurrency {
    /// What was asked for.
    pub requested: i32,
    /// What there is; allocated and available are one number here.
    pub allocated: i32,
    /// AWS's word for how the allocation goes.
    pub status: ProvisionedConcurrencyStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// When it was last asked for; the wire shows whole seconds.
    pub last_modified: DateTime<Utc>,
    /// The allocation under way; with it, `status` is `IN_PROGRESS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// The states of provisioned concurrency, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the words are AWS's, and described in its API reference")]
pub enum ProvisionedConcurrencyStatus {
    InProgress,
    Ready,
    Failed,
}

impl Function {
    /// Accepts a request for `requested` on `qualifier`, and gives the configuration as the answer shows it.
    pub(crate) fn put(
        &mut self,
        qualifier: &str,
        requested: i32,
        general: &mut Changes,
        now: DateTime<Utc>,
    ) -> ProvisionedConcurrency {
        let before = self.provisioned_concurrency.get(qualifier).cloned();
        let course = self.changes.begin(general, now);
        let accepted = ProvisionedConcurrency {
            requested,
            // Recorded is 0 for the first request; that a later one keeps what is allocated is unverified.
            allocated: before.as_ref().map_or(0, |before| before.allocated.min(requested)),
            status: ProvisionedConcurrencyStatus::InProgress,
            status_reason: None,
            last_modified: now,
            change: Some(course.change),
        };
        self.provisioned_concurrency.insert(qualifier.to_owned(), accepted.clone());
        self.owe_stale(qualifier, course.stale_reads, before);
        self.settle(now);
        accepted
    }

    /// Removes the configuration of `qualifier` at once, if there is one.
    pub(crate) fn delete(&mut self, qualifier: &str, general: &Changes) {
        let before = self.provisioned_concurrency.remove(qualifier);
        let reads = self.changes.stale_reads.or(general.stale_reads).unwrap_or(0);
        self.owe_stale(qualifier, reads, before);
    }

    fn owe_stale(&mut self, qualifier: &str, reads: u32, before: Option<ProvisionedConcurrency>) {
        self.stale.remove(qualifier);
        if let Some(stale) = Stale::after_write(reads, before) {
            self.stale.insert(qualifier.to_owned(), stale);
        }
    }

    /// The configuration of `qualifier` as one `GetProvisionedConcurrencyConfig` finds it.
    pub(crate) fn read(&mut self, qualifier: &str, now: DateTime<Utc>) -> Option<ProvisionedConcurrency> {
        if let Some(updating) = &mut self.updating {
            updating.count_read();
        }
        let mut stale = self.stale.remove(qualifier);
        if let Some(shown) = Stale::next(&mut stale) {
            self.stale.extend(stale.map(|stale| (qualifier.to_owned(), stale)));
            return shown;
        }
        let shown = self.provisioned_concurrency.get(qualifier).cloned();
        if let Some(config) = self.provisioned_concurrency.get_mut(qualifier)
            && let Some(change) = &mut config.change
        {
            change.count_read();
        }
        self.settle(now);
        shown
    }

    /// Ends what is done by `now`.
    pub(crate) fn settle(&mut self, now: DateTime<Utc>) {
        if self.updating.as_mut().is_some_and(|updating| updating.done(now).is_some()) {
            self.updating = None;
        }
        for config in self.provisioned_concurrency.values_mut() {
            config.settle(now);
        }
        self.scaling_configs.values_mut().for_each(|config| config.settle(now));
    }

    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, alias) in &self.aliases {
            let versions = [&alias.function_version].into_iter().chain(alias.additional_version_weights.keys());
            for version in versions {
                if !self.versions.contains(version) {
                    return Err(format!("aliases.{name}: version {version} is not in versions"));
                }
            }
        }
        for (qualifier, config) in &self.provisioned_concurrency {
            if !self.aliases.contains_key(qualifier) && !self.versions.contains(qualifier) {
                return Err(format!("provisionedConcurrency.{qualifier}: neither an alias nor a version"));
            }
            if config.change.is_some() != (config.status == ProvisionedConcurrencyStatus::InProgress) {
                return Err(format!("provisionedConcurrency.{qualifier}.status: IN_PROGRESS goes with a change"));
            }
        }
        for (qualifier, config) in &self.scaling_configs {
            if qualifier != "$LATEST.PUBLISHED" && !self.versions.contains(qualifier) {
                return Err(format!("scalingConfigs.{qualifier}: neither $LATEST.PUBLISHED nor a version"));
            }
            if config.change.is_some() && config.requested.is_none() {
                return Err(format!("scalingConfigs.{qualifier}.change: goes with what is requested"));
            }
        }
        Ok(())
    }
}

impl ProvisionedConcurrency {
    fn settle(&mut self, now: DateTime<Utc>) {
        if self.change.as_mut().and_then(|change| change.done(now)).is_none() {
            return;
        }
        let failed = self.change.take().and_then(|change| change.fails);
        (self.status, self.allocated) = match failed {
            None => (ProvisionedConcurrencyStatus::Ready, self.requested),
            Some(_) => (ProvisionedConcurrencyStatus::Failed, 0),
        };
        self.status_reason = failed;
    }
}
