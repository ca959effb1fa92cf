//! Practice files: what is understood, what an operator is told, and that export gives what import takes.
#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use chrono::NaiveDate;
use deadlines::calendar_file::embedded;
use deadlines::domain::almanac::Almanac;
use deadlines::domain::ground::{Basis, Ground};
use deadlines::domain::leads::{Lead, LeadPlace, OwnLeads};
use deadlines::domain::milestones::{Class, Kind, Setting, Standing, TRAITS};
use deadlines::domain::names::{CareType, InsurerId, ModuleId, PracticeId};
use deadlines::domain::own_dates::{Due, OwnDate, OwnDates, Repeat};
use deadlines::domain::practices::{Agb, Contact, HeldModule, Practice, Role, Subscription};
use deadlines::domain::quiet::{Quiet, Stretch};
use deadlines::domain::routing::Want;
use deadlines::practice_file::export::export;
use deadlines::practice_file::{Format, read};
use deadlines::problems::{Look, draw};
use insta::assert_snapshot;
use proptest::prelude::*;

static ALMANAC: LazyLock<Almanac> = LazyLock::new(|| deadlines::calendar_file::read(&embedded::files()).0);

/// All problems, drawn as an operator sees them.
fn drawn(content: &str, format: Format) -> String {
    let name = format!("leden.{}", format.as_str());
    let (_, problems) = read(&name, content, format, &ALMANAC);
    problems.0.iter().map(|problem| draw(problem, Look::Plain(100))).collect::<Vec<_>>().join("\n")
}

fn drawn_toml(content: &str) -> String {
    drawn(content, Format::Toml)
}

fn drawn_csv(content: &str) -> String {
    drawn(content, Format::Csv)
}

fn understood(content: &str, format: Format) -> Vec<Practice> {
    let (practices, problems) = read("leden", content, format, &ALMANAC);
    assert!(problems.0.is_empty(), "{problems}");
    practices
}

/// A practice around one subscription.
fn with_subscription(lines: &str) -> String {
    format!(
        "[[practice]]\nid = \"fysio\"\nname = \"Fysio\"\ncontacts = [{{ email = \"info@fysio.example\" }}]\n\n[[practice.subscription]]\n{lines}\n"
    )
}

fn with_contacts(contacts: &str) -> String {
    format!(
        "[[practice]]\nid = \"fysio\"\nname = \"Fysio\"\n{contacts}\n[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"fysiotherapie\"\n"
    )
}

#[test]
fn examples_load_without_problems() {
    let practices = understood(include_str!("../examples/practices.toml"), Format::Toml);
    assert_eq!(practices.len(), 7);
    let practices = understood(include_str!("../examples/practices.csv"), Format::Csv);
    assert_eq!(practices.iter().map(|practice| practice.subscriptions.len()).collect::<Vec<_>>(), [2, 2, 1]);
}

#[test]
fn examples_survive_the_way_through_both_forms() {
    let practices = understood(include_str!("../examples/practices.toml"), Format::Toml);
    for format in Format::ALL {
        assert_eq!(understood(&export(&practices, format), format), practices);
    }
    assert_snapshot!(export(&practices, Format::Csv));
    assert_snapshot!(export(&practices[4..5], Format::Toml));
}

#[test]
fn forgiving_names_become_identities() {
    let content = with_subscription("insurer = \"ZilverenKruis\"\ncare_type = \"Fysio\"\nmodules = [{ id = \"Voortdurend verbeteren\" }]");
    let subscription = &understood(&content, Format::Toml)[0].subscriptions[0];
    assert_eq!(subscription.insurer.as_str(), "zilveren-kruis");
    assert_eq!(subscription.care_type.as_str(), "fysiotherapie");
    assert_eq!(subscription.modules[0].id.as_str(), "voortdurend-verbeteren");
}

#[test]
fn a_spreadsheet_with_commas_says_the_same() {
    let dutch = "\u{feff}id;name;contacts;insurer;care_type;start\r\nfysio;Fysio;info@fysio.example;cz;fysiotherapie;1-4-2024\r\n;;;;;\r\n";
    let english = "id,name,contacts,insurer,care_type,start\n\nfysio,Fysio,info@fysio.example,cz,fysiotherapie,2024-04-01";
    assert_eq!(understood(dutch, Format::Csv), understood(english, Format::Csv));
}

