//! Corrections: who was told what a calendar has changed since gets one mail, and nobody else gets any.

#[path = "support/world.rs"]
mod world;

use deadlines::job::load::{Consent, Loaded};
use deadlines::store::outbox::State;
use deadlines::store::practices::Since;
use insta::assert_snapshot;

use crate::world::{Letter, World, at, calendar, day, milestone, occurrence, practice, practice_since, subscription};

/// A deadline with all that a reader needs.
fn signing(day: &str) -> String {
    let guidance = "who = \"signatory\"\nwhere = \"Portaal van de verzekeraar\"\naction = \"Besluit over het aanbod.\"\n\
                    consequence = \"Daarna vervalt het aanbod.\"\nnote = \"De dag zelf telt nog mee.\"";
    milestone("ondertekenen", "signing-deadline", &format!("by = {day}\n{guidance}"))
}

fn questions(day: &str) -> String {
    let guidance = "where = \"Portaal\"\naction = \"Stel vragen.\"\nconsequence = \"Er komt geen antwoord.\"";
    milestone("vragen", "question-cutoff", &format!("by = {day}\n{guidance}"))
}

/// Two addresses, of which the second came later than the first reminder.
fn told_on_the_tenth_of_october() -> World {
    let mut world = World::of("2025-10-13 07:00", &signing("2025-11-10"), &practice("haarlem"));
    world.tick();
    assert_eq!(world.mails().len(), 1, "four weeks before");
    world
}

fn subjects(letters: &[Letter]) -> Vec<&str> {
    letters.iter().map(|letter| letter.subject.as_str()).collect()
}

fn whole(letter: &Letter) -> String {
    // The signature is another one for each database.
    let text: Vec<&str> = letter.text.lines().map(|line| if line.starts_with("afmelden ") { "afmelden TOKEN" } else { line }).collect();
    format!("{}\nAan: {}\nOnderwerp: {}\n\n{}", letter.at, letter.to, letter.subject, text.join("\n").trim_end())
}

#[test]
fn a_day_that_comes_nearer_is_corrected_at_once() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-25 21:30");
    world.load(calendar(&signing("2025-11-03")));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "the correction stands in for the reminder that is due as well: {:?}", subjects(&mails));
    assert_snapshot!(whole(&mails[0]));
    let message = mail_parser::MessageParser::default().parse(&mails[0].bytes).unwrap();
    for name in ["Message-ID", "Auto-Submitted", "List-Id", "List-Unsubscribe"] {
        assert!(message.header(name).is_some(), "{name}");
    }
    world.tick();
    world.tick();
    assert!(world.mails().is_empty(), "said once");
    world.play("2025-11-05");
    let times: Vec<String> = world.times();
    assert_eq!(times, ["2025-10-27 07:00", "2025-10-31 07:00", "2025-11-03 07:00"], "the leads of the new day go on");
}

#[test]
fn a_day_that_moves_away_is_corrected_with_the_next_mornings_mail() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-17 15:00");
    world.load(calendar(&signing("2025-12-15")));
    world.play("2025-10-31");
    let mails = world.mails();
    assert_eq!(mails.iter().map(|mail| mail.at.as_str()).collect::<Vec<_>>(), ["2025-10-20 07:00"]);
    assert_snapshot!(whole(&mails[0]));
}

/// What a calendar program goes by: identity, revision, state and day of each event.
const EVENT: [&str; 4] = ["UID", "SEQUENCE", "STATUS", "DTSTART;VALUE=DATE"];

#[test]
fn a_correction_sets_the_event_right_that_an_earlier_mail_brought() {
    let both = |signing_day: &str| format!("{}{}", signing(signing_day), questions("2025-10-27"));
    let mut world = World::of("2025-10-13 07:00", &both("2025-11-10"), &practice("haarlem"));
    world.tick();
    let told = world.mails().remove(0);
    let (signed, asked) = ("cz/proef/ondertekenen+logopedie+haarlem@deadlines", "cz/proef/vragen+logopedie+haarlem@deadlines");
    assert_eq!(told.events(&EVENT), [format!("{asked} 0 20251027"), format!("{signed} 0 20251110")]);
    told.keep_calendar("1-told.ics");
    world.load(calendar(&signing("2025-11-03")));
    world.tick();
    let corrected = world.mails().remove(0);
    assert!(corrected.calendar().contains("\nMETHOD:PUBLISH\n"));
    assert_eq!(corrected.events(&EVENT), [format!("{signed} 1 20251103"), format!("{asked} 1 CANCELLED 20251027")]);
    assert!(!corrected.calendar().contains(&format!("+{asked}")), "what is off rings no alarm");
    corrected.keep_calendar("2-corrected.ics");
    world.load(calendar(&both("2025-11-03")));
    world.tick();
    let restored = world.mails().remove(0);
    assert_eq!(restored.events(&EVENT), [format!("{asked} 2 20251027")]);
    restored.keep_calendar("3-restored.ics");
}

