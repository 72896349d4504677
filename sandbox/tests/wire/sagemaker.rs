//! SageMaker's answers, whole.

use setpoint_sandbox::{Change, EndpointStatus, Pace};

use crate::client::{endpoint_in_short, example, sagemaker, with};

const UPDATE: &str = "UpdateEndpointWeightsAndCapacities";
const ARN: &str =
    r#"200 application/x-amz-json-1.1 {"EndpointArn":"arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking"}"#;

fn refused(code: &str, message: &str) -> String {
    let message = serde_json::to_string(message).unwrap();
    let key = if code == "ResourceLimitExceeded" { "Message" } else { "message" };
    format!(r#"400 application/x-amz-json-1.1 {code} {{"__type":"{code}","{key}":{message}}}"#)
}

#[tokio::test]
async fn an_endpoint_is_described_with_epoch_seconds_and_both_values_of_each_variant() {
    let sandbox = example().await;
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"ranking"}"#).await,
        "200 application/x-amz-json-1.1 {\"EndpointName\":\"ranking\",\
         \"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking\",\
         \"EndpointConfigName\":\"ranking-blue-green\",\"ProductionVariants\":[\
         {\"VariantName\":\"blue\",\"CurrentWeight\":0.9,\"DesiredWeight\":0.9,\
         \"CurrentInstanceCount\":3,\"DesiredInstanceCount\":3},\
         {\"VariantName\":\"green\",\"CurrentWeight\":0.1,\"DesiredWeight\":0.1,\
         \"CurrentInstanceCount\":1,\"DesiredInstanceCount\":1}],\
         \"EndpointStatus\":\"InService\",\"CreationTime\":1740906000.0,\"LastModifiedTime\":1740906495.5}"
    );
}

#[tokio::test]
async fn a_serverless_variant_is_described_with_its_concurrency_and_no_instances() {
    let sandbox = example().await;
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"embeddings"}"#).await,
        "200 application/x-amz-json-1.1 {\"EndpointName\":\"embeddings\",\
         \"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/embeddings\",\
         \"EndpointConfigName\":\"embeddings-serverless\",\"ProductionVariants\":[\
         {\"VariantName\":\"AllTraffic\",\"CurrentWeight\":1.0,\"DesiredWeight\":1.0,\
         \"CurrentServerlessConfig\":{\"MemorySizeInMB\":2048,\"MaxConcurrency\":10,\"ProvisionedConcurrency\":2},\
         \"DesiredServerlessConfig\":{\"MemorySizeInMB\":2048,\"MaxConcurrency\":10,\"ProvisionedConcurrency\":2}}],\
         \"EndpointStatus\":\"InService\",\"CreationTime\":1740992400.0,\"LastModifiedTime\":1740992565.75}"
    );
}

#[tokio::test]
async fn an_endpoint_that_is_being_created_has_no_variants_yet() {
    let sandbox = example().await;
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = EndpointStatus::Creating);
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"recsys"}"#).await,
        "200 application/x-amz-json-1.1 {\"EndpointName\":\"recsys\",\
         \"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\",\
         \"EndpointConfigName\":\"recsys-2025-03-01\",\"EndpointStatus\":\"Creating\",\
         \"CreationTime\":1740819600.0,\"LastModifiedTime\":1740820050.25}"
    );
}

#[tokio::test]
async fn an_update_keeps_every_member_it_does_not_name() {
    let sandbox = example().await;
    let weights = r#"{"EndpointName":"ranking","DesiredWeightsAndCapacities":[
        {"VariantName":"green","DesiredWeight":0.25},{"VariantName":"blue","DesiredInstanceCount":4}]}"#;
    assert_eq!(sagemaker(&sandbox, UPDATE, weights).await, ARN);
    assert_eq!(endpoint_in_short(&sandbox, "ranking").await, "Updating blue:0.9>0.9,3>4 green:0.1>0.25,1>1");
    assert_eq!(endpoint_in_short(&sandbox, "ranking").await, "InService blue:0.9>0.9,4>4 green:0.25>0.25,1>1");
}

#[tokio::test]
async fn an_update_of_one_variant_leaves_the_others_alone() {
    let sandbox = example().await;
    let one = r#"{"EndpointName":"ranking","DesiredWeightsAndCapacities":[{"VariantName":"green","DesiredInstanceCount":2}]}"#;
    assert_eq!(sagemaker(&sandbox, UPDATE, one).await, ARN);
    assert_eq!(endpoint_in_short(&sandbox, "ranking").await, "Updating blue:0.9>0.9,3>3 green:0.1>0.1,1>2");
}

