//! The SDK clients, made on first use for each Region and role.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_sagemaker::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_sagemaker::config::{Credentials, Region as SdkRegion, SharedCredentialsProvider};
use aws_sdk_sagemaker::primitives::DateTime as SdkDateTime;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use chrono::{DateTime, Utc};
use rustls::RootCertStore;

use self::role::AssumedRole;
pub use self::role::Role;
pub(crate) use self::role::Session;
use crate::clock::Clock;
use crate::spelling::arn::Region;

mod attempts;
mod connector;
mod failure;
mod http;
mod pace;
mod proxy;
mod role;
mod settings;
mod trust;
#[cfg(feature = "plants")]
mod unsigned;

pub(crate) use attempts::{Attempts, with_attempts};
pub(crate) use failure::{answered, failure};
pub use http::{https, https_through};
use http::{in_account, paced};
pub use proxy::Proxies;
pub use settings::{AwsSettings, Endpoints, check_endpoints, trusted_bundle};

/// What Lambda's environment says: credentials from their variables, and `settings`. Of `aws_config` only the provider
/// of those credentials is used: its loader would bring every other provider, which a function never asks.
#[must_use]
pub fn for_function(settings: AwsSettings, clock: &Clock) -> SdkConfig {
    let mut config = builder()
        .region(SdkRegion::new(settings.region))
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .http_client(https(clock.clone(), settings.ca_bundle))
        .retry_config(retries())
        .service_config(settings.endpoints);
    config.set_use_fips(settings.use_fips);
    config.set_use_dual_stack(settings.use_dual_stack);
    config.set_app_name(settings.app_name);
    config.build()
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        // It is asked for other settings too.
        if key.env() != "AWS_ENDPOINT_URL" {
            return None;
        }
        self.url(key.service_id()).map(str::to_owned)
    }
}

fn builder() -> aws_types::sdk_config::Builder {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .identity_cache(IdentityCache::lazy().build())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .stalled_stream_protection(stalled_streams())
        .time_source(SystemTimeSource::new())
}

