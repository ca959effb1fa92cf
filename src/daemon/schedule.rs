//! The scheduler: one UTC job each minute that says "tick", and nothing else.
//!
//! Due times are worked out from what the database says, never by the scheduler: it keeps the UTC offset of the day on which a job was made,
//! so a job at 07:00 in Amsterdam would go off at 08:00 after the clocks change (tokio-cron-scheduler issue 107). When the wall clock
//! jumps, its jobs can fall silent; then it is built anew.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::daemon::Event;
use crate::daemon::drift::Drift;

/// How often the wall clock is compared with the time that passed.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// Keeps a scheduler running until it is told to stop.
pub fn keep(events: mpsc::Sender<Event>, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        while !stop.is_cancelled() {
            match minutely(events.clone()).await {
                Ok(mut scheduler) => {
                    until_jump(&stop, &events).await;
                    let _ = scheduler.shutdown().await;
                }
                Err(reason) => {
                    error!(event = "scheduler-failed", %reason, "the scheduler could not be started; tried again");
                    tokio::time::sleep(CHECK_EVERY).await;
                    let _ = events.try_send(Event::Tick);
                }
            }
        }
    })
}

async fn minutely(events: mpsc::Sender<Event>) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let tick = move |_, _| {
        // A full channel means that ticks are waiting already: one more would change nothing.
        let _ = events.try_send(Event::Tick);
    };
    scheduler.add(Job::new("0 * * * * *", tick)?).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

async fn until_jump(stop: &CancellationToken, events: &mpsc::Sender<Event>) {
    let mut drift = Drift::begin();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
        if drift.jumped() {
            warn!(event = "clock-jumped", "the wall clock jumped; the scheduler is built anew");
            let _ = events.try_send(Event::Tick);
            return;
        }
    }
}
