//! Practices as a file that import takes.

use csv::Writer;
use toml::Value;

use crate::domain::leads::{Lead, LeadPlace};
use crate::domain::milestones::{Setting, Standing};
use crate::domain::own_dates::OwnDate;
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Subscription};
use crate::domain::quiet::{Stretch, weekday_word};
use crate::practice_file::csv_cells::guarded;
use crate::practice_file::csv_text::COLUMNS;
use crate::practice_file::{Format, contact_list, csv_tailoring};

/// Writes practices; [`crate::practice_file::read`] gives back the same ones.
///
/// CSV has commas and no byte order mark (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front, which
/// reading takes off.
pub fn export(practices: &[Practice], format: Format) -> String {
    match format {
        Format::Toml => practices.iter().map(toml_practice).collect::<Vec<_>>().join("\n"),
        Format::Csv => csv(practices),
    }
}

fn toml_practice(practice: &Practice) -> String {
    let mut text = format!("[[practice]]\nid = {}\nname = {}\n", quoted(practice.id.as_str()), quoted(&practice.name));
    if let Some(agb) = &practice.agb {
        text += &format!("agb = {}\n", quoted(agb.as_str()));
    }
    let contacts: String = practice.contacts.iter().map(|contact| format!("  {},\n", toml_contact(contact))).collect();
    text += &format!("contacts = [\n{contacts}]\n");
    text += &tailoring(practice);
    text + &practice.subscriptions.iter().map(toml_subscription).collect::<String>()
}

/// Keys of the practice itself come before its tables.
fn tailoring(practice: &Practice) -> String {
    let mut text = String::new();
    if let Some(salutation) = &practice.salutation {
        text += &format!("salutation = {}\n", quoted(salutation));
    }
    if let Some(ground) = &practice.ground {
        text += &format!(
            "ground = {}\nground_day = {}\nground_source = {}\n",
            quoted(ground.basis.as_str()),
            ground.day,
            quoted(&ground.source)
        );
    }
    if !practice.quiet.is_empty() {
        let stretches = practice.quiet.stretches.iter().map(|Stretch { from, to }| format!("{{ from = {from}, to = {to} }}"));
        let weekdays = practice.quiet.weekdays.iter().map(|number| format!("{{ weekday = {} }}", quoted(weekday_word(*number))));
        text += &format!("quiet = [{}]\n", stretches.chain(weekdays).collect::<Vec<_>>().join(", "));
    }
    text + &toml_leads(practice) + &practice.own.dates().iter().map(toml_own_date).collect::<String>()
}

fn toml_leads(practice: &Practice) -> String {
    if practice.leads.0.is_empty() {
        return String::new();
    }
    let line = |(place, list): (&LeadPlace, &Vec<Lead>)| format!("{place} = {}\n", toml_list(list));
    format!("\n[practice.leads]\n{}", practice.leads.0.iter().map(line).collect::<String>())
}

fn toml_list(leads: &[Lead]) -> String {
    let leads: Vec<String> = leads.iter().map(|lead| quoted(&lead.to_string())).collect();
    format!("[{}]", leads.join(", "))
}

