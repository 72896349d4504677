//! The sandbox without a listener: what is carried in by hand is answered as over HTTP.

use std::time::Duration;

use chrono::{DateTime, Utc};
use setpoint_sandbox::{Answer, Arrival, Fault, Offline, Seed};

const TARGET: [(&str, &str); 1] = [("x-amz-target", "SageMaker.DescribeEndpoint")];
const RECSYS: &str = r#"{"EndpointName":"recsys"}"#;

fn now() -> DateTime<Utc> {
    "2026-11-20T22:00:00Z".parse().unwrap()
}

fn describe(sandbox: &mut Offline) -> Arrival {
    sandbox.arrive("POST", "/", TARGET, RECSYS.to_owned(), now())
}

#[test]
fn a_request_takes_effect_and_its_answer_is_handed_back() {
    let mut sandbox = Offline::new(Seed::example()).unwrap();
    let arrival = describe(&mut sandbox);
    assert_eq!((arrival.operation.as_str(), arrival.delay), ("DescribeEndpoint", Duration::ZERO));
    let Answer { status, headers, body } = arrival.answer.unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        headers,
        [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amzn-requestid", "5e79017f-0000-4000-8000-000000000001".to_owned())
        ]
    );
    assert!(body.contains(r#""EndpointStatus":"InService""#), "{body}");
    let exchanges: Vec<String> = sandbox.transcript().iter().map(ToString::to_string).collect();
    assert_eq!(exchanges, [format!("POST / DescribeEndpoint {RECSYS} -> 200")]);
}

#[test]
fn a_lost_answer_and_a_slow_one_are_for_whoever_carries_them() {
    let mut sandbox = Offline::new(Seed::example()).unwrap();
    sandbox.script("DescribeEndpoint", Fault::lose_answer()).unwrap();
    sandbox.script("DescribeEndpoint", Fault::slow(Duration::from_secs(20))).unwrap();
    assert_eq!(describe(&mut sandbox).answer, None);
    let slow = describe(&mut sandbox);
    assert_eq!((slow.delay, slow.answer.map(|answer| answer.status)), (Duration::from_secs(20), Some(200)));
    assert_eq!(
        sandbox.script("NoSuchOperation", Fault::throttle()).unwrap_err(),
        "the sandbox serves no operation NoSuchOperation"
    );
}

#[test]
fn time_is_what_whoever_holds_it_says() {
    let mut sandbox = Offline::new(Seed::example()).unwrap();
    let change = r#"{"EndpointName":"recsys","DesiredWeightsAndCapacities":[{"VariantName":"AllTraffic","DesiredInstanceCount":6}]}"#;
    let later = now() + Duration::from_secs(300);
    sandbox.edit(now(), |seed| seed.changes.pace = Some(setpoint_sandbox::Pace::Time(Duration::from_secs(60))));
    let target = [("x-amz-target", "SageMaker.UpdateEndpointWeightsAndCapacities")];
    sandbox.arrive("POST", "/", target, change.to_owned(), now());
    let count = |sandbox: &mut Offline, at| {
        sandbox.edit(at, |seed| seed.home().endpoints["recsys"].variants[0].current.instance_count)
    };
    assert_ne!(count(&mut sandbox, now()), Some(6));
    assert_eq!(count(&mut sandbox, later), Some(6));
}
