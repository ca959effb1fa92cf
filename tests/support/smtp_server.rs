//! A mail server on the loopback that does what a script says: refuses, hangs, drops, talks nonsense.
//!
//! One script a connection, in order; connections beyond the scripts meet a faultless server. Plain threads, so that it also
//! serves tests that run the program as a child process.

#![allow(dead_code, reason = "each test uses its own part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

#[path = "smtp_script.rs"]
pub mod script;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use script::{Act, At, Script};

/// A message that the server accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which connection it came over, from 1.
    pub connection: usize,
    pub encrypted: bool,
    pub return_path: String,
    pub recipient: String,
    /// Without the stuffed dots.
    pub bytes: Vec<u8>,
}

/// A line that the server was told outside of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub connection: usize,
    pub encrypted: bool,
    pub line: String,
}

/// The running server; it stops accepting when dropped.
pub struct SmtpServer {
    port: u16,
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
}

struct Shared {
    default: Script,
    scripts: Mutex<Vec<Script>>,
    connections: AtomicUsize,
    received: Mutex<Vec<Received>>,
    heard: Mutex<Vec<Heard>>,
    stopped: AtomicBool,
    tls: Arc<ServerConfig>,
}

impl SmtpServer {
    /// Starts with one script for each of the first connections, and a faultless server without TLS after them.
    pub fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        Self::start_with(Script::new(), scripts)
    }

    /// The same, with another script for the connections after the first ones.
    pub fn start_with(default: Script, scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let (tls, pem) = certificate();
        std::fs::write(folder.path().join("root.pem"), pem).unwrap();
        let shared = Arc::new(Shared {
            default,
            scripts: Mutex::new(scripts.into_iter().collect()),
            connections: AtomicUsize::new(0),
            received: Mutex::default(),
            heard: Mutex::default(),
            stopped: AtomicBool::new(false),
            tls,
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Self { port, shared, folder }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate that its TLS is signed with, for `127.0.0.1` and not for `localhost`.
    pub fn root_pem(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The messages accepted so far.
    pub fn received(&self) -> Vec<Received> {
        lock(&self.shared.received).clone()
    }

    /// Everything said to it so far, messages left out.
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.shared.heard).clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

fn certificate() -> (Arc<ServerConfig>, String) {
    let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![key.cert.der().clone()], private).unwrap();
    (Arc::new(config), key.cert.pem())
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        let number = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
        let script = {
            let mut scripts = lock(&shared.scripts);
            if scripts.is_empty() { shared.default.clone() } else { scripts.remove(0) }
        };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            let socket_to_end = socket.try_clone();
            // An error is the end of this connection, and nothing else.
            let _ = Talk::new(socket, number, script, shared).and_then(|mut talk| talk.run());
            if let Ok(socket) = socket_to_end {
                let _ = socket.shutdown(Shutdown::Both);
            }
        });
    }
}

trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// One connection.
struct Talk {
    wire: Box<dyn Wire>,
    socket: TcpStream,
    pending: Vec<u8>,
    number: usize,
    script: Script,
    shared: Arc<Shared>,
    encrypted: bool,
    return_path: Option<String>,
    recipient: Option<String>,
    visited: Vec<At>,
}

/// Whether the proper answer was given.
#[derive(PartialEq)]
enum Said {
    Proper,
    Other,
}

