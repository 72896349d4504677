//! A page of resources, sorted as a list is asked for.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::call::Call;
use crate::constraint::Constraints;
use crate::page::page;
use crate::reply::Refusal;

const LONGEST_PAGE: i32 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Order {
    sort_by: Option<String>,
    sort_order: Option<String>,
    next_token: Option<String>,
    max_results: Option<i32>,
}

/// The page that the request asks for of resources that it admits, which come by name; `facts` are status and creation.
#[expect(clippy::type_complexity, reason = "a page, and where the next begins")]
pub(super) fn listed<'a, T, S: Ord>(
    call: &Call,
    admitted: impl Iterator<Item = (&'a String, &'a T)>,
    facts: impl Fn(&T) -> (S, DateTime<Utc>),
) -> Result<(Vec<(&'a String, &'a T)>, Option<String>), Refusal> {
    let order: Order = call.input()?;
    let mut constraints = Constraints::default();
    constraints.range("maxResults", order.max_results, 1, Some(LONGEST_PAGE));
    constraints.finish()?;
    let mut found: Vec<(&String, &T)> = admitted.collect();
    match order.sort_by.as_deref() {
        Some("Name") => {}
        Some("Status") => found.sort_by_key(|(_, resource)| facts(resource).0),
        _ => found.sort_by_key(|(_, resource)| facts(resource).1),
    }
    if order.sort_order.as_deref() != Some("Ascending") {
        found.reverse();
    }
    let size = usize::try_from(order.max_results.unwrap_or(LONGEST_PAGE)).ok();
    page(found, order.next_token.as_deref(), size)
}
