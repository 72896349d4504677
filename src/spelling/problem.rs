//! What is wrong with a document somebody wrote: every mistake at once, each with its path.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::ops::{ControlFlow, Deref};

use deserr::{DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind, ValuePointerRef};

/// One mistake: where it stands, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way to the value, such as `input.DesiredWeightsAndCapacities[1].DesiredWeight`; empty for the whole document.
    pub path: String,
    /// What is wrong and what would be right, as a sentence fragment.
    pub message: String,
}

/// At least one [`Problem`], in the order found; those beyond a number are counted only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// A single mistake at `path`.
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { listed: vec![Problem { path: path.into(), message: message.into() }], more: 0 }
    }

    /// The mistakes that are listed, first found first.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.listed
    }

    /// Puts `prefix` before every path: a part of a document reported as seen from its root.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for problem in &mut self.listed {
            problem.path = match problem.path.as_str() {
                "" => prefix.to_owned(),
                path if path.starts_with('[') => format!("{prefix}{path}"),
                path => format!("{prefix}.{path}"),
            };
        }
        self
    }

    /// Both lists as one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.more += other.more;
        for problem in other.listed {
            self.add(|| problem);
        }
        self
    }

    /// One more; it is not even made when it would only be counted.
    fn add(&mut self, problem: impl FnOnce() -> Problem) {
        if self.listed.len() < MOST_LISTED {
            self.listed.push(problem());
        } else {
            self.more += 1;
        }
    }

    /// `found` with more, where there is any already.
    #[must_use]
    pub fn join(found: Option<Self>, more: Self) -> Self {
        match found {
            Some(found) => found.and(more),
            None => more,
        }
    }

    /// `Ok` when nothing was found.
    pub fn check(found: Vec<Problem>) -> Result<(), Self> {
        Self::of(found).map_or(Ok(()), Err)
    }

    /// What was found, where there is anything.
    pub(crate) fn of(mut found: Vec<Problem>) -> Option<Self> {
        let more = found.len().saturating_sub(MOST_LISTED);
        found.truncate(MOST_LISTED);
        (!found.is_empty()).then_some(Self { listed: found, more })
    }
}

/// A sentence of more would be too long for the failure record that carries it.
const MOST_LISTED: usize = 20;

impl Problems {
    /// Each mistake as a sentence fragment with its path, and how many are only counted.
    pub fn each(&self) -> impl Iterator<Item = String> {
        let more = (self.more > 0).then(|| format!("and {} more", self.more));
        self.listed.iter().map(Problem::to_string).chain(more)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.each().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            f.write_str(&problem)?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, message } = self;
        if path.is_empty() { f.write_str(message) } else { write!(f, "{}: {message}", shortened(path)) }
    }
}

impl std::error::Error for Problems {}

/// A name as long as names are; of a longer one, its beginning.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

const LONGEST_NAME: usize = 200;

/// The path of a deserr location, written as people write it: `input.Items[0].Name`.
pub(crate) fn path_of(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => match path_of(*prev) {
            path if path.is_empty() => key.to_owned(),
            path => format!("{path}.{key}"),
        },
        ValuePointerRef::Index { index, prev } => format!("{}[{index}]", path_of(*prev)),
    }
}

/// The valid name closest to what was written, when one is close enough to be meant: but for a few letters, or a part
/// of it.
#[must_use]
pub fn nearest<'a>(written: &str, valid: &[&'a str]) -> Option<&'a str> {
    let written = written.to_lowercase();
    let distances =
        comparable(&written, valid).map(|name| (strsim::damerau_levenshtein(&written, &name.to_lowercase()), name));
    let close = distances
        .filter(|(distance, name)| *distance <= name.len().max(written.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name);
    let part = || valid.iter().find(|name| name.to_lowercase().contains(&written)).copied();
    close.or_else(|| part().filter(|_| written.len() >= SHORTEST_PART))
}

/// The names that their length does not rule out: a distance is at least the difference in length, and to find it takes a
/// time that grows with both.
fn comparable<'a>(written: &str, valid: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let (letters, bytes) = (written.chars().count(), written.len());
    valid
        .iter()
        .copied()
        .filter(move |name| name.chars().count().abs_diff(letters) <= name.len().max(bytes).div_ceil(3))
}

/// Shorter parts stand in names by chance.
const SHORTEST_PART: usize = 6;

/// A mistake at a deserr location, for hand-written decoders.
pub(crate) fn wrong(location: ValuePointerRef<'_>, message: impl Into<String>) -> Problems {
    Problems::one(path_of(location), message)
}

/// The sentence for a member that does not exist.
pub(crate) fn unknown_member(key: &str, accepted: &[&str]) -> String {
    match nearest(key, accepted) {
        Some(name) => format!("there is no such member; did you mean `{name}`?"),
        None => format!("there is no such member; valid here: {}", listed(accepted)),
    }
}

/// Names in backticks, separated by commas.
pub fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The word for a JSON type in a message; the value itself is never repeated.
pub(crate) fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Integer => "an integer",
        ValueKind::NegativeInteger => "a negative integer",
        ValueKind::Float => "a fraction",
        ValueKind::String => "a string",
        ValueKind::Sequence => "a list",
        ValueKind::Map => "an object",
    }
}

