//! DynamoDB's requests and answers as they stand on the wire.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::resource::{Item, Table, Written};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// What any of the operations may be asked with.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Input {
    pub(super) table_name: Option<String>,
    pub(super) key: Option<BTreeMap<String, Written>>,
    pub(super) item: Option<BTreeMap<String, Written>>,
    pub(super) update_expression: Option<String>,
    pub(super) condition_expression: Option<String>,
    pub(super) filter_expression: Option<String>,
    pub(super) projection_expression: Option<String>,
    pub(super) expression_attribute_names: Option<BTreeMap<String, String>>,
    pub(super) expression_attribute_values: Option<BTreeMap<String, Written>>,
    pub(super) return_values: Option<String>,
    pub(super) return_values_on_condition_check_failure: Option<String>,
    attribute_updates: Option<IgnoredAny>,
    attributes_to_get: Option<IgnoredAny>,
    conditional_operator: Option<IgnoredAny>,
    expected: Option<IgnoredAny>,
    scan_filter: Option<IgnoredAny>,
    exclusive_start_key: Option<IgnoredAny>,
    index_name: Option<IgnoredAny>,
    limit: Option<IgnoredAny>,
    segment: Option<IgnoredAny>,
    select: Option<IgnoredAny>,
}

impl Input {
    pub(super) fn read(call: &Call) -> Result<Self, Refusal> {
        // The code is AWS's; its wording of what is wrong is unverified.
        let input: Self =
            serde_json::from_str(&call.body).map_err(|error| Refusal::new(400, SERIALIZATION, error.to_string()))?;
        match input.not_served() {
            Some(member) => Err(Refusal::validation(format!("the sandbox does not serve {member}"))),
            None => Ok(input),
        }
    }

    /// A member that would change what the operation does, and that is not looked at here.
    fn not_served(&self) -> Option<&'static str> {
        [
            ("AttributeUpdates", &self.attribute_updates),
            ("AttributesToGet", &self.attributes_to_get),
            ("ConditionalOperator", &self.conditional_operator),
            ("Expected", &self.expected),
            ("ScanFilter", &self.scan_filter),
            ("ExclusiveStartKey", &self.exclusive_start_key),
            ("IndexName", &self.index_name),
            ("Limit", &self.limit),
            ("Segment", &self.segment),
            ("Select", &self.select),
        ]
        .into_iter()
        .find_map(|(member, value)| value.is_some().then_some(member))
    }
}

/// The answer to a write.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WriteOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetItemOutput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScanOutput {
    pub(super) items: Vec<Item>,
    pub(super) count: usize,
    pub(super) scanned_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeTableOutput<'a> {
    table: TableDescription<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TableDescription<'a> {
    attribute_definitions: [AttributeDefinition<'a>; 1],
    table_name: &'a str,
    key_schema: [KeySchemaElement<'a>; 1],
    table_status: &'static str,
    item_count: usize,
    table_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeDefinition<'a> {
    attribute_name: &'a str,
    attribute_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct KeySchemaElement<'a> {
    attribute_name: &'a str,
    key_type: &'static str,
}

impl<'a> DescribeTableOutput<'a> {
    pub(super) fn of(name: &'a str, arn: String, table: &'a Table) -> Self {
        let attribute_name = table.partition_key.as_str();
        Self {
            table: TableDescription {
                attribute_definitions: [AttributeDefinition { attribute_name, attribute_type: "S" }],
                table_name: name,
                key_schema: [KeySchemaElement { attribute_name, key_type: "HASH" }],
                table_status: "ACTIVE",
                item_count: table.items.len(),
                table_arn: arn,
            },
        }
    }
}

pub(super) fn ok(output: &impl Serialize) -> Reply {
    Reply::json(200, CONTENT_TYPE, output)
}

const SERIALIZATION: &str = "SerializationException";
const CHECK_FAILED: &str = "ConditionalCheckFailedException";
const CHECK_FAILED_MESSAGE: &str = "The conditional request failed";

pub(super) fn check_failed() -> Refusal {
    Refusal::new(400, CHECK_FAILED, CHECK_FAILED_MESSAGE)
}

/// The same with the item that failed the check. Here alone the message begins with a capital, as moto's tests against AWS
/// have it.
pub(super) fn check_failed_with(item: &Item) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Body<'a> {
        #[serde(rename = "__type")]
        code: String,
        message: &'a str,
        item: &'a Item,
    }
    Reply::json(400, CONTENT_TYPE, &Body { code: qualified(CHECK_FAILED), message: CHECK_FAILED_MESSAGE, item })
}

/// An error in this protocol: the code in `__type`, behind the name of what it is a part of.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    #[derive(Serialize)]
    struct Body<'a> {
        __type: String,
        #[serde(skip_serializing_if = "str::is_empty")]
        message: &'a str,
        #[serde(rename = "Message", skip_serializing_if = "str::is_empty")]
        capital_message: &'a str,
    }
    let Refusal { status, code, message } = refusal;
    let (message, capital_message) = match code.as_str() {
        "AccessDeniedException" | SERIALIZATION => ("", message.as_str()),
        _ => (message.as_str(), ""),
    };
    Reply::json(*status, CONTENT_TYPE, &Body { __type: qualified(code), message, capital_message })
}

/// DynamoDB's own errors, and those of what stands in front of it.
fn qualified(code: &str) -> String {
    let part = match code {
        "ValidationException" => "com.amazon.coral.validate",
        "AccessDeniedException" | "UnknownOperationException" | SERIALIZATION => "com.amazon.coral.service",
        _ => "com.amazonaws.dynamodb.v20120810",
    };
    format!("{part}#{code}")
}
