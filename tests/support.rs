//! What the tests share: the handler in front of a sandbox, and events from files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use setpoint::aws::{Clients, for_server};
pub(crate) use setpoint::clock::Clock;
pub(crate) use setpoint::config::Config;
use setpoint::error::Error;
pub(crate) use setpoint::handler::{Handler, Invocation, Report};
pub(crate) use setpoint::road::late::CLOCK_SKEW;
use setpoint::spelling::arn::Account;
use setpoint::spelling::json::Received;
use setpoint_sandbox::{Clock as SandboxClock, DEFAULT_ACCOUNT, DEFAULT_REGION, Options, Sandbox, Seed};

/// The moment at which every scenario begins, for the function and for the sandbox.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-20T22:00:00Z".parse().unwrap()
}

/// The real handler, on a clock that only its own waiting moves, in front of a sandbox of its own.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) sandbox_clock: SandboxClock,
    pub(crate) clock: Clock,
    config: Value,
    handler: Handler,
}

impl World {
    /// The example seed, and no configuration.
    pub(crate) async fn new() -> Self {
        Self::with(Seed::example(), json!({})).await
    }

    /// The example seed under this configuration.
    pub(crate) async fn configured(config: Value) -> Self {
        Self::with(Seed::example(), config).await
    }

    /// The example seed in `region` as well. The SDK has one budget of retries for each service and Region of a
    /// process, so a test that makes it retry goes where no other does.
    pub(crate) async fn beside(region: &str) -> Self {
        let mut seed = Seed::example();
        let home = seed.home().clone();
        *seed.region(DEFAULT_ACCOUNT, region) = home;
        Self::with(seed, json!({})).await
    }

    /// This seed under this configuration.
    pub(crate) async fn with(seed: Seed, config: Value) -> Self {
        Self::on(SandboxClock::fixed(now()), seed, config).await
    }

    /// The same with the sandbox on the machine's clock, by which the SDK tells whether a role's credentials have expired.
    pub(crate) async fn today(seed: Seed, config: Value) -> Self {
        Self::on(SandboxClock::system(), seed, config).await
    }

    async fn on(sandbox_clock: SandboxClock, seed: Seed, config: Value) -> Self {
        let options = Options { clock: sandbox_clock.clone(), ..Options::default() };
        let sandbox = Sandbox::start(seed, options).await.unwrap();
        let clock = Clock::simulated(now());
        let handler = of_config(&config, &sandbox, &clock);
        Self { sandbox, sandbox_clock, clock, config, handler }
    }

    /// What another execution environment of the same function makes of an event.
    pub(crate) async fn report_elsewhere(&self, event: Value) -> Report {
        let environment = "another".to_owned();
        let request_id = "5e1f3a6c-0000-4000-8000-000000000002".to_owned();
        let handler = of_config(&self.config, &self.sandbox, &self.clock);
        let deadline = (self.clock.now() + TimeDelta::minutes(10)).timestamp_millis();
        let deadline = deadline.try_into().unwrap();
        handler.handle(event, &Invocation { environment, request_id, ..invocation(deadline) }).await
    }

