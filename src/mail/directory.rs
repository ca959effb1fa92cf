//! Mail into a folder, one `.eml` a message: for trials, and for sites whose own system takes it from there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::mail::transport::{Answer, Fault, Outgoing, Refusal, Seen};

/// Characters of the recipient that a file name keeps.
const RECIPIENT_LIMIT: usize = 100;

/// Writes messages into one folder, which it makes if need be.
#[derive(Debug)]
pub struct DirectoryCourier {
    folder: PathBuf,
}

impl DirectoryCourier {
    /// A courier for this folder; nothing is touched yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes the message under its [`file_name`]. Writing it again replaces it by the same bytes.
    ///
    /// A folder that is full, missing or closed is trouble of the lane, not of the message.
    pub async fn deliver(&self, mail: &Outgoing) -> Answer {
        let name = file_name(mail);
        match self.write(name.clone(), mail.bytes.clone()).await {
            Ok(()) => Answer::Accepted { server: self.server(), code: 250, text: name },
            Err(error) => Answer::Refused(self.refusal(&error)),
        }
    }

    /// Looks whether the folder can be made and written to; leaves no file behind.
    ///
    /// # Errors
    /// The refusal that a message would have met.
    pub async fn check(&self) -> Result<Seen, Refusal> {
        let folder = self.folder.clone();
        blocking(move || {
            let probe = folder.join(".writable");
            write_durably(&folder, &probe, b"")?;
            fs::remove_file(probe)
        })
        .await
        .map_err(|error| self.refusal(&error))?;
        Ok(Seen::local(self.server()))
    }

    async fn write(&self, name: String, bytes: Vec<u8>) -> io::Result<()> {
        let folder = self.folder.clone();
        blocking(move || {
            let unfinished = folder.join(format!(".{name}.tmp"));
            write_durably(&folder, &unfinished, &bytes)?;
            fs::rename(&unfinished, folder.join(name))?;
            File::open(&folder)?.sync_all()
        })
        .await
    }

    fn server(&self) -> String {
        self.folder.display().to_string()
    }

    fn refusal(&self, error: &io::Error) -> Refusal {
        let server = self.server();
        let text = format!("cannot write mail into {server}: {error}");
        Refusal { fault: Fault::Unreachable, server, code: None, enhanced: None, text }
    }
}

/// Disks wait; the threads that drive the network must not.
async fn blocking(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Writes a file and forces it to the disk; removes it again if that fails, so that a full disk is not kept full.
fn write_durably(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = File::create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // The first error is the one that tells; this is tidying up.
        let _ = fs::remove_file(path);
    }
    written
}

/// The message's file name: `<date in UTC>-<recipient>-<hash of the Message-ID>.eml`.
///
/// Names sort by the messages' Date header; without a readable one they begin with `undated`. The same message always has the
/// same name.
pub fn file_name(mail: &Outgoing) -> String {
    let date = date_header(&mail.bytes).and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
    let date = match date {
        Some(date) => date.with_timezone(&Utc).format("%Y-%m-%dT%H%M%SZ").to_string(),
        None => "undated".to_owned(),
    };
    let digest = Sha256::digest(mail.message_id.as_bytes());
    let hash: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{date}-{}-{hash}.eml", safe(&mail.recipient))
}

/// The value of the Date header, unfolded.
fn date_header(message: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let mut lines = text.lines().take_while(|line| !line.is_empty());
    let first = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then(|| value.trim().to_owned())
    })?;
    let folded = lines.take_while(|line| line.starts_with([' ', '\t']));
    Some(folded.fold(first, |date, line| format!("{date} {}", line.trim())).trim().to_owned())
}

/// An address as part of a file name: no separators, no spaces, nothing that a shell would read.
fn safe(recipient: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@') { c } else { '_' };
    let mut name: String = recipient.chars().take(RECIPIENT_LIMIT).map(keep).collect();
    // Letters beyond ASCII take up to four bytes, and a file name holds 255.
    while name.len() > 2 * RECIPIENT_LIMIT {
        name.pop();
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(id: &str, recipient: &str, date: &str) -> Outgoing {
        let bytes = format!("Subject: x\r\nDate: {date}\r\nTo: y\r\n\r\nDate: body\r\n").into_bytes();
        Outgoing { message_id: id.into(), return_path: String::new(), recipient: recipient.into(), bytes }
    }

    #[test]
    fn names_sort_by_time_and_stay_within_the_folder() {
        let name = |date| file_name(&mail("<1@x>", "info@praktijk.example", date));
        assert_eq!(name("Mon, 3 Nov 2025 07:00:00 +0100"), "2025-11-03T060000Z-info@praktijk.example-3c13d06d.eml");
        assert_eq!(name("Mon, 3 Nov 2025\r\n 07:00:00 +0100"), name("Mon, 3 Nov 2025 07:00:00 +0100"));
        assert!(name("Mon, 3 Nov 2025 07:00:00 +0100") < name("Mon, 3 Nov 2025 07:00:01 +0100"));
        assert!(name("someday").starts_with("undated-"));
        assert!(file_name(&mail("<1@x>", "../../etc/passwd", "")).starts_with("undated-.._.._etc_passwd-"));
        assert!(file_name(&mail("<1@x>", &"\u{10348}".repeat(300), "")).len() < 240);
    }

    #[tokio::test]
    async fn writing_twice_leaves_one_file_and_no_rest() {
        let folder = tempfile::tempdir().unwrap();
        let courier = DirectoryCourier::new(folder.path().join("a/b"));
        let mail = mail("<1@x>", "a@b.example", "");
        for _ in 0..2 {
            assert!(matches!(courier.deliver(&mail).await, Answer::Accepted { code: 250, .. }));
        }
        courier.check().await.unwrap();
        let files: Vec<_> = fs::read_dir(folder.path().join("a/b")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(fs::read(&files[0]).unwrap(), mail.bytes);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_transient() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let courier = DirectoryCourier::new(folder.path().join("file/below"));
        let Answer::Refused(refusal) = courier.deliver(&mail("<1@x>", "a@b.example", "")).await else { panic!("accepted") };
        assert_eq!(refusal.fault, Fault::Unreachable);
        assert!(refusal.text.contains("Not a directory"), "{}", refusal.text);
        assert_eq!(courier.check().await.unwrap_err().fault, Fault::Unreachable);
    }

    #[tokio::test]
    async fn a_full_disk_is_transient() {
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let mail = mail("<1@x>", "a@b.example", "");
        let unfinished = folder.path().join(format!(".{}.tmp", file_name(&mail)));
        std::os::unix::fs::symlink(full, unfinished).unwrap();
        let courier = DirectoryCourier::new(folder.path().to_owned());
        let Answer::Refused(refusal) = courier.deliver(&mail).await else { panic!("accepted") };
        assert_eq!(refusal.fault, Fault::Unreachable);
        assert!(refusal.text.contains("No space left"), "{}", refusal.text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing half written");
    }
}
