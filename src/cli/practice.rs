//! `deadlines practice`: who wants to hear what.

mod again;
pub mod dates;
pub mod forget;
mod ground;
pub mod import;
mod personal;

use std::io::Write;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::known::Known;
use crate::cli::output;
use crate::cli::reach;
use crate::cli::revive::Revive;
use crate::domain::almanac::Almanac;
use crate::domain::coverage;
use crate::domain::leads::{Lead, LeadPlace};
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{ModuleId, PracticeId};
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use crate::domain::quiet::{Quiet, weekday_word};
use crate::job::overview;
use crate::practice_file::{self, Format, contact_list};
use crate::store::practices::Since;

/// Import, export and look at practices
#[derive(Debug, Subcommand)]
pub enum Practices {
    Import(import::Import),
    Export(Export),
    Add(Box<Add>),
    Show(Show),
    List(List),
    Remove(Remove),
    #[command(subcommand)]
    Date(dates::Dates),
    Forget(forget::Forget),
    Revive(Revive),
    Resubscribe(reach::Resubscribe),
}

/// Export practices as a file that `import` takes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice export > practices.toml
  deadlines practice export --format csv fysio-leiden
  deadlines practice export --personal fysio-leiden    everything that is held on it, as JSON: for a request under article 15 of the GDPR (AVG)")]
pub struct Export {
    /// Only these practices
    practices: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = FileFormat::Toml)]
    format: FileFormat,
    /// Everything that is held on these practices, as JSON: mails, what they told, answers, marks; also on one that was removed
    #[arg(long, requires = "practices", conflicts_with = "format")]
    personal: bool,
}

/// How a practice file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    Toml,
    Csv,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Toml => Self::Toml,
            FileFormat::Csv => Self::Csv,
        }
    }
}

/// Add a practice, or a subscription or address to one that is there
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  deadlines practice add fysio-leiden --name \"Fysiotherapie Leiden\" --email info@fysio-leiden.example --insurer cz --care-type fysiotherapie
  deadlines practice add fysio-leiden --insurer zk --care-type fysiotherapie --standing contracted --module valpreventie --module voortdurend-verbeteren@2026-01-01")]
pub struct Add {
    /// The practice's id: lower-case letters, digits and hyphens
    id: String,
    /// Its name; needed when it is new
    #[arg(long)]
    name: Option<String>,
    /// Its AGB code, eight digits
    #[arg(long)]
    agb: Option<String>,
    /// An address that gets its mail
    #[arg(long, value_name = "ADDRESS")]
    email: Vec<String>,
    /// An address of somebody who may sign
    #[arg(long, value_name = "ADDRESS")]
    signatory: Vec<String>,
    /// With which insurer
    #[arg(long, requires = "care_type", value_parser = Known::insurers(), hide_possible_values = true)]
    insurer: Option<String>,
    /// For which care type
    #[arg(long, requires = "insurer", value_parser = Known::care_types(), hide_possible_values = true)]
    care_type: Option<String>,
    /// contracted, uncontracted or new; leave it out if unknown
    #[arg(long, requires = "insurer")]
    standing: Option<String>,
    /// First day of its agreement
    #[arg(long, requires = "insurer", value_name = "DATE", value_parser = parse_day)]
    start: Option<NaiveDate>,
    /// A module that it holds or wants, with its first day if known
    #[arg(long, requires = "insurer", value_name = "MODULE[@DATE]")]
    module: Vec<String>,
    /// practice or institution
    #[arg(long, requires = "insurer")]
    setting: Option<String>,
    /// A special condition that holds
    #[arg(long = "trait", requires = "insurer", value_name = "TRAIT")]
    traits: Vec<String>,
    #[command(flatten)]
    ground: ground::Given,
    /// Send no welcome to new addresses; not later either
    #[arg(long)]
    no_welcome: bool,
    /// It was erased, and asked to come back
    #[arg(long)]
    again: bool,
}

