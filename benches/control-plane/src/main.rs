//! The sandbox behind TLS, on port 443: `control-plane SEED.json CA.pem ROOTS.pem HOST…`.
//!
//! Makes a certificate authority, an intermediate and a certificate for the hosts, so that a client verifies a chain such as
//! AWS's, and writes the authority to CA.pem behind the certificates of ROOTS.pem, so that it reads a trust store as large as
//! Amazon Linux's. The one line it prints is the URL of the sandbox itself. It serves until its standard input ends, which
//! is when whoever started it does.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{Read, stdin};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize,
};
use setpoint_sandbox::{Options, Sandbox, Seed};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [seed, authority, roots, hosts @ ..] = arguments.as_slice() else {
        return Err("usage: control-plane SEED.json CA.pem ROOTS.pem HOST…".into());
    };
    let seed = Seed::from_file(seed)?;
    let (certificate, tls) = certificates(hosts)?;
    fs::write(authority, fs::read_to_string(roots)? + &certificate)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let sandbox = Sandbox::start(seed, Options::default()).await?;
        let listener = TcpListener::bind("127.0.0.1:443").await?;
        println!("{}", sandbox.url());
        thread::spawn(|| {
            // An error ends the wait as well as the end of the input does.
            let _ = stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        accept(&listener, &TlsAcceptor::from(Arc::new(tls)), sandbox.address()).await
    })
}

async fn accept(listener: &TcpListener, tls: &TlsAcceptor, sandbox: SocketAddr) -> Result<(), Box<dyn Error>> {
    loop {
        let (client, _) = listener.accept().await?;
        let tls = tls.clone();
        tokio::spawn(async move {
            // A client that leaves in the middle sees that for itself.
            let _ = relay(client, &tls, sandbox).await;
        });
    }
}

async fn relay(client: TcpStream, tls: &TlsAcceptor, sandbox: SocketAddr) -> std::io::Result<(u64, u64)> {
    client.set_nodelay(true)?;
    let mut client = tls.accept(client).await?;
    let mut sandbox = TcpStream::connect(sandbox).await?;
    sandbox.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut sandbox).await
}

/// The certificate authority as PEM, and a server that presents a certificate under it by way of an intermediate.
fn certificates(hosts: &[String]) -> Result<(String, ServerConfig), Box<dyn Error>> {
    let rsa = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    let authority = CertifiedIssuer::self_signed(issuer("authority")?, rsa()?)?;
    let intermediate = CertifiedIssuer::signed_by(issuer("intermediate")?, rsa()?, &authority)?;
    // The server's own key is not RSA: signing with it would be the server's time in every first invocation.
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(hosts)?.signed_by(&key, &intermediate)?;
    let chain = vec![leaf.der().clone(), intermediate.der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    // As the services have it.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((authority.pem(), config))
}

fn issuer(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new([])?;
    params.distinguished_name.push(DnType::CommonName, format!("the benchmark's {name}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}
