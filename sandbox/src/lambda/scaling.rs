//! Put and Get of the scaling configurations of functions on managed instances.

use super::name::{FunctionName, function_label, reachable};
use super::refusal::{conflict, invalid, not_found, updating};
use super::wire::{PutScalingInput, PutScalingOutput, Scaling, ok};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::resource::{Changing, ExecutionEnvironments, Function, ScalingConfig};
use crate::world::World;

pub(super) fn put(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let input: PutScalingInput = call.input_if_any()?;
    let asked = input.function_scaling_config.unwrap_or_default();
    let mut constraints = Constraints::default();
    let (min, max) = (asked.min_execution_environments, asked.max_execution_environments);
    constraints.range("functionScalingConfig.minExecutionEnvironments", min, 0, Some(15_000));
    constraints.range("functionScalingConfig.maxExecutionEnvironments", max, 0, Some(15_000));
    let (name, qualifier) = place(call, constraints)?;
    let (general, now) = (&mut *world.general, world.now);
    let function = world.region.functions.get_mut(name);
    if function.as_ref().is_some_and(|function| function.updating.is_some()) {
        return Err(updating(call, name));
    }
    let config = find(function, call, name, qualifier)?;
    if config.change.is_some() {
        // That a second request is refused until the first is in effect is unverified, and so are the words.
        return Err(conflict("A previous request is being processed. Please try again shortly"));
    }
    // That a bound which is left out stays what it is, is unverified.
    let ExecutionEnvironments { min: present_min, max: present_max } = config.wanted();
    let bounds = ExecutionEnvironments { min: min.or(present_min), max: max.or(present_max) };
    if bounds.min.zip(bounds.max).is_some_and(|(min, max)| min > max) {
        // The words are unverified.
        return Err(invalid("MinExecutionEnvironments must be less than or equal to MaxExecutionEnvironments."));
    }
    config.put(bounds, general, now);
    // Which state it is, is unverified.
    Ok(ok(202, &PutScalingOutput { function_state: "Active" }))
}

pub(super) fn get(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    let (name, qualifier) = place(call, Constraints::default())?;
    let now = world.now;
    let mut function = world.region.functions.get_mut(name);
    if let Some(updating) = function.as_mut().and_then(|function| function.updating.as_mut()) {
        updating.count_read();
    }
    let config = find(function, call, name, qualifier)?;
    let arn = call.arn(&format!("function:{name}:{qualifier}"));
    Ok(ok(200, &Scaling::of(arn, &config.read(now))))
}

/// The function's name, which has no qualifier here, and what is published of it.
fn place(call: &Call, mut constraints: Constraints) -> Result<(&str, &str), Refusal> {
    let label = function_label(call, &mut constraints);
    let qualified = FunctionName::read(label).is_some_and(|named| named.qualifier.is_some());
    let rule = "satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)";
    constraints.check("functionName", label, !qualified, rule);
    let qualifier = constraints.required("qualifier", call.query("Qualifier")).unwrap_or_default();
    if call.query("Qualifier").is_some() {
        let is_version = !qualifier.is_empty() && qualifier.bytes().all(|byte| byte.is_ascii_digit());
        let rule = "satisfy regular expression pattern: (\\$LATEST\\.PUBLISHED|[0-9]+)";
        constraints.check("qualifier", qualifier, is_version || qualifier == "$LATEST.PUBLISHED", rule);
        constraints.check("qualifier", qualifier, qualifier.len() <= 128, "have length less than or equal to 128");
    }
    constraints.finish()?;
    Ok((reachable(call, label)?.name, qualifier))
}

fn find<'a>(
    function: Option<&'a mut Function>,
    call: &Call,
    name: &str,
    qualifier: &str,
) -> Result<&'a mut ScalingConfig, Refusal> {
    let missing = || not_found(format!("Function not found: {}", call.arn(&format!("function:{name}:{qualifier}"))));
    let function = function.ok_or_else(missing)?;
    let is_published = qualifier == "$LATEST.PUBLISHED" || function.versions.iter().any(|version| version == qualifier);
    if !is_published {
        return Err(missing());
    }
    // What AWS says of a function that does not run on managed instances is unverified.
    let elsewhere = || invalid("The function does not run on managed instances.");
    function.scaling_configs.get_mut(qualifier).ok_or_else(elsewhere)
}
