//! Requests to a simulated world, which say whose they are and are not signed: nobody there looks at a signature, and to make
//! one costs more than everything else in a call.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::{AuthScheme, AuthSchemeEndpointConfig, AuthSchemeId, Sign};
use aws_smithy_runtime_api::client::identity::{Identity, SharedIdentityResolver};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{GetIdentityResolver, RuntimeComponents};
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::SigningName;
use aws_types::region::SigningRegion;

/// Stands in for the SDK's own scheme.
#[derive(Debug)]
pub(super) struct Unsigned;

impl AuthScheme for Unsigned {
    fn scheme_id(&self) -> AuthSchemeId {
        AuthSchemeId::from("sigv4")
    }

    fn identity_resolver(&self, resolvers: &dyn GetIdentityResolver) -> Option<SharedIdentityResolver> {
        resolvers.identity_resolver(self.scheme_id())
    }

    fn signer(&self) -> &dyn Sign {
        self
    }
}

impl Sign for Unsigned {
    fn sign_http_request(
        &self,
        request: &mut HttpRequest,
        _: &Identity,
        _: AuthSchemeEndpointConfig<'_>,
        _: &RuntimeComponents,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        let region = bag.load::<SigningRegion>().map_or("", |region| region.as_ref());
        let service = bag.load::<SigningName>().map_or("", |service| service.as_ref());
        let scope = format!("AWS4-HMAC-SHA256 Credential=sandbox/20261123/{region}/{service}/aws4_request");
        request.headers_mut().insert("authorization", scope);
        Ok(())
    }
}
