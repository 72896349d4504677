//! The operator's bounds, checked on a resolved plan before any write.

use std::fmt;

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use crate::plan::before::Before;
use crate::plan::weight::is_same_weight;
use crate::plan::{Field, FieldValue, Identity, Place, Plan, Seen, Share, Target};
use crate::plant::{self, Plant};
use crate::spelling::arn::{Account, Region};
use crate::spelling::glob::Glob;
use crate::spelling::problem::{Problem, Problems, number, wrong};
use crate::spelling::shape::Shape;

mod allow;
mod pattern;
#[cfg(test)]
mod properties;

pub use allow::Allow;
pub use pattern::{AccountPattern, RegionPattern, TargetPattern};

/// What may be changed, and how far. A payload cannot loosen it.
#[derive(Clone, Debug, Default, Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields)]
pub struct Guardrails {
    /// Refuses every write: the kill switch.
    #[deserr(default)]
    pub paused: bool,
    /// What happens to a target that no rule names.
    #[deserr(default)]
    pub unlisted: Unlisted,
    /// What happens to a number that Application Auto Scaling would move back.
    #[deserr(default)]
    pub autoscaled: Autoscaled,
    /// How many targets a payload that selects them may find; without it none may select.
    #[deserr(default)]
    pub max_targets: Option<u32>,
    /// The rules; all that match a target hold.
    #[deserr(default, rename = "targets")]
    pub rules: Vec<Rule>,
}

/// What happens to a target that no rule names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum Unlisted {
    /// It may be changed without bounds.
    #[default]
    Allow,
    /// It may not be changed.
    Deny,
}

/// What happens to a number outside the bounds within which Application Auto Scaling keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserr)]
#[deserr(error = Problems, rename_all = lowercase)]
pub enum Autoscaled {
    /// Nobody looks.
    #[default]
    Ignore,
    /// It is written, and said.
    Warn,
    /// It is not written.
    Refuse,
    /// The bounds are widened to hold it, under the same guardrails, and then it is written.
    Move,
}

impl Autoscaled {
    /// Whether the bounds within which Application Auto Scaling keeps a number count.
    pub(crate) fn looks(self) -> bool {
        self != Self::Ignore
    }
}

/// A number that would not last: Application Auto Scaling keeps it within other bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// Whose number it is.
    pub target: Target,
    /// AWS's name of the member.
    pub name: &'static str,
    /// What it is to become.
    pub to: i64,
    /// Application Auto Scaling's name of the dimension, such as `sagemaker:variant:DesiredInstanceCount`.
    pub dimension: &'static str,
    /// The bounds of its scalable target.
    pub bounds: ScalableBounds,
}

/// Within what Application Auto Scaling keeps a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalableBounds {
    /// `MinCapacity`.
    pub min: i64,
    /// `MaxCapacity`.
    pub max: i64,
}

impl ScalableBounds {
    pub(crate) fn hold(self, count: i64) -> bool {
        (self.min..=self.max).contains(&count)
    }
}

impl fmt::Display for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, name, to, bounds: ScalableBounds { min, max }, .. } = self;
        write!(f, "{target}: {name} {to} would not last: Application Auto Scaling keeps it from {min} to {max}")
    }
}

/// Bounds for the targets that match a pattern.
#[derive(Clone, Debug, Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields, validate = consistent -> Problems)]
pub struct Rule {
    /// The targets it holds for, such as `sagemaker:endpoint/prod-*/variant/*`.
    pub target: TargetPattern,
    /// Holds only in Regions that match.
    #[deserr(default)]
    pub region: Option<RegionPattern>,
    /// Holds only in accounts that match.
    #[deserr(default)]
    pub account: Option<AccountPattern>,
    /// The lowest count a write may set; a delete counts as 0.
    #[deserr(default)]
    pub min: Option<u32>,
    /// The highest count a write may set.
    #[deserr(default)]
    pub max: Option<u32>,
    /// The largest difference a write may make: from the present count, and from the one before the invocation.
    #[deserr(default)]
    pub max_step: Option<u32>,
    /// The least part of its target's traffic that a write may leave one of its parts.
    #[deserr(default)]
    pub min_share: Option<Fraction>,
    /// The largest part of its target's traffic that a write may give to one of its parts.
    #[deserr(default)]
    pub max_share: Option<Fraction>,
    /// The texts (names, model ARNs) a write may set.
    #[deserr(default)]
    pub allow: Option<Allow>,
    /// The most model units that may be bought at once. Nothing is bought without a rule that has it.
    #[deserr(default)]
    pub model_units: Option<u32>,
    /// The terms for which may be bought. No commitment is entered without a rule that names it.
    #[deserr(default)]
    pub commitment_duration: Option<Vec<Commitment>>,
}