#[test]
fn what_nobody_was_told_is_not_corrected() {
    let mut world = World::of("2025-10-01 07:00", &signing("2025-11-10"), &practice("haarlem"));
    world.tick();
    world.load(calendar(&signing("2025-11-17")));
    world.play("2025-11-18");
    let mails = world.mails();
    assert!(mails.iter().all(|mail| mail.subject.contains("17 november") || mail.subject.contains("vandaag")), "{:?}", subjects(&mails));
    assert_eq!(mails.len(), 5);
}

#[test]
fn what_is_added_is_only_reminded_of() {
    let mut world = told_on_the_tenth_of_october();
    world.load(calendar(&format!("{}{}", signing("2025-11-10"), questions("2025-10-27"))));
    world.set("2025-10-14 07:00");
    world.tick();
    let mails = world.mails();
    assert_eq!(subjects(&mails), ["CZ logopedie: vragen stellen uiterlijk ma 27 oktober (nog 13 dagen)"]);
}

#[test]
fn what_is_withdrawn_is_said_to_be_off() {
    let mut world = World::of("2025-10-13 07:00", &format!("{}{}", signing("2025-11-10"), questions("2025-12-30")), &practice("haarlem"));
    world.tick();
    world.mails();
    world.set("2025-10-18 10:00");
    world.load(calendar(&questions("2025-12-30")));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "on a Saturday: its old day is within four weeks");
    assert_snapshot!(whole(&mails[0]));
    world.play("2025-11-12");
    assert!(world.mails().is_empty());
}

#[test]
fn what_comes_back_is_said_to_hold_after_all() {
    let both = format!("{}{}", signing("2025-11-10"), questions("2025-12-30"));
    let mut world = World::of("2025-10-13 07:00", &both, &practice("haarlem"));
    world.tick();
    world.load(calendar(&questions("2025-12-30")));
    world.set("2025-10-14 09:00");
    world.tick();
    world.mails();
    world.set("2025-10-16 12:00");
    world.load(calendar(&both));
    world.tick();
    let mails = world.mails();
    assert_eq!(subjects(&mails), ["CZ logopedie, geldt toch weer: besluit uiterlijk ma 10 november (nog 25 dagen)"]);
    assert_snapshot!(whole(&mails[0]));
    world.play("2025-11-11");
    assert_eq!(world.times(), ["2025-10-27 07:00", "2025-11-03 07:00", "2025-11-07 07:00", "2025-11-10 07:00"]);
}

#[test]
fn moved_twice_before_it_leaves_gives_one_mail_with_the_newest_day() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-17 15:00");
    world.load(calendar(&signing("2025-12-15")));
    world.plan();
    world.set("2025-10-17 16:00");
    world.load(calendar(&signing("2025-12-22")));
    world.play("2025-10-24");
    let mails = world.mails();
    assert_eq!(subjects(&mails), ["CZ logopedie, uitgesteld: besluit uiterlijk ma 22 december (nog 63 dagen)"]);
    assert!(mails[0].text.contains("uiterlijk maandag 10 november 2025 (zo schreven wij u op"), "{}", mails[0].text);
}

#[test]
fn moved_twice_with_a_mail_in_between_gives_two_each_from_what_was_told_last() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-12")));
    world.tick();
    world.set("2025-10-20 10:00");
    world.load(calendar(&signing("2025-11-14")));
    world.tick();
    let mails = world.mails();
    let expected = [
        "CZ logopedie, uitgesteld: besluit uiterlijk wo 12 november (nog 23 dagen)",
        "CZ logopedie, uitgesteld: besluit uiterlijk vr 14 november (nog 25 dagen)",
    ];
    assert_eq!(subjects(&mails), expected, "two on one day: each has a key of its own");
    assert!(mails[1].text.contains("uiterlijk woensdag 12 november 2025 (zo schreven wij u op"), "{}", mails[1].text);
    assert_ne!(mails[0].message_id, mails[1].message_id);
}

