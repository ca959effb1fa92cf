//! Whether the service runs, and whether it runs on the real database.

use std::path::Path;

use crate::job::doctor::{Finding, Patient, local};
use crate::job::fence::{self, Look};

pub(in crate::job::doctor) fn service(patient: &Patient<'_>) -> Vec<Finding> {
    match &patient.holder {
        Err(error) => vec![Finding::skipped(format!("cannot tell whether it runs: {error}"))],
        Ok(None) => vec![Finding::warning(
            "no service runs on this database",
            "systemctl start deadlines, or deadlines run; what is due waits until then",
        )],
        Ok(Some(process)) => running(*process),
    }
}

fn running(process: u32) -> Vec<Finding> {
    let place = Path::new("/proc").join(process.to_string());
    let unit = std::fs::read_to_string(place.join("cgroup")).ok().and_then(|groups| unit(&groups));
    let by = unit.as_ref().map_or("by hand, not as a unit of systemd".to_owned(), |unit| format!("as {unit}"));
    let mut findings = vec![match unit {
        Some(_) => Finding::fine(format!("process {process} runs {by}")),
        None => Finding::warning(
            format!("process {process} runs {by}"),
            "install the unit, so that it starts with the machine and after a crash",
        ),
    }];
    let program = std::fs::read_link(place.join("exe"));
    if program.is_ok_and(|program| program.to_string_lossy().ends_with(" (deleted)")) {
        findings.push(Finding::warning("it runs a program that was replaced since", "systemctl restart deadlines"));
    }
    findings
}

/// The innermost service that a process belongs to (cgroups(7)): `0::/system.slice/deadlines.service`.
fn unit(groups: &str) -> Option<String> {
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    path.rsplit('/').find(|part| part.ends_with(".service")).map(str::to_owned)
}

pub(in crate::job::doctor) fn copies(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(store) = patient.readable_store() else { return vec![Finding::skipped("there is no database to look at")] };
    let machine = fence::machine(patient.config.machine.as_deref());
    let release = "if this one is to send and no other does: deadlines outbox release --copy";
    let mut findings = vec![match fence::look(store, &machine) {
        Ok(Look::New) => Finding::fine("it has not run yet"),
        Ok(Look::Real) => Finding::fine("this is the database that last ran here"),
        Ok(Look::Held(fence)) => Finding::failed(format!("practices' mail is held since {}: {}", local(fence.since), fence.why), release),
        Ok(Look::Copy(why)) => Finding::failed(format!("practices' mail will be held from the next start on: {why}"), release),
        Err(error) => Finding::failed(error.to_string(), "without it nobody can say whether this is a copy, and nothing is sent"),
    }];
    if machine.is_empty() {
        findings.push(Finding::warning(
            "this machine has no identity, so that a copy on another one would not be noticed",
            "set [database] machine to a name that stays with this one place",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_found_wherever_it_is_nested() {
        assert_eq!(unit("0::/system.slice/deadlines.service\n").as_deref(), Some("deadlines.service"));
        assert_eq!(unit("0::/system.slice/container.service/system.slice/deadlines.service/sub\n").as_deref(), Some("deadlines.service"));
        assert_eq!(unit("0::/user.slice/user-0.slice/session-1.scope\n"), None);
        assert_eq!(unit("1:name=systemd:/\n"), None);
    }
}
