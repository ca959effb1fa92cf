//! Mail into memory: what tests and simulations read back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mail::transport::{Answer, Fault, Outgoing, Refusal};

/// A mailbox in memory. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryBox {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    mails: Vec<Outgoing>,
    refusals: VecDeque<(Fault, String)>,
    /// Meets every message.
    standing: Option<(Fault, String)>,
    /// How many messages were tried.
    attempts: usize,
}

impl MemoryBox {
    /// Everything accepted so far, oldest first.
    pub fn mails(&self) -> Vec<Outgoing> {
        self.content().mails.clone()
    }

    /// Takes everything accepted since the last time out of the box, oldest first.
    pub fn take(&self) -> Vec<Outgoing> {
        std::mem::take(&mut self.content().mails)
    }

    /// Refuses one coming message with this; called several times, the refusals are used up in that order.
    pub fn refuse_next(&self, fault: Fault, text: impl Into<String>) {
        self.content().refusals.push_back((fault, text.into()));
    }

    /// Refuses every message with this from now on; `None` ends it.
    pub fn refuse_every(&self, refusal: Option<(Fault, &str)>) {
        self.content().standing = refusal.map(|(fault, text)| (fault, text.to_owned()));
    }

    /// How many messages were attempted so far.
    pub fn attempts(&self) -> usize {
        self.content().attempts
    }

    /// Keeps the message, or answers the next refusal that was asked for. What was refused as uncertain is not kept.
    pub(crate) fn deliver(&self, mail: &Outgoing) -> Answer {
        let server = "memory".to_owned();
        let mut content = self.content();
        content.attempts += 1;
        let standing = content.standing.clone();
        if let Some((fault, text)) = content.refusals.pop_front().or(standing) {
            return Answer::Refused(Refusal { fault, server, code: None, enhanced: None, text });
        }
        content.mails.push(mail.clone());
        Answer::Accepted { server, code: 250, text: "kept in memory".to_owned() }
    }

    /// A test that panicked while it held the lock leaves the content whole: every change is one push or pop.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::transport::Transport;

    #[tokio::test]
    async fn keeps_mails_and_refuses_as_asked() {
        let memory = MemoryBox::default();
        let mut courier = Transport::Memory(memory.clone()).courier();
        let mail =
            Outgoing { message_id: "<1@x>".into(), return_path: String::new(), recipient: "a@b.example".into(), bytes: b"x\r\n".to_vec() };
        memory.refuse_next(Fault::Throttled, "slower");
        let Answer::Refused(refusal) = courier.deliver(&mail).await else { panic!("accepted") };
        assert_eq!((refusal.fault, refusal.text.as_str()), (Fault::Throttled, "slower"));
        assert!(matches!(courier.deliver(&mail).await, Answer::Accepted { code: 250, .. }));
        assert_eq!(memory.mails(), [mail]);
    }
}
