//! A journal in memory, that has no room, fails or crashes when told to.

use crate::durable::{Log, LogBatch, LogError, LogReader};
use crate::event::Slot;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A [`Log`] in memory. Clones are handles to the same events.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    /// Tag and events of each append, and the position of its first.
    batches: Vec<(u64, u32, Vec<Slot>)>,
    written: u64,
    durable: u64,
    commits: u64,
    full: bool,
    failing: bool,
    gone: bool,
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

    /// The machine stops: what is appended or committed from now on fails. Gives what the next start finds: all
    /// that is durable, and of the appends behind it so many as `kept` says.
    #[must_use]
    pub fn crash(&self, kept: usize) -> Self {
        let mut state = self.lock();
        state.gone = true;
        let durable = state.batches.iter().take_while(|batch| batch.0 < state.durable).count();
        let mut left = State { batches: state.batches.clone(), ..State::default() };
        left.batches.truncate(durable + kept);
        left.written = left.batches.last().map_or(0, |batch| batch.0 + batch.2.len() as u64);
        left.durable = left.written;
        Self(Arc::new(Mutex::new(left)))
    }

    /// What was appended with a tag, in order.
    #[must_use]
    pub fn events(&self, tag: u32) -> Vec<Slot> {
        let own = self.all().into_iter().filter(|event| event.1 == tag);
        own.map(|event| event.2).collect()
    }

    /// All that was appended, each with its position and tag.
    #[must_use]
    pub fn all(&self) -> Vec<(u64, u32, Slot)> {
        let batch = |(first, tag, events): &(u64, u32, Vec<Slot>)| {
            let (first, tag) = (*first, *tag);
            events.iter().zip(first..).map(|(slot, at)| (at, tag, *slot)).collect::<Vec<_>>()
        };
        self.lock().batches.iter().flat_map(batch).collect()
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
        if state.gone {
            return Err(LogError::Failed("the machine of the log in memory has stopped".into()));
        }
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
        if state.failing || state.gone {
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
