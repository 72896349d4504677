//! `lambda:PutProvisionedConcurrencyConfig`: its documented constraints.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const FUNCTION_NAME: &str = "input.FunctionName: must be a function's name (64 letters, digits, hyphens and underscores at \
                             most), its ARN, or a partial ARN such as 123456789012:function:my-function";
const QUALIFIER: &str =
    "input.Qualifier: must be an alias or a version number: 1 to 128 letters, digits, hyphens and underscores";
const LATEST: &str = "input.Qualifier: is $LATEST, which cannot have provisioned concurrency; publish a version and name it, or \
                      an alias of it";

fn input() -> Value {
    json!({"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": 20})
}

fn answer(input: Value) -> String {
    answer_to("lambda:PutProvisionedConcurrencyConfig", input)
}

fn answer_with(member: &str, value: impl Into<Value>) -> String {
    answer(with(input(), &format!("/{member}"), value))
}

#[test]
fn a_function_is_named_in_every_documented_way() {
    let longest = "f".repeat(64);
    let names = [
        ("f", "f"),
        ("0_-", "0_-"),
        (longest.as_str(), longest.as_str()),
        ("checkout:live", "checkout"),
        ("123456789012:function:checkout", "checkout"),
        ("123456789012:checkout", "checkout"),
        ("function:checkout", "checkout"),
        ("us-east-1:123456789012:function:checkout:live", "checkout"),
        ("arn:aws:lambda:us-east-1:123456789012:function:checkout", "checkout"),
        ("arn:aws:lambda:us-east-1:123456789012:function:checkout:live", "checkout"),
        ("arn:aws-cn:lambda:cn-northwest-1:123456789012:function:checkout", "checkout"),
        ("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:checkout:live", "checkout"),
        ("arn:aws-iso-b:lambda:us-isob-east-1:123456789012:function:checkout", "checkout"),
        ("arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:checkout", "checkout"),
    ];
    check(names.map(|(name, function)| {
        (answer_with("FunctionName", name), format!("accepted: lambda:function:{function}:live"))
    }));
}

/// A guardrail on `lambda:function:checkout-api-v2:*` must see this function, whatever its name looks like.
#[test]
fn a_function_name_that_looks_like_a_region_is_still_a_name() {
    check(["checkout-api-v2", "prod-eu-1", "a-b-3", "eu-west-10"].map(|name| {
        (answer_with("FunctionName", format!("{name}:live")), format!("accepted: lambda:function:{name}:live"))
    }));
}

#[test]
fn what_is_no_function_name_is_refused() {
    let too_long = "f".repeat(65);
    let arn_too_long = format!("arn:aws:lambda:us-east-1:123456789012:function:f:{}", "q".repeat(92));
    let names = [
        "",
        " checkout",
        "check out",
        "check.out",
        "checkout:",
        ":live",
        "checkout:live:7",
        "checkout:live!",
        "12345:function:checkout",
        "ü",
        "arn:live",
        "arn:aws:s3:::checkout",
        "arn:aws:states:us-east-1:123456789012:function:checkout",
        "arn:gcp:lambda:us-east-1:123456789012:function:checkout",
        "arn:aws:elsewhere:lambda:us-east-1:123456789012:function:checkout",
        "arn:aws1:lambda:us-east-1:123456789012:function:checkout",
        too_long.as_str(),
        arn_too_long.as_str(),
    ];
    check(names.map(|name| (answer_with("FunctionName", name), FUNCTION_NAME)));
}

#[test]
fn a_qualifier_is_a_published_version_or_an_alias() {
    let (longest, too_long) = ("q".repeat(128), "q".repeat(129));
    check(["live", "7", "A_b-9", longest.as_str()].map(|qualifier| {
        (answer_with("Qualifier", qualifier), format!("accepted: lambda:function:checkout:{qualifier}"))
    }));
    check(
        ["", "a.b", "a b", "$latest", "$LATEST.PUBLISHED", too_long.as_str()]
            .map(|qualifier| (answer_with("Qualifier", qualifier), QUALIFIER)),
    );
    check([
        (answer_with("Qualifier", "$LATEST"), LATEST),
        (answer_with("Qualifier", Value::Null), "input.Qualifier: must be a string, but is null"),
        (answer_with("Qualifier", 7), "input.Qualifier: must be a string, but is an integer"),
    ]);
}

