//! Configuration: one struct for each section, defaults beside the fields, unknown keys refused, all problems at once.

pub mod returning;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveTime;

use crate::config::returning::Returning;
use crate::domain::leads::{Lead, Leads};
use crate::domain::milestones::Kind;
use crate::domain::overview::Wanted;
use crate::problems::{Problems, text};
use crate::toml_reader::{Table, read_document};

/// Everything that an operator can set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the state is kept.
    pub database: PathBuf,
    /// What the machine is called where `/etc/machine-id` does not tell it, as in containers.
    pub machine: Option<String>,
    /// Where calendar files lie; `None` means the compiled-in ones.
    pub calendars: Option<PathBuf>,
    /// How many contacts a load may correct without being confirmed.
    pub max_corrections: u32,
    /// Mail in general.
    pub mail: Mail,
    /// Who hears of trouble.
    pub operator: Operator,
    /// When reminders go out.
    pub sending: Sending,
    /// How long before.
    pub leads: Leads,
    /// How much is logged.
    pub log: Log,
}

/// `[mail]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Who sends, as an RFC 5322 mailbox.
    pub from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Where a reader asks to stop.
    pub unsubscribe: String,
    /// The name in the footer.
    pub operator: String,
    /// The domain of Message-ID and List-Id.
    pub domain: String,
    /// How mail leaves.
    pub transport: TransportKind,
    /// Where the directory transport writes.
    pub folder: PathBuf,
    /// A folder with templates that replace compiled-in ones.
    pub templates: Option<PathBuf>,
    /// Which overviews are sent.
    pub overviews: Wanted,
    /// What may come back, and where it is kept.
    pub returning: Returning,
    /// The mail server.
    pub smtp: Smtp,
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportKind {
    /// One `.eml` file a mail.
    Directory,
    /// To a mail server.
    Smtp,
}

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

/// `[operator]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// Where reports and alerts go; `None`: nowhere.
    pub email: Option<String>,
}

/// `[sending]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// From which time in Amsterdam reminders go out on a working day.
    pub from: NaiveTime,
}

/// `[log]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// A filter as tracing-subscriber reads it.
    pub filter: String,
    /// Readable, or JSON lines.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Into the journal where standard error goes there, readable text elsewhere.
    Auto,
    /// Readable text.
    Text,
    /// JSON lines.
    Json,
    /// Into systemd's journal, each field by itself.
    Journal,
}

impl Config {
    /// The defaults, with relative paths counted from `base`.
    pub fn defaults(base: &Path) -> Self {
        Self {
            database: base.join("var/deadlines.sqlite"),
            machine: None,
            calendars: None,
            max_corrections: 200,
            mail: Mail::defaults(base),
            operator: Operator::default(),
            sending: Sending { from: NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default() },
            leads: Leads::default(),
            log: Log { filter: "info,tokio_cron_scheduler=warn".to_owned(), format: LogFormat::Auto },
        }
    }

    /// Reads a configuration; relative paths count from the folder of the file.
    ///
    /// # Errors
    /// Every problem of the file, each with its place.
    pub fn parse(name: &str, content: &str, base: &Path) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let config = read_document(&text(name, content), &mut problems, |document| config(document, base));
        if problems.has_errors() { Err(problems) } else { Ok(config) }
    }
}

