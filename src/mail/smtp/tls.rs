//! TLS for the connection to a mail server: rustls with ring, the system's roots and the operator's own.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::mail::smtp::classify::Stage;
use crate::mail::smtp::reply::Trouble;
use crate::mail::transport::Fault;

/// A configuration that trusts the system's roots and those in the file.
///
/// # Errors
/// [`Fault::Operator`] for a file that cannot be read or holds no certificate.
pub fn config(extra_root_pem: Option<&Path>) -> Result<Arc<ClientConfig>, Trouble> {
    let mut roots = RootCertStore::empty();
    // A system without roots is no mistake by itself: the operator's file may be all that is wanted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = extra_root_pem {
        add(&mut roots, path).map_err(|why| operator(format!("{}: {why}", path.display())))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let config = config.map_err(operator)?.with_root_certificates(roots).with_no_client_auth();
    Ok(Arc::new(config))
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = certificates.map_err(|error| error.to_string())?;
    if certificates.is_empty() {
        return Err("no certificate in it".to_owned());
    }
    certificates.into_iter().try_for_each(|certificate| roots.add(certificate)).map_err(|error| error.to_string())
}

/// Encrypts a connection to this host.
///
/// # Errors
/// [`Fault::Operator`] for a certificate that is not trusted or not the host's, [`Fault::Unreachable`] for all else.
pub async fn encrypt<S>(config: Arc<ClientConfig>, host: &str, stream: S) -> Result<TlsStream<S>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(host.to_owned()).map_err(|_| operator(format!("no certificate can be for {host:?}")))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(why)) => operator(format!("the certificate of {host} is not accepted: {why:?}")),
        Some(why) => Trouble::ours(Stage::Tls, Fault::Unreachable, format!("TLS failed: {why}")),
        None => Trouble::lost(Stage::Tls, &error),
    })
}

/// The TLS version that was agreed on.
pub fn version<S>(stream: &TlsStream<S>) -> Option<String> {
    stream.get_ref().1.protocol_version().and_then(|version| version.as_str()).map(str::to_owned)
}

fn operator(why: impl std::fmt::Display) -> Trouble {
    Trouble::ours(Stage::Tls, Fault::Operator, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_file_without_roots_is_the_operators() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("roots.pem");
        let refusal = |path: &Path| config(Some(path)).unwrap_err().refusal(String::new());
        assert_eq!(refusal(&path).fault, Fault::Operator);
        std::fs::write(&path, "hello").unwrap();
        assert!(refusal(&path).text.contains("no certificate in it"), "{:?}", refusal(&path));
        std::fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        assert_eq!(refusal(&path).fault, Fault::Operator);
    }
}
