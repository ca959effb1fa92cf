//! The office: everything that sending needs besides the database, made from the configuration.

use std::path::PathBuf;

use lettre::Address;
use lettre::message::Mailbox;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::config::mail::TransportKind;
use crate::config::retention::Retention;
use crate::config::smtp::{Security, Smtp};
use crate::domain::decide::Rules;
use crate::domain::quiet::Quiet;
use crate::job::correct::Shelf;
use crate::job::password;
use crate::mail::compose::Sender;
use crate::mail::key_file::{self, KeyError};
use crate::mail::signed::{self, Keys, MailRow};
use crate::mail::smtp::{self, Login, SmtpSettings};
use crate::mail::templates::{TemplateProblem, Templates};
use crate::mail::transport::Transport;
use crate::store::outbox::Mail;

/// What sending needs.
#[derive(Debug)]
pub struct Office {
    /// When and how long before.
    pub rules: Rules,
    /// How mails look.
    pub templates: Templates,
    /// Who sends.
    pub sender: Sender,
    /// What signs tokens, and knows them again.
    pub keys: Keys,
    /// Where delivery reports go; `None`: to the sender.
    pub return_path: Option<Address>,
    /// Where mail that came in lies.
    pub spool: PathBuf,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// How mail leaves.
    pub transport: Transport,
    /// How many couriers work side by side.
    pub couriers: u32,
    /// What earlier calendars said, for corrections.
    pub shelf: Shelf,
    /// How many mails may be attempted in a minute; `None` is no limit.
    pub rate: Option<u32>,
    /// Where reports and alerts go.
    pub operator: Option<String>,
    /// Stands for the `[mail]` configuration and the files that it names: another one deserves a fresh start.
    pub way: String,
}

/// Why the configuration gives no office.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// An address that the mail library refuses.
    #[error("[mail] {key}: {reason}")]
    Address {
        /// Which key.
        key: &'static str,
        /// Why.
        reason: lettre::address::AddressError,
    },
    /// A password for nobody.
    #[error("[mail.smtp] password_file without a username: set both, or neither to send without logging in")]
    HalfCredentials,
    /// The keys cannot be read or made.
    #[error("[mail] key_file: {0}")]
    Key(#[from] KeyError),
    /// Settings that cannot be used together.
    #[error("[mail.smtp]: {0}")]
    Settings(String),
}

impl Office {
    /// Sets the office of the service up. Makes the file with the keys if there is none yet. Templates of the operator that do not work are left out and named; the compiled-in ones are used instead.
    ///
    /// # Errors
    /// Addresses, passwords, keys and settings that cannot be used.
    pub fn new(config: &Config) -> Result<(Self, Vec<TemplateProblem>), OfficeError> {
        Self::with_keys(config, key_file::open(&config.key_file())?)
    }

    /// An office whose mails nobody can answer: for previews and simulations, where a link that works would be a trap.
    ///
    /// # Errors
    /// Addresses, passwords and settings that cannot be used.
    pub fn for_show(config: &Config) -> Result<(Self, Vec<TemplateProblem>), OfficeError> {
        Self::with_keys(config, Keys::for_show())
    }

    fn with_keys(config: &Config, keys: Keys) -> Result<(Self, Vec<TemplateProblem>), OfficeError> {
        let loaded = config.mail.templates.as_deref().map(Templates::with_folder);
        let (templates, problems) =
            loaded.map_or_else(|| (Templates::compiled_in(), Vec::new()), |loaded| (loaded.templates, loaded.problems));
        let transport = transport(config)?;
        let office = Self {
            rules: Rules {
                leads: config.leads.clone(),
                send_from: config.sending.from,
                overviews: config.mail.overviews,
                quiet: Quiet::default(),
            },
            templates,
            sender: sender(config)?,
            way: way(config, &transport, &keys),
            keys,
            return_path: config.mail.returning.return_path.clone(),
            spool: config.mail.returning.spool.clone(),
            retention: config.retention,
            transport,
            couriers: config.mail.smtp.connections,
            shelf: Shelf::default(),
            rate: config.mail.smtp.rate,
            operator: config.operator.email.clone(),
        };
        Ok((office, problems))
    }

