//! Events of any shape, made of the words that events are made of; the same at every run.

use serde_json::{Value, json};

/// A sequence of made events.
pub(super) struct Made(u64);

impl Made {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// An envelope of one of the sources around another event, or a payload, in which one member in eight is anything.
    pub(super) fn event(&mut self, depth: usize) -> Value {
        if depth > 8 {
            return self.value(depth);
        }
        let mut event = match self.below(9) {
            0 => self.payload(),
            1 => json!(self.event(depth + 1).to_string()),
            2 => {
                json!({"detail-type": "Change Capacity", "source": "com.example.ops", "detail": self.event(depth + 1)})
            }
            3 => self.messages(depth),
            4 => json!({"Type": "Notification", "Message": self.event(depth + 1).to_string()}),
            5 => {
                json!({"timestamp": TIME, "requestContext": {"condition": "x"}, "requestPayload": self.event(depth + 1)})
            }
            6 => json!({"source": "aws.cloudwatch", "alarmData": {"alarmName": "a", "state": {"value": "OK"}}}),
            7 => json!({"AlarmName": "a", "NewStateValue": "OK", "OldStateValue": "ALARM"}),
            _ => json!({"detail-type": "Scheduled Event", "source": "aws.events", "resources": [RULE]}),
        };
        for (_, member) in event.as_object_mut().into_iter().flatten() {
            if self.below(8) == 0 {
                *member = self.value(depth);
            }
        }
        event
    }

    fn messages(&mut self, depth: usize) -> Value {
        let messages = (0..self.below(3)).map(|_| {
            json!({"eventSource": "aws:sqs", "messageId": "m", "body": self.event(depth + 1).to_string(),
                   "attributes": {"SentTimestamp": self.value(9)}})
        });
        json!({"Records": messages.collect::<Vec<_>>()})
    }

    fn payload(&mut self) -> Value {
        let number = |made: &mut Self| match made.below(3) {
            0 => json!(7),
            1 => made.value(9),
            _ => json!({made.word(): made.value(9), made.word(): made.value(9)}),
        };
        match self.below(3) {
            0 => json!({"action": "put_provisioned_concurrency_config", "input": {
                "FunctionName": "f", "Qualifier": "7", "ProvisionedConcurrentExecutions": number(self)}}),
            1 => json!({"action": "update_endpoint_weights_and_capacities", "input": {
                "EndpointName": "e", "DesiredWeightsAndCapacities": [{
                    "VariantName": "v", "DesiredWeight": number(self), "DesiredInstanceCount": number(self)}]}}),
            _ => json!({"action": "update_provisioned_model_throughput", "input": {
                "provisionedModelId": "p", "desiredProvisionedModelName": "q"}}),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        let kinds = if depth > 4 { 6 } else { 12 };
        match self.below(kinds) {
            0 => Value::Null,
            1 => json!(self.below(2) == 0),
            2 => [json!(i64::MIN), json!(u64::MAX), json!(0), json!(self.below(300))][self.below(4)].clone(),
            3 => json!(f64::from_bits(self.next())),
            4 | 5 => json!(self.word()),
            6 => json!(self.value(depth + 1).to_string()),
            7 => (0..self.below(3)).map(|_| self.value(depth + 1)).collect(),
            _ => (0..self.below(7)).map(|_| (self.word().to_owned(), self.value(depth + 1))).collect(),
        }
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len())]
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

const TIME: &str = "2026-11-20T22:00:00Z";
const RULE: &str = "arn:aws:events:us-east-1:123456789012:rule/nightly";

/// Members and values by which sources and payloads are told, and some that are none.
const WORDS: [&str; 48] = [
    "Records",
    "EventSource",
    "eventSource",
    "aws:sns",
    "aws:sqs",
    "Sns",
    "Message",
    "Timestamp",
    "Type",
    "Notification",
    "messageId",
    "body",
    "attributes",
    "detail-type",
    "Scheduled Event",
    "CloudWatch Alarm State Change",
    "source",
    "aws.events",
    "aws.cloudwatch",
    "lambda",
    "detail",
    "time",
    TIME,
    "alarmData",
    "alarmName",
    "state",
    "value",
    "previousState",
    "AlarmName",
    "NewStateValue",
    "requestContext",
    "condition",
    "Success",
    "requestPayload",
    "action",
    "actions",
    "input",
    "region",
    "issuedAt",
    "exactly",
    "atLeast",
    "add",
    "percent",
    "share",
    "min",
    "max",
    "",
    "\u{0}\u{fffd}🙂",
];
