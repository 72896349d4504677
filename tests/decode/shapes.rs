//! What holds for events of any shape: nothing panics, nothing is repeated, the depth is bounded.

use serde_json::{Value, json};
use setpoint::error::Cause;
use setpoint::event::{Content, Event, Issued, decode};
use setpoint::payload::Payload;
use setpoint::spelling::json::Document;

use super::made::Made;
use super::recorded;
use super::ways::{at, replaced, ways};

/// How the sentence for an event of no known shape ends.
pub(super) const UNDERSTOOD: &str = "which is none of the shapes this function understands: a payload {\"action\": …, \"input\": \
                          {…}} or {\"actions\": [ … ]} by itself or from EventBridge Scheduler, an EventBridge event, \
                          an SNS notification, SQS messages (from EventBridge Pipes too), a CloudWatch alarm, or a Lambda \
                          failure-destination record that carries one of these";

#[test]
fn an_event_of_no_known_shape_is_named_by_its_members_and_never_by_their_values() {
    let table = [
        (json!({}), "an empty object"),
        (json!({"EndpointName": "recsys", "Count": 3}), "an object with `EndpointName`, `Count`"),
        (json!([{"action": "x"}]), "a list of payloads, which go into {\"actions\": [ … ]}"),
        (json!([1]), "a list"),
        (json!([{"input": "x"}]), "a list"),
        (json!({"FunctionName": "f"}), "an object with `FunctionName`"),
        (json!({"FunctionName": "", "Payload": {}}), "an object with `FunctionName`, `Payload`"),
        (json!([{"eventSource": "aws:kinesis"}]), "a list of records of `aws:kinesis`"),
        (json!({"Records": [{"eventSource": "aws:s3"}]}), "an object with `Records` of `aws:s3`"),
        (json!({"Records": [{"eventSource": "private"}]}), "an object with `Records`"),
        (json!(42), "a number"),
        (json!(false), "a boolean"),
        (Value::Null, "null"),
        (
            json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "i": 9, "j": 10, "k": 11, "l": 12, "m": 13}),
            "an object with `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i`, `j`, `k`, `l` and more",
        ),
    ];
    for (event, seen) in table {
        assert_eq!(refusal(event), format!("the event is {seen}, {UNDERSTOOD}"));
    }
}

#[test]
fn a_member_with_a_name_of_any_length_is_named_in_a_sentence_that_can_be_read() {
    let sentence = refusal(json!({"x".repeat(100_000): 1}));
    assert!(sentence.len() < 2000, "the sentence has {} bytes", sentence.len());
}

#[test]
fn an_event_that_looks_like_two_sources_is_taken_for_the_outer_one() {
    let payload = json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "live"}});
    let sns = json!({"EventSource": "aws:sns", "Sns": {"Type": "Notification", "MessageId": "m", "TopicArn": "t",
        "Message": payload.to_string(), "Timestamp": "2026-11-20T22:00:00.184Z", "SignatureVersion": "1",
        "Signature": "s", "SigningCertUrl": "c", "UnsubscribeUrl": "u"}, "EventVersion": "1.0", "EventSubscriptionArn": "a"});
    let state = json!({"alarmName": "a", "state": {"value": "ALARM"}});
    let table = [
        // A payload with members of an envelope beside it.
        (json!({"Records": [sns], "action": "x"}), "sns > payload"),
        (
            json!({"detail-type": "Change Capacity", "source": "com.example.ops", "detail": payload, "action": "x"}),
            "eventbridge > payload",
        ),
        (
            json!({"timestamp": "2026-11-20T22:00:00Z", "requestContext": {"condition": "RetriesExhausted"},
                   "requestPayload": payload, "action": "x"}),
            "destination > payload",
        ),
        (json!({"AlarmName": "a", "NewStateValue": "OK", "action": "x"}), "alarm"),
        (json!({"Type": "Notification", "Message": payload.to_string(), "action": "x"}), "sns > payload"),
        // One envelope with members of another.
        (json!({"Records": [sns], "detail-type": "Scheduled Event", "source": "aws.events"}), "sns > payload"),
        (
            json!({"detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch", "detail": state, "alarmData": {}}),
            "eventbridge",
        ),
        (json!({"source": "aws.cloudwatch", "alarmData": state, "AlarmName": "b", "NewStateValue": "OK"}), "alarm"),
        (
            json!({"source": "aws.cloudwatch", "alarmData": state, "requestContext": {"condition": "x"}, "requestPayload": {}}),
            "alarm",
        ),
        (json!({"AlarmName": "a", "NewStateValue": "OK", "Type": "Notification", "Message": "{}"}), "alarm"),
        // A member of an envelope that does not make one.
        (json!({"Records": [], "action": "x"}), "payload"),
        (json!({"Records": "x", "action": "x"}), "payload"),
        (json!({"detail-type": "x", "action": "x"}), "payload"),
        (json!({"detail-type": "", "source": "", "action": "x"}), "payload"),
        (json!({"source": "aws.cloudwatch", "action": "x"}), "payload"),
        (json!({"requestContext": {}, "requestPayload": {}, "action": "x"}), "payload"),
        (json!({"AlarmName": "a", "action": "x"}), "payload"),
        (json!({"Type": "SubscriptionConfirmation", "Message": "m", "action": "x"}), "payload"),
    ];
    for (event, via) in table {
        assert_eq!(via_of(event.clone()), via, "{event}");
    }
}

