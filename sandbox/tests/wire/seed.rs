//! What a seed may say, and that a snapshot is one.

use std::time::Duration;

use serde_json::json;
use setpoint_sandbox::{
    Calls, Capacity, Change, Changes, Effect, Endpoint, EndpointStatus, Fault, InferenceComponentStatus, Options, Pace,
    ProvisionedConcurrencyStatus, ProvisionedModelStatus, Sandbox, Seed, Stale, Traffic,
};

use crate::client::{example, put, sagemaker};

fn refusal(json: &str) -> String {
    Seed::from_json(json).unwrap_err().to_string()
}

#[test]
fn the_example_seed_holds_the_names_that_examples_use() {
    let mut seed = Seed::example();
    let home = seed.home();
    let names = |endpoint: &Endpoint| -> Vec<String> {
        endpoint.variants.iter().map(|variant| variant.variant_name.clone()).collect()
    };
    assert_eq!(home.endpoints.keys().collect::<Vec<_>>(), ["embeddings", "ranking", "recsys"]);
    assert_eq!(names(&home.endpoints["recsys"]), ["AllTraffic"]);
    assert_eq!(names(&home.endpoints["ranking"]), ["blue", "green"]);
    assert_eq!(names(&home.endpoints["embeddings"]), ["AllTraffic"]);
    assert_eq!(home.inference_components.keys().collect::<Vec<_>>(), ["recsys-candidates", "recsys-ranker"]);
    assert!(home.inference_components.values().all(|component| component.endpoint_name == "recsys"));
    assert_eq!(home.functions.keys().collect::<Vec<_>>(), ["checkout", "search", "thumbnails"]);
    let scaling: Vec<_> = home.functions["thumbnails"].scaling_configs.keys().collect();
    assert_eq!(scaling, ["$LATEST.PUBLISHED", "4"]);
    assert_eq!(home.functions["checkout"].versions, ["6", "7", "8"]);
    assert_eq!(home.functions["checkout"].aliases.keys().collect::<Vec<_>>(), ["BLUE", "canary", "live"]);
    assert_eq!(home.functions["checkout"].provisioned_concurrency.keys().collect::<Vec<_>>(), ["live"]);
    let live = &home.functions["checkout"].provisioned_concurrency["live"];
    assert_eq!((live.requested, live.status), (5, ProvisionedConcurrencyStatus::Ready));
    let prod = &home.functions["search"].provisioned_concurrency["prod"];
    assert_eq!((prod.requested, prod.status), (10, ProvisionedConcurrencyStatus::Ready));
    let models: Vec<_> = home.provisioned_models.iter().map(|(id, model)| (id.as_str(), model.name.as_str())).collect();
    assert_eq!(models, [("abcdef123456", "support-bot"), ("fedcba654321", "summaries")]);
    assert!(home.provisioned_models.values().all(|model| model.status == ProvisionedModelStatus::InService));
    assert_eq!(home.custom_models.len(), 2);
    let deployments: Vec<_> =
        home.custom_model_deployments.iter().map(|(id, deployment)| (id.as_str(), deployment.name.as_str())).collect();
    assert_eq!(deployments, [("chat12345678", "support-chat")]);
    let tables: Vec<_> =
        home.tables.iter().map(|(name, table)| (name.as_str(), table.partition_key.as_str())).collect();
    assert_eq!(tables, [("setpoint-ledger", "target")]);
}

