//! Which service answers a call, and how it words a refusal.

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::reply::{Refusal, Reply};
use crate::seed::Seed;
use crate::service::Service;
use crate::world::World;
use crate::{autoscaling, bedrock, dynamodb, events, lambda, queues, sagemaker, sts};

/// Performs the operation that `call` asks for.
pub(crate) fn answer(seed: &mut Seed, call: &Call, now: DateTime<Utc>, request_id: &str) -> Reply {
    seed.settle(now);
    let Seed { accounts, changes: general, .. } = seed;
    let region = accounts.entry(call.account.clone()).or_default().entry(call.region.clone()).or_default();
    let mut world = World { region, general, now, request_id };
    let answer = match call.service {
        Service::SageMaker => sagemaker::answer(call, &mut world),
        Service::Lambda => lambda::answer(call, &mut world),
        Service::Bedrock => bedrock::answer(call, &mut world),
        Service::DynamoDb => dynamodb::answer(call, &mut world),
        Service::AutoScaling => autoscaling::answer(call, &mut world),
        Service::EventBridge => events::answer(call, &mut world),
        Service::Sqs => queues::answer(call, &mut world),
        Service::Sts => sts::answer(call, &mut world),
        Service::Other => Err(call.service.unknown_operation(&call.operation)),
    };
    answer.unwrap_or_else(|refusal| error(call.service, &refusal, request_id))
}

/// The refusal of a caller whose IAM policies do not allow the operation on what it names.
pub(crate) fn denied(call: &Call) -> Refusal {
    call.denied(&match call.service {
        Service::SageMaker => sagemaker::resource(call),
        Service::Lambda => lambda::resource(call),
        Service::Bedrock => bedrock::resource(call),
        Service::DynamoDb => dynamodb::resource(call),
        Service::AutoScaling => autoscaling::resource(call),
        Service::EventBridge => events::resource(call),
        Service::Sqs => queues::resource(call),
        Service::Sts => sts::resource(call),
        Service::Other => "*".to_owned(),
    })
}

/// `refusal` in the service's wire format.
pub(crate) fn error(service: Service, refusal: &Refusal, request_id: &str) -> Reply {
    match service {
        Service::SageMaker => sagemaker::error(refusal),
        Service::Lambda => lambda::error(refusal),
        Service::Bedrock | Service::Other => bedrock::error(refusal),
        Service::DynamoDb => dynamodb::error(refusal),
        Service::AutoScaling => autoscaling::error(refusal),
        Service::EventBridge => events::error(refusal),
        Service::Sqs => queues::error(refusal),
        Service::Sts => sts::error(refusal, request_id),
    }
}
