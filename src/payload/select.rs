//! An action for whatever targets are found, where its input names none.

use deserr::{Deserr, IntoValue, Value as Written, ValuePointerRef};
use serde_json::Value;

use super::{Request, RoleName, Settings, both};
use crate::action::{EVERYTHING, Need, TargetKind};
use crate::actions::AnyAction;
use crate::plan::Target;
use crate::spelling::arn::Region;
use crate::spelling::glob::Glob;
use crate::spelling::problem::{Members, Problems, decode_at, problem, wrong};

/// `{"select": {…}, "action": …, "input": {…}}`: what is asked of every target that is found, each with its name put into the
/// input.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Which targets.
    pub selection: Selection,
    /// What is asked of one, under a name that stands for any.
    pub pattern: Request,
    /// What is listed.
    pub(crate) kind: TargetKind,
    input: Value,
}

/// Which of the targets that there are.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = says_which -> Problems)]
pub struct Selection {
    /// Patterns of names, of which one has to match; without any, every name does.
    #[deserr(default)]
    names: Vec<Glob>,
    /// Patterns of the names that are left out.
    #[deserr(default)]
    except: Vec<Glob>,
    /// What the target's tags have to be, all of them: patterns of values, by key.
    #[deserr(default)]
    tags: Members<Glob>,
    /// The Regions that are looked through; without, the one that the payload names, or the function's own.
    #[deserr(default)]
    pub regions: Option<Every<Region>>,
    /// The roles as which they are looked through; without, the one that the payload names, or the function's own.
    #[deserr(default)]
    pub roles: Option<Every<RoleName>>,
}

/// Some, or all that the operator's configuration lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Every<T> {
    /// All of them: `"*"`.
    Listed,
    /// These.
    These(Vec<T>),
}

impl<T: Deserr<Problems> + PartialEq> Deserr<Problems> for Every<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Written<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Problems> {
        match value {
            Written::String(all) if all == "*" => Ok(Self::Listed),
            Written::String(_) => Err(wrong(location, "must be a list, or \"*\" for all that the configuration lists")),
            list => {
                let these: Vec<T> = Vec::deserialize_from_value(list, location)?;
                if these.is_empty() {
                    return Err(wrong(location, "is empty; write at least one, or leave it out"));
                }
                match (1..these.len()).find(|index| these[..*index].contains(&these[*index])) {
                    Some(twice) => Err(wrong(location.push_index(twice), "stands in the list already")),
                    None => Ok(Self::These(these)),
                }
            }
        }
    }
}

fn says_which(selection: Selection, location: ValuePointerRef<'_>) -> Result<Selection, Problems> {
    match selection.names.is_empty() && selection.tags.is_empty() {
        true => {
            let message = "says not which; give `names`, a list of patterns such as [\"reco-*\"], `tags`, or both";
            Err(wrong(location, message))
        }
        false => Ok(selection),
    }
}

impl Selection {
    /// Whether a target of this name is meant, as far as the name tells.
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let any = |patterns: &[Glob]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.names.is_empty() || any(&self.names)) && !any(&self.except)
    }

    /// Whether it depends on tags.
    #[must_use]
    pub fn asks_for_tags(&self) -> bool {
        !self.tags.is_empty()
    }

    /// Whether a target with these tags is meant.
    #[must_use]
    pub fn has(&self, tags: &[(String, String)]) -> bool {
        self.tags.iter().all(|(key, pattern)| tags.iter().any(|(own, value)| own == key && pattern.matches(value)))
    }
}

/// Stands for any name: every kind of target may be called so.
const ANY_NAME: &str = "x";

