//! What the role of the function is allowed, as far as a template says all of it.

use std::ops::Range;

use setpoint::action::{EVERYTHING, Need, OWNER};
use setpoint::guardrail::Autoscaled;
use setpoint::payload::{Payload, Request};
use setpoint::spelling::glob::Glob;
use setpoint::spelling::problem::listed;

use crate::lint::finding::Finding;
use crate::lint::node::Node;

/// What the statements of a role allow.
#[derive(Debug)]
pub(crate) struct Grants {
    /// Where they are written.
    span: Range<usize>,
    allowed: Vec<Allowed>,
}

/// Patterns of actions and of ARNs, with a `*` for what only a deployment knows.
#[derive(Debug)]
struct Allowed {
    actions: Vec<String>,
    resources: Vec<String>,
}

/// AWS's policies for running a function, which allow nothing of what a payload asks for:
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>.
const OF_RUNNING: [&str; 4] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSXRayDaemonWriteAccess",
];

/// Whether a managed policy, by its name or its ARN, is only for running a function.
pub(crate) fn is_of_running(policy: &str) -> bool {
    OF_RUNNING.contains(&policy.rsplit('/').next().unwrap_or_default())
}

impl Grants {
    /// What policy documents allow together; `None` where one says it by what it leaves out, or only a deployment knows.
    pub(crate) fn read(span: Range<usize>, documents: &[Node]) -> Option<Self> {
        let statements: Option<Vec<&[Node]>> = documents
            .iter()
            .map(|document| {
                document
                    .get("Statement")
                    .map(|node| if node.elements().is_empty() { std::slice::from_ref(node) } else { node.elements() })
            })
            .collect();
        let allowed: Option<Vec<Option<Allowed>>> = statements?.into_iter().flatten().map(allowed).collect();
        Some(Self { span, allowed: allowed?.into_iter().flatten().collect() })
    }

    /// Whether some statement may allow an action on the part of an ARN behind the Region.
    fn may_allow(&self, action: &str, resource: &str) -> bool {
        let is_action = |pattern: &String| Glob::new(&pattern.to_lowercase()).matches(&action.to_lowercase());
        self.allowed.iter().any(|allowed| {
            allowed.actions.iter().any(is_action)
                && allowed.resources.iter().any(|pattern| may_match(pattern, action, resource))
        })
    }

    /// The permissions among these that no statement allows, and on what.
    fn missing(&self, needs: &[Need]) -> (Vec<&'static str>, String) {
        let mut missing: Vec<&'static str> = Vec::new();
        let mut on = String::new();
        for need in needs {
            // AWS spells some names as it likes, and then any of the spellings may be the one that is allowed.
            let is_allowed = needs
                .iter()
                .filter(|other| other.action == need.action)
                .any(|other| self.may_allow(other.action, &other.resource));
            if !is_allowed && !missing.contains(&need.action) {
                missing.push(need.action);
                on = need.resource.split_once(':').map_or(EVERYTHING, |(_, resource)| resource).to_owned();
            }
        }
        (missing, on)
    }
}

/// What a statement allows; `Some(None)` for one that denies.
fn allowed(statement: &Node) -> Option<Option<Allowed>> {
    match statement.get("Effect").filter(|effect| effect.known).and_then(Node::as_str)? {
        "Deny" => Some(None),
        "Allow" => {
            let [actions, resources] = ["Action", "Resource"].map(|member| statement.get(member).and_then(patterns));
            Some(Some(Allowed { actions: actions?, resources: resources? }))
        }
        _ => None,
    }
}

fn patterns(node: &Node) -> Option<Vec<String>> {
    let elements = if node.elements().is_empty() { std::slice::from_ref(node) } else { node.elements() };
    elements.iter().map(|element| element.text().map(|text| text.with_any())).collect()
}

/// Whether a pattern may be of a resource, in whatever Region and account that is, unless its owner is told.
fn may_match(pattern: &str, action: &str, resource: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    let (owner, resource) = resource.split_once(':').unwrap_or_default();
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    let (partition, region, account) = match parts.as_slice() {
        [_, partition, _, region, account, _] => (*partition, *region, *account),
        _ => ("aws", "us-east-1", "123456789012"),
    };
    let owner = if owner == OWNER { account } else { owner };
    let there = format!("arn:{partition}:{service}:{region}:{owner}:{resource}");
    // What a request leaves open is a pattern too.
    Glob::new(pattern).matches(&there) || Glob::new(&there).matches(pattern)
}

/// Requests that the function's role does not allow, each with the place of its action; what several ask for is said once.
pub(crate) fn check(grants: &Grants, payloads: &[(Payload, Node)], autoscaled: Autoscaled) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut said = Vec::new();
    for (payload, document) in payloads {
        for (way, needs) in needs(payload, autoscaled) {
            let (missing, on) = grants.missing(&needs);
            if missing.is_empty() || said.contains(&(missing.clone(), on.clone())) {
                continue;
            }
            let sentence = format!(
                "{way}: needs {} on {on}, which no policy of the function's role allows; `cargo setpoint iam` with this file \
                 prints the policy that does",
                listed(&missing)
            );
            let finding = Finding::warning("not-permitted", sentence, document.place(&way).span);
            found.push(finding.beside(grants.span.clone(), "what the function's role is allowed".to_owned()));
            said.push((missing, on));
        }
    }
    found
}

/// What the function's own role needs for a payload, each with the way to its action: as another role, what its own is allowed
/// does not matter.
fn needs(payload: &Payload, autoscaled: Autoscaled) -> Vec<(String, Vec<Need>)> {
    let with_bounds = |mut needs: Vec<Need>, request: &Request| {
        needs.extend(request.needs_of_bounds(autoscaled));
        needs
    };
    if let Payload::Select(select) = payload {
        let by_itself = select.selection.roles.is_none() && select.pattern.settings.role.is_none();
        let needs = by_itself.then(|| ("action".to_owned(), with_bounds(select.needs(), &select.pattern)));
        return needs.into_iter().collect();
    }
    let own = payload.requests().iter().enumerate().filter(|(_, request)| request.settings.role.is_none());
    own.map(|(index, request)| (format!("{}action", payload.way(index)), with_bounds(request.needs(), request)))
        .collect()
}
