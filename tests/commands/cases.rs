//! What is typed for each command: what works, wrong usage, bad data. `_` stands for a space within a word; the files are those of
//! `every_command.rs`.

/// A command, and the lines that are typed one after the other.
pub const CASES: &[(&str, &[&str])] = &[
    ("list", &["list --insurer cz", "list --insurer cz --json", "list --from tomorrow", "list --insurer czz", "list --practice nobody"]),
    ("show", &["show ondertekenen", "show", "show onderteken", "show cz/proef/ondertekenen@2025"]),
    ("timeline", &["timeline --insurer cz", "timeline --format png", "timeline --from 2025-12-01 --to 2025-11-01"]),
    ("coverage", &["coverage", "coverage --insurer cz", "--as-of 2025-02-30 coverage"]),
    (
        "calendars check",
        &["calendars check calendars", "calendars check --quiet", "calendars check wrong-calendars", "calendars check nowhere"],
    ),
    ("calendars load", &["calendars load calendars", "calendars load a b", "calendars load wrong-calendars", "calendars load nowhere"]),
    (
        "calendars diff",
        &["calendars diff calendars", "calendars diff --format csv", "calendars diff wrong-calendars", "calendars diff nowhere"],
    ),
    (
        "practice import",
        &[
            "practice import practices.csv",
            "practice import",
            "practice import wrong.csv",
            "practice import nowhere.csv",
            "practice import mail.eml",
        ],
    ),
    (
        "practice export",
        &[
            "practice export haarlem",
            "practice export --format csv",
            "practice export --format xlsx",
            "practice export harlem",
            "practice export --personal",
            "practice export --personal harlem",
        ],
    ),
    (
        "practice add",
        &[
            "practice add gouda --name Logopedie_Gouda --email info@gouda.example --insurer cz --care-type logopedie",
            "practice add gouda --insurer cz",
            "practice add Gouda_2 --name Gouda --email info@gouda.example",
            "practice add breda --name Breda --email info.breda.example --insurer cz --care-type logopedie",
            "practice add breda --name Breda --email info@breda.example --insurer vgz --care-type logopedie",
        ],
    ),
    ("practice show", &["practice show haarlem", "practice show", "practice show harlem"]),
    ("practice list", &["practice list", "practice list haarlem", "--config nowhere.toml practice list"]),
    (
        "practice forget",
        &[
            "practice forget haarlem",
            "practice forget haarlem --yes",
            "practice forget",
            "practice forget harlem",
            "practice forget --address info@nobody.example",
        ],
    ),
    ("practice remove", &["practice remove haarlem", "practice remove", "practice remove haarlem"]),
    (
        "practice resubscribe",
        &["practice resubscribe delft", "practice resubscribe", "practice resubscribe haarlem", "practice resubscribe delf"],
    ),
    ("practice revive", &["practice revive info@leiden.example", "practice revive", "practice revive info@nobody.example"]),
    (
        "practice date add",
        &[
            "practice date add haarlem bhv --title BHV-certificaat --by 2027-03-01 --repeats 1y --lead 6w",
            "practice date add haarlem bhv --title BHV-certificaat",
            "practice date add haarlem bhv --title BHV-certificaat --by 2027-03-01 --repeats weekly",
            "practice date add haarlem BHV_1 --title BHV-certificaat --by 2027-03-01",
            "practice date add harlem bhv --title BHV-certificaat --by 2027-03-01",
        ],
    ),
    (
        "practice date list",
        &[
            "practice date add haarlem bhv --title BHV-certificaat --by 2027-03-01",
            "practice date list haarlem",
            "practice date list",
            "practice date list harlem",
        ],
    ),
    (
        "practice date remove",
        &[
            "practice date add haarlem bhv --title BHV-certificaat --by 2027-03-01",
            "practice date remove haarlem hkz",
            "practice date remove haarlem bhv",
            "practice date remove haarlem",
        ],
    ),
    (
        "done",
        &[
            "done haarlem cz/proef/ondertekenen",
            "done haarlem",
            "done harlem cz/proef/ondertekenen",
            "done haarlem cz/proef/tekenen",
            "done haarlem cz/proef/ondertekenen --series",
        ],
    ),
    (
        "snooze",
        &[
            "snooze haarlem cz/proef/ondertekenen --until 2025-11-06",
            "snooze haarlem cz/proef/ondertekenen",
            "snooze haarlem cz/proef/ondertekenen --until 2025-11-02",
            "snooze haarlem cz/proef/ondertekenen --until 2025-12-01",
        ],
    ),
    (
        "happened",
        &[
            "happened haarlem cz/proef/aanbod --on 2025-10-30",
            "happened haarlem cz/proef/aanbod",
            "happened haarlem cz/proef/aanbod --on 1_november",
            "happened haarlem cz/proef/aanbod --on 2026-11-01",
            "happened haarlem cz/proef/offerte --on 2025-10-30",
        ],
    ),
    ("plan", &["plan", "plan --until soon", "plan --until 2025-11-01", "plan --practice harlem"]),
    ("explain", &["explain haarlem cz/proef/ondertekenen", "explain haarlem", "explain haarlem cz/proef/tekenen"]),
    (
        "preview",
        &["preview leiden --on 2025-11-10", "preview", "preview leiden --on 2025-13-01", "preview leiden --html nowhere/mail.html"],
    ),
    (
        "simulate",
        &[
            "simulate --from 2025-11-03 --to 2025-11-14 --practice haarlem",
            "simulate --from 2025-11-03",
            "simulate --from 2025-11-14 --to 2025-11-03",
            "simulate --from 2025-11-03 --to 2025-11-14 --practices wrong.csv",
            "simulate --from 2025-11-03 --to 2025-11-14 --out deadlines.toml",
        ],
    ),
    ("outbox list", &["outbox list --all", "outbox list --state gone", "outbox list --practice harlem"]),
    ("outbox show", &["outbox show 1", "outbox show first", "outbox show 99"]),
    ("outbox hold", &["outbox hold --reason The_relay_moves", "outbox hold 3", "outbox hold three", "outbox hold 99", "outbox hold 1"]),
    ("outbox release", &["outbox release", "outbox release 3 --copy", "outbox release 99", "outbox release 1"]),
    ("outbox retry", &["outbox retry 2", "outbox retry", "outbox retry 99", "outbox retry 1"]),
    ("outbox cancel", &["outbox cancel 3", "outbox cancel", "outbox cancel 99", "outbox cancel 1"]),
    (
        "inbound",
        &[
            "inbound < mail.eml",
            "inbound --recipient bounces@example.org < mail.eml",
            "inbound --sender me < mail.eml",
            "inbound",
            "--config wrong.toml inbound < mail.eml",
        ],
    ),
    (
        "config check",
        &["config check", "config check wrong.toml", "--config wrong.toml config check", "--config nowhere.toml config check"],
    ),
    ("config show", &["config show", "config show mail", "--config wrong.toml config show"]),
    ("prune", &["prune --dry-run", "prune", "prune now", "--config wrong.toml prune"]),
    ("status", &["--config fresh.toml status", "status", "status --watch", "--config wrong.toml status"]),
    (
        "doctor",
        &[
            "--as-of 2035-01-01 --config fresh.toml doctor --offline --json",
            "doctor --ofline",
            "--config wrong.toml doctor",
            "--config nowhere.toml doctor --json",
        ],
    ),
    ("send-test", &["send-test you@example.org", "send-test", "send-test you.example.org"]),
    ("backup", &["backup copy.sqlite", "backup", "backup copy.sqlite", "backup nowhere/copy.sqlite", "backup --into copy.sqlite"]),
    (
        "restore",
        &[
            "backup copy.sqlite",
            "restore copy.sqlite --drill",
            "restore copy.sqlite --replace",
            "restore",
            "restore copy.sqlite",
            "restore nowhere.sqlite",
            "restore mail.eml --replace",
        ],
    ),
    ("demo", &["demo --out mails", "demo --out", "demo --out deadlines.toml"]),
    (
        "generate",
        &[
            "--config fresh.toml generate --practices 3 --seed 7",
            "--config fresh.toml practice list",
            "generate --practices many",
            "generate",
            "--config wrong.toml generate",
        ],
    ),
    ("run", &["run --now", "--config wrong.toml run", "--config nowhere.toml run"]),
    ("man", &["man pages", "man", "man deadlines.toml/pages"]),
    ("completions", &["completions fish", "completions", "completions tcsh"]),
];
