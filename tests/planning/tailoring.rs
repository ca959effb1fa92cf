//! What a practice asks for itself: who hears what, quiet days, lead times, series, dates of its own.

use deadlines::domain::names::PracticeId;
use deadlines::store::outbox::State;
use insta::assert_snapshot;

use crate::world::{Letter, World, calendar, day, milestone, occurrence, practice, subscription};

/// A practice with these contacts and lines of its own, and a subscription to CZ logopedie since long ago.
fn tailored(contacts: &str, lines: &str) -> String {
    let head = "[[practice]]\nid = \"klank\"\nname = \"Logopedie De Klank\"\n";
    format!("{head}contacts = [{contacts}]\n{lines}\n{}", subscription("logopedie", "since = 2020-01-01"))
}

const DESK: &str = "{ email = \"balie@klank.example\", wants = [\"duty\"] }";
const OWNER: &str = "{ email = \"merel@klank.example\", name = \"Merel de Wit\", role = \"signatory\", wants = [\"signing-deadline\"], salutation = \"Beste Merel\" }";
const OTHER: &str = "{ email = \"siem@klank.example\", wants = [\"event\", \"application-due\"] }";

fn three() -> String {
    [DESK, OWNER, OTHER].join(", ")
}

/// On which days each address got a mail, in order of the days.
fn heard(letters: &[Letter]) -> Vec<String> {
    letters.iter().map(|letter| format!("{} {}", &letter.at[..10], letter.to.split('@').next().unwrap_or_default())).collect()
}

fn play(milestones: &str, practice: &str, from: &str, to: &str) -> Vec<String> {
    let mut world = World::of(&format!("{from} 00:00"), milestones, practice);
    world.play(to);
    heard(&world.mails())
}

#[test]
fn signing_goes_to_the_signatory_and_in_the_last_days_to_everybody() {
    let tekenen = milestone("tekenen", "signing-deadline", "by = 2025-11-10");
    let wanted = [
        "2025-10-13 merel",
        "2025-10-27 merel",
        "2025-11-03 merel",
        "2025-11-07 balie",
        "2025-11-07 merel",
        "2025-11-07 siem",
        "2025-11-10 balie",
        "2025-11-10 merel",
        "2025-11-10 siem",
    ];
    assert_eq!(play(&tekenen, &tailored(&three(), ""), "2025-09-01", "2025-11-30"), wanted);
}

#[test]
fn what_only_a_signatory_can_do_is_heard_by_the_signatory_whatever_its_kind() {
    let indienen = milestone("indienen", "application-due", "by = 2025-11-10\nwho = \"signatory\"");
    let heard = play(&indienen, &tailored(&three(), ""), "2025-10-10", "2025-10-31");
    assert_eq!(heard, ["2025-10-13 merel", "2025-10-13 siem", "2025-10-27 merel", "2025-10-27 siem"]);
}

#[test]
fn others_hear_what_they_want_and_nobody_gets_an_empty_mail() {
    let both = milestone("aanbod", "offer", "by = 2025-10-15") + &milestone("data", "data-delivery", "by = 2025-10-22");
    assert_eq!(play(&both, &tailored(&three(), ""), "2025-10-10", "2025-10-31"), ["2025-10-15 balie", "2025-10-15 siem"]);
}

#[test]
fn what_nobody_wants_goes_to_everybody() {
    let term = milestone("peil", "tariff-group-review", "on = 2025-12-31");
    let heard = play(&term, &tailored(&three(), ""), "2025-09-01", "2025-10-31");
    assert_eq!(heard, ["2025-10-08 balie", "2025-10-08 merel", "2025-10-08 siem"]);
}

#[test]
fn a_contact_without_wishes_hears_everything() {
    let contacts = [OWNER, "{ email = \"alles@klank.example\" }"].join(", ");
    let both = milestone("tekenen", "signing-deadline", "by = 2025-11-10") + &milestone("aanbod", "offer", "by = 2025-10-15");
    let heard = play(&both, &tailored(&contacts, ""), "2025-10-10", "2025-10-20");
    assert_eq!(heard, ["2025-10-13 merel", "2025-10-13 alles", "2025-10-15 alles"]);
}

