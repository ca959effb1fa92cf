//! `deadlines preview`: the mail as it would leave.

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::clock;
use crate::domain::agenda::{self, Entry};
use crate::domain::coverage;
use crate::domain::decide::verdict::Verdict;
use crate::domain::decide::{Decision, DecisionKey, Now, decide};
use crate::domain::digest;
use crate::domain::overview::{self, Occasion};
use crate::domain::practices::{Contact, Practice};
use crate::domain::routing::routes;
use crate::job::compose::{NotReady, remarks};
use crate::job::correct::compose_correction;
use crate::job::office::Office;
use crate::job::overview::{Scene, identities};
use crate::mail::compose::calendar::CalendarFacts;
use crate::mail::compose::key::MailKind;
use crate::mail::compose::{ComposeError, Composed, Digest};
use crate::mail::signed::MailRow;
use crate::store::Store;
use crate::store::outbox::State;

/// Show the mail that a practice would get on a day; nothing is sent or written
///
/// It is composed as delivery does, byte for byte. Only the signatures are void, so that nobody unsubscribes a practice from a preview by mistake.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines preview fysio-leiden
  deadlines preview fysio-leiden --on 2025-11-03
  deadlines preview fysio-leiden --on 2025-11-03 --html mail.html --eml mail.eml
  deadlines preview fysio-leiden --kind welcome
  deadlines preview fysio-leiden --kind correction")]
pub struct Preview {
    practice: String,
    /// On which day it would leave
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    on: Option<NaiveDate>,
    /// To which of its addresses; else to the first that gets one
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Which mail
    #[arg(long, value_enum, default_value_t = Kind::Reminder)]
    kind: Kind,
    /// Write the HTML into a file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the whole message into a file (RFC 5322)
    #[arg(long, value_name = "FILE")]
    eml: Option<PathBuf>,
}

/// Which mail is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// What is due that day
    Reminder,
    /// What a new contact gets: everything ahead for a year
    Welcome,
    /// What everybody gets on 1 April and 1 September
    Season,
    /// What is waiting to set an earlier mail right, after a calendar has changed
    Correction,
}

impl Preview {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        let day = self.on.unwrap_or_else(|| context.today());
        match self.compose(context, day)? {
            None => {
                output::note(&format!("{} gets no mail on {day}; deadlines plan --practice {} shows when", self.practice, self.practice));
                Ok(())
            }
            Some(composed) => self.show(&composed),
        }
    }

    fn compose(&self, context: &Context, day: NaiveDate) -> Result<Option<Composed>, Failure> {
        let mut store = context.store_to_look_at()?;
        let almanac = context.almanac()?;
        let since = if self.on.is_some() { crate::store::practices::Since::AsWritten } else { context.since() };
        let whole = context.practice_in(&store, &self.practice, since)?;
        let reached = context.within_reach(&store, whole.clone())?;
        let nobody = reached.contacts.is_empty() && !whole.contacts.is_empty();
        if nobody {
            output::note(&format!("no address of {} takes mail: this is what would leave if they did", whole.id));
        }
        let practice = if nobody { whole } else { reached };
        let office = context.office()?;
        let Some(contact) = self.reader(&practice)? else { return Ok(None) };
        let happened = store.happened(&practice.id)?;
        let scene = Scene {
            almanac: &almanac,
            practice: &practice,
            contact,
            occasion: if self.kind == Kind::Season { Occasion::Season(overview::season(day).0) } else { Occasion::Welcome },
            happened: &happened,
            memory: &store.memory(&practice.id)?,
            planned: day,
            at: clock::instant(day, office.rules.send_from),
        };
        let composed = match (self.kind, &self.to) {
            (Kind::Reminder, Some(_)) => digest(context, &store, &office, &scene)?,
            (Kind::Reminder, None) => first_digest(context, &store, &office, &scene)?,
            (Kind::Correction, _) => waiting(&mut store, &office, &scene)?,
            _ => ahead(&store, &office, &scene)?,
        };
        composed.transpose().map_err(|error| Failure::Failed(error.to_string()))
    }

    fn reader<'p>(&self, practice: &'p Practice) -> Result<Option<&'p Contact>, Failure> {
        let Some(to) = &self.to else { return Ok(practice.contacts.first()) };
        let found = practice.contacts.iter().find(|contact| contact.email.eq_ignore_ascii_case(to));
        let known = || practice.contacts.iter().map(|contact| contact.email.as_str()).collect::<Vec<_>>().join(", ");
        let unknown = || Failure::Usage(format!("{} has no address {to} that mail reaches; it has: {}", practice.id, known()));
        found.map(Some).ok_or_else(unknown)
    }

    fn show(&self, composed: &Composed) -> Result<(), Failure> {
        let write = |path: &PathBuf, content: &[u8]| {
            std::fs::write(path, content).map_err(|error| Failure::failed(format!("cannot write {}", path.display()), error))
        };
        if let Some(path) = &self.html {
            write(path, composed.html.as_bytes())?;
        }
        if let Some(path) = &self.eml {
            write(path, &composed.bytes)?;
        }
        if self.html.is_none() && self.eml.is_none() {
            writeln!(output::results(), "Onderwerp: {}\n\n{}", composed.subject, composed.text)?;
        }
        Ok(())
    }
}

