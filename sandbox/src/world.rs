//! What an operation sees and may change: the caller's Region, the general settings, the time.

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::reply::Reply;
use crate::resource::Changes;
use crate::seed::{Region, Seed};
use crate::service::Service;
use crate::{bedrock, lambda, sagemaker, sts};

/// The surroundings of one operation.
pub(crate) struct World<'a> {
    pub(crate) region: &'a mut Region,
    pub(crate) general: &'a mut Changes,
    pub(crate) now: DateTime<Utc>,
    pub(crate) request_id: &'a str,
}

/// Performs the operation that `call` asks for.
pub(crate) fn answer(seed: &mut Seed, call: &Call, now: DateTime<Utc>, request_id: &str) -> Reply {
    settle(seed, now);
    let Seed { accounts, changes: general, .. } = seed;
    let region = accounts.entry(call.account.clone()).or_default().entry(call.region.clone()).or_default();
    let mut world = World { region, general, now, request_id };
    let answer = match call.service {
        Service::SageMaker => sagemaker::answer(call, &mut world),
        Service::Lambda => lambda::answer(call, &mut world),
        Service::Bedrock => bedrock::answer(call, &mut world),
        Service::Sts => sts::answer(call, &mut world),
        Service::Other => Err(call.service.unknown_operation(call)),
    };
    answer.unwrap_or_else(|refusal| call.service.error(&refusal, request_id))
}

/// Ends every change that is done by `now`.
pub(crate) fn settle(seed: &mut Seed, now: DateTime<Utc>) {
    for region in seed.accounts.values_mut().flat_map(|regions| regions.values_mut()) {
        region.endpoints.values_mut().for_each(|endpoint| endpoint.settle(now));
        region.functions.values_mut().for_each(|function| function.settle(now));
        region.provisioned_models.values_mut().for_each(|model| model.settle(now));
    }
}
