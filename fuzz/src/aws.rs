//! An AWS in this process, in which whatever is asked for exists, or which says what it is told to say.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::model::{self, Call, Sent};

/// An answer: its status, the error it is where it is one, and its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What `x-amzn-errortype` says.
    pub(crate) error: Option<String>,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    fn ok(body: &Value) -> Self {
        Self { status: 200, error: None, body: body.to_string() }
    }

    fn not_found(error: &str) -> Self {
        let body = json!({"message": "there is none", "Message": "there is none"}).to_string();
        Self { status: 404, error: Some(error.to_owned()), body }
    }
}

/// What all connections lead to.
#[derive(Clone, Default)]
pub(crate) struct Aws(Arc<Mutex<State>>);

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

#[derive(Default)]
struct State {
    sent: Vec<Sent>,
    script: Option<VecDeque<Answer>>,
    world: World,
}

/// What there is. Whatever else is asked for is there too, and was not worth a line before.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    /// The Region that is asked now.
    region: String,
    variants: BTreeMap<String, bool>,
    /// By the name of an endpoint and of a variant.
    moved: BTreeMap<(String, String), Variant>,
    copies: BTreeMap<String, i64>,
    /// By function and qualifier; `None` where there is no configuration any more.
    executions: BTreeMap<(String, String), Option<i64>>,
    throughputs: BTreeMap<String, Throughput>,
    lost: BTreeSet<String>,
    /// Fewest and most environments by function and qualifier.
    environments: BTreeMap<(String, String), (i64, i64)>,
    /// Models by the name or ARN of the deployment.
    deployments: BTreeMap<String, String>,
    /// Least and most by dimension and resource, with what is suspended.
    scalable: BTreeMap<(String, String), Scalable>,
}

#[derive(Clone, Debug, PartialEq)]
struct Scalable {
    min: i64,
    max: i64,
    suspended: Value,
}

impl Default for Scalable {
    fn default() -> Self {
        let suspended = json!({
            "DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false, "ScheduledScalingSuspended": false,
        });
        Self { min: 1, max: 10, suspended }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Variant {
    weight: f64,
    count: i64,
    most: i64,
    provisioned: Option<i64>,
}

impl Default for Variant {
    fn default() -> Self {
        Self { weight: 1.0, count: 3, most: 20, provisioned: Some(2) }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Throughput {
    name: String,
    model: String,
    units: i64,
    commitment: Option<String>,
    modified: &'static str,
}

const ACCOUNT: &str = "us-east-1:123456789012";
const SCALABLE: &str =
    "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/0ec5fb2f3b5a4e9b8f0c1d2e3f4a5b6c7d8e";
const DEPLOYMENT: &str = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/abcdef123456";
/// How what is not there yet is called.
const UNMADE: &str = "new";
/// Later than every event.
const AFTER: &str = "2026-11-20T22:00:15Z";
const MODIFIED: f64 = 1_741_078_800.0;

impl Aws {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the world is this one.
    pub(crate) fn be(&self, world: World) {
        *self.state() = State { world, ..State::default() };
    }

    /// From now on it answers this, one after another, and the last again and again.
    pub(crate) fn say(&self, answers: impl IntoIterator<Item = Answer>) {
        *self.state() = State { script: Some(answers.into_iter().collect()), ..State::default() };
    }

    /// What was sent since.
    #[must_use]
    pub(crate) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.state().sent)
    }
}

impl HttpConnector for Aws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent = sent(&request);
        let mut state = self.state();
        state.sent.push(sent.clone());
        let State { script, world, .. } = &mut *state;
        world.region = region(&request);
        let answer = match script {
            None => world.answer(&sent),
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
        };
        HttpConnectorFuture::ready(answer.map_or_else(closed, response))
    }
}

fn closed() -> Result<HttpResponse, ConnectorError> {
    Err(ConnectorError::io("the connection was closed".into()))
}

/// The Region that a request is signed for.
fn region(request: &HttpRequest) -> String {
    let scope = request.headers().get("authorization").and_then(|header| header.split_once("Credential="));
    scope.and_then(|(_, scope)| scope.split('/').nth(2)).unwrap_or_default().to_owned()
}

fn sent(request: &HttpRequest) -> Sent {
    let path = request.uri().split_once("://").map_or(request.uri(), |(_, rest)| rest);
    Sent {
        method: request.method().to_owned(),
        path: path.find('/').map_or("/", |begin| &path[begin..]).to_owned(),
        target: request.headers().get("x-amz-target").map(str::to_owned),
        body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
    }
}