impl Mail {
    fn defaults(base: &Path) -> Self {
        Self {
            from: "Deadlines <deadlines@example.org>".to_owned(),
            reply_to: None,
            unsubscribe: "afmelden@example.org".to_owned(),
            operator: "Deadlines".to_owned(),
            domain: "example.org".to_owned(),
            transport: TransportKind::Directory,
            folder: base.join("var/mail"),
            templates: None,
            overviews: Wanted::default(),
            returning: Returning::defaults(base),
            smtp: Smtp::default(),
        }
    }
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

fn config(document: &Table<'_, '_>, base: &Path) -> Config {
    let mut config = Config::defaults(base);
    if let Some(table) = document.table("database") {
        set_path(&table, "path", base, &mut config.database);
        config.machine = table.string("machine").map(|name| name.value);
        table.finish();
    }
    if let Some(table) = document.table("calendars") {
        config.calendars = table.string("folder").map(|folder| base.join(folder.value));
        if let Some(most) = table.number("max_corrections") {
            config.max_corrections = most.value;
        }
        table.finish();
    }
    if let Some(table) = document.table("mail") {
        mail(&table, base, &mut config.mail);
    }
    if let Some(table) = document.table("operator") {
        operator(&table, &mut config.operator);
    }
    if let Some(table) = document.table("sending") {
        sending(&table, &mut config.sending);
    }
    if let Some(table) = document.table("leads") {
        leads(&table, &mut config.leads);
    }
    if let Some(table) = document.table("log") {
        log(&table, &mut config.log);
    }
    document.finish();
    config
}

fn set(table: &Table<'_, '_>, key: &'static str, field: &mut String) {
    if let Some(value) = table.string(key) {
        *field = value.value;
    }
}

fn set_path(table: &Table<'_, '_>, key: &'static str, base: &Path, field: &mut PathBuf) {
    if let Some(value) = table.string(key) {
        *field = base.join(value.value);
    }
}

fn set_flag(table: &Table<'_, '_>, key: &'static str, field: &mut bool) {
    if let Some(value) = table.boolean(key) {
        *field = value.value;
    }
}

fn set_word<T: Copy>(table: &Table<'_, '_>, key: &'static str, words: &[(&str, T)], field: &mut T) {
    let Some(given) = table.string(key) else { return };
    match words.iter().find(|(word, _)| *word == given.value) {
        Some((_, value)) => *field = *value,
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            table.report(given.span, format!("`{key}` cannot be \"{}\"", given.value), format!("one of {}", known.join(", ")));
        }
    }
}

fn mail(table: &Table<'_, '_>, base: &Path, mail: &mut Mail) {
    set(table, "from", &mut mail.from);
    mail.reply_to = table.string("reply_to").map(|text| text.value);
    set(table, "unsubscribe", &mut mail.unsubscribe);
    set(table, "operator", &mut mail.operator);
    set(table, "domain", &mut mail.domain);
    set_word(table, "transport", &[("directory", TransportKind::Directory), ("smtp", TransportKind::Smtp)], &mut mail.transport);
    set_path(table, "folder", base, &mut mail.folder);
    mail.templates = table.string("templates").map(|folder| base.join(folder.value));
    set_flag(table, "welcome", &mut mail.overviews.welcome);
    set_flag(table, "season_overview", &mut mail.overviews.season);
    check_mailboxes(table, mail);
    returning::read(table, base, &mut mail.returning);
    if let Some(inner) = table.table("smtp") {
        smtp(&inner, base, &mut mail.smtp);
    }
    table.finish();
}

fn check_mailboxes(table: &Table<'_, '_>, mail: &Mail) {
    let boxes = [("from", Some(&mail.from)), ("reply_to", mail.reply_to.as_ref()), ("unsubscribe", Some(&mail.unsubscribe))];
    for (key, value) in boxes.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))) {
        if let Err(error) = value.parse::<lettre::message::Mailbox>() {
            table.report(
                table.key_span(key),
                format!("`{key}` is no mail address: {error}"),
                "write name@example.org or Name <name@example.org>",
            );
        }
    }
}

fn smtp(table: &Table<'_, '_>, base: &Path, smtp: &mut Smtp) {
    set(table, "host", &mut smtp.host);
    if let Some(port) = table.number("port") {
        match u16::try_from(port.value) {
            Ok(number) if number > 0 => smtp.port = Some(number),
            _ => table.report(port.span, format!("{} is no TCP port", port.value), "a port lies between 1 and 65535"),
        }
    }
    set_word(table, "security", &[("tls", Security::Tls), ("starttls", Security::StartTls), ("none", Security::None)], &mut smtp.security);
    smtp.username = table.string("username").map(|text| text.value);
    smtp.password_file = table.string("password_file").map(|text| base.join(text.value));
    set(table, "password_credential", &mut smtp.password_credential);
    if !is_file_name(&smtp.password_credential) {
        let said = format!("`password_credential` cannot be \"{}\"", smtp.password_credential);
        table.report(table.key_span("password_credential"), said, "a name as in LoadCredential=NAME:PATH, without a slash");
    }
    smtp.extra_root = table.string("extra_root").map(|text| base.join(text.value));
    smtp.hello_name = table.string("hello_name").map(|text| text.value);
    if let Some(connections) = table.number("connections") {
        match connections.value {
            1..=64 => smtp.connections = connections.value,
            _ => table.report(connections.span, "`connections` must be from 1 to 64", "2 is plenty for most relays"),
        }
    }
    if let Some(rate) = table.number("rate") {
        match rate.value {
            1.. => smtp.rate = Some(rate.value),
            0 => table.report(rate.span, "`rate` must be at least 1 mail a minute", "leave it out for no limit"),
        }
    }
    set_duration(table, "connect_timeout", &mut smtp.connect_timeout);
    set_duration(table, "message_timeout", &mut smtp.message_timeout);
    table.finish();
}

