//! The password for the mail server: from a file, or handed over by the service manager as a credential (systemd.exec(5), CREDENTIALS).
//!
//! It never stands in the configuration or in the environment, where every process of the user could read it.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::config::smtp::Smtp;

/// Where systemd keeps what it hands to the service while that runs. An operator who asks as the service's user (`send-test`) logs in like it.
const OF_THE_SERVICE: &str = "/run/credentials/deadlines.service";

/// Why there is no password, for the operator.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// It cannot be read.
    #[error("no password for the mail server: cannot read {path}: {reason}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// There is nothing in it.
    #[error("no password for the mail server: {0} is empty")]
    Empty(PathBuf),
    /// Nobody handed one over.
    #[error("no password for the mail server: [mail.smtp] password_file is not set, and no credential {0} was handed over by systemd")]
    NoCredential(String),
}

/// Reads it: from `password_file`, else from the credentials.
///
/// # Errors
/// [`Missing`]. An empty credential is none: it is what the unit falls back on where its source does not exist.
pub fn read(smtp: &Smtp) -> Result<SecretString, Missing> {
    if let Some(path) = &smtp.password_file {
        return read_file(path);
    }
    let folder = env::var_os("CREDENTIALS_DIRECTORY").map_or_else(|| PathBuf::from(OF_THE_SERVICE), PathBuf::from);
    let path = folder.join(&smtp.password_credential);
    match read_file(&path) {
        Err(Missing::Unreadable { reason, .. }) if reason.kind() != io::ErrorKind::NotFound => Err(Missing::Unreadable { path, reason }),
        Err(_) => Err(Missing::NoCredential(smtp.password_credential.clone())),
        read => read,
    }
}

fn read_file(path: &Path) -> Result<SecretString, Missing> {
    let content = std::fs::read_to_string(path).map_err(|reason| Missing::Unreadable { path: path.to_owned(), reason })?;
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(Missing::Empty(path.to_owned())),
        password => Ok(SecretString::from(password.to_owned())),
    }
}