    /// Lets time pass for the function and the sandbox alike.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.clock.sleep(duration).await;
        self.sandbox_clock.advance(duration);
    }

    /// One invocation with ten minutes to its deadline.
    pub(crate) async fn report(&self, event: Value) -> Report {
        self.report_within(event, Duration::from_secs(600)).await
    }

    /// One invocation with so long to its deadline.
    pub(crate) async fn report_within(&self, event: Value, budget: Duration) -> Report {
        let deadline = self.clock.now() + TimeDelta::from_std(budget).unwrap();
        self.report_until(event, deadline.timestamp_millis().try_into().unwrap()).await
    }

    /// One invocation with this deadline, in milliseconds since 1970.
    pub(crate) async fn report_until(&self, event: Value, deadline_ms: u64) -> Report {
        self.handler.handle(event, &invocation(deadline_ms)).await
    }

    /// One invocation with this request id.
    pub(crate) async fn report_as(&self, request_id: &str, event: Value) -> Report {
        let invocation = Invocation { request_id: request_id.to_owned(), ..invocation(0) };
        self.handler.handle(event, &invocation).await
    }

    /// The answer of one invocation, as the caller sees it: the response, or `{"errorType", "errorMessage"}`.
    pub(crate) async fn answer(&self, event: Value) -> Value {
        answer(&self.report(event).await)
    }

    /// What has been said to the sandbox since the last look, a line for each call: `METHOD path operation body -> status`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = self.sandbox.transcript().iter().map(ToString::to_string).collect();
        self.sandbox.clear_transcript();
        calls
    }

    /// The same in alphabetical order, for targets that are worked on side by side.
    pub(crate) fn sorted_calls(&self) -> Vec<String> {
        let mut calls = self.calls();
        calls.sort();
        calls
    }

    /// How long the function has waited since the beginning.
    pub(crate) fn waited(&self) -> Duration {
        (self.clock.now() - now()).to_std().unwrap()
    }

    /// The desired instances of a variant of the home Region.
    pub(crate) fn instances(&self, endpoint: &str, variant: &str) -> Option<i32> {
        let endpoint = self.sandbox.endpoint(endpoint).unwrap();
        let variant = endpoint.variants.iter().find(|found| found.variant_name == variant).unwrap();
        variant.wanted().instance_count
    }

    /// The desired copies of an inference component of the home Region.
    pub(crate) fn copies(&self, component: &str) -> i32 {
        self.sandbox.inference_component(component).unwrap().wanted_copy_count()
    }

    /// The requested provisioned concurrency of an alias or version of the home Region.
    pub(crate) fn provisioned(&self, function: &str, qualifier: &str) -> Option<i32> {
        let function = self.sandbox.function(function).unwrap();
        function.provisioned_concurrency.get(qualifier).map(|config| config.requested)
    }
}

/// A payload that asks for instances of one variant.
pub(crate) fn instances(endpoint: &str, variant: &str, count: impl Into<Value>) -> Value {
    let variant = json!({"VariantName": variant, "DesiredInstanceCount": count.into()});
    weights_and_capacities(endpoint, json!([variant]))
}

/// A payload that asks for these weights and capacities.
pub(crate) fn weights_and_capacities(endpoint: &str, variants: Value) -> Value {
    let input = json!({"EndpointName": endpoint, "DesiredWeightsAndCapacities": variants});
    json!({"action": "sagemaker:UpdateEndpointWeightsAndCapacities", "input": input})
}

/// A payload that asks for copies of an inference component.
pub(crate) fn copies(component: &str, count: impl Into<Value>) -> Value {
    let input = json!({"InferenceComponentName": component, "DesiredRuntimeConfig": {"CopyCount": count.into()}});
    json!({"action": "sagemaker:UpdateInferenceComponentRuntimeConfig", "input": input})
}

/// A payload that asks for provisioned concurrency.
pub(crate) fn provisioned(function: &str, qualifier: &str, count: impl Into<Value>) -> Value {
    let input = json!({
        "FunctionName": function,
        "Qualifier": qualifier,
        "ProvisionedConcurrentExecutions": count.into(),
    });
    json!({"action": "lambda:PutProvisionedConcurrencyConfig", "input": input})
}

/// A payload that asks for no provisioned concurrency.
pub(crate) fn unprovisioned(function: &str, qualifier: &str) -> Value {
    let input = json!({"FunctionName": function, "Qualifier": qualifier});
    json!({"action": "lambda:DeleteProvisionedConcurrencyConfig", "input": input})
}

/// A payload that asks for another name or model of a Provisioned Throughput.
pub(crate) fn throughput(input: Value) -> Value {
    json!({"action": "bedrock:UpdateProvisionedModelThroughput", "input": input})
}

/// A payload that asks for another model of a custom model deployment.
pub(crate) fn deployment(name: &str, model_arn: &str) -> Value {
    let input = json!({"customModelDeploymentIdentifier": name, "modelArn": model_arn});
    json!({"action": "bedrock:UpdateCustomModelDeployment", "input": input})
}

