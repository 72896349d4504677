//! The SDK clients, made on first use for each Region and role, and what their failures mean.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sagemaker::config::http::HttpResponse;
use aws_sdk_sagemaker::config::{Credentials, Region, SharedCredentialsProvider, SharedHttpClient};
use aws_sdk_sagemaker::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sagemaker::primitives::DateTime as SdkDateTime;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::{Builder, tls};
use chrono::{DateTime, Utc};

use crate::error::{AwsAnswer, AwsFailure, Error};
use crate::guardrail::Place;
use crate::payload::{RoleArn, Settings};

/// One HTTPS client with one pool of connections, for every SDK client there will be.
#[must_use]
pub fn https() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

/// What the Lambda environment says: credentials and Region from their variables, endpoints and FIPS from theirs.
/// The chain of other providers, which a function never asks, is left out.
pub async fn from_environment() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(https())
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .region(EnvironmentVariableRegionProvider::new())
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard())
        .load()
        .await
}

/// A server at `url` in place of every AWS service, such as the sandbox: any credentials will do, and a retry comes
/// at once.
#[must_use]
pub fn for_server(url: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new("sandbox", "sandbox", None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(https())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .build()
}

/// How long one call may take. The invocation's deadline bounds it further, call by call.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(45))
        .build()
}

/// What an invocation says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The request id, which stays the same over Lambda's retries.
    pub request_id: String,
    /// The account of the function: twelve digits, empty when unknown.
    pub account: String,
    /// The deadline in milliseconds since 1970; 0 when there is none.
    pub deadline_ms: u64,
}

/// Every client this process has made.
#[derive(Debug)]
pub struct Clients {
    base: SdkConfig,
    scopes: Mutex<HashMap<(String, Option<RoleArn>), Arc<Scope>>>,
}

/// The clients for one Region, under one role.
#[derive(Debug)]
pub struct Scope {
    config: SdkConfig,
    place: Place,
    sagemaker: OnceLock<aws_sdk_sagemaker::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    bedrock: OnceLock<aws_sdk_bedrock::Client>,
}

impl Clients {
    /// Clients that start from `base`.
    #[must_use]
    pub fn new(base: SdkConfig) -> Self {
        Self { base, scopes: Mutex::default() }
    }

    /// The clients for what a payload says about Region and role, in the function's own account unless a role says
    /// otherwise.
    pub async fn scope(&self, settings: &Settings, invocation: &Invocation) -> Arc<Scope> {
        let own_region = self.base.region().map(Region::as_ref).unwrap_or_default();
        let region = settings.region.as_ref().map_or(own_region, |region| region.as_str()).to_owned();
        let key = (region, settings.role_arn.clone());
        if let Some(scope) = self.scopes().get(&key) {
            return Arc::clone(scope);
        }
        let scope = Arc::new(self.make(&key.0, key.1.as_ref(), invocation).await);
        Arc::clone(self.scopes().entry(key).or_insert(scope))
    }

    fn scopes(&self) -> std::sync::MutexGuard<'_, HashMap<(String, Option<RoleArn>), Arc<Scope>>> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn make(&self, region: &str, role_arn: Option<&RoleArn>, invocation: &Invocation) -> Scope {
        let mut config = self.base.to_builder().region(Region::new(region.to_owned()));
        let mut account = invocation.account.as_str();
        if let Some(role_arn) = role_arn {
            let provider = AssumeRoleProvider::builder(role_arn.as_str())
                .session_name(session_name(&invocation.request_id))
                .configure(&self.base)
                .build()
                .await;
            config = config.credentials_provider(SharedCredentialsProvider::new(provider));
            account = role_arn.account();
        }
        Scope {
            config: config.build(),
            place: Place { region: region.to_owned(), account: account.to_owned() },
            sagemaker: OnceLock::new(),
            lambda: OnceLock::new(),
            bedrock: OnceLock::new(),
        }
    }
}

/// A role session's name, by which CloudTrail shows the invocation that assumed it.
fn session_name(request_id: &str) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || "+=,.@-_".contains(*letter);
    format!("setpoint-{request_id}").chars().filter(allowed).take(64).collect()
}

impl Scope {
    /// Where its targets live.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn sagemaker(&self) -> &aws_sdk_sagemaker::Client {
        self.sagemaker.get_or_init(|| aws_sdk_sagemaker::Client::new(&self.config))
    }

    pub(crate) fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(|| aws_sdk_lambda::Client::new(&self.config))
    }

    pub(crate) fn bedrock(&self) -> &aws_sdk_bedrock::Client {
        self.bedrock.get_or_init(|| aws_sdk_bedrock::Client::new(&self.config))
    }
}

/// What a failed call says, without anything of the request or of the answer's body.
pub(crate) fn failure<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let answer = match &error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some(code) => AwsAnswer::Error {
                code: code.to_owned(),
                message: service.err().message().unwrap_or_default().to_owned(),
                status,
            },
            None => AwsAnswer::Unrecognised { status: status.unwrap_or_default() },
        },
        SdkError::ResponseError(_) => AwsAnswer::Unrecognised { status: status.unwrap_or_default() },
        SdkError::TimeoutError(_) => AwsAnswer::TimedOut,
        SdkError::DispatchFailure(dispatch) if dispatch.is_timeout() => AwsAnswer::TimedOut,
        SdkError::DispatchFailure(dispatch) if dispatch.is_io() || dispatch.is_user() => {
            AwsAnswer::Unreachable(innermost(&error))
        }
        // What is left of the dispatch failures has not reached the network: the request could not be signed.
        SdkError::DispatchFailure(_) => AwsAnswer::Credentials(innermost(&error)),
        _ => AwsAnswer::Unsendable(innermost(&error)),
    };
    AwsFailure { operation, answer }.into()
}

/// The text of the innermost cause, which is the one that says what happened.
fn innermost(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// An SDK timestamp as the rest of the function counts time.
pub(crate) fn to_utc(time: &SdkDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}
