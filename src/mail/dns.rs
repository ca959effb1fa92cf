//! Asking the name service for texts (RFC 1035), as far as a look at a sender's domain needs it: one question, one answer.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};

/// How long one server may take for one question.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often one server is asked: UDP loses packets.
const TRIES: usize = 2;

/// The largest answer over UDP without extensions (RFC 1035 section 4.2.1), with room for servers that do not care.
const UDP_BYTES: usize = 4096;

/// Where the system keeps its name servers (resolv.conf(5)).
pub const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Why there is no answer. A name without texts is an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DnsError {
    /// Nobody to ask, or nobody who answers.
    #[error("no name server can be reached: {0}")]
    NotReachable(String),
    /// A server that answers, but not this question.
    #[error("the name server cannot tell: {0}")]
    CannotTell(String),
    /// A name that is none.
    #[error("\"{0}\" is no domain name")]
    Name(String),
}

/// The name servers of a `resolv.conf`, in order.
///
/// # Errors
/// When it cannot be read or names none.
pub fn servers(resolv_conf: &Path) -> Result<Vec<SocketAddr>, DnsError> {
    let said = std::fs::read_to_string(resolv_conf).map_err(|error| not_reachable(format!("{}: {error}", resolv_conf.display())))?;
    let address = |line: &str| line.strip_prefix("nameserver")?.split_whitespace().next()?.parse::<IpAddr>().ok();
    let found: Vec<SocketAddr> = said.lines().filter_map(address).map(|address| SocketAddr::new(address, 53)).collect();
    if found.is_empty() { Err(not_reachable(format!("{} names none", resolv_conf.display()))) } else { Ok(found) }
}

/// The texts that a name has, each put together; none where the name does not exist.
///
/// # Errors
/// When no server could answer.
pub fn texts(servers: &[SocketAddr], name: &str) -> Result<Vec<String>, DnsError> {
    let ascii = idna::domain_to_ascii(name).map_err(|_| DnsError::Name(name.to_owned()))?;
    let (id, question) = question(&ascii).ok_or_else(|| DnsError::Name(name.to_owned()))?;
    let mut last = not_reachable("there is none to ask".to_owned());
    for server in servers.iter().flat_map(|server| [server; TRIES]) {
        match ask(*server, &question).and_then(|answer| read(&answer, id)) {
            Err(error @ DnsError::NotReachable(_)) => last = error,
            settled => return settled,
        }
    }
    Err(last)
}

fn not_reachable(why: String) -> DnsError {
    DnsError::NotReachable(why)
}

fn question(name: &str) -> Option<(u16, Vec<u8>)> {
    // Keyed with chance by the operating system.
    let id = u16::try_from(RandomState::new().build_hasher().finish() & 0xFFFF).ok()?;
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(Name::new(name).ok()?, TYPE::TXT.into(), CLASS::IN.into(), false));
    Some((id, packet.build_bytes_vec().ok()?))
}

fn ask(server: SocketAddr, question: &[u8]) -> Result<Vec<u8>, DnsError> {
    let failed = |error: std::io::Error| not_reachable(format!("{server}: {error}"));
    let answer = over_udp(server, question).map_err(failed)?;
    let truncated = simple_dns::header_buffer::has_flags(&answer, PacketFlag::TRUNCATION).unwrap_or_default();
    if truncated { over_tcp(server, question).map_err(failed) } else { Ok(answer) }
}

fn over_udp(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(server)?;
    socket.send(question)?;
    let mut answer = vec![0; UDP_BYTES];
    let length = socket.recv(&mut answer)?;
    answer.truncate(length);
    Ok(answer)
}

/// Each message with its length before it (RFC 1035 section 4.2.2).
fn over_tcp(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
    stream.write_all(&[&length.to_be_bytes(), question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn read(answer: &[u8], id: u16) -> Result<Vec<String>, DnsError> {
    let packet = Packet::parse(answer).map_err(|error| DnsError::CannotTell(format!("its answer cannot be read ({error:?})")))?;
    if packet.id() != id {
        return Err(not_reachable("an answer to another question came".to_owned()));
    }
    match packet.rcode() {
        RCODE::NoError | RCODE::NameError => {}
        other => return Err(DnsError::CannotTell(format!("{other:?}"))),
    }
    let text = |data: RData<'_>| match data {
        RData::TXT(text) => String::try_from(text).ok(),
        _ => None,
    };
    let vouched = packet.name_servers.iter().any(|record| matches!(record.rdata, RData::SOA(_)));
    let found: Vec<String> = packet.answers.into_iter().filter_map(|record| text(record.rdata)).collect();
    if found.is_empty() && !vouched {
        return Err(DnsError::CannotTell("it says that there is nothing, and not who says so (RFC 2308)".to_owned()));
    }
    Ok(found)
}
