//! One page of a list, and the token for the next.

use crate::reply::Refusal;

/// The part of `items` that `token` (of the page before) and `size` ask for, with the next token.
pub(crate) fn page<T>(
    items: Vec<T>,
    token: Option<&str>,
    size: Option<usize>,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let start = match token.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) => start,
        // AWS's own wording is unverified.
        Some(Err(_)) => return Err(Refusal::validation("Invalid pagination token")),
    };
    let size = size.unwrap_or(items.len());
    let next = start.saturating_add(size);
    let token = (next < items.len()).then(|| next.to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), token))
}
