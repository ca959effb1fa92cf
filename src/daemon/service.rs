//! The service at work: what a turn does, in which order, and what those who watch hear of it.

use std::pin::pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::Config;
use crate::daemon::editions::{load_into, look_at_everyone, newer_edition, starting_edition};
use crate::daemon::manager::Manager;
use crate::daemon::observers::{InUse, Observers};
use crate::daemon::watch::Watch;
use crate::daemon::words::{Picture, words};
use crate::daemon::{DaemonError, Event, Sources, upkeep};
use crate::domain::almanac::Almanac;
use crate::job::basis::look_at_everyone_if_changed;
use crate::job::database::Database;
use crate::job::deliver::{Delivered, Round, deliver};
use crate::job::fence;
use crate::job::inbound::receive;
use crate::job::load::Edition;
use crate::job::office::Office;
use crate::job::operator_mail::{note_refused, queue_for_operator};
use crate::job::plan::plan;
use crate::job::progress::Progress;
use crate::job::prune::prune_daily;
use crate::job::spool;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::identity::Fence;

/// What a turn works with.
pub struct Service {
    sources: Sources,
    database: Database,
    almanac: Arc<Almanac>,
    /// The hash of the files that `almanac` was read from.
    calendar_hash: String,
    office: Arc<Office>,
    machine: String,
    clock: Clock,
    stop: CancellationToken,
    watch: Watch,
    manager: Manager,
    observers: Observers,
    progress: Progress,
    /// Why the configuration or the calendars in use are older ones.
    refused: Option<String>,
}

/// What a turn could not do; the log says why, and the next turn tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed(pub &'static str);

type Step = Result<(), Failed>;

impl Service {
    /// Opens the database, finds out whether it is a copy, and takes the calendars into use.
    ///
    /// # Errors
    /// [`DaemonError`].
    pub async fn new(
        sources: Sources,
        config: &Config,
        clock: Clock,
        stop: CancellationToken,
        manager: Manager,
    ) -> Result<Self, DaemonError> {
        let office = office(config)?;
        let mut store = Store::open(&config.database)?;
        upkeep::erase_again(&mut store, &config.database, clock.now());
        let machine = fence::machine(config.machine.as_deref());
        tell_fence(fence::pass(&mut store, &machine, clock.now())?);
        recover(&mut store, clock)?;
        look_at_everyone_if_changed(&mut store, &office.rules, clock.now())?;
        let database = Database::new(store);
        let (Edition { almanac, hash: calendar_hash }, refused) = starting_edition(&sources, config, &database, clock).await?;
        let mut observers = Observers::default();
        observers.configure(config).await;
        Ok(Self {
            sources,
            database,
            almanac: Arc::new(almanac),
            calendar_hash,
            office: Arc::new(office),
            machine,
            clock,
            stop,
            watch: Watch::default(),
            progress: manager.progress(),
            manager,
            observers,
            refused,
        })
    }

    /// Turns at each event, until it is told to stop.
    pub async fn turn_until_stopped(&mut self, mut inbox: mpsc::Receiver<Event>) {
        let mut waiting = None;
        while !self.stop.is_cancelled() {
            let event = match waiting.take() {
                None => tokio::select! {
                    () = self.stop.cancelled() => None,
                    event = inbox.recv() => event,
                },
                came_while_delivering => came_while_delivering,
            };
            match event {
                None => break,
                Some(Event::Reload) => self.reload().await,
                Some(Event::Tick) => {}
            }
            waiting = self.turn(&mut inbox).await;
        }
    }

    /// Each turn does, in this order:
    ///
    /// 1. take over calendars that somebody else has loaded into the database, between two rounds of delivery and never during one: what a
    ///    mail told is on record before planning asks who was told otherwise;
    /// 2. read what came in: reports, unsubscribes, answers;
    /// 3. plan for the practices with something due or changed, corrections included;
    /// 4. queue what the operator has to hear;
    /// 5. deliver what is due;
    /// 6. once a day, forget what was kept for long enough.
    ///
    /// Gives the event that came while it delivered.
    async fn turn(&mut self, inbox: &mut mpsc::Receiver<Event>) -> Option<Event> {
        let prepared = [self.take_over_calendars().await, self.receive().await, self.plan().await, self.tell_operator().await];
        let (delivered, event) = self.deliver(inbox).await;
        let failed: Vec<Failed> = prepared.into_iter().chain([delivered, self.prune().await]).filter_map(Result::err).collect();
        self.after_turn(&failed).await;
        event
    }

