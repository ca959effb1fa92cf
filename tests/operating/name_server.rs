//! A name server on the loopback that knows some texts, and nothing of everything else.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::thread;

use simple_dns::rdata::{RData, SOA, TXT};
use simple_dns::{CLASS, Name, Packet, PacketFlag, RCODE, ResourceRecord};

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Well,
    /// With everything over TCP only.
    Truncated,
    /// As resolvers without a network do: nothing exists, says nobody.
    Clueless,
    /// It cannot.
    Broken,
}

/// Runs until the test ends.
pub fn start(manner: Manner, texts: &'static [(&'static str, &'static str)]) -> SocketAddr {
    let stream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = stream.local_addr().unwrap();
    let socket = UdpSocket::bind(address).unwrap();
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let _ = socket.send_to(&answer(&question[..length], manner, texts), from);
        }
    });
    thread::spawn(move || over_tcp(&stream, texts));
    address
}

fn over_tcp(stream: &TcpListener, texts: &'static [(&'static str, &'static str)]) {
    use std::io::{Read, Write};
    for connection in stream.incoming() {
        let mut connection = connection.unwrap();
        let mut length = [0; 2];
        connection.read_exact(&mut length).unwrap();
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        connection.read_exact(&mut question).unwrap();
        let answer = answer(&question, Manner::Well, texts);
        connection.write_all(&[&u16::try_from(answer.len()).unwrap().to_be_bytes(), &answer[..]].concat()).unwrap();
    }
}

fn answer(question: &[u8], manner: Manner, texts: &'static [(&'static str, &'static str)]) -> Vec<u8> {
    let asked = Packet::parse(question).unwrap();
    let name = asked.questions[0].qname.clone();
    let mut reply = Packet::new_reply(asked.id());
    let found: Vec<_> = texts.iter().filter(|(known, _)| name.to_string() == *known).collect();
    match manner {
        Manner::Truncated => reply.set_flags(PacketFlag::TRUNCATION),
        Manner::Broken => *reply.rcode_mut() = RCODE::ServerFailure,
        Manner::Clueless => *reply.rcode_mut() = RCODE::NameError,
        Manner::Well if found.is_empty() => {
            *reply.rcode_mut() = RCODE::NameError;
            let soa = SOA {
                mname: Name::new("ns.test").unwrap(),
                rname: Name::new("beheer.test").unwrap(),
                serial: 1,
                refresh: 1,
                retry: 1,
                expire: 1,
                minimum: 1,
            };
            reply.name_servers.push(ResourceRecord::new(Name::new("test").unwrap(), CLASS::IN, 1, RData::SOA(soa)));
        }
        Manner::Well => {
            for (_, text) in found {
                let mut record = TXT::new();
                // A text longer than 255 characters stands in pieces.
                for piece in text.as_bytes().chunks(200) {
                    record.add_string(std::str::from_utf8(piece).unwrap()).unwrap();
                }
                reply.answers.push(ResourceRecord::new(name.clone(), CLASS::IN, 1, RData::TXT(record)));
            }
        }
    }
    reply.build_bytes_vec().unwrap()
}
