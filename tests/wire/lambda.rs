//! The provisioned concurrency actions on the wire.

use serde_json::json;
use setpoint_sandbox::{Change, Pace, ProvisionedConcurrencyStatus};

use crate::support::{World, provisioned, unprovisioned, with};

#[tokio::test]
async fn an_alias_without_a_configuration_gets_one() {
    let world = World::new().await;
    let payload = json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": {
        "FunctionName": "checkout",
        "Qualifier": "BLUE",
        "ProvisionedConcurrentExecutions": 100,
    }});
    assert_eq!(
        world.answer(payload).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 100,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "IN_PROGRESS",
            "LastModified": "2026-11-20T22:00:00+0000",
        })
    );
    assert_eq!(
        world.calls(),
        [
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE -> 404",
            "PUT /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE \
             {\"ProvisionedConcurrentExecutions\":100} -> 202",
        ]
    );
    assert_eq!(world.provisioned("checkout", "BLUE"), Some(100));
}

#[tokio::test]
async fn boto3s_name_of_the_put_leads_to_the_same_conversation() {
    let world = World::new().await;
    let payload = json!({"action": "put_provisioned_concurrency_config", "input": {
        "FunctionName": "checkout",
        "Qualifier": "live",
        "ProvisionedConcurrentExecutions": 20,
    }});
    assert_eq!(
        world.answer(payload).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 20,
            "AvailableProvisionedConcurrentExecutions": 5,
            "AllocatedProvisionedConcurrentExecutions": 5,
            "Status": "IN_PROGRESS",
            "LastModified": "2026-11-20T22:00:00+0000",
        })
    );
    assert_eq!(
        world.calls(),
        [
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=live -> 200",
            "PUT /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=live \
             {\"ProvisionedConcurrentExecutions\":20} -> 202",
        ]
    );
}

#[tokio::test]
async fn a_number_that_is_there_already_is_answered_from_the_read() {
    let world = World::new().await;
    let before = world.sandbox.state();
    assert_eq!(
        world.answer(provisioned("checkout", "live", 5)).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 5,
            "AvailableProvisionedConcurrentExecutions": 5,
            "AllocatedProvisionedConcurrentExecutions": 5,
            "Status": "READY",
            "LastModified": "2025-03-04T09:00:00+0000",
        })
    );
    assert_eq!(world.calls(), ["GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=live -> 200"]);
    assert_eq!(world.sandbox.state(), before);
}

#[tokio::test]
async fn a_number_that_is_on_its_way_already_is_not_put_again() {
    let world = World::new().await;
    let first = world.answer(provisioned("checkout", "live", 20)).await;
    world.calls();
    assert_eq!(world.answer(provisioned("checkout", "live", 20)).await, first);
    assert_eq!(world.calls(), ["GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=live -> 200"]);
}

#[tokio::test]
async fn a_version_is_a_qualifier_too() {
    let world = World::new().await;
    let answer = world.answer(provisioned("checkout", "6", 3)).await;
    assert_eq!(answer["RequestedProvisionedConcurrentExecutions"], 3);
    assert_eq!(
        world.calls(),
        [
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=6 -> 404",
            "PUT /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=6 \
             {\"ProvisionedConcurrentExecutions\":3} -> 202",
        ]
    );
    assert_eq!(world.provisioned("checkout", "6"), Some(3));
}

#[tokio::test]
async fn every_form_of_a_function_name_goes_on_the_wire_as_written_and_encoded() {
    let forms = [
        (
            "arn:aws:lambda:us-east-1:123456789012:function:search",
            "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Asearch",
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:search:prod",
            "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Asearch%3Aprod",
        ),
        ("123456789012:function:search", "123456789012%3Afunction%3Asearch"),
        ("search:prod", "search%3Aprod"),
    ];
    for (written, encoded) in forms {
        let world = World::new().await;
        let answer = world.answer(provisioned(written, "prod", 12)).await;
        assert_eq!(answer["RequestedProvisionedConcurrentExecutions"], 12, "{written}");
        assert_eq!(
            world.calls(),
            [
                format!("GET /2019-09-30/functions/{encoded}/provisioned-concurrency?Qualifier=prod -> 200"),
                format!(
                    "PUT /2019-09-30/functions/{encoded}/provisioned-concurrency?Qualifier=prod \
                     {{\"ProvisionedConcurrentExecutions\":12}} -> 202"
                ),
            ]
        );
        assert_eq!(world.provisioned("search", "prod"), Some(12));
    }
}

#[tokio::test]
async fn a_status_reason_that_aws_sends_is_in_the_answer() {
    let world = World::new().await;
    world.sandbox.edit_function("checkout", |function| {
        function.updating = Some(Change::ending_after(Pace::Reads(9)));
        let config = function.provisioned_concurrency.get_mut("live").unwrap();
        config.allocated = 0;
        config.status = ProvisionedConcurrencyStatus::Failed;
        config.status_reason = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    });
    let payload = with(provisioned("checkout", "live", 10), json!({"onBusy": "skip"}));
    assert_eq!(
        world.answer(payload).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 5,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "FAILED",
            "StatusReason": "FUNCTION_ERROR_INIT_FAILURE",
            "LastModified": "2025-03-04T09:00:00+0000",
        })
    );
}

#[tokio::test]
async fn nothing_asked_for_where_nothing_is_has_the_documented_members_still() {
    let world = World::new().await;
    assert_eq!(
        world.answer(provisioned("checkout", "BLUE", json!({"atMost": 5}))).await,
        json!({
            "RequestedProvisionedConcurrentExecutions": 0,
            "AvailableProvisionedConcurrentExecutions": 0,
            "AllocatedProvisionedConcurrentExecutions": 0,
            "Status": "READY",
        })
    );
    assert_eq!(world.calls(), ["GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE -> 404"]);
}