#[test]
fn an_unknown_key_is_refused_with_its_place_and_what_would_have_been_right() {
    assert_eq!(
        refusal("{\n  \"account\": {}\n}"),
        "not a seed: unknown field `account`, expected one of `changes`, `traffic`, `faults`, `accounts` at line 2 column 11"
    );
    assert_eq!(
        refusal(r#"{"accounts": {"123456789012": {"us-east-1": {"endpoint": {}}}}}"#),
        "not a seed: unknown field `endpoint`, expected one of `endpoints`, `inferenceComponents`, \
         `functions`, `provisionedModels`, `deletedProvisionedModels`, `customModels`, `scalableTargets`, `customModelDeployments`, \
         `tables`, `eventBuses`, `queues`, `tags`, `limits` at line 1 column 55"
    );
    assert_eq!(
        refusal(r#"{"changes": {"pace": {"seconds": 3}}}"#),
        "not a seed: unknown variant `seconds`, expected `reads` or `milliseconds` at line 1 column 31"
    );
}

#[test]
fn a_seed_that_contradicts_itself_is_refused_with_the_path() {
    let at_home = |resource: &str| format!(r#"{{"accounts": {{"123456789012": {{"us-east-1": {{{resource}}}}}}}}}"#);
    for (resource, problem) in [
        (
            r#""functions": {"f": {"versions": ["1"], "aliases": {"live": {"functionVersion": "2"}}}}"#,
            "functions.f.aliases.live: version 2 is not in versions",
        ),
        (
            r#""functions": {"f": {"versions": ["1"], "provisionedConcurrency": {"live":
                {"requested": 1, "allocated": 1, "status": "READY", "lastModified": "2025-01-01T00:00:00Z"}}}}"#,
            "functions.f.provisionedConcurrency.live: neither an alias nor a version",
        ),
        (
            r#""functions": {"f": {"versions": ["1"], "provisionedConcurrency": {"1":
                {"requested": 1, "allocated": 1, "status": "IN_PROGRESS", "lastModified": "2025-01-01T00:00:00Z"}}}}"#,
            "functions.f.provisionedConcurrency.1.status: IN_PROGRESS goes with a change",
        ),
        (
            r#""endpoints": {"e": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z", "variants": [], "change": {"endsAfter": {"reads": 1}}}}"#,
            "endpoints.e.status: an endpoint with a change under way is Updating or RollingBack",
        ),
        (
            r#""endpoints": {"e": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z", "variants": [{"variantName": "v", "current": {"weight": 1}}]}}"#,
            "endpoints.e.variants.v.current: either instanceCount or serverless",
        ),
        (
            r#""endpoints": {"E": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z", "variants": []},
                "e": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z", "variants": []}}"#,
            "endpoints.E: e is the same name",
        ),
        (
            r#""inferenceComponents": {"i": {"endpointName": "e", "variantName": "v", "currentCopyCount": 1,
                "creationTime": "2025-01-01T00:00:00Z", "lastModifiedTime": "2025-01-01T00:00:00Z"}}"#,
            "inferenceComponents.i.endpointName: there is no endpoint e",
        ),
        (
            r#""endpoints": {"e": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z", "variants": []}},
                "inferenceComponents": {"i": {"endpointName": "e", "variantName": "v", "currentCopyCount": 1,
                "creationTime": "2025-01-01T00:00:00Z", "lastModifiedTime": "2025-01-01T00:00:00Z"}}"#,
            "inferenceComponents.i.variantName: endpoint e has no variant v",
        ),
        (
            r#""endpoints": {"e": {"endpointConfigName": "c", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z",
                "variants": [{"variantName": "v", "current": {"weight": 1, "instanceCount": 1}}]}},
                "inferenceComponents": {"i": {"endpointName": "e", "variantName": "v", "currentCopyCount": 1,
                "status": "Updating",
                "creationTime": "2025-01-01T00:00:00Z", "lastModifiedTime": "2025-01-01T00:00:00Z"}}"#,
            "inferenceComponents.i.status: Updating goes with a change",
        ),
        (
            r#""provisionedModels": {"abcdef123456": {"name": "p", "modelUnits": 1, "modelArn": "m",
                "foundationModelArn": "m", "status": "Updating", "creationTime": "2025-01-01T00:00:00Z",
                "lastModifiedTime": "2025-01-01T00:00:00Z"}}"#,
            "provisionedModels.abcdef123456.status: Updating goes with a change",
        ),
        (
            r#""provisionedModels": {"abcdef123456": {"name": "p", "modelUnits": 1, "modelArn": "m",
                "foundationModelArn": "m", "change": {"endsAfter": {"reads": 1}},
                "creationTime": "2025-01-01T00:00:00Z", "lastModifiedTime": "2025-01-01T00:00:00Z"}}"#,
            "provisionedModels.abcdef123456.status: a change goes with Creating or Updating",
        ),
        (
            r#""functions": {"f": {"scalingConfigs": {"live": {}}}}"#,
            "functions.f.scalingConfigs.live: neither $LATEST.PUBLISHED nor a version",
        ),
        (
            r#""functions": {"f": {"scalingConfigs": {"$LATEST.PUBLISHED": {"change": {"endsAfter": {"reads": 1}}}}}}"#,
            "functions.f.scalingConfigs.$LATEST.PUBLISHED.change: goes with what is requested",
        ),
        (
            r#""customModelDeployments": {"chat12345678": {"name": "c", "modelArn": "m", "createdAt": "2026-01-05T12:00:00Z",
                "updateDetails": {"modelArn": "n", "updateStatus": "Updating"}}}"#,
            "customModelDeployments.chat12345678.updateDetails.updateStatus: Updating goes with a change",
        ),
        (
            r#""tables": {"t": {"partitionKey": "id", "items": {"one": {"id": {"S": "two"}}}}}"#,
            "tables.t.items.one.id: is the item's own key, {\"S\": \"one\"}",
        ),
    ] {
        assert_eq!(
            refusal(&at_home(resource)),
            format!("the seed contradicts itself: accounts.123456789012.us-east-1.{problem}")
        );
    }
    assert_eq!(
        refusal(r#"{"faults": {"DescribeEndpiont": []}}"#),
        "the seed contradicts itself: faults.DescribeEndpiont: the sandbox serves no such operation"
    );
    assert_eq!(
        refusal(r#"{"accounts": {"12345": {}}}"#),
        "the seed contradicts itself: accounts.12345: an account id has twelve digits"
    );
}

#[tokio::test]
async fn a_seed_made_in_code_is_checked_as_well() {
    let mut seed = Seed::example();
    seed.faults.insert("Describe".to_owned(), vec![Fault::throttle()]);
    let error = Sandbox::start(seed, Options::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "faults.Describe: the sandbox serves no such operation");
}

#[test]
fn a_seed_scripts_paces_faults_traffic_and_limits() {
    let seed = Seed::from_json(
        r#"{
            "changes": {"pace": {"milliseconds": 1500}, "staleReads": 1, "failNext": "no capacity",
                        "completionMovesLastModified": true},
            "traffic": {"latencyMilliseconds": 50, "requestsPerSecond": 15},
            "faults": {
                "DescribeEndpoint": [
                    {"effect": "throttle", "calls": {"next": 2}},
                    {"effect": {"html": {"status": 503}}},
                    {"effect": {"slowMilliseconds": 300}, "calls": "all", "containing": "recsys"}
                ],
                "*": [
                    {"effect": {"error": {"status": 400, "code": "ConflictException", "message": "no"}}},
                    {"effect": {"empty": {"status": 500}}}, {"effect": "serverError"}, {"effect": "accessDenied"},
                    {"effect": "dropConnection"}, {"effect": "loseAnswer"}
                ]
            },
            "accounts": {"210987654321": {"eu-west-1": {"limits": {"endpointInstances": {"ml.g5.xlarge": 4},
                "concurrentExecutions": 50, "minimumUnreserved": 10}}}}
        }"#,
    )
    .unwrap();
    assert_eq!(seed.changes.pace, Some(Pace::Time(Duration::from_millis(1500))));
    assert_eq!((seed.traffic.latency, seed.traffic.requests_per_second), (Duration::from_millis(50), Some(15)));
    assert_eq!(
        seed.faults["DescribeEndpoint"],
        [
            Fault::throttle().times(2),
            Fault::html(503),
            Fault {
                effect: Effect::Slow(Duration::from_millis(300)),
                calls: Calls::All,
                containing: Some("recsys".to_owned())
            }
        ]
    );
    assert_eq!(
        seed.faults["*"],
        [
            Fault::error(400, "ConflictException", "no"),
            Fault::empty(500),
            Fault::server_error(),
            Fault::access_denied(),
            Fault::drop_connection(),
            Fault::lose_answer()
        ]
    );
    let limits = &seed.accounts["210987654321"]["eu-west-1"].limits;
    assert_eq!(
        (limits.endpoint_instances["ml.g5.xlarge"], limits.concurrent_executions, limits.minimum_unreserved),
        (4, 50, 10)
    );
}

