//! What a progress bar shows.

use std::sync::{Arc, Mutex, PoisonError};

/// How far a replay is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events entered.
    pub events: u64,
    /// Most events that will be entered, where there is a limit.
    pub limit: Option<u64>,
    /// Event time of the last one, ns since 1970; 0 before the first.
    pub event_time: u64,
    /// Bytes read of `bytes_total`, as they lie on disk; renewed every few thousand events.
    pub bytes_read: u64,
    /// Bytes there are; 0 where unknown.
    pub bytes_total: u64,
    /// Nothing will be entered any more.
    pub done: bool,
}

impl Progress {
    /// How much of the whole is done, 0 to 1: of the bytes, or of the limit where that is nearer;
    /// `None` where neither is known.
    #[must_use]
    pub fn fraction(&self) -> Option<f64> {
        if self.done {
            return Some(1.0);
        }
        let part = |done: u64, all: u64| (all > 0).then(|| (done as f64 / all as f64).min(1.0));
        let bytes = part(self.bytes_read, self.bytes_total);
        let events = self.limit.and_then(|limit| part(self.events, limit));
        match (bytes, events) {
            (Some(bytes), Some(events)) => Some(bytes.max(events)),
            (bytes, events) => bytes.or(events),
        }
    }
}

/// A handle to the progress of a replay, for any thread. The replay writes it once per batch.
#[derive(Clone, Debug, Default)]
pub struct ProgressHandle(Arc<Mutex<Progress>>);

impl ProgressHandle {
    /// How far it is now.
    #[must_use]
    pub fn get(&self) -> Progress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn update(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