#[test]
fn contacts_of_a_cell_come_apart() {
    let cell = r#""""Jansen; \""Piet\"""" <p@fysio.example> (signatory); info@fysio.example; 't Hoekje <h@fysio.example>;""#;
    let practices = understood(&format!("id,name,contacts,insurer,care_type\nfysio,Fysio,{cell},cz,fysiotherapie\n"), Format::Csv);
    let contacts: Vec<_> =
        practices[0].contacts.iter().map(|contact| (contact.name.as_deref(), contact.email.as_str(), contact.role)).collect();
    assert_eq!(contacts[0], (Some("Jansen; \"Piet\""), "p@fysio.example", Some(Role::Signatory)));
    assert_eq!(contacts[1], (None, "info@fysio.example", None));
    assert_eq!(contacts[2], (Some("'t Hoekje"), "h@fysio.example", None));
}

#[test]
fn toml_that_is_none() {
    assert_snapshot!(drawn_toml("[[practice]]\nid = \"fysio\"\nagb = 04000000   # zonder aanhalingstekens\nname = \"Fysio\n"));
}

#[test]
fn keys_that_are_missing_or_unknown() {
    assert_snapshot!(drawn_toml(
        "[[practice]]\nid = \"fysio\"\nagb = 4000000\nadress = \"Rijnstraat 1\"\n\n[[practice.subscription]]\ninsurrer = \"cz\"\ncare_type = \"fysiotherapie\"\nstart = \"2024-01-01\"\nmodules = [\"plus\"]\n\n[[practices]]\n"
    ));
}

#[test]
fn identities_that_cannot_be() {
    let practice = |id: &str| format!("[[practice]]\nid = \"{id}\"\nname = \"Fysio\"\ncontacts = [{{ email = \"info@fysio.example\" }}]\n");
    assert_snapshot!(drawn_toml(&[practice("Fysio Leiden"), practice("fysio"), practice("fysio")].join("\n")));
}

#[test]
fn contacts_that_cannot_be() {
    assert_snapshot!(drawn_toml(&with_contacts(
        "contacts = [\n  { email = \"info@fysio\" , name = \"Balie\\nBcc: iedereen\" },\n  { email = \"jan at fysio.example\", role = \"owner\" },\n  { email = \"Info@fysio.example\" },\n  { email = \"info@fysio.example\", nmae = \"Jan\" },\n  { email = \"jan@@fysio.example\" },\n  { email = \"zorg@fysio-münchen.example\" },\n]"
    )));
}

#[test]
fn nobody_to_write_to() {
    assert_snapshot!(drawn_toml(&(with_contacts("contacts = []") + &with_contacts("").replace("\"fysio\"", "\"ergo\""))));
}

#[test]
fn agb_codes_that_cannot_be() {
    let file = |agb: &str| {
        with_contacts("contacts = [{ email = \"info@fysio.example\" }]\n").replace("contacts", &format!("agb = {agb}\ncontacts"))
    };
    let all = ["\"4000000\"", "\"4000000,00\"", "\"4E+06\"", "\"onbekend\"", "14000000", "400"];
    assert_snapshot!(all.map(|agb| drawn_toml(&file(agb))).join("\n"));
}

#[test]
fn names_that_are_not_understood() {
    let all = [
        "insurer = \"OHRA\"\ncare_type = \"fysiotherapie\"",
        "insurer = \"vgz\"\ncare_type = \"fysiotherapi\"",
        "insurer = \"zk\"\ncare_type = \"fysiotherapie\"\nstanding = \"contracteerd\"\nsetting = \"hospital\"\ntraits = [\"in-talk\", \"groot\"]",
        "insurer = \"zk\"\ncare_type = \"fysiotherapie\"\nmodules = [{ id = \"transparantie\" }, { id = \"valpreventie\" }, { id = \"Valpreventie\" }]",
        "insurer = \"cz\"\ncare_type = \"dietetiek\"\nmodules = [{ id = \"transparantie\" }]",
        "insurer = \"zk\"\ncare_type = \"logopedie\"\nmodules = [{ id = \"transparantie\" }]",
    ];
    assert_snapshot!(all.map(|lines| drawn_toml(&with_subscription(lines))).join("\n"));
}

#[test]
fn days_that_cannot_be() {
    let all = [
        "insurer = \"cz\"\ncare_type = \"fysiotherapie\"\nstart = 2024-04-01\nend = 2024-03-31",
        "insurer = \"cz\"\ncare_type = \"fysiotherapie\"\nend = 2024-06-30\nmodules = [{ id = \"plus\", start = 2024-07-01 }]",
        "insurer = \"cz\"\ncare_type = \"fysiotherapie\"\nstart = 2024-13-01",
    ];
    assert_snapshot!(all.map(|lines| drawn_toml(&with_subscription(lines))).join("\n"));
}

