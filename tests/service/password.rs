//! The password for the mail server: a file, a credential, or none.

use std::process::Command;

use super::smtp_server::SmtpServer;
use super::{Desk, MONDAY, arrived};

/// `AUTH PLAIN` of user and password (RFC 4616), as both tests below use them.
const RIGHT: &str = "AUTH PLAIN AGEAZ2VoZWlt";

fn logging_in(server: &SmtpServer, more: &str) -> Desk {
    let desk = Desk::with(server, "", &["klank"]);
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    desk.write("config.toml", &format!("{config}username = \"a\"\n{more}"));
    desk
}

fn status(desk: &Desk) -> String {
    let output = desk.ask(&["status"]);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

/// Like the service manager, which hands over a folder.
fn with_credentials(desk: &Desk) -> Command {
    let mut command = desk.command(MONDAY, &["run"]);
    command.env("CREDENTIALS_DIRECTORY", desk.path("credentials"));
    command
}

#[test]
fn without_a_password_the_service_runs_and_holds_mail_until_there_is_one() {
    let server = SmtpServer::start([]);
    let desk = logging_in(&server, "password_file = \"smtp-password\"\n");
    let service = desk.run(MONDAY);
    service.logs("password-missing");
    service.logs("no mail leaves");
    let said = status(&desk);
    assert!(said.contains("no password for the mail server: cannot read") && said.contains("smtp-password: No such file"), "{said}");
    desk.write("smtp-password", "\n");
    service.reload("were read again");
    let held = "smtp-password is empty";
    super::eventually("the new reason", || service.log().contains(held));
    assert_eq!(desk.states(), ["queued"], "no attempt was made");
    assert_eq!(server.connections(), 0);
    desk.write("smtp-password", "geheim\n");
    service.reload("were read again");
    arrived(&server, 1);
    assert!(server.heard().iter().any(|heard| heard.line == RIGHT), "{:?}", server.heard());
    let log = service.stop();
    assert!(!log.contains("geheim"), "{log}");
}

#[test]
fn a_credential_is_taken_where_no_file_is_named() {
    let server = SmtpServer::start([]);
    let desk = logging_in(&server, "");
    let service = desk.spawn_command(&mut with_credentials(&desk));
    service.logs("no credential smtp-password was handed over by systemd");
    service.logs("no mail leaves");
    service.stop();
    assert!(status(&desk).contains("no credential smtp-password"));
    desk.write("credentials/smtp-password", "\n");
    let service = desk.spawn_command(&mut with_credentials(&desk));
    service.logs("no credential smtp-password was handed over by systemd");
    service.stop();
    desk.write("credentials/smtp-password", "geheim");
    let service = desk.spawn_command(&mut with_credentials(&desk));
    arrived(&server, 1);
    assert!(server.heard().iter().any(|heard| heard.line == RIGHT), "{:?}", server.heard());
    service.stop();
}

#[test]
fn a_credential_that_is_written_anew_at_each_start_opens_no_lane_unless_it_is_another_one() {
    let server = SmtpServer::start([]);
    let desk = logging_in(&server, "password_credential = \"relay\"\n");
    desk.write("credentials/relay", "geheim");
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let service = desk.spawn_command(&mut with_credentials(&desk));
    arrived(&server, 1);
    service.stop();
    let connection = rusqlite::Connection::open(desk.path("var/deadlines.sqlite")).unwrap();
    connection.execute("UPDATE lane SET state = 'held', reason = 'refused'", []).unwrap();
    desk.import("toon");
    std::fs::remove_file(desk.path("credentials/relay")).unwrap();
    desk.write("credentials/relay", "geheim");
    let service = desk.spawn_command(&mut with_credentials(&desk));
    service.logs("no mail leaves");
    service.reload("were read again");
    service.stop();
    assert_eq!(desk.states(), ["sent", "queued"], "the same password");
    desk.write("credentials/relay", "Geheim");
    let service = desk.spawn_command(&mut with_credentials(&desk));
    arrived(&server, 2);
    service.stop();
    assert_eq!(std::fs::read_to_string(desk.path("config.toml")).unwrap(), config);
}

#[test]
fn a_credential_is_a_name_and_a_password_belongs_to_somebody() {
    let server = SmtpServer::start([]);
    let desk = logging_in(&server, "password_credential = \"../relay\"\n");
    let output = desk.ask(&["run"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("`password_credential` cannot be \"../relay\""), "{said}");
    let config = std::fs::read_to_string(desk.path("config.toml")).unwrap();
    let without = config.replace("username = \"a\"\n", "").replace("password_credential = \"../relay\"", "password_file = \"p\"");
    desk.write("config.toml", &without);
    let output = desk.ask(&["run"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("password_file without a username"), "{said}");
}
