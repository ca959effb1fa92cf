//! What a load would change, whom that concerns, and who was told otherwise. Asked before loading; nothing is written.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};

use crate::calendar_file::{self, File};
use crate::clock;
use crate::domain::agenda;
use crate::domain::almanac::Almanac;
use crate::domain::corrections::Correction;
use crate::domain::names::{CareType, InsurerId, OccurrenceId, PolicyId};
use crate::domain::policies::Policy;
use crate::domain::practices::{Happened, Practice};
use crate::job::correct::{Case, Past};
use crate::store::Store;
use crate::store::calendars::Change;
use crate::store::error::StoreError;
use crate::store::practices::Since;

/// What a load changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Impact {
    /// The moments that differ for everyone.
    pub changes: Vec<Change>,
    /// How many practices have something ahead that differs.
    pub practices: usize,
    /// How many contacts were told otherwise, and would get a correction.
    pub contacts: usize,
}

impl Impact {
    /// How many moments have another day.
    pub fn moved(&self) -> usize {
        self.changes.iter().filter(|change| change.old_day.is_some() && change.new_day.is_some()).count()
    }

    /// How many moments are new.
    pub fn added(&self) -> usize {
        self.changes.iter().filter(|change| change.old_day.is_none()).count()
    }

    /// How many moments are gone.
    pub fn withdrawn(&self) -> usize {
        self.changes.iter().filter(|change| change.new_day.is_none()).count()
    }
}

/// Whom it concerns that the loaded files give way to others.
struct Exchange<'f> {
    store: &'f Store,
    held: &'f [File],
    files: &'f [File],
    changed: BTreeSet<PolicyId>,
    now: DateTime<Utc>,
    today: NaiveDate,
}

/// Counts practices and contacts for a load of `files`, of which `changes` are known already. A first load concerns nobody.
///
/// # Errors
/// When the database cannot be read.
pub fn impact(store: &Store, new: &Almanac, files: &[File], changes: Vec<Change>, now: DateTime<Utc>) -> Result<Impact, StoreError> {
    let held = store.calendar_files()?;
    let (old, _) = calendar_file::read(&held);
    let changed = changed_policies(&old, new);
    let mut impact = Impact { changes, ..Impact::default() };
    if held.is_empty() || changed.is_empty() {
        return Ok(impact);
    }
    let (old_part, new_part) = (part(&old, &changed), part(new, &changed));
    let insurers = insurers(&old_part, &new_part);
    let mut past = Past::default();
    let exchange = Exchange { store, held: &held, files, changed, now, today: clock::civil_day(now) };
    for practice in store.practices(Since::OrImport)? {
        let subscribed = practice.subscriptions.iter().any(|s| insurers.as_ref().is_none_or(|insurers| insurers.contains(&s.insurer)));
        if subscribed {
            let happened = store.happened(&practice.id)?;
            impact.practices += usize::from(exchange.concerns(&old_part, &new_part, &practice, &happened));
            impact.contacts += exchange.told_otherwise(new, &practice, &happened, &mut past)?;
        }
    }
    Ok(impact)
}

fn changed_policies(old: &Almanac, new: &Almanac) -> BTreeSet<PolicyId> {
    let differs = |a: &Almanac, b: &Almanac| -> Vec<PolicyId> {
        a.policies.iter().filter(|policy| b.policy(&policy.id) != Some(policy)).map(|policy| policy.id.clone()).collect()
    };
    differs(old, new).into_iter().chain(differs(new, old)).collect()
}

/// The policies that changed; all of them where the statutory one did, because it is silent where others speak.
fn part(almanac: &Almanac, changed: &BTreeSet<PolicyId>) -> Almanac {
    let statutory = almanac.policies.iter().any(|policy| policy.insurer.is_none() && changed.contains(&policy.id));
    let belongs = |policy: &&Policy| statutory || changed.contains(&policy.id);
    Almanac { policies: almanac.policies.iter().filter(belongs).cloned().collect(), ..almanac.clone() }
}

/// Whose subscribers are concerned; `None` is everybody's.
fn insurers(old: &Almanac, new: &Almanac) -> Option<BTreeSet<InsurerId>> {
    old.policies.iter().chain(&new.policies).map(|policy| policy.insurer.clone()).collect()
}

impl Exchange<'_> {
    fn concerns(&self, old: &Almanac, new: &Almanac, practice: &Practice, happened: &Happened) -> bool {
        let ahead = |almanac| -> BTreeSet<(OccurrenceId, CareType, NaiveDate)> {
            let entries = agenda::entries(almanac, practice, happened, self.today, self.today).into_iter();
            let ahead = entries.filter(|entry| entry.occurrence.last_day >= self.today);
            ahead.map(|entry| (entry.occurrence.id.clone(), entry.care_type, entry.occurrence.last_day)).collect()
        };
        ahead(old) != ahead(new)
    }

    fn told_otherwise(&self, new: &Almanac, practice: &Practice, happened: &Happened, past: &mut Past) -> Result<usize, StoreError> {
        let told = self.store.last_told(&practice.id)?;
        if told.is_empty() {
            return Ok(0);
        }
        let memory = self.store.memory(&practice.id)?;
        let entries = agenda::entries(new, practice, happened, self.today, self.today);
        let case = Case { almanac: new, practice, happened, memory: &memory, entries: &entries, today: self.today };
        let in_doubt = case.policies_in_doubt(&told).into_iter().filter(|policy| self.changed.contains(policy));
        let names: Vec<File> = self.files.iter().filter(|file| file.is_names()).cloned().collect();
        past.learn(new, in_doubt, &names, |path| self.past_after(path))?;
        let ours = |corrections: &&Vec<Correction<'_>>| {
            corrections.iter().any(|correction| self.changed.contains(&correction.belief.told.occurrence.milestone().policy()))
        };
        Ok(case.corrections(&told, past.versions()).values().filter(ours).count())
    }

    /// The earlier versions of a file as they will be once what is held now is one of them.
    fn past_after(&self, path: &str) -> Result<Vec<(File, DateTime<Utc>)>, StoreError> {
        let held = self.held.iter().filter(|file| file.path == path).map(|file| (file.clone(), self.now));
        Ok(held.chain(self.store.past_versions(path)?).collect())
    }
}