#[test]
fn a_deadline_whose_leads_are_all_long_has_a_last_call_where_not_everybody_hears_the_others() {
    let tekenen = milestone("tekenen", "signing-deadline", "by = 2025-11-13");
    let leads = "[practice.leads]\ndeadline = [\"4w\"]\n";
    let wanted = ["2025-10-16 merel", "2025-11-11 balie", "2025-11-11 merel", "2025-11-11 siem"];
    assert_eq!(play(&tekenen, &tailored(&three(), leads), "2025-09-01", "2025-11-30"), wanted);
    let everything = "{ email = \"alles@klank.example\" }";
    assert_eq!(play(&tekenen, &tailored(everything, leads), "2025-09-01", "2025-11-30"), ["2025-10-16 alles"]);
}

#[test]
fn once_it_is_done_nobody_hears_a_last_call() {
    let mut world = World::of("2025-10-10 00:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &tailored(&three(), ""));
    world.play("2025-11-05");
    world.mails();
    world.done("klank", "tekenen", "2025-11-10");
    world.play("2025-11-30");
    assert_eq!(world.times(), Vec::<String>::new());
}

#[test]
fn what_was_to_reach_an_address_that_dies_reaches_the_others() {
    let mut world = World::of("2025-11-03 06:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-10"), &tailored(&three(), ""));
    world.set("2025-11-03 07:00");
    world.plan();
    let addressed: Vec<String> = world.outbox(&[]).into_iter().map(|mail| mail.email).collect();
    assert_eq!(addressed, ["merel@klank.example"]);
    world.write(|work| {
        let (email, klank) = ("merel@klank.example", PracticeId::from("klank"));
        work.mark_dead(email, "550 no such user").unwrap();
        work.give_up_address(&klank, email, day("2025-11-03"), "550 no such user").unwrap();
    });
    world.tick();
    assert_eq!(heard(&world.mails()), ["2025-11-03 balie", "2025-11-03 siem"]);
}

#[test]
fn a_mail_to_one_does_not_keep_the_other_from_hearing_the_same_day() {
    let tekenen = milestone("tekenen", "signing-deadline", "by = 2025-11-10");
    let mut world = World::of("2025-11-03 07:00", &tekenen, &tailored(&three(), ""));
    world.tick();
    world.set("2025-11-03 10:00");
    world.load(calendar(&(tekenen + &milestone("aanbod", "offer", "by = 2025-11-03"))));
    world.tick();
    assert_eq!(heard(&world.mails()), ["2025-11-03 merel", "2025-11-03 siem"]);
    let told = world.store(|store| store.last_told(&"klank".into()).unwrap());
    let of = |email: &str| told[email].iter().map(|(told, _)| told.occurrence.to_string()).collect::<Vec<_>>();
    assert_eq!(of("merel@klank.example"), [occurrence("tekenen")]);
    assert_eq!(of("siem@klank.example"), [occurrence("aanbod")]);
}

#[test]
fn a_correction_goes_to_those_who_were_told_and_to_nobody_else() {
    let mut world = World::of("2025-10-27 07:00", &milestone("tekenen", "signing-deadline", "by = 2025-11-24"), &tailored(&three(), ""));
    world.tick();
    assert_eq!(heard(&world.mails()), ["2025-10-27 merel"]);
    world.set("2025-10-28 09:00");
    world.load(calendar(&milestone("tekenen", "signing-deadline", "by = 2025-11-27")));
    world.play("2025-10-29");
    let mails = world.mails();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["merel@klank.example"]);
    let lines: Vec<&str> = mails[0].text.lines().collect();
    assert!(lines[0] == "Beste Merel," && lines[2].starts_with("CZ logopedie, uitgesteld"), "{}", mails[0].text);
}

#[test]
fn quiet_days_pull_reminders_back_and_put_events_off() {
    let quiet = "quiet = [{ from = 2026-07-20, to = 2026-08-02 }]";
    let one = "{ email = \"info@klank.example\" }";
    let of = |kind: &str, moment: &str| play(&milestone("iets", kind, moment), &tailored(one, quiet), "2026-06-01", "2026-09-30");
    // Friday 24 July: what would come on the 17th, the 22nd and the day itself comes on Friday the 17th.
    assert_eq!(of("application-due", "by = 2026-07-24"), ["2026-06-26 info", "2026-07-10 info", "2026-07-17 info"]);
    // After the holidays there are three days left.
    let around = ["2026-07-08 info", "2026-07-17 info", "2026-08-03 info", "2026-08-05 info"];
    assert_eq!(of("application-due", "by = 2026-08-05"), around);
    assert_eq!(of("offer", "by = 2026-07-22"), ["2026-08-03 info"]);
}

