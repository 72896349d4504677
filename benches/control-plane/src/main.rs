//! The sandbox behind TLS, on port 443: `control-plane SEED.json CA.pem ROOTS.pem HOST…`.
//!
//! Makes a certificate authority, an intermediate and a certificate for the hosts, so that a client verifies a chain such as
//! AWS's, and writes the authority to CA.pem behind the certificates of ROOTS.pem, so that it reads a trust store as large as
//! Amazon Linux's. The first line it prints is the URL of the sandbox itself. For each line of its standard input it prints
//! the most calls that were in flight at a time since the last, and it serves until that input ends, which is when whoever
//! started it does.

mod relay;

use std::env;
use std::error::Error;
use std::fs;
use std::io::stdin;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
    RsaKeySize,
};
use setpoint_sandbox::{Options, Sandbox, Seed};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::relay::{InFlight, relay};

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
        let in_flight = Arc::new(InFlight::default());
        let counted = Arc::clone(&in_flight);
        thread::spawn(move || {
            // An error ends the wait as well as the end of the input does.
            for _ in stdin().lines().map_while(Result::ok) {
                println!("{}", counted.most_since());
            }
            std::process::exit(0);
        });
        accept(&listener, &TlsAcceptor::from(Arc::new(tls)), sandbox.address(), &in_flight).await
    })
}

async fn accept(
    listener: &TcpListener,
    tls: &TlsAcceptor,
    sandbox: SocketAddr,
    in_flight: &Arc<InFlight>,
) -> Result<(), Box<dyn Error>> {
    loop {
        let (client, _) = listener.accept().await?;
        let (tls, in_flight) = (tls.clone(), Arc::clone(in_flight));
        tokio::spawn(async move {
            // A client that leaves in the middle sees that for itself.
            let _ = serve(client, &tls, sandbox, &in_flight).await;
        });
    }
}

async fn serve(client: TcpStream, tls: &TlsAcceptor, sandbox: SocketAddr, in_flight: &InFlight) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    relay(tls.accept(client).await?, sandbox, in_flight).await
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
