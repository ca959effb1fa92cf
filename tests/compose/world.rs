//! A small world to write mails in: policies made by hand after real documents, two practices, and one helper that composes.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Europe::Amsterdam;
use deadlines::domain::agenda;
use deadlines::domain::almanac::{Almanac, CareTypeEntry, Insurer};
use deadlines::domain::coverage::Gap;
use deadlines::domain::decide::Rules;
use deadlines::domain::digest::{Item, from_entries};
use deadlines::domain::leads::Leads;
use deadlines::domain::milestones::{Actor, Applies, Guidance, Kind, Milestone, Standing, Who};
use deadlines::domain::moments::{Anchor, Direction, Granularity, Moment, Period, Point, Precision, Recurrence, Relative, Unit, When};
use deadlines::domain::names::{CareType, InsurerId, MilestoneId, OccurrenceId, PolicyId, PracticeId};
use deadlines::domain::overview::Wanted;
use deadlines::domain::policies::{Agreement, Form, Module, Policy, Source, Term};
use deadlines::domain::practices::{Contact, Happened, HeldModule, Practice, Subscription};
use deadlines::domain::quiet::Quiet;
use deadlines::domain::recurrence::Rule;
use deadlines::mail::compose::calendar::CalendarFacts;
use deadlines::mail::compose::key::MailKind;
use deadlines::mail::compose::{Composed, Digest, Remarks, Sender, digest};
use deadlines::mail::signed::{Keys, MailRow};
use deadlines::mail::templates::Templates;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Signs the mails of these tests.
pub fn keys() -> Keys {
    Keys::new([7; 32], Vec::new())
}

/// The seventh mail of the outbox.
pub fn row(contact: &Contact, day: NaiveDate) -> MailRow<'_> {
    MailRow { id: 7, practice: "praktijk", email: &contact.email, day, kind: "digest" }
}

pub fn sender() -> Sender {
    Sender {
        from: "Contracttermijnen <herinnering@paramedici.example>".parse().unwrap(),
        reply_to: Some("Ledenservice <ledenservice@paramedici.example>".parse().unwrap()),
        list_domain: "paramedici.example".to_owned(),
        unsubscribe: "stop@paramedici.example".to_owned(),
        answers: None,
        operator_name: "Paramedici Verenigd".to_owned(),
    }
}

pub fn rules() -> Rules {
    Rules {
        leads: Leads::default(),
        send_from: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
        overviews: Wanted::default(),
        quiet: Quiet::default(),
    }
}

pub fn practice(id: &str, name: &str, subscriptions: Vec<Subscription>) -> Practice {
    let contacts = vec![Contact { name: Some("Praktijkbalie".to_owned()), ..Contact::new(format!("info@{id}.example")) }];
    Practice { contacts, subscriptions, ..Practice::new(PracticeId::from(id), name) }
}

/// `modules` as `id` or `id@start`.
pub fn subscription(insurer: &str, care_type: &str, standing: Standing, modules: &[&str]) -> Subscription {
    let module = |text: &&str| {
        let (id, start) = text.split_once('@').map_or((*text, None), |(id, start)| (id, Some(day(start))));
        HeldModule { id: id.into(), start }
    };
    Subscription {
        standing: Some(standing),
        modules: modules.iter().map(module).collect(),
        ..Subscription::new(insurer.into(), care_type.into())
    }
}

/// A mail about the occurrences of these milestones that end on these days (`local@day`), most urgent first.
pub struct Scene<'a> {
    pub practice: &'a Practice,
    pub today: &'a str,
    pub planned: &'a str,
    pub about: &'a [&'a str],
    pub gaps: Vec<Gap>,
    pub changes: BTreeMap<OccurrenceId, u32>,
}

impl<'a> Scene<'a> {
    pub fn new(practice: &'a Practice, today: &'a str, about: &'a [&'a str]) -> Self {
        Self { practice, today, planned: today, about, gaps: Vec::new(), changes: BTreeMap::new() }
    }

    pub fn compose(&self, almanac: &Almanac) -> Composed {
        self.compose_with(almanac, &Templates::compiled_in(), &self.practice.contacts[0])
    }

    pub fn compose_with(&self, almanac: &Almanac, templates: &Templates, contact: &Contact) -> Composed {
        let now = Amsterdam.from_local_datetime(&day(self.today).and_hms_opt(7, 0, 3).unwrap()).unwrap();
        let scene = Digest {
            kind: MailKind::Digest,
            copy: 0,
            almanac,
            practice: self.practice,
            contact,
            items: &self.items(almanac),
            gaps: &self.gaps,
            today: day(self.today),
            planned: day(self.planned),
            now,
            remarks: &Remarks::new(),
            calendar: CalendarFacts { rules: &rules(), changes: &self.changes },
            row: row(contact, day(self.planned)),
            keys: &keys(),
        };
        digest(templates, &sender(), &scene).unwrap()
    }

    fn items<'b>(&self, almanac: &'b Almanac) -> Vec<Item<'b>>
    where
        'a: 'b,
    {
        let entries = agenda::entries(almanac, self.practice, &Happened::new(), day(self.today), day("2019-01-01"));
        let wanted = |entry: &agenda::Entry<'_>| {
            let occurrence = &entry.occurrence;
            let name = format!("{}@{}", occurrence.milestone.id.local(), occurrence.last_day);
            self.about.contains(&name.as_str())
        };
        let items = from_entries(entries.into_iter().filter(wanted), day(self.today));
        assert_eq!(items.len(), self.about.len(), "every occurrence asked for exists");
        items
    }
}

