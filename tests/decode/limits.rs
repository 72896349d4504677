//! What is read of an event is bounded by what can be meant by it.

use serde_json::{Value, json};
use setpoint::event::{Event, decode};
use setpoint::payload::Payload;

const DELETE: &str = "lambda:DeleteProvisionedConcurrencyConfig";

fn requests(count: usize) -> Value {
    let request =
        |index: usize| json!({"action": DELETE, "input": {"FunctionName": format!("f{index}"), "Qualifier": "live"}});
    json!({"actions": (0..count).map(request).collect::<Vec<_>>()})
}

#[test]
fn a_payload_has_at_most_a_thousand_actions() {
    assert_eq!(Payload::parse(requests(1000)).unwrap().requests().len(), 1000);
    let expected = "actions: has 1001 actions, but one event may have 1000; send several";
    assert_eq!(Payload::parse(requests(1001)).unwrap_err().to_string(), expected);
    let nothing = json!({"actions": vec![0; 50_000]});
    let expected = "actions: has 50000 actions, but one event may have 1000; send several";
    assert_eq!(Payload::parse(nothing).unwrap_err().to_string(), expected);
}

/// Every one of them was a copy of all that had been found before.
#[test]
fn mistakes_are_kept_up_to_a_number_and_counted_beyond() {
    let members = (0..28_000).map(|index| (format!("member{index}"), json!(0)));
    let found = Payload::parse(json!({"action": DELETE, "input": Value::Object(members.collect())})).unwrap_err();
    assert_eq!(found.as_slice().len(), 20);
    assert!(found.to_string().ends_with("; and 27982 more"), "{found}");
}

#[test]
fn mistakes_in_many_actions_are_counted_together() {
    let found = Payload::parse(json!({"actions": vec![0; 1000], "mode": 1, "x": 1})).unwrap_err();
    assert_eq!(found.as_slice().len(), 20);
    assert!(found.to_string().ends_with("; and 982 more"), "{found}");
}

/// A value takes 72 bytes and more in memory, and two in the text: a megabyte of such would be forty.
#[test]
fn a_text_with_more_values_than_can_be_meant_is_not_read() {
    let payload = |values: usize| format!("{{\"action\": \"x\", \"input\": [{}0]}}", "0,".repeat(values));
    let message = |text: String| json!({"Type": "Notification", "Message": text});
    assert!(decode(message(payload(90_000))).is_ok());
    let refused = decode(message(payload(110_000))).unwrap_err().to_string();
    assert_eq!(refused, "sns: the notification's `Message` has more than 100000 values");
}

#[test]
fn a_batch_of_large_messages_is_refused_message_by_message() {
    let text = format!("{{\"actions\": [{}0]}}", "0,".repeat(500_000));
    let messages = (0..10).map(|id| json!({"eventSource": "aws:sqs", "messageId": format!("{id}"), "body": text}));
    let Ok(Event::Messages(messages)) = decode(json!({"Records": messages.collect::<Vec<_>>()})) else {
        panic!("no messages")
    };
    for message in messages {
        let refused = message.deliveries().unwrap_err().to_string();
        assert_eq!(refused, "sqs: the message's body has more than 100000 values");
    }
}

/// What the runtime hands over may be no JSON as serde_json has it: it is an event all the same, and a broken one.
#[tokio::test]
async fn an_event_that_is_not_json_has_an_error_type_of_ours_and_a_record() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let table: [(&[u8], &str); 6] = [
        (deep.as_bytes(), "recursion limit exceeded at line 1 column 128"),
        (b"{\"action\": 1e999}", "number out of range at line 1 column 16"),
        (b"\"\\ud800\"", "unexpected end of hex escape at line 1 column 8"),
        (b"{\"action\": \"\xff\"}", "invalid unicode code point at line 1 column 13"),
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"{\"a\": 1, ", "EOF while parsing a value at line 1 column 9"),
    ];
    for (bytes, why) in table {
        let received = crate::support::received(bytes);
        let report = crate::support::report_without_a_server(received).await;
        let error = report.answer.unwrap_err();
        assert_eq!(error.error_type(), "InvalidEvent");
        assert_eq!(error.to_string(), format!("the event is not JSON that this function can read: {why}"));
        assert_eq!(report.refused, [error]);
    }
}

#[tokio::test]
async fn an_event_is_read_from_the_bytes_that_the_runtime_hands_over() {
    let received = crate::support::received(br#"{"action": "a", "action": "b"}"#);
    let report = crate::support::report_without_a_server(received).await;
    let expected = "action: comes twice; write it once, since only one of the two could count";
    assert_eq!(report.answer.unwrap_err().to_string(), expected);
}
