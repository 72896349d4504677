//! What Bedrock's resources are called by.

use std::collections::BTreeMap;

use crate::resource::CustomModel;

/// `([0-9a-zA-Z][_-]?)+`: starts with a letter or digit, and no two separators in a row.
pub(super) fn is_name(text: &str) -> bool {
    let separator = |byte: u8| matches!(byte, b'_' | b'-');
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || separator(*byte))
        && !bytes.windows(2).any(|pair| pair.iter().all(|byte| separator(*byte)))
}

/// An ARN of this kind, which ends in an id.
pub(super) fn is_arn(text: &str, kind: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "bedrock", _, account, resource] = parts.as_slice() else {
        return false;
    };
    let id = resource.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    partition.starts_with("aws")
        && account.len() == 12
        && id.len() == 12
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The custom model with this ARN or name, and its ARN.
pub(super) fn custom_model<'a>(
    custom_models: &'a BTreeMap<String, CustomModel>,
    identifier: &str,
) -> Option<(&'a String, &'a CustomModel)> {
    custom_models.iter().find(|(arn, model)| *arn == identifier || model.name == identifier)
}
