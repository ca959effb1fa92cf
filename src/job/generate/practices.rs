//! Practices that could exist: the mix of insurers, care types and modules is roughly that of the Dutch market.

use chrono::{Days, NaiveDate};

use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Setting, Standing};
use crate::domain::names::{CareType, InsurerId, PracticeId};
use crate::domain::policies::{Module, Policy};
use crate::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use crate::job::generate::random::Random;

/// Care types by how many practices they have; one that is not named here weighs one.
const CARE_TYPES: [(&str, usize); 8] = [
    ("fysiotherapie", 55),
    ("logopedie", 13),
    ("oefentherapie", 10),
    ("dietetiek", 8),
    ("ergotherapie", 6),
    ("huidtherapie", 4),
    ("voetzorg", 3),
    ("medisch-specialistische-revalidatie", 1),
];

/// Every practice wants to hear of about this many insurers.
const SUBSCRIPTIONS: usize = 3;

/// The practice with this number. It is the same whatever else is generated.
pub fn practice(almanac: &Almanac, seed: u64, number: u32, today: NaiveDate) -> Practice {
    let mut random = Random::new(seed, number);
    let main = care_type(almanac, &mut random);
    let id = PracticeId::new(format!("praktijk-{number:06}"));
    let name = almanac.care_types.iter().find(|entry| Some(&entry.id) == main.as_ref()).map_or("Praktijk", |entry| &entry.name);
    Practice {
        agb: random.percent(80).then(|| Agb::parse(&format!("{number:08}")).ok()).flatten(),
        contacts: contacts(&id, &mut random),
        subscriptions: main.map(|main| subscriptions(almanac, main, today, &mut random)).unwrap_or_default(),
        ..Practice::new(id, format!("{name} {number:06}"))
    }
}

fn care_type(almanac: &Almanac, random: &mut Random) -> Option<CareType> {
    let weight = |id: &CareType| CARE_TYPES.iter().find(|(name, _)| *name == id.as_str()).map_or(1, |(_, weight)| *weight);
    random.weighted(&almanac.care_types, |entry| weight(&entry.id)).map(|entry| entry.id.clone())
}

/// Two of three practices have one address.
fn contacts(practice: &PracticeId, random: &mut Random) -> Vec<Contact> {
    let contact = |who: &str, role| Contact { role, ..Contact::new(format!("{who}@{practice}.example")) };
    let mut contacts = vec![contact("info", None)];
    if random.percent(33) {
        contacts.push(contact("eigenaar", Some(Role::Signatory)));
    }
    contacts
}

/// One in seven practices offers a second care type; most have the same insurers for both.
fn subscriptions(almanac: &Almanac, main: CareType, today: NaiveDate, random: &mut Random) -> Vec<Subscription> {
    let mut all: Vec<Subscription> = Vec::new();
    let second = random.percent(14).then(|| care_type(almanac, random)).flatten().filter(|second| *second != main);
    for insurer in insurers(almanac, random) {
        all.push(subscription(almanac, insurer.clone(), main.clone(), today, random));
        if let Some(second) = second.as_ref().filter(|_| random.percent(80)) {
            all.push(subscription(almanac, insurer, second.clone(), today, random));
        }
    }
    all
}

fn insurers(almanac: &Almanac, random: &mut Random) -> Vec<InsurerId> {
    let mut left: Vec<InsurerId> = almanac.insurers.iter().map(|insurer| insurer.id.clone()).collect();
    let mut chosen = Vec::new();
    while chosen.len() < SUBSCRIPTIONS && !left.is_empty() {
        let insurer = left.remove(random.below(left.len()));
        if random.percent(95) {
            chosen.push(insurer);
        }
    }
    chosen
}

fn subscription(almanac: &Almanac, insurer: InsurerId, care_type: CareType, today: NaiveDate, random: &mut Random) -> Subscription {
    let mut subscription = Subscription::new(insurer, care_type);
    let standings = [(Some(Standing::Contracted), 80), (Some(Standing::Uncontracted), 8), (Some(Standing::New), 4), (None, 8)];
    subscription.standing = random.weighted(&standings, |(_, weight)| *weight).and_then(|(standing, _)| *standing);
    if random.percent(3) {
        subscription.setting = Setting::Institution;
    }
    subscription.modules = modules(almanac, &subscription, random);
    subscription.since = today.checked_sub_days(Days::new(u64::try_from(random.below(4 * 365)).unwrap_or_default() + 1));
    subscription
}

/// A third of the modules that the insurer's latest policy has for this care type; of half of those the start is known.
fn modules(almanac: &Almanac, subscription: &Subscription, random: &mut Random) -> Vec<HeldModule> {
    let of_insurer = |policy: &&Policy| policy.insurer.as_ref() == Some(&subscription.insurer);
    let fits = |module: &&Module| module.care_types.contains(&subscription.care_type);
    let mut held: Vec<HeldModule> = Vec::new();
    for module in almanac.policies.iter().filter(of_insurer).flat_map(|policy| &policy.modules).filter(fits) {
        let is_known = held.iter().any(|other| other.id == module.id);
        if is_known || !random.percent(33) {
            continue;
        }
        let start = if random.percent(50) { module.starts.first().copied() } else { None };
        held.push(HeldModule { id: module.id.clone(), start });
    }
    held
}
