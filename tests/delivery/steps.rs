//! The steps between the states of a mail: each is guarded, they are all, and the documentation shows them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use deadlines::store::Work;
use deadlines::store::inbound::BOUNCED;
use deadlines::store::outbox::steps::STEPS;
use deadlines::store::outbox::{Attempt, Mail, State};

use crate::world::day;
use crate::{accepted, only, queued};

/// A change, and the state to which it leads.
type Change = (fn(&Work<'_>, &Mail), State);

/// What takes each step of the picture.
fn changes() -> BTreeMap<&'static str, Vec<Change>> {
    use State::{Cancelled, Deferred, Expired, Failed, Held, Queued, Sending, Sent, Uncertain};
    let all: [(&str, Vec<Change>); 16] = [
        ("claimed", vec![(|work, mail| drop(work.claim(mail.id).unwrap()), Sending)]),
        ("accepted", vec![(|work, mail| work.record_sent(mail, &[], &accepted(work.now)).unwrap(), Sent)]),
        (
            "put off",
            vec![
                (|work, mail| work.record_refused(mail.id, Deferred, work.now, &accepted(work.now)).unwrap(), Deferred),
                (|work, mail| work.record_refused(mail.id, Uncertain, work.now, &accepted(work.now)).unwrap(), Uncertain),
            ],
        ),
        (
            "refused",
            vec![
                (|work, mail| work.record_refused(mail.id, Failed, work.now, &accepted(work.now)).unwrap(), Failed),
                (|work, mail| work.close(mail.id, Failed, "").unwrap(), Failed),
            ],
        ),
        (
            "dropped",
            vec![
                (|work, mail| work.close(mail.id, Cancelled, "").unwrap(), Cancelled),
                (|work, mail| work.close(mail.id, Expired, "").unwrap(), Expired),
                (|work, mail| work.renew(mail).unwrap(), Expired),
            ],
        ),
        ("put back", vec![(|work, mail| work.put_back(&Mail { state: Deferred, ..mail.clone() }, work.now).unwrap(), Deferred)]),
        ("recovered", vec![(|work, _| assert!(work.recover_interrupted().unwrap() < 2), Queued)]),
        ("parked", vec![(|work, mail| work.park(mail.id, "").unwrap(), Failed)]),
        ("died", vec![(|work, mail| work.mark_dead(&mail.email, "").unwrap(), Failed)]),
        ("returned", vec![(|work, mail| assert!(work.record_report(mail.id, &bounced(work.now)).is_ok()), Failed)]),
        ("held", vec![(|work, mail| assert!(work.hold(mail.id, "").is_ok()), Held)]),
        ("released", vec![(|work, mail| assert!(work.release(mail.id).is_ok()), Queued)]),
        ("retried", vec![(|work, mail| assert!(work.retry(Some(mail.id)).unwrap() < 2), Queued)]),
        ("revived", vec![(|work, mail| assert!(work.revive(&mail.email).is_ok()), Queued)]),
        ("given up", vec![(|work, mail| assert!(work.cancel(mail.id).is_ok()), Cancelled)]),
        (
            "left",
            vec![
                (|work, _| assert!(work.remove_practice(&"klank".into()).is_ok()), Cancelled),
                (|work, mail| work.give_up_address(&mail.practice, &mail.email, day("2025-11-03"), "").unwrap(), Cancelled),
            ],
        ),
    ];
    all.into_iter().collect()
}

fn bounced(at: DateTime<Utc>) -> Attempt {
    Attempt { outcome: BOUNCED.to_owned(), ..accepted(at) }
}

#[test]
fn every_step_is_guarded_by_the_states_that_it_leaves_and_leads_where_the_picture_says() {
    let world = queued(&["klank"]);
    let mail = only(&world);
    let mut changes = changes();
    for step in STEPS {
        for (change, to) in changes.remove(step.name).unwrap() {
            assert!(step.to.contains(&to), "{}", step.name);
            for from in State::ALL {
                world.poison(&format!("DELETE FROM attempt; DELETE FROM dead_address; DELETE FROM outbox WHERE id <> {}", mail.id));
                if step.name == "revived" {
                    world.poison("INSERT INTO dead_address VALUES ('info@klank.example', 0, '')");
                }
                world.poison(&format!("DELETE FROM unanswered; UPDATE outbox SET state = '{}', due_at = 0", from.as_str()));
                let claimed = mail.clone();
                world.write(move |work| change(work, &claimed));
                let wanted = if step.from.contains(&from) { to } else { from };
                assert_eq!(world.outbox(&[])[0].state, wanted, "{} from {}", step.name, from.as_str());
            }
        }
    }
    assert!(changes.is_empty());
}

/// The words of some states, as the documentation writes them.
fn words(states: &[State]) -> String {
    states.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_picture_shows_every_step_and_the_table_no_other() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/outbox.md")).unwrap();
    let table: String = STEPS.iter().map(|s| format!("| {} | {} | {} | {} |\n", s.name, words(s.from), words(s.to), s.when)).collect();
    assert!(page.contains(&format!("| --- | --- | --- | --- |\n{table}\n")), "docs/outbox.md wants this table:\n{table}");
    let picture = page.split("```").nth(1).unwrap();
    let drawn = |word: &&str| picture.contains(*word);
    let states: Vec<&str> = State::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(states.iter().copied().filter(drawn).collect::<Vec<_>>(), states);
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    assert_eq!(names.iter().copied().filter(drawn).collect::<Vec<_>>(), names);
}

#[test]
fn nothing_but_a_step_changes_where_a_mail_stands() {
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"))];
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("outbox/steps.rs") {
                looked_at += 1;
                let text = fs::read_to_string(&path).unwrap();
                assert!(!text.contains("UPDATE outbox SET state ="), "{}", path.display());
            }
        }
    }
    assert!(looked_at > 10);
}
