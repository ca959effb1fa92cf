//! What an operator sees of a load that corrects somebody: before, while it waits, and after.

use std::process::Command;

use deadlines::calendar_file::File;
use insta::assert_snapshot;

use crate::world::{World, calendar, milestone, occurrence, practice};

fn signing(day: &str) -> String {
    let guidance = "where = \"Portaal\"\naction = \"Besluit over het aanbod.\"\nconsequence = \"Daarna vervalt het aanbod.\"";
    milestone("ondertekenen", "signing-deadline", &format!("by = {day}\n{guidance}"))
}

/// Two practices that were told the tenth of November, a configuration, and a folder of calendars that says otherwise.
fn desk(max_corrections: u32) -> World {
    let both = format!("{}{}", practice("haarlem"), practice("leiden"));
    let mut world = World::of("2025-10-13 07:00", &signing("2025-11-10"), &both);
    world.tick();
    assert_eq!(world.mails().len(), 2);
    let database = world.path();
    let config = format!(
        "[database]\npath = \"{}\"\n[calendars]\nfolder = \"calendars\"\nmax_corrections = {max_corrections}\n",
        database.display()
    );
    std::fs::write(world.folder().join("config.toml"), config).unwrap();
    write(&world, &calendar(&format!("{}{}", signing("2025-11-03"), milestone("portaal", "portal-open", "on = 2025-10-27"))));
    world
}

fn write(world: &World, files: &[File]) {
    for file in files {
        let path = world.folder().join("calendars").join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file.content()).unwrap();
    }
}

fn ask(world: &World, arguments: &[&str]) -> String {
    let config = world.folder().join("config.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_deadlines"))
        .args(["--config", config.to_str().unwrap(), "--as-of", "2025-10-20"])
        .args(arguments)
        .env("COLUMNS", "180")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&world.folder().display().to_string(), "HERE");
    let code = output.status.code().unwrap();
    format!("$ deadlines {}\n{}{}[{code}]\n", arguments.join(" "), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_load_is_looked_at_waits_and_is_released() {
    let world = desk(1);
    let steps: [&[&str]; 7] = [
        &["calendars", "diff"],
        &["calendars", "diff", "--json"],
        &["calendars", "load"],
        &["status"],
        &["calendars", "load", "--confirm"],
        &["calendars", "diff"],
        &["calendars", "load"],
    ];
    let said: Vec<String> = steps.iter().map(|step| ask(&world, step)).collect();
    assert_snapshot!(said.join("\n"));
}

#[test]
fn explain_answers_who_was_told_what_and_why_not() {
    let mut world = desk(10);
    world.set("2025-10-20 12:00");
    world.load(calendar(&signing("2025-11-03")));
    world.plan();
    let waiting = ask(&world, &["explain", "haarlem", &occurrence("ondertekenen")]);
    world.deliver();
    let id = occurrence("ondertekenen");
    let first = ask(&world, &["explain", "haarlem", &id]);
    world.load(calendar(&milestone("portaal", "portal-open", "on = 2025-10-27")));
    world.tick();
    let second = ask(&world, &["explain", "haarlem", &id]);
    let third = ask(&world, &["explain", "haarlem", &occurrence("portaal")]);
    let mails = ask(&world, &["outbox", "list", "--practice", "haarlem", "--all"]);
    assert_snapshot!([waiting, first, second, third, mails].join("\n"));
}