/// A term for which throughput is bought and paid, wanted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserr)]
#[deserr(error = Problems)]
pub enum Commitment {
    /// One month.
    OneMonth,
    /// Six months.
    SixMonths,
}

impl Commitment {
    /// AWS's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneMonth => "OneMonth",
            Self::SixMonths => "SixMonths",
        }
    }
}

/// The member that says how much is bought; to have none of it is to give it up.
pub(crate) const MODEL_UNITS: &str = "modelUnits";
/// The member that says for how long it is bought.
pub(crate) const COMMITMENT_DURATION: &str = "commitmentDuration";

/// A part of the traffic, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Fraction(f64);

impl Deserr<Problems> for Fraction {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match number(&value) {
            Some(part) if (0.0..=1.0).contains(&part) => Ok(Self(part)),
            _ => Err(wrong(location, "must be a number from 0 to 1, a part of the traffic")),
        }
    }
}

/// A rule that nothing can satisfy is a mistake, not a bound.
fn consistent(rule: Rule, location: ValuePointerRef<'_>) -> Result<Rule, Problems> {
    if let (Some(min), Some(max)) = (rule.min, rule.max)
        && min > max
    {
        return Err(wrong(location.push_key("max"), format!("is {max}, below min, which is {min}")));
    }
    if let (Some(Fraction(min)), Some(Fraction(max))) = (rule.min_share, rule.max_share)
        && min > max
    {
        return Err(wrong(location.push_key("maxShare"), format!("is {max}, below minShare, which is {min}")));
    }
    if let (Some(min), Some(most)) = (rule.min, rule.model_units)
        && min > most
    {
        return Err(wrong(location.push_key(MODEL_UNITS), format!("is {most}, below min, which is {min}")));
    }
    Ok(rule)
}

/// A plan that the guardrails let through: the only thing that can be submitted, and only they can make one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cleared {
    plan: Plan,
    /// By what its source knows the event that asks for it, and keeps over redeliveries.
    event: String,
}

impl Cleared {
    /// The plan.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same, as what this event asks for.
    pub(crate) fn of_event(self, id: &str) -> Self {
        Self { event: id.to_owned(), ..self }
    }

    /// By what the event is known that asks for it: the same whenever it comes again.
    pub(crate) fn event(&self) -> &str {
        &self.event
    }

    /// The value that goes on the wire for a member of the target as a whole.
    pub(crate) fn value(&self, name: &str) -> Option<&FieldValue> {
        self.plan.sent().find(|field| field.name == name).map(|field| &field.to)
    }

    /// The same where it is a count.
    pub(crate) fn count(&self, name: &str) -> Option<i32> {
        self.value(name).and_then(FieldValue::count)
    }

    /// The same where it is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What is refused, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    what: What,
    why: Why,
}

/// What is refused.
#[derive(Clone, Debug, PartialEq)]
enum What {
    /// A target, before it was read.
    Target(Target),
    /// A change of a field.
    Field(Field),
    /// What a change of weights makes of a part's traffic.
    Share(Share),
    /// A number that would not last.
    Outside(Outside),
    /// A selection of targets for an action.
    Selection(&'static str),
}

/// Why it is refused.
#[derive(Clone, Debug, PartialEq)]
enum Why {
    /// `guardrails.paused` is on.
    Paused,
    /// `guardrails.unlisted` is `deny`, and no rule names the target.
    Unlisted,
    /// The same for a target that rules name, of which none names its Region.
    RegionUnlisted(Region),
    /// The same for its account.
    AccountUnlisted(Option<Account>),
    /// `guardrails.autoscaled` is `refuse`.
    Autoscaled,
    /// It is `move`, and a newer event has set the bounds.
    NewerBounds,
    /// It is not `ignore`, and who keeps the number is known in this other account alone.
    BoundsElsewhere(Account),
    /// There is no `guardrails.maxTargets`.
    NoSelection,
    /// A selection finds so many, which is more than this.
    TooMany(usize, u32),
    /// No rule says how many model units may be bought of this.
    Unbought(i64),
    /// No rule says that this commitment may be entered.
    Uncommitted(String),
    /// A rule sets a bound: its position, its pattern and the bound.
    Bound(usize, String, Bound),
}

#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Min(u32),
    Max(u32),
    Step { most: u32, step: u64, from: i64 },
    MinShare(f64),
    MaxShare(f64),
    Allow(Vec<String>),
    ModelUnits(u32),
    Commitments(Vec<Commitment>),
}

