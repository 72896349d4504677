//! The one HTTPS client of the process, which keeps to the pace that AWS allows.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use rustls::RootCertStore;

use super::connector::{Connector, Limits, directly};
use super::pace::{Heard, Pacer};
use super::proxy::Proxies;
use super::{attempts, trust};
use crate::clock::Clock;
use crate::environment;
use crate::spelling::arn::Account;

/// One HTTPS client with one pool of connections for every SDK client, which calls no control plane faster than it
/// allows. It trusts the certificates in `ca_bundle` or else the machine's.
///
/// Everything that can be done before the first call is done here: reading the certificates costs more than the rest.
#[must_use]
pub fn https(clock: Clock, ca_bundle: Option<RootCertStore>) -> SharedHttpClient {
    paced(SharedHttpConnector::new(Connector::new(directly(), trusted(ca_bundle), LIMITS)), clock)
}

/// The same by way of `proxies`.
#[must_use]
pub fn https_through(proxies: Proxies, clock: Clock, ca_bundle: Option<RootCertStore>) -> SharedHttpClient {
    paced(SharedHttpConnector::new(Connector::new(proxies.way(directly()), trusted(ca_bundle), LIMITS)), clock)
}

fn trusted(ca_bundle: Option<RootCertStore>) -> RootCertStore {
    ca_bundle.unwrap_or_else(|| trust::machine(environment::certificate_places()))
}

/// The same pace over another way of carrying requests.
pub(super) fn paced(inner: SharedHttpConnector, clock: Clock) -> SharedHttpClient {
    let paced = SharedHttpConnector::new(PacedConnector { inner, pacer: Arc::default(), clock });
    http_client_fn(move |_, _| paced.clone())
}

/// The same client for requests in the account of a role.
pub(super) fn in_account(client: SharedHttpClient, account: Account) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        let inner = client.http_connector(settings, components);
        SharedHttpConnector::new(InAccount { inner, account: account.clone() })
    })
}

/// By this header, which goes no further than the pace, a request says in whose account it is made. Others may stand between.
const ACCOUNT: &str = "setpoint-account";

#[derive(Debug)]
struct InAccount {
    inner: SharedHttpConnector,
    account: Account,
}

impl HttpConnector for InAccount {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        request.headers_mut().insert(ACCOUNT, self.account.as_str().to_owned());
        self.inner.call(request)
    }
}

const LIMITS: Limits = Limits { connect: Duration::from_secs(3), read: Duration::from_secs(10) };

#[derive(Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    pacer: Arc<Pacer>,
    clock: Clock,
}

impl HttpConnector for PacedConnector {
    /// Every attempt waits for its turn, the SDK's own retries too.
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let account = request.headers_mut().remove(ACCOUNT);
        let Some(plane) = control_plane(&request, account) else {
            return self.inner.call(request);
        };
        let (inner, pacer, clock) = (self.inner.clone(), Arc::clone(&self.pacer), self.clock.clone());
        HttpConnectorFuture::new(async move {
            let turn = pacer.turn(&plane, clock.now());
            if !turn.wait.is_zero() {
                clock.sleep(turn.wait).await;
            }
            turn.used();
            attempts::note_sent();
            let mut response = inner.call(request).await?;
            attempts::note(&response);
            let heard = heard(&mut response).await?;
            pacer.learn(&plane, heard, clock.now());
            Ok(response)
        })
    }
}

/// `REGION/SERVICE` out of the credential scope that the request is signed for, and the account of the role: that is what AWS counts
/// by. A role of the function's own account counts as another's.
fn control_plane(request: &HttpRequest, account: Option<String>) -> Option<String> {
    let scope = request.headers().get("authorization")?.split_once("Credential=")?.1.split(',').next()?;
    let mut parts = scope.split('/').skip(2);
    let account = account.map_or_else(String::new, |account| format!("/{account}"));
    Some(format!("{}/{}{account}", parts.next()?, parts.next()?))
}

/// Lambda and Bedrock answer 429 to one call too many. SageMaker answers 400, with the error's name in the body and not
/// always in a header.
async fn heard(response: &mut HttpResponse) -> Result<Heard, ConnectorError> {
    let throttled = match (response.status().as_u16(), response.headers().get("x-amzn-errortype")) {
        (429, _) => true,
        (400, Some(name)) => name.contains("Throttling"),
        (400, None) => {
            let body = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::taken()));
            let body = body.collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
            let throttled = body.windows(THROTTLING.len()).any(|window| window == THROTTLING);
            *response.body_mut() = SdkBody::from(body);
            throttled
        }
        _ => false,
    };
    Ok(if throttled { Heard::Throttled } else { Heard::Passed })
}

const THROTTLING: &[u8] = b"ThrottlingException";

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;

    use super::*;

    /// Every call is one too many.
    #[derive(Debug)]
    struct Throttles;

    impl HttpConnector for Throttles {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            assert_eq!(request.headers().get(ACCOUNT), None);
            HttpConnectorFuture::ready(Ok(HttpResponse::new(429.try_into().unwrap(), SdkBody::empty())))
        }
    }

    /// What carries a request later than it is handed over.
    #[derive(Debug)]
    struct Later(SharedHttpConnector);

    impl HttpConnector for Later {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let inner = self.0.clone();
            HttpConnectorFuture::new(async move { inner.call(request).await })
        }
    }

    async fn call(client: &SharedHttpClient) {
        let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
        let connector = client.http_connector(&HttpConnectorSettings::builder().build(), &components);
        let mut request = HttpRequest::empty();
        let signed = "AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/lambda/aws4_request, Signature=00";
        request.headers_mut().insert("authorization", signed);
        connector.call(request).await.unwrap();
    }

    #[tokio::test]
    async fn the_pace_of_one_account_holds_up_no_other() {
        let clock = Clock::simulated("2026-11-20T22:00:00Z".parse().unwrap());
        let paced = paced(SharedHttpConnector::new(Throttles), clock.clone());
        let own = http_client_fn(move |settings, components| {
            SharedHttpConnector::new(Later(paced.http_connector(settings, components)))
        });
        let accounts = ["111111111111", "222222222222"].map(|id| Account::parse(id.to_owned()).unwrap());
        let clients = accounts.map(|account| in_account(own.clone(), account));
        let began = clock.now();
        for client in clients.iter().chain([&own]) {
            call(client).await;
            call(client).await;
        }
        assert_eq!(clock.now(), began, "a first turn under a limit comes at once");
        call(&clients[0]).await;
        let waited = clock.now() - began;
        assert!(waited > chrono::TimeDelta::zero());
        for client in clients[1..].iter().chain([&own]) {
            call(client).await;
        }
        assert!(clock.now() - began < waited * 2, "the others waited meanwhile, and not after it");
    }
}