pub fn gap(insurer: &str, care_type: &str, year: i32) -> Gap {
    Gap { insurer: insurer.into(), care_type: care_type.into(), year, due: NaiveDate::from_ymd_opt(year - 1, 4, 1).unwrap() }
}

pub fn on(text: &str) -> Moment {
    stated(Precision::On, text)
}

pub fn by(text: &str) -> Moment {
    stated(Precision::By, text)
}

fn stated(precision: Precision, text: &str) -> Moment {
    Moment::new(precision, When::Once(Point::Stated(Period::parse(text).unwrap())))
}

pub fn window(first: &str, last: &str) -> Moment {
    Moment { opens: Some(Point::Stated(Period::parse(first).unwrap())), ..stated(Precision::Window, last) }
}

pub fn by_relative(direction: Direction, amount: u32, unit: Unit, anchor: &str) -> Moment {
    let relative = Relative { anchor: Anchor::parse(anchor), direction, amount, unit };
    Moment::new(Precision::By, When::Once(Point::Relative(relative)))
}

pub fn every(rule: &str, unit: Granularity, bounds: Option<(&str, &str)>) -> Moment {
    let point = |text: &str| match Period::parse(text) {
        Some(period) => Point::Stated(period),
        None => Point::Relative(Relative { anchor: Anchor::parse(text), direction: Direction::After, amount: 0, unit: Unit::Days }),
    };
    let (first, last) = bounds.map_or((None, None), |(first, last)| (Some(point(first)), Some(point(last))));
    Moment::new(Precision::By, When::Recurring(Recurrence { rule: Rule::parse(rule).unwrap(), unit, first, last }))
}

/// A policy in the making.
pub struct Draft(pub Policy);

impl Draft {
    pub fn new(id: &str, insurer: Option<&str>, title: &str, care_types: &[&str]) -> Self {
        Self(Policy {
            id: PolicyId::from(id),
            insurer: insurer.map(InsurerId::from),
            title: title.to_owned(),
            care_types: care_types.iter().map(|c| CareType::from(*c)).collect(),
            source: Source { document: title.to_owned(), published: None, checked: None },
            standing: Vec::new(),
            agreements: Vec::new(),
            modules: Vec::new(),
            milestones: Vec::new(),
            examples: Vec::new(),
        })
    }

    pub fn agreement(mut self, care_type: &str, first: &str, last: &str) -> Self {
        self.0.agreements.push(Agreement {
            id: care_type.to_owned(),
            name: format!("Overeenkomst {care_type}"),
            care_types: vec![care_type.into()],
            setting: None,
            term: Term { first: day(first), last: day(last) },
            starts: vec![day(first)],
            section: "Looptijd".to_owned(),
            note: None,
        });
        self
    }

    pub fn module(mut self, care_type: &str, id: &str, name: &str, starts: &[&str]) -> Self {
        self.0.modules.push(Module {
            id: id.into(),
            name: name.to_owned(),
            care_types: vec![care_type.into()],
            form: Form::Module,
            setting: None,
            starts: starts.iter().map(|start| day(start)).collect(),
            section: "Modules".to_owned(),
            note: None,
        });
        self
    }

    /// `text` holds lines such as `title: …`, `place: …`, `section: …`, `who: signatory`, `care: …`, `module: …`, `target: yes`.
    pub fn milestone(mut self, local: &str, kind: Kind, moment: Moment, text: &str) -> Self {
        let field = |name: &str| text.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}: "))).map(str::to_owned);
        let several = |name: &str| field(name).map(|text| text.split(", ").map(str::to_owned).collect::<Vec<_>>()).unwrap_or_default();
        self.0.milestones.push(Milestone {
            id: MilestoneId::within(&self.0.id, local),
            kind,
            title: field("title").unwrap(),
            moment,
            actor: Actor::usual_for(kind.class()),
            guidance: Guidance {
                who: field("who").and_then(|who| Who::parse(&who)),
                place: field("place"),
                action: field("action"),
                consequence: field("consequence"),
                note: field("note"),
            },
            applies: Applies {
                care_types: several("care").iter().map(|c| c.as_str().into()).collect(),
                modules: several("module").iter().map(|m| m.as_str().into()).collect(),
                ..Applies::default()
            },
            target: field("target").is_some(),
            section: field("section").unwrap(),
        });
        self
    }
}

pub fn almanac(policies: Vec<Policy>) -> Almanac {
    let insurer = |(id, name): &(&str, &str)| Insurer {
        id: InsurerId::from(*id),
        name: (*name).to_owned(),
        aliases: Vec::new(),
        labels: Vec::new(),
        contact: None,
    };
    let care_type = |(id, name): &(&str, &str)| CareTypeEntry { id: CareType::from(*id), name: (*name).to_owned(), aliases: Vec::new() };
    let insurers = [("cz", "CZ"), ("zilveren-kruis", "Zilveren Kruis"), ("zorg-en-zekerheid", "Zorg en Zekerheid")];
    let care_types = [
        ("fysiotherapie", "Fysiotherapie"),
        ("logopedie", "Logopedie"),
        ("medisch-specialistische-revalidatie", "Medisch-specialistische revalidatie"),
    ];
    Almanac {
        insurers: insurers.iter().map(insurer).collect(),
        care_types: care_types.iter().map(care_type).collect(),
        policies,
        ..Almanac::default()
    }
}
