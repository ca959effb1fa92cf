//! `[doctor]`: what a look at the sender's domain needs to know.

use std::net::{IpAddr, SocketAddr};

use crate::config::read::{finish, set_optional, set_parsed};
use crate::toml_reader::Table;

/// `[doctor]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Doctor {
    /// Under which name the relay's DKIM key stands (RFC 6376 section 3.1).
    pub dkim_selector: Option<String>,
    /// Which name server is asked; `None`: the system's.
    pub resolver: Option<SocketAddr>,
}

pub(in crate::config) fn read(table: &Table<'_, '_>, doctor: &mut Doctor) {
    set_optional(table, "dkim_selector", &mut doctor.dkim_selector);
    set_parsed(table, "resolver", server, &mut doctor.resolver);
    finish(table);
}

fn server(text: &str) -> Result<SocketAddr, (&'static str, &'static str)> {
    let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| bare()).map_err(|_| ("is no address", "write 9.9.9.9, [2620:fe::fe]:53 or 127.0.0.1:5353"))
}
