//! Drafts into practices: identity, name, AGB code and contacts.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use lettre::Address;

use crate::domain::almanac::Almanac;
use crate::domain::names::{PracticeId, check_identity};
use crate::domain::practices::{Agb, Contact, Practice, Role};
use crate::practice_file::agb_code;
use crate::practice_file::drafts::{ContactDraft, PracticeDraft};
use crate::practice_file::{ground, subscriptions, tailoring};
use crate::problems::{Problem, Problems, Text};
use crate::toml_reader::Placed;

/// The almanac that drafts are held against, and where problems go.
pub struct Desk<'a> {
    /// What is known.
    pub almanac: &'a Almanac,
    text: &'a Text,
    problems: &'a mut Problems,
}

impl Desk<'_> {
    /// Refuses something.
    pub fn report(&mut self, place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add(Problem::new(self.text, message).at(place).hint(hint));
    }

    /// Points out what is odd.
    pub fn warn(&mut self, place: Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.add(Problem::new(self.text, message).at(place).hint(hint).as_warning());
    }

    /// The line that a place lies on.
    pub fn line_of(&self, place: &Range<usize>) -> usize {
        self.text.inner().get(..place.start).unwrap_or_default().matches('\n').count() + 1
    }
}

/// Holds drafts against the almanac; a practice that is not understood is left out, with an error that says why.
pub fn resolve(drafts: &[PracticeDraft], almanac: &Almanac, text: &Text, problems: &mut Problems) -> Vec<Practice> {
    let mut desk = Desk { almanac, text, problems };
    let mut known = HashMap::new();
    drafts.iter().filter_map(|draft| practice(&mut desk, &mut known, draft)).collect()
}

fn practice<'d>(desk: &mut Desk<'_>, known: &mut HashMap<&'d str, Range<usize>>, draft: &'d PracticeDraft) -> Option<Practice> {
    let id = draft.id.as_ref().and_then(|given| identity(desk, known, given));
    let name = draft.name.as_ref().and_then(|given| display_name(desk, given));
    let agb = draft.agb.as_ref().and_then(|given| agb(desk, given));
    let contacts = contacts(desk, &draft.contacts);
    let subscriptions = subscriptions::resolve(desk, &draft.subscriptions);
    if draft.subscriptions.is_empty() && draft.own.is_empty() {
        desk.warn(draft.place.clone(), "no subscriptions: this practice gets no reminders", "name an insurer and a care type");
    }
    let salutation = draft.salutation.as_ref().and_then(|given| tailoring::salutation(desk, given));
    let quiet = tailoring::quiet(desk, &draft.quiet);
    let unnamed = PracticeId::from("");
    let own = tailoring::own_dates(desk, id.as_ref().unwrap_or(&unnamed), &draft.own);
    let leads = draft.leads.clone();
    let ground = ground::resolve(desk, &draft.ground);
    Some(Practice { id: id?, name: name?, agb, contacts, subscriptions, salutation, leads, quiet, own, ground })
}

fn identity<'d>(desk: &mut Desk<'_>, known: &mut HashMap<&'d str, Range<usize>>, given: &'d Placed<String>) -> Option<PracticeId> {
    if let Err(error) = check_identity(&given.value) {
        let example = kebab(&given.value).map(|id| format!(": \"{id}\", for example")).unwrap_or_default();
        desk.report(given.span.clone(), format!("`{}` is no practice id", given.value), format!("{error}{example}"));
        return None;
    }
    if let Some(first) = known.get(given.value.as_str()) {
        let message = format!("practice `{}` stands on line {} too", given.value, desk.line_of(first));
        desk.report(given.span.clone(), message, "give each practice its own id, or put its subscriptions together");
        return None;
    }
    known.insert(&given.value, given.span.clone());
    Some(PracticeId::new(given.value.as_str()))
}

fn kebab(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join("-"))
}

/// Names go into mail headers and terminals: what cannot be seen there has no place in them.
pub fn display_name(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<String> {
    let name = given.value.trim();
    let Some(hidden) = name.chars().find(|character| is_hidden(*character)) else { return Some(name.to_owned()) };
    let message = format!("the name contains an invisible character (U+{:04X})", u32::from(hidden));
    desk.report(given.span.clone(), message, "write it on one line, without control characters");
    None
}

/// Control characters, line separators, and what turns the direction of writing.
fn is_hidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn agb(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<Agb> {
    Agb::parse(given.value.trim())
        .map_err(|error| {
            let hint = agb_code::hint(given.value.trim(), &error);
            desk.report(given.span.clone(), format!("`{}` is no AGB code", given.value), hint);
        })
        .ok()
}

fn contacts(desk: &mut Desk<'_>, drafts: &[ContactDraft]) -> Vec<Contact> {
    let mut addresses = HashSet::new();
    drafts.iter().filter_map(|draft| contact(desk, &mut addresses, draft)).collect()
}

fn contact(desk: &mut Desk<'_>, addresses: &mut HashSet<String>, draft: &ContactDraft) -> Option<Contact> {
    let email = email(desk, &draft.email);
    let name = draft.name.as_ref().and_then(|given| display_name(desk, given));
    let role = draft.role.as_ref().and_then(|given| role(desk, given));
    let salutation = draft.salutation.as_ref().and_then(|given| tailoring::salutation(desk, given));
    let wants = tailoring::wants(desk, draft.wants.as_ref(), &draft.email.span);
    let email = email?;
    if !addresses.insert(email.to_lowercase()) {
        let message = format!("`{email}` is a contact of this practice already");
        desk.report(draft.email.span.clone(), message, "leave one out: each address gets each mail once");
    }
    Some(Contact { email, name, role, salutation, wants })
}

fn email(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<String> {
    match given.value.trim().parse::<Address>() {
        Ok(address) => {
            if !address.domain().contains(['.', ':']) {
                let message = format!("`{}` is no domain that mail from elsewhere reaches", address.domain());
                desk.warn(given.span.clone(), message, "it is kept; the ending, such as .nl, is probably missing");
            }
            Some(address.to_string())
        }
        Err(error) => {
            let hint = format!("{}; an address looks like info@praktijk.example", error.to_string().to_lowercase());
            desk.report(given.span.clone(), format!("`{}` is no e-mail address", given.value.escape_debug()), hint);
            None
        }
    }
}

fn role(desk: &mut Desk<'_>, given: &Placed<String>) -> Option<Role> {
    let role = Role::parse(&given.value);
    if role.is_none() {
        let hint = format!("the only role is `{}`: may sign for the practice; leave it out for anybody else", Role::Signatory.as_str());
        desk.report(given.span.clone(), format!("unknown role `{}`", given.value), hint);
    }
    role
}
