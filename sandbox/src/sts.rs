//! STS: AssumeRole and GetCallerIdentity, over the query protocol with its XML answers.

use chrono::{SecondsFormat, TimeDelta};

use crate::call::{Call, issue, partition};
use crate::constraint::Constraints;
use crate::reply::{Refusal, Reply};
use crate::world::World;

const CONTENT_TYPE: &str = "text/xml";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(crate) fn answer(call: &Call, world: &mut World<'_>) -> Result<Reply, Refusal> {
    match call.operation.as_str() {
        "AssumeRole" => assume_role(call, world),
        "GetCallerIdentity" => Ok(caller_identity(call, world)),
        _ => Err(call.service.unknown_operation(&call.operation)),
    }
}

/// The ARN that an IAM refusal names: the role to assume, if there is one.
pub(crate) fn resource(call: &Call) -> String {
    call.parameter("RoleArn").unwrap_or_else(|| "*".to_owned())
}

fn assume_role(call: &Call, world: &World<'_>) -> Result<Reply, Refusal> {
    let mut constraints = Constraints::default();
    let role_arn = constraints.required("roleArn", call.parameter("RoleArn")).unwrap_or_default();
    let session = constraints.required("roleSessionName", call.parameter("RoleSessionName"));
    if let Some(session) = &session {
        let path = "roleSessionName";
        constraints.check(path, session, session.len() >= 2, "have length greater than or equal to 2");
        constraints.check(path, session, session.len() <= 64, "have length less than or equal to 64");
        let matches = session.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
        constraints.check(path, session, matches, r"satisfy regular expression pattern: [\w+=,.@-]*");
    }
    let seconds = call.parameter("DurationSeconds").map_or(Some(3600), |seconds| seconds.parse().ok());
    constraints.range("durationSeconds", seconds, 900, Some(43200));
    // STS gives this rule its own code, where the other services say ValidationException as well.
    constraints.finish().map_err(|refusal| Refusal { code: "ValidationError".to_owned(), ..refusal })?;
    let session = session.unwrap_or_default();
    let Some((account, role)) = role(&role_arn) else {
        return Err(Refusal::new(400, "ValidationError", format!("{role_arn} is invalid")));
    };
    let expiration = world.now + TimeDelta::seconds(i64::from(seconds.unwrap_or(3600)));
    let expiration = expiration.to_rfc3339_opts(SecondsFormat::Secs, true);
    let arn_session = format!("{role}/{session}");
    let (access_key, token) = issue(account, &arn_session);
    let partition = partition(&call.region);
    let result = format!(
        "<AssumedRoleUser>\
         <AssumedRoleId>AROASANDBOX{account}:{session}</AssumedRoleId>\
         <Arn>arn:{partition}:sts::{account}:assumed-role/{arn_session}</Arn>\
         </AssumedRoleUser>\
         <Credentials>\
         <AccessKeyId>{access_key}</AccessKeyId>\
         <SecretAccessKey>sandbox-does-not-verify-signatures-00000</SecretAccessKey>\
         <SessionToken>{token}</SessionToken>\
         <Expiration>{expiration}</Expiration>\
         </Credentials>"
    );
    Ok(ok("AssumeRole", &result, world.request_id))
}

fn caller_identity(call: &Call, world: &World<'_>) -> Reply {
    let account = &call.account;
    let user_id = match call.session.as_ref().and_then(|session| session.split_once('/')) {
        Some((_, session)) => format!("AROASANDBOX{account}:{session}"),
        None => format!("AIDASANDBOX{account}"),
    };
    let arn = call.caller();
    let result = format!("<Arn>{arn}</Arn><UserId>{user_id}</UserId><Account>{account}</Account>");
    ok("GetCallerIdentity", &result, world.request_id)
}

/// Account and name (without its path) of a role's ARN.
fn role(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "iam", "", account, role] = parts.as_slice() else {
        return None;
    };
    let name = role.strip_prefix("role/")?.rsplit('/').next()?;
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    (digits && word).then_some((*account, name))
}

fn ok(operation: &str, result: &str, request_id: &str) -> Reply {
    let body = format!(
        "<{operation}Response xmlns=\"{NAMESPACE}\"><{operation}Result>{result}</{operation}Result>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    Reply::text(200, CONTENT_TYPE, body)
}

/// An error in the query protocol's XML.
pub(crate) fn error(refusal: &Refusal, request_id: &str) -> Reply {
    let Refusal { status, code, message } = refusal;
    let fault_of = if *status < 500 { "Sender" } else { "Receiver" };
    let (code, message) = (escaped(code), escaped(message));
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{fault_of}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    Reply::text(*status, CONTENT_TYPE, body)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
