//! The job as a good engineer writes it on the first day: typed, correct, and with every default of its crates.

use aws_sdk_sagemaker::types::DesiredWeightAndCapacity;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use serde::{Deserialize, Serialize};

struct Clients {
    sagemaker: aws_sdk_sagemaker::Client,
    lambda: aws_sdk_lambda::Client,
    bedrock: aws_sdk_bedrock::Client,
}

#[derive(Deserialize)]
#[serde(tag = "action", content = "input")]
enum Payload {
    #[serde(rename = "sagemaker:UpdateEndpointWeightsAndCapacities")]
    Endpoint(Endpoint),
    #[serde(rename = "lambda:PutProvisionedConcurrencyConfig")]
    Concurrency(Concurrency),
    #[serde(rename = "bedrock:UpdateProvisionedModelThroughput")]
    Throughput(Throughput),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    endpoint_name: String,
    desired_weights_and_capacities: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Variant {
    variant_name: String,
    desired_weight: Option<f32>,
    desired_instance_count: Option<i32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Concurrency {
    function_name: String,
    qualifier: String,
    provisioned_concurrent_executions: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Throughput {
    provisioned_model_id: String,
    desired_provisioned_model_name: Option<String>,
    desired_model_id: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    #[serde(rename_all = "PascalCase")]
    Endpoint {
        endpoint_arn: String,
    },
    #[serde(rename_all = "PascalCase")]
    Concurrency {
        requested_provisioned_concurrent_executions: Option<i32>,
        status: Option<String>,
    },
    Throughput {},
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let clients = Clients {
        sagemaker: aws_sdk_sagemaker::Client::new(&config),
        lambda: aws_sdk_lambda::Client::new(&config),
        bedrock: aws_sdk_bedrock::Client::new(&config),
    };
    run(service_fn(|event| handle(&clients, event))).await
}

async fn handle(clients: &Clients, event: LambdaEvent<Payload>) -> Result<Answer, Error> {
    match event.payload {
        Payload::Endpoint(endpoint) => update_endpoint(&clients.sagemaker, endpoint).await,
        Payload::Concurrency(concurrency) => put_concurrency(&clients.lambda, concurrency).await,
        Payload::Throughput(throughput) => update_throughput(&clients.bedrock, throughput).await,
    }
}

async fn update_endpoint(client: &aws_sdk_sagemaker::Client, asked: Endpoint) -> Result<Answer, Error> {
    let endpoint = client.describe_endpoint().endpoint_name(&asked.endpoint_name).send().await?;
    let changed = asked.desired_weights_and_capacities.iter().any(|asked| {
        endpoint.production_variants().iter().filter(|now| now.variant_name() == Some(&asked.variant_name)).any(|now| {
            asked.desired_weight.is_some_and(|weight| now.desired_weight() != Some(weight))
                || asked.desired_instance_count.is_some_and(|count| now.desired_instance_count() != Some(count))
        })
    });
    if changed {
        let variants = asked.desired_weights_and_capacities.into_iter().map(|variant| {
            DesiredWeightAndCapacity::builder()
                .variant_name(variant.variant_name)
                .set_desired_weight(variant.desired_weight)
                .set_desired_instance_count(variant.desired_instance_count)
                .build()
        });
        client
            .update_endpoint_weights_and_capacities()
            .endpoint_name(&asked.endpoint_name)
            .set_desired_weights_and_capacities(Some(variants.collect()))
            .send()
            .await?;
        tracing::info!(endpoint = asked.endpoint_name, "updated");
    }
    Ok(Answer::Endpoint { endpoint_arn: endpoint.endpoint_arn().unwrap_or_default().to_owned() })
}

async fn put_concurrency(client: &aws_sdk_lambda::Client, asked: Concurrency) -> Result<Answer, Error> {
    let now = client
        .get_provisioned_concurrency_config()
        .function_name(&asked.function_name)
        .qualifier(&asked.qualifier)
        .send()
        .await?;
    let executions = asked.provisioned_concurrent_executions;
    if now.requested_provisioned_concurrent_executions() == Some(executions) {
        return Ok(Answer::Concurrency {
            requested_provisioned_concurrent_executions: Some(executions),
            status: now.status().map(|status| status.as_str().to_owned()),
        });
    }
    let put = client
        .put_provisioned_concurrency_config()
        .function_name(&asked.function_name)
        .qualifier(&asked.qualifier)
        .provisioned_concurrent_executions(executions)
        .send()
        .await?;
    tracing::info!(function = asked.function_name, "updated");
    Ok(Answer::Concurrency {
        requested_provisioned_concurrent_executions: put.requested_provisioned_concurrent_executions(),
        status: put.status().map(|status| status.as_str().to_owned()),
    })
}

async fn update_throughput(client: &aws_sdk_bedrock::Client, asked: Throughput) -> Result<Answer, Error> {
    let now =
        client.get_provisioned_model_throughput().provisioned_model_id(&asked.provisioned_model_id).send().await?;
    let renamed =
        asked.desired_provisioned_model_name.as_ref().is_some_and(|name| name != now.provisioned_model_name());
    let moved = asked.desired_model_id.as_ref().is_some_and(|model| model != now.model_arn());
    if renamed || moved {
        client
            .update_provisioned_model_throughput()
            .provisioned_model_id(&asked.provisioned_model_id)
            .set_desired_provisioned_model_name(asked.desired_provisioned_model_name)
            .set_desired_model_id(asked.desired_model_id)
            .send()
            .await?;
        tracing::info!(provisioned_model = asked.provisioned_model_id, "updated");
    }
    Ok(Answer::Throughput {})
}