#[test]
fn what_is_odd_is_a_warning() {
    let all = [
        "insurer = \"cz\"\ncare_type = \"fysiotherapie\"\nstart = 2024-02-01\nmodules = [{ id = \"plus\", start = 2042-01-01 }]",
        "insurer = \"zz\"\ncare_type = \"huidtherapie\"\nsetting = \"institution\"",
        "insurer = \"zk\"\ncare_type = \"ergotherapie\"",
    ];
    let contents = all.map(with_subscription);
    for content in &contents {
        assert!(!read("leden", content, Format::Toml, &ALMANAC).1.has_errors());
    }
    assert_snapshot!(contents.map(|content| drawn_toml(&content)).join("\n"));
}

#[test]
fn a_start_in_an_earlier_term_is_not_odd() {
    understood(&with_subscription("insurer = \"zk\"\ncare_type = \"fysiotherapie\"\nstart = 2024-02-01"), Format::Toml);
}

#[test]
fn subscriptions_that_stand_twice() {
    let twice = "insurer = \"cz\"\ncare_type = \"fysio\"\n\n[[practice.subscription]]\ninsurer = \"CZ groep\"\ncare_type = \"fysiotherapie\"\nsetting = \"practice\"\n\n[[practice.subscription]]\ninsurer = \"cz\"\ncare_type = \"fysiotherapie\"\nsetting = \"institution\"";
    assert_snapshot!(drawn_toml(&with_subscription(twice)));
}

#[test]
fn a_file_without_practices() {
    assert_snapshot!(
        [
            drawn_toml(""),
            drawn_csv(""),
            drawn_toml("[[practice]]\nid = \"fysio\"\nname = \"Fysio\"\ncontacts = [{ email = \"info@fysio.example\" }]\n")
        ]
        .join("\n")
    );
}

#[test]
fn a_first_row_that_is_none() {
    let all = [
        "id,naam,contacts,insurer,care-type,insurer\nfysio,Fysio,info@fysio.example,cz,fysiotherapie,cz\n",
        "fysio;Fysio;info@fysio.example;cz;fysiotherapie\n",
    ];
    assert_snapshot!(all.map(drawn_csv).join("\n"));
}

#[test]
fn cells_that_cannot_be() {
    let header = "id;name;agb;contacts;insurer;care_type;start;modules\n";
    let rows = [
        "fysio-a;Fysio A;4000000;\"Balie <a@fysio.example>; jan.fysio.example (owner)\";cz;fysiotherapie;1-1-24;\"plus@1-1-2024; tarnsparantie@2024-02-30\"",
        "fysio-b;;4.000.000;;ohra;fysiotherapie;1/4/2024;",
        "fysio-b;Fysio B;4,00E+06;b@fysio.example;;fysiotherapie;;",
        ";Fysio C;04000000;c@fysio.example;cz;fysiotherapie;;",
        "fysio-d;Fysio D;04000000;d@fysio.example;cz;fysiotherapie;;;;",
        "fysio-e;\"Fysio; \"\"E\"\"\";04000000;Jan \"Piet <e@fysio.example>;cz;fysiotherapie;1-2-2024;",
        "fysio-f;\"Fysio F;04000000;f@fysio.example;cz;fysiotherapie;;",
    ];
    assert_snapshot!(drawn_csv(&(header.to_owned() + &rows.join("\n"))));
}

#[test]
fn rows_that_disagree() {
    assert_snapshot!(drawn_csv(
        "id,name,agb,contacts,insurer,care_type\nfysio,Fysio,,info@fysio.example,cz,fysiotherapie\nfysio,Fysio Leiden,04000000,,zk,fysiotherapie\nfysio,,,info@elders.example,cz,fysiotherapie\n"
    ));
}

#[test]
fn problems_in_one_line_name_line_and_column() {
    let (_, problems) =
        read("leden.csv", "id,name,contacts,insurer,care_type\nfysio,Fysio,info@fysio.example,ohra,fysio\n", Format::Csv, &ALMANAC);
    assert!(problems.to_string().starts_with("leden.csv:2:32: OHRA was a label of CZ"), "{problems}");
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0..8000_i64).prop_map(|days| NaiveDate::from_ymd_opt(2010, 1, 1).unwrap() + chrono::Duration::days(days))
}