#[test]
fn records_of_two_sources_at_once_are_refused_as_a_whole() {
    let sqs = json!({"eventSource": "aws:sqs", "messageId": "m", "body": "{}"});
    let sns = json!({"EventSource": "aws:sns", "Sns": {"Message": "{}"}});
    assert_eq!(refusal(json!({"Records": [sqs, sns]})), "sqs: a message without `messageId`");
    assert_eq!(refusal(json!({"Records": [sns, sqs]})), "sns: the records lack members of SNS records");
}

#[test]
fn a_broken_envelope_says_which_source_it_seemed_to_be_and_what_it_lacks() {
    let of = |arn: &str| json!({"detail-type": "Scheduled Event", "source": "aws.events", "resources": [arn]});
    let rule = json!({"detail-type": "Scheduled Event", "source": "aws.events", "resources": []});
    let alarm = json!({"source": "aws.cloudwatch", "alarmData": {"alarmName": "a"}});
    let nameless = json!({"detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch", "detail": {}});
    let body = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": {"action": "x"}}]});
    let message = json!({"Type": "Notification", "Message": {"action": "x"}});
    let table = [
        (rule, "eventbridge: a scheduled event without the ARN of its rule in `resources`"),
        (of("nightly"), "eventbridge: a scheduled event without the ARN of its rule in `resources`"),
        (
            of("arn:aws:events:us-east-1:123456789012:rule/"),
            "eventbridge: a scheduled event without the ARN of its rule in `resources`",
        ),
        (alarm, "alarm: an alarm without `state.value`"),
        (nameless, "eventbridge: an alarm without `alarmName`"),
        (body, "sqs: the records lack members of SQS messages"),
        (message, "sns: the notification's `Message` is not a text"),
    ];
    for (event, expected) in table {
        assert_eq!(refusal(event), expected);
    }
}

/// A failure is later than its event, and what brings the record is later still: neither is the event's own time.
#[test]
fn the_event_in_a_failure_record_is_dated_before_the_failure_and_never_by_what_brought_the_record() {
    let record = |timestamp: &str| {
        let payload = json!({"action": "x"});
        json!({"timestamp": timestamp, "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": payload})
    };
    let brought = |record: Value| {
        let message = json!({"eventSource": "aws:sqs", "messageId": "m", "body": record.to_string(),
            "attributes": {"SentTimestamp": "1795219200000"}});
        json!({"Records": [message]})
    };
    let issued = |record: Value| match decode(brought(record)) {
        Ok(Event::Messages(messages)) => messages[0].clone().deliveries().unwrap()[0].issued,
        other => panic!("{other:?}"),
    };
    let failed = "2026-11-20T22:00:00.184Z".parse().unwrap();
    assert_eq!(issued(record("2026-11-20T22:00:00.184Z")), Issued::Before(failed));
    let sent = "2026-11-21T00:00:00Z".parse().unwrap();
    assert_eq!(issued(record("")), Issued::Before(sent));
}

/// EventBridge brings the record when the invocation has ended; what else Lambda sends there is from its own time.
#[test]
fn the_event_in_a_record_over_eventbridge_is_dated_before_that_event() {
    let issued = |detail: Value| {
        let event = json!({"detail-type": "Lambda Function Invocation Result - Failure", "source": "lambda",
            "time": "2026-11-20T22:00:00Z", "detail": detail});
        match decode(event) {
            Ok(Event::Whole(deliveries)) => deliveries[0].issued,
            other => panic!("{other:?}"),
        }
    };
    let time = "2026-11-20T22:00:00Z".parse().unwrap();
    let record = json!({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"action": "x"}});
    assert_eq!(issued(record), Issued::Before(time));
    assert_eq!(issued(json!({"action": "x"})), Issued::At(time));
}

