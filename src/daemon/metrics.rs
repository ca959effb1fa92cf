//! Where the figures go: into a file for node_exporter, and to whoever asks on the loopback.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, info};

use crate::config::metrics::Metrics as Settings;
use crate::daemon::exposition;
use crate::job::figures::Figures;

/// Whoever asks says what within this, or is hung up on.
const PATIENCE: Duration = Duration::from_secs(5);

/// No request line with its headers is longer.
const LONGEST_REQUEST: usize = 8192;

/// The figures as they were printed last, and who gets them.
#[derive(Debug, Default)]
pub struct Metrics {
    settings: Settings,
    page: Arc<Mutex<String>>,
    /// Dropped, it closes the port.
    serving: Option<DropGuard>,
    /// What was wrong with the file last, so that it is said once.
    trouble: Option<String>,
}

impl Metrics {
    /// Whether anybody wants them.
    pub fn are_wanted(&self) -> bool {
        self.settings != Settings::default()
    }

    /// Takes settings into use, at start and after a reload. A port that cannot be had stops nothing.
    pub async fn configure(&mut self, settings: &Settings) {
        if settings.listen != self.settings.listen || (settings.listen.is_some() && self.serving.is_none()) {
            self.serving = None;
            if let Some(address) = settings.listen {
                self.serving = self.listen(address).await;
            }
        }
        self.settings = settings.clone();
    }

    async fn listen(&self, address: SocketAddr) -> Option<DropGuard> {
        let stop = CancellationToken::new();
        match TcpListener::bind(address).await {
            Ok(listener) => {
                info!(event = "metrics-served", %address, "figures are served");
                tokio::spawn(serve(listener, self.page.clone(), stop.clone()));
                Some(stop.drop_guard())
            }
            Err(error) => {
                error!(event = "metrics-refused", %address, %error, "figures cannot be served there; the service goes on without");
                None
            }
        }
    }

    /// Prints the figures and puts them where they are wanted.
    pub fn publish(&mut self, figures: &Figures, failed: usize) {
        let page = exposition::print(figures, failed);
        if let Some(path) = &self.settings.textfile {
            let trouble = replace(path, &page).err().map(|error| error.to_string());
            match &trouble {
                Some(reason) if self.trouble.as_ref() != Some(reason) => {
                    error!(event = "metrics-refused", textfile = %path.display(), reason, "figures cannot be written there; tried again after each turn");
                }
                None if self.trouble.is_some() => info!(event = "metrics-served", textfile = %path.display(), "figures are written again"),
                _ => {}
            }
            self.trouble = trouble;
        }
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
    }
}

/// The old page or the new one, never half of either; readable for the collector, for there is nobody's name in it.
fn replace(path: &Path, page: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    // The collector reads what ends in .prom only.
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o644).open(&draft)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(page.as_bytes())?;
    fs::rename(&draft, path)
}

async fn serve(listener: TcpListener, page: Arc<Mutex<String>>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((connection, _)) => {
                let page = page.clone();
                tokio::spawn(async move {
                    // Whoever hangs up or says nothing gets nothing.
                    let _ = timeout(PATIENCE, answer(connection, &page)).await;
                });
            }
            // Out of descriptors, for one: it passes when connections end.
            Err(_) => tokio::time::sleep(PATIENCE).await,
        }
    }
}

async fn answer(mut connection: TcpStream, page: &Mutex<String>) -> io::Result<()> {
    let request = request_line(&mut connection).await?;
    let current = || page.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (status, body) = match request.split(' ').collect::<Vec<_>>()[..] {
        ["GET" | "HEAD", "/metrics", _] => ("200 OK", current()),
        ["GET" | "HEAD", ..] => ("404 Not Found", "Figures are at /metrics.\n".to_owned()),
        _ => ("405 Method Not Allowed", "Figures are at /metrics, with GET.\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all(head.as_bytes()).await?;
    if !request.starts_with("HEAD ") {
        connection.write_all(body.as_bytes()).await?;
    }
    connection.shutdown().await
}

/// Reads the whole head, so that the other side is not cut off while it still writes, and gives its first line.
async fn request_line(connection: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > LONGEST_REQUEST || connection.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned())
}