impl Talk {
    fn new(socket: TcpStream, number: usize, script: Script, shared: Arc<Shared>) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            wire: Box::new(socket.try_clone()?),
            socket,
            pending: Vec::new(),
            number,
            script,
            shared,
            encrypted: false,
            return_path: None,
            recipient: None,
            visited: Vec::new(),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        if self.script.implicit_tls {
            self.handshake()?;
        }
        self.step(At::Greeting, "220 test.example ESMTP")?;
        loop {
            let line = String::from_utf8_lossy(&self.line()?).trim_end().to_owned();
            lock(&self.shared.heard).push(Heard { connection: self.number, encrypted: self.encrypted, line: line.clone() });
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => self.ehlo()?,
                "STARTTLS" => self.start_tls()?,
                "AUTH" => self.auth(&line)?,
                "MAIL" => self.mail(&line)?,
                "RCPT" => self.rcpt(&line)?,
                "DATA" => self.data()?,
                "QUIT" => return self.step(At::Quit, "221 2.0.0 bye").map(drop),
                _ => self.say(b"500 5.5.2 unknown command\r\n")?,
            }
        }
    }

    fn ehlo(&mut self) -> io::Result<()> {
        let mut lines = vec!["test.example greets you"];
        lines.extend(self.script.extensions.iter().filter(|name| !(self.encrypted && **name == "STARTTLS")));
        let last = lines.len() - 1;
        let mark = |at| if at == last { ' ' } else { '-' };
        let text: Vec<String> = lines.iter().enumerate().map(|(at, line)| format!("250{}{line}", mark(at))).collect();
        self.step(At::Ehlo, &text.join("\r\n")).map(drop)
    }

    fn start_tls(&mut self) -> io::Result<()> {
        match self.step(At::StartTls, "220 2.0.0 go ahead")? {
            Said::Proper => self.handshake(),
            Said::Other => Ok(()),
        }
    }

    fn handshake(&mut self) -> io::Result<()> {
        self.step(At::Handshake, "")?;
        let connection = ServerConnection::new(Arc::clone(&self.shared.tls)).map_err(io::Error::other)?;
        self.wire = Box::new(StreamOwned::new(connection, self.socket.try_clone()?));
        self.encrypted = true;
        Ok(())
    }

    fn auth(&mut self, line: &str) -> io::Result<()> {
        if line.eq_ignore_ascii_case("AUTH LOGIN") {
            for question in [b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"] {
                self.say(question)?;
                let line = String::from_utf8_lossy(&self.line()?).trim_end().to_owned();
                lock(&self.shared.heard).push(Heard { connection: self.number, encrypted: self.encrypted, line });
            }
        }
        self.step(At::Auth, "235 2.7.0 welcome").map(drop)
    }

    fn mail(&mut self, line: &str) -> io::Result<()> {
        if self.step(At::Mail, "250 2.1.0 ok")? == Said::Proper {
            (self.return_path, self.recipient) = (Some(path(line)), None);
        }
        Ok(())
    }

    fn rcpt(&mut self, line: &str) -> io::Result<()> {
        if self.return_path.is_none() {
            return self.say(b"503 5.5.1 MAIL first\r\n");
        }
        if self.step(At::Rcpt, "250 2.1.5 ok")? == Said::Proper {
            self.recipient = Some(path(line));
        }
        Ok(())
    }

    fn data(&mut self) -> io::Result<()> {
        let (Some(return_path), Some(recipient)) = (self.return_path.clone(), self.recipient.clone()) else {
            return self.say(b"554 5.5.1 no valid recipients\r\n");
        };
        if self.step(At::Data, "354 go on")? == Said::Other {
            return Ok(());
        }
        let bytes = self.message()?;
        (self.return_path, self.recipient) = (None, None);
        let mail = Received { connection: self.number, encrypted: self.encrypted, return_path, recipient, bytes };
        let accepts_in_the_end = matches!(self.act(At::Final), Some(Act::AcceptAndClose | Act::WaitFor(_)) | None);
        // Recorded before it is said, so that whoever heard the acceptance finds the message.
        if accepts_in_the_end {
            lock(&self.shared.received).push(mail);
        }
        self.step(At::Final, "250 2.0.0 queued as 4711")?;
        self.step(At::Idle, "").map(drop)
    }

    fn message(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        loop {
            let line = self.line()?;
            if line == b".\r\n" {
                return Ok(bytes);
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }

    /// What the script wants at the coming visit there.
    fn act(&self, at: At) -> Option<Act> {
        let visits = self.visited.iter().filter(|visited| **visited == at).count() + 1;
        self.script.faults.iter().find(|(place, nth, _)| *place == at && *nth == visits).map(|(_, _, act)| act.clone())
    }

    /// Says what is proper, or does what the script wants; an error ends the connection.
    fn step(&mut self, at: At, proper: &str) -> io::Result<Said> {
        let act = self.act(at);
        self.visited.push(at);
        if let Some(Act::WaitFor(gate)) = &act {
            gate.pass();
        }
        match act {
            None | Some(Act::WaitFor(_)) if proper.is_empty() => return Ok(Said::Proper),
            None | Some(Act::WaitFor(_)) => return self.say(format!("{proper}\r\n").as_bytes()).map(|()| Said::Proper),
            Some(Act::Answer(text)) => self.say(format!("{text}\r\n").as_bytes())?,
            Some(Act::Bytes(bytes)) => self.say(bytes)?,
            Some(Act::AnswerAndClose(text)) => {
                self.say(format!("{text}\r\n").as_bytes())?;
                return Err(io::Error::other("closes"));
            }
            Some(Act::Hang) => {
                while self.wire.read(&mut [0; 512])? > 0 {}
                return Err(io::Error::other("has hung"));
            }
            Some(Act::Close | Act::AcceptAndClose) => return Err(io::Error::other("closes")),
        }
        Ok(Said::Other)
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes)?;
        self.wire.flush()
    }

    /// One line with its CRLF. A bare line feed is part of a line, as the RFC has it.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|pair| pair == b"\r\n") {
                return Ok(self.pending.drain(..end + 2).collect());
            }
            let mut chunk = [0; 4096];
            match self.wire.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.pending.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(|| line.to_owned(), |(path, _)| path.to_owned())
}