fn response(answer: Answer) -> Result<HttpResponse, ConnectorError> {
    let status = answer.status.try_into().map_err(|_| ConnectorError::io("no HTTP status".into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
    response.headers_mut().insert("x-amzn-requestid", "5e1f3a6c-0000-4000-8000-000000000001");
    if let Some(error) = answer.error.filter(|error| error.bytes().all(|b| b.is_ascii_graphic())) {
        response.headers_mut().insert("x-amzn-errortype", error);
    }
    Ok(response)
}

impl World {
    /// One whose endpoints have these variants, of which each is serverless or not, and one more.
    pub(crate) fn of(variants: BTreeMap<String, bool>) -> Self {
        Self { variants, ..Self::default() }
    }

    /// `None` for what is no request of the model, which is for the caller to notice.
    fn answer(&mut self, sent: &Sent) -> Option<Answer> {
        let Call { operation, input } = model::read(sent).ok()?;
        let text = |member: &str| input[member].as_str().unwrap_or_default().to_owned();
        Some(match operation {
            "sagemaker:DescribeEndpoint" => Answer::ok(&self.endpoint(&text("EndpointName"))),
            "sagemaker:UpdateEndpointWeightsAndCapacities" => {
                let endpoint = text("EndpointName");
                input["DesiredWeightsAndCapacities"].as_array()?.iter().for_each(|sent| self.set(&endpoint, sent));
                Answer::ok(&json!({"EndpointArn": format!("arn:aws:sagemaker:{ACCOUNT}:endpoint/{endpoint}")}))
            }
            "sagemaker:DescribeInferenceComponent" => Answer::ok(&self.component(&text("InferenceComponentName"))),
            "sagemaker:UpdateInferenceComponentRuntimeConfig" => {
                let name = text("InferenceComponentName");
                let copies = input["DesiredRuntimeConfig"]["CopyCount"].as_i64()?;
                self.copies.insert(name.clone(), copies);
                Answer::ok(
                    &json!({"InferenceComponentArn": format!("arn:aws:sagemaker:{ACCOUNT}:inference-component/{name}")}),
                )
            }
            "lambda:GetFunctionScalingConfig" | "lambda:PutFunctionScalingConfig" => {
                let (function, qualifier) = (text("FunctionName"), text("Qualifier"));
                let (min, max) = self.environments.entry((function.clone(), qualifier)).or_insert((2, 10));
                if operation == "lambda:PutFunctionScalingConfig" {
                    let asked = &input["FunctionScalingConfig"];
                    *min = asked["MinExecutionEnvironments"].as_i64().unwrap_or(*min);
                    *max = asked["MaxExecutionEnvironments"].as_i64().unwrap_or(*max);
                    return Some(Answer { status: 202, ..Answer::ok(&json!({"FunctionState": "Active"})) });
                }
                Answer::ok(&json!({
                    "FunctionArn": format!("arn:aws:lambda:{ACCOUNT}:function:f"),
                    "AppliedFunctionScalingConfig": {"MinExecutionEnvironments": min, "MaxExecutionEnvironments": max},
                }))
            }
            operation if operation.starts_with("lambda:") => {
                let executions = self.executions.entry((text("FunctionName"), text("Qualifier"))).or_insert(Some(4));
                match operation {
                    "lambda:DeleteProvisionedConcurrencyConfig" => {
                        *executions = None;
                        Answer { status: 204, error: None, body: String::new() }
                    }
                    "lambda:PutProvisionedConcurrencyConfig" => {
                        *executions = input["ProvisionedConcurrentExecutions"].as_i64();
                        Answer { status: 202, ..Answer::ok(&config(*executions)) }
                    }
                    _ if executions.is_none() => Answer::not_found("ProvisionedConcurrencyConfigNotFoundException"),
                    _ => Answer::ok(&config(*executions)),
                }
            }
            "bedrock:GetCustomModel" => Answer::ok(&json!({
                "modelArn": custom_model(&text("modelIdentifier"), &self.region), "modelName": text("modelIdentifier"),
                "creationTime": "2025-03-04T09:00:00Z",
            })),
            "bedrock:GetProvisionedModelThroughput" => match self.throughput(&text("provisionedModelId")) {
                Some(throughput) => Answer::ok(&described(throughput)),
                None => Answer::not_found("ResourceNotFoundException"),
            },
            "bedrock:CreateProvisionedModelThroughput" => {
                let throughput = Throughput {
                    name: text("provisionedModelName"),
                    model: model_arn(&text("modelId"), &self.region),
                    units: input["modelUnits"].as_i64()?,
                    commitment: input["commitmentDuration"].as_str().map(str::to_owned),
                    modified: AFTER,
                };
                self.lost.remove(&throughput.name);
                self.throughputs.insert(throughput.name.clone(), throughput);
                let arn = format!("arn:aws:bedrock:{ACCOUNT}:provisioned-model/abcdef123456");
                Answer { status: 201, ..Answer::ok(&json!({"provisionedModelArn": arn})) }
            }
            "bedrock:DeleteProvisionedModelThroughput" => {
                let id = text("provisionedModelId");
                self.throughputs.remove(&id);
                self.lost.insert(id);
                Answer::ok(&json!({}))
            }
            "bedrock:UpdateProvisionedModelThroughput" => {
                let id = text("provisionedModelId");
                let mut throughput = Throughput { modified: AFTER, ..self.throughput(&id)?.clone() };
                if let Some(model) = input["desiredModelId"].as_str() {
                    throughput.model = model_arn(model, &self.region);
                }
                if let Some(name) = input["desiredProvisionedModelName"].as_str() {
                    self.lost.insert(std::mem::replace(&mut throughput.name, name.to_owned()));
                    self.lost.remove(name);
                    if !id.starts_with("arn:") {
                        self.throughputs.remove(&id);
                    }
                    self.throughputs.insert(name.to_owned(), throughput.clone());
                }
                if !self.lost.contains(&id) {
                    self.throughputs.insert(id, throughput);
                }
                Answer::ok(&json!({}))
            }
            "bedrock:GetCustomModelDeployment" => {
                let id = text("customModelDeploymentIdentifier");
                let name = if id.starts_with("arn:") { "by-its-id" } else { id.as_str() };
                let model = self.deployments.get(&id).cloned().unwrap_or_else(|| custom_model("before", &self.region));
                Answer::ok(&json!({
                    "customModelDeploymentArn": DEPLOYMENT, "modelDeploymentName": name, "modelArn": model,
                    "createdAt": "2025-03-04T09:00:00Z", "status": "Active",
                }))
            }
            "bedrock:UpdateCustomModelDeployment" => {
                self.deployments.insert(text("customModelDeploymentIdentifier"), text("modelArn"));
                Answer { status: 202, ..Answer::ok(&json!({"customModelDeploymentArn": DEPLOYMENT})) }
            }
            "application-autoscaling:DescribeScalableTargets" => {
                let dimension = text("ScalableDimension");
                let resources = input["ResourceIds"].as_array()?.iter().filter_map(Value::as_str);
                let described = resources.map(|resource| {
                    let key = (dimension.clone(), resource.to_owned());
                    let Scalable { min, max, suspended } = self.scalable.get(&key).cloned().unwrap_or_default();
                    json!({
                        "ServiceNamespace": text("ServiceNamespace"), "ResourceId": resource,
                        "ScalableDimension": dimension, "MinCapacity": min, "MaxCapacity": max, "CreationTime": MODIFIED,
                        "RoleARN": "arn:aws:iam::123456789012:role/s", "ScalableTargetARN": SCALABLE,
                        "SuspendedState": suspended,
                    })
                });
                Answer::ok(&json!({"ScalableTargets": described.collect::<Vec<_>>()}))
            }
            "application-autoscaling:RegisterScalableTarget" => {
                let own = self.scalable.entry((text("ScalableDimension"), text("ResourceId"))).or_default();
                own.min = input["MinCapacity"].as_i64().unwrap_or(own.min);
                own.max = input["MaxCapacity"].as_i64().unwrap_or(own.max);
                if input["SuspendedState"].is_object() {
                    own.suspended = input["SuspendedState"].clone();
                }
                Answer::ok(&json!({"ScalableTargetARN": SCALABLE}))
            }
            "sts:AssumeRole" => Answer { status: 200, error: None, body: CREDENTIALS.to_owned() },
            _ => return None,
        })
    }

    fn endpoint(&self, name: &str) -> Value {
        let fixed = [("unasked".to_owned(), false)];
        let variants = self.variants.clone().into_iter().chain(fixed).map(|(variant, serverless)| {
            let own = self.moved.get(&(name.to_owned(), variant.clone())).cloned().unwrap_or_default();
            let mut summary = json!({"VariantName": variant, "CurrentWeight": own.weight, "DesiredWeight": own.weight});
            if serverless {
                let mut config = json!({"MemorySizeInMB": 2048, "MaxConcurrency": own.most});
                if let Some(provisioned) = own.provisioned {
                    config["ProvisionedConcurrency"] = json!(provisioned);
                }
                summary["CurrentServerlessConfig"] = config.clone();
                summary["DesiredServerlessConfig"] = config;
            } else {
                summary["CurrentInstanceCount"] = json!(own.count);
                summary["DesiredInstanceCount"] = json!(own.count);
            }
            summary
        });
        json!({
            "EndpointName": name, "EndpointArn": format!("arn:aws:sagemaker:{ACCOUNT}:endpoint/{name}"),
            "EndpointConfigName": "c", "EndpointStatus": "InService", "CreationTime": MODIFIED,
            "LastModifiedTime": MODIFIED, "ProductionVariants": variants.collect::<Vec<_>>(),
        })
    }

    fn set(&mut self, endpoint: &str, sent: &Value) {
        let variant = sent["VariantName"].as_str().unwrap_or_default().to_owned();
        let own = self.moved.entry((endpoint.to_owned(), variant)).or_default();
        own.weight = sent["DesiredWeight"].as_f64().unwrap_or(own.weight);
        own.count = sent["DesiredInstanceCount"].as_i64().unwrap_or(own.count);
        if let Some(config) = sent["ServerlessUpdateConfig"].as_object() {
            own.most = config.get("MaxConcurrency").and_then(Value::as_i64).unwrap_or(own.most);
            own.provisioned = config.get("ProvisionedConcurrency").and_then(Value::as_i64).or(own.provisioned);
        }
    }

    fn component(&self, name: &str) -> Value {
        let copies = self.copies.get(name).copied().unwrap_or(2);
        json!({
            "InferenceComponentName": name, "EndpointName": "e",
            "InferenceComponentArn": format!("arn:aws:sagemaker:{ACCOUNT}:inference-component/{name}"),
            "EndpointArn": format!("arn:aws:sagemaker:{ACCOUNT}:endpoint/e"), "VariantName": "v",
            "InferenceComponentStatus": "InService", "CreationTime": MODIFIED, "LastModifiedTime": MODIFIED,
            "RuntimeConfig": {"DesiredCopyCount": copies, "CurrentCopyCount": copies},
        })
    }

    fn throughput(&mut self, id: &str) -> Option<&Throughput> {
        if self.lost.contains(id) {
            return None;
        }
        let name = if id.starts_with("arn:") { "by-its-id" } else { id };
        let fresh = || Throughput {
            name: name.to_owned(),
            model: model_arn("amazon.titan-text-express-v1:0:8k", &self.region),
            units: 1,
            commitment: None,
            modified: "2025-03-04T09:00:00Z",
        };
        // What is called so is not there before it is made.
        if id.starts_with(UNMADE) {
            return self.throughputs.get(id);
        }
        Some(self.throughputs.entry(id.to_owned()).or_insert_with(fresh))
    }
}

fn config(executions: Option<i64>) -> Value {
    json!({
        "RequestedProvisionedConcurrentExecutions": executions, "AvailableProvisionedConcurrentExecutions": executions,
        "AllocatedProvisionedConcurrentExecutions": executions, "Status": "READY",
        "LastModified": "2025-03-04T09:00:00+0000",
    })
}

fn described(throughput: &Throughput) -> Value {
    json!({
        "provisionedModelName": throughput.name,
        "provisionedModelArn": format!("arn:aws:bedrock:{ACCOUNT}:provisioned-model/abcdef123456"),
        "modelArn": throughput.model, "desiredModelArn": throughput.model, "foundationModelArn": throughput.model,
        "status": "InService", "creationTime": "2025-03-04T09:00:00Z", "lastModifiedTime": throughput.modified,
        "modelUnits": throughput.units, "desiredModelUnits": throughput.units,
        "commitmentDuration": throughput.commitment,
    })
}

/// As AWS answers for it in a Region.
fn model_arn(model: &str, region: &str) -> String {
    match model {
        arn if arn.starts_with("arn:") => arn.to_owned(),
        id if id.contains('.') => format!("arn:aws:bedrock:{region}::foundation-model/{id}"),
        name => custom_model(name, region),
    }
}

fn custom_model(name: &str, region: &str) -> String {
    // Twelve characters of an id that tells names apart as far as is needed.
    let id = name.bytes().fold(7u64, |id, byte| id.wrapping_mul(31).wrapping_add(byte.into()) % 1_000_000_000_000);
    format!("arn:aws:bedrock:{region}:123456789012:custom-model/amazon.titan-text-express-v1:0:8k/{id:012}")
}

const CREDENTIALS: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
    <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