/// Whether it names a file in a folder, and cannot lead out of it.
fn is_file_name(text: &str) -> bool {
    Path::new(text).file_name().is_some_and(|name| name == text)
}

fn set_duration(table: &Table<'_, '_>, key: &'static str, field: &mut Duration) {
    let Some(given) = table.string(key) else { return };
    match duration(&given.value) {
        Some(value) => *field = value,
        None => table.report(given.span, format!("`{key}` is no duration"), "write \"30s\", \"2m\" or \"1h\""),
    }
}

/// `30s`, `2m` or `1h`; never nought, which would mean "at once".
fn duration(text: &str) -> Option<Duration> {
    let units = [("s", 1), ("m", 60), ("h", 3600)];
    let (number, seconds) = units.into_iter().find_map(|(unit, seconds)| text.strip_suffix(unit).map(|number| (number, seconds)))?;
    let amount = number.trim().parse::<u64>().ok()?.checked_mul(seconds)?;
    (1..=86_400).contains(&amount).then(|| Duration::from_secs(amount))
}

fn operator(table: &Table<'_, '_>, operator: &mut Operator) {
    if let Some(given) = table.string("email") {
        match given.value.parse::<lettre::Address>() {
            Ok(_) => operator.email = Some(given.value),
            Err(error) => table.report(given.span, format!("`email` is no mail address: {error}"), "write name@example.org"),
        }
    }
    table.finish();
}

fn sending(table: &Table<'_, '_>, sending: &mut Sending) {
    if let Some(given) = table.string("from") {
        match NaiveTime::parse_from_str(&given.value, "%H:%M") {
            Ok(time) => sending.from = time,
            Err(_) => table.report(given.span, format!("\"{}\" is no time of day", given.value), "write \"07:00\""),
        }
    }
    table.finish();
}

fn leads(table: &Table<'_, '_>, leads: &mut Leads) {
    let classes: [(&'static str, &mut Vec<Lead>); 7] = [
        ("deadline", &mut leads.deadline),
        ("event", &mut leads.event),
        ("duty_month", &mut leads.duty_month),
        ("duty_quarter", &mut leads.duty_quarter),
        ("duty_year", &mut leads.duty_year),
        ("term", &mut leads.term),
        ("advice", &mut leads.advice),
    ];
    for (key, field) in classes {
        if let Some(list) = lead_list(table, key) {
            *field = list;
        }
    }
    if let Some(inner) = table.table("also") {
        leads.also.extend(kind_leads(&inner));
    }
    if let Some(inner) = table.table("instead") {
        leads.instead.extend(kind_leads(&inner));
    }
    table.finish();
}

fn kind_leads(table: &Table<'_, '_>) -> Vec<(Kind, Vec<Lead>)> {
    let found = Kind::ALL.iter().filter_map(|kind| lead_list(table, kind.as_str()).map(|list| (*kind, list))).collect();
    table.finish();
    found
}

fn lead_list(table: &Table<'_, '_>, key: &'static str) -> Option<Vec<Lead>> {
    if !table.has(key) {
        return None;
    }
    let mut list = Vec::new();
    for given in table.strings(key) {
        match Lead::parse(&given.value) {
            Some(lead) => list.push(lead),
            None => table.report(
                given.span,
                format!("\"{}\" is no lead time", given.value),
                "write days or weeks: \"2d\", \"4w\", \"0d\"; at most two years",
            ),
        }
    }
    Some(list)
}

fn log(table: &Table<'_, '_>, log: &mut Log) {
    set(table, "filter", &mut log.filter);
    set_word(
        table,
        "format",
        &[("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json), ("journal", LogFormat::Journal)],
        &mut log.format,
    );
    table.finish();
}
