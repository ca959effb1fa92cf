//! The store, shared between tasks. SQLite blocks, so the work is done on a thread that may.

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Store;

/// A store that several tasks may use, one at a time.
#[derive(Debug, Clone)]
pub struct Database(Arc<Mutex<Store>>);

impl Database {
    /// Shares a store.
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Does something with the store, on a thread that may block.
    pub fn with<T>(&self, work: impl FnOnce(&mut Store) -> T) -> T {
        // A panic elsewhere cannot leave a half-done transaction behind: it was rolled back when it was dropped.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does something with the store, off the asynchronous threads.
    ///
    /// # Panics
    /// When `work` panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Store) -> T + Send + 'static) -> T {
        let shared = self.clone();
        let done = tokio::task::spawn_blocking(move || shared.with(work));
        match done.await {
            Ok(value) => value,
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
}
