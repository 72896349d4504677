//! What SageMaker's names are made of: letters, digits and inner hyphens, 63 at most.

use crate::constraint::Constraints;

/// The pattern of endpoints and variants, as a refusal quotes it.
pub(super) const ENDPOINT: &str = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
/// The pattern of inference components, which admits the same names.
pub(super) const INFERENCE_COMPONENT: &str = r"^[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?";

/// `name` at `path`, if it is there, is one that `pattern` (either of the two) admits.
pub(super) fn check(constraints: &mut Constraints, path: &str, name: Option<&str>, pattern: &str) {
    let Some(name) = name else { return };
    constraints.check(path, name, name.len() <= 63, "have length less than or equal to 63");
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let matches = edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    constraints.check(path, name, matches, format_args!("satisfy regular expression pattern: {pattern}"));
}