    /// Whoever wants to know how a turn went hears it here.
    async fn after_turn(&mut self, failed: &[Failed]) {
        self.watch.look(&self.database).await;
        let in_use = InUse { almanac: self.almanac.clone(), hash: self.calendar_hash.clone() };
        self.observers.after_turn(&self.database, in_use, failed.len(), self.clock.now()).await;
        self.manager.status(&self.picture(failed).await);
    }

    /// Does something with the store. That it came back is progress, whatever it says.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> T + Send + 'static) -> T {
        let done = self.database.run(work).await;
        self.progress.step();
        done
    }

    async fn picture(&self, failed: &[Failed]) -> String {
        let now = self.clock.now();
        let read = move |store: &mut Store| Picture::read(store, now);
        match self.work(read).await {
            Ok(picture) => words(&picture, failed, self.refused.as_deref()),
            Err(error) => format!("the database cannot be read: {error}"),
        }
    }

    async fn prune(&self) -> Step {
        let (office, now) = (self.office.clone(), self.clock.now());
        upkeep::say(self.work(move |store| prune_daily(store, &office.retention, &office.spool, now)).await)
    }

    async fn receive(&self) -> Step {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        match self.work(move |store| receive(store, &almanac, &office, now)).await {
            Err(error) => {
                error!(event = "inbound-failed", %error, "mail that came in waits in the spool; it is tried again in a minute");
                return Err(Failed("mail that came in could not be read"));
            }
            Ok(received) if received.0.is_empty() => {}
            Ok(received) => info!(event = "received", %received, "mail that came in was handled"),
        }
        Ok(())
    }

    /// `deadlines calendars load` works beside a running service: what the database holds is what counts.
    async fn take_over_calendars(&mut self) -> Step {
        let (known, now) = (self.calendar_hash.clone(), self.clock.now());
        match self.work(move |store| newer_edition(store, &known, now)).await {
            Ok(None) => {}
            Ok(Some(edition)) => {
                (self.almanac, self.calendar_hash) = (Arc::new(edition.almanac), edition.hash);
                info!(event = "calendars-loaded", "calendars were loaded by another process and are in use");
            }
            Err(error) => {
                error!(event = "calendars-refused", reason = %error, "the calendars in use stay");
                return Err(Failed("calendars could not be taken over"));
            }
        }
        Ok(())
    }

    async fn plan(&self) -> Step {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        match self.work(move |store| plan(store, &almanac, &office.rules, now)).await {
            Err(error) => {
                error!(event = "plan-failed", %error, "planning failed; it is tried again in a minute");
                return Err(Failed("planning failed"));
            }
            Ok(planned) => {
                for (practice, occurrence, last_day) in &planned.passed {
                    warn!(event = "deadline-passed", %practice, %occurrence, %last_day, "passed without a reminder");
                }
                for (practice, reason) in &planned.parked {
                    error!(event = "practice-parked", %practice, reason, "cannot be planned; tried again tomorrow");
                }
                if planned.practices > 0 {
                    let (practices, mails, corrections) = (planned.practices, planned.mails, planned.corrections);
                    info!(event = "planned", practices, mails, corrections, "planned");
                }
            }
        }
        Ok(())
    }

    async fn tell_operator(&self) -> Step {
        let (almanac, office, now) = (self.almanac.clone(), self.office.clone(), self.clock.now());
        let queued = self.work(move |store| queue_for_operator(store, &almanac, &office, now)).await;
        queued.map_err(|error| {
            error!(event = "report-failed", %error, "the operator's mail could not be queued; it is tried again in a minute");
            Failed("the operator's mail could not be queued")
        })
    }

    /// A mail may leave once it is certain that this is no copy, and what an earlier round left in the middle is known to be uncertain.
    async fn may_deliver(&self) -> Result<(), StoreError> {
        let (machine, now) = (self.machine.clone(), self.clock.now());
        let ready = move |store: &mut Store| -> Result<Option<Fence>, StoreError> {
            if store.due_mails(now, 1)?.is_empty() && !store.has_mail_in_hand()? {
                return Ok(None);
            }
            let fence = fence::pass(store, &machine, now)?;
            let work = store.begin(now)?;
            work.recover_interrupted()?;
            work.commit()?;
            Ok(fence)
        };
        tell_fence(self.work(ready).await?);
        Ok(())
    }

    async fn deliver(&self, inbox: &mut mpsc::Receiver<Event>) -> (Step, Option<Event>) {
        if let Err(error) = self.may_deliver().await {
            error!(event = "deliver-failed", %error, "nothing is sent; it is tried again in a minute");
            return (Err(Failed("delivery could not begin")), None);
        }
        let (delivered, event) = self.deliver_until_reload(inbox).await;
        match delivered {
            Err(error) => {
                error!(event = "deliver-failed", %error, "delivery stopped; it is tried again in a minute");
                return (Err(Failed("delivery stopped")), event);
            }
            Ok(done) if done.is_nothing() => {}
            Ok(done) => info!(
                event = "delivered",
                sent = done.sent,
                deferred = done.deferred,
                failed = done.failed,
                uncertain = done.uncertain,
                dropped = done.dropped,
                put_back = done.put_back,
                "delivered"
            ),
        }
        (Ok(()), event)
    }

    /// A reload does not wait for a long round: the mails in hand are finished, and the next turn goes on with the others.
    async fn deliver_until_reload(&self, inbox: &mut mpsc::Receiver<Event>) -> (Result<Delivered, StoreError>, Option<Event>) {
        let round = self.round();
        let mut delivering = pin!(deliver(&round));
        let mut came = None;
        loop {
            tokio::select! {
                delivered = &mut delivering => return (delivered, came),
                Some(event) = inbox.recv(), if came != Some(Event::Reload) => {
                    came = Some(event);
                    if event == Event::Reload {
                        round.pause.cancel();
                    }
                }
            }
        }
    }

    fn round(&self) -> Round {
        Round {
            database: self.database.clone(),
            almanac: self.almanac.clone(),
            office: self.office.clone(),
            clock: self.clock,
            stop: self.stop.clone(),
            pause: self.stop.child_token(),
            progress: self.progress.clone(),
        }
    }

    async fn reload(&mut self) {
        self.refused = self.read_again().await.err();
        match &self.refused {
            None => info!(event = "reloaded", "configuration and calendars were read again"),
            Some(reason) => {
                error!(event = "reload-refused", reason, "the old configuration and calendars stay in use");
                self.note_refused("reload", reason).await;
            }
        }
        self.manager.ready(&self.picture(&[]).await);
    }

    async fn read_again(&mut self) -> Result<(), String> {
        let config = (self.sources.config)()?;
        let office = office(&config).map_err(|error| error.to_string())?;
        let (files, origin) = (self.sources.calendars)(&config)?;
        let edition = load_into(&self.database, &config, files, origin, self.clock).await.map_err(|error| error.to_string())?;
        look_at_everyone(&self.database, self.clock).await.map_err(|error| error.to_string())?;
        (self.almanac, self.calendar_hash, self.office) = (Arc::new(edition.almanac), edition.hash, Arc::new(office));
        self.machine = fence::machine(config.machine.as_deref());
        self.manager.allow(config.mail.smtp.message_timeout);
        self.observers.configure(&config).await;
        Ok(())
    }

    /// What the log says, the operator's report says too.
    async fn note_refused(&self, what: &'static str, reason: &str) {
        let (reason, now) = (reason.to_owned(), self.clock.now());
        if let Err(error) = self.work(move |store| note_refused(store, what, &reason, now)).await {
            error!(event = "note-failed", %error, "the operator's report will not say so");
        }
    }
}