impl DeserializeError for Problems {
    fn error<V: IntoValue>(
        found: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let problem = || problem_of(error, location);
        ControlFlow::Continue(match found {
            Some(mut problems) => {
                problems.add(problem);
                problems
            }
            None => Self { listed: vec![problem()], more: 0 },
        })
    }
}

fn problem_of<V: IntoValue>(error: ErrorKind<'_, V>, location: ValuePointerRef<'_>) -> Problem {
    let path = path_of(location);
    match error {
        ErrorKind::IncorrectValueKind { actual, accepted } => {
            let expected: Vec<&str> = accepted.iter().map(|kind| kind_name(*kind)).collect();
            Problem { path, message: format!("must be {}, but is {}", expected.join(" or "), kind_name(actual.kind())) }
        }
        ErrorKind::MissingField { field } => {
            Problem { path: path_of(location.push_key(field)), message: "is required, but missing".to_owned() }
        }
        ErrorKind::UnknownKey { key, accepted } => {
            Problem { path: path_of(location.push_key(key)), message: unknown_member(key, accepted) }
        }
        ErrorKind::UnknownValue { value, accepted } => Problem {
            path,
            message: match nearest(value, accepted) {
                Some(name) => format!("is not a known value; did you mean `{name}`?"),
                None => format!("is not a known value; valid here: {}", listed(accepted)),
            },
        },
        ErrorKind::BadSequenceLen { actual, expected } => Problem {
            path,
            message: format!("must have {expected} elements, but has {}", deserr::Sequence::len(&actual)),
        },
        ErrorKind::Unexpected { msg } => Problem { path, message: msg },
    }
}

impl MergeWithError<Problems> for Problems {
    fn merge(found: Option<Self>, other: Self, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        ControlFlow::Continue(Self::join(found, other))
    }
}

/// Lets a `try_from` conversion say what is wrong as a plain sentence; the path is the location of the value.
impl MergeWithError<String> for Problems {
    fn merge(found: Option<Self>, message: String, location: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        Self::error::<Infallible>(found, ErrorKind::Unexpected { msg: message }, location)
    }
}

/// The members of an object, whatever they are called.
///
/// By hand: deserr 0.6 decodes maps too, but drops an entry that does not decode, together with its error.
#[derive(Clone, Debug, PartialEq)]
pub struct Members<T>(BTreeMap<String, T>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Deref for Members<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Deserr<Problems>> Deserr<Problems> for Members<T> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let Value::Map(members) = value else {
            return Err(wrong(location, format!("must be an object, but is {}", kind_name(value.kind()))));
        };
        let mut read = BTreeMap::new();
        let mut found: Option<Problems> = None;
        for (name, value) in deserr::Map::into_iter(members) {
            match T::deserialize_from_value(value.into_value(), location.push_key(&name)) {
                Ok(value) => drop(read.insert(name, value)),
                Err(problems) => found = Some(Problems::join(found, problems)),
            }
        }
        found.map_or(Ok(Self(read)), Err)
    }
}

/// Decodes `value`, standing at `location`, into `T`; all its mistakes together.
pub(crate) fn decode_at<T: deserr::Deserr<Problems>>(
    value: serde_json::Value,
    location: ValuePointerRef<'_>,
) -> Result<T, Problems> {
    T::deserialize_from_value(value.into_value(), location)
}

/// Takes an integer out of a deserr value: any whole number, also written `2.0`, as some encoders do.
pub(crate) fn whole_number<V: IntoValue>(value: &Value<V>) -> Option<i128> {
    match value {
        Value::Integer(n) => Some((*n).into()),
        Value::NegativeInteger(n) => Some((*n).into()),
        // Up to here every whole number has a float of its own.
        Value::Float(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => Some(*n as i128),
        _ => None,
    }
}

/// A mistake at a deserr location, to be collected with others.
pub(crate) fn problem(location: ValuePointerRef<'_>, message: impl Into<String>) -> Problem {
    Problem { path: path_of(location), message: message.into() }
}

/// Takes any number out of a deserr value.
pub(crate) fn number<V: IntoValue>(value: &Value<V>) -> Option<f64> {
    match value {
        Value::Integer(n) => Some(*n as f64),
        Value::NegativeInteger(n) => Some(*n as f64),
        Value::Float(n) => Some(*n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_across_case_and_small_slips() {
        let valid = ["DesiredWeight", "DesiredInstanceCount", "VariantName"];
        assert_eq!(nearest("desiredWeight", &valid), Some("DesiredWeight"));
        assert_eq!(nearest("DesiredInstancesCount", &valid), Some("DesiredInstanceCount"));
        assert_eq!(nearest("zzz", &valid), None);
    }

    #[test]
    fn a_name_that_no_name_can_be_near_is_compared_with_none() {
        let valid = ["DesiredWeight", "VariantName"];
        assert_eq!(comparable(&"DesiredWeight".repeat(80_000), &valid).count(), 0);
        assert_eq!(comparable("DesiredWeights", &valid).collect::<Vec<_>>(), valid);
    }

    #[test]
    fn a_prefix_joins_names_with_a_dot_and_indexes_without() {
        assert_eq!(Problems::one("[0].a", "x").under("actions").to_string(), "actions[0].a: x");
        assert_eq!(Problems::one("a", "x").under("input").to_string(), "input.a: x");
        assert_eq!(Problems::one("", "x").under("input").to_string(), "input: x");
    }
}
