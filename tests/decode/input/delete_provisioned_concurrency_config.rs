//! `lambda:DeleteProvisionedConcurrencyConfig`: its documented constraints.

use serde_json::json;

use super::{answer_to, check};

#[test]
fn the_function_and_its_qualifier_are_checked_as_for_the_put() {
    let answer = |input| answer_to("lambda:DeleteProvisionedConcurrencyConfig", input);
    check([
        (
            answer(json!({"FunctionName": "checkout:live", "Qualifier": "live"})),
            "accepted: lambda:function:checkout:live",
        ),
        (answer(json!({})), "input.FunctionName: is required, but missing; input.Qualifier: is required, but missing"),
        (
            answer(json!({"FunctionName": "checkout", "Qualifier": "$LATEST"})),
            "input.Qualifier: is $LATEST, which cannot have provisioned concurrency; publish a version and name it, or an alias \
             of it",
        ),
        (
            answer(json!({"FunctionName": "checkout:8", "Qualifier": "7"})),
            "input.FunctionName: carries the qualifier 8, but Qualifier is 7; write one of them",
        ),
        (
            answer(json!({"FunctionName": "checkout", "Qualifier": "7", "ProvisionedConcurrentExecutions": 0})),
            "input.ProvisionedConcurrentExecutions: there is no such member; valid here: `FunctionName`, `Qualifier`",
        ),
        (
            answer(json!({"FunctionName": "checkout", "Qualifier": "7", "Version": "7"})),
            "input.Version: there is no such member; an alias or version goes into `Qualifier`",
        ),
    ]);
}