#[test]
fn moved_back_before_it_leaves_leaves_nothing_to_say() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-17 15:00");
    world.load(calendar(&signing("2025-12-15")));
    world.plan();
    world.load(calendar(&signing("2025-11-10")));
    world.play("2025-10-26");
    assert!(world.mails().is_empty());
    assert_eq!(world.states(), [State::Sent, State::Cancelled]);
}

#[test]
fn moved_back_after_it_left_is_corrected_once_more() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-17")));
    world.tick();
    world.set("2025-10-21 09:00");
    world.load(calendar(&signing("2025-11-10")));
    world.tick();
    let mails = world.mails();
    let expected = [
        "CZ logopedie, uitgesteld: besluit uiterlijk ma 17 november (nog 28 dagen)",
        "CZ logopedie, vervroegd: besluit uiterlijk ma 10 november (nog 20 dagen)",
    ];
    assert_eq!(subjects(&mails), expected);
}

#[test]
fn of_two_contacts_only_who_was_told_gets_a_correction() {
    let mut world = told_on_the_tenth_of_october();
    let two = practice("haarlem").replace(
        "contacts = [{ email = \"info@haarlem.example\" }]",
        "contacts = [{ email = \"info@haarlem.example\" }, { email = \"nieuw@haarlem.example\" }]",
    );
    world.import(&two);
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-03")));
    world.tick();
    let mails = world.mails();
    let told: Vec<(&str, &str)> = mails.iter().map(|mail| (mail.to.as_str(), mail.subject.as_str())).collect();
    let expected = [
        ("info@haarlem.example", "CZ logopedie, vervroegd: besluit uiterlijk ma 3 november (nog 14 dagen)"),
        ("nieuw@haarlem.example", "CZ logopedie: besluit uiterlijk ma 3 november (nog 14 dagen)"),
    ];
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[test]
fn what_a_correction_said_at_noon_the_next_mornings_digest_does_not_repeat() {
    let other = milestone("portaal", "portal-open", "on = 2025-10-13");
    let both = |day: &str| format!("{}{other}", signing(day));
    let mut world = World::of("2025-10-13 07:00", &both("2025-11-10"), &practice("haarlem"));
    world.tick();
    world.set("2025-10-13 12:00");
    world.load(calendar(&both("2025-10-17")));
    world.play("2025-10-14");
    assert_eq!(world.times(), ["2025-10-13 07:00", "2025-10-13 13:00"], "Monday's digest has left, so the leads fall to Tuesday's");
    world.play("2025-10-18");
    assert_eq!(world.times(), ["2025-10-15 07:00", "2025-10-17 07:00"], "two days before and on the day itself");
}

#[test]
fn done_is_open_again_for_a_new_day() {
    let mut world = told_on_the_tenth_of_october();
    world.done("haarlem", "ondertekenen", "2025-11-10");
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-17")));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("Dit was gemeld als afgehandeld"), "{}", mails[0].text);
    world.play("2025-11-18");
    assert_eq!(world.times(), ["2025-11-03 07:00", "2025-11-10 07:00", "2025-11-14 07:00", "2025-11-17 07:00"]);
}

#[test]
fn who_marked_it_as_done_does_not_hear_that_it_is_off() {
    let mut world = World::of("2025-10-13 07:00", &format!("{}{}", signing("2025-11-10"), questions("2026-03-30")), &practice("haarlem"));
    world.tick();
    world.mails();
    world.done("haarlem", "ondertekenen", "2025-11-10");
    world.load(calendar(&questions("2026-03-30")));
    world.play("2025-11-12");
    assert!(world.mails().is_empty());
}

#[test]
fn a_snooze_for_a_day_that_moved_hides_nothing() {
    let mut world = told_on_the_tenth_of_october();
    world.write(|work| {
        let (id, until) = (occurrence("ondertekenen").as_str().into(), day("2025-11-07"));
        work.record_snooze(&"haarlem".into(), &id, &"logopedie".into(), until).unwrap();
    });
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-03")));
    world.play("2025-11-04");
    assert_eq!(world.times(), ["2025-10-20 13:00", "2025-10-27 07:00", "2025-10-31 07:00", "2025-11-03 07:00"]);
}

#[test]
fn a_new_day_that_is_past_already_is_said_too() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-30 09:00");
    world.tick();
    world.mails();
    world.load(calendar(&signing("2025-10-27")));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_snapshot!(whole(&mails[0]));
}

