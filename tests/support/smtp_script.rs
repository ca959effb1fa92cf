//! What a connection with the test server is to suffer.

use std::sync::{Arc, Condvar, Mutex};

/// Closed until it is opened; clones are the same gate.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// Lets everybody through from now on.
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(super) fn pass(&self) {
        let closed = self.0.1.wait_while(self.0.0.lock().unwrap(), |is_open| !*is_open);
        drop(closed.unwrap());
    }
}

/// Where in the dialogue a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Greeting,
    Ehlo,
    StartTls,
    /// Instead of the TLS handshake, implicit or after STARTTLS.
    Handshake,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// After the final dot, before the reply to it.
    Final,
    /// After the reply to the final dot: the connection rests.
    Idle,
    Quit,
}

/// What happens there.
#[derive(Debug, Clone)]
pub enum Act {
    /// Says this instead of the proper answer; the line end is added.
    Answer(&'static str),
    /// Says this and closes.
    AnswerAndClose(&'static str),
    /// Says nothing more, and keeps the connection until the client closes it.
    Hang,
    /// Closes without a word. At the final dot, the message counts as not accepted.
    Close,
    /// At the final dot: accepts the message, and closes without saying so.
    AcceptAndClose,
    /// Waits for a gate to be opened, and then does what is proper.
    WaitFor(Gate),
    /// Says these bytes and goes on.
    Bytes(&'static [u8]),
}

/// How one connection goes.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) implicit_tls: bool,
    pub(super) extensions: Vec<&'static str>,
    pub(super) faults: Vec<(At, usize, Act)>,
}

impl Default for Script {
    fn default() -> Self {
        let extensions = vec!["PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN"];
        Self { implicit_tls: false, extensions, faults: Vec::new() }
    }
}

impl Script {
    /// A faultless server without TLS.
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS from the first byte.
    pub fn implicit_tls(mut self) -> Self {
        self.implicit_tls = true;
        self
    }

    /// Offers STARTTLS.
    pub fn start_tls(mut self) -> Self {
        self.extensions.push("STARTTLS");
        self
    }

    /// Offers these extensions and no others.
    pub fn offering(mut self, extensions: &[&'static str]) -> Self {
        self.extensions = extensions.to_vec();
        self
    }

    /// Does this the first time that the dialogue comes there.
    pub fn at(self, at: At, act: Act) -> Self {
        self.at_nth(1, at, act)
    }

    /// Does this the `nth` time (from 1) that the dialogue comes there.
    pub fn at_nth(mut self, nth: usize, at: At, act: Act) -> Self {
        self.faults.push((at, nth, act));
        self
    }
}