impl Violation {
    /// A number that would not last, where that is refused.
    pub(crate) fn would_not_last(outside: Outside) -> Box<Self> {
        Box::new(Self { what: What::Outside(outside), why: Why::Autoscaled })
    }

    /// The same, where the bounds would be moved had not a newer event set them.
    pub(crate) fn newer_bounds(outside: Outside) -> Box<Self> {
        Box::new(Self { what: What::Outside(outside), why: Why::NewerBounds })
    }

    /// A number whose bounds nobody here can ask for.
    pub(crate) fn bounds_elsewhere(field: Field, account: Account) -> Box<Self> {
        Box::new(Self { what: What::Field(field), why: Why::BoundsElsewhere(account) })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = &self.why;
        match &self.what {
            What::Target(target) => write!(f, "{target} is refused: {why}; nothing was read or written"),
            What::Selection(action) => write!(f, "a selection for {action} is refused: {why}; nothing was written"),
            What::Share(share) => write!(f, "{share} is refused: {why}; nothing was written"),
            What::Outside(outside) => write!(
                f,
                "{outside}, and {why}; nothing was written. Move its bounds first \
                 (application-autoscaling:RegisterScalableTarget)"
            ),
            What::Field(Field { target, name, from, to, .. }) => {
                write!(f, "{target}: {name} {from} -> {to} is refused: {why}; nothing was written")
            }
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DENY: &str = "guardrails.unlisted is \"deny\" and no rule";
        match self {
            Self::Paused => f.write_str("guardrails.paused is on"),
            Self::Autoscaled => f.write_str("guardrails.autoscaled is \"refuse\""),
            Self::NewerBounds => f.write_str("a newer event than this one has set these bounds"),
            Self::BoundsElsewhere(account) => write!(
                f,
                "guardrails.autoscaled has the bounds of Application Auto Scaling looked at, which only account {account} can \
                 tell; give a role of that account"
            ),
            Self::NoSelection => f.write_str(
                "there is no guardrails.maxTargets, which says how many targets one payload may find and change",
            ),
            Self::TooMany(found, most) => {
                write!(f, "it finds {found} targets, and guardrails.maxTargets is {most}; select fewer, or raise it")
            }
            Self::Unlisted => write!(f, "{DENY} names this target"),
            Self::RegionUnlisted(region) => {
                write!(
                    f,
                    "{DENY} that names this target has a region, as it must for {region}, which is not the function's own"
                )
            }
            Self::AccountUnlisted(account) => {
                let account = account.as_ref().map_or("an unknown account", Account::as_str);
                write!(
                    f,
                    "{DENY} that names this target has an account, as it must for {account}, which is not the function's own"
                )
            }
            Self::Unbought(units) => write!(
                f,
                "it buys, and no rule of guardrails.targets that names this target says how much may be bought; write \
                 \"modelUnits\": {units} into one"
            ),
            Self::Uncommitted(term) => write!(
                f,
                "it enters a commitment, and no rule of guardrails.targets that names this target allows one; write \
                 \"commitmentDuration\": [\"{term}\"] into one"
            ),
            Self::Bound(index, pattern, bound) => write!(f, "guardrails.targets[{index}] ({pattern}) {bound}"),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Min(min) => write!(f, "sets min {min}"),
            Self::Max(max) => write!(f, "sets max {max}"),
            Self::Step { most, step, from } => {
                write!(f, "sets maxStep {most}, and this is a step of {step} from {from}")
            }
            Self::MinShare(min) => write!(f, "sets minShare {min}"),
            Self::MaxShare(max) => write!(f, "sets maxShare {max}"),
            Self::Allow(allowed) => write!(f, "allows only {}", allowed.join(", ")),
            Self::ModelUnits(most) => write!(f, "sets modelUnits {most}"),
            Self::Commitments(terms) if terms.is_empty() => f.write_str("allows no commitmentDuration"),
            Self::Commitments(terms) => {
                let terms: Vec<&str> = terms.iter().map(|term| term.as_str()).collect();
                write!(f, "allows only the commitmentDuration {}", terms.join(", "))
            }
        }
    }
}

impl Guardrails {
    /// The same for targets that are spelt in these ways, and have these members that are texts.
    ///
    /// # Errors
    /// Every rule that can match none of them, as a mistake in the guardrails.
    pub(crate) fn over(mut self, shapes: &[Shape], texts: &[&str]) -> Result<Self, Problems> {
        let mut found = Vec::new();
        for (index, rule) in self.rules.iter_mut().enumerate() {
            match rule.target.clone().over(shapes) {
                Ok(target) => rule.target = target,
                Err(message) => found.push(Problem { path: format!("targets[{index}].target"), message }),
            }
            let unknown = rule.allow.iter().flat_map(|allow| allow.unknown(texts));
            found.extend(unknown.map(|(member, message)| {
                let path = format!("targets[{index}].allow.{member}");
                Problem { path, message }
            }));
        }
        Problems::check(found)?;
        Ok(self)
    }