#[test]
fn a_day_that_is_put_off_after_it_passed_is_said_too() {
    let mut world = told_on_the_tenth_of_october();
    world.play("2025-11-11");
    world.mails();
    world.set("2025-11-11 15:00");
    world.load(calendar(&signing("2025-11-20")));
    world.tick();
    assert_eq!(subjects(&world.mails()), ["CZ logopedie, uitgesteld: besluit uiterlijk do 20 november (nog 9 dagen)"]);
}

#[test]
fn what_moves_before_the_subscription_began_is_not_off_but_past() {
    let mut world =
        World::of("2025-10-13 07:00", &signing("2025-11-10"), &practice_since("haarlem", "since = 2025-10-10\nend = 2025-12-31"));
    world.tick();
    world.mails();
    world.load(calendar(&signing("2025-10-06")));
    world.tick();
    let mails = world.mails();
    assert!(mails[0].subject.starts_with("CZ logopedie, vervroegd"), "{:?}", subjects(&mails));
}

#[test]
fn what_moves_beyond_the_end_of_the_subscription_is_not_off_but_put_off() {
    let ends = practice_since("haarlem", "since = 2025-10-10\nend = 2025-12-31");
    let mut world = World::of("2025-10-13 07:00", &signing("2025-11-10"), &ends);
    world.tick();
    world.mails();
    world.load(calendar(&signing("2026-02-10")));
    world.tick();
    world.set("2025-10-14 07:00");
    world.tick();
    assert_eq!(subjects(&world.mails()), ["CZ logopedie, uitgesteld: besluit uiterlijk di 10 februari 2026 (nog 119 dagen)"]);
}

/// A module that can start on several days, and an application that counts from its start.
fn with_module(months: u32) -> String {
    let agreement = "[[agreement]]\nid = \"logopedie\"\ncare_types = [\"logopedie\"]\nterm = { first = 2026-01-01, last = 2027-12-31 }\n\
                     starts = [2026-01-01]\nsection = \"1\"\n\n";
    let module = "[[module]]\nid = \"plus\"\nname = \"Plus\"\ncare_types = [\"logopedie\"]\nform = \"module\"\n\
                  starts = [2026-01-01, 2026-02-01, 2026-04-01]\nsection = \"1\"\n\n";
    let guidance = "where = \"Portaal\"\naction = \"Vraag aan.\"\nconsequence = \"Geen module.\"\napplies = { modules = [\"plus\"] }";
    let moment = format!("by = {{ before = \"module-start\", months = {months} }}\n{guidance}");
    format!("{agreement}{module}{}", milestone("plus-aanvragen", "application-due", &moment))
}

fn with_plus(start: &str) -> String {
    practice_since("haarlem", &format!("since = 2020-01-01\nmodules = [{{ id = \"plus\", start = {start} }}]"))
}

#[test]
fn what_the_practice_changes_itself_is_no_correction() {
    let mut world = World::of("2025-11-28 07:00", &with_module(1), &with_plus("2026-02-01"));
    world.tick();
    world.set("2025-12-15 07:00");
    world.tick();
    let before = world.mails();
    assert!(before.iter().any(|mail| mail.subject.contains("aanvragen uiterlijk do 1 januari")), "{:?}", subjects(&before));
    // A load that changes nothing for it, so that there is an earlier calendar to ask.
    world.load(calendar(&format!("{}{}", with_module(1), questions("2026-06-30"))));
    world.import(&with_plus("2026-04-01"));
    world.set("2025-12-16 07:00");
    world.tick();
    assert!(world.mails().is_empty(), "the practice knows that it starts later");
    world.import(&practice("haarlem"));
    world.set("2025-12-17 07:00");
    world.tick();
    assert!(world.mails().is_empty(), "and that it does not want the module");
}

#[test]
fn what_the_insurer_changes_for_the_same_start_is_a_correction() {
    let mut world = World::of("2025-12-15 07:00", &with_module(1), &with_plus("2026-02-01"));
    world.tick();
    world.mails();
    world.set("2025-12-16 09:00");
    world.load(calendar(&with_module(2)));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].subject,
        "CZ logopedie, vervroegd: aanvragen uiterlijk ma 1 december (15 dagen geleden) en nog 1".replace(" en nog 1", "")
    );
}