fn toml_own_date(date: &OwnDate) -> String {
    let lines = [
        Some(format!("id = {}", quoted(&date.id))),
        Some(format!("title = {}", quoted(&date.title))),
        Some(format!("{} = {}", date.due.word(), date.due.day())),
        date.repeats.map(|repeats| format!("repeats = {}", quoted(&repeats.to_string()))),
        date.leads.as_ref().map(|leads| format!("leads = {}", toml_list(leads))),
        date.note.as_ref().map(|note| format!("note = {}", quoted(note))),
    ];
    format!("\n[[practice.own]]\n{}\n", lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn toml_contact(contact: &Contact) -> String {
    let name = contact.name.as_ref().map(|name| format!(", name = {}", quoted(name))).unwrap_or_default();
    let role = contact.role.map(|role| format!(", role = {}", quoted(role.as_str()))).unwrap_or_default();
    let salutation = contact.salutation.as_ref().map(|line| format!(", salutation = {}", quoted(line))).unwrap_or_default();
    let wants: Vec<String> = contact.wants.iter().map(|want| quoted(want.as_str())).collect();
    let wants = if wants.is_empty() { String::new() } else { format!(", wants = [{}]", wants.join(", ")) };
    format!("{{ email = {}{name}{role}{salutation}{wants} }}", quoted(&contact.email))
}

fn toml_subscription(subscription: &Subscription) -> String {
    let modules: Vec<String> = subscription.modules.iter().map(toml_module).collect();
    let traits: Vec<String> = subscription.traits.iter().map(|held| quoted(held)).collect();
    let lines = [
        Some(format!("insurer = {}", quoted(subscription.insurer.as_str()))),
        Some(format!("care_type = {}", quoted(subscription.care_type.as_str()))),
        subscription.standing.map(|standing| format!("standing = {}", quoted(standing.as_str()))),
        subscription.start.map(|day| format!("start = {day}")),
        (!modules.is_empty()).then(|| format!("modules = [{}]", modules.join(", "))),
        setting(subscription).map(|word| format!("setting = {}", quoted(word))),
        (!traits.is_empty()).then(|| format!("traits = [{}]", traits.join(", "))),
        subscription.end.map(|day| format!("end = {day}")),
        subscription.since.map(|day| format!("since = {day}")),
    ];
    format!("\n[[practice.subscription]]\n{}\n", lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

fn toml_module(module: &HeldModule) -> String {
    let start = module.start.map(|day| format!(", start = {day}")).unwrap_or_default();
    format!("{{ id = {}{start} }}", quoted(module.id.as_str()))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Left out where it is what everybody has.
fn setting(subscription: &Subscription) -> Option<&'static str> {
    (subscription.setting != Setting::Practice).then(|| subscription.setting.as_str())
}

fn csv(practices: &[Practice]) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let mut write = |cells: &[String]| writer.write_record(cells).expect("memory takes every write, and all rows are of one length");
    write(&COLUMNS.map(str::to_owned));
    for practice in practices {
        let repeated = practice_cells(practice);
        let rows: Vec<[String; 9]> = practice.subscriptions.iter().map(subscription_cells).collect();
        let nothing = [const { String::new() }; 9];
        for row in if rows.is_empty() { std::slice::from_ref(&nothing) } else { &rows } {
            write(&[&repeated[..], &row[..]].concat());
        }
    }
    let bytes = writer.into_inner().expect("memory takes every write");
    String::from_utf8(bytes).expect("made of texts")
}

fn practice_cells(practice: &Practice) -> [String; 11] {
    let ground = practice.ground.as_ref();
    [
        practice.id.to_string(),
        guarded(&practice.name),
        practice.agb.as_ref().map(Agb::as_str).unwrap_or_default().to_owned(),
        guarded(&contact_list::write(&practice.contacts)),
        practice.salutation.as_deref().map(guarded).unwrap_or_default(),
        practice.leads.to_string(),
        practice.quiet.to_string(),
        csv_tailoring::write_own(practice.own.dates()),
        ground.map(|ground| ground.basis.as_str().to_owned()).unwrap_or_default(),
        ground.map(|ground| ground.day.to_string()).unwrap_or_default(),
        ground.map(|ground| guarded(&ground.source)).unwrap_or_default(),
    ]
}

fn subscription_cells(subscription: &Subscription) -> [String; 9] {
    let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
    let modules: Vec<String> = subscription.modules.iter().map(csv_module).collect();
    [
        subscription.insurer.to_string(),
        subscription.care_type.to_string(),
        subscription.standing.map(Standing::as_str).unwrap_or_default().to_owned(),
        day(subscription.start),
        modules.join("; "),
        setting(subscription).unwrap_or_default().to_owned(),
        subscription.traits.join("; "),
        day(subscription.end),
        day(subscription.since),
    ]
}

fn csv_module(module: &HeldModule) -> String {
    module.start.map_or_else(|| module.id.to_string(), |day| format!("{}@{day}", module.id))
}
