//! The certificates that servers show: good ones, and somebody else's.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let mut params = CertificateParams::new([])?;
        params.distinguished_name.push(DnType::CommonName, "an authority of these trials");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its own certificate, for who trusts it.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server with a certificate for these names.
    pub(crate) fn server(&self, names: &[&str]) -> Result<TlsAcceptor, Box<dyn Error>> {
        self.issue(params(names)?)
    }

    /// A server whose certificate has expired.
    pub(crate) fn expired(&self, names: &[&str]) -> Result<TlsAcceptor, Box<dyn Error>> {
        let mut params = params(names)?;
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.issue(params)
    }

    /// A server whose certificate is not valid yet.
    pub(crate) fn early(&self, names: &[&str]) -> Result<TlsAcceptor, Box<dyn Error>> {
        let mut params = params(names)?;
        params.not_before = date_time_ymd(2090, 1, 1);
        params.not_after = date_time_ymd(2091, 1, 1);
        self.issue(params)
    }

    fn issue(&self, params: CertificateParams) -> Result<TlsAcceptor, Box<dyn Error>> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        server(certificate.der().clone(), &key)
    }
}

/// A server whose certificate nobody has issued but itself.
pub(crate) fn self_signed(names: &[&str]) -> Result<TlsAcceptor, Box<dyn Error>> {
    let key = KeyPair::generate()?;
    let certificate = params(names)?.self_signed(&key)?;
    server(certificate.der().clone(), &key)
}

fn params(names: &[&str]) -> Result<CertificateParams, Box<dyn Error>> {
    Ok(CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?)
}

fn server(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<TlsAcceptor, Box<dyn Error>> {
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate], key)?;
    // As the services have it.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
