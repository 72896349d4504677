//! What holds for every spelling: printed and read again it is the same.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value};

use super::arn::{Account, Arn, Region, RoleArn};
use super::glob::Glob;
use super::json::Document;
use super::shape::{Letters, Piece, Shape, Word};
use super::shell::quoted;
use super::{duration, timestamp};

/// Any moment of a year with four digits, to the nanosecond.
fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    // From 0001-01-01 to 9998-12-31, so that every zone has four digits too.
    (-62_135_596_800..253_370_764_800_i64, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).unwrap())
}

fn document() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        // Of as many digits as can be told apart: beyond fifteen the JSON reader is off by one in the last.
        (-999_999_999_999_i64..999_999_999_999, 0..9)
            .prop_map(|(number, places)| { Number::from_f64(number as f64 / 10_f64.powi(places)).unwrap() }),
    ];
    let plain = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number.prop_map(Value::Number),
        ".{0,8}".prop_map(Value::String),
    ];
    plain.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(("[a-c\"\\\\é]{0,3}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// As IAM defines it, with nothing remembered.
fn defined(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', after)), None) => defined(after, text),
        (Some(('*', after)), Some((_, rest))) => defined(after, text) || defined(pattern, rest),
        (Some(('?', after)), Some((_, rest))) => defined(after, rest),
        (Some((one, after)), Some((other, rest))) => one == other && defined(after, rest),
        _ => false,
    }
}

/// A text and a pattern that it matches: some letters are `?`, some runs are `*`.
fn loosened(text: &str, holes: &[u8]) -> String {
    let mut pattern = String::new();
    for (letter, hole) in text.chars().zip(holes.iter().chain(std::iter::repeat(&0))) {
        match hole % 8 {
            6 => pattern.push('?'),
            7 if !pattern.ends_with('*') => pattern.push('*'),
            7 => {}
            _ => pattern.push(letter),
        }
    }
    pattern
}

const SHAPE: Shape = Shape(&[
    Piece::Text("sagemaker:endpoint/"),
    Piece::Word(Word::name("NAME", "-", 9)),
    Piece::Text("/variant/"),
    Piece::Word(Word::of(Letters::Digits, 2, 4)),
]);

/// The words of a line, as a POSIX shell takes it apart.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut is_quoted, mut letters) = (false, line.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => words.last_mut().unwrap().push(letters.next().unwrap()),
            ' ' if !is_quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_time_is_read_as_it_is_printed_in_every_zone(moment in moment(), minutes in -14 * 60..=14 * 60_i32) {
        let zone = FixedOffset::east_opt(minutes * 60).unwrap();
        prop_assert_eq!(timestamp::parse(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)), Some(moment));
        prop_assert_eq!(timestamp::parse(&moment.with_timezone(&zone).to_rfc3339()), Some(moment));
        let as_lambda_does = moment.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%.9f%z").to_string();
        prop_assert_eq!(timestamp::parse(&as_lambda_does), Some(moment));
    }

    #[test]
    fn a_duration_is_the_sum_of_its_units(counts in prop::array::uniform4(0..1000_u64), spaces in 0..3_usize) {
        let units = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
        let written: Vec<String> = counts.iter().zip(units).map(|(count, (unit, _))| format!("{count}{unit}")).collect();
        let seconds = counts.iter().zip(units).map(|(count, (_, length))| count * length).sum();
        prop_assert_eq!(duration::parse(&written.join(&" ".repeat(spaces))), Some(Duration::from_secs(seconds)));
    }

    #[test]
    fn a_pattern_is_read_as_it_is_printed_and_matches_as_defined(pattern in "[ab*?é]{0,7}", text in "[abé]{0,9}") {
        let glob = Glob::new(&pattern);
        let printed = Glob::new(&glob.to_string());
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = defined(&letters(&pattern), &letters(&text));
        prop_assert_eq!(glob.matches(&text), expected, "{} on {}", pattern, text);
        prop_assert_eq!(printed.matches(&text), expected, "{} printed as {}", pattern, printed);
    }

    #[test]
    fn an_arn_is_made_of_what_it_is_taken_apart_into(
        partition in select(vec!["aws", "aws-cn", "aws-us-gov", "aws-iso-b"]),
        region in select(vec!["", "us-east-1", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1"]),
        account in prop_oneof![Just(String::new()), "[0-9]{12}"],
        kind in "[a-z]{1,9}",
        separator in select(vec!['/', ':']),
        name in "[a-zA-Z0-9:/._-]{1,20}",
    ) {
        let text = format!("arn:{partition}:lambda:{region}:{account}:{kind}{separator}{name}");
        let arn = Arn::parse(&text).unwrap();
        prop_assert_eq!(arn.as_str().to_owned(), text.clone());
        prop_assert_eq!(arn.region().map_or("", Region::as_str), region);
        prop_assert_eq!(arn.account().map_or("", Account::as_str), account.as_str());
        prop_assert_eq!((arn.service(), arn.resource()), ("lambda", (kind.as_str(), name.as_str())));
        let role = RoleArn::parse(format!("arn:{partition}:iam::{account}:role/{name}"));
        prop_assert_eq!(role.map(|role| role.as_str().to_owned()).ok(), (!account.is_empty()).then(|| format!("arn:{partition}:iam::{account}:role/{name}")));
    }

    #[test]
    fn what_is_no_arn_does_not_panic(text in ".{0,60}") {
        prop_assert!(Arn::parse(&text).is_none_or(|arn| arn.as_str() == text));
    }

    #[test]
    fn a_document_is_read_as_it_is_printed(value in document()) {
        for text in [value.to_string(), format!("{value:#}")] {
            prop_assert_eq!(Document::parse(&text).unwrap().once(), Ok(value.clone()));
        }
    }

    #[test]
    fn a_shell_takes_a_quoted_text_for_one_word(texts in vec("[ -~é\n]{0,12}", 1..4)) {
        let line: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        prop_assert_eq!(words(&line.join(" ")), texts);
    }

    #[test]
    fn a_pattern_of_a_text_of_a_shape_meets_the_shape(name in "[a-zA-Z0-9-]{1,9}", digits in "[0-9]{2,4}", holes in vec(any::<u8>(), 0..50)) {
        let text = format!("sagemaker:endpoint/{name}/variant/{digits}");
        let pattern = loosened(&text, &holes);
        prop_assert!(Glob::new(&pattern).matches(&text), "{}", pattern);
        prop_assert!(SHAPE.meets(&pattern), "{}", pattern);
        prop_assert_eq!(SHAPE.filled(&[&name, &digits]), Some(text));
    }
}
