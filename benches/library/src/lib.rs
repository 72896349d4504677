//! Events of a given size, and a function whose AWS answers without a network.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};
use setpoint::aws::{Clients, for_server};
use setpoint::clock::Clock;
use setpoint::config::Config;
use setpoint::event::{self, Content, Event};
use setpoint::handler::{Handler, Invocation, Report};
use setpoint::payload::Payload;

/// A kind of event that can be made as large as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Many actions, each with a target of its own.
    Actions,
    /// One action that names many variants.
    Variants,
    /// Many actions, each with a mistake in it.
    Mistakes,
}

impl Shape {
    /// By its name in lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "actions" => Some(Self::Actions),
            "variants" => Some(Self::Variants),
            "mistakes" => Some(Self::Mistakes),
            _ => None,
        }
    }

    /// An event of about so many bytes.
    #[must_use]
    pub fn event(self, bytes: usize) -> String {
        let (element, wrap): (fn(usize) -> Value, fn(Vec<Value>) -> Value) = match self {
            Self::Actions => (action, |actions| json!({"actions": actions})),
            Self::Mistakes => (mistake, |actions| json!({"actions": actions})),
            Self::Variants => (variant, |variants| {
                json!({
                    "action": "sagemaker:UpdateEndpointWeightsAndCapacities",
                    "input": {"EndpointName": "recsys", "DesiredWeightsAndCapacities": variants},
                })
            }),
        };
        let each = element(0).to_string().len() + 1;
        wrap((0..(bytes / each).max(1)).map(element).collect()).to_string()
    }
}

fn action(number: usize) -> Value {
    json!({
        "action": "lambda:PutProvisionedConcurrencyConfig",
        "input": {
            "FunctionName": format!("worker-{number:06}"),
            "Qualifier": "live",
            "ProvisionedConcurrentExecutions": 7,
        },
    })
}

fn mistake(number: usize) -> Value {
    let mut action = action(number);
    action["input"]["ProvisionedConcurrencyExecutions"] = json!(7);
    action
}

fn variant(number: usize) -> Value {
    json!({"VariantName": format!("variant-{number:06}"), "DesiredInstanceCount": 3})
}

/// From the text of an event to checked requests; how many they are, or how many mistakes were found.
///
/// # Panics
/// The event is none that carries a payload.
#[must_use]
pub fn decoded(event: &str) -> usize {
    let value: Value = serde_json::from_str(event).unwrap_or_default();
    let Ok(Event::Whole(deliveries)) = event::decode(value) else {
        panic!("not an event");
    };
    let payloads = deliveries.into_iter().map(|delivery| match delivery.content {
        Content::Payload(payload) => match Payload::parse(payload) {
            Ok(payload) => payload.requests().len(),
            Err(problems) => problems.as_slice().len(),
        },
        other => panic!("not a payload: {other:?}"),
    });
    payloads.sum()
}

/// A function that plans and does not write, to which AWS says the same about every target at once.
///
/// # Panics
/// `config` is not a configuration.
#[must_use]
pub fn planning(config: &str) -> Handler {
    let config = Config::parse(config).unwrap_or_else(|error| panic!("{error}"));
    let clock = Clock::System;
    let base = for_server("http://localhost", "us-east-1", &clock);
    let base = base.into_builder().http_client(always(CONFIG)).build();
    Handler::new(config, Clients::new(base), clock).planning()
}

/// Takes an event all the way to its answer.
///
/// # Panics
/// It fails.
pub async fn planned(handler: &Handler, event: &str) -> Report {
    let value: Value = serde_json::from_str(event).unwrap_or_default();
    let report = handler.handle(value, &Invocation::default()).await;
    assert!(report.answer.is_ok(), "{:?}", report.answer);
    report
}

/// What GetProvisionedConcurrencyConfig answers.
const CONFIG: &str = r#"{"RequestedProvisionedConcurrentExecutions": 5, "AvailableProvisionedConcurrentExecutions": 5,
    "AllocatedProvisionedConcurrentExecutions": 5, "Status": "READY", "LastModified": "2025-03-04T09:00:00+0000"}"#;

fn always(answer: &'static str) -> SharedHttpClient {
    #[derive(Debug)]
    struct Always(&'static str);

    impl HttpConnector for Always {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let status = StatusCode::try_from(200).unwrap_or_else(|_| unreachable!("200 is a status"));
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(self.0))))
        }
    }

    http_client_fn(move |_, _| SharedHttpConnector::new(Always(answer)))
}
