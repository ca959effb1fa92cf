//! The mail server, as far as one comes without sending.

use crate::config::mail::TransportKind;
use crate::job::doctor::{Finding, Patient};
use crate::job::office::Office;
use crate::mail::transport::{Fault, Refusal, Seen};

pub(in crate::job::doctor) fn mail_server(patient: &Patient<'_>) -> Vec<Finding> {
    // A mail that goes into a folder makes it; to look must not.
    if patient.config.mail.transport == TransportKind::Directory {
        return vec![Finding::skipped(format!("nothing is sent: mail goes into {}", patient.config.mail.folder.display()))];
    }
    let office = match Office::for_show(patient.config) {
        Ok((office, _)) => office,
        Err(error) => return vec![Finding::skipped(format!("not asked: {error}"))],
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Finding::skipped(format!("not asked: {error}"))],
    };
    let mut courier = office.transport.courier();
    match runtime.block_on(courier.check()) {
        Ok(seen) => vec![Finding::fine(in_words(&seen))],
        Err(refusal) => vec![Finding::failed(said(&refusal), advice(refusal.fault))],
    }
}

fn in_words(seen: &Seen) -> String {
    let tls = seen.tls.as_ref().map_or("in clear, on this machine".to_owned(), |version| format!("encrypted with {version}"));
    let login = seen.authenticated.as_ref().map_or("without a login".to_owned(), |mechanism| format!("logged in with {mechanism}"));
    format!("{} answers, {tls}, {login}", seen.server)
}

fn said(refusal: &Refusal) -> String {
    let code = refusal.code.map(|code| format!("{code} ")).unwrap_or_default();
    format!("{}: {code}{}", refusal.server, refusal.text)
}

fn advice(fault: Fault) -> &'static str {
    match fault {
        Fault::Operator => "mend [mail.smtp]: host, security, username and password, or the server's certificate",
        Fault::Unreachable => "is it up, is host and port right, does a firewall stand between? Mail waits until it answers",
        _ => "it does not want mail now; deadlines send-test tells more",
    }
}
