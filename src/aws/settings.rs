//! How AWS is reached, by the variables that its SDKs and tools have in common.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;

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
        let own = self.by_service.get(service_id.to_ascii_uppercase().replace(' ', "_").as_str());
        own.or(self.every_service.as_ref()).map(String::as_str)
    }
}

/// The services that are called, as the names of their variables end.
const SERVICES: [&str; 7] =
    ["SAGEMAKER", "LAMBDA", "BEDROCK", "APPLICATION_AUTO_SCALING", "DYNAMODB", "EVENTBRIDGE", "STS"];

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
        proxies(&settings.region, &variable, &mut found);
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

/// What `AWS_ENDPOINT_URL` and its like say, for who reads them by themselves.
///
/// # Errors
/// `InvalidConfiguration` for what is no URL, or one without TLS to somewhere far.
pub fn check_endpoints(variable: impl Fn(&str) -> Option<String>) -> Result<(), Error> {
    let mut found = Vec::new();
    endpoints(&variable, &mut found);
    Ok(Problems::check(found).map_err(Cause::InvalidConfiguration)?)
}

fn endpoints(variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) -> Endpoints {
    let allows_http = switch(ALLOW_HTTP, variable, found) == Some(true);
    if switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", variable, found) == Some(true) {
        return Endpoints::default();
    }
    let mut url = |name: &str| {
        let url = variable(name)?;
        let uri: Option<Uri> = url.parse().ok();
        let problem = match uri.as_ref().map(|uri| (uri.scheme_str(), uri.host())) {
            Some((Some("https"), _)) => None,
            Some((Some("http"), Some(host))) if allows_http || is_near(host) => None,
            Some((Some("http"), _)) => Some(format!(
                "is {url:?}; what is signed would go over the network unencrypted: use https://, or set {ALLOW_HTTP} to true \
                 if that is meant"
            )),
            _ => Some(format!("is {url:?}; it must be the URL of a server, with https:// or http://")),
        };
        found.extend(problem.map(|message| Problem { path: name.to_owned(), message }));
        Some(url)
    };
    let every_service = url("AWS_ENDPOINT_URL");
    let by_service = |service: &'static str| Some((service, url(&format!("AWS_ENDPOINT_URL_{service}"))?));
    Endpoints { every_service, by_service: SERVICES.into_iter().filter_map(by_service).collect() }
}

/// By this an operator says that an endpoint far away may do without TLS.
const ALLOW_HTTP: &str = "SETPOINT_ALLOW_HTTP";

/// True for this machine, a private network, and names that are resolved on one of the two.
fn is_near(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => {
            let local = [".localhost", ".local", ".internal"];
            !host.contains('.') || local.iter().any(|end| host.to_ascii_lowercase().ends_with(end))
        }
    }
}

/// A proxy that the function would pass by is a mistake: whoever set it wants the calls there.
fn proxies(region: &str, variable: &impl Fn(&str) -> Option<String>, found: &mut Vec<Problem>) {
    let aws = hosts_end(region);
    let left_out = variable("NO_PROXY").or_else(|| variable("no_proxy")).unwrap_or_default();
    let covers = |entry: &str| {
        let end = entry.trim().trim_start_matches("*.").trim_start_matches('.');
        let is_above = || !end.is_empty() && aws.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
        end == "*" || end == aws || is_above()
    };
    if left_out.split(',').any(covers) {
        return;
    }
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        if variable(name).is_some() {
            let message = format!(
                "is set, and the function does not go through a proxy: it reaches AWS directly, from a VPC by a NAT gateway or \
                 VPC endpoints; take the variable away, or put {aws} into NO_PROXY"
            );
            found.push(Problem { path: name.to_owned(), message });
        }
    }
}

