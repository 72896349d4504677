//! Which certificates are trusted.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;

use aws_smithy_types::base64;
use memchr::memchr;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// A file and a folder of certificates, where somebody named them.
pub(crate) type Places = (Option<PathBuf>, Option<PathBuf>);

/// The machine's certificates, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
///
/// One file of them, as Lambda has it, is decoded here: reading it is most of what the start of a process computes, and
/// this takes a quarter of the instructions. Folders, and a file with anything unusual in it, are left to
/// `rustls_native_certs`. A folder beside the machine's file is not looked at; the two hold the same.
pub(crate) fn machine((file, folders): Places) -> RootCertStore {
    let file = one_file(file, folders).and_then(|path| File::open(path).ok());
    let trusted = file.and_then(|file| plain(BufReader::with_capacity(READ_BYTES, file)));
    let trusted = trusted.filter(|found| !found.is_empty()).unwrap_or_else(by_rustls);
    if trusted.is_empty() {
        tracing::warn!("this machine has no certificates to trust; name a file of them in AWS_CA_BUNDLE");
    }
    trusted
}

/// The file that holds all of them, given what `SSL_CERT_FILE` and `SSL_CERT_DIR` say.
fn one_file(file: Option<PathBuf>, folders: Option<PathBuf>) -> Option<PathBuf> {
    match (file, folders) {
        (Some(file), None) => Some(file),
        // Elsewhere they are in a keychain.
        (None, None) if cfg!(target_os = "linux") => openssl_probe::probe().cert_file,
        _ => None,
    }
}

fn by_rustls() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "certificates to trust cannot be read");
    }
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(found.certs);
    trusted
}

/// A store has some 200 KB; all of it at once would be memory that nothing else needs later.
const READ_BYTES: usize = 16 * 1024;

/// How long a line of base64 is in PEM (RFC 7468), but for the last of each certificate.
const LINE: usize = 64;

/// The certificates in `store` (PEM); `None` for one that is not base64 in usual lines between its two markers.
fn plain(mut store: impl BufRead) -> Option<RootCertStore> {
    let mut trusted = RootCertStore::empty();
    let (mut line, mut body) = (Vec::new(), Vec::new());
    while read_until(&mut store, b'\n', &mut line).ok()? > 0 {
        if line.trim_ascii_end() != b"-----BEGIN CERTIFICATE-----" {
            continue;
        }
        read_until(&mut store, b'-', &mut body).ok()?;
        read_until(&mut store, b'\n', &mut line).ok()?;
        if line.trim_ascii_end() != b"----END CERTIFICATE-----" {
            return None;
        }
        let text = joined(body.strip_suffix(b"-")?)?;
        let certificate = base64::decode(str::from_utf8(&text).ok()?).ok()?;
        // One that rustls cannot use does not make the others unusable.
        let _ = trusted.add(certificate.into());
    }
    Some(trusted)
}

/// The usual lines of `body` as one; `None` for others.
fn joined(body: &[u8]) -> Option<Vec<u8>> {
    let (lines, last) = body.as_chunks::<{ LINE + 1 }>();
    let mut text = vec![0; lines.len() * LINE];
    for (to, [line @ .., end]) in text.as_chunks_mut().0.iter_mut().zip(lines) {
        if *end != b'\n' {
            return None;
        }
        *to = *line;
    }
    text.extend_from_slice(last.trim_ascii_end());
    Some(text)
}

/// Reads `store` up to and with the next `end` into `into`, in place of what was there; how many bytes there were.
///
/// As `BufRead::read_until` does, which looks at eight bytes at a time: that alone was a sixth of a start's instructions.
fn read_until(store: &mut impl BufRead, end: u8, into: &mut Vec<u8>) -> io::Result<usize> {
    into.clear();
    loop {
        let read = store.fill_buf()?;
        let found = memchr(end, read).map(|at| at + 1);
        let taken = found.unwrap_or(read.len());
        into.extend_from_slice(&read[..taken]);
        store.consume(taken);
        if found.is_some() || taken == 0 {
            return Ok(into.len());
        }
    }
}