    /// The least and the most that a count of a target may be set to.
    #[must_use]
    pub fn bounds(&self, target: &str, place: &Place) -> (Option<u32>, Option<u32>) {
        let rules = || self.rules_for(target, place).map(|(_, rule)| rule);
        (rules().filter_map(|rule| rule.min).max(), rules().filter_map(|rule| rule.max).min())
    }

    /// The rules that hold for a target in a place, by their positions.
    fn rules_for<'a>(&'a self, target: &'a str, place: &'a Place) -> impl Iterator<Item = (usize, &'a Rule)> {
        self.rules.iter().enumerate().filter(move |(_, rule)| rule.is_of(place) && rule.target.matches(target))
    }

    /// True where nothing is bounded and nothing denied.
    #[must_use]
    pub fn are_none(&self) -> bool {
        // A selection is refused without a bound of its own.
        let Self { paused, unlisted, autoscaled, max_targets: _, ref rules } = *self;
        !paused && unlisted == Unlisted::Allow && autoscaled != Autoscaled::Refuse && rules.is_empty()
    }

    /// Whether a payload may select its targets, and so many: judged before the first call, when none are `found` yet, and after
    /// the last list.
    pub(crate) fn select(&self, action: &'static str, found: usize) -> Result<(), Box<Violation>> {
        let why = match self.max_targets {
            None => Why::NoSelection,
            Some(most) if u32::try_from(found).is_ok_and(|found| found <= most) => return Ok(()),
            Some(most) => Why::TooMany(found, most),
        };
        Err(Box::new(Violation { what: What::Selection(action), why }))
    }

    /// Whether anything may be written, which is judged before the first call.
    pub(crate) fn running(&self, target: &Target) -> Result<(), Box<Violation>> {
        self.runs(|| What::Target(target.clone()))
    }

    /// The same of a selection, before its targets are looked for.
    pub(crate) fn running_selection(&self, action: &'static str) -> Result<(), Box<Violation>> {
        self.runs(|| What::Selection(action))
    }

    fn runs(&self, what: impl FnOnce() -> What) -> Result<(), Box<Violation>> {
        match self.paused && !plant::is(Plant::PausedIgnored) {
            true => Err(Box::new(Violation { what: what(), why: Why::Paused })),
            false => Ok(()),
        }
    }

    /// Whether a target may be touched as far as its name in the request tells, which is judged before the first call; what
    /// it is found to be is judged with the plan.
    pub(crate) fn admit(
        &self,
        target: &Target,
        identity: Identity,
        shape: Shape,
        seen: Seen<'_>,
    ) -> Result<(), Box<Violation>> {
        let text = target.to_string();
        self.listed(seen, |pattern| pattern.may_match(&text, identity, shape))
            .map_err(|why| Box::new(Violation { what: What::Target(target.clone()), why }))
    }

    /// Lets a plan through, or says which rule stands against it. What is checked is what would be sent; a plan of nothing
    /// always passes.
    pub(crate) fn clear(&self, plan: Plan, seen: Seen<'_>, before: &Before) -> Result<Cleared, Box<Violation>> {
        for field in plan.sent() {
            self.check(field, seen, before)
                .map_err(|why| Box::new(Violation { what: What::Field(field.clone()), why }))?;
        }
        for share in &plan.shares {
            self.check_share(share, seen.place)
                .map_err(|why| Box::new(Violation { what: What::Share(share.clone()), why }))?;
        }
        Ok(Cleared { plan, event: String::new() })
    }

    /// A variant is bound whether the request names it or not: its traffic changes with the weight of any other.
    fn check_share(&self, share: &Share, place: &Place) -> Result<(), Why> {
        let target = share.target.to_string();
        for (index, rule) in self.rules_for(&target, place) {
            rule.check_share(share.to).map_err(|bound| Why::Bound(index, rule.target.to_string(), bound))?;
        }
        Ok(())
    }