#[tokio::test]
async fn a_serverless_update_changes_the_concurrency_it_names_and_nothing_else() {
    let sandbox = example().await;
    let update = r#"{"EndpointName":"embeddings","DesiredWeightsAndCapacities":[
        {"VariantName":"AllTraffic","ServerlessUpdateConfig":{"ProvisionedConcurrency":7}}]}"#;
    sagemaker(&sandbox, UPDATE, update).await;
    let serverless = |sandbox: &setpoint_sandbox::Sandbox| {
        let variant = sandbox.endpoint("embeddings").unwrap().variants.remove(0);
        [variant.current.clone(), variant.wanted().clone()].map(|capacity| {
            let serverless = capacity.serverless.unwrap();
            (serverless.memory_size_in_mb, serverless.max_concurrency, serverless.provisioned_concurrency)
        })
    };
    assert_eq!(serverless(&sandbox), [(2048, 10, Some(2)), (2048, 10, Some(7))]);
}

#[tokio::test]
async fn an_endpoint_that_is_busy_refuses_the_update_and_keeps_its_course() {
    let sandbox = example().await;
    let busy = refused(
        "ValidationException",
        "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking\".",
    );
    let update = |count: i32| {
        format!(
            r#"{{"EndpointName":"ranking","DesiredWeightsAndCapacities":[{{"VariantName":"blue","DesiredInstanceCount":{count}}}]}}"#
        )
    };
    assert_eq!(sagemaker(&sandbox, UPDATE, &update(5)).await, ARN);
    assert_eq!(sagemaker(&sandbox, UPDATE, &update(9)).await, busy);
    assert_eq!(endpoint_in_short(&sandbox, "ranking").await, "Updating blue:0.9>0.9,3>5 green:0.1>0.1,1>1");
    // The one read that was to see it has seen it.
    assert_eq!(sagemaker(&sandbox, UPDATE, &update(9)).await, ARN);
}

#[tokio::test]
async fn every_state_but_in_service_refuses_an_update() {
    let sandbox = example().await;
    let update = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic","DesiredInstanceCount":3}]}"#;
    let busy = refused(
        "ValidationException",
        "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\".",
    );
    for status in [EndpointStatus::Creating, EndpointStatus::SystemUpdating, EndpointStatus::Deleting] {
        sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = status);
        assert_eq!(sagemaker(&sandbox, UPDATE, update).await, busy, "{status:?}");
    }
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.start_updating(Change::ending_after(Pace::Reads(1))));
    assert_eq!(sagemaker(&sandbox, UPDATE, update).await, busy);
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>2");
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "InService AllTraffic:1.0>1.0,2>2");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_a_validation_exception_too() {
    let sandbox = example().await;
    let missing = refused(
        "ValidationException",
        "Could not find endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/nowhere\".",
    );
    let update = r#"{"EndpointName":"nowhere","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic"}]}"#;
    assert_eq!(sagemaker(&sandbox, UPDATE, update).await, missing);
    assert_eq!(sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"nowhere"}"#).await, missing);
}

#[tokio::test]
async fn an_endpoint_is_found_whatever_the_case_of_its_letters_and_answers_with_its_own() {
    let sandbox = example().await;
    let update =
        r#"{"EndpointName":"RANKING","DesiredWeightsAndCapacities":[{"VariantName":"blue","DesiredInstanceCount":4}]}"#;
    assert_eq!(sagemaker(&sandbox, UPDATE, update).await, ARN);
    assert_eq!(
        sagemaker(&sandbox, UPDATE, update).await,
        refused(
            "ValidationException",
            "Cannot update in-progress endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking\"."
        )
    );
    let described = sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"Ranking"}"#).await;
    let head = "200 application/x-amz-json-1.1 {\"EndpointName\":\"ranking\",\
                \"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/ranking\",";
    assert!(described.starts_with(head), "{described}");
    // Variants keep to their case, and what is not there is named as it was asked for.
    let variant = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"alltraffic","DesiredInstanceCount":4}]}"#;
    assert!(sagemaker(&sandbox, UPDATE, variant).await.contains("is/are not present"));
    assert_eq!(
        sagemaker(&sandbox, "DescribeEndpoint", r#"{"EndpointName":"Nowhere"}"#).await,
        refused(
            "ValidationException",
            "Could not find endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/Nowhere\"."
        )
    );
}

