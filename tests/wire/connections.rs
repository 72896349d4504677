//! Which connection a call goes on.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use setpoint::clients::{Clients, for_server};
use setpoint::config::Config;
use setpoint::handler::Handler;
use setpoint::wait::Clock;

use crate::support::{invocation, now};

/// Answers every request with the next of `answers` (status and body) and keeps the connection open. Returns its URL,
/// and for each request the number of the connection that it came on.
fn server(answers: Vec<(u16, Value)>) -> (String, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::<Mutex<Vec<usize>>>::default();
    let connections = Arc::clone(&served);
    let answers = Arc::new(answers);
    thread::spawn(move || {
        for (number, connection) in listener.incoming().enumerate() {
            let (answers, connections) = (Arc::clone(&answers), Arc::clone(&connections));
            thread::spawn(move || answer_each(&connection.unwrap(), number, &answers, &connections));
        }
    });
    (url, served)
}

fn answer_each(connection: &TcpStream, number: usize, answers: &[(u16, Value)], served: &Mutex<Vec<usize>>) {
    let mut lines = BufReader::new(connection);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            // 0: the connection was closed.
            if lines.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
                Some(_) => {}
                None if line == "\r\n" => break,
                None => {}
            }
        }
        lines.read_exact(&mut vec![0; length]).unwrap();
        let (status, body) = {
            let mut served = served.lock().unwrap();
            served.push(number);
            &answers[served.len() - 1]
        };
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        (&mut &*connection).write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    }
}

fn endpoint() -> Value {
    json!({
        "EndpointName": "recsys",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/recsys",
        "EndpointConfigName": "recsys",
        "EndpointStatus": "InService",
        "CreationTime": 1.7e9,
        "LastModifiedTime": 1.7e9,
        "ProductionVariants": [{
            "VariantName": "AllTraffic",
            "CurrentWeight": 1.0, "DesiredWeight": 1.0, "CurrentInstanceCount": 2, "DesiredInstanceCount": 2,
        }],
    })
}

/// The connections of as many reads as AWS gives these answers to.
async fn connections_of_reads(reads: usize, answers: Vec<(u16, Value)>) -> Vec<usize> {
    let (url, served) = server(answers);
    let clock = Clock::simulated(now());
    let handler = Handler::new(Config::default(), Clients::new(for_server(&url, "eu-one", &clock)), clock);
    for _ in 0..reads {
        let variants = json!([{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]);
        let input = json!({"EndpointName": "recsys", "DesiredWeightsAndCapacities": variants});
        let payload = json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": input});
        let report = handler.handle(payload, &invocation(0)).await;
        assert_eq!(report.answer.unwrap(), json!({"EndpointArn": endpoint()["EndpointArn"]}));
    }
    let served = served.lock().unwrap();
    served.clone()
}

#[tokio::test]
async fn calls_share_a_connection() {
    assert_eq!(connections_of_reads(3, vec![(200, endpoint()); 3]).await, [0, 0, 0]);
}

#[tokio::test]
async fn an_attempt_after_an_internal_failure_goes_on_a_new_connection() {
    let failure = (500, json!({"__type": "InternalFailure"}));
    assert_eq!(connections_of_reads(2, vec![failure, (200, endpoint()), (200, endpoint())]).await, [0, 1, 1]);
}