/// Show one practice: contacts, subscriptions and what is missing
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice show fysio-leiden")]
pub struct Show {
    practice: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// List all practices
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice list --json")]
pub struct List {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Remove a practice; what it did stays on record, mail that has not left is cancelled
#[derive(Debug, Args)]
#[command(after_help = "Example:
  deadlines practice remove fysio-leiden")]
pub struct Remove {
    practice: String,
}

impl Practices {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(context),
            Self::Export(export) => export.run(context),
            Self::Add(add) => add.run(context),
            Self::Show(show) => show.run(context),
            Self::List(list) => list.run(context),
            Self::Remove(remove) => remove.run(context),
            Self::Date(dates) => dates.run(context),
            Self::Forget(forget) => forget.run(context),
            Self::Revive(revive) => revive.run(context),
            Self::Resubscribe(resubscribe) => resubscribe.run(context),
        }
    }
}

/// `1 practice`, `2 practices`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Export {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        if self.personal {
            return personal::export(context, &store, &self.practices);
        }
        let practices = if self.practices.is_empty() {
            store.practices(Since::AsWritten)?
        } else {
            self.practices.iter().map(|id| context.practice_in(&store, id, Since::AsWritten)).collect::<Result<_, _>>()?
        };
        write!(output::results(), "{}", practice_file::export::export(&practices, self.format.into()))?;
        Ok(())
    }
}

impl Add {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let almanac = context.almanac()?;
        let mut store = context.store()?;
        let id = PracticeId::new(self.id.as_str());
        let known = store.practice(&id, Since::AsWritten)?;
        let is_new = known.is_none();
        let practice = self.merged(known, &almanac, context.today())?;
        let text = practice_file::export::export(std::slice::from_ref(&practice), Format::Toml);
        let (read, problems) = practice_file::read("the practice as it would be", &text, Format::Toml, &almanac);
        if problems.has_errors() {
            return Err(Failure::Data(problems));
        }
        let returning = if self.again { vec![self.id.clone()] } else { Vec::new() };
        let read = again::without_erased(context, &mut store, read, &returning)?;
        if read.iter().all(|kept| kept.contacts.len() < practice.contacts.len()) {
            return Err(Failure::Usage("nothing was added: who was erased comes back with --again, if they asked for it".to_owned()));
        }
        let work = store.begin(context.clock.now())?;
        for practice in &read {
            work.put_practice(practice, context.today())?;
            if self.no_welcome {
                overview::spare(&work, practice)?;
            }
        }
        again::note_return(context, &read)?;
        work.commit()?;
        let done = if is_new { "added" } else { "changed" };
        writeln!(
            output::results(),
            "{id} {done}: {}, {}.",
            count(practice.contacts.len(), "address"),
            count(practice.subscriptions.len(), "subscription")
        )?;
        Ok(())
    }

    fn merged(&self, known: Option<Practice>, almanac: &Almanac, today: NaiveDate) -> Result<Practice, Failure> {
        let mut practice = match (known, &self.name) {
            (Some(known), _) => known,
            (None, Some(name)) => Practice::new(PracticeId::new(self.id.as_str()), name.as_str()),
            (None, None) => {
                return Err(Failure::Usage(format!("{} is new: give its name with --name and an address with --email", self.id)));
            }
        };
        if let Some(name) = &self.name {
            practice.name.clone_from(name);
        }
        if let Some(agb) = &self.agb {
            practice.agb = Some(Agb::parse(agb).map_err(|error| Failure::Usage(format!("--agb {agb}: {error}")))?);
        }
        let contacts =
            self.email.iter().map(|email| (email, None)).chain(self.signatory.iter().map(|email| (email, Some(Role::Signatory))));
        for (email, role) in contacts {
            let place = practice.contacts.iter().position(|contact| contact.email.eq_ignore_ascii_case(email));
            match place.and_then(|place| practice.contacts.get_mut(place)) {
                Some(known) => known.role = role,
                None => practice.contacts.push(Contact { role, ..Contact::new(email.as_str()) }),
            }
        }
        practice.ground = self.ground.ground(today)?.or(practice.ground);
        if let Some(subscription) = self.subscription(almanac)? {
            let same = |other: &Subscription| {
                other.insurer == subscription.insurer && other.care_type == subscription.care_type && other.setting == subscription.setting
            };
            practice.subscriptions.retain(|other| !same(other));
            practice.subscriptions.push(subscription);
        }
        Ok(practice)
    }

    fn subscription(&self, almanac: &Almanac) -> Result<Option<Subscription>, Failure> {
        let (Some(insurer), Some(care_type)) = (&self.insurer, &self.care_type) else { return Ok(None) };
        let insurer = almanac.find_insurer(insurer).map_err(|error| Failure::Usage(error.to_string()))?;
        let care_type = almanac.find_care_type(care_type).map_err(|error| Failure::Usage(error.to_string()))?;
        let mut subscription = Subscription::new(insurer, care_type);
        if let Some(given) = &self.standing {
            let standing = Standing::parse(given)
                .ok_or_else(|| Failure::Usage(format!("--standing {given}: one of contracted, uncontracted, new")))?;
            subscription.standing = Some(standing);
        }
        if let Some(given) = &self.setting {
            subscription.setting =
                Setting::parse(given).ok_or_else(|| Failure::Usage(format!("--setting {given}: practice or institution")))?;
        }
        subscription.start = self.start;
        subscription.modules = self.module.iter().map(|given| held_module(given)).collect::<Result<_, _>>()?;
        subscription.traits.clone_from(&self.traits);
        Ok(Some(subscription))
    }
}

