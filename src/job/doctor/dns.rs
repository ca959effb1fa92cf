//! What the sender's domain tells receivers: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489). Without it mail ends up as spam.

use std::path::Path;

use lettre::message::Mailbox;

use crate::config::mail::TransportKind;
use crate::job::doctor::{Finding, Patient};
use crate::mail::dns::{self, DnsError};

pub(in crate::job::doctor) fn spf(patient: &Patient<'_>) -> Vec<Finding> {
    look(patient, |domains| {
        let domain = &domains.envelope;
        let found = starting(domains.texts(domain)?, "v=spf1");
        Ok(match &found[..] {
            [] => Finding::warning(
                format!("{domain} has no SPF record"),
                format!("have your relay's named in a TXT record of {domain}: \"v=spf1 include:… -all\""),
            ),
            [one] if one.split_whitespace().any(|term| matches!(term, "+all" | "all")) => {
                Finding::warning(format!("{domain} lets anybody send: {one}"), "end it with -all or ~all")
            }
            [one] => Finding::fine(format!("{domain}: {one}")),
            several => Finding::failed(
                format!("{domain} has {} SPF records; receivers then take none", several.len()),
                "put them together into one TXT record",
            ),
        })
    })
}

pub(in crate::job::doctor) fn dkim(patient: &Patient<'_>) -> Vec<Finding> {
    let Some(selector) = &patient.config.doctor.dkim_selector else {
        return vec![Finding::skipped(
            "the relay signs, and only it knows its selector: set [doctor] dkim_selector to have the key looked up",
        )];
    };
    look(patient, |domains| {
        let name = format!("{selector}._domainkey.{}", domains.from);
        let found = domains.texts(&name)?;
        let key = |text: &String| text.split(';').find_map(|tag| tag.trim().strip_prefix("p=").map(|key| key.trim().to_owned()));
        Ok(match found.iter().find_map(key) {
            Some(key) if key.is_empty() => Finding::failed(
                format!("{name} says that the key was withdrawn"),
                "have the relay sign with another selector, and set it here",
            ),
            Some(_) => Finding::fine(format!("{name} holds a key")),
            None => Finding::warning(format!("{name} holds no key"), "ask the relay for selector and record, and put it into the domain"),
        })
    })
}

pub(in crate::job::doctor) fn dmarc(patient: &Patient<'_>) -> Vec<Finding> {
    look(patient, |domains| {
        for domain in parents(&domains.from) {
            let found = starting(domains.texts(&format!("_dmarc.{domain}"))?, "v=dmarc1");
            match &found[..] {
                [] => {}
                [one] => return Ok(Finding::fine(format!("_dmarc.{domain}: {one}"))),
                several => {
                    return Ok(Finding::failed(
                        format!("_dmarc.{domain} has {} records; receivers then take none", several.len()),
                        "leave one of them",
                    ));
                }
            }
        }
        let domain = &domains.from;
        Ok(Finding::warning(
            format!("{domain} has no DMARC record"),
            format!("put a TXT record at _dmarc.{domain}: \"v=DMARC1; p=none; rua=mailto:…\" to begin with"),
        ))
    })
}

/// Whose records are looked at, and who is asked.
struct Domains {
    /// Of the address that readers see.
    from: String,
    /// Of the address that the mail server is told.
    envelope: String,
    servers: Vec<std::net::SocketAddr>,
}

impl Domains {
    fn texts(&self, name: &str) -> Result<Vec<String>, DnsError> {
        dns::texts(&self.servers, name)
    }
}

fn look(patient: &Patient<'_>, ask: impl Fn(&Domains) -> Result<Finding, DnsError>) -> Vec<Finding> {
    let mail = &patient.config.mail;
    if mail.transport == TransportKind::Directory {
        return vec![Finding::skipped("nothing is sent")];
    }
    let Ok(from) = mail.from.parse::<Mailbox>() else { return vec![Finding::skipped("[mail] from cannot be read")] };
    let from = from.email.domain().to_owned();
    let envelope = mail.returning.return_path.as_ref().map_or(from.clone(), |address| address.domain().to_owned());
    let servers = match patient.config.doctor.resolver {
        Some(server) => Ok(vec![server]),
        None => dns::servers(Path::new(dns::RESOLV_CONF)),
    };
    let found = servers.and_then(|servers| ask(&Domains { from, envelope, servers }));
    // Not to reach a name server says nothing about the domain.
    vec![found.unwrap_or_else(|error| Finding::skipped(error.to_string()))]
}

fn starting(texts: Vec<String>, version: &str) -> Vec<String> {
    let is = |text: &String| {
        let start = text.split([' ', ';']).next().unwrap_or_default();
        start.eq_ignore_ascii_case(version)
    };
    texts.into_iter().filter(is).collect()
}

/// The domain and those above it, down to two labels: a record further up holds for it too.
fn parents(domain: &str) -> Vec<&str> {
    let mut found = vec![domain];
    let mut rest = domain;
    while let Some((_, parent)) = rest.split_once('.').filter(|(_, parent)| parent.contains('.')) {
        found.push(parent);
        rest = parent;
    }
    found
}
