//! A server that has its answers written out for it, for what the sandbox does not play.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

/// Answers each request, whatever it is, with the next of its answers, and keeps connections open.
pub(super) struct Script {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    answers: std::vec::IntoIter<(u16, String)>,
    calls: Vec<Call>,
}

/// What came in, and on which connection, counted from 1.
struct Call {
    connection: usize,
    method_and_path: String,
    /// `X-Amz-Target`, which names the operation of the services that have one path for all.
    target: String,
    body: Value,
    status: Option<u16>,
}

impl Script {
    /// Each answer is a status and a body.
    pub(super) fn start(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { answers: answers.into_iter(), calls: Vec::new() }));
        let script = Self { url, state: Arc::clone(&state) };
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let state = Arc::clone(&state);
                thread::spawn(move || serve(&stream.unwrap(), connection + 1, &state));
            }
        });
        script
    }

    /// What came in since the last look, a line for each call.
    pub(super) fn calls(&self) -> Vec<String> {
        locked(&self.state).calls.drain(..).map(|call| call.to_string()).collect()
    }

    /// How many answers nobody has asked for.
    pub(super) fn left(&self) -> usize {
        locked(&self.state).answers.len()
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, method_and_path, target, body, status } = self;
        let status = status.map_or("no answer".to_owned(), |status| status.to_string());
        write!(f, "connection {connection}: {method_and_path} {target} {body} -> {status}")
    }
}

fn serve(stream: &TcpStream, connection: usize, state: &Mutex<State>) {
    let mut requests = BufReader::new(stream);
    while let Some(mut call) = request(&mut requests, connection) {
        let answer = {
            let mut state = locked(state);
            let answer = state.answers.next();
            call.status = answer.as_ref().map(|(status, _)| *status);
            state.calls.push(call);
            answer
        };
        let Some((status, body)) = answer else { return };
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        (&mut &*stream).write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    }
}

/// The next request; `None` when the connection was closed.
fn request(requests: &mut impl BufRead, connection: usize) -> Option<Call> {
    let mut call =
        Call { connection, method_and_path: String::new(), target: String::new(), body: Value::Null, status: None };
    let mut length = 0;
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(": ") {
            _ if call.method_and_path.is_empty() => {
                line.trim_end_matches(" HTTP/1.1").clone_into(&mut call.method_and_path)
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => value.clone_into(&mut call.target),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    requests.read_exact(&mut body).ok()?;
    call.body = serde_json::from_slice(&body).unwrap_or_default();
    // The SDK writes members that are a map in any order.
    call.body.sort_all_objects();
    Some(call)
}
