//! `deadlines practice add`: a practice, a subscription or an address, without a file.

use std::io::Write;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::{Context, parse_day};
use crate::cli::failure::Failure;
use crate::cli::known::Known;
use crate::cli::output;
use crate::cli::practice::{again, count, ground};
use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{ModuleId, PracticeId};
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use crate::job::overview;
use crate::practice_file::{self, Format};
use crate::store::practices::Since;

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

impl Add {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
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
