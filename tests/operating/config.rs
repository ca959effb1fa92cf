//! The configuration: one file, the environment over it, secrets nowhere.

use crate::desk::Desk;

/// The line of `config show` about a key.
fn line<'a>(shown: &'a str, key: &str) -> &'a str {
    let line = shown.lines().find(|line| line.starts_with(&format!("{key} =")));
    line.unwrap_or_else(|| panic!("{key} is not in\n{shown}"))
}

#[test]
fn show_says_where_each_value_came_from() {
    let desk =
        Desk::with("[mail.smtp]\n# a comment\nconnect_timeout = \"1h30m\"\nport = 2525\n\n[leads]\nalso = { contract-end = [\"4w\"] }\n");
    let environment = [
        ("DEADLINES__MAIL__SMTP__PORT", "465"),
        ("DEADLINES__MAIL__SMTP__USERNAME", "12345"),
        ("DEADLINES__LEADS__DEADLINE", "[\"2w\", \"1d\"]"),
        ("DEADLINES__LEADS__ALSO__PORTAL_OPEN", "[]"),
        ("DEADLINES__MAIL__WELCOME", "false"),
        ("DEADLINES__SENDING__FROM", "08:30"),
        ("DEADLINES__DATABASE__PATH", "d.sqlite"),
    ];
    let answer = desk.ask_in(&environment, &["config", "show"]);
    assert_eq!((answer.code, &*answer.err), (0, ""));
    let set: Vec<&str> = answer.out.lines().filter(|line| !line.ends_with("# default")).collect();
    insta::assert_snapshot!("show", set.join("\n"));
    assert!(line(&answer.out, "mail.smtp.message_timeout").starts_with("mail.smtp.message_timeout = \"2m\" "), "{}", answer.out);
    assert!(!answer.out.contains("hello_name"), "what is not set is only there with --all");
    let all = desk.ask_in(&environment, &["config", "show", "--all"]).out;
    assert!(all.lines().any(|line| line.starts_with("# mail.smtp.hello_name =") && line.ends_with("# not set")), "{all}");
    let json: serde_json::Value = serde_json::from_str(&desk.ask_in(&environment, &["config", "show", "--json"]).out).unwrap();
    let of = |key: &str| json.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap().clone();
    assert_eq!(
        of("mail.smtp.connect_timeout"),
        serde_json::json!({ "key": "mail.smtp.connect_timeout", "value": "1h 30m", "variable": "DEADLINES__MAIL__SMTP__CONNECT_TIMEOUT",
            "origin": { "kind": "file", "file": "deadlines.toml", "line": 3 } })
    );
    assert_eq!(of("mail.smtp.port")["origin"], serde_json::json!({ "kind": "environment", "variable": "DEADLINES__MAIL__SMTP__PORT" }));
    assert_eq!(of("mail.domain")["origin"], serde_json::json!({ "kind": "default" }));
}

#[test]
fn what_is_shown_can_stand_in_a_file_and_means_the_same() {
    let desk = Desk::with("[mail]\noperator = \"Beheer \\\"van\\\" praktijken\"\n[mail.smtp]\nrate = 60\n");
    let values = |shown: &str| shown.lines().map(|line| line.rsplit_once("  # ").unwrap().0.trim_end().to_owned()).collect::<Vec<_>>();
    let shown = desk.ask(&["config", "show"]).out;
    desk.write("deadlines.toml", &shown);
    assert_eq!(values(&desk.ask(&["config", "show"]).out), values(&shown));
}

