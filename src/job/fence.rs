//! The clone fence: a restored or copied database sends nothing to practices until the operator says that it is the real one.
//!
//! Database and twin both hold a token, the machine and a counter. The counter is raised at each start **and before each round of delivery**,
//! in the database first, then in the twin, and only then is mail sent. So the database is level with its twin or one ahead (a crash
//! between the two), and a copy that was made before some mail left is behind the twin of the one that sent it: every restore that could
//! send something twice shows. The twin also knows the database by its file, which a rename keeps and a copy does not; a folder that was
//! copied or restored with twin and all shows by that.
//!
//! What goes undetected: a snapshot of a whole machine or volume that is brought back or started twice. There database, twin, machine identity and
//! file are all the same; nothing on the machine can tell. Who clones machines sets `[database] machine` anew, or keeps the copy from the network.

use std::path::Path;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::job::operator_mail::note_fence;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::identity::{Fence, Identity};
use crate::store::twin::{self, FileMark, Found, Twin};

/// Where Linux keeps the machine's identity (machine-id(5)).
const MACHINE_ID: &str = "/etc/machine-id";

/// The machine as database and twin know it: the configured name, else `/etc/machine-id`, hashed because the identity itself is nobody's business.
///
/// Empty where there is neither, as in most containers; then one machine cannot be told from another.
pub fn machine(configured: Option<&str>) -> String {
    let found = configured.map(str::to_owned).or_else(|| std::fs::read_to_string(MACHINE_ID).ok()).unwrap_or_default();
    let name = found.trim();
    if name.is_empty() || name == "uninitialized" {
        return String::new();
    }
    let mut hasher = Sha256::new();
    hasher.update(b"deadlines machine\0");
    hasher.update(name.as_bytes());
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// To be called at start and before each round of delivery: looks whether this is the real database, and raises the counter if it is.
///
/// Gives the fence where practices' mail is held; then the counter stays and the twin is not touched. A database in memory is always real.
///
/// # Errors
/// When database or twin cannot be read or written. Then nothing may be sent: a later copy could not be told.
pub fn pass(store: &mut Store, machine: &str, now: DateTime<Utc>) -> Result<Option<Fence>, StoreError> {
    let Some(path) = store.path().map(Path::to_owned) else { return Ok(None) };
    if let Some(fence) = store.fence()? {
        return Ok(Some(fence));
    }
    let found = twin::read(&path)?;
    let here = Here { machine, file: FileMark::of(&path)?, has_history: store.has_history()? };
    let identity = store.identity()?;
    match judge(identity.as_ref(), &found, &here) {
        Judgement::First => begin(store, &path, &here, now)?,
        Judgement::Real(identity, twin_is) => raise(store, &path, &here, identity, twin_is, now)?,
        Judgement::Copy(why) => {
            let work = store.begin(now)?;
            work.put_fence(why)?;
            note_fence(&work)?;
            work.commit()?;
        }
    }
    store.fence()
}

/// What a look says, without touching anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It has never run, or not since there are twins.
    New,
    /// It is the one that last ran here.
    Real,
    /// Practices' mail is held.
    Held(Fence),
    /// It will be held at the next start, and this is why.
    Copy(&'static str),
}

/// Looks whether this is the real database, and changes nothing.
///
/// # Errors
/// When database or twin cannot be read.
pub fn look(store: &Store, machine: &str) -> Result<Look, StoreError> {
    let Some(path) = store.path() else { return Ok(Look::New) };
    if let Some(fence) = store.fence()? {
        return Ok(Look::Held(fence));
    }
    let here = Here { machine, file: FileMark::of(path)?, has_history: store.has_history()? };
    Ok(match judge(store.identity()?.as_ref(), &twin::read(path)?, &here) {
        Judgement::First => Look::New,
        Judgement::Real(..) => Look::Real,
        Judgement::Copy(why) => Look::Copy(why),
    })
}

/// Makes a held database the real one: a new identity in both. `false`: it was not held.
///
/// # Errors
/// When database or twin cannot be written; then it is still held.
pub fn release(store: &mut Store, machine: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let Some(path) = store.path().map(Path::to_owned) else { return Ok(false) };
    if store.fence()?.is_none() {
        return Ok(false);
    }
    let here = Here { machine, file: FileMark::of(&path)?, has_history: true };
    begin(store, &path, &here, now)?;
    Ok(true)
}

/// What is true of this start.
struct Here<'a> {
    machine: &'a str,
    file: FileMark,
    has_history: bool,
}

#[derive(PartialEq)]
enum TwinIs {
    Level,
    OneBehind,
}

enum Judgement {
    First,
    Real(Identity, TwinIs),
    Copy(&'static str),
}

fn judge(identity: Option<&Identity>, found: &Found, here: &Here<'_>) -> Judgement {
    let Some(identity) = identity else { return judge_unknown(found, here) };
    if identity.machine != here.machine {
        return Judgement::Copy("the database last ran on another machine");
    }
    let twin = match found {
        Found::Twin(twin) => twin,
        Found::Nothing => return Judgement::Copy("the database has run before, and its twin file is not beside it"),
        Found::Garbled => return Judgement::Copy("the twin file beside the database cannot be understood"),
    };
    if twin.identity.token != identity.token || twin.identity.machine != identity.machine {
        return Judgement::Copy("the twin file belongs to another database");
    }
    if !twin.file.may_be(here.file) {
        return Judgement::Copy(
            "the database is another file than the one that last ran: copied, restored, or moved to another file system",
        );
    }
    // A crash between the two leaves the database one ahead, and nothing was sent since.
    match identity.runs.checked_sub(twin.identity.runs) {
        Some(0) => Judgement::Real(identity.clone(), TwinIs::Level),
        Some(1) => Judgement::Real(identity.clone(), TwinIs::OneBehind),
        Some(_) => Judgement::Copy("the twin file is older than the database"),
        None => Judgement::Copy("the database is older than its twin file: it was restored or copied back"),
    }
}

/// A database that never ran, or one from before there were twins.
fn judge_unknown(found: &Found, here: &Here<'_>) -> Judgement {
    match found {
        Found::Twin(twin) if twin.identity.runs > 0 && here.has_history => {
            Judgement::Copy("the database is older than its twin file: it was restored from before the last upgrade")
        }
        _ => Judgement::First,
    }
}

/// The twin first: a crash in between leaves a database without identity, which begins again, or one that is still held.
fn begin(store: &mut Store, path: &Path, here: &Here<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
    let identity = Identity { token: store.new_token()?, machine: here.machine.to_owned(), runs: 0 };
    twin::write(path, &Twin { identity: identity.clone(), file: here.file })?;
    let work = store.begin(now)?;
    work.put_identity(&identity)?;
    work.commit()
}

/// Heals the twin before it raises the database, so that this is never two ahead.
fn raise(
    store: &mut Store,
    path: &Path,
    here: &Here<'_>,
    identity: Identity,
    twin_is: TwinIs,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if twin_is == TwinIs::OneBehind {
        twin::write(path, &Twin { identity: identity.clone(), file: here.file })?;
    }
    let work = store.begin(now)?;
    let raised = work.raise_runs(identity.runs)?;
    work.commit()?;
    if !raised {
        return Ok(());
    }
    twin::write(path, &Twin { identity: Identity { runs: identity.runs + 1, ..identity }, file: here.file })
}