#[test]
fn an_event_that_quiet_days_put_off_for_long_is_told_after_them() {
    let quiet = "quiet = [{ from = 2026-07-13, to = 2026-08-16 }]";
    let heard = play(&milestone("aanbod", "offer", "by = 2026-07-14"), &tailored(OTHER, quiet), "2026-06-01", "2026-09-30");
    assert_eq!(heard, ["2026-08-17 siem"]);
}

#[test]
fn what_the_next_day_for_mail_is_too_late_for_goes_on_a_quiet_day() {
    let quiet = "quiet = [{ from = 2026-07-20, to = 2026-08-09 }]";
    let mut world = World::of("2026-07-22 10:00", &milestone("tekenen", "signing-deadline", "by = 2026-07-30"), "");
    world.import(&tailored("{ email = \"info@klank.example\" }", quiet));
    world.tick();
    world.play("2026-08-31");
    assert_eq!(world.times(), ["2026-07-22 10:00"]);
    let mut world = World::of("2026-07-22 10:00", &milestone("tekenen", "signing-deadline", "by = 2026-08-10"), "");
    world.import(&tailored("{ email = \"info@klank.example\" }", quiet));
    world.play("2026-08-31");
    assert_eq!(world.times(), ["2026-08-10 07:00"], "the morning after is in time");
}

#[test]
fn a_second_thing_before_long_quiet_days_waits_for_them_to_end() {
    let quiet = "quiet = [{ from = 2026-07-20, to = 2026-08-09 }]";
    let first = milestone("eerste", "application-due", "by = 2026-07-24");
    let mut world = World::of("2026-07-17 07:00", &first, &tailored("{ email = \"info@klank.example\" }", quiet));
    world.tick();
    world.set("2026-07-17 10:00");
    world.load(calendar(&(first + &milestone("tweede", "application-due", "by = 2026-08-14"))));
    world.play("2026-08-11");
    assert_eq!(world.times(), ["2026-07-17 07:00", "2026-08-10 07:00"]);
}

#[test]
fn lead_times_of_one_practice_leave_the_others_alone() {
    let own =
        tailored("{ email = \"info@klank.example\" }", "[practice.leads]\ndeadline = [\"6w\", \"1w\"]\nalso.signing-deadline = [\"0d\"]\n");
    let heard = play(&milestone("tekenen", "signing-deadline", "by = 2025-11-13"), &(own + &practice("toon")), "2025-09-01", "2025-11-30");
    let klank: Vec<_> = heard.iter().filter(|_| true).map(|line| line.split(' ').next().unwrap_or_default()).collect();
    let toon = ["2025-10-16", "2025-10-30", "2025-11-06", "2025-11-11", "2025-11-13"];
    let mut wanted: Vec<&str> = ["2025-10-02", "2025-11-06", "2025-11-13"].into_iter().chain(toon).collect();
    wanted.sort_unstable();
    assert_eq!(klank, wanted);
}

#[test]
fn a_series_that_is_done_stays_silent_until_it_is_taken_back() {
    let duty =
        milestone("data", "data-delivery", "by = { every = \"FREQ=MONTHLY\", unit = \"month\", first = 2025-09-01, last = 2026-03-31 }");
    let mut world = World::of("2025-09-01 00:00", &duty, &practice("klank"));
    world.play("2025-09-30");
    assert_eq!(world.times(), ["2025-09-23 07:00"]);
    let series = || (PracticeId::from("klank"), occurrence("data").as_str().into(), "logopedie".into());
    world.write(move |work| {
        let (practice, milestone, care_type) = series();
        work.record_series_done(&practice, &milestone, &care_type).unwrap();
    });
    world.play("2025-12-31");
    assert_eq!(world.times(), Vec::<String>::new());
    world.write(move |work| {
        let (practice, milestone, care_type) = series();
        assert!(work.undo_series_done(&practice, &milestone, &care_type).unwrap());
        assert!(!work.undo_series_done(&practice, &milestone, &care_type).unwrap());
    });
    world.play("2026-01-31");
    assert_eq!(world.times(), ["2025-12-31 13:00", "2026-01-23 07:00"], "what was silenced meanwhile first");
}

#[test]
fn queued_mail_about_a_series_that_is_done_is_not_sent() {
    let duty =
        milestone("data", "data-delivery", "by = { every = \"FREQ=MONTHLY\", unit = \"month\", first = 2025-09-01, last = 2026-03-31 }");
    let mut world = World::of("2025-09-23 07:00", &duty, &practice("klank"));
    world.plan();
    world.write(|work| work.record_series_done(&"klank".into(), &occurrence("data").as_str().into(), &"logopedie".into()).unwrap());
    world.drain();
    assert_eq!((world.states(), world.mails()), (vec![State::Cancelled], vec![]));
}

