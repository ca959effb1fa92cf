//! A web server on the loopback that answers each request with one status, and remembers what was asked.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The running server.
pub struct WebServer {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

/// Whether it speaks TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    Http,
    Https,
}

impl WebServer {
    pub fn start(speaks: Speaks, statuses: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(folder.path().join("root.pem"), key.cert.pem()).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let tls = Arc::new(config.with_single_cert(vec![key.cert.der().clone()], private).unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = asked.clone();
        thread::spawn(move || {
            for (number, socket) in listener.incoming().map_while(Result::ok).enumerate() {
                let status = statuses.get(number).or(statuses.last()).unwrap();
                let request = match speaks {
                    Speaks::Http => talk(socket, status),
                    Speaks::Https => talk(StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), socket), status),
                };
                heard.lock().unwrap().extend(request);
            }
        });
        Self { port, asked, folder }
    }

    /// The first lines of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn root_pem(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }
}

/// Reads one request and answers it; `None` for who does not ask.
fn talk(mut stream: impl Read + Write, status: &str) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    write!(stream, "HTTP/1.1 {status}\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()?;
    stream.flush().ok()?;
    String::from_utf8(head).unwrap().lines().next().map(str::to_owned)
}
