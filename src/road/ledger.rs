//! What has been decided on each target and by which event, kept in a DynamoDB table with one item a lane: what AWS changes
//! one at a time is read, decided on and written by one invocation at a time.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::{self, Scope};
use crate::clock::{Poll, later};
use crate::error::{Cause, Error};
use crate::plan::{Place, Target};
use crate::plant::{self, Plant};
use crate::road::late::CLOCK_SKEW;
use crate::spelling::arn::Account;

mod entry;

pub(super) use entry::LANDS;
pub(crate) use entry::{Entry, EventId, Standing, within_lane};

/// The table, whose partition key is the string `target` and whose time to live is `expires`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    table: String,
    /// How long an event matters: none older than this is acted on.
    keep: Duration,
}

/// How long a lane is held. A holder that has crashed keeps it for as long.
const LEASE: TimeDelta = TimeDelta::seconds(90);

/// How often a lane that another invocation holds is asked for.
pub(crate) const POLL: Poll = Poll::new(Duration::from_secs(1), Duration::from_secs(5));

/// What the ledger says to an invocation that wants a lane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Taken {
    /// It is this one's, with what is known of it.
    Held(Lane),
    /// Another has it: who, and until when.
    ByAnother(String, DateTime<Utc>),
}

/// A lane that this invocation holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    key: String,
    holder: String,
    until: DateTime<Utc>,
    /// What is known of it, and becomes known.
    pub(crate) entry: Entry,
    /// What was known when it was taken.
    taken: Entry,
    /// What the table has.
    stored: Entry,
    /// Until when a write may still take effect of which nobody knows whether it has.
    landing: Option<DateTime<Utc>>,
}

impl Lane {
    /// When a write has to have been answered: one that comes later may take effect when another holds the lane.
    pub(crate) fn write_until(&self) -> DateTime<Utc> {
        self.until - LANDS
    }

    /// Says until when a write may yet take effect, which keeps others from the lane when it is left.
    pub(crate) fn keep_until(&mut self, landing: Option<DateTime<Utc>>) {
        self.landing = landing.filter(|_| !plant::is(Plant::LateWriteUnheeded));
    }

    /// Goes back to what was known when it was taken.
    pub(crate) fn forget(&mut self) {
        self.entry = self.taken.clone();
    }
}

impl Ledger {
    pub(crate) const OPERATION: &'static str = "UpdateItem";

    pub(crate) fn new(table: impl Into<String>, max_event_age: Duration) -> Self {
        Self { table: table.into(), keep: max_event_age.saturating_add(AFTERWARDS) }
    }

