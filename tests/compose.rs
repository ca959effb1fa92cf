//! Whole mails, as a practice gets them.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure is a failed test")]

#[path = "compose/overviews.rs"]
mod overviews;
#[path = "compose/policies.rs"]
mod policies;
#[path = "compose/properties.rs"]
mod properties;
#[path = "compose/world.rs"]
mod world;

use std::fs;
use std::path::Path;

use chrono::TimeZone;
use chrono_tz::Europe::Amsterdam;
use deadlines::domain::milestones::Standing::{Contracted, Uncontracted};
use deadlines::domain::practices::Practice;
use deadlines::mail::compose::{Composed, TestMail, test_mail};
use deadlines::mail::templates::Templates;
use insta::assert_snapshot;
use mail_parser::MessageParser;

use crate::policies::shipped;
use crate::world::{Scene, gap, practice, sender, subscription};

fn leiden() -> Practice {
    let subscriptions = vec![
        subscription("cz", "fysiotherapie", Contracted, &["plus@2024-01-01", "netwerkzorg"]),
        subscription("zorg-en-zekerheid", "fysiotherapie", Contracted, &[]),
        subscription("zilveren-kruis", "fysiotherapie", Contracted, &[]),
    ];
    practice("fysio-leiden", "Fysiotherapie Leiden", subscriptions)
}

fn spraakmakend() -> Practice {
    let subscriptions = vec![subscription("cz", "logopedie", Contracted, &["transparantie@2024-01-01"])];
    practice("spraakmakend", "Logopediepraktijk Spraakmakend", subscriptions)
}

fn kliniek() -> Practice {
    let subscriptions = vec![subscription("zilveren-kruis", "medisch-specialistische-revalidatie", Uncontracted, &[])];
    practice("kliniek-zuid", "Revalidatiekliniek Zuid", subscriptions)
}

/// What a reader of plain text sees. The HTML is kept for looking at.
fn read(name: &str, mail: &Composed) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mails");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), &mail.html).unwrap();
    fs::write(folder.join(format!("{name}.eml")), &mail.bytes).unwrap();
    let parsed = MessageParser::default().parse(&mail.bytes).unwrap();
    let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), mail.text.trim_end());
    format!("Onderwerp: {}\n\n{}", parsed.subject().unwrap(), text.trim_end())
}

#[test]
fn a_signing_deadline_in_seven_days() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2023-10-30", &["fysiotherapie-ondertekenen@2023-11-06"]).compose(&shipped());
    assert_snapshot!(read("ondertekenen", &mail));
}

#[test]
fn a_signing_deadline_at_vecozo_with_what_is_not_known_yet() {
    let practice = leiden();
    let about = ["ondertekenen@2025-11-10", "vragen-stellen@2025-11-03"];
    let gaps = vec![gap("cz", "fysiotherapie", 2027), gap("zorg-en-zekerheid", "fysiotherapie", 2027)];
    let scene = Scene { gaps, ..Scene::new(&practice, "2025-11-03", &about) };
    assert_snapshot!(read("vecozo", &scene.compose(&shipped())));
}

#[test]
fn many_things_of_two_insurers() {
    let practice = leiden();
    let about = [
        "fysiotherapie-ondertekenen@2023-11-06",
        "ondertekenen@2023-11-09",
        "fysiotherapie-vragen@2023-10-28",
        "fysiotherapie-antwoord-op-tijd@2023-10-23",
        "fysiotherapie-plus-prem@2023-12-31",
    ];
    assert_snapshot!(read("veel", &Scene::new(&practice, "2023-10-23", &about).compose(&shipped())));
}

#[test]
fn a_deadline_on_a_sunday_that_is_also_a_module() {
    let practice = spraakmakend();
    let mail = Scene::new(&practice, "2023-12-22", &["logopedie-module-ondertekenen@2023-12-31"]).compose(&shipped());
    assert_snapshot!(read("zondag", &mail));
}

#[test]
fn a_month_without_a_day() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2024-10-31", &["tarieven-tweede-jaar@2024-10-31"]).compose(&shipped());
    assert_snapshot!(read("maand", &mail));
}

#[test]
fn a_monthly_duty() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2024-05-24", &["fysiotherapie-netwerk-data@2024-05-31"]).compose(&shipped());
    assert_snapshot!(read("plicht", &mail));
}