#[tokio::test]
async fn an_alias_that_is_not_there_is_aws_answer_and_no_write() {
    let world = World::new().await;
    assert_eq!(
        world.answer(provisioned("checkout", "staging", 5)).await,
        json!({
            "errorType": "ResourceNotFoundException",
            "errorMessage": "GetProvisionedConcurrencyConfig was refused: ResourceNotFoundException: Cannot find alias \
                             arn: arn:aws:lambda:us-east-1:123456789012:function:checkout:staging. Check the name, the \
                             Region and the account. To look at it: aws lambda get-provisioned-concurrency-config \
                             --function-name checkout --qualifier staging --region us-east-1",
        })
    );
    let version = world.answer(provisioned("checkout", "10", 5)).await;
    assert_eq!(version["errorType"], "ResourceNotFoundException");
    assert_eq!(
        world.calls(),
        [
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=staging -> 404",
            "GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=10 -> 404",
        ]
    );
}

#[tokio::test]
async fn what_lambda_refuses_for_good_is_answered_in_its_words_with_the_command_and_not_tried_again() {
    let table = [
        (
            provisioned("checkout", "canary", 5),
            "InvalidParameterValueException",
            "PutProvisionedConcurrencyConfig was refused: InvalidParameterValueException: Alias with weights can not be \
             used with Provisioned Concurrency. Correct the input. To finish by hand: aws lambda \
             put-provisioned-concurrency-config --function-name checkout --qualifier canary \
             --provisioned-concurrent-executions 5 --region us-east-1",
            400,
        ),
        (
            provisioned("checkout", "7", 5),
            "ResourceConflictException",
            "PutProvisionedConcurrencyConfig was refused: ResourceConflictException: Version is pointed by a Provisioned \
             Concurrency alias. AWS turned it down as things stand; change what its sentence names. To finish by hand: \
             aws lambda put-provisioned-concurrency-config --function-name checkout --qualifier 7 \
             --provisioned-concurrent-executions 5 --region us-east-1",
            409,
        ),
        (
            provisioned("checkout", "BLUE", 2000),
            "InvalidParameterValueException",
            "PutProvisionedConcurrencyConfig was refused: InvalidParameterValueException: Specified \
             ConcurrentExecutions for function is greater than account's unreserved concurrency [985]. Ask for less, or \
             for a higher limit in Service Quotas. To finish by hand: aws lambda put-provisioned-concurrency-config \
             --function-name checkout --qualifier BLUE --provisioned-concurrent-executions 2000 --region us-east-1",
            400,
        ),
    ];
    for (payload, error_type, error_message, status) in table {
        let world = World::new().await;
        let qualifier = payload["input"]["Qualifier"].as_str().unwrap().to_owned();
        let count = payload["input"]["ProvisionedConcurrentExecutions"].clone();
        assert_eq!(world.answer(payload).await, json!({"errorType": error_type, "errorMessage": error_message}));
        let path = format!("/2019-09-30/functions/checkout/provisioned-concurrency?Qualifier={qualifier}");
        assert_eq!(
            world.calls(),
            [
                format!("GET {path} -> 404"),
                format!("PUT {path} {{\"ProvisionedConcurrentExecutions\":{count}}} -> {status}"),
            ]
        );
    }
}

#[tokio::test]
async fn a_delete_answers_an_empty_object() {
    for name in ["lambda:DeleteProvisionedConcurrencyConfig", "delete_provisioned_concurrency_config"] {
        let world = World::new().await;
        let payload = json!({"action": name, "input": {"FunctionName": "search", "Qualifier": "prod"}});
        assert_eq!(world.answer(payload).await, json!({}));
        assert_eq!(
            world.calls(),
            [
                "GET /2019-09-30/functions/search/provisioned-concurrency?Qualifier=prod -> 200",
                "DELETE /2019-09-30/functions/search/provisioned-concurrency?Qualifier=prod -> 204",
            ]
        );
        assert_eq!(world.provisioned("search", "prod"), None);
    }
}

#[tokio::test]
async fn a_delete_of_nothing_is_no_write() {
    let world = World::new().await;
    assert_eq!(world.answer(unprovisioned("checkout", "BLUE")).await, json!({}));
    assert_eq!(world.calls(), ["GET /2019-09-30/functions/checkout/provisioned-concurrency?Qualifier=BLUE -> 404"]);
}

#[tokio::test]
async fn a_delete_by_arn_encodes_it() {
    let world = World::new().await;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:search";
    assert_eq!(world.answer(unprovisioned(arn, "prod")).await, json!({}));
    let encoded = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Asearch";
    assert_eq!(
        world.calls(),
        [
            format!("GET /2019-09-30/functions/{encoded}/provisioned-concurrency?Qualifier=prod -> 200"),
            format!("DELETE /2019-09-30/functions/{encoded}/provisioned-concurrency?Qualifier=prod -> 204"),
        ]
    );
}

#[tokio::test]
async fn a_delete_on_an_alias_that_is_not_there_is_aws_answer() {
    let world = World::new().await;
    let answer = world.answer(unprovisioned("nowhere", "live")).await;
    assert_eq!(answer["errorType"], "ResourceNotFoundException");
    assert_eq!(world.calls(), ["GET /2019-09-30/functions/nowhere/provisioned-concurrency?Qualifier=live -> 404"]);
}
