//! Which connection a call goes on.

use serde_json::{Value, json};
use setpoint::clock::Clock;
use setpoint::config::Config;

use crate::support::script::Script;
use crate::support::{described, endpoint_arn, handler, instances, invocation, now};

/// The connections of as many reads as AWS gives these answers to.
async fn connections_of_reads(reads: usize, answers: Vec<(u16, Value)>) -> Vec<usize> {
    let script = Script::start(answers);
    let handler = handler(&script.url, "eu-one", Config::default(), &Clock::simulated(now()));
    for _ in 0..reads {
        let report = handler.handle(instances("recsys", "AllTraffic", 2), &invocation(0)).await;
        assert_eq!(report.answer.unwrap(), endpoint_arn("recsys"));
    }
    script.calls().iter().map(|call| call.connection).collect()
}

#[tokio::test]
async fn calls_share_a_connection() {
    assert_eq!(connections_of_reads(3, vec![(200, described(2)); 3]).await, [0, 0, 0]);
}

#[tokio::test]
async fn an_attempt_after_an_internal_failure_goes_on_a_new_connection() {
    let failure = (500, json!({"__type": "InternalFailure"}));
    assert_eq!(connections_of_reads(2, vec![failure, (200, described(2)), (200, described(2))]).await, [0, 1, 1]);
}
