//! What must exist for files to be played: every target that they name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use setpoint_sandbox::{
    Alias, Capacity, Endpoint, ExecutionEnvironments, Function, InferenceComponent, ProvisionedConcurrency,
    ProvisionedConcurrencyStatus, Region, Seed, ServerlessConfig, Table, Variant,
};

/// The example seed with every endpoint, inference component and function that the documents name, at the highest
/// number that they ask of each: what would have to stand there all the time.
pub(super) fn seed(documents: &[Value]) -> Seed {
    let mut seed = Seed::example();
    let home = seed.home();
    let mut asked = BTreeMap::new();
    documents.iter().for_each(|document| inputs(document, &mut |input| ask(input, &mut asked)));
    for (what, count) in asked {
        put(home, what, count);
    }
    for table in documents.iter().filter_map(|document| document["ledgerTable"].as_str()) {
        let name = table.rsplit('/').next().unwrap_or(table).to_owned();
        let time_to_live = Some("expires".to_owned());
        home.tables.entry(name).or_insert(Table {
            partition_key: "target".to_owned(),
            time_to_live,
            items: BTreeMap::new(),
        });
    }
    seed
}

/// A number of a target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Instances { endpoint: String, variant: String },
    MaxConcurrency { endpoint: String, variant: String },
    Copies { component: String },
    Provisioned { function: String, qualifier: String },
    FewestEnvironments { function: String, qualifier: String },
    MostEnvironments { function: String, qualifier: String },
}

/// Every `input` beside an `action`, however deep.
fn inputs(value: &Value, visit: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(members) => {
            if let (Some(_), Some(input)) = (members.get("action"), members.get("input")) {
                visit(input);
            }
            members.values().for_each(|member| inputs(member, visit));
        }
        Value::Array(elements) => elements.iter().for_each(|element| inputs(element, visit)),
        _ => {}
    }
}

fn ask(input: &Value, asked: &mut BTreeMap<Number, i32>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut note = |number: Number, count: &Value| {
        let highest = asked.entry(number).or_default();
        *highest = (*highest).max(level(count).unwrap_or(0));
    };
    for variant in input["DesiredWeightsAndCapacities"].as_array().into_iter().flatten() {
        let (endpoint, name) = (text(&input["EndpointName"]), text(&variant["VariantName"]));
        match variant.get("ServerlessUpdateConfig") {
            Some(config) => {
                note(Number::MaxConcurrency { endpoint, variant: name }, &config["MaxConcurrency"]);
            }
            None => note(Number::Instances { endpoint, variant: name }, &variant["DesiredInstanceCount"]),
        }
    }
    if let Some(component) = input["InferenceComponentName"].as_str() {
        let component = component.to_owned();
        note(Number::Copies { component }, &input["DesiredRuntimeConfig"]["CopyCount"]);
    }
    if let Some(function) = input["FunctionName"].as_str() {
        let function = function.rsplit(':').next().unwrap_or(function).to_owned();
        let qualifier = text(&input["Qualifier"]);
        let Some(bounds) = input.get("FunctionScalingConfig") else {
            return note(Number::Provisioned { function, qualifier }, &input["ProvisionedConcurrentExecutions"]);
        };
        let fewest = Number::FewestEnvironments { function: function.clone(), qualifier: qualifier.clone() };
        note(fewest, &bounds["MinExecutionEnvironments"]);
        note(Number::MostEnvironments { function, qualifier }, &bounds["MaxExecutionEnvironments"]);
    }
}

/// The number that a count says in itself, whatever stands there.
fn level(count: &Value) -> Option<i32> {
    let written = ["exactly", "atLeast", "atMost"].iter().find_map(|how| count.get(how)).unwrap_or(count);
    written.as_i64().and_then(|count| i32::try_from(count).ok())
}

