//! `deadlines practice show`: one practice, as the planner sees it.

use std::io::Write;

use chrono::NaiveDate;
use clap::Args;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::grid::grid;
use crate::cli::output;
use crate::cli::practice::{dates, ground};
use crate::cli::reach;
use crate::domain::coverage;
use crate::domain::leads::{Lead, LeadPlace};
use crate::domain::milestones::Standing;
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use crate::domain::quiet::{Quiet, weekday_word};
use crate::practice_file::contact_list;
use crate::store::practices::Since;

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

impl Show {
    /// Runs the command.
    pub fn run(self, context: &Context) -> Result<(), Failure> {
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

/// All that a practice file says of it.
pub fn as_json(practice: &Practice) -> serde_json::Value {
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
