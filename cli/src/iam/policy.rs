//! Policy documents of IAM.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use setpoint::action::{EVERYTHING, Need, OWNER};
use setpoint::aws::Role;
use setpoint::payload::Request;
use setpoint::spelling::arn::{Account, Arn, Region, RoleArn};
use setpoint::spelling::glob::Glob;

use crate::iam::Home;
use crate::iam::asked::{Asked, Looked};

/// The characters, without white space, that the inline policies of a role may have together.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
pub(crate) const LONGEST_INLINE: usize = 10_240;

/// What is allowed: resources by action.
#[derive(Debug, Default)]
pub(crate) struct Policy(BTreeMap<String, BTreeSet<String>>);

/// Where the one is at home who asks.
struct At<'a> {
    region: Option<&'a Region>,
    account: Option<&'a Account>,
}

impl Policy {
    /// What the function's own role needs.
    pub(crate) fn of_function(asked: &Asked, home: &Home) -> Result<Self, String> {
        let mut policy = Self::default();
        let at = At { region: home.region.as_ref(), account: home.account.as_ref() };
        for (request, role) in asked.requests()? {
            match role {
                None => policy.request(request, asked, &at),
                Some(role) => policy.assume(&role),
            }
        }
        for looked in asked.selections()? {
            match &looked.role {
                None => policy.selection(&looked, asked, &at),
                Some(role) => policy.assume(role),
            }
        }
        if let Some(table) = asked.config.ledger_table() {
            policy.allow("dynamodb:UpdateItem", at.named("dynamodb", "table", table));
        }
        if let Some(bus) = asked.config.change_events() {
            policy.allow("events:PutEvents", at.named("events", "event-bus", bus.as_str()));
        }
        let log_group = format!("{OWNER}:log-group:/aws/lambda/{}:*", home.function);
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            policy.allow(action, at.arn("logs", None, &log_group));
        }
        Ok(policy)
    }

    /// What a role needs that the function assumes.
    pub(crate) fn of_role(asked: &Asked, arn: &RoleArn, home: &Home) -> Result<Self, String> {
        let mut policy = Self::default();
        let at = At { region: home.region.as_ref(), account: Some(arn.account()) };
        for (request, role) in asked.requests()? {
            if role.is_some_and(|role| role.arn == *arn) {
                policy.request(request, asked, &at);
            }
        }
        for looked in asked.selections()? {
            if looked.role.as_ref().is_some_and(|role| role.arn == *arn) {
                policy.selection(&looked, asked, &at);
            }
        }
        Ok(policy)
    }

    fn allow(&mut self, action: &str, resource: String) {
        self.0.entry(action.to_owned()).or_default().insert(resource);
    }

    fn assume(&mut self, role: &Role) {
        self.allow(ASSUME, role.arn.as_str().to_owned());
        if role.has_source_identity() {
            self.allow(IDENTIFY, role.arn.as_str().to_owned());
        }
    }

    fn request(&mut self, request: &Request, asked: &Asked, at: &At<'_>) {
        let (region, account) =
            (request.settings.region.clone().or_else(|| request.action.region()), request.action.account());
        let there = At { account: account.as_ref().or(at.account), ..*at };
        self.grant(request.needs(), region.as_ref(), &there);
        let of_bounds = request.needs_of_bounds(asked.config.guardrails.autoscaled);
        self.grant(of_bounds, region.as_ref(), &there);
    }

    fn selection(&mut self, looked: &Looked<'_>, asked: &Asked, at: &At<'_>) {
        self.grant(looked.select.needs(), looked.region.as_ref(), at);
        let of_bounds = looked.select.pattern.needs_of_bounds(asked.config.guardrails.autoscaled);
        self.grant(of_bounds, looked.region.as_ref(), at);
    }

    fn grant(&mut self, needs: Vec<Need>, region: Option<&Region>, at: &At<'_>) {
        for need in needs {
            let Some((service, _)) = need.action.split_once(':') else { continue };
            self.allow(need.action, at.arn(service, region, &need.resource));
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut statements: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for (action, resources) in &self.0 {
            let resources = uncovered(resources);
            match statements.iter_mut().find(|(same, _)| *same == resources) {
                Some((_, actions)) => actions.push(action),
                None => statements.push((resources, vec![action])),
            }
        }
        document(statements.into_iter().map(|(resources, actions)| {
            json!({"Sid": sid(&actions), "Effect": "Allow", "Action": actions, "Resource": resources})
        }))
    }
}

impl At<'_> {
    /// An ARN, with a `*` for what is not told.
    fn arn(&self, service: &str, region: Option<&Region>, resource: &str) -> String {
        if resource == EVERYTHING {
            return resource.to_owned();
        }
        let region = region.or(self.region).map_or(ANY, Region::as_str);
        let account = self.account.map_or(ANY, Account::as_str);
        let resource = match resource.strip_prefix(OWNER) {
            Some(rest) => format!("{account}{rest}"),
            None => resource.to_owned(),
        };
        format!("arn:{}:{service}:{region}:{resource}", partition(region))
    }

    /// The ARN of what is named by it, or by its name in the function's own account and Region.
    fn named(&self, service: &str, kind: &str, name: &str) -> String {
        match Arn::parse(name) {
            Some(arn) => arn.as_str().to_owned(),
            None => self.arn(service, None, &format!("{OWNER}:{kind}/{name}")),
        }
    }
}

/// Those that no pattern among them covers.
fn uncovered(resources: &BTreeSet<String>) -> Vec<&str> {
    let is_covered =
        |resource: &String| resources.iter().any(|other| other != resource && Glob::new(other).matches(resource));
    resources.iter().filter(|resource| !is_covered(resource)).map(String::as_str).collect()
}

const ANY: &str = "*";
const ASSUME: &str = "sts:AssumeRole";
const IDENTIFY: &str = "sts:SetSourceIdentity";

/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// A statement is called by what it lets be changed, else by what it lets be read.
fn sid(actions: &[&str]) -> String {
    let operations = || actions.iter().map(|action| action.split_once(':').map_or(*action, |(_, operation)| operation));
    let writes = |operation: &&str| !["Get", "Describe"].iter().any(|read| operation.starts_with(read));
    operations().rfind(writes).or_else(|| operations().next()).unwrap_or_default().to_owned()
}

fn document(statements: impl Iterator<Item = Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})
}

/// Who may run as the function's own role: Lambda.
pub(crate) fn trust_of_function() -> Value {
    let lambda = json!({"Service": "lambda.amazonaws.com"});
    document([json!({"Sid": "RunFunction", "Effect": "Allow", "Principal": lambda, "Action": ASSUME})].into_iter())
}

/// Who may assume a role: the function, which shows the external id where there is one. The source identity is allowed apart,
/// so that it does not hang on what the other is asked for.
pub(crate) fn trust_of_role(role: &Role, principal: &RoleArn) -> Value {
    let principal = json!({"AWS": principal.as_str()});
    let mut assume = json!({"Sid": "AssumeRole", "Effect": "Allow", "Principal": principal, "Action": ASSUME});
    if let Some(id) = role.external_id() {
        assume["Condition"] = json!({"StringEquals": {"sts:ExternalId": id}});
    }
    let identify = role
        .has_source_identity()
        .then(|| json!({"Sid": "SetSourceIdentity", "Effect": "Allow", "Principal": principal, "Action": IDENTIFY}));
    document([assume].into_iter().chain(identify))
}
