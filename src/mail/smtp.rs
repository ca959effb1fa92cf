//! Delivery to a mail server (RFC 5321): the settings, and the courier that owns one connection.
//!
//! The dialogue is our own, over lettre's commands: lettre's connection cannot tell whether the final dot was written, knows no
//! PIPELINING, and keeps what a server said in clear before STARTTLS.

pub mod classify;
pub mod letter;
pub mod reply;
pub mod session;
pub mod tls;

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use secrecy::SecretString;
use tokio::time::{Instant, timeout};

use crate::mail::smtp::classify::Stage;
use crate::mail::smtp::letter::Letter;
use crate::mail::smtp::reply::{Reply, Trouble};
use crate::mail::smtp::session::Session;
use crate::mail::transport::{Answer, Fault, Outgoing, Refusal, Seen};

/// How long one message may take as a whole, unless the settings say otherwise.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// How long it may take until a connection is ready for mail, unless the settings say otherwise.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that rested for longer is replaced: routers forget it without a word, and the next message would wait in vain.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// How long a goodbye may take.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 section 3.3), mostly port 465.
    ImplicitTls,
    /// STARTTLS (RFC 3207), required: without it nothing is sent. Mostly port 587.
    StartTls,
    /// Clear text, for a relay on the loopback only.
    None,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub enum Login {
    /// The server is not asked for it.
    Nobody,
    /// For AUTH (PLAIN, else LOGIN).
    As {
        /// The name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// There is no password, because of this: nothing is sent, and the operator has to mend it.
    WithoutPassword(String),
}

/// Which mail server, and how to speak to it.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or address; with TLS, the certificate must be for it.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Who logs in, if anybody does.
    pub login: Login,
    /// The name given in EHLO; the machine's host name if left out.
    pub hello_name: Option<String>,
    /// For one message as a whole, connecting included.
    pub message_timeout: Duration,
    /// Until a connection is ready for mail: name lookup, TCP, TLS, greeting, EHLO and AUTH.
    pub connect_timeout: Duration,
    /// Certificates in PEM that are trusted beside the system's.
    pub extra_root_pem: Option<PathBuf>,
}

/// What is wrong with the settings, for the operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Clear text to another machine.
    #[error(
        "mail to {host:?} would travel in clear text: without TLS the host must be localhost, 127.0.0.0/8 or ::1; \
         choose implicit TLS or STARTTLS"
    )]
    ClearText {
        /// The host as configured.
        host: String,
    },
    /// No host.
    #[error("the mail server's host is empty")]
    NoHost,
    /// Port 0.
    #[error("the mail server's port is 0")]
    NoPort,
    /// A name that would break the EHLO command.
    #[error("the hello name {name:?} is not a host name: ASCII letters, digits, dots and hyphens, or an address in brackets")]
    HelloName {
        /// The name as configured.
        name: String,
    },
}

impl SmtpSettings {
    /// Settings with the default time limits, without credentials.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            login: Login::Nobody,
            hello_name: None,
            message_timeout: MESSAGE_TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            extra_root_pem: None,
        }
    }

    /// Looks for mistakes that can be seen without a connection.
    ///
    /// # Errors
    /// The first mistake. A courier refuses every message as [`Fault::Operator`] while there is one.
    pub fn check(&self) -> Result<(), SettingsError> {
        if self.host.trim().is_empty() {
            return Err(SettingsError::NoHost);
        }
        if self.port == 0 {
            return Err(SettingsError::NoPort);
        }
        if self.security == Security::None && !is_loopback(&self.host) {
            return Err(SettingsError::ClearText { host: self.host.clone() });
        }
        match &self.hello_name {
            Some(name) if !is_hello_name(name) => Err(SettingsError::HelloName { name: name.clone() }),
            _ => Ok(()),
        }
    }

    /// What refusals and acceptances call the server.
    pub fn server(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// Whether a host is this machine by its very spelling; a name that merely resolves to it is not.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_hello_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_[]:".contains(&byte))
}

/// One worker's connection to one mail server.
#[derive(Debug)]
pub struct SmtpCourier {
    settings: SmtpSettings,
    tls: Option<Arc<ClientConfig>>,
    resting: Option<(Session, Instant)>,
    leaving: Option<Session>,
}

impl SmtpCourier {
    /// A courier that connects when it has something to deliver.
    pub fn new(settings: SmtpSettings) -> Self {
        Self { settings, tls: None, resting: None, leaving: None }
    }