#[test]
fn the_environment_counts_in_every_command_and_needs_no_file() {
    let desk = Desk::with("");
    std::fs::remove_file(desk.path("deadlines.toml")).unwrap();
    let environment = [("DEADLINES__DATABASE__PATH", "elsewhere/d.sqlite")];
    let added =
        ["practice", "add", "klank", "--name", "De Klank", "--email", "info@klank.example", "--insurer", "cz", "--care-type", "logopedie"];
    assert_eq!(desk.ask_in(&environment, &added).code, 0);
    assert!(desk.path("elsewhere/d.sqlite").exists() && !desk.path("var").exists());
    let shown = desk.ask_in(&environment, &["config", "show"]).out;
    assert!(line(&shown, "database.path").ends_with("# environment DEADLINES__DATABASE__PATH"), "{shown}");
    assert!(line(&shown, "mail.domain").ends_with("# default"), "{shown}");
}

#[test]
fn all_problems_of_file_and_environment_are_shown_at_once() {
    let desk = Desk::with(
        "[mail]\nhost = \"relay\"\nfrom = \"niemand\"\n[mail.smtp]\nconections = 2\nconnections = 100\nmessage_timeout = \"2\"\nconnect_timeout = \"2w\"\nsecurity = \"ssl\"\n",
    );
    let environment = [
        ("DEADLINES__MAIL__HOST", "relay"),
        ("DEADLINES__MAIL__SMTP__PROT", "25"),
        ("DEADLINES__MAIL__SMTP__RATE", "veel"),
        ("DEADLINES__NIETS", "1"),
        ("DEADLINES__LEADS__DEADLINE", "[\"2w\", \"3x\"]"),
        ("DEADLINES__LOG__FILTER", "deadlines=luid, wran,deadlines[a]=debug,info"),
        ("DEADLINES__OPERATOR__EMAIL", ""),
        ("DEADLINES_CONFIG", "deadlines.toml"),
    ];
    insta::assert_snapshot!("problems", desk.ask_in(&environment, &["config", "check"]).whole());
}

#[test]
fn secrets_are_refused_and_never_repeated() {
    let desk = Desk::with("[mail]\nfrom = \"niemand\"\npassword = \"geheim1\"\n[mail.smtp]\n\"password\" = 'geheim2'\nusername = 3\n");
    let environment = [("DEADLINES__MAIL__SMTP__PASSWORD", "geheim3"), ("DEADLINES__PASSWORD", "geheim4")];
    let answer = desk.ask_in(&environment, &["config", "check"]);
    insta::assert_snapshot!("secrets", answer.whole());
    for command in ["status", "run"] {
        let answer = desk.ask_in(&environment, &[command]);
        assert_eq!(answer.code, 3);
        assert!(!answer.whole().contains("geheim"), "{}", answer.err);
    }
}

#[test]
fn check_says_that_all_is_well_or_what_does_not_go_together() {
    let desk = Desk::with("[mail]\ntransport = \"smtp\"\n");
    let answer = desk.ask_in(&[("DEADLINES__MAIL__SMTP__HOST", "localhost")], &["config", "check"]);
    assert_eq!(
        answer.whole(),
        "exit code 0\n--- out\ndeadlines.toml: no problems; set in the file: 1, in the environment: 1, all others have their defaults\n--- err\n"
    );
    for (more, said) in [
        ("[mail.smtp]\npassword_file = \"none\"\n", "password_file without a username"),
        ("[mail.smtp]\nsecurity = \"none\"\nhost = \"relay.example.org\"\n", "in clear text"),
    ] {
        desk.write("deadlines.toml", &format!("[mail]\ntransport = \"smtp\"\n{more}"));
        let answer = desk.ask(&["config", "check"]);
        assert_eq!(answer.code, 3, "{}", answer.whole());
        assert!(answer.err.contains(said), "{}", answer.err);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let desk = Desk::with("");
    let answer = desk.ask(&["--config", "none.toml", "config", "check"]);
    assert_eq!(
        (answer.code, &*answer.err),
        (1, "error: cannot read the configuration none.toml: No such file or directory (os error 2)\n")
    );
    assert_eq!(desk.ask(&["config", "chekc"]).code, 2);
    assert_eq!(desk.ask(&["config"]).code, 2);
}
