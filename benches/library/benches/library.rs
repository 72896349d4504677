//! Time and allocations of the pure parts: `cargo bench --package library`.

use std::collections::BTreeMap;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher, black_box};
use library::{Shape, decoded, planned, planning};
use setpoint::spelling::glob::{Glob, most_specific};
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const SIZES: [usize; 4] = [200, 10_000, 50_000, 150_000];

#[divan::bench(args = SIZES)]
fn decode_actions(bencher: Bencher<'_, '_>, bytes: usize) {
    decode(bencher, Shape::Actions, bytes);
}

#[divan::bench(args = SIZES)]
fn decode_variants(bencher: Bencher<'_, '_>, bytes: usize) {
    decode(bencher, Shape::Variants, bytes);
}

#[divan::bench(args = SIZES)]
fn decode_mistakes(bencher: Bencher<'_, '_>, bytes: usize) {
    decode(bencher, Shape::Mistakes, bytes);
}

fn decode(bencher: Bencher<'_, '_>, shape: Shape, bytes: usize) {
    let event = shape.event(bytes);
    bencher.counter(BytesCount::new(event.len())).bench(|| decoded(black_box(&event)));
}

/// From the text of an event to the answer of a plan, with AWS answering at once.
#[divan::bench(args = SIZES)]
fn plan(bencher: Bencher<'_, '_>, bytes: usize) {
    let handler = planning(r#"{"guardrails": {"targets": [{"target": "lambda:function:worker-*:live", "max": 100}]}}"#);
    let event = Shape::Actions.event(bytes);
    let runtime = current_thread();
    bencher.counter(BytesCount::new(event.len())).bench(|| runtime.block_on(planned(&handler, black_box(&event))));
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap_or_else(|error| panic!("{error}"))
}

const TARGET: &str = "sagemaker:endpoint/prod-recommendations-eu-central-1/variant/AllTraffic";

#[divan::bench(args = [
    TARGET,
    "sagemaker:*",
    "sagemaker:endpoint/prod-*/variant/*",
    "*-*-*-*-*-*-*-*-*-*",
    "lambda:function:*:live",
])]
fn glob(bencher: Bencher<'_, '_>, pattern: &str) {
    let glob = Glob::new(pattern);
    bencher.bench(|| glob.matches(black_box(TARGET)));
}

/// Finding what an alarm's name is bound to, among so many patterns.
#[divan::bench(args = [1, 10, 100, 1000])]
fn binding(bencher: Bencher<'_, '_>, bindings: usize) {
    let bindings: BTreeMap<String, usize> = (0..bindings).map(|number| (format!("team-{number}-*"), number)).collect();
    bencher.bench(|| most_specific(black_box(&bindings), black_box("team-0-p99-high")).copied());
}
