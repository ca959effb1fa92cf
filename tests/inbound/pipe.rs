//! The command that the mail server runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assert_cmd::Command;

fn inbound(folder: &Path) -> Command {
    let config = folder.join("config.toml");
    if !config.exists() {
        fs::write(&config, "[mail]\nspool = \"spool\"\n").unwrap();
    }
    let mut command = Command::cargo_bin("deadlines").unwrap();
    command.arg("--config").arg(config).arg("inbound");
    command
}

fn messages(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = fs::read_dir(folder.join("spool")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_message_goes_into_the_spool_whole_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    inbound(folder.path()).args(["--recipient", "bounces+abc@example.org\r\nBcc: x"]).write_stdin("Subject: x\n\nhoi\n").assert().success();
    assert_eq!(messages(folder.path()), [b"X-Deadlines-Recipient: bounces+abc@example.orgBcc: x\nSubject: x\n\nhoi\n"]);
    assert_eq!(mode(&folder.path().join("spool")), 0o2770);
    let file = fs::read_dir(folder.path().join("spool")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(mode(&file), 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "neither database nor keys are made");
}

#[test]
fn odd_input_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    for input in [Vec::new(), vec![0; 10], vec![0xff; 3_000_000]] {
        inbound(folder.path()).write_stdin(input).assert().success().stdout("");
    }
    let lengths: Vec<usize> = messages(folder.path()).iter().map(Vec::len).collect();
    assert_eq!(lengths, [10, 1_000_000]);
}

#[test]
fn what_cannot_be_taken_in_now_is_handed_in_again_later() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spool"), "a file where the folder should be").unwrap();
    inbound(folder.path()).write_stdin("Subject: x\n\n").assert().code(75);
    fs::write(folder.path().join("config.toml"), "[mail\n").unwrap();
    inbound(folder.path()).write_stdin("Subject: x\n\n").assert().code(75);
}

/// Root may write anywhere, so the rights are tried as somebody else where this runs as root.
#[test]
fn a_spool_without_rights_is_tried_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let spool = folder.path().join("spool");
    fs::create_dir(&spool).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&spool, fs::Permissions::from_mode(0o500)).unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, "[mail]\nspool = \"spool\"\n").unwrap();
    let program = folder.path().join("deadlines");
    fs::copy(assert_cmd::cargo::cargo_bin("deadlines"), &program).unwrap();
    let is_root = fs::write(spool.join("probe"), "").is_ok();
    let mut command = if is_root { Command::new("setpriv") } else { Command::new(&program) };
    if is_root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    }
    let tried = command.arg("--config").arg(&config).arg("inbound").write_stdin("Subject: x\n\n").output().unwrap();
    assert_eq!(tried.status.code(), Some(75), "{}", String::from_utf8_lossy(&tried.stderr));
}
