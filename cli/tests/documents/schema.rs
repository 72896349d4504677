//! The schemas of `cargo setpoint schema` against the decoder whose documents they describe.

use std::collections::{BTreeMap, BTreeSet};

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::{Map, Value, json};
use setpoint::actions::ALL;
use setpoint::config::Config;
use setpoint::error::Cause;
use setpoint::payload::Payload;
use setpoint::spelling::problem::{Problem, Problems};

use crate::document::{Document, code, set};
use crate::setpoint::setpoint;
use crate::support::{path, read};

/// The two documents that have a schema.
const DOCUMENTS: [&str; 2] = ["payload", "configuration"];

fn schema(of: &str) -> Value {
    let ran = setpoint(&["schema", of]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{of}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A schema, compiled by who knows nothing of what it describes.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    /// A schema that is none by the draft's own rules does not compile.
    fn new(of: &str) -> Self {
        let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
        compiler.set_default_draft(Draft::V2020_12);
        let place = format!("https://example.com/{of}");
        compiler.add_resource(&place, schema(of)).unwrap();
        let index = compiler.compile(&place, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn check(&self, document: &Value) -> Result<(), String> {
        self.schemas.validate(document, self.index).map_err(|error| error.to_string())
    }
}

#[test]
fn a_document_that_has_no_schema_is_a_wrong_command_line() {
    for arguments in [&["schema"][..], &["schema", "event"], &["schema", "payload", "configuration"]] {
        let ran = setpoint(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (64, ""), "{ran:?}");
        assert!(
            ran.stderr.contains("Usage") || ran.stderr.contains("possible values: payload, configuration"),
            "{ran:?}"
        );
    }
}

/// So the README tells other ways.
#[test]
fn no_document_can_name_its_own_schema() {
    let [payload, configuration] = DOCUMENTS.map(|of| {
        let mut document = complete(of).swap_remove(0);
        document["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        decode(of, &document).unwrap_err().to_string()
    });
    for refusal in [payload, configuration] {
        assert!(refusal.starts_with("$schema: there is no such member"), "{refusal}");
    }
}

/// What the function itself says of a document.
fn decode(of: &str, document: &Value) -> Result<(), Problems> {
    match of {
        "payload" => Payload::parse(document.clone()).map(drop),
        _ => Config::parse(&document.to_string()).map(drop).map_err(|error| match *error.cause {
            Cause::InvalidConfiguration(problems) => problems,
            _ => panic!("{error}"),
        }),
    }
}

#[test]
fn the_files_are_what_the_command_prints() {
    for of in DOCUMENTS {
        let file = format!("schema/{of}.schema.json");
        let printed = setpoint(&["schema", of]).stdout;
        assert!(printed == read(&file), "bring it up to date: cargo --quiet setpoint schema {of} > {file}");
    }
}

#[test]
fn every_action_has_an_input_of_its_own_in_both_its_spellings() {
    for of in DOCUMENTS {
        let schema = schema(of);
        let branches = schema["$defs"]["inputOfAction"]["allOf"].as_array().unwrap();
        let described: BTreeMap<Vec<String>, String> = branches
            .iter()
            .map(|branch| {
                let names = &branch["if"]["properties"]["action"]["enum"];
                let names = names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
                let input = branch["then"]["properties"]["input"]["allOf"][0]["$ref"].as_str().unwrap();
                (names.collect(), input.to_owned())
            })
            .collect();
        let registered: BTreeMap<Vec<String>, String> = ALL
            .iter()
            .map(|action| (vec![action.name.to_owned(), action.boto3()], format!("#/$defs/{}", action.write())))
            .collect();
        assert_eq!(described, registered, "{of}");
        for input in described.values() {
            let input = schema.pointer(input.trim_start_matches('#')).unwrap_or_else(|| panic!("{of} has no {input}"));
            assert_eq!(input["additionalProperties"], false, "{of}");
        }
        let names: BTreeSet<&str> =
            schema["$defs"]["action"]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let spellings: Vec<[String; 2]> = ALL.iter().map(|action| [action.name.to_owned(), action.boto3()]).collect();
        assert_eq!(names, spellings.iter().flatten().map(String::as_str).collect(), "{of}");
    }
}

/// The objects of a schema that have some members and no others.
fn closed(schema: &Value) -> Vec<&Map<String, Value>> {
    match schema {
        Value::Object(members) => {
            let own = members.get("properties").and_then(Value::as_object);
            let own = own.filter(|_| members.get("additionalProperties") == Some(&Value::Bool(false)));
            own.into_iter().chain(members.values().flat_map(closed)).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(closed).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn an_editor_has_something_to_say_of_every_member() {
    for of in DOCUMENTS {
        let schema = schema(of);
        for (name, member) in closed(&schema).into_iter().flatten().filter(|(_, member)| member.is_object()) {
            let target = member["$ref"].as_str().map(|target| target.trim_start_matches('#'));
            let said = target.map_or(member, |target| schema.pointer(target).unwrap());
            assert!(!said["description"].as_str().unwrap_or_default().is_empty(), "{of}: {name}");
        }
    }
}

/// Nothing is near this name.
const UNKNOWN: &str = "qqqqqqqqqqqqqqqqqqqqqqqq";

#[test]
fn the_objects_of_a_schema_have_the_members_that_the_function_lists() {
    for of in DOCUMENTS {
        let schema = schema(of);
        let described: BTreeSet<BTreeSet<String>> =
            closed(&schema).into_iter().map(|members| members.keys().cloned().collect()).collect();
        let mut listed = BTreeSet::new();
        for document in complete(of) {
            assert_eq!(decode(of, &document), Ok(()), "{document}");
            for pointer in pointers(&document).iter().filter(|way| document.pointer(way).unwrap().is_object()) {
                let mut document = document.clone();
                document.pointer_mut(pointer).unwrap()[UNKNOWN] = json!(["text"]);
                let Err(problems) = decode(of, &document) else { continue };
                let messages = problems.as_slice().iter().map(|problem| problem.message.split_once("valid here: "));
                listed.extend(messages.flatten().map(|(_, names)| set(code(names))));
            }
        }
        let differing: Vec<_> = described.symmetric_difference(&listed).collect();
        assert!(differing.is_empty(), "{of}: {differing:?}");
    }
}

/// What the function refuses and no schema can say, by words of its answer; where there is more, only of what has that in it.
const LENIENT: &[(&str, &str)] = &[
    // Of one member by another.
    ("names a variant a second time", ""),
    ("is the name of an earlier period", ""),
    ("carries the qualifier", ""),
    ("but the ARN in the input is of", ""),
    ("which takes models of its own Region only", ""),
    ("above MaxConcurrency", ""),
    ("above MaxExecutionEnvironments", ""),
    ("and ServiceNamespace is", ""),
    ("below the minimum", ""),
    ("below min, which is", ""),
    ("below minShare, which is", ""),
    ("is not later than `from`", ""),
    ("is the same time as `from`", ""),
    ("has no `timetables`", ""),
    ("is none of the configuration's `timetables`", ""),
    ("each would undo what the other says", ""),
    // Patterns that match nothing.
    ("matches no target", ""),
    ("is an ARN, and rules go by names", ""),
    ("ends with what looks like an id", ""),
    ("matches no Region", ""),
    ("matches no account", ""),
    // What a calendar, a clock, a sum or a list of names says.
    ("is no time zone of the IANA database", ""),
    ("must be a duration", "\"15d\""),
    ("must be a duration", "\"0s\""),
    ("must be a time of day", "\"2026-02-30\""),
    ("is not a time with an offset", "\"2026-02-30T22:00:00Z\""),
    ("is not a time with an offset", "\"+2026-11-20T22:00:00Z\""),
    ("is not a time with an offset", "\" 2026-11-20T22:00:00Z\""),
    // EventBridge Scheduler fills it in before the function sees it.
    ("still holds Scheduler's placeholder", ""),
    // JSON Schema knows no difference between 2.0 and 2.
    ("must be an integer, but is a fraction", "2.0"),
];

/// Where that stands in the list, of what the function says of a document that is changed so.
fn leniency(Problem { message, .. }: &Problem, what: &str) -> Option<usize> {
    LENIENT.iter().position(|(words, part)| message.contains(words) && what.contains(part))
}

#[test]
fn a_schema_takes_what_the_function_takes_and_refuses_what_it_refuses() {
    let mut lenient = BTreeSet::new();
    let members: BTreeMap<String, Value> =
        DOCUMENTS.into_iter().flat_map(complete).flat_map(|document| members(&document)).collect();
    for of in DOCUMENTS {
        let validator = Validator::new(of);
        let (mut found, mut taken, mut refused) = (Vec::new(), 0, 0);
        let mut compare = |document: &Value, what: &str| match (decode(of, document), validator.check(document)) {
            (Ok(()), Ok(())) => taken += 1,
            (Err(_), Err(_)) => refused += 1,
            (Ok(()), Err(error)) => found.push(format!("{what}: the function takes it, the schema says: {error}")),
            (Err(problems), Ok(())) => {
                for problem in problems.as_slice() {
                    match leniency(problem, what) {
                        Some(index) => drop(lenient.insert(index)),
                        None => found.push(format!("{what}: the schema takes it, the function says: {problem}")),
                    }
                }
            }
        };
        let mut seen = BTreeSet::new();
        let alike: Vec<Value> = targets().into_iter().chain(TEXTS.iter().map(|text| json!(text))).collect();
        // What is bound to a schedule is tried with all of it as a payload.
        for document in complete(of).into_iter().filter(|document| document.get("schedules").is_none()) {
            mutants(&document, &alike, &mut seen).iter().for_each(|(what, document)| compare(document, what));
        }
        for document in complete(of) {
            joined(&document, &members).iter().for_each(|(what, document)| compare(document, what));
        }
        for document in contradictory(of).into_iter().chain(fuzzed(of)) {
            compare(&document, &document.to_string());
        }
        for document in complete(of).into_iter().chain(documents(of)) {
            compare(&document, "as it is");
            mutants(&document, &[], &mut seen).iter().for_each(|(what, document)| compare(document, what));
        }
        assert!(found.is_empty(), "{of}: {found:#?}");
        assert!(taken > 500 && refused > 5000, "{of}: {taken} taken, {refused} refused");
    }
    let unused: Vec<_> = LENIENT.iter().enumerate().filter(|(index, _)| !lenient.contains(index)).collect();
    assert!(unused.is_empty(), "the function never says so: {unused:?}");
}

/// What it is but for its texts and numbers.
fn skeleton(document: &Value) -> String {
    match document {
        Value::Object(members) => members.iter().map(|(name, value)| format!("{name}:{},", skeleton(value))).collect(),
        Value::Array(elements) => format!("[{}]", elements.iter().map(skeleton).collect::<Vec<_>>().join(",")),
        Value::String(_) => "text".to_owned(),
        Value::Number(_) => "number".to_owned(),
        scalar => scalar.to_string(),
    }
}

/// What is put in place of anything.
fn values() -> Vec<Value> {
    let numbers =
        [json!(-1), json!(0), json!(1), json!(2.0), json!(0.5), json!(201), json!(4_294_967_296_u64), json!(1e300)];
    let others = [json!(null), json!(true), json!("text"), json!([]), json!({}), json!([1]), json!({"text": 1})];
    numbers.into_iter().chain(others).collect()
}

/// The texts that stand in place of texts in the documents that have everything.
const TEXTS: &[&str] = &[
    "bedrock:provisioned-model/abcdef123456",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys",
    "a",
    "-a",
    "a-",
    "a--b",
    "a_b",
    "a__b",
    "a b",
    "$LATEST",
    "7",
    "*",
    "?",
    "arn:",
    "text",
    "x.y",
    "x.yz",
    "x.y.z:1:2",
    "imported",
    "eu-central-1",
    "us-gov-west-1",
    "us-isob-east-1",
    "eusc-de-east-1",
    "eu-central",
    "EU-CENTRAL-1",
    "usa-east-1",
    "eu-*",
    "eu-central-1 ",
    "123456789012",
    "12345678901",
    "1234567890123",
    "arn:aws:iam::123456789012:role/scaler",
    "arn:aws-cn:iam::123456789012:role/path/scaler",
    "arn:aws:iam::123456789012:role/",
    "arn:aws:iam::123456789012:user/scaler",
    "arn:awsx:iam::123456789012:role/scaler",
    "arn:aws:iam:us-east-1:123456789012:role/scaler",
    "arn:aws:lambda:us-east-1:123456789012:function:f",
    "arn:aws:lambda:us-east-1:123456789012:function:f:live",
    "arn:aws:lambda:::function:f:$LATEST",
    "arn:aws:lambda:us-east-1:123456789012:function/f",
    "123456789012:function:f",
    "123456789012:f:live",
    "us-east-1:123456789012:function:f",
    "function:f",
    "function:",
    "f:live",
    "f:",
    "$LATEST.PUBLISHED",
    "$LATEST",
    "7",
    "f:g:h",
    "us-east-1:f",
    "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:provisioned-model:abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdef12345",
    "arn:aws:bedrock::123456789012:provisioned-model/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/imported:0/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova.lite.v1.x:0/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.n/abcdef123456",
    "arn:aws-eusc:bedrock:eusc-de-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef123456",
    "arn:aws-cn:bedrock:cn-north-1:123456789012:custom-model-deployment/abcdef123456",
    "arn:aws-iso-e:bedrock:eu-isoe-west-1:123456789012:custom-model-deployment/abcdef123456",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef12345",
    "arn:aws:bedrock:us-east-1:123456789012:custom-model/x/abcdef123456",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-express-v1:0:8k",
    "arn:aws:bedrock:us-east-1:123456789012:foundation-model/amazon.titan",
    "amazon.titan-text-express-v1:0:8k",
    "amazon.titan-text-express-v1:0:8k:x",
    "amazon.titan.text.x",
    "Amazon.titan",
    "2026-11-20T22:00:00Z",
    "2026-11-20t22:00:00z",
    "2026-11-20 22:00:00Z",
    "2026-11-20T22:00:00.123+0100",
    "2026-11-20T22:00:00+01:00",
    "2026-11-20T22:00:00",
    "2026-1-2T3:4:5+0000",
    "+2026-11-20T22:00:00Z",
    "2026-11-20T22:00Z",
    "2026-11-20",
    "<aws.scheduler.scheduled-time>",
    "<aws.scheduler.execution-id>",
    "2026-02-30T22:00:00Z",
    " 2026-11-20T22:00:00Z",
    "2026-11-20T22:00:60Z",
    "2026-11-20T22:00:00 +0000",
    "2026-11-20T22:00:00+01",
    "1s",
    "14d",
    "15d",
    "0s",
    "1h 30m",
    "1h  30m ",
    " 1h",
    "1m 1h",
    "1h30",
    "90 m",
    "m",
    "08:00",
    "8:00",
    "24:00",
    "23:59:59",
    "24:01",
    "2026-12-24",
    "2026-12-24T08:00",
    "2026-12-24T24:00",
    "2026-13-01",
    "2026-02-30",
    "2026-12-24 08:00",
    "MON-FRI",
    "mon-fri",
    "SAT, SUN",
    " MON - TUE , FRI",
    "MONDAY",
    "MON-",
    "",
    ",MON",
    "Europe/Berlin",
    "europe/berlin",
    "UTC",
    "Europe/Berln",
    "sagemaker:endpoint/*/variant/*",
    "sagemaker:endpoint/recsys",
    "lambda:function:f",
    "bedrock:provisioned-model/x",
    "sagemaker:endpoints/x",
    "wait",
    "skip",
    "fail",
    "accepted",
    "settled",
    "apply",
    "plan",
    "allow",
    "deny",
    "error",
    "ignore",
    "Wait",
    "sagemaker:UpdateEndpointWeightsAndCapacities",
    "update_endpoint_weights_and_capacities",
    "lambda:DeleteProvisionedConcurrencyConfig",
    "delete_provisioned_concurrency_config",
    "lambda:putProvisionedConcurrencyConfig",
    "arn:aws:dynamodb:us-east-1:123456789012:table/ledger",
    "arn:aws:events:us-east-1:123456789012:event-bus/changes",
    "arn:aws:events:us-east-1::event-bus/changes",
    "le",
    "led ger",
];

/// What stands in place of numbers: every form of a target, right and wrong.
fn targets() -> Vec<Value> {
    vec![
        json!({"exactly": 1}),
        json!({"exactly": 0}),
        json!({"exactly": -1}),
        json!({"atLeast": 4}),
        json!({"atMost": 4}),
        json!({"atMost": 2147483648_u64}),
        json!({"add": 1}),
        json!({"add": -1}),
        json!({"add": 0}),
        json!({"add": 0.5}),
        json!({"add": 2.0}),
        json!({"add": 2147483648_u64}),
        json!({"add": 1, "max": 8}),
        json!({"add": -1, "min": 1}),
        json!({"add": -1, "min": 0}),
        json!({"add": 1, "min": 9, "max": 8}),
        json!({"add": 1, "max": 0}),
        json!({"percent": 50}),
        json!({"percent": -100}),
        json!({"percent": -101}),
        json!({"percent": 0}),
        json!({"percent": 0.5, "max": 20}),
        json!({"exactly": 1, "max": 3}),
        json!({"exactly": 1, "add": 3}),
        json!({"max": 3}),
        json!({"add": 1, "max": null}),
        json!({"share": 0.25}),
        json!({"share": 0}),
        json!({"share": 1}),
        json!({"share": -0.1}),
        json!({"share": null}),
        json!({"share": 0.1, "max": 0.5}),
        json!(2147483647),
        json!(2147483648_u64),
        json!(200),
        json!(3.5e38),
    ]
}

/// A document with others in place of each of its values, of `alike` those for texts or for counts, and with each of its
/// members taken out, renamed, and there twice; what is made alike and stands in the same place is changed once.
fn mutants(document: &Value, alike: &[Value], seen: &mut BTreeSet<String>) -> Vec<(String, Value)> {
    let mut mutants = Vec::new();
    for pointer in pointers(document) {
        let steps: Vec<&str> = pointer.rsplit('/').filter(|step| step.parse::<usize>().is_err()).take(2).collect();
        let here = document.pointer(&pointer).unwrap();
        if !seen.insert(format!("{steps:?} {}", skeleton(here))) {
            continue;
        }
        let mut change = |what: String, change: &dyn Fn(&mut Value)| {
            let mut document = document.clone();
            change(document.pointer_mut(&pointer).unwrap());
            mutants.push((format!("{pointer} {what}"), document));
        };
        let others = alike.iter().filter(|other| other.is_string() == here.is_string() && !here.is_array());
        for value in values().iter().chain(others) {
            change(format!("is {value}"), &|here| *here = value.clone());
        }
        for name in here.as_object().into_iter().flat_map(Map::keys) {
            let take = |here: &mut Value| here.as_object_mut().unwrap().shift_remove(name).unwrap();
            change(format!("without {name}"), &|here| drop(take(here)));
            for other in
                [format!("{name}s"), name.to_lowercase(), name.to_uppercase()].iter().filter(|other| *other != name)
            {
                change(format!("has {other} for {name}"), &|here| here[other] = take(here));
                change(format!("has {other} beside {name}"), &|here| here[other] = here[name].clone());
            }
        }
    }
    mutants
}

/// A document with members of others in each of its objects that lacks them, as they are there and as null.
fn joined(document: &Value, members: &BTreeMap<String, Value>) -> Vec<(String, Value)> {
    let mut joined = Vec::new();
    for pointer in pointers(document) {
        let Value::Object(own) = document.pointer(&pointer).unwrap() else { continue };
        for (name, value) in members.iter().filter(|(name, _)| !own.contains_key(*name)) {
            for value in [value, &Value::Null] {
                let mut document = document.clone();
                document.pointer_mut(&pointer).unwrap()[name] = value.clone();
                joined.push((format!("{pointer} has {name} too, which is {value}"), document));
            }
        }
    }
    joined
}

/// The members of all objects in a document.
fn members(document: &Value) -> Vec<(String, Value)> {
    let objects = pointers(document).into_iter().filter_map(|pointer| document.pointer(&pointer)?.as_object().cloned());
    objects.flatten().collect()
}

/// The ways to all values of a document.
fn pointers(document: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let step = |name: &str, value: &Value| {
        let name = name.replace('~', "~0").replace('/', "~1");
        pointers(value).into_iter().map(|rest| format!("/{name}{rest}")).collect::<Vec<_>>()
    };
    match document {
        Value::Object(members) => members.iter().for_each(|(name, value)| found.extend(step(name, value))),
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(index, value)| found.extend(step(&index.to_string(), value)))
        }
        _ => {}
    }
    found
}

/// Documents that have every member there is.
fn complete(of: &str) -> Vec<Value> {
    let removal = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
        "input": {"FunctionName": "checkout", "Qualifier": "live"}});
    // What waits for its event has no time and no id of its own.
    let bound = || {
        let unbound = complete("payload").into_iter().filter(|payload| payload.get("follow").is_none());
        unbound.map(|mut payload| {
            payload.as_object_mut().unwrap().retain(|member, _| member != "issuedAt" && member != "id");
            json!({"schedules": {"nightly": payload}})
        })
    };
    match of {
        "payload" => vec![
            json!({
                "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "input": {"EndpointName": "recsys", "DesiredWeightsAndCapacities": [
                    {"VariantName": "a", "DesiredWeight": {"share": 0.25}, "DesiredInstanceCount": {"add": 2, "min": 1, "max": 8}},
                    {"VariantName": "b", "DesiredWeight": 1.5, "ServerlessUpdateConfig":
                        {"MaxConcurrency": 20, "ProvisionedConcurrency": {"atLeast": 2}}}]},
                "region": "eu-central-1", "role": "prod", "onBusy": "skip", "waitFor": "settled", "mode": "plan",
                "issuedAt": "2026-11-20T22:00:00Z", "id": "event",
            }),
            json!({
                "action": "sagemaker:UpdateInferenceComponentRuntimeConfig",
                "input": {"InferenceComponentName": "ranker", "DesiredRuntimeConfig": {"CopyCount": {"percent": -50}}},
                "roleArn": "arn:aws:iam::210987654321:role/setpoint",
            }),
            json!({
                "action": "put_provisioned_concurrency_config",
                "input": {"FunctionName": "checkout", "Qualifier": "live", "ProvisionedConcurrentExecutions": {"exactly": 6}},
            }),
            json!({
                "action": "bedrock:UpdateProvisionedModelThroughput",
                "input": {"provisionedModelId": "support-bot", "desiredProvisionedModelName": "bot",
                    "desiredModelId": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"},
            }),
            json!({
                "action": "bedrock:CreateProvisionedModelThroughput",
                "input": {"modelUnits": 2, "provisionedModelName": "launch", "modelId": "supportbot-v2",
                    "commitmentDuration": "OneMonth", "tags": [{"key": "for", "value": "the launch"}]},
            }),
            json!({
                "action": "bedrock:DeleteProvisionedModelThroughput",
                "input": {"provisionedModelId": "launch"},
            }),
            json!({
                "action": "register_scalable_target",
                "input": {"ServiceNamespace": "ecs", "ResourceId": "service/prod/web",
                    "ScalableDimension": "ecs:service:DesiredCount", "MinCapacity": {"atLeast": 4}, "MaxCapacity": 16,
                    "SuspendedState": {"DynamicScalingInSuspended": true, "DynamicScalingOutSuspended": false,
                        "ScheduledScalingSuspended": true}},
            }),
            json!({
                "action": "bedrock:UpdateCustomModelDeployment",
                "input": {"customModelDeploymentIdentifier": "support-chat",
                    "modelArn": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/abcdef123456"},
            }),
            json!({
                "action": "lambda:PutFunctionScalingConfig",
                "input": {"FunctionName": "thumbnails", "Qualifier": "$LATEST.PUBLISHED", "FunctionScalingConfig":
                    {"MinExecutionEnvironments": {"atLeast": 4}, "MaxExecutionEnvironments": 20}},
            }),
            json!({"actions": [removal], "onBusy": "fail", "region": "eu-central-1"}),
            json!({
                "select": {"names": ["reco-*"], "except": ["reco-canary"], "tags": {"sleeps": "yes"},
                    "regions": ["eu-central-1", "us-east-1"], "roles": "*"},
                "action": "sagemaker:UpdateInferenceComponentRuntimeConfig",
                "input": {"DesiredRuntimeConfig": {"CopyCount": 0}},
            }),
            json!({"follow": "recsys", "mode": "plan", "issuedAt": "2026-11-20T22:00:00Z", "id": "event"}),
        ],
        _ => {
            let operator = json!({
                "guardrails": {"paused": false, "unlisted": "deny", "maxTargets": 50, "targets": [
                    {"target": "sagemaker:endpoint/prod-*/variant/*", "region": "eu-*", "account": "210987654321", "min": 1,
                        "max": 20, "maxStep": 10, "minShare": 0.1, "maxShare": 0.5},
                    {"target": "bedrock:provisioned-model/support-bot", "allow": ["arn:aws:bedrock:*"]},
                    {"target": "bedrock:provisioned-model/launch", "modelUnits": 2, "commitmentDuration": ["OneMonth"]},
                    {"target": "bedrock:provisioned-model/other-bot",
                        "allow": {"desiredProvisionedModelName": ["*"], "desiredModelId": ["*"]}}]},
                "roles": {"prod": {"arn": "arn:aws:iam::210987654321:role/setpoint", "externalId": "secret", "sourceIdentity": true}},
                "unboundAlarms": "ignore",
                "actionsInAlarmDescription": true,
                "maxEventAge": "1h 30m",
                "ledgerTable": "ledger",
                "changeEvents": "changes",
            });
            let timetables = json!({
                "timetables": {"recsys": {"zone": "UTC", "periods": [
                    {"name": "night", "do": removal},
                    {"name": "office", "days": "MON-FRI", "from": "08:00", "until": "20:00", "do": [removal]},
                    {"name": "christmas", "from": "2026-12-24", "until": "2026-12-27", "do": {"actions": [
                        {"action": "lambda:PutProvisionedConcurrencyConfig", "input": {"FunctionName": "checkout",
                            "Qualifier": "live", "ProvisionedConcurrentExecutions": {"atLeast": 4}}}]}}]}},
                "alarms": {"latency-high": {"ALARM": removal, "OK": {"follow": "recsys"}, "INSUFFICIENT_DATA": null}},
            });
            let alarms =
                json!({"alarms": {"arn:aws:cloudwatch:*:210987654321:alarm:api-*": {"OK": {"actions": [removal]}}}});
            let events = json!({"events": {"aws.sagemaker/SageMaker Endpoint State Change": removal}});
            [operator, timetables, alarms, events].into_iter().chain(bound()).collect()
        }
    }
}

/// Documents of which one part does not go with another, or a date with the calendar.
fn contradictory(of: &str) -> Vec<Value> {
    let variant = json!({"VariantName": "a", "DesiredWeight": 1});
    let removal = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig",
        "input": {"FunctionName": "arn:aws:lambda:us-east-1:123456789012:function:f", "Qualifier": "live"}});
    let periods = |periods: Value| json!({"timetables": {"recsys": {"zone": "UTC", "periods": periods}}});
    match of {
        "payload" => vec![
            json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                "input": {"EndpointName": "recsys", "DesiredWeightsAndCapacities": [variant, variant]}}),
            json!({"actions": [removal], "region": "eu-central-1"}),
        ],
        _ => vec![
            periods(json!([{"name": "night", "do": removal}, {"name": "night", "do": removal}])),
            periods(json!([{"name": "christmas", "from": "2026-12-27", "until": "2026-12-24", "do": removal}])),
            periods(json!([{"name": "never", "from": "2026-02-30", "do": removal}])),
        ],
    }
}

