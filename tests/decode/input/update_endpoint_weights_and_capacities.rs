//! `sagemaker:UpdateEndpointWeightsAndCapacities`: its documented constraints.

use serde_json::{Value, json};

use super::{COUNT, answer_to, check, with};

const NAME: &str = "must be 1 to 63 letters, digits and hyphens, with a letter or digit first and last";
const TARGET: &str = "accepted: sagemaker:endpoint/recsys/variant/AllTraffic";

fn input() -> Value {
    json!({"EndpointName": "recsys", "DesiredWeightsAndCapacities": [{"VariantName": "AllTraffic", "DesiredWeight": 1.0}]})
}

fn answer(input: Value) -> String {
    answer_to("sagemaker:UpdateEndpointWeightsAndCapacities", input)
}

fn answer_with(path: &str, member: impl Into<Value>) -> String {
    answer(with(input(), path, member))
}

/// The answer to an input whose one variant has this member.
fn answer_with_variant(member: &str, value: Value) -> String {
    answer_with(&format!("/DesiredWeightsAndCapacities/0/{member}"), value)
}

#[test]
fn a_name_is_accepted_up_to_the_edges_of_the_documented_pattern() {
    let longest = format!("a{}z", "-".repeat(61));
    let names = ["a", "0", "A-b-9", "a--b", longest.as_str()];
    check(names.map(|name| {
        (answer_with("/EndpointName", name), format!("accepted: sagemaker:endpoint/{name}/variant/AllTraffic"))
    }));
    check(names.map(|name| {
        let expected = format!("accepted: sagemaker:endpoint/recsys/variant/{name}");
        (answer_with_variant("VariantName", json!(name)), expected)
    }));
}

#[test]
fn a_name_beyond_the_documented_pattern_is_refused() {
    let too_long = "a".repeat(64);
    let names = ["", "-a", "a-", "a_b", "a b", "ü", "a/b", "a\n", too_long.as_str()];
    check(names.map(|name| (answer_with("/EndpointName", name), format!("input.EndpointName: {NAME}"))));
    check(names.map(|name| {
        let expected = format!("input.DesiredWeightsAndCapacities[0].VariantName: {NAME}");
        (answer_with_variant("VariantName", json!(name)), expected)
    }));
    let arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys";
    let expected = "input.EndpointName: is an ARN; this operation takes the name only";
    check([(answer_with("/EndpointName", arn), expected)]);
}

#[test]
fn weights_and_counts_are_accepted_up_to_their_documented_edges() {
    let weights =
        [json!(0), json!(0.0), json!(1), json!(0.1), json!(3.0e38), json!({"share": 0}), json!({"share": 0.999})];
    check(weights.map(|weight| (answer_with_variant("DesiredWeight", weight), TARGET)));
    let counts = [
        json!(0),
        json!(1),
        json!(2_147_483_647),
        json!({"exactly": 0}),
        json!({"atLeast": 1}),
        json!({"add": -2, "min": 0}),
        json!({"percent": 12.5}),
    ];
    check(counts.map(|count| (answer_with_variant("DesiredInstanceCount", count), TARGET)));
    let configs = [
        json!({"MaxConcurrency": 1}),
        json!({"ProvisionedConcurrency": 200}),
        json!({"MaxConcurrency": 200, "ProvisionedConcurrency": 200}),
        json!({"MaxConcurrency": {"atLeast": 1}, "ProvisionedConcurrency": {"percent": 50, "max": 200}}),
    ];
    check(configs.map(|config| (answer_with_variant("ServerlessUpdateConfig", config), TARGET)));
}

/// Python writes the float 3.0 so, and a number out of a jsonata expression may be one.
#[test]
fn a_whole_number_with_a_fraction_of_nothing_is_an_integer() {
    check([
        (answer_with_variant("DesiredInstanceCount", json!(3.0)), TARGET),
        (answer_with_variant("DesiredInstanceCount", json!({"add": -2.0})), TARGET),
    ]);
}

#[test]
fn an_update_of_several_variants_has_the_endpoint_for_its_target() {
    let both = json!([{"VariantName": "blue", "DesiredWeight": 0.5}, {"VariantName": "green", "DesiredWeight": 0.5}]);
    check([(answer_with("/DesiredWeightsAndCapacities", both), "accepted: sagemaker:endpoint/recsys")]);
}