#[test]
fn the_function_name_and_the_qualifier_may_not_disagree() {
    let carries = |carried: &str| {
        format!("input.FunctionName: carries the qualifier {carried}, but Qualifier is live; write one of them")
    };
    check([
        (answer_with("FunctionName", "checkout:BLUE"), carries("BLUE")),
        (answer_with("FunctionName", "123456789012:function:checkout:7"), carries("7")),
        (
            answer_with("FunctionName", "arn:aws:lambda:us-east-1:123456789012:function:checkout:$LATEST"),
            carries("$LATEST"),
        ),
    ]);
}

#[test]
fn a_count_is_one_or_more_and_zero_is_another_action() {
    let counts = [
        json!(1),
        json!(2_147_483_647),
        json!({"exactly": 1}),
        json!({"atMost": 1}),
        json!({"percent": -50, "min": 1}),
    ];
    check(counts.map(|count| {
        (answer_with("ProvisionedConcurrentExecutions", count), "accepted: lambda:function:checkout:live")
    }));
    let delete = "is 0, which AWS refuses; to go to zero use the action lambda:DeleteProvisionedConcurrencyConfig with the same \
                  FunctionName and Qualifier";
    let table = [
        (json!(0), format!(": {delete}")),
        (json!({"exactly": 0}), ".exactly: is 0, but AWS accepts 1 or more".to_owned()),
        (json!({"atMost": 0}), ".atMost: is 0, but AWS accepts 1 or more".to_owned()),
        (json!({"add": -5, "min": 0}), ".min: is 0, but AWS accepts 1 or more".to_owned()),
        (json!(-1), ": is -1, but AWS accepts 1 or more".to_owned()),
        (json!(4_294_967_296_i64), ": is 4294967296, but AWS accepts 2147483647 at most".to_owned()),
        (json!(u64::MAX), ": is 18446744073709551615, but AWS accepts 2147483647 at most".to_owned()),
        (json!({"add": 2_147_483_648_u32}), ".add: must lie between -2147483647 and 2147483647".to_owned()),
        (json!({"add": u64::MAX}), ".add: must lie between -2147483647 and 2147483647".to_owned()),
        (json!({"add": i64::MIN}), ".add: must lie between -2147483647 and 2147483647".to_owned()),
        (json!("20"), format!(": {COUNT}, but is a string")),
        (Value::Null, format!(": {COUNT}, but is null")),
    ];
    check(table.map(|(count, expected)| {
        (
            answer_with("ProvisionedConcurrentExecutions", count),
            format!("input.ProvisionedConcurrentExecutions{expected}"),
        )
    }));
}

#[test]
fn misspellings_seen_in_the_wild_are_told_what_to_write() {
    let table = [
        ("ProvisionedConcurrencyExecutions", "there is no such member; AWS calls it `ProvisionedConcurrentExecutions`"),
        (
            "ProvisionedConcurrencyConfig",
            "there is no such object; write its ProvisionedConcurrentExecutions directly into `input`",
        ),
        (
            "ReservedConcurrentExecutions",
            "is reserved concurrency, another setting (PutFunctionConcurrency); provisioned concurrency is \
             `ProvisionedConcurrentExecutions`",
        ),
        ("AliasName", "there is no such member; an alias or version goes into `Qualifier`"),
        ("Alias", "there is no such member; an alias or version goes into `Qualifier`"),
        ("Version", "there is no such member; an alias or version goes into `Qualifier`"),
        ("FunctionVersion", "there is no such member; an alias or version goes into `Qualifier`"),
        ("functionName", "there is no such member; did you mean `FunctionName`?"),
        ("provisionedConcurrentExecutions", "there is no such member; did you mean `ProvisionedConcurrentExecutions`?"),
        ("Tags", "there is no such member; valid here: `FunctionName`, `Qualifier`, `ProvisionedConcurrentExecutions`"),
    ];
    check(table.map(|(member, sentence)| (answer_with(member, 5), format!("input.{member}: {sentence}"))));
}

#[test]
fn all_problems_are_reported_together() {
    let input = json!({"FunctionName": "check out", "Qualifier": "$LATEST", "ProvisionedConcurrencyExecutions": 0});
    let problems = [
        FUNCTION_NAME,
        LATEST,
        "input.ProvisionedConcurrencyExecutions: there is no such member; AWS calls it `ProvisionedConcurrentExecutions`",
        "input.ProvisionedConcurrentExecutions: is required, but missing",
    ];
    check([(answer(input), problems.join("; "))]);
}