fn held_module(given: &str) -> Result<HeldModule, Failure> {
    let (id, day) = given.split_once('@').map_or((given, None), |(id, day)| (id, Some(day)));
    let start = day.map(parse_day).transpose().map_err(|error| Failure::Usage(format!("--module {given}: {error}")))?;
    Ok(HeldModule { id: ModuleId::new(id), start })
}

impl Show {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let store = context.store_to_look_at()?;
        let almanac = context.almanac()?;
        let practice = context.practice_in(&store, &self.practice, Since::OrImport)?;
        if self.json {
            writeln!(output::results(), "{}", serde_json::to_string_pretty(&as_json(&practice)).unwrap_or_default())?;
            return Ok(());
        }
        let lost = store.lost_addresses(&practice)?;
        let mut out = output::results();
        let agb = practice.agb.as_ref().map(|agb| format!(", AGB {}", agb.as_str())).unwrap_or_default();
        writeln!(out, "{} ({}{agb})", practice.name, practice.id)?;
        for contact in &practice.contacts {
            writeln!(out, "  {}{}", contact_list::write(std::slice::from_ref(contact)), reach::remark(&lost, contact))?;
        }
        for (what, said) in [("Lead times", practice.leads.to_string()), ("Quiet days", practice.quiet.to_string())] {
            if !said.is_empty() {
                writeln!(out, "{what}: {said}")?;
            }
        }
        for date in practice.own.dates() {
            let repeats = date.repeats.map(|repeats| format!(", again each {repeats}")).unwrap_or_default();
            writeln!(out, "Own date {} {} {}{repeats}: {}", date.id, date.due.word(), date.due.day(), date.title)?;
        }
        writeln!(out, "Ground: {}", ground::in_words(practice.ground.as_ref()))?;
        let header = ["insurer", "care type", "standing", "setting", "start", "modules", "traits", "since", "end"];
        writeln!(out, "{}", grid(header, practice.subscriptions.iter().map(subscription_row)))?;
        for gap in coverage::gaps(&almanac, &practice, context.today()) {
            let overdue = if gap.is_overdue(context.today()) { format!(", overdue since {}", gap.due) } else { String::new() };
            writeln!(
                out,
                "No timeline for {} {} in {}{overdue}.",
                almanac.insurer_name(&gap.insurer),
                almanac.care_type_name(&gap.care_type).to_lowercase(),
                gap.year
            )?;
        }
        Ok(())
    }
}

