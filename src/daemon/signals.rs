//! What the operating system tells the service.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::daemon::Event;
use crate::daemon::manager::Manager;

/// SIGTERM and Ctrl-C stop after the mail in hand; SIGHUP reads configuration and calendars again.
///
/// # Errors
/// When the operating system refuses to tell.
pub fn listen(events: mpsc::Sender<Event>, stop: CancellationToken, manager: Manager) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                _ = hang_up.recv() => {
                    manager.reloading();
                    let _ = events.send(Event::Reload).await;
                }
            }
        }
        manager.stopping();
        info!(event = "stopping", "stopping after the mail in hand");
        stop.cancel();
    });
    Ok(())
}
