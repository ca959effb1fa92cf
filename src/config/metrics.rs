//! `[metrics]` and `[heartbeat]`: who watches from outside.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::read::{finish, set_duration, set_optional_path, set_parsed};
use crate::toml_reader::Table;
use crate::toml_reader::settings::Shape;

/// A turn does not wait for it, but the next beat does.
const HEARTBEAT_TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);

/// `[metrics]`: figures in Prometheus' text format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metrics {
    /// A file for node_exporter's textfile collector, written anew after each turn.
    pub textfile: Option<PathBuf>,
    /// Where they are served over HTTP; the loopback only, for they are nobody else's business.
    pub listen: Option<SocketAddr>,
}

/// `[heartbeat]`: a page that is asked for after real progress, so that its silence is noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// Which page; `None`: none.
    pub url: Option<Url>,
    /// How long it may take.
    pub timeout: Duration,
    /// A PEM file with a further root certificate.
    pub extra_root: Option<PathBuf>,
}

/// `https://…`, or `http://…` on the loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// Reads one; whoever knows the page's name can beat for us, so it does not travel in clear.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub fn parse(text: &str) -> Result<Self, (&'static str, &'static str)> {
        let uri: ureq::http::Uri = text.parse().map_err(|_| ("is no URL", "write https://…"))?;
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(("holds a name or a password", "name a page that needs no login"));
        }
        let is_local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => Ok(Self(text.to_owned())),
            Some("http") if is_local => Ok(Self(text.to_owned())),
            Some("http") => Err(("would travel in clear", "write https://…; http:// is for this machine itself")),
            _ => Err(("is no URL", "write https://…")),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without what makes it a secret: `https://hc.example/…`.
    pub fn masked(&self) -> String {
        let after_scheme = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[after_scheme..].find(['/', '?', '#']).map_or(self.0.len(), |at| after_scheme + at);
        let path = if end < self.0.len() { "/…" } else { "" };
        format!("{}{path}", &self.0[..end])
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { url: None, timeout: Duration::from_secs(10), extra_root: None }
    }
}

pub(in crate::config) fn read(table: &Table<'_, '_>, base: &Path, metrics: &mut Metrics) {
    set_optional_path(table, "textfile", base, &mut metrics.textfile);
    set_parsed(table, "listen", loopback, &mut metrics.listen);
    finish(table);
}

fn loopback(text: &str) -> Result<SocketAddr, (&'static str, &'static str)> {
    let address: SocketAddr = text.parse().map_err(|_| ("is no address with a port", "write 127.0.0.1:9188"))?;
    let refused = ("would tell the network", "write 127.0.0.1:9188 or [::1]:9188, and have a proxy guard it if others are to see it");
    if address.ip().is_loopback() { Ok(address) } else { Err(refused) }
}

pub(in crate::config) fn read_heartbeat(table: &Table<'_, '_>, base: &Path, heartbeat: &mut Heartbeat) {
    if let Some(given) = table.string("url") {
        match Url::parse(&given.value) {
            Ok(url) => heartbeat.url = Some(url),
            Err((reason, hint)) => table.report(table.key_span("url"), format!("`url` {reason}"), hint),
        }
    }
    table.settle("url", Shape::Text, heartbeat.url.as_ref().map(|url| url.masked().into()));
    set_duration(table, "timeout", HEARTBEAT_TIMEOUTS, &mut heartbeat.timeout);
    set_optional_path(table, "extra_root", base, &mut heartbeat.extra_root);
    finish(table);
}
