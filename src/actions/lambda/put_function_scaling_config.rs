//! `lambda:PutFunctionScalingConfig`: between how many execution environments a function on managed instances scales.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionScalingConfig.html>

use std::time::Duration;

use aws_sdk_lambda::operation::get_function_scaling_config::GetFunctionScalingConfigOutput;
use aws_sdk_lambda::types::FunctionScalingConfig;
use chrono::{DateTime, Utc};
use deserr::{Deserr, ValuePointerRef};
use serde_json::{Value, json};

use super::{FunctionName, LONGEST_NAME, LONGEST_QUALIFIER, WORD};
use crate::action::{About, Action, Command, OWNER, Permission, Subject, TargetKind};
use crate::aws::{self, Scope};
use crate::clock::Poll;
use crate::error::{AwsFailure, Error};
use crate::guardrail::Cleared;
use crate::plan::ask::{Ask, Within};
use crate::plan::reading::{Fields, Progress, Reading};
use crate::plan::{FieldValue, Plan, Service, Target};
use crate::spelling::problem::{Problem, Problems, unknown_member, wrong};
use crate::spelling::shape::{Piece, Shape, Word};
use crate::spelling::shell::quoted;

/// The documented request, whose numbers may be targets.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields = unknown, validate = unqualified -> Problems)]
pub struct PutFunctionScalingConfig {
    #[deserr(rename = "FunctionName")]
    function: FunctionName,
    #[deserr(rename = "Qualifier")]
    qualifier: Published,
    #[deserr(rename = "FunctionScalingConfig")]
    config: Bounds,
}

/// What is published: a version number, or the latest of them.
#[derive(Clone, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, try_from(String) = Published::parse -> String)]
struct Published(String);

impl Published {
    fn parse(text: String) -> Result<Self, String> {
        let is_version =
            (1..=LONGEST_QUALIFIER).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
        if text == "$LATEST.PUBLISHED" || is_version {
            Ok(Self(text))
        } else {
            Err("must be $LATEST.PUBLISHED or a version number; this operation takes no alias".to_owned())
        }
    }
}

/// Between how many environments, each bound a count or a target.
#[derive(Clone, Copy, Debug, PartialEq, Deserr)]
#[deserr(error = Problems, deny_unknown_fields, validate = consistent -> Problems)]
struct Bounds {
    #[deserr(default, rename = "MinExecutionEnvironments")]
    min: Option<Environments>,
    #[deserr(default, rename = "MaxExecutionEnvironments")]
    max: Option<Environments>,
}

/// Execution environments: 0 to 15,000.
type Environments = Within<0, MOST>;

const MOST: i64 = 15_000;

/// There is a bound, and none contradicts the other.
fn consistent(bounds: Bounds, location: ValuePointerRef<'_>) -> Result<Bounds, Problems> {
    match (bounds.min, bounds.max) {
        (None, None) => {
            let message = "asks for nothing; give MinExecutionEnvironments, MaxExecutionEnvironments or both";
            Err(wrong(location, message))
        }
        (min, max) => match (min.and_then(Within::exact), max.and_then(Within::exact)) {
            (Some(min), Some(max)) if min > max => {
                Err(wrong(location.push_key("MinExecutionEnvironments"), above_max(min, max)))
            }
            _ => Ok(bounds),
        },
    }
}

fn above_max(min: i64, max: i64) -> String {
    format!("is {min}, above MaxExecutionEnvironments, which is {max}")
}

/// AWS's pattern has no qualifier in the name.
fn unqualified(
    input: PutFunctionScalingConfig,
    location: ValuePointerRef<'_>,
) -> Result<PutFunctionScalingConfig, Problems> {
    match &input.function.qualifier {
        None => Ok(input),
        Some(carried) => {
            let message = format!("carries the qualifier {carried}, which this operation takes in Qualifier alone");
            Err(wrong(location.push_key("FunctionName"), message))
        }
    }
}

fn unknown(key: &str, accepted: &[&str], location: ValuePointerRef<'_>) -> Problems {
    let message = match key {
        "MinExecutionEnvironments" | "MaxExecutionEnvironments" => {
            "there is no such member here; it goes into `FunctionScalingConfig`".to_owned()
        }
        key => unknown_member(key, accepted),
    };
    wrong(location.push_key(key), message)
}