/// The certificates of a bundle (PEM), each of which must be one.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub(crate) fn bundle(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("holds a broken certificate: {error}"))?;
        trusted.add(certificate).map_err(|error| format!("holds what is no certificate: {error}"))?;
    }
    if trusted.is_empty() { Err("holds no certificate in PEM form".to_owned()) } else { Ok(trusted) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Signed by itself, and its key thrown away.
    pub(in crate::aws) const ROOT: &str = "\
-----BEGIN CERTIFICATE-----
MIIBkjCCATegAwIBAgIUcTdaNFA0kScUk9eEKvaT6mpa5GswCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSU2V0cG9pbnQgdGVzdCByb290MCAXDTI2MTEyMDExMjcxMFoY
DzIxMjYxMDI3MTEyNzEwWjAdMRswGQYDVQQDDBJTZXRwb2ludCB0ZXN0IHJvb3Qw
WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS83Hrjx+MbZP88SYQkQ7WoTZK2nJW1
nff/xc8Av4TAaZv6lhT0F/gMoiXCfkosDTNw4nUbxS2RgCnx6PuqMMwZo1MwUTAd
BgNVHQ4EFgQU4M6/Rwi5rt3Uw4McZF4cWN0ZfGEwHwYDVR0jBBgwFoAU4M6/Rwi5
rt3Uw4McZF4cWN0ZfGEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBG
AiEAlbzV/6DXTfDgslo+Eu1gZ3cfj4N2ZE2vAvVOE0RbTokCIQCMOAUhXhLAbs0c
TUXimCLiEgGND0cKAITb2Zkf5XeQSg==
-----END CERTIFICATE-----
";

    fn keys(store: &RootCertStore) -> Vec<&[u8]> {
        store.roots.iter().map(|root| root.subject_public_key_info.as_ref()).collect()
    }

    #[test]
    fn a_plain_store_is_read_as_rustls_reads_it() {
        let comment = "# Certificates of the machine\n\n";
        for store in [ROOT.to_owned(), format!("{comment}{ROOT}\r\n{comment}{ROOT}"), ROOT.trim_ascii_end().to_owned()]
        {
            let expected = bundle(store.as_bytes()).unwrap();
            for read_bytes in [1, 64, READ_BYTES] {
                let read = plain(BufReader::with_capacity(read_bytes, store.as_bytes()));
                assert_eq!(keys(&read.unwrap()), keys(&expected), "{read_bytes} at a time: {store}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        let cut_off = &ROOT[..ROOT.len() / 2];
        let with_header = ROOT.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n", 1);
        let with_other_ends = ROOT.replace('\n', "\r\n");
        let with_other_lines = ROOT.replacen("MIIB", "MI\nIB", 1);
        let in_another = ROOT.replacen("MIIB", &ROOT[..ROOT.len() / 2], 1);
        for store in [cut_off, &with_header, &with_other_ends, &with_other_lines, &in_another] {
            assert!(plain(store.as_bytes()).is_none(), "{store}");
        }
    }

    #[test]
    fn a_certificate_that_rustls_cannot_use_is_left_out() {
        let useless = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(plain(format!("{useless}{ROOT}").as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_is_named_counts_and_a_folder_is_left_to_others() {
        let (file, folder) = (PathBuf::from("/ca.pem"), PathBuf::from("/certs"));
        assert_eq!(one_file(Some(file.clone()), None), Some(file.clone()));
        assert_eq!(one_file(Some(file), Some(folder.clone())), None);
        assert_eq!(one_file(None, Some(folder)), None);
    }

    #[test]
    fn a_bundle_holds_certificates_and_nothing_broken() {
        assert_eq!(bundle(ROOT.as_bytes()).unwrap().len(), 1);
        assert_eq!(bundle(b"no certificate").unwrap_err(), "holds no certificate in PEM form");
        let broken = ROOT.replacen("MII", "M!I", 1);
        assert!(bundle(broken.as_bytes()).unwrap_err().starts_with("holds a broken certificate: "));
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(
            bundle(no_certificate.as_bytes()).unwrap_err(),
            "holds what is no certificate: invalid peer certificate: BadEncoding"
        );
    }
}
