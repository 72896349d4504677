//! Credentials of a role in this or another account, which STS gives to the function's own.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::config::retry::RetryPartition;
use deserr::Deserr;

use crate::spelling::arn::RoleArn;
use crate::spelling::problem::Problems;

/// A role that may be assumed, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, rename_all = camelCase, deny_unknown_fields)]
pub struct Role {
    /// Its ARN.
    pub arn: RoleArn,
    /// What its trust policy asks for where the account is another company's.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// Whether the session says what it came from. The trust policy must then allow `sts:SetSourceIdentity`, without which
    /// STS refuses the whole session.
    #[deserr(default)]
    source_identity: bool,
}

impl Role {
    /// A role of which nothing is known but its ARN.
    pub(crate) fn plain(arn: RoleArn) -> Self {
        Self { arn, external_id: None, source_identity: false }
    }

    /// What its trust policy asks for, where it asks for something.
    #[must_use]
    pub fn external_id(&self) -> Option<&str> {
        self.external_id.as_ref().map(|ExternalId(id)| id.as_str())
    }

    /// Whether its sessions say what they came from.
    #[must_use]
    pub fn has_source_identity(&self) -> bool {
        self.source_identity
    }
}

/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserr)]
#[deserr(error = Problems, try_from(String) = ExternalId::parse -> String)]
struct ExternalId(String);

impl ExternalId {
    fn parse(text: String) -> Result<Self, String> {
        let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&letter);
        match (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
            true => Ok(Self(text)),
            false => Err("must be 2 to 1224 letters, digits and characters of _+=,.@:/-".to_owned()),
        }
    }
}

/// A role assumed for one request, by which CloudTrail shows that request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Session {
    pub(super) role: Role,
    pub(super) name: String,
    source_identity: Option<String>,
}

impl Session {
    /// For the invocation `request_id`, and what its event came from.
    pub(crate) fn new(role: Role, request_id: &str, source: &str) -> Self {
        let source_identity = role.source_identity.then(|| spelt(source));
        Self { role, name: spelt(&format!("setpoint-{request_id}")), source_identity }
    }
}

/// As STS has the names of sessions: 64 letters, digits and `_+=,.@-` at most.
fn spelt(text: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter);
    text.chars().map(|letter| if allowed(letter) { letter } else { '-' }).take(64).collect()
}

/// Asks STS each time it is asked; the clients that use it keep what it answered until shortly before it expires.
///
/// By hand: `aws_config`'s provider falls back to its loader, and so brings every other provider into the binary.
#[derive(Debug)]
pub(super) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    session: Session,
}

impl AssumedRole {
    /// `quota` is how many retries it may make.
    pub(super) fn new(base: &SdkConfig, session: Session, quota: RetryPartition) -> Self {
        // Its own credentials are at hand, and the cache in `base` waits for what it answers.
        let config = aws_sdk_sts::config::Builder::from(base).identity_cache(IdentityCache::no_cache());
        Self { sts: aws_sdk_sts::Client::from_conf(config.retry_partition(quota).build()), session }
    }

    async fn credentials(&self) -> provider::Result {
        let Session { role, name, source_identity } = &self.session;
        let request = self.sts.assume_role().role_arn(role.arn.as_str()).role_session_name(name);
        let request = request.set_external_id(role.external_id.as_ref().map(|ExternalId(id)| id.clone()));
        let answer = request
            .set_source_identity(source_identity.clone())
            .send()
            .await
            .map_err(CredentialsError::provider_error)?;
        let given =
            answer.credentials.ok_or_else(|| CredentialsError::unhandled("STS answered without credentials"))?;
        let expiry = SystemTime::try_from(given.expiration).map_err(CredentialsError::unhandled)?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(expiry),
            "AssumedRole",
        ))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