/// Every payload or configuration that is written anywhere in the repository.
fn documents(of: &str) -> Vec<Value> {
    let values = texts().into_iter().filter_map(|text| serde_json::from_str::<Value>(&text).ok());
    match of {
        "payload" => values.flat_map(|value| payloads(&value)).collect(),
        _ => values.filter_map(configuration).collect(),
    }
}

/// What fuzzing has made of such documents, as far as it is JSON.
fn fuzzed(of: &str) -> Vec<Value> {
    let folder = if of == "payload" { "fuzz/corpus/payload" } else { "fuzz/corpus/config" };
    files(folder).into_iter().filter_map(|text| serde_json::from_str(&text).ok()).collect()
}

/// What the documents, the events and the fixtures have in JSON, with the times and names that only sending them fills in.
fn texts() -> Vec<String> {
    let blocks = Document::all().into_iter().flat_map(|document| document.blocks()).map(|block| block.text);
    let files = ["events", "docs", "tests/fixtures"].into_iter().flat_map(files);
    files.chain(blocks).map(|text| text.replace("{{now}}", "2026-11-20T22:00:00Z")).collect()
}

/// The texts of the files under a folder.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(path(folder)).unwrap().map(Result::unwrap);
    let texts = entries.flat_map(|entry| match entry.file_type().unwrap().is_dir() {
        true => files(&format!("{folder}/{}", entry.file_name().to_str().unwrap())),
        false => std::fs::read_to_string(entry.path()).into_iter().collect(),
    });
    texts.collect()
}

/// What is a payload by its members, however deep, also in a text.
fn payloads(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => {
            let is_payload = ["action", "actions", "follow"].iter().any(|member| members.contains_key(*member));
            let own = is_payload.then(|| value.clone());
            own.into_iter().chain(members.values().flat_map(payloads)).collect()
        }
        Value::Array(elements) => elements.iter().flat_map(payloads).collect(),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => payloads(&value),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What is a configuration by its members, or what it is a part of.
fn configuration(value: Value) -> Option<Value> {
    let has = |member: &str| value.get(member).is_some();
    let keys =
        ["guardrails", "roles", "alarms", "schedules", "timetables", "maxEventAge", "ledgerTable", "changeEvents"];
    match has("targets") {
        true => Some(json!({"guardrails": value})),
        false => keys.into_iter().any(has).then_some(value),
    }
}