/// Since when everything is there.
fn made() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// Makes what has the number, where it is not there, and gives it the number.
fn put(region: &mut Region, what: Number, count: i32) {
    match what {
        Number::Instances { endpoint, variant } => {
            // Weights alone ask for no count.
            if count == 0 && is_there(region, &endpoint, &variant) {
                return;
            }
            let capacity = Capacity { weight: 1.0, instance_count: Some(count.max(1)), serverless: None };
            variant_of(region, endpoint, variant, capacity);
        }
        Number::MaxConcurrency { endpoint, variant } => {
            let max_concurrency = count.max(1);
            let serverless =
                ServerlessConfig { memory_size_in_mb: 2048, max_concurrency, provisioned_concurrency: None };
            let capacity = Capacity { weight: 1.0, instance_count: None, serverless: Some(serverless) };
            variant_of(region, endpoint, variant, capacity);
        }
        Number::Copies { component } => {
            let host = InferenceComponent {
                endpoint_name: format!("{component}-host"),
                variant_name: "AllTraffic".to_owned(),
                status: Default::default(),
                failure_reason: None,
                current_copy_count: 0,
                desired_copy_count: None,
                creation_time: made(),
                last_modified_time: made(),
                changes: Default::default(),
                change: None,
                stale: None,
            };
            if !region.inference_components.contains_key(&component) {
                let capacity = Capacity { weight: 1.0, instance_count: Some(1), serverless: None };
                variant_of(region, host.endpoint_name.clone(), host.variant_name.clone(), capacity);
            }
            region.inference_components.entry(component).or_insert(host).current_copy_count = count;
        }
        Number::FewestEnvironments { function, qualifier } => {
            bounds_of(region, function, qualifier).min = Some(count);
        }
        Number::MostEnvironments { function, qualifier } => {
            let bounds = bounds_of(region, function, qualifier);
            bounds.max = Some(count.max(bounds.min.unwrap_or(0)));
        }
        Number::Provisioned { function, qualifier } => {
            let function = function_of(region, function);
            if qualifier.bytes().all(|byte| byte.is_ascii_digit()) {
                if !function.versions.contains(&qualifier) {
                    function.versions.push(qualifier.clone());
                }
            } else if !function.aliases.contains_key(&qualifier) {
                let function_version = function.versions.first().cloned().unwrap_or_default();
                function.aliases.insert(qualifier.clone(), Alias { function_version, ..Alias::default() });
            }
            function.provisioned_concurrency.remove(&qualifier);
            if count > 0 {
                let config = ProvisionedConcurrency {
                    requested: count,
                    allocated: count,
                    status: ProvisionedConcurrencyStatus::Ready,
                    status_reason: None,
                    last_modified: made(),
                    change: None,
                };
                function.provisioned_concurrency.insert(qualifier, config);
            }
        }
    }
}

/// A function, made where it is not there.
fn function_of(region: &mut Region, name: String) -> &mut Function {
    let made = || Function { versions: vec!["1".to_owned()], ..Function::default() };
    region.functions.entry(name).or_insert_with(made)
}

/// Between how many environments a version scales, made where it is not there.
fn bounds_of(region: &mut Region, function: String, qualifier: String) -> &mut ExecutionEnvironments {
    let function = function_of(region, function);
    let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
    if is_version && !function.versions.contains(&qualifier) {
        function.versions.push(qualifier.clone());
    }
    &mut function.scaling_configs.entry(qualifier).or_default().applied
}

fn is_there(region: &Region, endpoint: &str, variant: &str) -> bool {
    region.endpoints.get(endpoint).is_some_and(|found| found.variants.iter().any(|it| it.variant_name == variant))
}

/// Gives a variant its capacity, and makes it and its endpoint where they are not there.
fn variant_of(region: &mut Region, endpoint: String, variant: String, capacity: Capacity) {
    let endpoint = region.endpoints.entry(endpoint).or_insert_with_key(|name| Endpoint {
        endpoint_config_name: name.clone(),
        status: Default::default(),
        failure_reason: None,
        creation_time: made(),
        last_modified_time: made(),
        variants: Vec::new(),
        changes: Default::default(),
        change: None,
        stale: None,
    });
    match endpoint.variants.iter_mut().find(|found| found.variant_name == variant) {
        Some(found) => {
            let weight = found.current.weight;
            found.current = Capacity { weight, ..capacity };
        }
        None => endpoint.variants.push(Variant {
            variant_name: variant,
            instance_type: None,
            can_scale_to_zero: false,
            reserved_instances: None,
            current: capacity,
            desired: None,
        }),
    }
}