#[test]
fn who_is_no_longer_concerned_is_told_so() {
    let scoped =
        |standing: &str| format!("{}applies = {{ standing = [\"{standing}\"] }}\n", signing("2025-11-10").trim_end().to_owned() + "\n");
    let mut world = World::of(
        "2025-10-13 07:00",
        &scoped("uncontracted"),
        &practice_since("haarlem", "since = 2020-01-01\nstanding = \"uncontracted\""),
    );
    world.tick();
    assert_eq!(world.mails().len(), 1);
    let loaded = world.load(calendar(&scoped("contracted")));
    let Loaded::Changed(impact) = loaded else { panic!("{loaded:?}") };
    assert_eq!((impact.changes.len(), impact.practices, impact.contacts), (0, 1, 1), "no moment moves, and yet");
    world.tick();
    assert_eq!(subjects(&world.mails()), ["CZ logopedie, vervallen: besluit uiterlijk ma 10 november"]);
}

#[test]
fn a_day_that_the_practice_recorded_is_its_own() {
    let offer = milestone("aanbod", "offer", "on = 2025-10-06");
    let guidance = "where = \"Portaal\"\naction = \"Stel vragen.\"\nconsequence = \"Er komt geen antwoord.\"";
    let asks = milestone("vragen", "question-cutoff", &format!("by = {{ after = \"aanbod\", weeks = 4 }}\n{guidance}"));
    let mut world = World::of("2025-10-06 07:00", &format!("{offer}{asks}"), &practice("haarlem"));
    world.tick();
    world.mails();
    world.write(|work| work.record_happened(&"haarlem".into(), &occurrence("aanbod").as_str().into(), day("2025-10-01")).unwrap());
    world.set("2025-10-07 07:00");
    world.tick();
    assert!(world.mails().iter().all(|mail| !mail.subject.contains(", ")), "no correction");
}

#[test]
fn several_corrections_make_one_mail_with_what_is_off_last() {
    let first = format!("{}{}", signing("2025-11-10"), questions("2025-11-03"));
    let further = milestone("portaal-open", "portal-open", "on = 2025-10-20");
    let practices = format!("{}{}", practice("haarlem"), subscription("dietetiek", "since = 2020-01-01"));
    let mut world = World::of("2025-10-13 07:00", &format!("{first}{further}"), &practices);
    world.tick();
    world.mails();
    world.set("2025-10-14 11:00");
    world.load(calendar(&format!("{}{}", signing("2025-11-09"), milestone("portaal-open", "portal-open", "on = 2025-10-27"))));
    world.tick();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert_snapshot!(whole(&mails[0]));
}

#[test]
fn a_queued_digest_with_the_old_day_is_never_sent() {
    let mut world = World::of("2025-10-13 07:00", &signing("2025-11-10"), &practice("haarlem"));
    world.plan();
    world.load(calendar(&signing("2025-11-17")));
    world.tick();
    world.play("2025-10-20");
    let mails = world.mails();
    assert!(!mails.is_empty());
    assert!(mails.iter().all(|mail| !mail.text.contains("10 november")), "{:?}", subjects(&mails));
    assert!(mails.iter().all(|mail| !mail.subject.contains("uitgesteld")), "nobody had been told");
}

#[test]
fn the_ledger_holds_only_what_was_in_the_mail() {
    let mut world = World::of("2025-10-13 07:00", &format!("{}{}", signing("2025-11-10"), questions("2025-11-10")), &practice("haarlem"));
    world.plan();
    world.load(calendar(&format!("{}{}", signing("2025-11-10"), questions("2025-12-30"))));
    world.deliver();
    let told = world.store(|store| store.last_told(&"haarlem".into()).unwrap());
    let ids: Vec<String> = told["info@haarlem.example"].iter().map(|(told, _)| told.occurrence.to_string()).collect();
    assert_eq!(ids, [occurrence("ondertekenen")]);
    world.play("2025-10-31");
    assert!(world.mails().iter().all(|mail| !mail.subject.contains("uitgesteld")));
}

#[test]
fn an_answer_that_comes_after_the_load_still_leads_to_a_correction() {
    let mut world = World::of("2025-10-13 07:00", &signing("2025-11-10"), &practice("haarlem"));
    world.tick();
    world.mails();
    // As if the process had died between the server's acceptance and its record: the ledger says uncertain, the bytes are kept.
    let kept = world.outbox(&[State::Sent]).remove(0).id;
    world.poison(&format!(
        "UPDATE told SET uncertain = 1, attempt = NULL; INSERT INTO unanswered VALUES ({kept}, x'0D0A'); UPDATE outbox SET state = 'sending', \
         says = '[[\"cz/proef/ondertekenen\",\"logopedie\",\"2025-11-10\",false]]' WHERE id = {kept}"
    ));
    world.set("2025-10-13 09:00");
    world.restart();
    world.load(calendar(&signing("2025-11-03")));
    world.tick();
    world.tick();
    let mails = world.mails();
    assert!(mails.iter().any(|mail| mail.subject.starts_with("CZ logopedie, vervroegd")), "{:?}", subjects(&mails));
}