/// What the last run left in the middle is uncertain, and everybody's next day is worked out anew.
fn recover(store: &mut Store, clock: Clock) -> Result<(), StoreError> {
    let work = store.begin(clock.now())?;
    let interrupted = work.recover_interrupted()?;
    work.commit()?;
    if interrupted > 0 {
        warn!(
            event = "recovered",
            mails = interrupted,
            "mails were in hand when the service last stopped; they go again with the same Message-ID"
        );
    }
    Ok(())
}

fn tell_fence(fence: Option<Fence>) {
    if let Some(Fence { since, why }) = fence {
        error!(event = "fence", %since, why, "this looks like a restored or copied database: practices' mail is held until `deadlines outbox release --copy`");
    }
}

fn office(config: &Config) -> Result<Office, DaemonError> {
    let (office, problems) = Office::new(config).map_err(|error| DaemonError::Setup(error.to_string()))?;
    for problem in problems {
        error!(event = "template-refused", %problem, "the compiled-in template is used instead");
    }
    if let Some(reason) = office.transport.impediment() {
        error!(event = "password-missing", reason, "mail is held until there is one and the service is reloaded or restarted");
    }
    if let Err(error) = spool::prepare(&office.spool) {
        error!(event = "spool-refused", spool = %office.spool.display(), %error, "mail that comes back cannot be taken in");
    }
    Ok(office)
}
