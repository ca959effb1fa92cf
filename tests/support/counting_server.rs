//! A mail server on the loopback that takes everything, counts, and calls a hook before and after each answer. Plain threads, no TLS.

#![allow(dead_code, reason = "each test uses its own part")]
#![expect(clippy::unwrap_used, reason = "a helper of tests: to panic is to fail the test")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// What the client said, or the server is about to say by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Greeting,
    Hello,
    Mail,
    Recipient,
    Data,
    Dot,
    Quit,
}

impl Verb {
    pub const ALL: [Self; 7] = [Self::Greeting, Self::Hello, Self::Mail, Self::Recipient, Self::Data, Self::Dot, Self::Quit];
}

/// Where the server stands with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It was heard, nothing is done yet.
    Before,
    /// The message is taken, and nobody was told. Only at the dot.
    Taken,
    /// It was answered.
    After,
}

/// Whether the connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    GoOn,
    HangUp,
}

pub type Hook = Arc<dyn Fn(Verb, Side) -> Then + Send + Sync>;

/// A message that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub recipient: Arc<str>,
    pub bytes: Arc<[u8]>,
}

/// The running server.
pub struct CountingServer {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    hook: Hook,
    pipelining: AtomicBool,
    taken: Mutex<Vec<Taken>>,
    open: Mutex<usize>,
    closed: Condvar,
    stopped: AtomicBool,
}

impl CountingServer {
    pub fn start(hook: Hook) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            hook,
            pipelining: AtomicBool::new(true),
            taken: Mutex::default(),
            open: Mutex::new(0),
            closed: Condvar::new(),
            stopped: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Self { port, shared }
    }

    /// Takes everything and tells nobody.
    pub fn quiet() -> Self {
        Self::start(Arc::new(|_, _| Then::GoOn))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether coming connections are offered PIPELINING.
    pub fn offer_pipelining(&self, offered: bool) {
        self.shared.pipelining.store(offered, Ordering::SeqCst);
    }

    /// Everything taken so far, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// Waits until no connection is open: everything that a dead client had sent is dealt with then.
    pub fn settle(&self) {
        let mut open = self.shared.open.lock().unwrap();
        while *open > 0 {
            open = self.shared.closed.wait(open).unwrap();
        }
    }
}

impl Drop for CountingServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(socket) = socket else { continue };
        *shared.open.lock().unwrap() += 1;
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // An error is the end of this connection, and nothing else.
            let _ = talk(socket, &shared);
            *shared.open.lock().unwrap() -= 1;
            shared.closed.notify_all();
        });
    }
}

struct Talk<'s> {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    shared: &'s Shared,
}

fn talk(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut talk = Talk { reader: BufReader::new(socket.try_clone()?), writer: socket, shared };
    talk.answer(Verb::Greeting, "220 counting.example ESMTP")?;
    let mut recipient = String::new();
    loop {
        let line = talk.line()?;
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        match text.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => {
                let extension = if shared.pipelining.load(Ordering::SeqCst) { "PIPELINING" } else { "SIZE" };
                talk.answer(Verb::Hello, &format!("250-counting.example\r\n250-8BITMIME\r\n250 {extension}"))?;
            }
            "MAIL" => talk.answer(Verb::Mail, "250 2.1.0 ok")?,
            "RCPT" => {
                recipient = text.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                talk.answer(Verb::Recipient, "250 2.1.5 ok")?;
            }
            "DATA" => {
                talk.answer(Verb::Data, "354 go on")?;
                let bytes = talk.message()?;
                talk.tell(Verb::Dot, Side::Before)?;
                shared.taken.lock().unwrap().push(Taken { recipient: recipient.as_str().into(), bytes: bytes.into() });
                talk.tell(Verb::Dot, Side::Taken)?;
                talk.say("250 2.0.0 taken")?;
                talk.tell(Verb::Dot, Side::After)?;
            }
            "QUIT" => return talk.answer(Verb::Quit, "221 2.0.0 bye"),
            _ => talk.say("500 5.5.2 unknown command")?,
        }
    }
}

impl Talk<'_> {
    fn answer(&mut self, verb: Verb, text: &str) -> io::Result<()> {
        self.tell(verb, Side::Before)?;
        self.say(text)?;
        self.tell(verb, Side::After)
    }

    fn tell(&self, verb: Verb, side: Side) -> io::Result<()> {
        match (self.shared.hook)(verb, side) {
            Then::GoOn => Ok(()),
            Then::HangUp => Err(io::Error::other("hangs up")),
        }
    }

    fn say(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(format!("{text}\r\n").as_bytes())
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if line.last() != Some(&b'\n') => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line),
        }
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
}
