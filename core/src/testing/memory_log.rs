//! A journal in memory, that has no room or fails when told to.

use crate::durable::{Log, LogBatch, LogError, LogReader};
use crate::event::Slot;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A [`Log`] in memory. Clones are handles to the same events.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Tag and events of each append, and the position of its first.
    batches: Vec<(u64, u32, Vec<Slot>)>,
    written: u64,
    durable: u64,
    commits: u64,
    full: bool,
    failing: bool,
}

impl MemoryLog {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on it has no room, or has room again.
    pub fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    /// From now on no commit succeeds.
    pub fn fail_commits(&self) {
        self.lock().failing = true;
    }

    /// What was appended with a tag, in order.
    #[must_use]
    pub fn events(&self, tag: u32) -> Vec<Slot> {
        let state = self.lock();
        let own = state.batches.iter().filter(|batch| batch.1 == tag);
        own.flat_map(|batch| batch.2.iter().copied()).collect()
    }

    /// The durable position.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.lock().durable
    }

    /// How often it was committed.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// A reader from a position on, which must be where a batch begins.
    #[must_use]
    pub fn reader(&self, position: u64) -> MemoryLogReader {
        MemoryLogReader { log: self.clone(), position, batch: Vec::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for MemoryLog {
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError> {
        let mut state = self.lock();
        if state.full {
            return Err(LogError::Full("the log in memory has no room".into()));
        }
        let first = state.written;
        state.batches.push((first, tag, events.to_vec()));
        state.written += events.len() as u64;
        Ok(state.written)
    }

    fn commit(&mut self) -> Result<u64, LogError> {
        let mut state = self.lock();
        if state.failing {
            return Err(LogError::Failed("a sync of the log in memory failed".into()));
        }
        state.commits += 1;
        state.durable = state.written;
        Ok(state.durable)
    }

    fn most(&self) -> usize {
        100
    }

    fn written(&self) -> u64 {
        self.lock().written
    }
}

/// Reads a [`MemoryLog`].
#[derive(Debug)]
pub struct MemoryLogReader {
    log: MemoryLog,
    position: u64,
    batch: Vec<Slot>,
}

impl LogReader for MemoryLogReader {
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError> {
        let state = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = state.batches.partition_point(|batch| batch.0 < self.position);
        let Some((first, tag, events)) = state.batches.get(at) else { return Ok(None) };
        let end = first + events.len() as u64;
        if end > limit {
            return Ok(None);
        }
        self.batch.clone_from(events);
        self.position = end;
        Ok(Some(LogBatch { first: *first, tag: *tag, appended: 0, events: &self.batch }))
    }

    fn position(&self) -> u64 {
        self.position
    }
}
