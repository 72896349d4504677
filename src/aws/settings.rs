//! How AWS is reached, by the variables that its SDKs and tools have in common.

use std::collections::BTreeMap;
use std::fs;

use aws_types::app_name::AppName;
use http::Uri;
use rustls::RootCertStore;

use super::trust;
use crate::error::{Cause, Error};
use crate::spelling::problem::{Problem, Problems};

/// Read once, at the start. A profile is not looked at: a function has none.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html>.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// The Region of targets whose payload names none: `AWS_REGION`, which Lambda always sets, or `AWS_DEFAULT_REGION`.
    pub region: String,
    /// Servers that stand for AWS's own.
    pub endpoints: Endpoints,
    /// `AWS_USE_FIPS_ENDPOINT`.
    pub use_fips: Option<bool>,
    /// `AWS_USE_DUALSTACK_ENDPOINT`.
    pub use_dual_stack: Option<bool>,
    /// `AWS_SDK_UA_APP_ID`, which CloudTrail shows with each call.
    pub app_name: Option<AppName>,
    /// The certificates to trust instead of the machine's, out of the file (PEM) that `AWS_CA_BUNDLE` names.
    pub ca_bundle: Option<RootCertStore>,
}

/// The servers to call instead of AWS's: `AWS_ENDPOINT_URL`, and `AWS_ENDPOINT_URL_LAMBDA` for a service on its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    every_service: Option<String>,
    by_service: BTreeMap<&'static str, String>,
}

impl Endpoints {
    /// The URL for the service that AWS calls `service_id`, such as `SageMaker`.
    #[must_use]
    pub fn url(&self, service_id: &str) -> Option<&str> {
        let own = self.by_service.get(service_id.to_ascii_uppercase().as_str());
        own.or(self.every_service.as_ref()).map(String::as_str)
    }
}

/// The services that are called, as the names of their variables end.
const SERVICES: [&str; 5] = ["SAGEMAKER", "LAMBDA", "BEDROCK", "DYNAMODB", "STS"];

impl AwsSettings {
    /// Reads them from what `variable` says of each name.
    ///
    /// # Errors
    /// `InvalidConfiguration` with every variable that is missing or wrong.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut found = Vec::new();
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_default();
        if region.is_empty() {
            let message = "is not set; Lambda sets it, and elsewhere it names the Region to work in";
            found.push(Problem { path: "AWS_REGION".to_owned(), message: message.to_owned() });
        }
        let settings = Self {
            region,
            endpoints: endpoints(&variable, &mut found),
            use_fips: switch("AWS_USE_FIPS_ENDPOINT", &variable, &mut found),
            use_dual_stack: switch("AWS_USE_DUALSTACK_ENDPOINT", &variable, &mut found),
            app_name: app_name(&variable, &mut found),
            ca_bundle: ca_bundle(&variable, &mut found),
        };
        Problems::check(found).map_err(Cause::InvalidConfiguration)?;
        Ok(settings)
    }

    /// What is read where the environment has just these variables.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Result<Self, Error> {
        Self::read(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }
}

/// The certificates that `AWS_CA_BUNDLE` names, where it is set.
///
/// # Errors
/// `InvalidConfiguration` when the file cannot be read or holds no certificate.
pub fn trusted_bundle(variable: impl Fn(&str) -> Option<String>) -> Result<Option<RootCertStore>, Error> {
    let mut found = Vec::new();
    let trusted = ca_bundle(&variable, &mut found);
    Problems::check(found).map_err(Cause::InvalidConfiguration)?;
    Ok(trusted)
}

fn endpoints(variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) -> Endpoints {
    if switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", variable, found) == Some(true) {
        return Endpoints::default();
    }
    let mut url = |name: &str| {
        let url = variable(name)?;
        if !url.parse().is_ok_and(|uri: Uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
            let message = format!("is {url:?}; it must be the URL of a server, with https:// or http://");
            found.push(Problem { path: name.to_owned(), message });
        }
        Some(url)
    };
    let every_service = url("AWS_ENDPOINT_URL");
    let by_service = |service: &'static str| Some((service, url(&format!("AWS_ENDPOINT_URL_{service}"))?));
    Endpoints { every_service, by_service: SERVICES.into_iter().filter_map(by_service).collect() }
}