#[test]
fn every_constraint_on_the_list_of_variants_is_checked() {
    let variants = |value: Value| answer_with("/DesiredWeightsAndCapacities", value);
    let repeated = json!([{"VariantName": "a", "DesiredWeight": 1}, {"VariantName": "b", "DesiredWeight": 1},
                          {"VariantName": "a", "DesiredInstanceCount": 1}]);
    check([
        (
            answer(json!({})),
            "input.EndpointName: is required, but missing; input.DesiredWeightsAndCapacities: is required, but missing",
        ),
        (answer_with("/EndpointName", Value::Null), "input.EndpointName: must be a string, but is null"),
        (answer_with("/EndpointName", 7), "input.EndpointName: must be a string, but is an integer"),
        (variants(Value::Null), "input.DesiredWeightsAndCapacities: must be a list, but is null"),
        (variants(json!({})), "input.DesiredWeightsAndCapacities: must be a list, but is an object"),
        (variants(json!([])), "input.DesiredWeightsAndCapacities: is empty; name at least one variant"),
        (variants(json!([3])), "input.DesiredWeightsAndCapacities[0]: must be an object, but is an integer"),
        (
            variants(json!([{"DesiredWeight": 1}])),
            "input.DesiredWeightsAndCapacities[0].VariantName: is required, but missing",
        ),
        (
            variants(json!([{"VariantName": "a"}])),
            "input.DesiredWeightsAndCapacities[0]: asks for nothing; give DesiredWeight, DesiredInstanceCount or \
             ServerlessUpdateConfig",
        ),
        (
            variants(repeated),
            "input.DesiredWeightsAndCapacities[2].VariantName: names a variant a second time; put all of it in one element",
        ),
    ]);
}

#[test]
fn every_constraint_on_a_variant_is_checked() {
    let table = [
        ("DesiredWeight", json!(-0.5), "DesiredWeight: is -0.5, but a weight is 0 or more and fits a 32-bit float"),
        (
            "DesiredWeight",
            json!(1.0e39),
            "DesiredWeight: is 1000000000000000000000000000000000000000, but a weight is 0 or more and fits a 32-bit float",
        ),
        ("DesiredWeight", json!("1"), "DesiredWeight: must be a number or {\"share\": s}, but is a string"),
        ("DesiredWeight", json!({}), "DesiredWeight: must be a number or {\"share\": s}"),
        (
            "DesiredWeight",
            json!({"share": 1}),
            "DesiredWeight.share: must be a number from 0 up to, but not including, 1",
        ),
        (
            "DesiredWeight",
            json!({"share": "10%"}),
            "DesiredWeight.share: must be a number from 0 up to, but not including, 1",
        ),
        (
            "DesiredWeight",
            json!({"share": 0.1, "shares": 1}),
            "DesiredWeight.shares: there is no such member; did you mean `share`?",
        ),
        ("DesiredInstanceCount", json!(-1), "DesiredInstanceCount: is -1, but AWS accepts 0 or more"),
        (
            "DesiredInstanceCount",
            json!(2_147_483_648_u32),
            "DesiredInstanceCount: is 2147483648, but AWS accepts 2147483647 at most",
        ),
        (
            "DesiredInstanceCount",
            json!({"atLeast": -1}),
            "DesiredInstanceCount.atLeast: is -1, but AWS accepts 0 or more",
        ),
        ("DesiredInstanceCount", json!({"add": 0}), "DesiredInstanceCount.add: is 0, which changes nothing"),
        (
            "DesiredInstanceCount",
            json!({"add": 2, "min": 5, "max": 4}),
            "DesiredInstanceCount.max: is 4, below the minimum 5",
        ),
        (
            "DesiredInstanceCount",
            json!({"percent": -101}),
            "DesiredInstanceCount.percent: must be a percentage other than 0, and not below -100",
        ),
        (
            "DesiredInstanceCount",
            json!({"atLeast": 2, "max": 8}),
            "DesiredInstanceCount: \"min\" and \"max\" go with \"add\" and \"percent\" only",
        ),
        (
            "DesiredInstanceCount",
            json!({"add": 2, "maximum": 8}),
            "DesiredInstanceCount.maximum: there is no such member; valid here: `exactly`, `atLeast`, `atMost`, `add`, \
             `percent`, `min`, `max`",
        ),
        (
            "ServerlessUpdateConfig",
            json!({}),
            "ServerlessUpdateConfig: asks for nothing; give MaxConcurrency or ProvisionedConcurrency",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"MaxConcurrency": 0}),
            "ServerlessUpdateConfig.MaxConcurrency: is 0, but AWS accepts 1 or more",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"MaxConcurrency": 201}),
            "ServerlessUpdateConfig.MaxConcurrency: is 201, but AWS accepts 200 at most",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"ProvisionedConcurrency": 0}),
            "ServerlessUpdateConfig.ProvisionedConcurrency: is 0, but AWS accepts 1 or more",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"ProvisionedConcurrency": {"add": 1, "max": 201}}),
            "ServerlessUpdateConfig.ProvisionedConcurrency.max: is 201, but AWS accepts 200 at most",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"MaxConcurrency": 5, "ProvisionedConcurrency": 6}),
            "ServerlessUpdateConfig.ProvisionedConcurrency: is 6, above MaxConcurrency, which is 5",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"MaxConcurrency": {"exactly": 5}, "ProvisionedConcurrency": {"exactly": 6}}),
            "ServerlessUpdateConfig.ProvisionedConcurrency: is 6, above MaxConcurrency, which is 5",
        ),
        (
            "ServerlessUpdateConfig",
            json!({"MemorySizeInMB": 2048}),
            "ServerlessUpdateConfig.MemorySizeInMB: there is no such member; valid here: `MaxConcurrency`, \
             `ProvisionedConcurrency`",
        ),
    ];
    check(table.map(|(member, value, expected)| {
        (answer_with_variant(member, value), format!("input.DesiredWeightsAndCapacities[0].{expected}"))
    }));
    let kinds =
        [(json!(1.5), "a fraction"), (json!("6"), "a string"), (json!([6]), "a list"), (json!(true), "a boolean")];
    check(kinds.map(|(value, kind)| {
        let expected = format!("input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: {COUNT}, but is {kind}");
        (answer_with_variant("DesiredInstanceCount", value), expected)
    }));
    let targets = [json!({}), json!({"atLeast": 4, "atMost": 8}), json!({"max": 8})];
    check(targets.map(|value| {
        let expected = format!("input.DesiredWeightsAndCapacities[0].DesiredInstanceCount: {COUNT}");
        (answer_with_variant("DesiredInstanceCount", value), expected)
    }));
}