#[test]
fn loaded_twice_and_planned_ten_times_corrects_once() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-20 09:00");
    assert!(matches!(world.load(calendar(&signing("2025-11-03"))), Loaded::Changed(_)));
    assert_eq!(world.load(calendar(&signing("2025-11-03"))), Loaded::Unchanged);
    for _ in 0..10 {
        world.write(|work| work.look_at_everyone().unwrap());
        world.plan();
    }
    assert_eq!(world.outbox(&[State::Queued]).iter().filter(|mail| mail.kind == "correction").count(), 1);
    world.tick();
    world.write(|work| work.look_at_everyone().unwrap());
    world.tick();
    assert_eq!(world.mails().len(), 1);
}

#[test]
fn a_crash_between_load_and_plan_loses_no_correction() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-03")));
    world.restart();
    assert_eq!(world.load(calendar(&signing("2025-11-03"))), Loaded::Unchanged);
    world.tick();
    assert_eq!(subjects(&world.mails()), ["CZ logopedie, vervroegd: besluit uiterlijk ma 3 november (nog 14 dagen)"]);
}

#[test]
fn too_many_corrections_wait_for_the_operator() {
    let mut world = World::with_config("2025-10-13 07:00", "[calendars]\nmax_corrections = 1\n");
    world.load(calendar(&signing("2025-11-10")));
    world.import(&format!("{}{}", practice("haarlem"), practice("leiden")));
    world.tick();
    world.mails();
    world.set("2025-10-20 09:00");
    let moved = calendar(&signing("2025-11-03"));
    let Loaded::SetAside(impact) = world.load(moved.clone()) else { panic!("not set aside") };
    assert_eq!((impact.moved(), impact.practices, impact.contacts), (1, 2, 2));
    world.tick();
    assert!(world.mails().is_empty(), "the old calendars serve");
    let waiting = world.store(|store| store.set_aside().unwrap().unwrap());
    assert_eq!((waiting.moments, waiting.contacts, waiting.at), (1, 2, at("2025-10-20 09:00")));

    world.set("2025-10-20 10:00");
    assert!(matches!(world.load(moved.clone()), Loaded::SetAside(_)), "and again, as a restarted service would");
    assert_eq!(world.store(|store| store.set_aside().unwrap().unwrap()).at, at("2025-10-20 09:00"), "since the first time");
    let others = calendar(&signing("2025-11-04"));
    assert!(matches!(world.load_with(others, Consent::Confirmed).unwrap(), Loaded::SetAside(_)), "not what the operator looked at");
    assert!(matches!(world.load(moved.clone()), Loaded::SetAside(_)));
    assert!(matches!(world.load_with(moved, Consent::Confirmed).unwrap(), Loaded::Changed(_)));
    assert_eq!(world.store(|store| store.set_aside().unwrap()), None);
    world.tick();
    assert_eq!(world.mails().len(), 2);
}

#[test]
fn going_back_to_the_loaded_files_ends_the_waiting() {
    let mut world = World::with_config("2025-10-13 07:00", "[calendars]\nmax_corrections = 0\n");
    world.load(calendar(&signing("2025-11-10")));
    world.import(&practice("haarlem"));
    world.tick();
    assert!(matches!(world.load(calendar(&signing("2025-11-03"))), Loaded::SetAside(_)));
    assert_eq!(world.load(calendar(&signing("2025-11-10"))), Loaded::Unchanged);
    assert_eq!(world.store(|store| store.set_aside().unwrap()), None);
}

#[test]
fn the_ledger_says_what_became_of_each_mail() {
    let mut world = told_on_the_tenth_of_october();
    world.set("2025-10-20 09:00");
    world.load(calendar(&signing("2025-11-03")));
    world.tick();
    let lines = world.store(|store| store.ledger(&"haarlem".into(), &occurrence("ondertekenen")).unwrap());
    let said: Vec<String> = lines
        .iter()
        .map(|line| {
            let told = line.told_at.map_or_else(|| "not told".to_owned(), world::local);
            format!("{} {} {} {} {}", line.kind, line.told.last_day, told, line.state.as_str(), line.answer.as_deref().unwrap_or("-"))
        })
        .collect();
    assert_snapshot!(said.join("\n"));
    assert!(world.store(|store| store.practice(&"haarlem".into(), Since::OrImport)).unwrap().is_some());
}