    /// Takes the lane of a target, unless another invocation holds it. A holder may take it again, as the SDK does when the
    /// answer was lost.
    pub(crate) async fn take(
        &self,
        scope: &Scope,
        (target, place): (&Target, &Place),
        holder: &str,
        now: DateTime<Utc>,
    ) -> Result<Taken, Error> {
        let (key, until) = (key(target, place), now + LEASE);
        let call = self
            .update(scope, &key)
            .update_expression("SET leaseHolder = :me, leaseUntil = :until, expires = :expires")
            .condition_expression(match plant::is(Plant::LeaseIgnored) {
                true => "attribute_not_exists(leaseHolder) OR leaseHolder = :me OR leaseUntil <> :now",
                false => "attribute_not_exists(leaseHolder) OR leaseHolder = :me OR leaseUntil < :now",
            })
            .expression_attribute_values(":me", AttributeValue::S(holder.to_owned()))
            .expression_attribute_values(":until", number(until.timestamp_millis()))
            // Another's clock may be behind.
            .expression_attribute_values(":now", number((now - CLOCK_SKEW).timestamp_millis()))
            .expression_attribute_values(":expires", self.expires(now))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        let item = match call.await {
            Ok(output) => {
                aws::answered(Self::OPERATION, &output)?;
                output.attributes.unwrap_or_default()
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let text = |name| failed.item()?.get(name)?.as_s().ok().cloned();
                    let until = || failed.item()?.get("leaseUntil")?.as_n().ok()?.parse().ok();
                    let until = until().and_then(DateTime::from_timestamp_millis).unwrap_or(now);
                    return Ok(Taken::ByAnother(text("leaseHolder").unwrap_or_default(), until));
                }
                _ => return Err(aws::failure(Self::OPERATION, error)),
            },
        };
        let entry = self.entry(&key, &item)?;
        Ok(Taken::Held(Lane {
            key,
            holder: holder.to_owned(),
            until,
            taken: entry.clone(),
            stored: entry.clone(),
            entry,
            landing: None,
        }))
    }

    /// What is known of a lane, whoever holds it: a write that changes nothing, which needs no permission that others do not.
    pub(crate) async fn look_up(&self, scope: &Scope, target: &Target, place: &Place) -> Result<Entry, Error> {
        let key = key(target, place);
        let call = self
            .update(scope, &key)
            .condition_expression("attribute_exists(decisions)")
            .return_values(ReturnValue::AllOld)
            .send();
        match call.await {
            Ok(output) => {
                aws::answered(Self::OPERATION, &output)?;
                self.entry(&key, &output.attributes.unwrap_or_default())
            }
            Err(error) if is_unmet(&error) => Ok(Entry::default()),
            Err(error) => Err(aws::failure(Self::OPERATION, error)),
        }
    }

    fn entry(&self, key: &str, item: &HashMap<String, AttributeValue>) -> Result<Entry, Error> {
        match item.get(DECISIONS) {
            Some(AttributeValue::S(text)) => serde_json::from_str(text)
                .map_err(|_| Cause::Unreadable { table: self.table.clone(), key: key.to_owned() }.into()),
            _ => Ok(Entry::default()),
        }
    }

    /// Writes what is known of the lane, and holds it for longer. `false` when it is held no more.
    pub(crate) async fn keep(&self, scope: &Scope, lane: &mut Lane, now: DateTime<Utc>) -> Result<bool, Error> {
        lane.entry.prune(now, self.keep);
        let until = if plant::is(Plant::ReleasedBeforeTheWrite) { now - LEASE } else { now + LEASE };
        let call = self
            .update(scope, &lane.key)
            .update_expression("SET decisions = :decisions, leaseUntil = :until, expires = :expires")
            .condition_expression(STILL_HELD)
            .expression_attribute_values(":me", AttributeValue::S(lane.holder.clone()))
            .expression_attribute_values(":decisions", AttributeValue::S(written(&lane.entry)))
            .expression_attribute_values(":until", number(until.timestamp_millis()))
            .expression_attribute_values(":expires", self.expires(now));
        // Without an answer it may be there.
        lane.stored.clone_from(&lane.entry);
        let held = still_held(call.send().await)?;
        lane.until = now + LEASE;
        Ok(held)
    }

    /// Lets others have the lane, with what is known of it, as soon as no write of this one may still take effect. A lane that
    /// is held no more is another's already.
    pub(crate) async fn leave(&self, scope: &Scope, mut lane: Lane, now: DateTime<Utc>) -> Result<(), Error> {
        let mut call = self
            .update(scope, &lane.key)
            .condition_expression(STILL_HELD)
            .expression_attribute_values(":me", AttributeValue::S(lane.holder));
        let mut set = Vec::new();
        if lane.entry != lane.stored {
            lane.entry.prune(now, self.keep);
            set.extend(["decisions = :decisions", "expires = :expires"]);
            call = call
                .expression_attribute_values(":decisions", AttributeValue::S(written(&lane.entry)))
                .expression_attribute_values(":expires", self.expires(now));
        }
        let free = match lane.landing {
            Some(landing) => {
                set.push("leaseUntil = :until");
                call = call.expression_attribute_values(":until", number(landing.timestamp_millis()));
                ""
            }
            None => "REMOVE leaseHolder, leaseUntil",
        };
        let set = if set.is_empty() { String::new() } else { format!("SET {} ", set.join(", ")) };
        still_held(call.update_expression(format!("{set}{free}")).send().await).map(|_| ())
    }

    fn update(
        &self,
        scope: &Scope,
        key: &str,
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        scope.dynamodb().update_item().table_name(&self.table).key("target", AttributeValue::S(key.to_owned()))
    }

    /// When DynamoDB may forget the lane, in seconds since 1970.
    fn expires(&self, now: DateTime<Utc>) -> AttributeValue {
        number(later(now, self.keep).timestamp())
    }
}

/// How long an event is remembered after it has become too old to act on: clocks differ, and an event may say that it is
/// from a little ahead.
const AFTERWARDS: Duration = Duration::from_secs(600);

const DECISIONS: &str = "decisions";
const STILL_HELD: &str = "leaseHolder = :me";

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn written(entry: &Entry) -> String {
    serde_json::to_string(entry)
        .unwrap_or_else(|_| unreachable!("an entry has texts for keys, and no number that is none"))
}

fn still_held(answer: Result<UpdateItemOutput, SdkError<UpdateItemError>>) -> Result<bool, Error> {
    match answer {
        Ok(output) => aws::answered(Ledger::OPERATION, &output).map(|()| true),
        Err(error) if is_unmet(&error) => Ok(false),
        Err(error) => Err(aws::failure(Ledger::OPERATION, error)),
    }
}

fn is_unmet(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

/// A target of one account and Region.
fn key(target: &Target, Place { region, account }: &Place) -> String {
    let account = account.as_ref().map_or("", Account::as_str);
    format!("{account}/{region}/{target}")
}