    fn check(&self, field: &Field, seen: Seen<'_>, before: &Before) -> Result<(), Why> {
        if self.paused && !plant::is(Plant::PausedIgnored) {
            return Err(Why::Paused);
        }
        let target = field.target.to_string();
        let first = before.first(seen.place, &field.target, field.name);
        let unbounded = plant::is(Plant::RelativeUnbounded) && field.asked.is_some();
        for (index, rule) in self.rules_for(&target, seen.place).filter(|_| !unbounded) {
            rule.check(field, first).map_err(|bound| Why::Bound(index, rule.target.to_string(), bound))?;
        }
        self.listed(seen, |pattern| pattern.matches(&target))?;
        self.check_purchase(field, seen.place)
    }

    /// What is bought costs money until it is given up, so it takes a rule that says that it may be: and all that say how much,
    /// and for how long, hold.
    fn check_purchase(&self, field: &Field, place: &Place) -> Result<(), Why> {
        let mut allowed = match (field.name, &field.to) {
            (MODEL_UNITS, FieldValue::Count(units)) if *units > 0 => Err(Why::Unbought(*units)),
            (COMMITMENT_DURATION, FieldValue::Text(term)) => Err(Why::Uncommitted(term.clone())),
            _ => return Ok(()),
        };
        let target = field.target.to_string();
        for (index, rule) in self.rules_for(&target, place) {
            let Some(checked) = rule.check_purchase(field) else { continue };
            checked.map_err(|bound| Why::Bound(index, rule.target.to_string(), bound))?;
            allowed = Ok(());
        }
        allowed
    }

    /// Whether there is a rule for a target, where there must be one: for a place other than the function's own, one that
    /// names that place.
    fn listed(&self, seen: Seen<'_>, matches: impl Fn(&TargetPattern) -> bool) -> Result<(), Why> {
        if self.unlisted == Unlisted::Allow || plant::is(Plant::UnlistedAllowed) {
            return Ok(());
        }
        let rules = || self.rules.iter().filter(|rule| rule.is_of(seen.place) && matches(&rule.target));
        if rules().next().is_none() {
            return Err(Why::Unlisted);
        }
        if !seen.is_in_home_region() && rules().all(|rule| rule.region.is_none()) {
            return Err(Why::RegionUnlisted(seen.place.region.clone()));
        }
        if !seen.is_in_home_account() && rules().all(|rule| rule.account.is_none()) {
            return Err(Why::AccountUnlisted(seen.place.account.clone()));
        }
        Ok(())
    }
}

impl Rule {
    fn is_of(&self, place: &Place) -> bool {
        let account = place.account.as_ref().map_or("", Account::as_str);
        let here = |RegionPattern(glob): &RegionPattern| glob.matches(place.region.as_str());
        let whose = |AccountPattern(glob): &AccountPattern| glob.matches(account);
        self.region.as_ref().is_none_or(here) && self.account.as_ref().is_none_or(whose)
    }

    fn check(&self, field: &Field, first: Option<&FieldValue>) -> Result<(), Bound> {
        match (&field.from, &field.to) {
            (from, FieldValue::Count(to)) => {
                let count = |value: &FieldValue| if let FieldValue::Count(count) = value { *count } else { 0 };
                let from = count(from);
                let first = first.filter(|_| !plant::is(Plant::MaxStepFromNow)).map_or(from, count);
                // A payload of several actions takes no larger step in small ones, and no larger one on its way.
                self.check_count(if first.abs_diff(*to) > from.abs_diff(*to) { first } else { from }, *to)
            }
            // A term has a rule of its own.
            (_, FieldValue::Text(_)) if field.name == COMMITMENT_DURATION => Ok(()),
            (_, FieldValue::Text(to)) => match self.allow.as_ref().and_then(|allow| allow.patterns(field.name)) {
                Some(allow) if !allow.iter().any(|glob| glob.matches(to)) => {
                    Err(Bound::Allow(allow.iter().map(Glob::to_string).collect()))
                }
                _ => Ok(()),
            },
            (_, FieldValue::Weight(_) | FieldValue::Status(_) | FieldValue::Absent) => Ok(()),
        }
    }

    /// Whether so much may be bought, or for so long; `None` where it does not say.
    fn check_purchase(&self, field: &Field) -> Option<Result<(), Bound>> {
        let is_within = |is_within: bool, bound: Bound| if is_within { Ok(()) } else { Err(bound) };
        match &field.to {
            FieldValue::Count(units) => {
                self.model_units.map(|most| is_within(*units <= i64::from(most), Bound::ModelUnits(most)))
            }
            FieldValue::Text(term) => self.commitment_duration.as_ref().map(|terms| {
                is_within(terms.iter().any(|known| known.as_str() == term), Bound::Commitments(terms.clone()))
            }),
            _ => None,
        }
    }

