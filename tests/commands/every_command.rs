//! Every command that there is: its help, an answer, wrong usage and bad data, each with its exit code. One golden file for a command.

use std::fmt::Write;
use std::fs::{self, File};
use std::process::{Command, Output, Stdio};

use crate::cases::CASES;
use crate::world::{World, calendar, milestone, practice, subscription};

/// Commands without an end: what they do well is tested in tests/service.rs.
const ENDLESS: [&str; 1] = ["run"];

/// How many lines of an answer a golden file keeps.
const LONGEST: usize = 20;

/// What stands in the folder in which commands are asked.
const FILES: [(&str, &str); 6] = [
    ("deadlines.toml", "[mail]\nwelcome = false\nseason_overview = false\n[operator]\nemail = \"beheer@example.org\"\n"),
    ("wrong.toml", "[mail]\nfrom = \"nobody\"\ntransprot = \"smtp\"\n[sending]\nfrom = \"25:00\"\n"),
    ("fresh.toml", "[database]\npath = \"fresh.sqlite\"\n"),
    ("practices.csv", "id,name,contacts,insurer,care_type\nutrecht,Logopedie Utrecht,info@utrecht.example,cz,logopedie\n"),
    ("wrong.csv", "id,name,contacts,insurer,care_type\nutrecht,Logopedie Utrecht,info@utrecht,cz,logopedi\n"),
    ("mail.eml", "From: MAILER-DAEMON@example.org\nTo: bounces@example.org\nSubject: Undelivered\n\nNo such user.\n"),
];

/// Three practices: one was told of a deadline, the address of one does not exist, and one unsubscribed.
fn desk() -> World {
    let mut world = World::of("2025-11-03 07:00", &milestones(), &practice("haarlem"));
    world.tick();
    world.import(&format!("{}{}", practice("leiden"), subscription("dietetiek", "since = 2020-01-01")));
    world.plan();
    world.poison("UPDATE outbox SET state = 'failed', reason = '550 no such user' WHERE id = 2");
    world.poison("INSERT INTO dead_address (email, at, reason) VALUES ('info@leiden.example', 1762149600, '550 no such user')");
    world.import(&practice("delft"));
    world.plan();
    world.poison("INSERT INTO unsubscribed (practice, email, at) VALUES ('delft', 'info@delft.example', 1762149600)");
    FILES.iter().for_each(|(name, content)| fs::write(world.folder().join(name), content).unwrap());
    folder(&world, "calendars", &milestones());
    folder(&world, "wrong-calendars", &milestones().replace("2025-11-10", "2025-10-10").replace("portal-open", "portal-opens"));
    world
}

fn milestones() -> String {
    let guidance = "where = \"Portaal\"\naction = \"Besluit over het aanbod.\"\nconsequence = \"Daarna vervalt het aanbod.\"";
    let signing = milestone("ondertekenen", "signing-deadline", &format!("by = 2025-11-10\n{guidance}"));
    let offer = milestone("aanbod", "offer", "by = 2025-10-27");
    format!("{signing}{offer}{}", milestone("portaal", "portal-open", "on = 2025-11-04"))
}

fn folder(world: &World, name: &str, milestones: &str) {
    for file in calendar(milestones) {
        let path = world.folder().join(name).join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.content()).unwrap();
    }
}

/// Types a line in the world's folder; `< name` at its end hands in a file.
fn typed(world: &World, line: &str) -> Output {
    let (words, file) = line.split_once(" < ").map_or((line, None), |(words, file)| (words, Some(file)));
    let stdin = file.map_or(Stdio::null(), |file| File::open(world.folder().join(file)).unwrap().into());
    Command::new(env!("CARGO_BIN_EXE_deadlines"))
        .env_clear()
        .envs([("NO_COLOR", "1"), ("COLUMNS", "140")])
        .current_dir(world.folder())
        .args(if words.contains("--as-of") { &[][..] } else { &["--as-of", "2025-11-03"] })
        .args(words.split_whitespace().map(|word| word.replace('_', " ")))
        .stdin(stdin)
        .output()
        .unwrap()
}

/// What a person at a terminal sees; of a long answer the beginning.
fn shown(world: &World, line: &str, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&world.folder().display().to_string(), "HERE");
    let mut answer = text(&output.stdout);
    if let Some((end, _)) = answer.match_indices('\n').nth(LONGEST)
        && !line.ends_with("--help")
    {
        answer.replace_range(end + 1.., "(and more)\n");
    }
    let code = output.status.code().unwrap();
    format!("$ deadlines {line}\n{answer}{}[{code}]\n\n", text(&output.stderr))
}

/// The commands that do something: `list`, `practice import`.
fn commands(command: &clap::Command, above: &str, found: &mut Vec<String>) {
    for inner in command.get_subcommands() {
        let name = format!("{above}{}", inner.get_name());
        if inner.has_subcommands() {
            commands(inner, &format!("{name} "), found);
        } else {
            found.push(name);
        }
    }
}

#[test]
fn no_command_is_without_cases() {
    let mut found = Vec::new();
    commands(&deadlines::cli::definition(), "", &mut found);
    let tried: Vec<&str> = CASES.iter().map(|(command, _)| *command).collect();
    let lacking: Vec<&String> = found.iter().filter(|command| !tried.contains(&command.as_str())).collect();
    assert!(lacking.is_empty(), "tests/commands/cases.rs lacks {lacking:?}: one that works, one of wrong usage, one with bad data");
    assert_eq!(tried.len(), found.len(), "tests/commands/cases.rs has a row for what is no command any more, or two for one");
}

#[test]
fn every_command_explains_itself_answers_and_refuses() {
    let wrong: Vec<String> = CASES.iter().filter_map(|(command, lines)| try_out(command, lines).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Types the lines and holds what is shown against the golden file; says what the cases lack.
fn try_out(command: &str, lines: &[&str]) -> Result<(), String> {
    let world = desk();
    let help = format!("{command} --help");
    let mut golden = String::new();
    let mut codes = Vec::new();
    for line in std::iter::once(help.as_str()).chain(lines.iter().copied()) {
        let output = typed(&world, line);
        codes.push(output.status.code().unwrap());
        write!(golden, "{}", shown(&world, line, &output)).unwrap();
    }
    // How large a database is changes with each migration.
    insta::with_settings!({ filters => [(r"\d+ rows in \d+ KiB", "[all] rows")] }, {
        insta::assert_snapshot!(command.replace(' ', "_"), golden);
    });
    let answers = codes[1..].contains(&0) || ENDLESS.contains(&command);
    let rules = [
        (golden.contains("Example"), "its help has no example"),
        (answers, "no case works"),
        (codes.iter().any(|code| matches!(code, 2 | 75)), "no case is wrong usage"),
        (codes[1..].iter().filter(|code| **code != 0).count() >= 2, "no case of bad data beside the wrong usage"),
    ];
    rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, lack)| Err(format!("{command}: {lack}: {codes:?}")))
}
