//! Which targets, Regions and accounts a rule holds for, as patterns of which each can match some.

use std::{fmt, iter};

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use strsim::damerau_levenshtein;

use crate::plan::Identity;
use crate::spelling::glob::Glob;
use crate::spelling::problem::{Problems, listed};
use crate::spelling::shape::{Letters, Piece, Shape, Word, words};

/// The targets a rule holds for, such as `sagemaker:endpoint/prod-*/variant/*`; a pattern that ends with a name, such as
/// `sagemaker:endpoint/recsys`, holds for everything under it.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetPattern {
    written: Glob,
    /// What is under it, where it is no pattern of whole targets.
    under: Vec<Glob>,
}

impl TargetPattern {
    /// True when the rule holds for `target`.
    #[must_use]
    pub fn matches(&self, target: &str) -> bool {
        self.written.matches(target) || self.under.iter().any(|under| under.matches(target))
    }

    /// True when the rule could hold for what `target` is found to be.
    pub(super) fn may_match(&self, target: &str, identity: Identity, shape: Shape) -> bool {
        let patterns = || iter::once(&self.written).chain(&self.under);
        match identity {
            Identity::Exact | Identity::UntilRenamed => self.matches(target),
            Identity::ButForCase => patterns().any(|pattern| pattern.matches_but_for_case(target)),
            Identity::Unknown => patterns().any(|pattern| shape.meets(&pattern.to_string())),
        }
    }

    /// The same, as a pattern over targets that are spelt in these ways.
    ///
    /// # Errors
    /// What is wrong with it when it can match none, and what was meant.
    pub(super) fn over(self, shapes: &[Shape]) -> Result<Self, String> {
        let written = self.written.to_string();
        if shapes.iter().any(|shape| shape.is_by_id(&written)) {
            return Err(by_id(&written));
        }
        let under = under(&written, shapes).ok_or_else(|| no_target(&written, shapes))?;
        Ok(Self { under, ..self })
    }
}

/// What a pattern holds for beside what it matches; `None` when it can match nothing at all.
fn under(written: &str, shapes: &[Shape]) -> Option<Vec<Glob>> {
    if shapes.iter().any(|shape| shape.meets(written)) {
        return Some(Vec::new());
    }
    let after = shapes.iter().filter_map(|shape| shape.after(written));
    let under: Vec<Glob> = after.map(|next| Glob::new(&format!("{written}{next}*"))).collect();
    (!under.is_empty()).then_some(under)
}

fn by_id(written: &str) -> String {
    let mut loosened = written.to_owned();
    loosened.pop();
    format!(
        "ends with what looks like an id, and rules go by names: write the name that AWS shows for it, or, where this is \
         the name, `{loosened}?`"
    )
}

fn no_target(written: &str, shapes: &[Shape]) -> String {
    let is_arn = written.starts_with("arn:");
    let what =
        if is_arn { "is an ARN, and rules go by names, with region and account beside" } else { "matches no target" };
    match meant(written, shapes) {
        Some(meant) if shapes.iter().any(|shape| shape.is_by_id(&meant)) => {
            format!("{what}; write the name that AWS shows for {}", words(&meant).last().unwrap_or_default())
        }
        Some(meant) => format!("{what}; did you mean `{meant}`?"),
        None => {
            let valid: Vec<String> = shapes.iter().map(ToString::to_string).collect();
            let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
            format!(
                "{what}; targets are {}; in a pattern `*` stands for any run of characters and `?` for one",
                listed(&valid)
            )
        }
    }
}

