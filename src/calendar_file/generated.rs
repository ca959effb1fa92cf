//! The milestones that agreements and modules make by themselves: their starts and ends, with stable identities.

use crate::domain::almanac::Almanac;
use crate::domain::milestones::{Actor, Applies, Guidance, Kind, Milestone};
use crate::domain::moments::{Anchor, Direction, Moment, Point, Precision, Relative, Unit, When};
use crate::domain::names::{CareType, MilestoneId, PolicyId};
use crate::domain::policies::{Agreement, Form, Module};

/// Start and end of each agreement, and of each module for each of its care types.
pub fn milestones(policy: &PolicyId, agreements: &[Agreement], modules: &[Module], names: &Almanac) -> Vec<Milestone> {
    let of_agreements = agreements.iter().flat_map(|agreement| agreement_bounds(policy, agreement));
    let of_modules =
        modules.iter().flat_map(|module| module.care_types.iter().flat_map(|care_type| module_bounds(policy, module, care_type, names)));
    of_agreements.chain(of_modules).collect()
}

/// The last parts of the identities of an agreement's start and end.
pub fn names_of_agreement(id: &str) -> [String; 2] {
    ["start", "einde"].map(|end| format!("overeenkomst-{id}-{end}"))
}

/// The same of a module for a care type.
pub fn names_of_module(id: &str, care_type: &str) -> [String; 2] {
    ["start", "einde"].map(|end| format!("module-{id}-{care_type}-{end}"))
}

fn agreement_bounds(policy: &PolicyId, agreement: &Agreement) -> [Milestone; 2] {
    let applies =
        Applies { care_types: agreement.care_types.clone(), setting: agreement.setting.into_iter().collect(), ..Applies::default() };
    let bound = |name: &str, kind, title: String, anchor| Milestone {
        id: MilestoneId::within(policy, name),
        kind,
        title,
        moment: at(anchor),
        actor: Actor::Provider,
        guidance: Guidance { note: agreement.note.clone(), ..Guidance::default() },
        applies: applies.clone(),
        target: false,
        section: agreement.section.clone(),
    };
    let [start, end] = names_of_agreement(&agreement.id);
    [
        bound(&start, Kind::ContractStart, format!("{} gaat in", agreement.name), Anchor::AgreementStart),
        bound(&end, Kind::ContractEnd, format!("{} loopt af", agreement.name), Anchor::AgreementEnd),
    ]
}

fn module_bounds(policy: &PolicyId, module: &Module, care_type: &CareType, names: &Almanac) -> [Milestone; 2] {
    let applies = Applies {
        care_types: vec![care_type.clone()],
        modules: vec![module.id.clone()],
        setting: module.setting.into_iter().collect(),
        ..Applies::default()
    };
    let named = format!("{} ({})", module_name(module), names.care_type_name(care_type).to_lowercase());
    let bound = |name: &str, kind, title: String, anchor| Milestone {
        id: MilestoneId::within(policy, name),
        kind,
        title,
        moment: at(anchor),
        actor: Actor::Provider,
        guidance: Guidance { note: module.note.clone(), ..Guidance::default() },
        applies: applies.clone(),
        target: false,
        section: module.section.clone(),
    };
    let [start, end] = names_of_module(module.id.as_str(), care_type.as_str());
    [
        bound(&start, Kind::ContractStart, format!("{named} gaat in"), Anchor::ModuleStart),
        bound(&end, Kind::ContractEnd, format!("{named} loopt af"), Anchor::AgreementEnd),
    ]
}

/// "Module Transparantie", but "Tariefgroep A" and "Plusovereenkomst" as they are.
fn module_name(module: &Module) -> String {
    match module.form {
        Form::Module => format!("Module {}", module.name),
        Form::Addendum => format!("Addendum {}", module.name),
        Form::Agreement | Form::TariffGroup if says_what_it_is(&module.name) => module.name.clone(),
        Form::Agreement => format!("Overeenkomst {}", module.name),
        Form::TariffGroup => format!("Tariefgroep {}", module.name),
    }
}

fn says_what_it_is(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("overeenkomst") || name.contains("tariefgroep")
}

fn at(anchor: Anchor) -> Moment {
    let relative = Relative { anchor, direction: Direction::After, amount: 0, unit: Unit::Days };
    Moment::new(Precision::On, When::Once(Point::Relative(relative)))
}