/// Anything that a spreadsheet, TOML or a contact list could stumble over.
fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "=1+1",
        "@SUM(A1)",
        "-2",
        "'=1",
        "''+x",
        "'s-Gravenhage",
        "004",
        "Jan \"Piet\" Smit",
        "a;b",
        "a,b",
        "\"",
        "\\",
        "x <y> z",
        "(signatory)",
        "Naam (signatory)",
        "\"heel\"",
        "'''",
        "\"\"\"",
        "é ü ß 東京 🩺",
        "a\\\"b",
        "sep=;",
        "<",
        "\\\\\"",
    ]);
    let any = "[ -~é€🩺;\"'<>\\\\,=+@()-]{1,24}".prop_map(|text| text.trim().to_owned()).prop_filter("empty", |text| !text.is_empty());
    prop_oneof![odd.prop_map(str::to_owned), any]
}

fn email() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "=cmd@x.example",
        "+a@x.example",
        "\"a;b\"@x.example",
        "\"a<b\"@x.example",
        "o'neil@x.example",
        "a@münchen.example",
        "-a@x.example",
    ]);
    prop_oneof![
        odd.prop_map(str::to_owned),
        "[a-zA-Z][a-z0-9.]{0,8}[a-z]@[a-z]{1,8}\\.example".prop_filter("dots", |text| !text.contains(".."))
    ]
}

fn contacts() -> impl Strategy<Value = Vec<Contact>> {
    let contact = (email(), prop::option::of(name()), prop::option::of(Just(Role::Signatory)), prop::option::of(salutation()), wants());
    let contact = contact.prop_map(|(email, name, role, salutation, wants)| Contact { email, name, role, salutation, wants });
    prop::collection::vec(contact, 1..4).prop_map(|mut contacts| {
        contacts.sort_by_key(|contact| contact.email.to_lowercase());
        contacts.dedup_by_key(|contact| contact.email.to_lowercase());
        contacts
    })
}

/// Without the comma at its end that reading takes off.
fn salutation() -> impl Strategy<Value = String> {
    name().prop_map(|line| format!("{line}!"))
}

fn wants() -> impl Strategy<Value = BTreeSet<Want>> {
    let all: Vec<Want> = Class::ALL.map(Want::Class).into_iter().chain(Kind::ALL.iter().copied().map(Want::Kind)).collect();
    prop::collection::btree_set(prop::sample::select(all), 0..3)
}

fn lead_list() -> impl Strategy<Value = Vec<Lead>> {
    prop::collection::vec((0_u32..=730).prop_map(Lead), 1..4)
}

fn own_leads() -> impl Strategy<Value = OwnLeads> {
    let kinds = || prop::sample::select(Kind::ALL);
    let place = prop_oneof![
        prop::sample::select(LeadPlace::OF_CLASSES.to_vec()).prop_map(|(place, _)| place),
        kinds().prop_map(LeadPlace::Also),
        kinds().prop_map(LeadPlace::Instead),
    ];
    prop::collection::btree_map(place, lead_list(), 0..4).prop_map(OwnLeads)
}

/// Never so many days that they are refused.
fn quiet() -> impl Strategy<Value = Quiet> {
    let stretch = (day(), 0..10_i64).prop_map(|(from, days)| Stretch { from, to: from + chrono::Duration::days(days) });
    let weekdays = prop::collection::btree_set(0..5_u8, 0..3);
    (prop::collection::btree_set(stretch, 0..3), weekdays).prop_map(|(stretches, weekdays)| Quiet { stretches, weekdays })
}

fn own_dates() -> impl Strategy<Value = Vec<OwnDate>> {
    let repeats = prop::option::of((1_u32..=600).prop_map(|months| Repeat::parse(&format!("{months}m")).unwrap()));
    let due = (any::<bool>(), day()).prop_map(|(by, day)| if by { Due::By(day) } else { Due::On(day) });
    let date = (name(), due, repeats, prop::option::of(lead_list()), prop::option::of(name()));
    let date =
        date.prop_map(|(title, due, repeats, leads, note)| OwnDate { id: String::new(), title, due, repeats, leads, note, since: None });
    let numbered = |(index, date)| OwnDate { id: format!("datum-{index}"), ..date };
    prop::collection::vec(date, 0..3).prop_map(move |all| all.into_iter().enumerate().map(numbered).collect())
}