/// The pattern that somebody wanted to write: the names in what was written, put into the shape that it is most like.
fn meant(written: &str, shapes: &[Shape]) -> Option<String> {
    let written = written.trim();
    let of_arn = written.strip_prefix("arn:").and_then(|rest| {
        let parts: Vec<&str> = rest.splitn(5, ':').collect();
        Some(format!("{}:{}", parts.get(1)?, parts.get(4)?))
    });
    let written = of_arn.as_deref().unwrap_or(written);
    let candidates = shapes.iter().filter_map(|shape| {
        let is_keyword = |word: &&str| {
            let slips = |keyword: &str| damerau_levenshtein(&word.to_lowercase(), keyword);
            shape.keywords().any(|keyword| slips(keyword) <= MOST_SLIPS)
        };
        let (known, names): (Vec<&str>, Vec<&str>) = words(written).partition(is_keyword);
        let names = if names.is_empty() { vec!["*"] } else { names };
        let filled = shape.filled(&names).filter(|filled| under(filled, shapes).is_some())?;
        (!known.is_empty()).then_some((known.len(), filled))
    });
    // Of several that are as much alike, the one that the registry has first.
    candidates.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, filled)| filled)
}

/// How many letters of a word may be wrong for it to be known.
const MOST_SLIPS: usize = 2;

impl fmt::Display for TargetPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

impl Deserr<Problems> for TargetPattern {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        Glob::deserialize_from_value(value, location).map(|written| Self { written, under: Vec::new() })
    }
}

/// The Regions a rule holds in, such as `eu-*`.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = RegionPattern::parse -> String)]
pub struct RegionPattern(pub(super) Glob);

const AREA: [Piece; 4] = [
    Piece::Text("-"),
    Piece::Word(Word::of(Letters::Lower, 1, 20)),
    Piece::Text("-"),
    Piece::Word(Word::of(Letters::Digits, 1, 2)),
];
const COUNTRY: Piece = Piece::Word(Word::of(Letters::Lower, 2, 2));
/// What the code of a Region is like: `eu-central-1`, `us-gov-west-1`, `us-isob-east-1`, `eusc-de-east-1`.
const REGIONS: [Shape; 5] = [
    Shape(&[COUNTRY, AREA[0], AREA[1], AREA[2], AREA[3]]),
    Shape(&[COUNTRY, Piece::Text("-gov"), AREA[0], AREA[1], AREA[2], AREA[3]]),
    Shape(&[COUNTRY, Piece::Text("-iso"), AREA[0], AREA[1], AREA[2], AREA[3]]),
    Shape(&[
        COUNTRY,
        Piece::Text("-iso"),
        Piece::Word(Word::of(Letters::Lower, 1, 1)),
        AREA[0],
        AREA[1],
        AREA[2],
        AREA[3],
    ]),
    Shape(&[Piece::Text("eusc-"), COUNTRY, AREA[0], AREA[1], AREA[2], AREA[3]]),
];

impl RegionPattern {
    fn parse(written: String) -> Result<Self, String> {
        let valid = |text: &str| REGIONS.iter().any(|region| region.meets(text));
        if valid(&written) {
            return Ok(Self(Glob::new(&written)));
        }
        let plain = written.trim().to_lowercase();
        let whole = plain.trim_end_matches('-');
        let candidates = [plain.clone(), format!("{whole}-*"), format!("{plain}*")];
        Err(match candidates.iter().find(|candidate| valid(candidate)) {
            Some(meant) => format!("matches no Region; did you mean `{meant}`?"),
            None => "matches no Region; write a code such as `eu-central-1`, or a pattern such as `eu-*`".to_owned(),
        })
    }
}

/// The accounts a rule holds in, such as `123456789012`.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = AccountPattern::parse -> String)]
pub struct AccountPattern(pub(super) Glob);

const ACCOUNT: Shape = Shape(&[Piece::Word(Word::of(Letters::Digits, 12, 12))]);

impl AccountPattern {
    fn parse(written: String) -> Result<Self, String> {
        if ACCOUNT.meets(&written) {
            return Ok(Self(Glob::new(&written)));
        }
        let digits: String =
            written.chars().filter(|letter| letter.is_ascii_digit() || "*?".contains(*letter)).collect();
        Err(match ACCOUNT.meets(&digits) {
            true => format!("matches no account; did you mean `{digits}`?"),
            false => "matches no account; an account is twelve digits".to_owned(),
        })
    }
}
