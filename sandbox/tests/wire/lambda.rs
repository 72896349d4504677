//! Lambda's answers, whole.

use setpoint_sandbox::{Change, Pace};

use crate::client::{concurrency, config, example, get, lambda, put, with};

const SEEDED: &str = "2025-03-04T09:00:00+0000";
const NOW: &str = "2026-01-05T12:00:00+0000";

/// An error as Lambda words it: `Message` where the model spells it so, else `message`; `Type` except in the first two.
fn refused(status: u16, code: &str, message: &str) -> String {
    let message = serde_json::to_string(message).unwrap();
    let body = match code {
        "ValidationException" | "UnknownOperationException" => format!(r#"{{"message":{message}}}"#),
        "AccessDeniedException" => format!(r#"{{"Message":{message}}}"#),
        "ResourceNotFoundException" => format!(r#"{{"Type":"User","Message":{message}}}"#),
        _ => format!(r#"{{"Type":"User","message":{message}}}"#),
    };
    format!("{status} application/json {code} {body}")
}

#[tokio::test]
async fn a_first_request_is_accepted_with_nothing_allocated_and_is_ready_later() {
    let sandbox = example().await;
    assert_eq!(put(&sandbox, "checkout", "BLUE", 100).await, config(202, [100, 0, 0], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [100, 0, 0], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "BLUE").await, config(200, [100, 100, 100], "READY", NOW));
}

#[tokio::test]
async fn a_later_request_keeps_what_is_allocated_until_it_is_ready() {
    let sandbox = example().await;
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [5, 5, 5], "READY", SEEDED));
    assert_eq!(put(&sandbox, "checkout", "live", 8).await, config(202, [8, 5, 5], "IN_PROGRESS", NOW));
    // It is accepted again while the first is under way.
    assert_eq!(put(&sandbox, "checkout", "live", 3).await, config(202, [3, 3, 3], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [3, 3, 3], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [3, 3, 3], "READY", NOW));
}

#[tokio::test]
async fn a_version_may_be_provisioned_without_an_alias() {
    let sandbox = example().await;
    assert_eq!(put(&sandbox, "checkout", "6", 2).await, config(202, [2, 0, 0], "IN_PROGRESS", NOW));
    assert_eq!(get(&sandbox, "checkout", "6").await, config(200, [2, 0, 0], "IN_PROGRESS", NOW));
}

#[tokio::test]
async fn a_function_goes_by_its_name_its_partial_arn_and_its_arn() {
    let sandbox = example().await;
    let seeded = config(200, [5, 5, 5], "READY", SEEDED);
    for name in [
        "checkout",
        "function%3Acheckout",
        "checkout%3Alive",
        "123456789012%3Afunction%3Acheckout",
        "123456789012%3Afunction%3Acheckout%3Alive",
        "us-east-1%3A123456789012%3Afunction%3Acheckout",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Acheckout",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Acheckout%3Alive",
        // Some clients leave the colon as it is.
        "arn:aws:lambda:us-east-1:123456789012:function:checkout",
    ] {
        assert_eq!(get(&sandbox, name, "live").await, seeded, "{name}");
    }
}

#[tokio::test]
async fn a_name_that_carries_another_qualifier_is_refused() {
    let sandbox = example().await;
    let refused = refused(
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    );
    assert_eq!(get(&sandbox, "checkout%3ABLUE", "live").await, refused);
    let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Acheckout%3A7";
    assert_eq!(put(&sandbox, arn, "live", 5).await, refused);
}

#[tokio::test]
async fn an_arn_of_another_region_or_account_is_out_of_reach() {
    let sandbox = example().await;
    assert_eq!(
        put(&sandbox, "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Acheckout", "live", 5).await,
        refused(
            404,
            "ResourceNotFoundException",
            "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
        )
    );
    assert_eq!(
        put(&sandbox, "210987654321%3Afunction%3Acheckout", "live", 5).await,
        refused(
            403,
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: \
             lambda:PutProvisionedConcurrencyConfig on resource: \
             arn:aws:lambda:us-east-1:210987654321:function:checkout:live",
        )
    );
}

#[tokio::test]
async fn latest_is_refused_in_the_words_of_each_operation() {
    let sandbox = example().await;
    assert_eq!(
        put(&sandbox, "checkout", "%24LATEST", 5).await,
        refused(
            400,
            "InvalidParameterValueException",
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    );
    let unpublished = refused(
        400,
        "InvalidParameterValueException",
        "The function resource provided must be an alias or a published version.",
    );
    assert_eq!(get(&sandbox, "checkout", "%24LATEST").await, unpublished);
    assert_eq!(lambda(&sandbox, "DELETE", &concurrency("checkout", "%24LATEST"), "").await, unpublished);
}

#[tokio::test]
async fn what_is_not_there_is_named_by_its_arn() {
    let sandbox = example().await;
    let function = "arn:aws:lambda:us-east-1:123456789012:function";
    for (name, qualifier, message) in [
        ("checkout", "green", format!("Cannot find alias arn: {function}:checkout:green")),
        ("nowhere", "live", format!("Cannot find alias arn: {function}:nowhere:live")),
        ("checkout", "10", format!("Function not found: {function}:checkout:10")),
        ("nowhere", "10", format!("Function not found: {function}:nowhere:10")),
    ] {
        let missing = refused(404, "ResourceNotFoundException", &message);
        assert_eq!(put(&sandbox, name, qualifier, 5).await, missing);
        assert_eq!(get(&sandbox, name, qualifier).await, missing);
        assert_eq!(lambda(&sandbox, "DELETE", &concurrency(name, qualifier), "").await, missing);
    }
    assert_eq!(
        get(&sandbox, "checkout", "BLUE").await,
        refused(
            404,
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function"
        )
    );
}

#[tokio::test]
async fn the_constraints_of_the_model_are_refused_before_anything_else() {
    let sandbox = example().await;
    let broken = |message: &str| refused(400, "ValidationException", message);
    assert_eq!(
        put(&sandbox, "checkout", "live", 0).await,
        broken(
            "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: \
             Member must have value greater than or equal to 1"
        )
    );
    assert_eq!(
        lambda(&sandbox, "PUT", "/2019-09-30/functions/checkout/provisioned-concurrency", "").await,
        broken(
            "2 validation errors detected: Value null at 'provisionedConcurrentExecutions' failed to satisfy constraint: \
             Member must not be null; Value null at 'qualifier' failed to satisfy constraint: Member must not be null"
        )
    );
    assert_eq!(
        get(&sandbox, "checkout", "a%20b").await,
        broken(
            "1 validation error detected: Value 'a b' at 'qualifier' failed to satisfy constraint: Member must satisfy \
             regular expression pattern: (|[a-zA-Z0-9$_-]+)"
        )
    );
    assert_eq!(
        get(&sandbox, "check%20out", "live").await,
        broken(
            r"1 validation error detected: Value 'check out' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
        )
    );
}

#[tokio::test]
async fn names_and_qualifiers_have_a_longest() {
    let sandbox = example().await;
    let broken = |value: &str, member: &str, longest: i32| {
        let message = format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have \
             length less than or equal to {longest}"
        );
        refused(400, "ValidationException", &message)
    };
    let (name, qualifier) = ("a".repeat(141), "a".repeat(129));
    assert_eq!(get(&sandbox, &name, "live").await, broken(&name, "functionName", 140));
    assert_eq!(get(&sandbox, "checkout", &qualifier).await, broken(&qualifier, "qualifier", 128));
    let missing = format!("Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:{}:live", &name[1..]);
    assert_eq!(get(&sandbox, &name[1..], "live").await, refused(404, "ResourceNotFoundException", &missing));
}

#[tokio::test]
async fn each_part_of_an_arn_is_one_only_where_something_follows_it() {
    let sandbox = example().await;
    for (label, name) in [
        ("function", "function"),
        ("function:function", "function"),
        ("us-east-1", "us-east-1"),
        ("123456789012", "123456789012"),
        ("123456789012:123456789012", "123456789012"),
        ("arn::lambda:us-east-1:123456789012:function:function", "function"),
        // Not a Region, so the name, with a qualifier behind it.
        ("west-1:live", "west-1"),
        ("us-east-12:live", "us-east-12"),
        ("us-east2-1:live", "us-east2-1"),
        ("12345678901:live", "12345678901"),
    ] {
        let missing = format!("Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:{name}:live");
        assert_eq!(get(&sandbox, label, "live").await, refused(404, "ResourceNotFoundException", &missing), "{label}");
    }
    for label in ["arn:gcp:lambda:us-east-1:123456789012:function:checkout", "a:b:c", "checkout:", ":live", "a:$LAST"] {
        let answer = get(&sandbox, label, "live").await;
        assert!(answer.contains(&format!("Value '{label}' at 'functionName'")), "{answer}");
    }
}

#[tokio::test]
async fn an_alias_with_weights_cannot_be_provisioned() {
    let sandbox = example().await;
    assert_eq!(
        put(&sandbox, "checkout", "canary", 5).await,
        refused(
            400,
            "InvalidParameterValueException",
            "Alias with weights can not be used with Provisioned Concurrency"
        )
    );
}

#[tokio::test]
async fn a_version_is_provisioned_once_directly_or_through_one_alias() {
    let sandbox = example().await;
    let pointed = refused(409, "ResourceConflictException", "Version is pointed by a Provisioned Concurrency alias");
    let provisioned = refused(
        409,
        "ResourceConflictException",
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    );
    // live points to 7 and is provisioned.
    assert_eq!(put(&sandbox, "checkout", "7", 5).await, pointed);
    sandbox.edit_function("checkout", |function| {
        function.aliases.get_mut("BLUE").unwrap().function_version = "7".to_owned();
    });
    assert_eq!(put(&sandbox, "checkout", "BLUE", 5).await, provisioned);
    // Version 8 directly, then an alias to it.
    assert_eq!(put(&sandbox, "checkout", "8", 5).await, config(202, [5, 0, 0], "IN_PROGRESS", NOW));
    sandbox.edit_function("checkout", |function| {
        function.aliases.get_mut("BLUE").unwrap().function_version = "8".to_owned();
    });
    assert_eq!(put(&sandbox, "checkout", "BLUE", 5).await, provisioned);
}

#[tokio::test]
async fn a_function_that_is_being_updated_refuses_the_request() {
    let sandbox = example().await;
    sandbox.edit_function("checkout", |function| function.updating = Some(Change::ending_after(Pace::Reads(1))));
    assert_eq!(
        put(&sandbox, "checkout", "live", 6).await,
        refused(
            409,
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: \
             arn:aws:lambda:us-east-1:123456789012:function:checkout",
        )
    );
    assert_eq!(get(&sandbox, "checkout", "live").await, config(200, [5, 5, 5], "READY", SEEDED));
    assert_eq!(put(&sandbox, "checkout", "live", 6).await, config(202, [6, 5, 5], "IN_PROGRESS", NOW));
}

#[tokio::test]
async fn provisioned_concurrency_comes_out_of_the_account_s_unreserved() {
    let sandbox = with(|seed| {
        let home = seed.home();
        home.functions.get_mut("search").unwrap().provisioned_concurrency.clear();
        home.functions.get_mut("checkout").unwrap().provisioned_concurrency.clear();
    })
    .await;
    assert_eq!(
        put(&sandbox, "checkout", "live", 1001).await,
        refused(
            400,
            "InvalidParameterValueException",
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000]."
        )
    );
    for requested in [901, 1000] {
        // Recorded without `Type`.
        assert_eq!(
            put(&sandbox, "checkout", "live", requested).await,
            "400 application/json InvalidParameterValueException {\"message\":\"Specified ConcurrentExecutions for \
             function decreases account's UnreservedConcurrentExecution below its minimum value of [100].\"}"
        );
    }
    assert_eq!(put(&sandbox, "checkout", "live", 900).await, config(202, [900, 0, 0], "IN_PROGRESS", NOW));
    // What one function takes is gone for the others, while its own request replaces the one before.
    assert_eq!(
        put(&sandbox, "search", "prod", 101).await,
        refused(
            400,
            "InvalidParameterValueException",
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [100]."
        )
    );
    assert_eq!(put(&sandbox, "checkout", "live", 899).await, config(202, [899, 0, 0], "IN_PROGRESS", NOW));
}

#[tokio::test]
async fn what_other_functions_reserve_or_provision_is_not_unreserved() {
    let sandbox = example().await;
    let unreserved = |left: i32| {
        let message = format!(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{left}]."
        );
        refused(400, "InvalidParameterValueException", &message)
    };
    // live has 5 and prod has 10; the request is to replace the 5.
    assert_eq!(put(&sandbox, "checkout", "live", 2000).await, unreserved(990));
    sandbox.edit_function("search", |function| {
        let prod = function.provisioned_concurrency["prod"].clone();
        // The same qualifier of another function is not replaced.
        function.provisioned_concurrency.insert("live".to_owned(), prod);
    });
    assert_eq!(put(&sandbox, "checkout", "live", 2000).await, unreserved(980));
    sandbox.edit_function("search", |function| function.reserved_concurrency = Some(500));
    assert_eq!(put(&sandbox, "checkout", "live", 2000).await, unreserved(500));
}

