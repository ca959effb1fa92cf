//! What `preview` and `simulate` show is what delivery composes, byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::NaiveDate;
use deadlines::calendar_file::embedded;

use crate::world::{Letter, World, calendar, milestone, practice};

const PRACTICES: &str = include_str!("../../examples/practices.toml");
const FIRST: &str = "2025-09-01";

/// The shipped calendars and the sample practices, in a world that signs with the void keys of previews: signatures apart, mails are alike anyway.
fn desk(practices: &str) -> World {
    let mut world = World::at(&format!("{FIRST} 07:00"));
    std::fs::write(world.folder().join("void.key"), "0".repeat(64)).unwrap();
    world.reconfigure("[mail]\nkey_file = \"void.key\"\n");
    world.load(embedded::files());
    world.import(practices);
    let database = world.path();
    for (name, mail) in [("config.toml", ""), ("reminders.toml", "[mail]\nwelcome = false\nseason_overview = false\n")] {
        let config = format!("[database]\npath = \"{}\"\n{mail}", database.display());
        std::fs::write(world.folder().join(name), config).unwrap();
    }
    world
}

/// One of the samples, so that a season takes no time.
fn one_practice() -> String {
    let table = PRACTICES.split("[[practice]]").find(|table| table.contains("\"oefentherapie-het-ritme\"")).unwrap();
    format!("[[practice]]{table}")
}

/// Each morning of the season through planning and delivery.
fn delivered(world: &mut World, last: &str) -> Vec<Letter> {
    let last: NaiveDate = last.parse().unwrap();
    let mornings = FIRST.parse::<NaiveDate>().unwrap().iter_days().take_while(|day| *day <= last);
    for morning in mornings {
        world.set(&format!("{morning} 07:00"));
        world.tick();
    }
    world.mails()
}

fn run(world: &World, config: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_deadlines"))
        .current_dir(world.folder())
        .args(["--config", config])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn emls(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut emls: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|ending| ending == "eml")).collect();
    emls.sort();
    emls
}

#[test]
fn a_season_as_simulated_is_the_one_that_is_delivered() {
    let mut world = desk(PRACTICES);
    std::fs::write(world.folder().join("practices.toml"), PRACTICES).unwrap();
    let last = "2025-10-20";
    run(&world, "reminders.toml", &["simulate", "--practices", "practices.toml", "--from", FIRST, "--to", last, "--out", "season"]);
    let letters = delivered(&mut world, last);
    assert!(letters.len() > 30, "{}", letters.len());
    let by_id = |bytes: Vec<u8>| {
        let id = mail_parser::MessageParser::default().parse(&bytes).unwrap().message_id().unwrap().to_owned();
        (id, bytes)
    };
    let simulated: BTreeMap<String, Vec<u8>> =
        emls(&world.folder().join("season")).iter().map(|path| by_id(std::fs::read(path).unwrap())).collect();
    let delivered: BTreeMap<String, Vec<u8>> = letters.into_iter().map(|letter| by_id(letter.bytes)).collect();
    assert!(simulated.keys().eq(delivered.keys()));
    for (id, bytes) in &simulated {
        assert_eq!(String::from_utf8_lossy(bytes), String::from_utf8_lossy(&delivered[id]), "{id}");
    }
    let index = std::fs::read_to_string(world.folder().join("season/index.html")).unwrap();
    for path in emls(&world.folder().join("season")) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        for ending in ["html", "txt", "eml"] {
            assert!(index.contains(&format!("href=\"{name}.{ending}\"")), "the index leads to {name}.{ending}");
            assert!(path.with_extension(ending).is_file());
        }
    }
}

#[test]
fn a_reminder_as_previewed_is_the_one_that_was_delivered() {
    let mut world = desk(&one_practice());
    let letters = delivered(&mut world, "2025-12-31");
    // On the first day comes also what was due before anybody subscribed.
    let of_one_reader: Vec<&Letter> =
        letters.iter().filter(|letter| letter.to == "contact@het-ritme.example" && !letter.at.starts_with(FIRST)).collect();
    assert!(of_one_reader.len() > 6, "{}", of_one_reader.len());
    for letter in of_one_reader {
        let day = &letter.at[..10];
        let preview = ["preview", "oefentherapie-het-ritme", "--on", day];
        run(&world, "config.toml", &[&preview[..], &["--eml", "mail.eml", "--html", "mail.html"]].concat());
        let (eml, html) =
            (std::fs::read(world.folder().join("mail.eml")).unwrap(), std::fs::read_to_string(world.folder().join("mail.html")));
        assert_eq!(String::from_utf8_lossy(&eml), String::from_utf8_lossy(&letter.bytes), "{day}");
        let sent = mail_parser::MessageParser::default().parse(&letter.bytes).unwrap().body_html(0).unwrap().replace("\r\n", "\n");
        assert_eq!(html.unwrap().trim_end(), sent.trim_end());
        let shown = run(&world, "config.toml", &preview);
        assert_eq!(shown.trim_end(), format!("Onderwerp: {}\n\n{}", letter.subject, letter.text.replace("\r\n", "\n")).trim_end());
    }
}

#[test]
fn a_correction_as_previewed_is_the_one_that_is_delivered() {
    let signing = |day: &str| calendar(&milestone("ondertekenen", "signing-deadline", &format!("by = {day}")));
    let mut world = desk(&practice("haarlem"));
    world.load(signing("2025-11-10"));
    world.set("2025-10-13 07:00");
    world.tick();
    world.mails();
    let preview = ["preview", "haarlem", "--on", "2025-10-20", "--kind", "correction"];
    assert_eq!(run(&world, "config.toml", &preview), "", "nothing to set right");
    world.set("2025-10-17 15:00");
    world.load(signing("2025-12-15"));
    world.tick();
    run(&world, "config.toml", &[&preview[..], &["--eml", "mail.eml"]].concat());
    let previewed = std::fs::read_to_string(world.folder().join("mail.eml")).unwrap();
    world.set("2025-10-20 07:00");
    world.tick();
    let letter = world.mails().remove(0);
    assert!(letter.subject.contains("uitgesteld"), "{}", letter.subject);
    assert_eq!(previewed, String::from_utf8_lossy(&letter.bytes));
}

#[test]
fn overviews_as_previewed_are_the_ones_that_are_delivered() {
    let world = desk(&one_practice());
    let greeted = "2025-06-02";
    run(&world, "config.toml", &["simulate", "--practice", "oefentherapie-het-ritme", "--from", greeted, "--to", FIRST, "--out", "season"]);
    for (kind, day, words) in [("welcome", greeted, "Uw contracttermijnen"), ("season", FIRST, "Contracten voor 2026")] {
        run(&world, "config.toml", &["preview", "oefentherapie-het-ritme", "--on", day, "--kind", kind, "--eml", "mail.eml"]);
        let previewed = std::fs::read(world.folder().join("mail.eml")).unwrap();
        let subject = mail_parser::MessageParser::default().parse(&previewed).unwrap().subject().unwrap().to_owned();
        assert!(subject.starts_with(words), "{subject}");
        let delivered = emls(&world.folder().join("season")).into_iter().any(|path| std::fs::read(path).unwrap() == previewed);
        assert!(delivered, "{kind}");
    }
}