/// Messages of a standard queue may have a group too (fair queues); only in a FIFO queue is it an order.
#[test]
fn a_message_group_does_not_make_a_standard_queue_fifo() {
    let is_fifo = |queue: &str| {
        let message = json!({"eventSource": "aws:sqs", "messageId": "m", "body": "{\"action\": \"x\"}",
            "eventSourceARN": format!("arn:aws:sqs:us-east-1:123456789012:{queue}"),
            "attributes": {"MessageGroupId": "tenant-a"}});
        match decode(json!({"Records": [message]})) {
            Ok(Event::Messages(messages)) => messages[0].is_fifo,
            other => panic!("{other:?}"),
        }
    };
    assert!(is_fifo("requests.fifo"));
    assert!(!is_fifo("requests"));
}

#[test]
fn sources_nest_up_to_eight_deep() {
    let record = |inner: Value| json!({"timestamp": "2026-11-20T22:00:00Z", "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": inner});
    let text = |inner: Value| Value::String(inner.to_string());
    let too_deep = "the event nests deeper than 8 sources; send the payload itself";
    for wrap in [&record as &dyn Fn(Value) -> Value, &text] {
        let nested = |depth: usize| (0..depth).fold(json!({"action": "x"}), |inner, _| wrap(inner));
        assert!(matches!(decode(nested(7)), Ok(Event::Whole(deliveries)) if deliveries[0].via.len() == 8));
        assert_eq!(refusal(nested(8)), too_deep);
    }
    let message = json!({"eventSource": "aws:sqs", "messageId": "m", "body": (0..8).fold(json!(1), |inner, _| record(inner)).to_string()});
    assert_eq!(message_refusals(json!({"Records": [message]})), [too_deep]);
}

const COMES_TWICE: &str = "comes twice; write it once, since only one of the two could count";

/// A payload whose count comes twice, and where a text of it holds the path of that.
const TWICE: &str = r#"{"action": "lambda:PutProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "live",
    "ProvisionedConcurrentExecutions": 5, "ProvisionedConcurrentExecutions": 500}}"#;

