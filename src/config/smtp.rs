//! `[mail.smtp]`: the mail server.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::read::{finish, set, set_duration, set_number, set_optional, set_optional_number, set_optional_path, set_word};
use crate::toml_reader::Table;

/// A time-out of nought would mean "at once", and one of more than a day "never".
const TIME_OUTS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);

/// `[mail.smtp]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Name or address.
    pub host: String,
    /// TCP port; `None` is the usual one for the security.
    pub port: Option<u16>,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in.
    pub username: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// Without such a file: what the service manager calls the password among the credentials that it hands over.
    pub password_credential: String,
    /// A PEM file with a further root certificate.
    pub extra_root: Option<PathBuf>,
    /// What EHLO says; the machine's name if left out.
    pub hello_name: Option<String>,
    /// How many connections at once.
    pub connections: u32,
    /// How many mails a minute at most; `None` is no limit.
    pub rate: Option<u32>,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long one message may take.
    pub message_timeout: Duration,
}

/// How a connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// In clear; for a relay on the loopback only.
    None,
}

impl Default for Smtp {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: None,
            security: Security::StartTls,
            username: None,
            password_file: None,
            password_credential: "smtp-password".to_owned(),
            extra_root: None,
            hello_name: None,
            connections: 2,
            rate: None,
            connect_timeout: Duration::from_secs(30),
            message_timeout: Duration::from_secs(120),
        }
    }
}

pub(in crate::config) fn read(table: &Table<'_, '_>, base: &Path, smtp: &mut Smtp) {
    set(table, "host", &mut smtp.host);
    let mut port = smtp.port.map(u32::from);
    set_optional_number(
        table,
        "port",
        1..=u32::from(u16::MAX),
        "a TCP port; left out it is 465 for tls, 587 for starttls, 25 for none",
        &mut port,
    );
    smtp.port = port.and_then(|port| u16::try_from(port).ok());
    set_word(table, "security", &[("tls", Security::Tls), ("starttls", Security::StartTls), ("none", Security::None)], &mut smtp.security);
    set_optional(table, "username", &mut smtp.username);
    set_optional_path(table, "password_file", base, &mut smtp.password_file);
    set(table, "password_credential", &mut smtp.password_credential);
    if !is_file_name(&smtp.password_credential) {
        let said = format!("`password_credential` cannot be \"{}\"", smtp.password_credential);
        table.report(table.key_span("password_credential"), said, "a name as in LoadCredential=NAME:PATH, without a slash");
    }
    set_optional_path(table, "extra_root", base, &mut smtp.extra_root);
    set_optional(table, "hello_name", &mut smtp.hello_name);
    set_number(table, "connections", 1..=64, "2 is plenty for most relays", &mut smtp.connections);
    set_optional_number(table, "rate", 1..=u32::MAX, "mails a minute; leave it out for no limit", &mut smtp.rate);
    set_duration(table, "connect_timeout", TIME_OUTS, &mut smtp.connect_timeout);
    set_duration(table, "message_timeout", TIME_OUTS, &mut smtp.message_timeout);
    finish(table);
}

/// Whether it names a file in a folder, and cannot lead out of it.
fn is_file_name(text: &str) -> bool {
    Path::new(text).file_name().is_some_and(|name| name == text)
}