fn switch(name: &str, variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) -> Option<bool> {
    let value = variable(name)?;
    let is_on = value.eq_ignore_ascii_case("true");
    if !is_on && !value.eq_ignore_ascii_case("false") {
        found.push(Problem { path: name.to_owned(), message: format!("is {value:?}; it must be true or false") });
    }
    Some(is_on)
}

fn app_name(variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) -> Option<AppName> {
    let name = variable("AWS_SDK_UA_APP_ID")?;
    let app_name = AppName::new(name.clone());
    if app_name.is_err() {
        let message = format!("is {name:?}; it must be letters, digits and !#$%&'*+-.^_`|~");
        found.push(Problem { path: "AWS_SDK_UA_APP_ID".to_owned(), message });
    }
    app_name.ok()
}

fn ca_bundle(variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) -> Option<RootCertStore> {
    let path = variable("AWS_CA_BUNDLE")?;
    let bundle = fs::read(&path).map_err(|error| format!("cannot be read: {error}"));
    let problem = match bundle.and_then(|pem| trust::bundle(&pem)) {
        Ok(trusted) => return Some(trusted),
        Err(problem) => problem,
    };
    found.push(Problem { path: "AWS_CA_BUNDLE".to_owned(), message: format!("names {path}, which {problem}") });
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_sets_is_enough() {
        let settings = AwsSettings::of(&[("AWS_REGION", "eu-central-1"), ("AWS_DEFAULT_REGION", "us-east-1")]).unwrap();
        assert_eq!(settings.region, "eu-central-1");
        assert_eq!(settings.endpoints, Endpoints::default());
        assert_eq!((settings.use_fips, settings.use_dual_stack, settings.ca_bundle.is_some()), (None, None, false));
    }

    #[test]
    fn a_url_for_one_service_comes_before_the_one_for_all() {
        let everywhere = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4580");
        let sagemaker = ("AWS_ENDPOINT_URL_SAGEMAKER", "https://vpce-1.api.sagemaker.us-east-1.vpce.amazonaws.com");
        let region = ("AWS_REGION", "us-east-1");
        let endpoints = AwsSettings::of(&[region, everywhere, sagemaker]).unwrap().endpoints;
        assert_eq!(endpoints.url("SageMaker"), Some(sagemaker.1));
        for other in ["Lambda", "Bedrock", "DynamoDB", "STS"] {
            assert_eq!(endpoints.url(other), Some(everywhere.1));
        }
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE");
        assert_eq!(AwsSettings::of(&[region, everywhere, sagemaker, ignored]).unwrap().endpoints, Endpoints::default());
    }

    #[test]
    fn switches_are_true_or_false() {
        let region = ("AWS_REGION", "us-gov-west-1");
        let settings =
            AwsSettings::of(&[region, ("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "False")])
                .unwrap();
        assert_eq!((settings.use_fips, settings.use_dual_stack), (Some(true), Some(false)));
    }

    #[test]
    fn every_wrong_variable_is_named() {
        let wrong = [
            ("AWS_ENDPOINT_URL_LAMBDA", "localhost:4580"),
            ("AWS_USE_FIPS_ENDPOINT", "yes"),
            ("AWS_SDK_UA_APP_ID", "night shift"),
            ("AWS_CA_BUNDLE", "/there/is/none.pem"),
        ];
        let error = AwsSettings::of(&wrong).unwrap_err();
        assert_eq!(error.error_type(), "InvalidConfiguration");
        assert_eq!(
            error.to_string(),
            "AWS_REGION: is not set; Lambda sets it, and elsewhere it names the Region to work in; \
             AWS_ENDPOINT_URL_LAMBDA: is \"localhost:4580\"; it must be the URL of a server, with https:// or http://; \
             AWS_USE_FIPS_ENDPOINT: is \"yes\"; it must be true or false; \
             AWS_SDK_UA_APP_ID: is \"night shift\"; it must be letters, digits and !#$%&'*+-.^_`|~; \
             AWS_CA_BUNDLE: names /there/is/none.pem, which cannot be read: No such file or directory (os error 2)"
        );
    }
}