/// A server at `url` in place of every AWS service, such as the sandbox: any credentials will do, and a retry comes
/// at once.
#[must_use]
pub fn for_server(url: &str, region: &str, clock: &Clock) -> SdkConfig {
    let credentials = Credentials::new("sandbox", "sandbox", None, None, "sandbox");
    // Reading the machine's would be most of what a test computes.
    let unneeded = url.starts_with("http://").then(RootCertStore::empty);
    builder()
        .endpoint_url(url)
        .region(SdkRegion::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(https(clock.clone(), unneeded))
        .retry_config(retries().with_initial_backoff(Duration::from_millis(1)))
        .build()
}

/// A simulated world in place of AWS: `connector` carries every request into it, and all waiting is done by `clock`.
/// Retries, pace and settings are the function's own.
#[must_use]
pub fn for_world(connector: impl HttpConnector + 'static, region: &str, clock: &Clock) -> SdkConfig {
    // They never expire: getting new ones is no call.
    let never = Some(UNIX_EPOCH + Duration::from_secs(1 << 33));
    let credentials = Credentials::new("sandbox", "sandbox", None, never, "sandbox");
    let hands = Hands(clock.clone());
    builder()
        .endpoint_url(WORLD)
        .region(SdkRegion::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(paced(SharedHttpConnector::new(connector), clock.clone()))
        .retry_config(retries())
        .sleep_impl(SharedAsyncSleep::new(hands.clone()))
        .time_source(SharedTimeSource::new(hands))
        .build()
}

/// Where a simulated world is.
const WORLD: &str = "http://world";

/// The function's clock as the SDKs know one.
#[derive(Clone, Debug)]
struct Hands(Clock);

impl AsyncSleep for Hands {
    fn sleep(&self, duration: Duration) -> Sleep {
        let Self(clock) = self.clone();
        Sleep::new(async move { clock.sleep(duration).await })
    }
}

impl TimeSource for Hands {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

/// A request that waits for its turn is not a stalled upload, for which the SDK would take it after five seconds; and no
/// request or answer is a stream.
#[must_use]
pub fn stalled_streams() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

/// How often a call is attempted when it was throttled, or AWS is not well.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(5)
}

/// Every client this process has made.
#[derive(Debug)]
pub struct Clients {
    base: SdkConfig,
    region: Region,
    scopes: Mutex<Scopes>,
}

/// By Region and session, and the configuration that the scopes of one session have in common, so that the role is
/// assumed once for all of them. The most recently used scopes stand last.
#[derive(Debug, Default)]
struct Scopes {
    scopes: Vec<(Key, Arc<Scope>)>,
    sessions: HashMap<Session, SdkConfig>,
}

type Key = (Region, Option<Session>);

/// For how many pairs of Region and role clients are kept: they are of some size, and events name the pairs.
const MOST_SCOPES: usize = 100;

/// The clients for one Region, under one role.
#[derive(Debug)]
pub struct Scope {
    config: SdkConfig,
    sdks: Sdks,
}

/// One client of each SDK, as soon as it was asked for.
#[derive(Debug, Default)]
struct Sdks {
    sagemaker: OnceLock<aws_sdk_sagemaker::Client>,
    lambda: OnceLock<aws_sdk_lambda::Client>,
    bedrock: OnceLock<aws_sdk_bedrock::Client>,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    eventbridge: OnceLock<aws_sdk_eventbridge::Client>,
    applicationautoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
}

impl Clients {
    /// Clients that start from `base`. None is made yet: in most processes one of them is all that is ever asked for.
    #[must_use]
    pub fn new(base: SdkConfig) -> Self {
        let region = Region::own(base.region().map(ToString::to_string).unwrap_or_default());
        Self { base, region, scopes: Mutex::default() }
    }

    /// The function's own Region.
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// The clients for a Region, as the function itself or in a session of a role. Those of a session go when a later
    /// request has one of its own.
    pub(crate) fn scope(&self, region: &Region, session: Option<&Session>) -> Arc<Scope> {
        let mut known = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(of, by): &Key| of == region && by.as_ref() == session;
        let used = match known.scopes.iter().position(|(key, _)| same(key)) {
            Some(index) => known.scopes.remove(index),
            None => ((region.clone(), session.cloned()), Arc::new(self.make(&mut known, region, session))),
        };
        let scope = Arc::clone(&used.1);
        known.scopes.push(used);
        scope
    }

    fn make(&self, known: &mut Scopes, region: &Region, session: Option<&Session>) -> Scope {
        if known.scopes.len() == MOST_SCOPES {
            known.scopes.remove(0);
        }
        let base = match session {
            Some(session) => known.session(session, &self.base),
            None => &self.base,
        };
        let config = base.to_builder().region(SdkRegion::new(region.as_str().to_owned())).build();
        Scope { config, sdks: Sdks::default() }
    }
}

impl Scopes {
    /// What the clients of a session start from; sessions of other requests are forgotten.
    fn session(&mut self, session: &Session, base: &SdkConfig) -> &SdkConfig {
        self.scopes.retain(|((_, kept), _)| kept.as_ref().is_none_or(|kept| kept.name == session.name));
        self.sessions.retain(|kept, _| kept.name == session.name);
        self.sessions.entry(session.clone()).or_insert_with_key(|session| {
            let provider = SharedCredentialsProvider::new(AssumedRole::new(base, session.clone(), own_quota()));
            // A cache of its own: that of `base` would keep what it got for ever.
            let cache = IdentityCache::lazy().build();
            let account = session.role.arn.account();
            let client = base.http_client().map(|client| in_account(client, account.clone()));
            let mut config = base.to_builder().credentials_provider(provider).identity_cache(cache);
            config.set_http_client(client);
            config.build()
        })
    }
}

/// A client of an SDK.
macro_rules! client {
    ($sdk:ident, $config:expr) => {{
        let config = $sdk::config::Builder::from($config).retry_partition(own_quota());
        #[cfg(feature = "plants")]
        let config = match $config.endpoint_url() {
            Some(WORLD) => config.push_auth_scheme(unsigned::Unsigned),
            _ => config,
        };
        $sdk::Client::from_conf(config.build())
    }};
}

impl Scope {
    pub(crate) fn sagemaker(&self) -> &aws_sdk_sagemaker::Client {
        self.sdks.sagemaker.get_or_init(|| client!(aws_sdk_sagemaker, &self.config))
    }

    pub(crate) fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.sdks.lambda.get_or_init(|| client!(aws_sdk_lambda, &self.config))
    }

    pub(crate) fn bedrock(&self) -> &aws_sdk_bedrock::Client {
        self.sdks.bedrock.get_or_init(|| client!(aws_sdk_bedrock, &self.config))
    }

    pub(crate) fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.sdks.dynamodb.get_or_init(|| client!(aws_sdk_dynamodb, &self.config))
    }

    pub(crate) fn eventbridge(&self) -> &aws_sdk_eventbridge::Client {
        self.sdks.eventbridge.get_or_init(|| client!(aws_sdk_eventbridge, &self.config))
    }

    pub(crate) fn applicationautoscaling(&self) -> &aws_sdk_applicationautoscaling::Client {
        self.sdks.applicationautoscaling.get_or_init(|| client!(aws_sdk_applicationautoscaling, &self.config))
    }
}

