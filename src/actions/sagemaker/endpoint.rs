//! What DescribeEndpoint says of an endpoint.

use aws_sdk_sagemaker::operation::describe_endpoint::DescribeEndpointOutput;
use aws_sdk_sagemaker::types::{
    EndpointStatus, ProductionVariantCapacityReservationSummary, ProductionVariantServerlessConfig,
    ProductionVariantSummary,
};
use serde_json::json;

use super::{LONGEST_NAME, Name, named};
use crate::action::Permission;
use crate::aws::{self, Scope};
use crate::error::Error;
use crate::plan::reading::{Fields, PartReading, Progress, Reading, Traffic};
use crate::plan::weight::is_same_weight;
use crate::plan::{FieldValue, Part, Service, Target};
use crate::plant::{self, Plant};
use crate::spelling::shape::{Piece, Shape, Word};

/// The operation that reads an endpoint.
pub(super) const READ: &str = "DescribeEndpoint";
/// The permission for it.
pub(super) const READ_PERMISSION: Permission =
    Permission { action: "sagemaker:DescribeEndpoint", resources: &["ACCOUNT:endpoint/NAME"] };

/// How the variants of endpoints are named.
pub(super) const TARGET: Shape = Shape(&[
    Piece::Text("sagemaker:endpoint/"),
    Piece::Word(Word::name("NAME", "-", LONGEST_NAME)),
    Piece::Text("/variant/"),
    Piece::Word(Word::name("NAME", "-", LONGEST_NAME)),
]);

pub(super) const WEIGHT: &str = "DesiredWeight";
pub(super) const INSTANCES: &str = "DesiredInstanceCount";
pub(super) const MAX_CONCURRENCY: &str = "ServerlessUpdateConfig.MaxConcurrency";
pub(super) const PROVISIONED_CONCURRENCY: &str = "ServerlessUpdateConfig.ProvisionedConcurrency";

pub(super) fn target(endpoint: &str) -> Target {
    Target::new(Service::SageMaker, format!("endpoint/{endpoint}"))
}

pub(super) fn variant(name: &Name) -> Part {
    Part::new("variant", name.as_str())
}

/// Reads an endpoint; it is at rest when those of its variants are that `matters` names.
pub(super) async fn read(scope: &Scope, name: &Name, matters: impl Fn(&str) -> bool) -> Result<Reading, Error> {
    let call = scope.sagemaker().describe_endpoint().endpoint_name(name.as_str()).send();
    let output = call.await.map_err(|error| aws::failure(READ, error))?;
    let arn = named(READ, output.endpoint_arn())?;
    let production = output.production_variants().iter().map(|summary| Variant::read(summary, Traffic::Shared));
    let shadow = output.shadow_production_variants().iter().map(|summary| Variant::read(summary, Traffic::Apart));
    let variants: Vec<Variant> = production.chain(shadow).collect();
    let moving = variants.iter().find(|variant| !variant.settled && matters(variant.part.name()));
    Ok(Reading {
        target: target(output.endpoint_name().unwrap_or(name.as_str())),
        fields: Fields::new(),
        lasting: None,
        arn: None,
        progress: progress(&output, moving),
        modified: output.last_modified_time().and_then(aws::to_utc),
        created: None,
        failed: None,
        renamed_from: None,
        failure: output.failure_reason().filter(|reason| !reason.is_empty()).map(str::to_owned),
        committed_until: None,
        response: json!({"EndpointArn": arn}),
        parts: variants.into_iter().map(Variant::into_reading).collect(),
        named: Vec::new(),
    })
}

fn progress(output: &DescribeEndpointOutput, moving: Option<&Variant>) -> Progress {
    let status = output.endpoint_status().map_or("no status", EndpointStatus::as_str);
    let reason = output.failure_reason().map(|reason| reason.trim_end_matches('.'));
    match output.endpoint_status() {
        Some(EndpointStatus::InService) => match moving {
            Some(variant) => Progress::Moving(format!("{status}, variant {} on its way", variant.part.name())),
            None => Progress::Settled,
        },
        Some(EndpointStatus::RollingBack) if plant::is(Plant::RollingBackTakenForRest) => Progress::Settled,
        Some(EndpointStatus::Failed | EndpointStatus::OutOfService | EndpointStatus::UpdateRollbackFailed) => {
            Progress::Failed(format!("{status}: {}", reason.unwrap_or("AWS gives no reason")))
        }
        // Creating, Updating, SystemUpdating, RollingBack, Deleting, and whatever AWS adds.
        _ => Progress::Busy(match reason {
            Some(reason) => format!("{status}: {reason}"),
            None => status.to_owned(),
        }),
    }
}

