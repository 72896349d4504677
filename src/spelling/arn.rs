//! The parts that ARNs are made of: partitions, Regions and accounts, as AWS spells them.

/// True for `aws` and what begins with `aws-`, such as `aws-us-gov` and `aws-cn`.
pub(crate) fn is_partition(text: &str) -> bool {
    let suffix = text.strip_prefix("aws");
    suffix.is_some_and(|suffix| suffix.is_empty() || suffix.strip_prefix('-').is_some_and(is_lower_words))
}

/// True for a Region's code, such as `us-east-1`, `us-gov-west-1`, `us-isob-east-1` and `eusc-de-east-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let parts: Vec<&str> = text.split('-').collect();
    let is_isolated = |part: &str| part == "gov" || part.strip_prefix("iso").is_some_and(is_letter_or_none);
    let (country, area, number) = match parts.as_slice() {
        [country, area, number] => (country, area, number),
        [country, isolated, area, number] if is_isolated(isolated) => (country, area, number),
        _ => return false,
    };
    let is_lower = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    country.len() == 2
        && is_lower(country)
        && is_lower(area)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// True for the twelve digits of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_letter_or_none(text: &str) -> bool {
    text.len() <= 1 && text.bytes().all(|b| b.is_ascii_lowercase())
}

fn is_lower_words(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}