    /// Attempts one message once. A connection that the server closed while it rested is replaced within the attempt.
    ///
    /// The connection is kept only after an acceptance.
    pub async fn deliver(&mut self, mail: &Outgoing) -> Answer {
        let mut stage = Stage::Connect;
        let limit = self.settings.message_timeout;
        let outcome = timeout(limit, self.attempt(mail, &mut stage)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Trouble::timed_out(stage, limit)));
        self.leave().await;
        let server = self.settings.server();
        match outcome {
            Ok(reply) => {
                tracing::debug!(message_id = mail.message_id, server, "mail accepted");
                Answer::Accepted { server, code: reply.code, text: reply.text }
            }
            Err(trouble) => {
                tracing::debug!(message_id = mail.message_id, server, stage = %trouble.stage, fault = %trouble.fault(), "mail refused");
                Answer::Refused(trouble.refusal(server))
            }
        }
    }

    /// Connects anew, encrypts, says EHLO, authenticates and quits.
    ///
    /// # Errors
    /// The refusal that a message would have met.
    pub async fn check(&mut self) -> Result<Seen, Refusal> {
        let mut stage = Stage::Connect;
        let server = self.settings.server();
        let session = self.open(&mut stage).await.map_err(|trouble| trouble.refusal(server.clone()))?;
        let seen = session.seen(server);
        let _ = timeout(QUIT_TIMEOUT, session.quit()).await;
        Ok(seen)
    }

    /// Quits politely, if a connection is open.
    pub async fn close(&mut self) {
        if let Some((session, _)) = self.resting.take() {
            // Nothing hangs on the answer to a goodbye.
            let _ = timeout(QUIT_TIMEOUT, session.quit()).await;
        }
    }

    async fn attempt(&mut self, mail: &Outgoing, stage: &mut Stage) -> Result<Reply, Trouble> {
        let letter = Letter::prepare(mail)?;
        if let Some(session) = self.rested() {
            match self.hand_over(session, &letter, stage).await {
                Err(trouble) if trouble.is_stale_connection() => {}
                outcome => return outcome,
            }
        }
        let session = self.open(stage).await?;
        self.hand_over(session, &letter, stage).await
    }

    /// The resting connection, unless it rested for too long.
    fn rested(&mut self) -> Option<Session> {
        let (session, since) = self.resting.take()?;
        if since.elapsed() <= IDLE_LIMIT {
            return Some(session);
        }
        self.leaving = Some(session);
        None
    }

    /// The session is owned by this call: whoever gives up waiting drops it, and nobody can use it half way through a message.
    async fn hand_over(&mut self, mut session: Session, letter: &Letter, stage: &mut Stage) -> Result<Reply, Trouble> {
        let outcome = session.send(letter, stage).await;
        match &outcome {
            Ok(_) => self.resting = Some((session, Instant::now())),
            Err(trouble) if trouble.is_answer() => self.leaving = Some(session),
            Err(_) => {}
        }
        outcome
    }

    async fn open(&mut self, stage: &mut Stage) -> Result<Session, Trouble> {
        *stage = Stage::Connect;
        if let Login::WithoutPassword(reason) = &self.settings.login {
            return Err(Trouble::ours(*stage, Fault::Operator, reason));
        }
        self.settings.check().map_err(|error| Trouble::ours(*stage, Fault::Operator, error))?;
        let tls = match self.settings.security {
            Security::None => None,
            Security::ImplicitTls | Security::StartTls => Some(self.tls()?),
        };
        let limit = self.settings.connect_timeout;
        let opened = timeout(limit, Session::open(&self.settings, tls, stage)).await;
        opened.unwrap_or_else(|_| Err(Trouble::timed_out(*stage, limit)))
    }

    /// Roots are read once; tickets let later handshakes be short.
    fn tls(&mut self) -> Result<Arc<ClientConfig>, Trouble> {
        if let Some(config) = &self.tls {
            return Ok(Arc::clone(config));
        }
        let config = tls::config(self.settings.extra_root_pem.as_deref())?;
        self.tls = Some(Arc::clone(&config));
        Ok(config)
    }

    /// Says QUIT on a connection that is given up, once the outcome is known: no goodbye may change it.
    async fn leave(&mut self) {
        if let Some(mut session) = self.leaving.take() {
            let _ = timeout(QUIT_TIMEOUT, session.say_quit()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_stays_on_the_loopback() {
        let check = |host: &str, security| SmtpSettings::new(host, 25, security).check();
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.10", "::1"] {
            assert_eq!(check(host, Security::None), Ok(()), "{host}");
        }
        for host in ["mail.example.nl", "10.0.0.1", "localhost.example.nl", "localhost.", "127.0.0.1.example", "0.0.0.0", "::"] {
            assert_eq!(check(host, Security::None), Err(SettingsError::ClearText { host: host.into() }), "{host}");
            assert_eq!(check(host, Security::StartTls), Ok(()), "{host}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let mut settings = SmtpSettings::new("mail.example.nl", 465, Security::ImplicitTls);
        settings.hello_name = Some("a b\r\nMAIL".into());
        assert!(settings.check().unwrap_err().to_string().contains("not a host name"));
        assert_eq!(SmtpSettings::new(" ", 25, Security::StartTls).check(), Err(SettingsError::NoHost));
        assert_eq!(SmtpSettings::new("x", 0, Security::StartTls).check(), Err(SettingsError::NoPort));
    }
}
