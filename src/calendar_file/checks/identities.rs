//! Who is who: unique identities, known care types and modules, one agreement for each care type and setting.

use std::collections::HashSet;
use std::ops::Range;

use crate::calendar_file::policy_table::{Sheet, problem};
use crate::domain::milestones::Setting;
use crate::domain::names::CareType;
use crate::domain::scope::care_types_of;
use crate::problems::Problem;

pub(super) fn unique(sheet: &Sheet, found: &mut Vec<Problem>) {
    let (own, generated) = sheet.policy.milestones.split_at(sheet.milestones.len());
    let generated: HashSet<&str> = generated.iter().map(|milestone| milestone.id.local()).collect();
    let mut seen = HashSet::new();
    for (milestone, places) in own.iter().zip(&sheet.milestones) {
        let local = milestone.id.local();
        if !seen.insert(local) {
            found.push(problem(
                sheet,
                places.id.clone(),
                format!("the milestone `{local}` stands here twice"),
                "give each its own id; it never contains a date",
            ));
        } else if generated.contains(local) {
            found.push(problem(
                sheet,
                places.id.clone(),
                format!("`{local}` is made by an agreement or module already"),
                "choose another id",
            ));
        }
    }
    for (index, place) in sheet.agreements.iter().enumerate() {
        let id = &sheet.policy.agreements[index].id;
        if sheet.policy.agreements[..index].iter().any(|other| other.id == *id) {
            found.push(problem(sheet, place.clone(), format!("the agreement `{id}` stands here twice"), "give each its own id"));
        }
    }
    unique_modules(sheet, found);
}

fn unique_modules(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (index, place) in sheet.modules.iter().enumerate() {
        let module = &sheet.policy.modules[index];
        let shares = |care_types: &[CareType]| care_types.iter().any(|care_type| module.care_types.contains(care_type));
        if sheet.policy.modules[..index].iter().any(|other| other.id == module.id && shares(&other.care_types)) {
            let message = format!("the module `{}` stands here twice for one care type", module.id);
            found.push(problem(sheet, place.clone(), message, "a module id is unique within insurer and care type"));
        }
    }
}

pub(super) fn care_types(sheet: &Sheet, found: &mut Vec<Problem>) {
    let policy = &sheet.policy;
    let known = policy.care_types.iter().map(CareType::as_str).collect::<Vec<_>>().join(", ");
    let mut hold = |care_types: &[CareType], places: &dyn Fn(usize) -> Range<usize>| {
        for (index, care_type) in care_types.iter().enumerate().filter(|(_, care_type)| !policy.care_types.contains(care_type)) {
            found.push(problem(
                sheet,
                places(index),
                format!("`{care_type}` is no care type of this policy"),
                format!("care_types at the top lists: {known}"),
            ));
        }
    };
    for (agreement, place) in policy.agreements.iter().zip(&sheet.agreements) {
        hold(&agreement.care_types, &|_| place.clone());
    }
    for (module, place) in policy.modules.iter().zip(&sheet.modules) {
        hold(&module.care_types, &|_| place.clone());
    }
    for (milestone, places) in policy.milestones.iter().zip(&sheet.milestones) {
        hold(&milestone.applies.care_types, &|index| places.care_types[index].clone());
    }
}

pub(super) fn modules(sheet: &Sheet, found: &mut Vec<Problem>) {
    let policy = &sheet.policy;
    for (milestone, places) in policy.milestones.iter().zip(&sheet.milestones) {
        let unrestricted = if milestone.applies.care_types.is_empty() { &policy.care_types } else { &milestone.applies.care_types };
        for (id, place) in milestone.applies.modules.iter().zip(&places.modules) {
            if policy.modules_named(std::slice::from_ref(id), unrestricted).is_empty() {
                let known: Vec<String> = policy
                    .modules
                    .iter()
                    .map(|m| format!("{} ({})", m.id, m.care_types.iter().map(CareType::as_str).collect::<Vec<_>>().join(", ")))
                    .collect();
                let hint = if known.is_empty() {
                    "this policy has no modules".to_owned()
                } else {
                    format!("this policy has: {}", known.join("; "))
                };
                found.push(problem(sheet, place.clone(), format!("the policy has no module `{id}` for these care types"), hint));
            }
        }
        if care_types_of(policy, &milestone.applies).is_empty() && milestone.applies.modules.is_empty() && policy.insurer.is_some() {
            found.push(problem(sheet, places.id.clone(), "the milestone concerns no care type", "check `applies`"));
        }
    }
}

pub(super) fn one_agreement(sheet: &Sheet, found: &mut Vec<Problem>) {
    for (index, place) in sheet.agreements.iter().enumerate() {
        let agreement = &sheet.policy.agreements[index];
        for other in &sheet.policy.agreements[..index] {
            let both = |setting: &Setting| agreement.care_types.iter().any(|c| agreement.fits(c, *setting) && other.fits(c, *setting));
            if Setting::ALL.iter().any(both) {
                let message = format!("the agreements `{}` and `{}` fit the same care type and setting", other.id, agreement.id);
                found.push(problem(sheet, place.clone(), message, "narrow one of them with `setting` or `care_types`"));
            }
        }
    }
}
