//! Where an event is run: the embedded sandbox, or the account that the SDK finds credentials for.

use std::error::Error as _;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_types::os_shim_internal::{Env, Fs};
use chrono::{DateTime, Utc};
use setpoint::aws::{self, Proxies};
use setpoint::clock::Clock;
use setpoint::environment;
use setpoint::handler::Invocation;
use setpoint::plan::Place;
use setpoint::spelling::arn::{Account, Region};
use setpoint::spelling::problem::nearest;
use setpoint_sandbox::{DEFAULT_ACCOUNT, DEFAULT_REGION, Options, Sandbox, Seed};

/// Which of them a person wants.
#[derive(clap::Args)]
pub(crate) struct Which {
    /// What exists in the sandbox; otherwise the example that comes with it.
    #[arg(long, value_name = "FILE", conflicts_with = "aws")]
    seed: Option<PathBuf>,
    /// Uses the real AWS account that the SDK finds credentials for, instead of the sandbox.
    #[arg(long)]
    pub(crate) aws: bool,
}

/// One of them, ready to be called.
pub(crate) struct World {
    /// How it is told in one line.
    pub(crate) name: String,
    /// Where the function would be.
    pub(crate) home: Place,
    pub(crate) sdk_config: SdkConfig,
    pub(crate) clock: Clock,
    /// The sandbox, where it is that.
    pub(crate) sandbox: Option<Sandbox>,
}

/// The longest a Lambda function may run, which is what an invocation gets here.
const BUDGET: Duration = Duration::from_secs(15 * 60);

/// An invocation of the function as it would be in an account. Each has an id, by which the ledger tells it from others.
pub(crate) fn invocation(id: impl Display, account: Option<Account>, now: DateTime<Utc>) -> Invocation {
    let deadline = (now + BUDGET).timestamp_millis();
    Invocation {
        request_id: format!("cargo-setpoint-{id}"),
        account,
        deadline_ms: u64::try_from(deadline).unwrap_or_default(),
        ..Invocation::default()
    }
}

impl World {
    /// The account, where it is asked for, else a sandbox.
    pub(crate) async fn of(which: &Which, now: DateTime<Utc>) -> Result<Self, String> {
        if which.aws { Self::account().await } else { Self::sandbox(which.seed.as_deref(), now).await }
    }

    /// A sandbox of its own with what the seed names.
    async fn sandbox(seed: Option<&Path>, now: DateTime<Utc>) -> Result<Self, String> {
        let started = Sandbox::start(self::seed(seed)?, Options::default()).await;
        let sandbox = started.map_err(|error| format!("the sandbox does not start: {error}"))?;
        // Nothing in the sandbox needs real time to pass.
        let clock = Clock::simulated(now);
        Ok(Self {
            name: format!("the sandbox, account {DEFAULT_ACCOUNT} in {DEFAULT_REGION}; --aws looks at a real account"),
            home: Place {
                region: Region::own(DEFAULT_REGION),
                account: Account::parse(DEFAULT_ACCOUNT.to_owned()).ok(),
            },
            sdk_config: aws::for_server(&sandbox.url(), DEFAULT_REGION, &clock),
            clock,
            sandbox: Some(sandbox),
        })
    }

    /// The account that the SDK finds by itself, with every way of signing in that the AWS CLI knows. It is asked for its
    /// name: guardrails hold for accounts, and a plan for another one than was meant is worse than none.
    async fn account() -> Result<Self, String> {
        let ca_bundle = aws::trusted_bundle(environment::variable).map_err(|error| error.to_string())?;
        aws::check_endpoints(environment::variable).map_err(|error| error.to_string())?;
        check_profile().await?;
        let proxies = Proxies::read(environment::variable);
        let sdk_config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws::https_through(proxies, Clock::System, ca_bundle))
            .retry_config(aws::retries())
            .stalled_stream_protection(aws::stalled_streams())
            .load()
            .await;
        let region = sdk_config.region().map(|region| region.as_ref().to_owned());
        let region = region.ok_or("no Region is set; set AWS_REGION, or a region in the profile")?;
        let region =
            Region::parse(region.clone()).map_err(|why| format!("AWS_REGION, or the profile's: {region} {why}"))?;
        // A person waits, and a Region that does not exist is not there the next time either.
        let retries = aws::retries().with_max_attempts(2).with_initial_backoff(Duration::from_millis(100));
        let sts = aws_sdk_sts::config::Builder::from(&sdk_config).retry_config(retries).build();
        let asked = aws_sdk_sts::Client::from_conf(sts).get_caller_identity().send().await;
        let identity = asked.map_err(|error| unknown(&error, &region))?;
        let account = identity.account().and_then(|account| Account::parse(account.to_owned()).ok());
        let account = account.ok_or("AWS does not say which account the credentials are of")?;
        let caller = identity.arn().unwrap_or("a caller without a name");
        Ok(Self {
            name: format!("account {account} in {region}, as {caller}"),
            home: Place { region, account: Some(account) },
            sdk_config,
            clock: Clock::System,
            sandbox: None,
        })
    }
}

/// What exists in a sandbox: the seed in this file, or the example.
pub(crate) fn seed(file: Option<&Path>) -> Result<Seed, String> {
    let Some(file) = file else { return Ok(Seed::example()) };
    let name = file.display();
    Seed::from_file(file).map_err(|error| match error.source() {
        Some(why) => format!("{name}: {error}: {why}"),
        None => format!("{name}: {error}"),
    })
}

/// The SDK takes a profile that does not exist for one that says nothing, and looks for credentials elsewhere.
async fn check_profile() -> Result<(), String> {
    let Some(named) = environment::variable("AWS_PROFILE").filter(|name| name != "default") else { return Ok(()) };
    let files = source::load(&Env::real(), &Fs::real(), &EnvConfigFiles::default()).await;
    let files = files.map_err(|error| format!("AWS's configuration files: {error}"))?;
    let profiles = EnvConfigSections::parse(files).map_err(|error| format!("AWS's configuration files: {error}"))?;
    if profiles.get_profile(&named).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = profiles.profiles().collect();
    let meant = nearest(&named, &names).map_or_else(String::new, |name| format!("; did you mean {name}?"));
    Err(format!("AWS_PROFILE: there is no profile {named} in AWS's configuration files{meant}"))
}

/// Why nobody knows whose account it is.
fn unknown<E: ProvideErrorMetadata + std::error::Error + 'static>(error: &SdkError<E>, region: &Region) -> String {
    let why = innermost(error);
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("an error without a name");
            let message = answer.err().message().unwrap_or("without a message");
            format!("AWS does not take these credentials: {code}: {message}")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() || failure.is_timeout() => format!(
            "AWS cannot be reached in the Region {region} (AWS_REGION, or the profile's): {why}; is there such a Region, and a network?"
        ),
        SdkError::TimeoutError(_) => format!("AWS did not answer in {region} in time: {why}"),
        SdkError::ResponseError(_) => format!("what answered in {region} was not AWS: {why}"),
        // Before anything was sent, there was nothing to sign it with.
        _ => format!("no credentials for AWS: {why}; sign in (aws sso login), or set AWS_PROFILE"),
    }
}

/// The last cause, without the list of all that was tried.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.split(". Attempted:").next().unwrap_or(&text).to_owned()
}
