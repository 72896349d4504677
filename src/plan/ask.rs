//! What a request asks of each member it names.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use super::capacity::Capacity;
use super::reading::Reading;
use super::target::Part;
use super::weight::{Weight, is_same_weight};
use super::{FieldValue, Promise};
use crate::plant::{self, Plant};
use crate::spelling::problem::Problems;

/// One member that a request names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ask {
    /// Its way in the payload, such as `input.DesiredWeightsAndCapacities[1].DesiredInstanceCount`.
    pub(crate) path: String,
    /// The part of the target it is about.
    pub(crate) part: Option<Part>,
    /// AWS's name of the member, from the part or target on: `ServerlessUpdateConfig.MaxConcurrency`.
    pub(crate) name: &'static str,
    /// What it is to become.
    pub(crate) want: Want,
}

/// What a member is to become.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Want {
    /// A count.
    Count(Count),
    /// A weight.
    Weight(Weight),
    /// A name or an ARN.
    Text(String),
    /// Nothing, because a newer event stands: it stays what it is.
    Kept,
}

/// A count within what AWS accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Count {
    pub(crate) capacity: Capacity,
    /// The least that AWS accepts.
    pub(crate) least: i64,
    /// The most that AWS accepts.
    pub(crate) most: i64,
}

/// A capacity that AWS bounds, as a member of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Within<const LEAST: i64, const MOST: i64>(Capacity);

impl<const LEAST: i64, const MOST: i64> Within<LEAST, MOST> {
    pub(crate) fn want(self) -> Want {
        Want::Count(Count { capacity: self.0, least: LEAST, most: MOST })
    }

    /// This count or more.
    pub(crate) fn at_least(count: i64) -> Self {
        Self(Capacity::AtLeast(count))
    }

    /// This count or less.
    pub(crate) fn at_most(count: i64) -> Self {
        Self(Capacity::AtMost(count))
    }

    /// The count, where it is a plain number.
    pub(crate) fn exact(self) -> Option<i64> {
        self.0.exact()
    }
}

impl<const LEAST: i64, const MOST: i64> Deserr<Problems> for Within<LEAST, MOST> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        Capacity::decode(value, location, LEAST, MOST).map(Self)
    }
}

impl Want {
    /// None at all, which is what a deletion comes to.
    pub(crate) const NONE: Self = Self::Count(Count { capacity: Capacity::Exactly(0), least: 0, most: LARGEST });
}

const ARN: &str = "arn:";

/// The most that AWS's 32-bit members hold.
pub(crate) const LARGEST: i64 = i32::MAX as i64;

impl Ask {
    /// A member of the target as a whole.
    pub(crate) fn whole(name: &'static str, want: Want) -> Self {
        Self { path: format!("input.{name}"), part: None, name, want }
    }

    /// True for what a second delivery would apply again.
    pub(crate) fn is_relative(&self) -> bool {
        matches!(&self.want, Want::Count(count) if count.capacity.is_relative())
    }

    /// True for a share of the traffic, which is one beside the weights of the others.
    pub(crate) fn is_share(&self) -> bool {
        matches!(self.want, Want::Weight(Weight::Share(_)))
    }

    /// True for what says what a member is to be, whatever it is now.
    pub(crate) fn is_absolute(&self) -> bool {
        match &self.want {
            Want::Count(count) => count.capacity.exact().is_some(),
            Want::Weight(_) | Want::Text(_) => true,
            Want::Kept => false,
        }
    }

    /// Whether there is no value that both ask for.
    pub(crate) fn excludes(&self, other: &Self) -> bool {
        match (&self.want, &other.want) {
            (Want::Count(one), Want::Count(other)) => match (one.capacity.span(), other.capacity.span()) {
                (Some(one), Some(other)) => one.0 > other.1 || other.0 > one.1,
                _ => false,
            },
            (Want::Weight(Weight::Exactly(one)), Want::Weight(Weight::Exactly(other))) => !is_same_weight(*one, *other),
            (Want::Weight(Weight::Share(one)), Want::Weight(Weight::Share(other))) => one != other,
            // A name and an ARN may mean the same.
            (Want::Text(one), Want::Text(other)) => one != other && one.starts_with(ARN) == other.starts_with(ARN),
            _ => false,
        }
    }

    /// What it asks for, in the words of a payload.
    pub(crate) fn asked(&self) -> String {
        match &self.want {
            Want::Count(Count { capacity, .. }) => capacity.to_string(),
            Want::Weight(weight) => weight.to_string(),
            Want::Text(text) => text.clone(),
            Want::Kept => String::new(),
        }
    }

