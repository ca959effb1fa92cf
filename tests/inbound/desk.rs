//! A world whose mail comes back.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use deadlines::config::Config;
use deadlines::domain::notices::Notice;
use deadlines::job::inbound::{Outcome, Received, receive};
use deadlines::job::load;
use deadlines::job::office::Office;
use deadlines::job::spool;
use deadlines::store::outbox::Mail;

use crate::world::{World, milestone};

pub const CONFIG: &str = "[mail]\nreturn_path = \"bounces@example.org\"\n";

/// A deadline on 10 November 2025, and one a year later.
pub fn milestones() -> String {
    milestone("tekenen", "signing-deadline", "by = 2025-11-10") + &milestone("later", "signing-deadline", "by = 2026-11-10")
}

/// A practice with these addresses.
pub fn practice(id: &str, emails: &[&str]) -> String {
    let contacts: Vec<String> = emails.iter().map(|email| format!("{{ email = \"{email}\" }}")).collect();
    format!(
        "[[practice]]\nid = \"{id}\"\nname = \"Praktijk {id}\"\ncontacts = [{}]\n\n[[practice.subscription]]\ninsurer = \"cz\"\n\
         care_type = \"logopedie\"\nsince = 2020-01-01\n",
        contacts.join(", ")
    )
}

/// A message from the folder of this test, with the return path of a mail, its address and a subject put in.
pub fn sample(name: &str, verp: &str, to: &str, subject: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/inbound").join(format!("{name}.eml"));
    let text = fs::read_to_string(path).unwrap();
    text.replace("@VERP@", verp).replace("@TO@", to).replace("@SUBJECT@", subject).replace('\n', "\r\n").into_bytes()
}

pub struct Desk {
    pub world: World,
    next: u32,
}

impl Desk {
    /// The Monday on which the one-week reminder has gone to these addresses.
    pub fn told(emails: &[&str]) -> Self {
        let mut world = World::with_config("2025-11-03 07:00", CONFIG);
        world.load(crate::world::calendar(&milestones()));
        world.import(&practice("klank", emails));
        world.tick();
        Self { world, next: 0 }
    }

    fn config(&self) -> Config {
        Config::parse("test.toml", CONFIG, self.world.folder()).unwrap()
    }

    /// An office as the service has it, with the keys of the file.
    pub fn office(&self) -> Office {
        Office::new(&self.config()).unwrap().0
    }

    pub fn key_file(&self) -> PathBuf {
        self.config().key_file()
    }

    pub fn spool(&self) -> PathBuf {
        self.config().mail.returning.spool
    }

    /// The files in the spool, or below it.
    pub fn files(&self, below: &str) -> usize {
        let files = fs::read_dir(self.spool().join(below)).into_iter().flatten();
        files.filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
    }

    /// The envelope sender of a mail.
    pub fn verp(&self, mail: &Mail) -> String {
        self.office().return_path_of(mail)
    }

    /// The last mail to an address.
    pub fn mail_to(&self, email: &str) -> Mail {
        self.world.outbox(&[]).into_iter().rfind(|mail| mail.email == email).unwrap()
    }

    /// Hands a message in.
    pub fn hand_in(&mut self, message: &[u8]) {
        self.next += 1;
        spool::prepare(&self.spool()).unwrap();
        let mut file = fs::File::create(self.spool().join(format!("{:06}.eml", self.next))).unwrap();
        file.write_all(message).unwrap();
    }

    /// What the service makes of the spool.
    pub fn receive(&mut self) -> Received {
        let (office, now) = (Arc::new(self.office()), self.world.now());
        self.world.store(move |store| {
            let almanac = load::almanac(store).unwrap().unwrap();
            receive(store, &almanac, &office, now).unwrap()
        })
    }

    /// What becomes of one message; the spool is empty before and after.
    pub fn becomes(&mut self, message: &[u8]) -> Outcome {
        self.hand_in(message);
        let received = self.receive();
        assert_eq!((received.0.values().sum::<usize>(), self.files("")), (1, 0));
        *received.0.keys().next().unwrap()
    }

    /// What becomes of a sample sent to the return path of the last mail to an address.
    pub fn report(&mut self, name: &str, email: &str) -> Outcome {
        let verp = self.verp(&self.mail_to(email));
        self.becomes(&sample(name, &verp, email, ""))
    }

    /// What becomes of an empty mail with this subject.
    pub fn answer(&mut self, subject: &str) -> Outcome {
        self.becomes(&sample("empty-answer", "", "", subject))
    }

    pub fn notices(&self) -> Vec<Notice> {
        self.world.store(|store| store.untold()).unwrap()
    }

    pub fn outcomes_of(&self, mail: &Mail) -> Vec<String> {
        let id = mail.id;
        let attempts = self.world.store(move |store| store.attempts(id)).unwrap();
        attempts.into_iter().map(|attempt| format!("{} {}", attempt.outcome, attempt.enhanced.unwrap_or_default())).collect()
    }
}

/// The subject of the first link in a text that asks for this.
pub fn subject(text: &str, word: &str) -> String {
    let from = text.find(&format!("{word}%20")).map(|at| text[at..].replacen("%20", " ", 1));
    let found = from.or_else(|| text.find(&format!("\n{word} ")).map(|at| text[at + 1..].to_owned())).unwrap();
    found.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