/// Insurer and care type of a loaded policy, with some of the modules that exist there.
fn subject() -> impl Strategy<Value = (InsurerId, CareType, Vec<HeldModule>)> {
    let with_modules = |policy: &deadlines::domain::policies::Policy, care_type: &CareType| {
        let modules = policy.modules.iter().filter(|module| module.care_types.contains(care_type)).map(|module| module.id.clone());
        (policy.insurer.clone().unwrap(), care_type.clone(), modules.collect::<Vec<ModuleId>>())
    };
    let insurers = ALMANAC.policies.iter().filter(|policy| policy.insurer.is_some());
    let all: Vec<_> = insurers.flat_map(|policy| policy.care_types.iter().map(move |care_type| with_modules(policy, care_type))).collect();
    (prop::sample::select(all), prop::collection::vec(prop::option::of(prop::option::of(day())), 4)).prop_map(
        |((insurer, care_type, ids), starts)| {
            let held = ids.into_iter().zip(starts).filter_map(|(id, start)| start.map(|start| HeldModule { id, start })).collect();
            (insurer, care_type, held)
        },
    )
}

fn subscription() -> impl Strategy<Value = Subscription> {
    let words = (
        prop::option::of(prop::sample::select(Standing::ALL.to_vec())),
        prop::sample::select(Setting::ALL.to_vec()),
        prop::sample::subsequence(TRAITS.to_vec(), 0..=TRAITS.len()),
    );
    let days = (prop::option::of(day()), prop::option::of(0..900_i64), prop::option::of(day()));
    (subject(), words, days).prop_map(|((insurer, care_type, modules), (standing, setting, traits), (start, length, since))| {
        let latest = modules.iter().filter_map(|module| module.start).chain(start).max();
        let end = latest.zip(length).map(|(latest, days)| latest + chrono::Duration::days(days));
        let traits = traits.into_iter().map(str::to_owned).collect();
        Subscription { standing, start, modules, setting, traits, end, since, ..Subscription::new(insurer, care_type) }
    })
}

/// Of each insurer, care type and setting only one.
fn subscriptions() -> impl Strategy<Value = Vec<Subscription>> {
    let key = |subscription: &Subscription| (subscription.insurer.clone(), subscription.care_type.clone(), subscription.setting);
    prop::collection::vec(subscription(), 0..4).prop_map(move |mut subscriptions| {
        subscriptions.sort_by_key(key);
        subscriptions.dedup_by_key(|subscription| key(subscription));
        subscriptions
    })
}

fn ground() -> impl Strategy<Value = Ground> {
    (prop::sample::select(Basis::ALL.to_vec()), day(), name()).prop_map(|(basis, day, source)| Ground { basis, day, source })
}

fn practices() -> impl Strategy<Value = Vec<Practice>> {
    let agb = prop::option::of("[0-9]{8}").prop_map(|digits| digits.map(|digits| Agb::parse(&digits).unwrap()));
    let tailoring = (prop::option::of(salutation()), own_leads(), quiet(), own_dates(), prop::option::of(ground()));
    let practice = (name(), agb, contacts(), subscriptions(), tailoring);
    let numbered = |(index, (name, agb, contacts, subscriptions, (salutation, leads, quiet, own, ground)))| {
        let id = PracticeId::new(format!("praktijk-{index}"));
        let own = OwnDates::new(&id, own);
        Practice { id, name, agb, contacts, subscriptions, salutation, leads, quiet, own, ground }
    };
    prop::collection::vec(practice, 0..4).prop_map(move |all| all.into_iter().enumerate().map(numbered).collect())
}

proptest! {
    #[test]
    fn import_takes_what_export_gives(practices in practices()) {
        for format in Format::ALL {
            let file = export(&practices, format);
            let (again, problems) = read("export", &file, format, &ALMANAC);
            prop_assert!(!problems.has_errors(), "{problems}\n{file}");
            prop_assert_eq!(&again, &practices, "{}", file);
        }
    }

    #[test]
    fn a_spreadsheet_may_use_semicolons(practices in practices()) {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        for record in csv::ReaderBuilder::new().has_headers(false).from_reader(export(&practices, Format::Csv).as_bytes()).records() {
            writer.write_record(&record.unwrap()).unwrap();
        }
        let file = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        prop_assert_eq!(read("export", &file, Format::Csv, &ALMANAC).0, practices);
    }

    #[test]
    fn no_text_makes_it_panic(content in "([ -~é\\n\\r\"';,=<>@\\[\\]{}]|practice|id|name|contacts|insurer|care_type){0,200}") {
        for format in Format::ALL {
            drawn(&content, format);
            drawn(&format!("id,name,contacts,insurer,care_type,modules,start\n{content}"), format);
        }
    }
}