/// A payload that asks for other bounds of the execution environments of what is published last.
pub(crate) fn scaling(function: &str, bounds: Value) -> Value {
    let input = json!({"FunctionName": function, "Qualifier": "$LATEST.PUBLISHED", "FunctionScalingConfig": bounds});
    json!({"action": "lambda:PutFunctionScalingConfig", "input": input})
}

/// An object with the members of another put into it.
pub(crate) fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("members come as an object") };
    object.as_object_mut().unwrap().extend(members);
    object
}

/// A custom EventBridge event of this time (`2026-11-20T21:59:00Z`) with this payload.
pub(crate) fn at(time: &str, payload: Value) -> Value {
    json!({
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "Change Capacity",
        "source": "com.example.ops",
        "account": DEFAULT_ACCOUNT,
        "time": time,
        "region": DEFAULT_REGION,
        "resources": [],
        "detail": payload,
    })
}

/// The documented response of an update of this endpoint.
pub(crate) fn endpoint_arn(endpoint: &str) -> Value {
    json!({"EndpointArn": format!("arn:aws:sagemaker:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:endpoint/{endpoint}")})
}

/// The line of a DescribeEndpoint that was answered.
pub(crate) fn describe(endpoint: &str) -> String {
    format!("POST / DescribeEndpoint {{\"EndpointName\":\"{endpoint}\"}} -> 200")
}

/// The line of an UpdateEndpointWeightsAndCapacities of these variants (as JSON) that was accepted.
pub(crate) fn update(endpoint: &str, variants: &str) -> String {
    format!(
        "POST / UpdateEndpointWeightsAndCapacities {{\"EndpointName\":\"{endpoint}\",\
         \"DesiredWeightsAndCapacities\":{variants}}} -> 200"
    )
}

/// The line of an accepted update of one variant's instances.
pub(crate) fn update_instances(endpoint: &str, variant: &str, count: u32) -> String {
    update(endpoint, &format!("[{{\"VariantName\":\"{variant}\",\"DesiredInstanceCount\":{count}}}]"))
}

/// The documented response of an update of this inference component.
pub(crate) fn component_arn(component: &str) -> Value {
    let arn = format!("arn:aws:sagemaker:{DEFAULT_REGION}:{DEFAULT_ACCOUNT}:inference-component/{component}");
    json!({"InferenceComponentArn": arn})
}

/// The line of a DescribeInferenceComponent that was answered.
pub(crate) fn describe_component(component: &str) -> String {
    format!("POST / DescribeInferenceComponent {{\"InferenceComponentName\":\"{component}\"}} -> 200")
}

/// The line of an accepted update of an inference component's copies.
pub(crate) fn update_copies(component: &str, count: u32) -> String {
    format!(
        "POST / UpdateInferenceComponentRuntimeConfig {{\"InferenceComponentName\":\"{component}\",\
         \"DesiredRuntimeConfig\":{{\"CopyCount\":{count}}}}} -> 200"
    )
}

/// The line of a GetProvisionedConcurrencyConfig that found one.
pub(crate) fn get_provisioned(function: &str, qualifier: &str) -> String {
    format!("GET /2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={qualifier} -> 200")
}

/// The line of a PutProvisionedConcurrencyConfig that was accepted.
pub(crate) fn put_provisioned(function: &str, qualifier: &str, count: u32) -> String {
    format!(
        "PUT /2019-09-30/functions/{function}/provisioned-concurrency?Qualifier={qualifier} \
         {{\"ProvisionedConcurrentExecutions\":{count}}} -> 202"
    )
}

/// The function's own account.
pub(crate) fn account() -> Account {
    Account::parse(DEFAULT_ACCOUNT.to_owned()).unwrap()
}

pub(crate) fn invocation(deadline_ms: u64) -> Invocation {
    let request_id = "5e1f3a6c-0000-4000-8000-000000000001".to_owned();
    Invocation {
        request_id,
        account: Some(account()),
        deadline_ms,
        environment: "one".to_owned(),
        log_group: "/aws/lambda/setpoint".to_owned(),
    }
}