#[test]
fn an_unknown_member_is_told_the_nearest_one() {
    let variants = "/DesiredWeightsAndCapacities/0/";
    let table = [
        ("", "endpointName", "did you mean `EndpointName`?"),
        ("", "DesiredWeightAndCapacities", "did you mean `DesiredWeightsAndCapacities`?"),
        ("", "RetainDeploymentConfig", "valid here: `EndpointName`, `DesiredWeightsAndCapacities`"),
        (variants, "variantName", "did you mean `VariantName`?"),
        (variants, "DesiredInstancesCount", "did you mean `DesiredInstanceCount`?"),
        (variants, "ServerlessConfig", "did you mean `ServerlessUpdateConfig`?"),
        (
            variants,
            "Min",
            "valid here: `VariantName`, `DesiredWeight`, `DesiredInstanceCount`, `ServerlessUpdateConfig`",
        ),
    ];
    check(table.map(|(place, member, hint)| {
        let path = if place.is_empty() { "input" } else { "input.DesiredWeightsAndCapacities[0]" };
        let pointer = format!("{}/{member}", place.trim_end_matches('/'));
        (answer_with(&pointer, 1), format!("{path}.{member}: there is no such member; {hint}"))
    }));
}

#[test]
fn all_problems_are_reported_together() {
    let input = json!({"EndpointName": "-", "Colour": "blue", "DesiredWeightsAndCapacities": [
        {"VariantName": "", "DesiredWeight": -1},
        {"VariantName": "b", "DesiredInstanceCount": -1,
         "ServerlessUpdateConfig": {"MaxConcurrency": 5, "ProvisionedConcurrency": 6}},
        {"DesiredWeight": 1}]});
    let problems = [
        &format!("input.EndpointName: {NAME}"),
        "input.Colour: there is no such member; valid here: `EndpointName`, `DesiredWeightsAndCapacities`",
        &format!("input.DesiredWeightsAndCapacities[0].VariantName: {NAME}"),
        "input.DesiredWeightsAndCapacities[0].DesiredWeight: is -1, but a weight is 0 or more and fits a 32-bit float",
        "input.DesiredWeightsAndCapacities[1].DesiredInstanceCount: is -1, but AWS accepts 0 or more",
        "input.DesiredWeightsAndCapacities[1].ServerlessUpdateConfig.ProvisionedConcurrency: is 6, above MaxConcurrency, \
         which is 5",
        "input.DesiredWeightsAndCapacities[2].VariantName: is required, but missing",
    ];
    check([(answer(input), problems.join("; "))]);
}
