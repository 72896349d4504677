//! One request, read: whose it is, which service and operation it asks for, and with what.

use hyper::HeaderMap;
use percent_encoding::percent_decode_str;

use serde::Deserialize;

use crate::reply::Refusal;
use crate::service::{Service, UNNAMED};

/// The account of every access key that `AssumeRole` here did not issue.
pub const DEFAULT_ACCOUNT: &str = "123456789012";
/// The Region of a request without a credential scope.
pub const DEFAULT_REGION: &str = "us-east-1";

/// What a session token issued here begins with; the role's name and the session's follow, each behind a slash.
const TOKEN_PREFIX: &str = "sandbox/";

/// A request as the services see it.
pub(crate) struct Call {
    pub(crate) service: Service,
    /// The operation's AWS name, or what stands in its place when there is no such operation.
    pub(crate) operation: String,
    pub(crate) account: String,
    pub(crate) region: String,
    /// The role and session that the session token names, of credentials that `AssumeRole` here issued.
    pub(crate) session: Option<String>,
    pub(crate) method: String,
    /// Path and query exactly as sent.
    pub(crate) path: String,
    /// The segments of the path, percent-decoded one by one, so that a `/` inside an ARN stays inside its segment.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The credential scope of a SigV4 `Authorization` header.
struct Scope<'a> {
    access_key: &'a str,
    region: &'a str,
    service: &'a str,
}

impl Call {
    pub(crate) fn read(method: &str, path: &str, headers: &HeaderMap, body: String) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (bare_path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments: Vec<String> = bare_path
            .trim_matches('/')
            .split('/')
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let scope = text("authorization").and_then(Scope::read);
        let target = text("x-amz-target");
        let service = match &scope {
            Some(scope) => Service::signed_as(scope.service),
            None => Service::guessed(target, &segments, &body),
        };
        let mut call = Self {
            service,
            operation: String::new(),
            account: scope
                .as_ref()
                .and_then(|scope| issued_for(scope.access_key))
                .unwrap_or(DEFAULT_ACCOUNT)
                .to_owned(),
            region: scope.as_ref().map_or(DEFAULT_REGION, |scope| scope.region).to_owned(),
            session: text("x-amz-security-token").and_then(session).map(str::to_owned),
            method: method.to_owned(),
            path: path.to_owned(),
            segments,
            query: form(query),
            body,
        };
        call.operation = call.operation(target).unwrap_or_else(|| UNNAMED.to_owned());
        call
    }

    /// The operation's AWS name; where the request itself names one, whatever it names.
    fn operation(&self, target: Option<&str>) -> Option<String> {
        match self.service {
            Service::SageMaker | Service::AutoScaling | Service::DynamoDb | Service::EventBridge | Service::Sqs => {
                target.map(|target| self.service.named_in(target).unwrap_or(target).to_owned())
            }
            Service::Sts => self.parameter("Action"),
            Service::Lambda | Service::Bedrock | Service::Other => {
                self.service.routed(&self.method, &self.segments, &self.query).map(str::to_owned)
            }
        }
    }

    /// The members of a body in JSON.
    pub(crate) fn input<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        parsed(&self.body)
    }

    /// The same where a body may be left out.
    pub(crate) fn input_if_any<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        parsed(if self.body.is_empty() { "{}" } else { &self.body })
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query protocol, which a POST has in its body.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form(&self.body)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
            .or_else(|| self.query(name).map(str::to_owned))
    }

    /// The ARN of whoever makes the call.
    pub(crate) fn caller(&self) -> String {
        let account = &self.account;
        let partition = partition(&self.region);
        match &self.session {
            Some(session) => format!("arn:{partition}:sts::{account}:assumed-role/{session}"),
            None => format!("arn:{partition}:iam::{account}:user/sandbox"),
        }
    }

    /// The refusal of a caller whose IAM policies do not allow the operation on `resource`.
    pub(crate) fn denied(&self, resource: &str) -> Refusal {
        self.service.denied(format!(
            "User: {} is not authorized to perform: {}:{} on resource: {resource}",
            self.caller(),
            self.service.signing_name(),
            self.operation
        ))
    }

    /// The ARN of a resource in the caller's own account and Region.
    pub(crate) fn arn(&self, resource: &str) -> String {
        self.arn_of(&self.account, resource)
    }

    /// The ARN of a resource of `account` in the caller's Region.
    pub(crate) fn arn_of(&self, account: &str, resource: &str) -> String {
        let region = &self.region;
        format!("arn:{}:{}:{region}:{account}:{resource}", partition(region), self.service.signing_name())
    }
}

fn parsed<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, Refusal> {
    // The code is AWS's; its wording of what is wrong is unverified.
    serde_json::from_str(body).map_err(|error| Refusal::new(400, "SerializationException", error.to_string()))
}

impl<'a> Scope<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`; the signature itself is not looked at.
    fn read(authorization: &'a str) -> Option<Self> {
        let (_, credential) = authorization.split_once("Credential=")?;
        let mut parts = credential.split(',').next()?.trim().split('/');
        let access_key = parts.next()?;
        let _date = parts.next()?;
        Some(Self { access_key, region: parts.next()?, service: parts.next()? })
    }
}

/// Access key id and session token of a role's session: the key carries the account, so that later calls act there, and
/// the token the name.
pub(crate) fn issue(account: &str, session: &str) -> (String, String) {
    (format!("ASIA{account}0000"), format!("{TOKEN_PREFIX}{session}"))
}

/// The account inside an access key id that was issued here: `ASIA`, the twelve digits, four more.
fn issued_for(access_key: &str) -> Option<&str> {
    let account = access_key.strip_prefix("ASIA")?.get(..12)?;
    account.bytes().all(|byte| byte.is_ascii_digit()).then_some(account)
}

/// Role and session (`ROLE/SESSION`) inside a session token that was issued here.
fn session(token: &str) -> Option<&str> {
    token.strip_prefix(TOKEN_PREFIX)
}

fn form(encoded: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

pub(crate) fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