const READ: &str = "GetFunctionScalingConfig";
const MIN: &str = "FunctionScalingConfig.MinExecutionEnvironments";
const MAX: &str = "FunctionScalingConfig.MaxExecutionEnvironments";
/// Apart from the alias or version itself, which is what has provisioned concurrency: bounds for that are not meant here.
const TARGET: Shape = Shape(&[
    Piece::Text("lambda:function-scaling-config:"),
    Piece::Word(Word::name("NAME", WORD, LONGEST_NAME)),
    Piece::Text(":"),
    Piece::Word(Word::name("QUALIFIER", "$.", LONGEST_QUALIFIER)),
]);
/// Whether AWS checks the function's ARN, as its list of permissions has it, or that of what is published is not
/// established; both are granted.
const RESOURCES: &[&str] = &["ACCOUNT:function:NAME", "ACCOUNT:function:NAME:QUALIFIER"];

impl Action for PutFunctionScalingConfig {
    const ABOUT: About = About {
        name: "lambda:PutFunctionScalingConfig",
        read: READ,
        target: TARGET,
        kind: Some(TargetKind::Function),
        named_by: "FunctionName",
        texts: &[],
        scalable: &[],
        together: false,
        permissions: &[
            Permission { action: "lambda:GetFunctionScalingConfig", resources: RESOURCES },
            Permission { action: "lambda:PutFunctionScalingConfig", resources: RESOURCES },
        ],
        // Environments start on instances that may have to be started first.
        poll: Poll::new(Duration::from_secs(3), Duration::from_secs(15)),
    };

    fn subject(&self) -> Subject {
        let FunctionName { region, account, .. } = &self.function;
        Subject { region: region.clone(), account: account.clone(), ..Subject::named(self.target()) }
    }

