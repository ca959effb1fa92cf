//! `[mail]`: who sends, and how mail leaves.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;

use crate::config::read::{finish, set, set_flag, set_optional, set_optional_path, set_path, set_word};
use crate::config::returning::{self, Returning};
use crate::config::smtp::{self, Smtp};
use crate::domain::overview::Wanted;
use crate::toml_reader::Table;

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

impl Mail {
    pub(in crate::config) fn defaults(base: &Path) -> Self {
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

pub(in crate::config) fn read(table: &Table<'_, '_>, base: &Path, mail: &mut Mail) {
    set(table, "from", &mut mail.from);
    set_optional(table, "reply_to", &mut mail.reply_to);
    set(table, "unsubscribe", &mut mail.unsubscribe);
    set(table, "operator", &mut mail.operator);
    set(table, "domain", &mut mail.domain);
    set_word(table, "transport", &[("directory", TransportKind::Directory), ("smtp", TransportKind::Smtp)], &mut mail.transport);
    set_path(table, "folder", base, &mut mail.folder);
    set_optional_path(table, "templates", base, &mut mail.templates);
    set_flag(table, "welcome", &mut mail.overviews.welcome);
    set_flag(table, "season_overview", &mut mail.overviews.season);
    check_mailboxes(table, mail);
    returning::read(table, base, &mut mail.returning);
    smtp::read(&table.section("smtp"), base, &mut mail.smtp);
    finish(table);
}

fn check_mailboxes(table: &Table<'_, '_>, mail: &Mail) {
    let boxes = [("from", Some(&mail.from)), ("reply_to", mail.reply_to.as_ref()), ("unsubscribe", Some(&mail.unsubscribe))];
    for (key, value) in boxes.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))) {
        if let Err(error) = value.parse::<Mailbox>() {
            table.report(
                table.key_span(key),
                format!("`{key}` is no mail address: {error}"),
                "write name@example.org or Name <name@example.org>",
            );
        }
    }
}