#[test]
fn everything_that_is_edited_from_rust_can_be_said_in_a_patch() {
    let mut edited = Seed::example();
    edited.changes = Changes { pace: Some(Pace::Reads(0)), ..Changes::default() };
    edited.traffic = Traffic { latency: Duration::from_millis(50), requests_per_second: Some(15) };
    edited.faults.insert("GetAlias".to_owned(), vec![Fault::lose_answer().always().containing("live")]);
    let now = "2026-11-20T22:00:00Z".parse().unwrap();
    let home = edited.home();

    let endpoint = home.endpoints.get_mut("recsys").unwrap();
    let before = endpoint.clone();
    endpoint.stale = Some(Stale { reads_left: 2, shows: Box::new(before) });
    let ends_after = Pace::Time(Duration::from_secs(30));
    endpoint.start_updating(Change {
        fails: Some("No capacity.".to_owned()),
        rollback: Some(Pace::Reads(2)),
        since: Some(now),
        completion_moves_last_modified: true,
        ..Change::ending_after(ends_after)
    });
    endpoint.changes = Changes {
        pace: Some(Pace::Reads(9)),
        stale_reads: Some(2),
        fail_next: Some("Capacity error.".to_owned()),
        completion_moves_last_modified: Some(true),
    };
    endpoint.failure_reason = Some("Long ago.".to_owned());
    endpoint.last_modified_time = now;
    endpoint.variants[0].can_scale_to_zero = true;
    endpoint.variants[0].current.weight = 0.9_f32.next_up();
    endpoint.variants[0].desired = Some(Capacity { instance_count: Some(6), ..endpoint.variants[0].current.clone() });
    home.endpoints.get_mut("ranking").unwrap().status = EndpointStatus::Failed;
    home.endpoints.remove("embeddings");

    let component = home.inference_components.get_mut("recsys-ranker").unwrap();
    component.start_updating(Change::ending_after(Pace::Reads(1)));
    component.desired_copy_count = Some(0);
    home.inference_components.get_mut("recsys-candidates").unwrap().status = InferenceComponentStatus::Deleting;

    let function = home.functions.get_mut("checkout").unwrap();
    function.updating = Some(Change::ending_after(Pace::Reads(4)));
    function.reserved_concurrency = Some(20);
    let live = function.provisioned_concurrency.get_mut("live").unwrap();
    live.status = ProvisionedConcurrencyStatus::Failed;
    live.status_reason = Some("FUNCTION_ERROR_INIT_FAILURE".to_owned());
    function.stale.insert("live".to_owned(), Stale { reads_left: 1, shows: None });

    let model = home.provisioned_models.get_mut("abcdef123456").unwrap();
    model.status = ProvisionedModelStatus::Updating;
    model.change = Some(Change::ending_after(Pace::Reads(1)));
    model.desired_model_arn = Some("arn:other".to_owned());
    model.failure_message = Some("The model copy failed.".to_owned());
    let deployment = home.custom_model_deployments.get_mut("chat12345678").unwrap();
    deployment.start_updating(Change::ending_after(Pace::Reads(2)));
    deployment.description = Some("for the chat".to_owned());
    home.limits.endpoint_instances.insert("ml.g5.xlarge".to_owned(), 7);
    home.limits.minimum_unreserved = 0;
    edited.region("210987654321", "eu-west-1").limits.inference_component_copies = Some(3);

    let recsys = Seed::example().home().endpoints["recsys"].clone();
    let patch = json!({
        "changes": {"pace": {"reads": 0}},
        "traffic": {"latencyMilliseconds": 50, "requestsPerSecond": 15},
        "faults": {"GetAlias": [{"effect": "loseAnswer", "calls": "all", "containing": "live"}]},
        "accounts": {
            "123456789012": {"us-east-1": {
                "endpoints": {
                    "recsys": {
                        "status": "Updating",
                        "failureReason": "Long ago.",
                        "lastModifiedTime": "2026-11-20T22:00:00Z",
                        "variants": [{
                            "variantName": "AllTraffic", "instanceType": "ml.g5.xlarge", "canScaleToZero": true,
                            "current": {"weight": 0.900_000_04, "instanceCount": 2},
                            "desired": {"weight": 0.900_000_04, "instanceCount": 6},
                        }],
                        "changes": {"pace": {"reads": 9}, "staleReads": 2, "failNext": "Capacity error.",
                                    "completionMovesLastModified": true},
                        "change": {"endsAfter": {"milliseconds": 30_000}, "since": "2026-11-20T22:00:00Z",
                                   "fails": "No capacity.", "rollback": {"reads": 2},
                                   "completionMovesLastModified": true},
                        "stale": {"readsLeft": 2, "shows": recsys},
                    },
                    "ranking": {"status": "Failed"},
                    "embeddings": null,
                },
                "inferenceComponents": {
                    "recsys-ranker": {"status": "Updating", "desiredCopyCount": 0,
                                      "change": {"endsAfter": {"reads": 1}}},
                    "recsys-candidates": {"status": "Deleting"},
                },
                "functions": {"checkout": {
                    "updating": {"endsAfter": {"reads": 4}},
                    "reservedConcurrency": 20,
                    "provisionedConcurrency": {
                        "live": {"status": "FAILED", "statusReason": "FUNCTION_ERROR_INIT_FAILURE"},
                    },
                    "stale": {"live": {"readsLeft": 1}},
                }},
                "provisionedModels": {"abcdef123456": {
                    "status": "Updating", "change": {"endsAfter": {"reads": 1}}, "desiredModelArn": "arn:other",
                    "failureMessage": "The model copy failed.",
                }},
                "customModelDeployments": {"chat12345678": {
                    "description": "for the chat",
                    "updateDetails": {
                        "modelArn": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/supportbotv1",
                        "updateStatus": "Updating",
                    },
                    "change": {"endsAfter": {"reads": 2}},
                }},
                "limits": {"endpointInstances": {"ml.g5.xlarge": 7}, "minimumUnreserved": 0},
            }},
            "210987654321": {"eu-west-1": {"limits": {"inferenceComponentCopies": 3}}},
        },
    });
    assert_eq!(Seed::example().patched(&patch).unwrap(), edited);
}