/// How many retries a client may make while calls fail. The SDK would count them for the whole process, in which several
/// functions may live: in a test, and in a simulated world.
fn own_quota() -> RetryPartition {
    RetryPartition::custom("own").token_bucket(TokenBucket::default()).build()
}

/// An SDK timestamp as the rest of the function counts time.
pub(crate) fn to_utc(time: &SdkDateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_environment_says_reaches_every_client() {
        let everywhere = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4580");
        let variables = [
            ("AWS_REGION", "us-gov-west-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_SDK_UA_APP_ID", "night-shift"),
            ("AWS_ENDPOINT_URL_LAMBDA", "https://lambda.example.com"),
            everywhere,
        ];
        let config = for_function(AwsSettings::of(&variables).unwrap(), &Clock::System);
        assert_eq!(config.region().map(SdkRegion::as_ref), Some("us-gov-west-1"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(true)));
        assert_eq!(config.app_name().map(ToString::to_string).as_deref(), Some("night-shift"));
        let asked = |service, variable| {
            let key = ServiceConfigKey::builder().service_id(service).env(variable).profile("any").build().unwrap();
            config.service_config().unwrap().load_config(key)
        };
        assert_eq!(asked("SageMaker", "AWS_ENDPOINT_URL").as_deref(), Some(everywhere.1));
        assert_eq!(asked("Lambda", "AWS_ENDPOINT_URL").as_deref(), Some("https://lambda.example.com"));
        assert_eq!(asked("Lambda", "AWS_BEARER_TOKEN"), None);
    }

    #[test]
    fn clients_are_kept_for_a_hundred_places_and_the_least_recently_used_go() {
        let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap());
        let clients = Clients::new(for_server("http://127.0.0.1:1", "us-east-1", &clock));
        let region = |number: usize| Region::own(format!("eu-place-{number}"));
        let first = clients.scope(&region(0), None);
        let second = Arc::downgrade(&clients.scope(&region(1), None));
        for number in 2..150 {
            clients.scope(&region(number), None);
            assert!(Arc::ptr_eq(&first, &clients.scope(&region(0), None)), "{number}");
        }
        assert_eq!(clients.scopes.lock().unwrap().scopes.len(), 100);
        assert!(second.upgrade().is_none());
    }
}