#[tokio::test]
async fn what_a_request_may_not_say_is_refused_and_changes_nothing() {
    let sandbox = example().await;
    let before = sandbox.state();
    for (endpoint, variants, message) in [
        (
            "ranking",
            r#"[{"VariantName":"red","DesiredWeight":1}]"#,
            r#"The variant name(s) "red" is/are not present within endpoint configuration "ranking-blue-green"."#,
        ),
        (
            "ranking",
            r#"[{"VariantName":"blue","DesiredWeight":1},{"VariantName":"blue","DesiredWeight":2}]"#,
            r#"The variant name "blue" was non-unique within the request."#,
        ),
        (
            "ranking",
            r#"[{"VariantName":"blue","DesiredInstanceCount":0}]"#,
            r#"The instance count of variant "blue" must be greater than 0."#,
        ),
        (
            "ranking",
            r#"[{"VariantName":"blue","ServerlessUpdateConfig":{"MaxConcurrency":5}}]"#,
            r#"ServerlessUpdateConfig cannot be set for variant "blue", which has instances."#,
        ),
        (
            "embeddings",
            r#"[{"VariantName":"AllTraffic","DesiredInstanceCount":3}]"#,
            r#"DesiredInstanceCount cannot be set for the serverless variant "AllTraffic"."#,
        ),
        (
            "embeddings",
            r#"[{"VariantName":"AllTraffic","ServerlessUpdateConfig":{"ProvisionedConcurrency":11}}]"#,
            r#"ProvisionedConcurrency of variant "AllTraffic" must not be greater than MaxConcurrency."#,
        ),
        (
            "ranking",
            "[]",
            "1 validation error detected: Value '[]' at 'desiredWeightsAndCapacities' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        ),
        (
            "ranking",
            r#"[{"VariantName":"blue","DesiredInstanceCount":-1}]"#,
            "1 validation error detected: Value '-1' at \
             'desiredWeightsAndCapacities.1.member.desiredInstanceCount' failed to satisfy constraint: \
             Member must have value greater than or equal to 0",
        ),
        (
            "ranking",
            r#"[{"VariantName":"blue"},{"DesiredWeight":-0.5,"ServerlessUpdateConfig":{"MaxConcurrency":201}}]"#,
            "3 validation errors detected: Value null at 'desiredWeightsAndCapacities.2.member.variantName' failed to \
             satisfy constraint: Member must not be null; Value '-0.5' at \
             'desiredWeightsAndCapacities.2.member.desiredWeight' failed to satisfy constraint: Member must have value \
             greater than or equal to 0; Value '201' at \
             'desiredWeightsAndCapacities.2.member.serverlessUpdateConfig.maxConcurrency' failed to satisfy \
             constraint: Member must have value less than or equal to 200",
        ),
        (
            "rank_ing",
            r#"[{"VariantName":"blue"}]"#,
            "1 validation error detected: Value 'rank_ing' at 'endpointName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        ),
    ] {
        let body = format!(r#"{{"EndpointName":"{endpoint}","DesiredWeightsAndCapacities":{variants}}}"#);
        assert_eq!(sagemaker(&sandbox, UPDATE, &body).await, refused("ValidationException", message));
    }
    assert_eq!(sandbox.state(), before);
}

#[tokio::test]
async fn an_empty_request_names_both_members_it_lacks() {
    let sandbox = example().await;
    assert_eq!(
        sagemaker(&sandbox, UPDATE, "{}").await,
        refused(
            "ValidationException",
            "2 validation errors detected: Value null at 'endpointName' failed to satisfy constraint: Member must not be \
             null; Value null at 'desiredWeightsAndCapacities' failed to satisfy constraint: Member must not be null",
        )
    );
}

#[tokio::test]
async fn a_member_of_the_wrong_type_is_a_serialization_exception() {
    let sandbox = example().await;
    let body = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic","DesiredInstanceCount":2.5}]}"#;
    assert_eq!(
        sagemaker(&sandbox, UPDATE, body).await,
        refused("SerializationException", "invalid type: floating point `2.5`, expected i32 at line 1 column 110")
    );
}

#[tokio::test]
async fn a_variant_that_may_scale_to_zero_does() {
    let sandbox = example().await;
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.variants[0].can_scale_to_zero = true);
    let update = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic","DesiredInstanceCount":0}]}"#;
    sagemaker(&sandbox, UPDATE, update).await;
    assert_eq!(endpoint_in_short(&sandbox, "recsys").await, "Updating AllTraffic:1.0>1.0,2>0");
}

#[tokio::test]
async fn the_account_s_quota_counts_the_instances_of_every_endpoint() {
    // recsys has 2 and ranking 3 + 1 of the same type.
    let sandbox = with(|seed| {
        seed.home().limits.endpoint_instances.insert("ml.g5.xlarge".to_owned(), 8);
    })
    .await;
    let update = |count: i32| {
        format!(
            r#"{{"EndpointName":"ranking","DesiredWeightsAndCapacities":[{{"VariantName":"blue","DesiredInstanceCount":{count}}}]}}"#
        )
    };
    assert_eq!(
        sagemaker(&sandbox, UPDATE, &update(6)).await,
        refused(
            "ResourceLimitExceeded",
            "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 8 Instances, with current utilization of \
             6 Instances and a request delta of 3 Instances. Please use AWS Service Quotas to request an increase for \
             this quota.",
        )
    );
    assert_eq!(sagemaker(&sandbox, UPDATE, &update(5)).await, ARN);
}

#[tokio::test]
async fn an_account_above_its_quota_may_still_scale_in() {
    let sandbox = with(|seed| {
        seed.home().limits.endpoint_instances.insert("ml.g5.xlarge".to_owned(), 4);
    })
    .await;
    let update =
        r#"{"EndpointName":"ranking","DesiredWeightsAndCapacities":[{"VariantName":"blue","DesiredInstanceCount":2}]}"#;
    assert_eq!(sagemaker(&sandbox, UPDATE, update).await, ARN);
}

#[tokio::test]
async fn a_name_has_63_letters_digits_and_inner_hyphens_at_most() {
    let sandbox = example().await;
    let pattern = "satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
    let (longest, too_long) = ("a".repeat(63), "a".repeat(64));
    for (name, rule) in [
        ("a--b", None),
        (longest.as_str(), None),
        (too_long.as_str(), Some("have length less than or equal to 63")),
        ("", Some(pattern)),
        ("-a", Some(pattern)),
        ("a-", Some(pattern)),
        ("a.b", Some(pattern)),
    ] {
        let message = match rule {
            None => format!("Could not find endpoint \"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}\"."),
            Some(rule) => format!(
                "1 validation error detected: Value '{name}' at 'endpointName' failed to satisfy constraint: Member must \
                 {rule}"
            ),
        };
        let answer = sagemaker(&sandbox, "DescribeEndpoint", &format!(r#"{{"EndpointName":"{name}"}}"#)).await;
        assert_eq!(answer, refused("ValidationException", &message));
    }
}

#[tokio::test]
async fn a_list_is_filtered_sorted_and_paged() {
    let sandbox = example().await;
    let names = |line: String| {
        let body = line.strip_prefix("200 application/x-amz-json-1.1 ").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let endpoints = body["Endpoints"].as_array().unwrap();
        let names: Vec<_> = endpoints.iter().map(|e| e["EndpointName"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), body["NextToken"].as_str().map(str::to_owned))
    };
    let list = async |body: &str| names(sagemaker(&sandbox, "ListEndpoints", body).await);
    let page = |names: &str, token: Option<&str>| (names.to_owned(), token.map(str::to_owned));
    assert_eq!(list("{}").await, page("embeddings ranking recsys", None));
    assert_eq!(list(r#"{"SortBy":"Name","SortOrder":"Ascending"}"#).await, page("embeddings ranking recsys", None));
    assert_eq!(list(r#"{"SortBy":"Name","MaxResults":2}"#).await, page("recsys ranking", Some("2")));
    assert_eq!(list(r#"{"SortBy":"Name","MaxResults":2,"NextToken":"2"}"#).await, page("embeddings", None));
    assert_eq!(list(r#"{"NameContains":"ran"}"#).await, page("ranking", None));
    assert_eq!(list(r#"{"StatusEquals":"Updating"}"#).await, page("", None));
    assert_eq!(list(r#"{"CreationTimeAfter":1740906000}"#).await, page("embeddings", None));
    assert_eq!(list(r#"{"CreationTimeBefore":1740906000}"#).await, page("recsys", None));
    assert_eq!(list(r#"{"LastModifiedTimeAfter":1740906495.5}"#).await, page("embeddings", None));
    assert_eq!(list(r#"{"LastModifiedTimeBefore":1740906495.5}"#).await, page("recsys", None));
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = EndpointStatus::Failed);
    assert_eq!(list(r#"{"SortBy":"Status","MaxResults":1}"#).await, page("recsys", Some("1")));
    sandbox.edit_endpoint("recsys", |endpoint| endpoint.status = EndpointStatus::InService);
    assert_eq!(
        sagemaker(&sandbox, "ListEndpoints", r#"{"NameContains":"recsys"}"#).await,
        "200 application/x-amz-json-1.1 {\"Endpoints\":[{\"EndpointName\":\"recsys\",\
         \"EndpointArn\":\"arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys\",\
         \"CreationTime\":1740819600.0,\"LastModifiedTime\":1740820050.25,\"EndpointStatus\":\"InService\"}]}"
    );
}

#[tokio::test]
async fn an_operation_it_does_not_serve_is_unknown() {
    let sandbox = example().await;
    assert_eq!(
        sagemaker(&sandbox, "DeleteEndpoint", "{}").await,
        r#"400 application/x-amz-json-1.1 UnknownOperationException {"__type":"UnknownOperationException","message":"the sandbox does not serve DeleteEndpoint; its README lists what it does"}"#
    );
}
