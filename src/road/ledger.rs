//! Which event last changed each target, kept in a DynamoDB table: the newest wins, also between invocations that run at
//! the same time.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};

use crate::aws::{self, Scope};
use crate::clock::later;
use crate::error::Error;
use crate::plan::{Place, Target};
use crate::spelling::arn::Account;

/// The table, whose partition key is the string `target` and whose time to live is `expires`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    table: String,
    /// How long an entry matters: no event older than this is acted on.
    keep: Duration,
}

/// What the ledger says to an event that wants to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// No newer event has written.
    Granted,
    /// A newer one has.
    Superseded,
}

impl Ledger {
    pub(crate) const OPERATION: &'static str = "UpdateItem";

    pub(crate) fn new(table: impl Into<String>, max_event_age: Duration) -> Self {
        Self { table: table.into(), keep: max_event_age }
    }

    /// Enters an event from `issued_at` as the newest for `target`, unless a newer one is entered. The same event may
    /// claim again, so that a retry after a failure gets through.
    pub(crate) async fn claim(
        &self,
        scope: &Scope,
        target: &Target,
        place: &Place,
        issued_at: DateTime<Utc>,
    ) -> Result<Claim, Error> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let call = scope
            .dynamodb()
            .update_item()
            .table_name(&self.table)
            .key("target", AttributeValue::S(key(target, place)))
            .update_expression("SET issuedAt = :issuedAt, expires = :expires")
            .condition_expression("attribute_not_exists(issuedAt) OR issuedAt <= :issuedAt")
            .expression_attribute_values(":issuedAt", number(issued_at.timestamp_millis()))
            .expression_attribute_values(":expires", number(later(issued_at, self.keep).timestamp()))
            .send();
        match call.await {
            Ok(_) => Ok(Claim::Granted),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Claim::Superseded)
            }
            Err(error) => Err(aws::failure(Self::OPERATION, error)),
        }
    }
}

/// A target of one account and Region.
fn key(target: &Target, Place { region, account }: &Place) -> String {
    let account = account.as_ref().map_or("", Account::as_str);
    format!("{account}/{region}/{target}")
}
