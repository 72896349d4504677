//! The three ways to name a function, with or without a qualifier behind it.

use super::refusal::not_found;
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::Refusal;

/// A `FunctionName` taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FunctionName<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) account: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) qualifier: Option<&'a str>,
}

/// The pattern of the API model, which the constraint's sentence quotes.
pub(super) const PATTERN: &str = "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";

impl<'a> FunctionName<'a> {
    /// Reads a name, a partial ARN or a full ARN; `None` when it is none of them.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut parts: Vec<&str> = text.split(':').collect();
        if let ["arn", partition, "lambda", ..] = parts.as_slice() {
            if !partition.is_empty() && !partition.starts_with("aws") {
                return None;
            }
            parts.drain(..3);
        }
        // Each optional part is one only when something follows it: a function may be called `function`.
        let mut next = |is: fn(&str) -> bool| {
            let part = *parts.first().filter(|part| parts.len() > 1 && is(part))?;
            parts.remove(0);
            Some(part)
        };
        let region = next(is_region);
        let account = next(|part| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()));
        next(|part| part == "function");
        let (name, qualifier) = match parts.as_slice() {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let valid = is_word(name) && qualifier.is_none_or(|qualifier| qualifier == "$LATEST" || is_word(qualifier));
        valid.then_some(Self { region, account, name, qualifier })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().unwrap_or_default();
    let place = parts.next().unwrap_or_default();
    let lowercase = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let rest: Vec<&str> = parts.collect();
    number.len() == 1
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && lowercase(place)
        && !rest.is_empty()
        && rest.into_iter().all(lowercase)
}

/// The ARN that an IAM refusal names.
pub(crate) fn resource(call: &Call) -> String {
    let named = call.segments.get(2).and_then(|label| FunctionName::read(label));
    let name = named.as_ref().map_or("*", |named| named.name);
    let account = named.as_ref().and_then(|named| named.account).unwrap_or(&call.account);
    match call.query("Qualifier") {
        Some(qualifier) => call.arn_of(account, &format!("function:{name}:{qualifier}")),
        None => call.arn_of(account, &format!("function:{name}")),
    }
}

pub(super) fn function_label<'a>(call: &'a Call, constraints: &mut Constraints) -> &'a str {
    let label = call.segments.get(2).map_or("", String::as_str);
    constraints.check("functionName", label, label.len() <= 140, "have length less than or equal to 140");
    let rule = format!("satisfy regular expression pattern: {}", PATTERN);
    constraints.check("functionName", label, FunctionName::read(label).is_some(), rule);
    label
}

/// The function a label names, if this Region and account can reach it.
pub(super) fn reachable<'a>(call: &Call, label: &'a str) -> Result<FunctionName<'a>, Refusal> {
    let Some(named) = FunctionName::read(label) else { unreachable!("the constraints refused such a name") };
    if let Some(region) = named.region.filter(|region| *region != call.region) {
        let message = format!("Functions from '{region}' are not reachable in this region ('{}')", call.region);
        return Err(not_found(message));
    }
    if named.account.is_some_and(|account| account != call.account) {
        // Another account's function needs a resource-based policy, which the sandbox does not have.
        return Err(call.denied(&resource(call)));
    }
    Ok(named)
}