fn subscription_row(subscription: &Subscription) -> [String; 9] {
    let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
    let module = |held: &HeldModule| held.start.map_or_else(|| held.id.to_string(), |start| format!("{} from {start}", held.id));
    [
        subscription.insurer.to_string(),
        subscription.care_type.to_string(),
        subscription.standing.map_or("unknown", Standing::as_str).to_owned(),
        subscription.setting.as_str().to_owned(),
        day(subscription.start),
        subscription.modules.iter().map(module).collect::<Vec<_>>().join(", "),
        subscription.traits.join(", "),
        day(subscription.since),
        day(subscription.end),
    ]
}

fn as_json(practice: &Practice) -> serde_json::Value {
    let leads: serde_json::Map<String, serde_json::Value> = practice.leads.0.iter().map(lead_list).collect();
    let contact = |contact: &Contact| {
        serde_json::json!({
            "email": contact.email, "name": contact.name, "role": contact.role.map(Role::as_str), "salutation": contact.salutation,
            "wants": contact.wants.iter().map(|want| want.as_str()).collect::<Vec<_>>(),
        })
    };
    let module = |held: &HeldModule| serde_json::json!({ "id": held.id.as_str(), "start": held.start });
    let subscription = |s: &Subscription| {
        serde_json::json!({
            "insurer": s.insurer.as_str(), "care_type": s.care_type.as_str(), "standing": s.standing.map(Standing::as_str), "start": s.start,
            "modules": s.modules.iter().map(module).collect::<Vec<_>>(), "setting": s.setting.as_str(), "traits": s.traits, "end": s.end, "since": s.since,
        })
    };
    serde_json::json!({
        "id": practice.id.as_str(), "name": practice.name, "agb": practice.agb.as_ref().map(Agb::as_str),
        "contacts": practice.contacts.iter().map(contact).collect::<Vec<_>>(),
        "subscriptions": practice.subscriptions.iter().map(subscription).collect::<Vec<_>>(),
        "salutation": practice.salutation, "leads": leads, "quiet": quiet(&practice.quiet), "own": dates::as_json(practice), "ground": ground::as_json(practice.ground.as_ref()),
    })
}

fn lead_list((place, leads): (&LeadPlace, &Vec<Lead>)) -> (String, serde_json::Value) {
    (place.to_string(), leads.iter().map(ToString::to_string).collect())
}

fn quiet(quiet: &Quiet) -> Vec<serde_json::Value> {
    let stretches = quiet.stretches.iter().map(|stretch| serde_json::json!({ "from": stretch.from, "to": stretch.to }));
    let weekdays = quiet.weekdays.iter().map(|number| serde_json::json!({ "weekday": weekday_word(*number) }));
    stretches.chain(weekdays).collect()
}

impl List {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let practices = context.store_to_look_at()?.practices(Since::OrImport)?;
        let mut out = output::results();
        if self.json {
            let all: Vec<serde_json::Value> = practices.iter().map(as_json).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&all).unwrap_or_default())?;
            return Ok(());
        }
        if practices.is_empty() {
            output::note("no practices yet: see deadlines practice import --help");
            return Ok(());
        }
        let subscribed = |practice: &Practice| {
            practice.subscriptions.iter().map(|s| format!("{} {}", s.insurer, s.care_type)).collect::<Vec<_>>().join(", ")
        };
        let row = |practice: &Practice| {
            [practice.id.to_string(), practice.name.clone(), practice.contacts.len().to_string(), subscribed(practice)]
        };
        writeln!(out, "{}", grid(["id", "name", "addresses", "subscriptions"], practices.iter().map(row)))?;
        ground::note_missing(&practices);
        Ok(())
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<(), Failure> {
        let mut store = context.store()?;
        let practice = context.practice_in(&store, &self.practice, Since::AsWritten)?;
        let work = store.begin(context.clock.now())?;
        work.remove_practice(&practice.id)?;
        work.commit()?;
        writeln!(output::results(), "{} removed; its mail that had not left is cancelled.", practice.id)?;
        Ok(())
    }
}