#[test]
fn a_key_that_comes_twice_in_a_payload_is_named_wherever_the_payload_came_from() {
    let expected = [format!("input.ProvisionedConcurrentExecutions: {COMES_TWICE}")];
    let text = json!(TWICE);
    let events = [
        TWICE.to_owned(),
        text.to_string(),
        format!(r#"{{"detail-type": "Change Capacity", "source": "com.example.ops", "detail": {TWICE}}}"#),
        format!(r#"{{"detail-type": "Change Capacity", "source": "com.example.ops", "detail": {text}}}"#),
        format!(r#"{{"requestContext": {{"condition": "RetriesExhausted"}}, "requestPayload": {TWICE}}}"#),
        format!(r#"{{"Type": "Notification", "Message": {text}}}"#),
    ];
    for event in events {
        let body = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": event}]});
        assert_eq!(sentences(Document::parse(&event).unwrap()), expected, "{event}");
        assert_eq!(sentences(body), expected, "{event}");
    }
}

#[test]
fn a_member_of_an_envelope_that_is_read_may_not_come_twice_and_one_that_is_not_read_may() {
    let alarm = |data: &str| format!(r#"{{"source": "aws.cloudwatch", "alarmData": {{"alarmName": "a", {data}}}}}"#);
    let of = |text: &str| sentences(Document::parse(text).unwrap());
    let ok = r#"{"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": {"FunctionName": "f", "Qualifier": "live"}}"#;
    let custom = format!(r#"{{"detail-type": "c", "source": "s", "detail": {TWICE}, "detail": {ok}}}"#);
    assert_eq!(of(&custom), ["eventbridge: `detail` comes twice"]);
    let state = r#""state": {"value": "OK", "value": "ALARM"}"#;
    assert_eq!(of(&alarm(state)), ["alarm: `alarmData.state.value` comes twice"]);
    let metrics = r#""state": {"value": "OK"}, "configuration": {"metrics": [{"id": "a", "id": "b"}]}"#;
    assert_eq!(of(&alarm(metrics)), [""; 0]);
    let failed = format!(
        r#"{{"requestContext": {{"condition": "c"}}, "requestPayload": {ok}, "responsePayload": {{"a": 1, "a": 2}}}}"#
    );
    assert_eq!(of(&failed), [""; 0]);
}

#[test]
fn json_inside_a_text_that_nests_too_deep_to_read_is_refused() {
    let deep = format!("{{\"action\": {}1{}}}", "[".repeat(1000), "]".repeat(1000));
    let sentence = "payload: the event is text, not JSON; it must be a payload such as {\"action\": …, \"input\": {…}}, or \
                    an event that carries one";
    assert_eq!(refusal(json!(deep)), sentence);
}

#[test]
fn a_payload_of_a_megabyte_is_read() {
    let request = |index: usize| {
        json!({"action": "put_provisioned_concurrency_config", "input": {
            "FunctionName": format!("function-{index}"), "Qualifier": "live", "ProvisionedConcurrentExecutions": 5},
            "onBusy": " ".repeat(900)})
    };
    let payload = json!({"actions": (0..1000).map(request).collect::<Vec<_>>()});
    let text = payload.to_string();
    assert!((1 << 20..2 << 20).contains(&text.len()), "{}", text.len());
    let message = json!({"Type": "Notification", "Message": text}).to_string();
    let event = json!({"Records": [{"eventSource": "aws:sqs", "messageId": "m", "body": message}]});
    let Ok(Event::Messages(messages)) = decode(event) else { panic!("no messages") };
    let deliveries = messages[0].clone().deliveries().unwrap();
    let Content::Payload(value) = &deliveries[0].content else { panic!("no payload") };
    assert_eq!(*value.value(), payload);
}

#[test]
fn no_error_repeats_a_text_of_the_event() {
    // No name, number, time, ARN or JSON may look like this.
    let marker = json!("¶ private ¶");
    let mut refused = 0;
    for (file, event) in recorded::all() {
        for way in ways(&event).into_iter().filter(|way| at(&event, way).is_string()) {
            for sentence in sentences(replaced(event.clone(), &way, &marker)) {
                refused += 1;
                assert!(!sentence.contains("private"), "{file}: {sentence}");
            }
        }
    }
    assert!(refused > 500, "{refused} refusals looked at");
}

#[test]
fn whatever_stands_in_the_place_of_a_member_is_decoded_or_refused() {
    let others = [
        json!(null),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(-1.5e300),
        json!(""),
        json!("{}"),
        json!([]),
        json!([{}]),
        json!({"action": {}}),
    ];
    let mut seen = 0;
    for (_, event) in recorded::all() {
        for way in ways(&event) {
            for other in &others {
                answered(&replaced(event.clone(), &way, other));
                seen += 1;
            }
        }
    }
    assert!(seen > 10_000, "{seen} events made");
}

#[test]
fn any_json_is_decoded_or_refused() {
    let mut made = Made::from_seed(0x5e79);
    let (mut decoded, mut refused) = (0, 0);
    for _ in 0..20_000 {
        match answered(&made.event(0)).len() {
            0 => decoded += 1,
            _ => refused += 1,
        }
    }
    assert!(decoded > 5000 && refused > 5000, "{decoded} decoded, {refused} refused");
}

fn refusal(event: Value) -> String {
    let error = decode(event).unwrap_err();
    assert_eq!(error.error_type(), "InvalidEvent");
    error.to_string()
}

fn message_refusals(event: Value) -> Vec<String> {
    match decode(event) {
        Ok(Event::Messages(messages)) => {
            messages.into_iter().map(|message| message.deliveries().unwrap_err().to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn via_of(event: Value) -> String {
    match decode(event) {
        Ok(Event::Whole(deliveries)) => deliveries[0].via.join(" > "),
        other => panic!("{other:?}"),
    }
}

/// The same sentences; a panic shows the event that brought it about.
fn answered(event: &Value) -> Vec<String> {
    std::panic::catch_unwind(|| sentences(event.clone())).unwrap_or_else(|_| panic!("{event}"))
}

/// The sentence of every error that an event leads to before anything is called.
fn sentences(event: impl Into<Document>) -> Vec<String> {
    let results = match decode(event) {
        Ok(Event::Whole(deliveries)) => vec![Ok(deliveries)],
        Ok(Event::Messages(messages)) => messages.into_iter().map(|message| message.deliveries()).collect(),
        Err(error) => vec![Err(error)],
    };
    let mut sentences = Vec::new();
    for result in results {
        match result {
            Ok(deliveries) => sentences.extend(deliveries.into_iter().filter_map(|delivery| match delivery.content {
                Content::Payload(value) => Payload::parse(value).err().map(|found| found.to_string()),
                Content::Alarm(_) | Content::Schedule(_) | Content::Event(_) | Content::Ignored(_) => None,
            })),
            Err(error) => {
                assert!(matches!(*error.cause, Cause::InvalidEvent(_)), "{error:?}");
                sentences.push(error.to_string());
            }
        }
    }
    sentences
}