#[tokio::test]
async fn provisioned_concurrency_comes_out_of_the_function_s_reserved_concurrency_if_it_has_any() {
    let sandbox = example().await;
    sandbox.edit_function("checkout", |function| function.reserved_concurrency = Some(20));
    assert_eq!(
        put(&sandbox, "checkout", "BLUE", 16).await,
        refused(
            400,
            "InvalidParameterValueException",
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )
    );
    assert_eq!(put(&sandbox, "checkout", "BLUE", 15).await, config(202, [15, 0, 0], "IN_PROGRESS", NOW));
}

#[tokio::test]
async fn a_delete_answers_204_whether_there_was_a_configuration_or_not() {
    let sandbox = example().await;
    let missing = refused(
        404,
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    );
    for qualifier in ["live", "live", "BLUE"] {
        assert_eq!(lambda(&sandbox, "DELETE", &concurrency("checkout", qualifier), "").await, "204 -");
        assert_eq!(get(&sandbox, "checkout", qualifier).await, missing);
    }
}

#[tokio::test]
async fn a_list_gives_each_configuration_with_its_arn() {
    let sandbox = example().await;
    put(&sandbox, "checkout", "6", 2).await;
    let list = |query: &str| format!("/2019-09-30/functions/checkout/provisioned-concurrency?List=ALL{query}");
    let first = "{\"FunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:checkout:6\",\
                 \"RequestedProvisionedConcurrentExecutions\":2,\"AvailableProvisionedConcurrentExecutions\":0,\
                 \"AllocatedProvisionedConcurrentExecutions\":0,\"Status\":\"IN_PROGRESS\",\
                 \"LastModified\":\"2026-01-05T12:00:00+0000\"}";
    let second = "{\"FunctionArn\":\"arn:aws:lambda:us-east-1:123456789012:function:checkout:live\",\
                  \"RequestedProvisionedConcurrentExecutions\":5,\"AvailableProvisionedConcurrentExecutions\":5,\
                  \"AllocatedProvisionedConcurrentExecutions\":5,\"Status\":\"READY\",\
                  \"LastModified\":\"2025-03-04T09:00:00+0000\"}";
    for (query, answer) in [
        ("", format!(r#"{{"ProvisionedConcurrencyConfigs":[{first},{second}]}}"#)),
        ("&MaxItems=1", format!(r#"{{"ProvisionedConcurrencyConfigs":[{first}],"NextMarker":"1"}}"#)),
        ("&MaxItems=1&Marker=1", format!(r#"{{"ProvisionedConcurrencyConfigs":[{second}]}}"#)),
    ] {
        assert_eq!(lambda(&sandbox, "GET", &list(query), "").await, format!("200 application/json {answer}"));
    }
    assert_eq!(
        lambda(&sandbox, "GET", "/2019-09-30/functions/nowhere/provisioned-concurrency?List=ALL", "").await,
        refused(
            404,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nowhere"
        )
    );
}

#[tokio::test]
async fn an_alias_shows_its_version_and_its_weights() {
    let sandbox = example().await;
    assert_eq!(
        lambda(&sandbox, "GET", "/2015-03-31/functions/checkout/aliases/canary", "").await,
        "200 application/json {\"AliasArn\":\"arn:aws:lambda:us-east-1:123456789012:function:checkout:canary\",\
         \"Name\":\"canary\",\"FunctionVersion\":\"6\",\"Description\":\"\",\
         \"RoutingConfig\":{\"AdditionalVersionWeights\":{\"7\":0.1}},\
         \"RevisionId\":\"0a1b2c3d-0000-4000-8000-000000000001\"}"
    );
    assert_eq!(
        lambda(&sandbox, "GET", "/2015-03-31/functions/checkout/aliases/live", "").await,
        "200 application/json {\"AliasArn\":\"arn:aws:lambda:us-east-1:123456789012:function:checkout:live\",\
         \"Name\":\"live\",\"FunctionVersion\":\"7\",\"Description\":\"\",\
         \"RevisionId\":\"0a1b2c3d-0000-4000-8000-000000000001\"}"
    );
    assert_eq!(
        lambda(&sandbox, "GET", "/2015-03-31/functions/checkout/aliases/green", "").await,
        refused(
            404,
            "ResourceNotFoundException",
            "Cannot find alias arn: arn:aws:lambda:us-east-1:123456789012:function:checkout:green"
        )
    );
}

#[tokio::test]
async fn the_aliases_of_a_function_are_listed_by_version_and_page_by_page() {
    let sandbox = example().await;
    let live = "{\"AliasArn\":\"arn:aws:lambda:us-east-1:123456789012:function:checkout:live\",\
                \"Name\":\"live\",\"FunctionVersion\":\"7\",\"Description\":\"\",\
                \"RevisionId\":\"0a1b2c3d-0000-4000-8000-000000000001\"}";
    let path = "/2015-03-31/functions/checkout/aliases";
    assert_eq!(
        lambda(&sandbox, "GET", &format!("{path}?FunctionVersion=7"), "").await,
        format!("200 application/json {{\"Aliases\":[{live}]}}")
    );
    assert_eq!(
        lambda(&sandbox, "GET", &format!("{path}?FunctionVersion=1"), "").await,
        "200 application/json {\"Aliases\":[]}"
    );
    sandbox.edit_function("checkout", |function| {
        let alias = function.aliases["live"].clone();
        function.aliases.insert("next".to_owned(), alias);
    });
    assert_eq!(
        lambda(&sandbox, "GET", &format!("{path}?FunctionVersion=7&MaxItems=1"), "").await,
        format!("200 application/json {{\"Aliases\":[{live}],\"NextMarker\":\"1\"}}")
    );
    assert_eq!(
        lambda(&sandbox, "GET", "/2015-03-31/functions/nope/aliases", "").await,
        refused(
            404,
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:us-east-1:123456789012:function:nope"
        )
    );
}

#[tokio::test]
async fn the_account_says_what_no_function_reserves() {
    let sandbox = example().await;
    sandbox.edit_function("checkout", |function| function.reserved_concurrency = Some(250));
    assert_eq!(
        lambda(&sandbox, "GET", "/2016-08-19/account-settings", "").await,
        "200 application/json {\"AccountLimit\":{\"TotalCodeSize\":80530636800,\"CodeSizeUnzipped\":262144000,\
         \"CodeSizeZipped\":52428800,\"ConcurrentExecutions\":1000,\"UnreservedConcurrentExecutions\":750},\
         \"AccountUsage\":{\"TotalCodeSize\":0,\"FunctionCount\":3}}"
    );
}

#[tokio::test]
async fn a_path_it_does_not_serve_is_an_unknown_operation() {
    let sandbox = example().await;
    let unknown = refused(
        404,
        "UnknownOperationException",
        "the sandbox serves no operation at this path; its README lists those that it does",
    );
    assert_eq!(lambda(&sandbox, "GET", "/2015-03-31/functions/checkout", "").await, unknown);
    assert_eq!(lambda(&sandbox, "POST", &concurrency("checkout", "live"), "").await, unknown);
}