    fn asks(&self) -> Vec<Ask> {
        let bounds = [(MIN, self.config.min), (MAX, self.config.max)].into_iter();
        bounds.filter_map(|(name, bound)| Some(Ask::whole(name, bound?.want()))).collect()
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading, Error> {
        let call = scope
            .lambda()
            .get_function_scaling_config()
            .function_name(self.function.as_str())
            .qualifier(&self.qualifier.0)
            .send();
        let output = call.await.map_err(|error| aws::failure(READ, error))?;
        if output.function_arn().is_none_or(str::is_empty) && desired(&output).is_none() {
            return Err(AwsFailure::unrecognised(READ, 200).into());
        }
        // The state that the write answers with is in no answer to the read, and neither is the time of a change.
        let reading = Reading::of(self.target(), json!({}));
        Ok(Reading { fields: fields(desired(&output)), progress: progress(&output), ..reading })
    }

    /// What AWS makes of a bound that is left out is not established; compared is what it has.
    fn object(&self, plan: &Plan, reading: &Reading, _: DateTime<Utc>) -> Vec<Problem> {
        match (plan.to(reading, MIN), plan.to(reading, MAX)) {
            (Some(FieldValue::Count(min)), Some(FieldValue::Count(max))) if min > max => {
                let (member, message) = match self.config.min {
                    Some(_) => (MIN, above_max(*min, *max)),
                    None => (MAX, format!("is {max}, below MinExecutionEnvironments, which is {min}")),
                };
                vec![Problem { path: format!("input.{member}"), message }]
            }
            _ => Vec::new(),
        }
    }

    async fn submit(&self, scope: &Scope, cleared: &Cleared) -> Result<Value, Error> {
        let config = FunctionScalingConfig::builder()
            .set_min_execution_environments(cleared.count(MIN))
            .set_max_execution_environments(cleared.count(MAX))
            .build();
        let call = scope
            .lambda()
            .put_function_scaling_config()
            .function_name(self.function.as_str())
            .qualifier(&self.qualifier.0)
            .function_scaling_config(config)
            .send();
        let operation = Self::ABOUT.write();
        let output = call.await.map_err(|error| aws::failure(operation, error))?;
        match output.function_state() {
            Some(state) => Ok(json!({"FunctionState": state.as_str()})),
            None => Err(AwsFailure::unrecognised(operation, 202).into()),
        }
    }

    fn resources(&self, _permission: &Permission) -> Vec<String> {
        let function = format!("{OWNER}:function:{}", self.function.name);
        vec![function.clone(), format!("{function}:{}", self.qualifier.0)]
    }

    fn command(&self, of: Command<'_>) -> String {
        let command = |operation| {
            let (function, qualifier) = (quoted(self.function.as_str()), quoted(&self.qualifier.0));
            format!("{} --function-name {function} --qualifier {qualifier}", Self::ABOUT.command(operation))
        };
        match of {
            Command::Read => command(READ),
            Command::Write(cleared) => {
                let bound = |name| {
                    let (_, member) = str::split_once(name, '.')?;
                    Some(format!("{member}={}", cleared.value(name)?))
                };
                let config = [MIN, MAX].into_iter().filter_map(bound).collect::<Vec<_>>().join(",");
                format!("{} --function-scaling-config {config}", command(Self::ABOUT.write()))
            }
        }
    }
}

impl PutFunctionScalingConfig {
    fn target(&self) -> Target {
        let (name, qualifier) = (&self.function.name, &self.qualifier.0);
        Target::new(Service::Lambda, format!("function-scaling-config:{name}:{qualifier}"))
    }
}

/// What was requested, else what is applied: AWS need not report a request that is in effect.
fn desired(output: &GetFunctionScalingConfigOutput) -> Option<&FunctionScalingConfig> {
    output.requested_function_scaling_config().or(output.applied_function_scaling_config())
}

fn bounds(config: Option<&FunctionScalingConfig>) -> [(&'static str, Option<i32>); 2] {
    [
        (MIN, config.and_then(FunctionScalingConfig::min_execution_environments)),
        (MAX, config.and_then(FunctionScalingConfig::max_execution_environments)),
    ]
}

fn fields(config: Option<&FunctionScalingConfig>) -> Fields {
    let reported = bounds(config).into_iter().filter_map(|(name, bound)| Some((name, bound?)));
    reported.map(|(name, bound)| (name, FieldValue::Count(bound.into()))).collect()
}

fn progress(output: &GetFunctionScalingConfigOutput) -> Progress {
    let applied = bounds(output.applied_function_scaling_config()).map(|(_, bound)| bound);
    let requested = bounds(output.requested_function_scaling_config()).map(|(_, bound)| bound);
    let is_applied = |(requested, applied): (&Option<i32>, &Option<i32>)| requested.is_none() || requested == applied;
    if requested.iter().zip(&applied).all(is_applied) {
        return Progress::Settled;
    }
    let shown = |[min, max]: [Option<i32>; 2]| {
        let shown = |bound: Option<i32>| bound.map_or_else(|| "unknown".to_owned(), |bound| bound.to_string());
        format!("{} to {}", shown(min), shown(max))
    };
    // A new request may be turned away while the last is on its way, which the error then says.
    Progress::Moving(format!("{} environments applied, {} requested", shown(applied), shown(requested)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(min: Option<i32>, max: Option<i32>) -> FunctionScalingConfig {
        FunctionScalingConfig::builder().set_min_execution_environments(min).set_max_execution_environments(max).build()
    }

    fn read(
        applied: Option<FunctionScalingConfig>,
        requested: Option<FunctionScalingConfig>,
    ) -> GetFunctionScalingConfigOutput {
        GetFunctionScalingConfigOutput::builder()
            .set_applied_function_scaling_config(applied)
            .set_requested_function_scaling_config(requested)
            .build()
    }

    #[test]
    fn what_was_requested_is_what_is_there_and_else_what_is_applied() {
        let (applied, requested) = (config(Some(2), Some(5)), config(Some(3), Some(8)));
        let counts = |min, max| vec![(MIN, FieldValue::Count(min)), (MAX, FieldValue::Count(max))];
        let fields_of = |output| fields(desired(&output));
        assert_eq!(fields_of(read(Some(applied.clone()), None)), counts(2, 5));
        assert_eq!(fields_of(read(Some(applied), Some(requested.clone()))), counts(3, 8));
        assert_eq!(fields_of(read(None, Some(requested))), counts(3, 8));
        assert_eq!(fields_of(read(Some(config(None, Some(5))), None)), [(MAX, FieldValue::Count(5))]);
        assert_eq!(fields_of(read(None, None)), []);
    }

    #[test]
    fn it_is_at_rest_when_all_that_was_requested_is_applied() {
        let applied = || Some(config(Some(2), Some(5)));
        assert_eq!(progress(&read(applied(), None)), Progress::Settled);
        assert_eq!(progress(&read(applied(), applied())), Progress::Settled);
        assert_eq!(progress(&read(applied(), Some(config(None, Some(5))))), Progress::Settled);
        let moving = |text: &str| Progress::Moving(text.to_owned());
        let later = || Some(config(Some(3), Some(5)));
        let expected = moving("2 to 5 environments applied, 3 to 5 requested");
        assert_eq!(progress(&read(applied(), later())), expected);
        let expected = moving("unknown to unknown environments applied, 3 to 5 requested");
        assert_eq!(progress(&read(None, later())), expected);
    }
}
