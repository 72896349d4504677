//! A server that has its answers written out for it, for what the sandbox does not play.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

/// What came in, and on which connection, counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub(crate) connection: usize,
    /// `X-Amz-Target`, which names the operation of the services that have one path for all.
    pub(crate) target: String,
    pub(crate) body: Value,
}

/// Answers each request, whatever it is, with the next of its answers, and keeps connections open.
pub(crate) struct Script {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Script {
    /// Each answer is a status and a JSON body.
    pub(crate) fn start(answers: Vec<(u16, Value)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let script = Self { url, calls: Arc::clone(&calls) };
        let answers = Arc::new(answers);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (answers, calls) = (Arc::clone(&answers), Arc::clone(&calls));
                thread::spawn(move || serve(&stream.unwrap(), connection, &answers, &calls));
            }
        });
        script
    }

    /// What came in so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        locked(&self.calls).clone()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: &TcpStream, connection: usize, answers: &[(u16, Value)], calls: &Mutex<Vec<Call>>) {
    let mut requests = BufReader::new(stream);
    while let Some((target, body)) = request(&mut requests) {
        let (status, body) = {
            let mut calls = locked(calls);
            calls.push(Call { connection, target, body });
            &answers[calls.len() - 1]
        };
        let body = body.to_string();
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        (&mut &*stream).write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    }
}

/// The next request's target and body; `None` when the connection was closed.
fn request(requests: &mut impl BufRead) -> Option<(String, Value)> {
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => target = value.to_owned(),
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    requests.read_exact(&mut body).ok()?;
    Some((target, serde_json::from_slice(&body).unwrap_or_default()))
}