#[test]
fn a_target_date() {
    let practice = kliniek();
    let mail = Scene::new(&practice, "2020-12-17", &["ondertekenen@2020-12-31"]).compose(&shipped());
    assert_snapshot!(read("streefdatum", &mail));
}

#[test]
fn advice() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2025-09-15", &["toegang-vecozo@2025-09-22"]).compose(&shipped());
    assert_snapshot!(read("advies", &mail));
}

#[test]
fn an_event_today_and_one_on_the_way() {
    let practice = leiden();
    let today = Scene::new(&practice, "2025-09-29", &["portaal-open@2025-09-29"]).compose(&shipped());
    let ahead = Scene::new(&practice, "2025-09-22", &["portaal-open@2025-09-29"]).compose(&shipped());
    let since = Scene::new(&practice, "2025-10-02", &["portaal-open@2025-09-29"]).compose(&shipped());
    assert_snapshot!(read("vandaag", &today));
    assert_eq!(ahead.subject, "Zilveren Kruis fysiotherapie: portaal open vanaf ma 29 september (nog 7 dagen)");
    assert_eq!(since.subject, "Zilveren Kruis fysiotherapie: portaal open sinds ma 29 september (3 dagen geleden)");
    assert!(since.text.contains("\nSINDS MAANDAG 29 SEPTEMBER 2025, 3 dagen geleden\n"));
}

#[test]
fn a_mail_that_leaves_later_than_planned() {
    let practice = leiden();
    let about = ["fysiotherapie-ondertekenen@2023-11-06"];
    let scene = Scene { planned: "2023-10-30", ..Scene::new(&practice, "2023-11-02", &about) };
    assert_snapshot!(read("later", &scene.compose(&shipped())));
}

#[test]
fn a_window() {
    let practice = kliniek();
    let about = ["aanvragen@2020-07-01"];
    let open = Scene::new(&practice, "2020-06-17", &about).compose(&shipped());
    let ahead = Scene::new(&practice, "2020-04-24", &about).compose(&shipped());
    assert_snapshot!(read("venster", &open));
    assert!(ahead.subject.ends_with("aanvragen van vr 1 mei t/m wo 1 juli"), "{}", ahead.subject);
    assert!(ahead.text.contains("VAN VRIJDAG 1 MEI T/M WOENSDAG 1 JULI 2020, opent over 7 dagen"));
}

#[test]
fn an_offer_that_comes_by_a_saturday_and_questions_that_wait_for_it() {
    let practice = leiden();
    let offer = Scene::new(&practice, "2023-10-02", &["fysiotherapie-aanbod@2023-09-30"]).compose(&shipped());
    let questions = Scene::new(&practice, "2023-10-27", &["fysiotherapie-vragen@2023-10-28"]).compose(&shipped());
    assert_snapshot!(read("aanbod", &offer));
    assert_snapshot!(read("vragen", &questions));
}

#[test]
fn the_twelfth_of_november() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2025-11-12", &["gecontracteerd-aanbod-publicatie@2025-11-12"]).compose(&shipped());
    assert_snapshot!(read("wettelijk", &mail));
}

#[test]
fn a_start_that_is_only_possible() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2024-02-28", &["fysiotherapie-netwerk-aansluiten@2024-03-01"]).compose(&shipped());
    assert_snapshot!(read("mogelijk", &mail));
}

#[test]
fn the_end_of_an_agreement() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2026-12-03", &["overeenkomst-fysiotherapie-einde@2026-12-31"]).compose(&shipped());
    assert_snapshot!(read("einde", &mail));
}

#[test]
fn a_test_mail() {
    let now = Amsterdam.with_ymd_and_hms(2023, 10, 30, 7, 0, 3).unwrap();
    let test = TestMail { to: "beheer@paramedici.example", now };
    let mail = test_mail(&Templates::compiled_in(), &sender(), &test).unwrap();
    assert_snapshot!(read("proef", &mail));
}

#[test]
fn the_bytes_of_a_mail() {
    let practice = leiden();
    let mail = Scene::new(&practice, "2023-10-30", &["fysiotherapie-ondertekenen@2023-11-06"]).compose(&shipped());
    assert_snapshot!(String::from_utf8(mail.bytes).unwrap().replace("\r\n", "\n"));
}