    /// The envelope sender of a mail: names it, so that a delivery report tells which mail did not arrive.
    pub fn return_path_of(&self, mail: &Mail) -> String {
        match &self.return_path {
            None => self.sender.from.email.to_string(),
            Some(address) => format!("{}+{}@{}", address.user(), signed::bounce(&self.keys, &row(mail)), address.domain()),
        }
    }
}

/// A mail as its tokens know it.
pub fn row(mail: &Mail) -> MailRow<'_> {
    MailRow { id: mail.id, practice: mail.practice.as_str(), email: &mail.email, day: mail.day, kind: &mail.kind }
}

/// Says whether a file was written anew, and nothing about what stands in it: this goes into the database.
fn way(config: &Config, transport: &Transport, keys: &Keys) -> String {
    let written = |path: &Option<std::path::PathBuf>| {
        let metadata = path.as_ref().and_then(|path| std::fs::metadata(path).ok());
        metadata.map(|metadata| (metadata.len(), metadata.modified().ok()))
    };
    let files = [written(&config.mail.smtp.password_file), written(&config.mail.smtp.extra_root)];
    format!("{:x}", Sha256::digest(format!("{:?} {files:?} {:?}", config.mail, credential(config, transport, keys))))
}

/// The service manager writes a credential anew at each start, so its file cannot say whether it is another one.
fn credential(config: &Config, transport: &Transport, keys: &Keys) -> Option<String> {
    match transport {
        Transport::Smtp(SmtpSettings { login: Login::As { password, .. }, .. }) if config.mail.smtp.password_file.is_none() => {
            Some(signed::fingerprint(keys, password.expose_secret()))
        }
        _ => None,
    }
}

fn sender(config: &Config) -> Result<Sender, OfficeError> {
    let mailbox = |key: &'static str, text: &str| text.parse::<Mailbox>().map_err(|reason| OfficeError::Address { key, reason });
    let mail = &config.mail;
    Ok(Sender {
        from: mailbox("from", &mail.from)?,
        reply_to: mail.reply_to.as_deref().map(|text| mailbox("reply_to", text)).transpose()?,
        list_domain: mail.domain.clone(),
        unsubscribe: mailbox("unsubscribe", &mail.unsubscribe)?.email.to_string(),
        answers: mail.returning.answers.as_ref().map(Address::to_string),
        operator_name: mail.operator.clone(),
    })
}

fn transport(config: &Config) -> Result<Transport, OfficeError> {
    match config.mail.transport {
        TransportKind::Directory => Ok(Transport::Directory(config.mail.folder.clone())),
        TransportKind::Smtp => smtp_settings(&config.mail.smtp).map(Transport::Smtp),
    }
}

fn smtp_settings(smtp: &Smtp) -> Result<SmtpSettings, OfficeError> {
    let security = match smtp.security {
        Security::Tls => smtp::Security::ImplicitTls,
        Security::StartTls => smtp::Security::StartTls,
        Security::None => smtp::Security::None,
    };
    let settings = SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port.unwrap_or_else(|| usual_port(smtp.security)),
        security,
        login: login(smtp)?,
        hello_name: smtp.hello_name.clone(),
        message_timeout: smtp.message_timeout,
        connect_timeout: smtp.connect_timeout,
        extra_root_pem: smtp.extra_root.clone(),
    };
    settings.check().map_err(|error| OfficeError::Settings(error.to_string()))?;
    Ok(settings)
}

/// RFC 8314 section 7.3 for submission, RFC 5321 for a relay.
fn usual_port(security: Security) -> u16 {
    match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    }
}

/// A password that is not there is no reason not to start: planning goes on, and mail waits for it.
fn login(smtp: &Smtp) -> Result<Login, OfficeError> {
    match (&smtp.username, &smtp.password_file) {
        (None, None) => Ok(Login::Nobody),
        (None, Some(_)) => Err(OfficeError::HalfCredentials),
        (Some(user), _) => Ok(match password::read(smtp) {
            Ok(password) => Login::As { user: user.clone(), password },
            Err(missing) => Login::WithoutPassword(missing.to_string()),
        }),
    }
}
