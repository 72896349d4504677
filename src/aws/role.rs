//! Credentials of a role in this or another account, which STS gives to the function's own.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use aws_sdk_sts::config::IdentityCache;

use crate::spelling::arn::RoleArn;

/// Asks STS each time it is asked; the clients that use it keep what it answered until shortly before it expires.
///
/// By hand: `aws_config`'s provider falls back to its loader, and so brings every other provider into the binary.
#[derive(Debug)]
pub(super) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role_arn: RoleArn,
    session_name: String,
}

impl AssumedRole {
    /// The session bears `session_name`, by which CloudTrail shows it.
    pub(super) fn new(base: &SdkConfig, role_arn: &RoleArn, session_name: String) -> Self {
        // Its own credentials are at hand, and the cache in `base` waits for what it answers.
        let config = aws_sdk_sts::config::Builder::from(base).identity_cache(IdentityCache::no_cache()).build();
        Self { sts: aws_sdk_sts::Client::from_conf(config), role_arn: role_arn.clone(), session_name }
    }

    async fn credentials(&self) -> Result {
        let request = self.sts.assume_role().role_arn(self.role_arn.as_str()).role_session_name(&self.session_name);
        let answer = request.send().await.map_err(CredentialsError::provider_error)?;
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