/// What delivery would compose, or `None` where there is nothing to say.
type Shown = Option<Result<Composed, ComposeError>>;

fn ahead(store: &Store, office: &Office, scene: &Scene<'_>) -> Result<Shown, Failure> {
    if overview::running(scene.practice, scene.planned).next().is_none() {
        return Ok(None);
    }
    let ahead = scene.ahead();
    let changes = store.change_counts(identities(&ahead).iter())?;
    Ok(Some(scene.compose(office, &ahead, &changes)))
}

/// The correction on its way to a contact, composed as if it left at that moment; the transaction is never committed.
fn waiting(store: &mut Store, office: &Office, scene: &Scene<'_>) -> Result<Shown, Failure> {
    let mails = store.mails(&[State::Queued, State::Deferred], Some(&scene.practice.id))?;
    let of_contact = mails.into_iter().filter(|mail| mail.email == scene.contact.email);
    let correction = of_contact.filter_map(|mail| MailKind::of_correction(mail.base_kind()).map(|kind| (mail, kind))).next();
    let Some((mail, kind)) = correction else { return Ok(None) };
    let work = store.begin(scene.at)?;
    match compose_correction(&work, scene.almanac, office, &mail, kind, scene.practice)? {
        Ok(ready) => Ok(Some(Ok(ready.composed))),
        Err(NotReady::Broken(reason)) => Err(Failure::Failed(reason)),
        Err(NotReady::Cancelled(_) | NotReady::Expired(_)) => Ok(None),
    }
}

/// To the first contact that gets one.
fn first_digest(context: &Context, store: &Store, office: &Office, scene: &Scene<'_>) -> Result<Shown, Failure> {
    for contact in &scene.practice.contacts {
        if let Some(shown) = digest(context, store, office, &Scene { contact, ..*scene })? {
            return Ok(Some(shown));
        }
    }
    Ok(None)
}

fn digest(context: &Context, store: &Store, office: &Office, scene: &Scene<'_>) -> Result<Shown, Failure> {
    let (almanac, practice, day) = (scene.almanac, scene.practice, scene.planned);
    let entries = agenda::entries(almanac, practice, scene.happened, day, day);
    let now = Now { day, time: office.rules.send_from };
    let rules = &*office.rules.of(practice);
    let memory = context.memory_before(store, rules, &practice.id, &entries, now)?;
    let mut decisions = decide(rules, now, &entries, &memory);
    decisions.retain(|decision| decision.verdict == Verdict::Send && hears(practice, scene.contact, decision));
    let items = digest::items(&decisions, day);
    if items.is_empty() {
        return Ok(None);
    }
    let keys: Vec<DecisionKey> = decisions.iter().map(Decision::key).collect();
    let told: Vec<Entry<'_>> = decisions.iter().map(|decision| decision.entry.clone()).collect();
    let remarks = remarks(rules, (&practice.contacts, scene.contact), &told, &keys.iter().collect::<Vec<_>>(), day);
    let number = store.mail_number(&practice.id, &scene.contact.email, day, &MailKind::Digest.word())?;
    let said = Digest {
        kind: MailKind::Digest,
        copy: 0,
        almanac,
        practice,
        contact: scene.contact,
        items: &items,
        gaps: &coverage::gaps(almanac, practice, day),
        today: day,
        planned: day,
        now: clock::local(scene.at),
        row: MailRow {
            id: number.unwrap_or_default(),
            practice: practice.id.as_str(),
            email: &scene.contact.email,
            day,
            kind: &MailKind::Digest.word(),
        },
        keys: &office.keys,
        remarks: &remarks,
        calendar: CalendarFacts { rules, changes: &store.change_counts(items.iter().map(|item| &item.occurrence.id))? },
    };
    Ok(Some(crate::mail::compose::digest(&office.templates, &office.sender, &said)))
}

fn hears(practice: &Practice, contact: &Contact, decision: &Decision<'_, '_>) -> bool {
    let routes = routes(&practice.contacts, decision.entry.occurrence.milestone, decision.stage);
    practice.contacts.iter().zip(routes).any(|(other, why)| other.email == contact.email && why.hears())
}