impl Select {
    /// Reads a payload out of which `select` has been taken.
    pub(super) fn parse(selection: Value, mut around: Value) -> Result<Self, Problems> {
        let origin = ValuePointerRef::Origin;
        if around.get("actions").is_some() {
            return Err(wrong(origin.push_key("actions"), "stands beside `select`; write one action with its input"));
        }
        let here = origin.push_key("select");
        let selection = decode_at::<Selection>(selection, here);
        let pattern = with_name(&mut around, ANY_NAME)
            .and_then(|input| Ok((input, Request::parse(around, &Settings::default(), origin)?)));
        let (selection, (input, pattern)) = both(selection, pattern)?;
        let settings = &pattern.settings;
        let twice = [
            ("region", selection.regions.is_some() && settings.region.is_some()),
            ("role", selection.roles.is_some() && settings.role.is_some()),
        ];
        let found = twice.into_iter().filter(|(_, is_twice)| *is_twice).map(|(member, _)| {
            problem(origin.push_key(member), format!("stands beside select.{member}s; write one of them"))
        });
        Problems::check(found.collect())?;
        let Some(kind) = pattern.action.about().kind else {
            return Err(wrong(
                here,
                "finds what there is, and this action makes what is not there yet; name it in the input",
            ));
        };
        if selection.asks_for_tags() && !kind.has_tags() {
            return Err(wrong(
                here.push_key("tags"),
                "cannot be asked for: what this action is about is found by name",
            ));
        }
        Ok(Self { selection, pattern, kind, input })
    }

    /// Whether a target may be among those that it finds, as far as the names tell; those that are left out may be called otherwise,
    /// since some names are the same whatever the case of their letters.
    pub(crate) fn may_find(&self, target: &Target) -> bool {
        let any = self.pattern.action.target();
        let id = target.resource_id().to_lowercase();
        let Some((before, after)) = around_name(any.resource_id()) else { return true };
        let name = id.strip_prefix(&before.to_lowercase()).and_then(|rest| rest.strip_suffix(&after.to_lowercase()));
        let is_named = |name: &str| self.selection.names.iter().any(|pattern| pattern.matches_but_for_case(name));
        target.service() == any.service() && name.is_some_and(|name| self.selection.names.is_empty() || is_named(name))
    }

    /// The permissions that it needs, on the names that it means; to list what there is, on whatever there is.
    #[must_use]
    pub fn needs(&self) -> Vec<Need> {
        let any = [Glob::new("*")];
        let names = if self.selection.names.is_empty() { &any[..] } else { &self.selection.names };
        let of_each = |need: Need| {
            let resources = names.iter().map(move |name| with_names(&need.resource, name));
            let needs = resources.map(move |resource| Need { action: need.action, resource });
            needs.collect::<Vec<_>>()
        };
        let lists =
            self.kind.needs().into_iter().filter(|need| need.resource == EVERYTHING || self.selection.asks_for_tags());
        self.pattern.needs().into_iter().flat_map(of_each).chain(lists).collect()
    }

    /// What is asked of the target of a name.
    ///
    /// # Errors
    /// What is wrong with the name, for this action.
    pub fn request(&self, name: &str, settings: Settings) -> Result<Request, Problems> {
        let about = self.pattern.action.about();
        let mut input = self.input.clone();
        input[about.named_by] = Value::from(name);
        let action = AnyAction::decode(about.name, input, ValuePointerRef::Origin)?;
        Ok(Request { action, settings })
    }
}

/// What stands before and after the first name that stands for any.
fn around_name(resource: &str) -> Option<(&str, &str)> {
    let mut begin = 0;
    for word in resource.split_inclusive(['/', ':']) {
        if word.trim_end_matches(['/', ':']) == ANY_NAME {
            return Some((&resource[..begin], &resource[begin + ANY_NAME.len()..]));
        }
        begin += word.len();
    }
    None
}

/// A resource with a pattern in place of the name that stands for any.
fn with_names(resource: &str, names: &Glob) -> String {
    match around_name(resource) {
        Some((before, after)) => format!("{before}{names}{}", with_names(after, names)),
        None => resource.to_owned(),
    }
}

/// Puts a name where the input names its target, which the payload must not do itself; gives the input as it was.
fn with_name(payload: &mut Value, name: &str) -> Result<Value, Problems> {
    let about = payload.get("action").and_then(Value::as_str).and_then(AnyAction::called);
    let Some(about) = about else { return Ok(Value::Null) };
    let Some(input) = payload.get_mut("input").and_then(Value::as_object_mut) else { return Ok(Value::Null) };
    let written = Value::Object(input.clone());
    match input.insert(about.named_by.to_owned(), Value::from(name)) {
        None => Ok(written),
        Some(_) => {
            let message = "stands beside `select`, which says of which targets; leave one of them out";
            Err(Problems::one(format!("input.{}", about.named_by), message))
        }
    }
}