/// How the names of AWS's servers end in a Region.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html>.
fn hosts_end(region: &str) -> &'static str {
    match region.split_once('-') {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        _ => "amazonaws.com",
    }
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

    #[test]
    fn a_proxy_that_the_function_would_pass_by_stops_it_unless_aws_is_left_out_of_it() {
        let region = ("AWS_REGION", "us-east-1");
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let proxy = (name, "http://10.0.0.1:3128");
            let error = AwsSettings::of(&[region, proxy]).unwrap_err();
            assert_eq!(error.error_type(), "InvalidConfiguration");
            assert_eq!(
                error.to_string(),
                format!(
                    "{name}: is set, and the function does not go through a proxy: it reaches AWS directly, from a VPC by a NAT \
                     gateway or VPC endpoints; take the variable away, or put amazonaws.com into NO_PROXY"
                )
            );
            assert!(AwsSettings::of(&[region, proxy, ("NO_PROXY", "localhost")]).is_err(), "{name}");
            for (no_proxy, hosts) in [
                ("NO_PROXY", "*"),
                ("no_proxy", "localhost, .amazonaws.com"),
                ("NO_PROXY", "amazonaws.com,169.254.169.254"),
                ("no_proxy", "*.amazonaws.com"),
            ] {
                assert!(AwsSettings::of(&[region, proxy, (no_proxy, hosts)]).is_ok(), "{name} {hosts}");
            }
        }
        let china = [("AWS_REGION", "cn-north-1"), ("HTTPS_PROXY", "http://10.0.0.1:3128")];
        assert!(AwsSettings::of(&[china[0], china[1], ("NO_PROXY", "amazonaws.com")]).is_err());
        assert!(AwsSettings::of(&[china[0], china[1], ("NO_PROXY", "amazonaws.com.cn")]).is_ok());
    }

    #[test]
    fn the_host_of_a_url_is_written_in_ascii() {
        let read = |url: &str| AwsSettings::of(&[("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", url)]);
        let message = read("https://b\u{fc}cher.example").unwrap_err().to_string();
        assert!(message.ends_with("it must be the URL of a server, with https:// or http://"), "{message}");
        assert!(read("https://xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn http_without_tls_is_for_what_is_near() {
        let read = |url: &str, allowed: Option<&str>| {
            let variables = [
                Some(("AWS_REGION", "us-east-1")),
                Some(("AWS_ENDPOINT_URL_SAGEMAKER", url)),
                allowed.map(|allowed| ("SETPOINT_ALLOW_HTTP", allowed)),
            ];
            AwsSettings::of(&variables.into_iter().flatten().collect::<Vec<_>>())
                .map(drop)
                .map_err(|error| error.to_string())
        };
        for near in [
            "http://localhost:4566",
            "http://127.0.0.1",
            "http://127.8.9.1:80",
            "http://[::1]:4566",
            "http://10.1.2.3",
            "http://172.31.0.1",
            "http://192.168.1.1",
            "http://[fd00::1]",
            "http://169.254.1.1",
            "http://[fe80::1]",
            "http://localstack:4566",
            "http://host.docker.internal:4566",
            "http://mac.local",
            "http://api.localhost",
            "https://example.com",
            "https://vpce-1.api.sagemaker.us-east-1.vpce.amazonaws.com",
        ] {
            assert_eq!(read(near, None), Ok(()), "{near}");
        }
        for far in [
            "http://sagemaker.example.com",
            "http://8.8.8.8",
            "http://172.32.0.1",
            "http://[2001:db8::1]",
            "http://localhost.example.com",
            "http://127.0.0.1.nip.io",
            "http://127.0.0.1@example.com",
        ] {
            let expected = format!(
                "AWS_ENDPOINT_URL_SAGEMAKER: is {far:?}; what is signed would go over the network unencrypted: use https://, or \
                 set SETPOINT_ALLOW_HTTP to true if that is meant"
            );
            assert_eq!(read(far, None), Err(expected), "{far}");
            assert!(read(far, Some("false")).is_err(), "{far}");
            assert_eq!(read(far, Some("true")), Ok(()), "{far}");
        }
        assert_eq!(
            read("https://example.com", Some("yes")).unwrap_err(),
            "SETPOINT_ALLOW_HTTP: is \"yes\"; it must be true or false"
        );
    }
}