    /// What it promises about the value.
    pub(super) fn promise(&self) -> Promise {
        match &self.want {
            Want::Count(Count { capacity: Capacity::AtLeast(_), .. }) => Promise::AtLeast,
            Want::Count(Count { capacity: Capacity::AtMost(_), .. }) => Promise::AtMost,
            Want::Kept => Promise::Nothing,
            _ => Promise::Exactly,
        }
    }

    /// As it was written, where that is not a plain value.
    pub(super) fn written(&self, reading: &Reading) -> Option<String> {
        let is_plain = match &self.want {
            Want::Count(Count { capacity, .. }) => capacity.exact().is_some(),
            Want::Weight(weight) => matches!(weight, Weight::Exactly(_)),
            Want::Text(text) => reading.meant(text) == text,
            Want::Kept => true,
        };
        (!is_plain).then(|| self.asked())
    }
}

impl Count {
    /// What it comes to where AWS says this much now: [`FieldValue::Absent`] that there is none, `None` that it does not
    /// say, from which nothing can be counted.
    pub(super) fn resolve(self, now: Option<&FieldValue>) -> Option<FieldValue> {
        match (now, self.capacity.exact()) {
            (_, Some(count)) => Some(FieldValue::Count(count)),
            (Some(FieldValue::Count(now)), None) => Some(FieldValue::Count(self.from(*now))),
            // Where there is none, what comes to none, or to less than AWS accepts, is to have none.
            (Some(FieldValue::Absent), None) => match self.from(0) {
                count if count < self.least.max(1) => Some(FieldValue::Absent),
                count => Some(FieldValue::Count(count)),
            },
            (None, None) if plant::is(Plant::MissingTakenForZero) => Some(FieldValue::Count(self.from(0))),
            _ => None,
        }
    }

    fn from(self, now: i64) -> i64 {
        self.capacity.resolve(now, self.least).min(self.most.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_count_of_what_is_not_there_is_counted_from_none_and_is_none_below_what_aws_accepts() {
        let resolve = |capacity| Count { capacity, least: 1, most: LARGEST }.resolve(Some(&FieldValue::Absent));
        assert_eq!(resolve(Capacity::AtLeast(3)), Some(FieldValue::Count(3)));
        assert_eq!(resolve(Capacity::AtLeast(1)), Some(FieldValue::Count(1)));
        assert_eq!(resolve(Capacity::AtMost(3)), Some(FieldValue::Absent));
    }

    #[test]
    fn what_no_value_can_satisfy_excludes_each_other() {
        let ask = |want| Ask::whole("any", want);
        let count = |capacity| ask(Want::Count(Count { capacity, least: 0, most: LARGEST }));
        let text = |text: &str| ask(Want::Text(text.to_owned()));
        let (exactly, at_least, at_most) = (Capacity::Exactly, Capacity::AtLeast, Capacity::AtMost);
        for (one, other, exclude) in [
            (count(exactly(4)), count(exactly(4)), false),
            (count(exactly(4)), count(exactly(5)), true),
            (count(exactly(4)), count(at_least(4)), false),
            (count(exactly(4)), count(at_least(5)), true),
            (count(exactly(4)), count(at_most(3)), true),
            (count(at_least(4)), count(at_most(4)), false),
            (count(at_least(4)), count(at_most(3)), true),
            (count(at_least(4)), count(at_least(5)), false),
            (count(exactly(4)), count(Capacity::Add(1, Default::default())), false),
            (ask(Want::Weight(Weight::Exactly(0.1))), ask(Want::Weight(Weight::Exactly(0.1))), false),
            (ask(Want::Weight(Weight::Exactly(0.1))), ask(Want::Weight(Weight::Exactly(0.9))), true),
            (ask(Want::Weight(Weight::Exactly(0.1))), ask(Want::Weight(Weight::Share(0.9))), false),
            (ask(Want::Weight(Weight::Share(0.1))), ask(Want::Weight(Weight::Share(0.9))), true),
            (text("a"), text("a"), false),
            (text("a"), text("b"), true),
            (text("a"), text("arn:aws:bedrock:us-east-1:123456789012:custom-model/a"), false),
            (text("a"), count(exactly(4)), false),
        ] {
            assert_eq!((one.excludes(&other), other.excludes(&one)), (exclude, exclude), "{one:?} and {other:?}");
        }
    }
}
