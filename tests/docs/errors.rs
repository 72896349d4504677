//! The tables of errors say which there are and whether a retry helps.

use std::collections::BTreeSet;

use serde_json::json;
use setpoint::error::{AwsAnswer, AwsFailure, Cause, Error, Kind, Noticed, Others, Unsettled, Written, classify};
use setpoint::plan::{Service, Target};
use setpoint::spelling::problem::Problems;

use super::document::{Document, code};
use super::texts_in;
use crate::support::{World, instances, now};

#[tokio::test]
async fn the_tables_of_errors_have_every_type_and_say_whether_a_retry_helps() {
    let is_type = |text: &String| text.chars().all(char::is_alphanumeric) && text.starts_with(char::is_uppercase);
    let mut named: BTreeSet<String> = texts_in("src/error.rs", "fn error_type(").into_iter().filter(is_type).collect();
    named.extend(texts_in("src/error/aws.rs", "fn error_type(").into_iter().filter(is_type));
    named.extend(texts_in("src/error/aws.rs", "fn classify(").into_iter().filter(is_type));
    named.extend(texts_in("src/error/aws.rs", "fn is_throttling(").into_iter().filter(is_type));
    let readme = Document::readme();
    let mut listed = BTreeSet::new();
    let own_errors = own_errors().await;

    for row in readme.table("errorType") {
        let name = code(&row[0])[0];
        let helps: BTreeSet<bool> = own_errors
            .iter()
            .filter(|error| error.error_type() == name)
            .map(|error| error.kind().is_retryable())
            .collect();
        let expected = match helps.into_iter().collect::<Vec<_>>().as_slice() {
            [false] => row[2] == "no",
            [true] => row[2] == "yes",
            [false, true] => row[2].starts_with("yes, "),
            _ => panic!("no example of {name} in this test"),
        };
        assert!(expected, "{name}: a retry helps: {}", row[2]);
        listed.insert(name.to_owned());
    }

    for row in readme.table("AWS said") {
        for entry in row[1].split(", `") {
            let (name, after) = entry.trim_start_matches('`').split_once('`').unwrap();
            let text = after.split('"').nth(1).unwrap_or_default().replace('…', "");
            let kind = classify(Some(name), text.trim_start_matches(' '), Some(400));
            assert_eq!(kind.name(), row[0], "{name} {text}");
            assert_eq!(if kind.is_retryable() { "yes" } else { "no" }, row[2], "{}", row[0]);
            listed.insert(name.to_owned());
        }
    }
    assert_eq!(listed, named);
    for row in Document::read("docs/operations.md").table("errorType") {
        assert!(named.contains(code(&row[0])[0]), "docs/operations.md: there is no {}", row[0]);
    }
}

/// At least one error of each type of the function's own, retryable and not where both exist.
async fn own_errors() -> Vec<Error> {
    let problems = || Problems::one("", "");
    let target = || Target::new(Service::SageMaker, "endpoint/recsys");
    let why = String::new;
    let aws = |code: &str| {
        let answer = AwsAnswer::Error { code: code.to_owned(), message: why(), status: Some(400) };
        Error::from(AwsFailure { operation: "DescribeEndpoint", answer })
    };
    let failed = |error: Error| Cause::ActionsFailed { failed: vec![(0, why(), error)], of: 2, others: Others::Done };
    let hour = std::time::Duration::from_secs(3600);
    let causes = [
        Cause::InvalidEvent(why()),
        Cause::InvalidAction(problems()),
        Cause::InvalidConfiguration(problems()),
        Cause::EventExpired { issued_at: now(), age: hour, max_event_age: hour, noticed: Noticed::AtTheDoor },
        Cause::EventExpired { issued_at: now(), age: hour, max_event_age: hour, noticed: Noticed::BeforeTheWrite },
        Cause::TargetBusy { target: target(), status: why(), waited: hour, written: Written::Nothing },
        Cause::Internal,
        Cause::Unreadable { table: why(), key: why() },
        Cause::NotTried { target: target(), after: why(), kind: Kind::Busy },
        Cause::NotTried { target: target(), after: why(), kind: Kind::Invalid },
        Cause::NotSettled { target: target(), why: Unsettled::Deadline(why()) },
        Cause::NotSettled { target: target(), why: Unsettled::Failed(why()) },
        Cause::NotSettled { target: target(), why: Unsettled::Reverted(why()) },
        Cause::Aws(AwsFailure { operation: "DescribeEndpoint", answer: AwsAnswer::Untrusted(why()) }),
        failed(aws("ThrottlingException")),
        failed(aws("AccessDeniedException")),
    ];
    let paused = World::configured(json!({"guardrails": {"paused": true}})).await;
    let violation = paused.report(instances("recsys", "AllTraffic", 3)).await.answer.err();
    causes.into_iter().map(Error::from).chain(violation).collect()
}
