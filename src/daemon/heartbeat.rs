//! The heartbeat: a page that is asked for after real progress and after nothing else, so that whoever hears it no more knows that mail does not leave.
//!
//! Real progress is a whole turn in which no step failed, while mail may leave: no fence, no held lane, and nothing due for longer than an
//! hour. A mail server that is away for a while is no reason for alarm, one that stays away is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use rustls::crypto::ring;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tracing::{error, info, warn};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::config::metrics::Heartbeat as Settings;
use crate::job::figures::Figures;
use crate::store::lane::LaneState;

/// How long mail may be due before its not leaving is no progress any more.
const TOO_LONG: TimeDelta = TimeDelta::hours(1);

/// Whether a turn was real progress.
pub fn is_progress(figures: &Figures, failed: usize) -> bool {
    let counts = &figures.counts;
    let is_late = counts.outlook.oldest_due.is_some_and(|since| figures.now - since > TOO_LONG);
    failed == 0 && !counts.is_held_as_copy && counts.lane.state != LaneState::Held && !is_late
}

/// Asks for the page, and remembers how that went.
#[derive(Debug, Default)]
pub struct Heartbeat {
    settings: Settings,
    agent: Option<Agent>,
    beat: Arc<Beat>,
}

#[derive(Debug, Default)]
struct Beat {
    underway: AtomicBool,
    failing: AtomicBool,
}

impl Heartbeat {
    /// Whether there is a page to ask for.
    pub fn is_wanted(&self) -> bool {
        self.agent.is_some()
    }

    /// Takes settings into use, at start and after a reload.
    pub fn configure(&mut self, settings: &Settings) {
        self.settings = settings.clone();
        self.agent = None;
        if settings.url.is_some() {
            match agent(settings) {
                Ok(agent) => self.agent = Some(agent),
                Err(reason) => error!(event = "heartbeat-refused", reason, "nobody will hear a heartbeat until it is mended and reloaded"),
            }
        }
    }

    /// Asks for the page, without anybody waiting for it. While the last one is still underway there is no other.
    pub fn beat(&self) {
        let (Some(agent), Some(url)) = (self.agent.clone(), self.settings.url.clone()) else { return };
        let beat = self.beat.clone();
        if beat.underway.swap(true, Ordering::SeqCst) {
            return;
        }
        tokio::task::spawn_blocking(move || {
            let outcome = agent.get(url.as_str()).call();
            let failed = outcome.err().map(|error| error.to_string().replace(url.as_str(), &url.masked()));
            let failed_before = beat.failing.swap(failed.is_some(), Ordering::SeqCst);
            match failed {
                Some(reason) if !failed_before => {
                    warn!(event = "heartbeat-failed", url = url.masked(), reason, "tried again after each turn")
                }
                None if failed_before => info!(event = "heartbeat-heard", url = url.masked(), "the heartbeat is heard again"),
                _ => {}
            }
            beat.underway.store(false, Ordering::SeqCst);
        });
    }
}

fn agent(settings: &Settings) -> Result<Agent, String> {
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots(settings.extra_root.as_deref())?))
        .build();
    // Who was moved elsewhere is not the one that the operator named.
    let config = Agent::config_builder().tls_config(tls).timeout_global(Some(settings.timeout)).max_redirects(0).user_agent("deadlines");
    Ok(config.build().into())
}

fn roots(extra: Option<&Path>) -> Result<Vec<Certificate<'static>>, String> {
    let mut found: Vec<CertificateDer<'static>> = rustls_native_certs::load_native_certs().certs;
    if let Some(path) = extra {
        let refused = |error: rustls_pki_types::pem::Error| format!("extra_root {}: {error}", path.display());
        let own = CertificateDer::pem_file_iter(path).map_err(refused)?.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        if own.is_empty() {
            return Err(format!("extra_root {}: no certificate in it", path.display()));
        }
        found.extend(own);
    }
    Ok(found.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
}