#[tokio::test]
async fn a_snapshot_in_the_middle_of_changes_is_a_seed_that_goes_on_from_there() {
    let sandbox = example().await;
    sandbox.edit(|seed| seed.changes.stale_reads = Some(1));
    sandbox.script("DescribeEndpoint", Fault::throttle().times(2));
    put(&sandbox, "checkout", "BLUE", 4).await;
    let update = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic","DesiredInstanceCount":6}]}"#;
    sagemaker(&sandbox, "UpdateEndpointWeightsAndCapacities", update).await;
    let snapshot = sandbox.state();
    let again = Sandbox::start(Seed::from_json(&snapshot.to_string()).unwrap(), Options::default()).await.unwrap();
    assert_eq!(again.state(), snapshot);
    assert_eq!(snapshot["faults"]["DescribeEndpoint"][0]["calls"]["next"], 2);
    let recsys = &snapshot["accounts"]["123456789012"]["us-east-1"]["endpoints"]["recsys"];
    assert_eq!(recsys["status"], "Updating");
    assert_eq!(recsys["variants"][0]["desired"]["instanceCount"], 6);
    assert_eq!(recsys["stale"]["readsLeft"], 1);
    assert_eq!(
        snapshot["accounts"]["123456789012"]["us-east-1"]["endpoints"]["ranking"]["variants"][0]["current"]["weight"],
        0.9
    );
}

#[test]
fn a_file_that_cannot_be_read_is_not_a_seed() {
    let error = Seed::from_file("no/such/seed.json").unwrap_err();
    assert_eq!(error.to_string(), "the seed file cannot be read");
    assert!(std::error::Error::source(&error).is_some());
}