const CERTIFICATE: &str = "[[practice.own]]\nid = \"bhv\"\ntitle = \"BHV-certificaat verloopt\"\nby = 2025-11-14\nrepeats = \"1y\"\nleads = [\"2w\", \"0d\"]\nnote = \"Cursus via het Oranje Kruis.\"\n";

#[test]
fn a_date_of_its_own_reaches_its_practice_alone_each_time() {
    let both = tailored("{ email = \"info@klank.example\" }", CERTIFICATE) + &practice("toon");
    let heard = play("", &both, "2025-09-01", "2026-12-31");
    assert_eq!(heard, ["2025-10-31 info", "2025-11-14 info", "2026-10-30 info", "2026-11-13 info"]);
}

#[test]
fn an_own_date_that_is_done_or_changed_behaves_like_any_other_and_is_no_correction() {
    let one = "{ email = \"info@klank.example\" }";
    let certificate = CERTIFICATE.replace("repeats = \"1y\"\n", "");
    let mut world = World::of("2025-10-31 07:00", "", &tailored(one, &certificate));
    world.tick();
    assert_eq!(world.times(), ["2025-10-31 07:00"]);
    world.import(&tailored(one, &certificate.replace("2025-11-14", "2025-11-19")));
    world.play("2025-11-12");
    assert_eq!(world.times(), ["2025-11-05 07:00"], "a moved day counts anew, and nothing is corrected");
    world.write(|work| work.record_done(&"klank".into(), &"eigen/klank/bhv".into(), &"eigen".into(), day("2025-11-19")).unwrap());
    world.play("2025-12-01");
    assert_eq!(world.times(), Vec::<String>::new());
}

#[test]
fn an_own_date_of_the_past_is_not_reported() {
    let mut world =
        World::of("2025-12-01 07:00", "", &tailored("{ email = \"info@klank.example\" }", &CERTIFICATE.replace("repeats = \"1y\"\n", "")));
    assert!(world.tick().planned.passed.is_empty());
}

/// The mail to one address on a day, as a reader sees it.
fn shown(letters: &[Letter], to: &str) -> String {
    let letter = letters.iter().find(|letter| letter.to == to).expect("it got a mail");
    let unsigned = |line: &str| match line.split_once("afgehandeld%20").or_else(|| line.split_once("afmelden ")) {
        Some((before, _)) => format!("{before}[signed]"),
        None => line.to_owned(),
    };
    let text: Vec<String> = letter.text.lines().map(unsigned).collect();
    format!("To: {}\nSubject: {}\n\n{}", letter.to, letter.subject, text.join("\n"))
}

#[test]
fn the_whole_mail_to_a_signatory_and_the_last_call_to_another() {
    let guidance = "by = 2025-11-10\nwho = \"signatory\"\nwhere = \"VECOZO\"\naction = \"Besluit over het aanbod.\"\nconsequence = \"Het aanbod vervalt.\"";
    let tekenen =
        milestone("Overeenkomst 2026", "signing-deadline", guidance).replacen("id = \"Overeenkomst 2026\"", "id = \"tekenen\"", 1);
    let mut world = World::of("2025-11-03 07:00", &tekenen, &tailored(&three(), ""));
    world.tick();
    assert_snapshot!("the_mail_to_a_signatory", shown(&world.mails(), "merel@klank.example"));
    world.play("2025-11-07");
    assert_snapshot!("the_mail_of_a_last_call", shown(&world.mails(), "balie@klank.example"));
}

#[test]
fn the_whole_mail_about_an_own_date() {
    let mut world = World::of("2025-10-31 07:00", "", &tailored("{ email = \"info@klank.example\" }", CERTIFICATE));
    world.tick();
    assert_snapshot!("the_mail_about_an_own_date", shown(&world.mails(), "info@klank.example"));
}

#[test]
fn the_whole_mail_before_quiet_days() {
    let quiet = "quiet = [{ from = 2026-07-20, to = 2026-08-02 }]";
    let tekenen = milestone("Aanvragen", "application-due", "by = 2026-08-05").replacen("id = \"Aanvragen\"", "id = \"aanvragen\"", 1);
    let mut world = World::of("2026-07-17 07:00", &tekenen, &tailored("{ email = \"info@klank.example\" }", quiet));
    world.tick();
    assert_snapshot!("the_mail_before_quiet_days", shown(&world.mails(), "info@klank.example"));
}