    /// A share that cannot be worked out is within no bound.
    fn check_share(&self, share: Option<f64>) -> Result<(), Bound> {
        if plant::is(Plant::SharesUnbounded) {
            return Ok(());
        }
        // Weights are 32-bit floats, and so are the shares that come of them.
        let below = |one: f64, other: f64| one < other && !is_same_weight(one as f32, other as f32);
        match *self {
            Self { min_share: Some(Fraction(min)), .. } if share.is_none_or(|share| below(share, min)) => {
                Err(Bound::MinShare(min))
            }
            Self { max_share: Some(Fraction(max)), .. } if share.is_none_or(|share| below(max, share)) => {
                Err(Bound::MaxShare(max))
            }
            _ => Ok(()),
        }
    }

    fn check_count(&self, from: i64, to: i64) -> Result<(), Bound> {
        let step = from.abs_diff(to);
        let (min, max) = if plant::is(Plant::BoundsSwapped) { (self.max, self.min) } else { (self.min, self.max) };
        match (min, max, self.max_step) {
            (Some(min), ..) if to < i64::from(min) => Err(Bound::Min(min)),
            (_, Some(max), _) if to > i64::from(max) => Err(Bound::Max(max)),
            (.., Some(most)) if step > u64::from(most) => Err(Bound::Step { most, step, from }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Part, Promise, Service, Target};
    use crate::spelling::arn::Region;
    use serde_json::json;

    fn guardrails(value: serde_json::Value) -> Guardrails {
        deserr::deserialize::<_, _, Problems>(value).unwrap()
    }

    fn plan(target: Target, from: FieldValue, to: FieldValue) -> Plan {
        Plan::one(Field { target, name: "X", from, to, asked: None, promise: Promise::Exactly })
    }

    fn checked(guardrails: &Guardrails, plan: Plan, place: &Place) -> Result<(), String> {
        guardrails
            .clear(plan, place.from(&here()), &Before::default())
            .map(drop)
            .map_err(|violation| violation.to_string())
    }

    fn counts(from: i64, to: i64) -> Plan {
        plan(
            Target::new(Service::SageMaker, "endpoint/prod-a").with(Some(Part::new("variant", "v"))),
            FieldValue::Count(from),
            FieldValue::Count(to),
        )
    }

    fn here() -> Place {
        Place { region: Region::own("us-east-1"), account: Account::parse("123456789012".to_owned()).ok() }
    }

    #[test]
    fn a_count_is_held_to_every_rule_that_matches() {
        let guardrails = guardrails(json!({"targets": [
            {"target": "sagemaker:endpoint/prod-*/variant/*", "min": 1, "max": 20, "maxStep": 10},
            {"target": "sagemaker:*", "max": 15},
        ]}));
        let refusal = |from, to| checked(&guardrails, counts(from, to), &here()).unwrap_err();
        let prefix = "sagemaker:endpoint/prod-a/variant/v: X";
        let rule = "guardrails.targets[0] (sagemaker:endpoint/prod-*/variant/*)";
        let nothing = "nothing was written";
        assert_eq!(checked(&guardrails, counts(2, 12), &here()), Ok(()));
        assert_eq!(refusal(2, 600), format!("{prefix} 2 -> 600 is refused: {rule} sets max 20; {nothing}"));
        assert_eq!(refusal(2, 0), format!("{prefix} 2 -> 0 is refused: {rule} sets min 1; {nothing}"));
        assert_eq!(
            refusal(2, 13),
            format!("{prefix} 2 -> 13 is refused: {rule} sets maxStep 10, and this is a step of 11 from 2; {nothing}")
        );
        assert_eq!(
            refusal(12, 16),
            format!("{prefix} 12 -> 16 is refused: guardrails.targets[1] (sagemaker:*) sets max 15; {nothing}")
        );
    }

    #[test]
    fn the_bounds_of_a_count_are_the_tightest_of_its_rules() {
        let guardrails = guardrails(json!({"targets": [
            {"target": "sagemaker:endpoint/prod-*/variant/*", "min": 1, "max": 20},
            {"target": "sagemaker:*", "max": 15},
            {"target": "sagemaker:*", "min": 3, "max": 4, "region": "eu-*"},
        ]}));
        assert_eq!(guardrails.bounds("sagemaker:endpoint/prod-a/variant/v", &here()), (Some(1), Some(15)));
        assert_eq!(guardrails.bounds("lambda:function:f:live", &here()), (None, None));
    }

    #[test]
    fn what_is_already_so_needs_no_permission() {
        let guardrails = guardrails(json!({"paused": true, "unlisted": "deny"}));
        assert_eq!(checked(&guardrails, counts(3, 3), &here()), Ok(()));
        assert!(checked(&guardrails, counts(3, 4), &here()).unwrap_err().contains("guardrails.paused is on"));
    }

    #[test]
    fn an_unlisted_target_is_denied_when_the_operator_says_so() {
        let guardrails = guardrails(json!({"unlisted": "deny", "targets": [
            {"target": "sagemaker:*", "region": "eu-*"},
            {"target": "sagemaker:*", "account": "999999999999"},
        ]}));
        assert!(checked(&guardrails, counts(1, 2), &here()).unwrap_err().contains("no rule names this target"));
        let there = Place { region: Region::own("eu-west-1"), ..here() };
        assert_eq!(checked(&guardrails, counts(1, 2), &there), Ok(()));
    }

    #[test]
    fn a_target_of_another_account_or_region_is_listed_by_rules_that_name_them_and_bound_by_all() {
        let of = |rules: serde_json::Value| guardrails(json!({"unlisted": "deny", "targets": rules}));
        let elsewhere = Place { account: Account::parse("210987654321".to_owned()).ok(), ..here() };
        let abroad = Place { region: Region::own("eu-west-1"), ..here() };
        let everywhere = of(json!([{"target": "sagemaker:*", "max": 5}]));
        assert_eq!(checked(&everywhere, counts(1, 2), &here()), Ok(()));
        for (place, what) in [
            (&elsewhere, "has an account, as it must for 210987654321"),
            (&abroad, "has a region, as it must for eu-west-1"),
        ] {
            assert!(checked(&everywhere, counts(1, 2), place).unwrap_err().contains(what));
            // Its bound holds there all the same.
            assert!(checked(&everywhere, counts(1, 6), place).unwrap_err().contains("sets max 5"));
        }
        let named = of(json!([{"target": "sagemaker:*", "account": "*"}, {"target": "sagemaker:*", "region": "eu-*"}]));
        assert_eq!(checked(&named, counts(1, 2), &elsewhere), Ok(()));
        assert_eq!(checked(&named, counts(1, 2), &abroad), Ok(()));
    }

    #[test]
    fn a_text_must_be_on_the_list_where_there_is_one() {
        let guardrails =
            guardrails(json!({"targets": [{"target": "bedrock:*", "allow": ["arn:aws:bedrock:*:custom-model/*"]}]}));
        let swap = |to: &str| {
            let target = Target::new(Service::Bedrock, "provisioned-model/p");
            plan(target, FieldValue::Text("old".to_owned()), FieldValue::Text(to.to_owned()))
        };
        assert_eq!(checked(&guardrails, swap("arn:aws:bedrock:us-east-1:1:custom-model/x"), &here()), Ok(()));
        assert!(checked(&guardrails, swap("other"), &here()).unwrap_err().contains("allows only arn:aws:bedrock:*"));
    }

    #[test]
    fn a_step_that_is_too_large_is_told_from_what_stands_now_unless_it_is_larger_from_what_stood_before() {
        let guardrails = guardrails(json!({"targets": [{"target": "sagemaker:*", "maxStep": 2}]}));
        let refusal = |first: i64| {
            let mut before = Before::default();
            before.note_plan(&counts(first, first), &here());
            guardrails.clear(counts(8, 5), here().from(&here()), &before).unwrap_err().to_string()
        };
        for (first, step) in [(2, "3 from 8"), (3, "3 from 8"), (1, "4 from 1"), (9, "4 from 9")] {
            assert!(refusal(first).contains(&format!("this is a step of {step};")), "{}", refusal(first));
        }
    }

    #[test]
    fn a_share_at_its_bound_passes() {
        let guardrails =
            guardrails(json!({"targets": [{"target": "sagemaker:*", "minShare": 0.25, "maxShare": 0.75}]}));
        let checked = |share: f64| {
            let target = Target::new(Service::SageMaker, "endpoint/prod-a");
            let share = Share { target, from: None, to: Some(share) };
            guardrails.check_share(&share, &here()).map_err(|why| why.to_string())
        };
        assert_eq!([checked(0.25), checked(0.75)], [Ok(()), Ok(())]);
        let rule = "guardrails.targets[0] (sagemaker:*) sets";
        assert_eq!(checked(0.24), Err(format!("{rule} minShare 0.25")));
        assert_eq!(checked(0.76), Err(format!("{rule} maxShare 0.75")));
    }

    #[test]
    fn only_what_bounds_or_denies_nothing_is_no_guardrail() {
        assert!(guardrails(json!({})).are_none());
        assert!(!guardrails(json!({"paused": true})).are_none());
        assert!(!guardrails(json!({"unlisted": "deny"})).are_none());
        assert!(!guardrails(json!({"targets": [{"target": "lambda:*"}]})).are_none());
    }

    #[test]
    fn what_is_bought_takes_a_rule_and_is_held_to_all_that_say_how_much_and_for_how_long() {
        let bought = |name, to: FieldValue| {
            let (target, from) = (Target::new(Service::Bedrock, "provisioned-model/p"), FieldValue::Absent);
            Plan::one(Field { target, name, from, to, asked: None, promise: Promise::Exactly })
        };
        let units = |units| bought(MODEL_UNITS, FieldValue::Count(units));
        let term = |term: &str| bought(COMMITMENT_DURATION, FieldValue::Text(term.to_owned()));
        let none = guardrails(json!({}));
        let why = checked(&none, units(2), &here()).unwrap_err();
        assert!(why.contains("no rule of guardrails.targets") && why.contains("\"modelUnits\": 2"), "{why}");
        let why = checked(&none, term("OneMonth"), &here()).unwrap_err();
        assert!(why.contains("\"commitmentDuration\": [\"OneMonth\"]"), "{why}");
        // To have none of it buys nothing.
        assert_eq!(checked(&none, units(0), &here()), Ok(()));
        let some = guardrails(json!({"targets": [
            {"target": "bedrock:*", "modelUnits": 5, "commitmentDuration": ["OneMonth", "SixMonths"], "allow": ["model-*"]},
            {"target": "bedrock:provisioned-model/p", "modelUnits": 3, "commitmentDuration": ["OneMonth"]},
            {"target": "bedrock:provisioned-model/other", "modelUnits": 1, "commitmentDuration": []},
            {"target": "bedrock:*", "modelUnits": 0, "region": "eu-*"},
        ]}));
        assert_eq!(checked(&some, units(3), &here()), Ok(()));
        assert!(
            checked(&some, units(4), &here())
                .unwrap_err()
                .contains("targets[1] (bedrock:provisioned-model/p) sets modelUnits 3")
        );
        assert_eq!(checked(&some, term("OneMonth"), &here()), Ok(()));
        assert!(
            checked(&some, term("SixMonths"), &here())
                .unwrap_err()
                .contains("allows only the commitmentDuration OneMonth")
        );
        let elsewhere = guardrails(json!({"targets": [{"target": "bedrock:*", "modelUnits": 5, "region": "eu-*"}]}));
        assert!(checked(&elsewhere, units(1), &here()).is_err());
        let never = guardrails(json!({"targets": [{"target": "bedrock:*", "commitmentDuration": []}]}));
        assert!(checked(&never, term("OneMonth"), &here()).unwrap_err().contains("allows no commitmentDuration;"));
    }

    #[test]
    fn a_rule_that_cannot_hold_is_a_mistake() {
        let read = |value| deserr::deserialize::<Guardrails, _, Problems>(value).unwrap_err().to_string();
        assert_eq!(
            read(json!({"targets": [{"target": "lambda:*", "min": 5, "max": 2, "mx": 1}]})),
            "targets[0].mx: there is no such member; did you mean `max`?"
        );
        assert_eq!(
            read(json!({"targets": [{"target": "lambda:*", "min": 5, "max": 2}]})),
            "targets[0].max: is 2, below min, which is 5"
        );
        assert_eq!(
            read(json!({"targets": [{"target": "lambda:*", "minShare": 0.5, "maxShare": 0.25}]})),
            "targets[0].maxShare: is 0.25, below minShare, which is 0.5"
        );
        assert_eq!(
            read(json!({"targets": [{"target": "bedrock:*", "min": 3, "modelUnits": 2}]})),
            "targets[0].modelUnits: is 2, below min, which is 3"
        );
        assert_eq!(
            read(json!({"targets": [{"target": "bedrock:*", "commitmentDuration": ["OneYear"]}]})),
            "targets[0].commitmentDuration[0]: is not a known value; valid here: `OneMonth`, `SixMonths`"
        );
        for share in [-0.1, 1.1] {
            assert_eq!(
                read(json!({"targets": [{"target": "lambda:*", "minShare": share}]})),
                "targets[0].minShare: must be a number from 0 to 1, a part of the traffic"
            );
        }
        let only_one =
            json!({"targets": [{"target": "lambda:*", "min": 5, "max": 5, "minShare": 0.5, "maxShare": 0.5}]});
        assert_eq!(guardrails(only_one).rules.len(), 1);
        assert_eq!(read(json!({"unlisted": "denied"})), "unlisted: is not a known value; valid here: `allow`, `deny`");
    }
}
