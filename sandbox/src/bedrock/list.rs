//! A page of resources, filtered and sorted as a list is asked for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::call::Call;
use crate::constraint::Constraints;
use crate::page::page;
use crate::reply::Refusal;

/// By what a list is filtered and sorted.
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) model_arn: String,
    pub(super) status: Option<Value>,
    pub(super) created: DateTime<Utc>,
}

/// The page that the query asks for; two parameters of it are called differently by each list.
#[expect(clippy::type_complexity, reason = "a page, and where the next begins")]
pub(super) fn listed<'a, T>(
    call: &Call,
    resources: &'a BTreeMap<String, T>,
    (after, before): (&str, &str),
    facts: impl Fn(&T) -> Facts,
) -> Result<(Vec<(&'a String, &'a T)>, Option<String>), Refusal> {
    let mut constraints = Constraints::default();
    let size = call.query("maxResults").and_then(|size| size.parse().ok());
    constraints.range("maxResults", size, 1, Some(1000));
    constraints.finish()?;
    let time = |name: &str| {
        let text = call.query(name)?;
        DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
    };
    let (after, before) = (time(after), time(before));
    let is_asked_for = |(_, resource): &(&String, &T)| {
        let facts = facts(resource);
        after.is_none_or(|after| facts.created > after)
            && before.is_none_or(|before| facts.created < before)
            && call.query("statusEquals").is_none_or(|status| facts.status.as_ref().is_some_and(|own| own == status))
            && call.query("modelArnEquals").is_none_or(|arn| facts.model_arn == arn)
            && call.query("nameContains").is_none_or(|part| facts.name.contains(part))
    };
    let mut found: Vec<(&String, &T)> = resources.iter().filter(is_asked_for).collect();
    found.sort_by_key(|(_, resource)| facts(resource).created);
    if call.query("sortOrder") != Some("Ascending") {
        found.reverse();
    }
    page(found, call.query("nextToken"), size.and_then(|size| usize::try_from(size).ok()))
}