struct Variant {
    part: Part,
    traffic: Traffic,
    fields: Fields,
    /// Whether the present values are the desired ones.
    settled: bool,
    reserved: Option<i64>,
}

impl Variant {
    fn read(summary: &ProductionVariantSummary, traffic: Traffic) -> Self {
        let weight = Pair::read(summary.current_weight(), summary.desired_weight());
        let instances = Pair::read(summary.current_instance_count(), summary.desired_instance_count());
        let config = Pair::read(
            summary.current_serverless_config().map(concurrency),
            summary.desired_serverless_config().map(concurrency),
        );
        let count = |count: i32| FieldValue::Count(count.into());
        let mut fields = Fields::new();
        fields.extend(weight.desired.map(|weight| (WEIGHT, FieldValue::Weight(weight))));
        match config.desired {
            Some((most, provisioned)) => {
                fields.extend(most.map(|most| (MAX_CONCURRENCY, count(most))));
                fields.push((PROVISIONED_CONCURRENCY, provisioned.map_or(FieldValue::Absent, count)));
            }
            None => fields.extend(instances.desired.map(|instances| (INSTANCES, count(instances)))),
        }
        Self {
            part: Part::new("variant", summary.variant_name().unwrap_or_default()),
            traffic,
            fields,
            settled: weight.is_settled(is_same_weight)
                && instances.is_settled(|one, other| one == other)
                && config.is_settled(|one, other| one == other),
            reserved: summary.capacity_reservation_config().and_then(reserved),
        }
    }

    fn into_reading(self) -> PartReading {
        PartReading { part: self.part, traffic: self.traffic, fields: self.fields, reserved: self.reserved }
    }
}

/// What is free of a reservation, such as a training plan, and what the endpoint has of it; where several of its variants do,
/// each could have it all.
fn reserved(reservation: &ProductionVariantCapacityReservationSummary) -> Option<i64> {
    let (free, own) = (reservation.available_instance_count()?, reservation.used_by_current_endpoint()?);
    Some(i64::from(free) + i64::from(own))
}

/// The most concurrent invocations, and those provisioned.
fn concurrency(config: &ProductionVariantServerlessConfig) -> (Option<i32>, Option<i32>) {
    (config.max_concurrency(), config.provisioned_concurrency())
}

/// A value as it is and as it is meant to be.
#[derive(Clone, Copy)]
struct Pair<T> {
    current: Option<T>,
    desired: Option<T>,
}

impl<T: Copy> Pair<T> {
    /// For a serverless variant at rest AWS gives the current values alone: then nothing else is meant.
    fn read(current: Option<T>, desired: Option<T>) -> Self {
        Self { current, desired: desired.or(current) }
    }

    fn is_settled(self, same: impl Fn(T, T) -> bool) -> bool {
        match (self.current, self.desired) {
            (Some(current), Some(desired)) => same(current, desired),
            (current, desired) => current.is_none() && desired.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_settled_where_all_that_is_meant_is_so() {
        let config = |most| ProductionVariantServerlessConfig::builder().max_concurrency(most).memory_size_in_mb(1024);
        let settled = |weight: f32, instances: i32, most: i32| {
            let summary = ProductionVariantSummary::builder()
                .variant_name("v")
                .current_weight(1.0)
                .desired_weight(weight)
                .current_instance_count(2)
                .desired_instance_count(instances)
                .current_serverless_config(config(5).build())
                .desired_serverless_config(config(most).build());
            Variant::read(&summary.build(), Traffic::Shared).settled
        };
        assert!(settled(1.0, 2, 5));
        assert_eq!([settled(1.5, 2, 5), settled(1.0, 3, 5), settled(1.0, 2, 6)], [false; 3]);
    }

    #[test]
    fn a_value_has_settled_only_as_what_is_meant() {
        let settled = |current: Option<i32>, desired: Option<i32>| {
            Pair { current, desired }.is_settled(|one, other| one == other)
        };
        assert!(settled(None, None) && settled(Some(1), Some(1)));
        assert!(!settled(None, Some(1)) && !settled(Some(1), None) && !settled(Some(1), Some(2)));
    }
}