/// A notification that brings a message to the function.
pub(crate) fn sns(timestamp: &str, message: &Value) -> Value {
    json!({"Records": [notification(timestamp, message)]})
}

/// One of the notifications of an event.
pub(crate) fn notification(timestamp: &str, message: &Value) -> Value {
    json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:us-east-1:123456789012:capacity:21be56ed",
        "Sns": {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:capacity",
            "Message": message.to_string(),
            "Timestamp": timestamp,
            "SignatureVersion": "1",
            "Signature": "none",
            "SigningCertUrl": "https://sns.us-east-1.amazonaws.com/x.pem",
            "UnsubscribeUrl": "https://sns.us-east-1.amazonaws.com/",
        },
    })
}

/// An event as lambda_runtime reads it from the bytes it gets.
pub(crate) fn received(bytes: &[u8]) -> Received {
    Received::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).unwrap()
}

/// One invocation where nothing listens any more.
pub(crate) async fn report_without_a_server(event: impl Into<Received>) -> Report {
    let url = Sandbox::start(Seed::default(), Options::default()).await.unwrap().url();
    handler(&url, DEFAULT_REGION, Config::default(), &Clock::simulated(now())).handle(event, &invocation(0)).await
}

/// The real handler in front of the server at `url`.
pub(crate) fn handler(url: &str, region: &str, config: Config, clock: &Clock) -> Handler {
    Handler::new(config, Clients::new(for_server(url, region, clock)), clock.clone())
}

fn of_config(config: &Value, sandbox: &Sandbox, clock: &Clock) -> Handler {
    handler(&sandbox.url(), DEFAULT_REGION, Config::parse(&config.to_string()).unwrap(), clock)
}

/// A report's answer as the caller sees it.
pub(crate) fn answer(report: &Report) -> Value {
    match &report.answer {
        Ok(answer) => answer.clone(),
        Err(error) => json!({"errorType": error.error_type(), "errorMessage": error.to_string()}),
    }
}

/// What was decided, a line for each part of the event that asks for something or is turned down.
pub(crate) fn outcomes(report: &Report) -> Vec<String> {
    let ignored = report.ignored.iter().map(|why| format!("ignored: {why}"));
    let refused = report.refused.iter().map(|error| format!("refused: {}", told(error)));
    let decided = report.decisions.iter().map(|decision| match &decision.result {
        Ok(answer) => {
            let because = answer.because.as_ref().map_or_else(String::new, |because| format!(" ({because})"));
            format!("{}: {}{because}", decision.target, decision.outcome_name())
        }
        Err(error) => format!("{}: {}: {}", decision.target, decision.outcome_name(), told(error)),
    });
    ignored.chain(refused).chain(decided).collect()
}

fn told(error: &Error) -> String {
    let retry = if error.kind().is_retryable() { "helps" } else { "does not help" };
    format!("{} ({}; a retry {retry})", error.error_type(), error.kind().name())
}

/// A file or folder of the repository.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A text file of the repository.
pub(crate) fn read(relative: &str) -> String {
    let file = path(relative);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every example event, by file name, with its placeholders standing for [`now`].
pub(crate) fn events() -> Vec<(String, Value)> {
    let names =
        std::fs::read_dir(path("events")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".json") && name != "setpoint.json").collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), event(&name))).collect()
}

/// One example event.
pub(crate) fn event(name: &str) -> Value {
    serde_json::from_str(&filled(&read(&format!("events/{name}")), now()))
        .unwrap_or_else(|error| panic!("events/{name}: {error}"))
}

/// A text with this time in place of its placeholders, in the three spellings that AWS uses.
pub(crate) fn filled(text: &str, time: DateTime<Utc>) -> String {
    text.replace("{{now}}", &time.to_rfc3339_opts(SecondsFormat::Secs, true))
        .replace("{{now:alarm}}", &time.format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string())
        .replace("{{now:ms}}", &time.timestamp_millis().to_string())
}

/// The configuration that goes with the example events.
pub(crate) fn events_config() -> Value {
    serde_json::from_str(&read("events/setpoint.json")).unwrap()
}
