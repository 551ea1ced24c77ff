//! The recorder's loop.

use super::{Durable, Log, LogError, OnJournalFull, SyncPolicy};
use crate::error::codes;
use crate::ring::Reader;
use crate::stage::{Fault, fault_of_panic};
use crate::sync::Arc;
use crate::topology::{Shared, StageFault};
use crate::wait::{Bed, Wait, Waiter, wake_all};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A stream that is recorded.
pub(crate) struct RecordedStream {
    pub(crate) reader: Reader,
    pub(crate) name: String,
    pub(crate) tag: u32,
    pub(crate) sync: SyncPolicy,
    /// When its first event that no sync has reached was appended; kept for intervals alone.
    pub(crate) unsynced: Option<Instant>,
}

/// Reads the recorded streams and appends what it finds; see the folder's page.
pub(crate) struct Recorder {
    log: Box<dyn Log>,
    on_full: OnJournalFull,
    streams: Vec<RecordedStream>,
    durable: Durable,
    bed: Bed,
    /// Lanes that may sleep until it has made room.
    neighbours: Vec<Bed>,
    shared: Arc<Shared>,
    /// Since when the log has had no room.
    stalled: Option<Instant>,
    /// Whether something was appended since the last tending, and when that was.
    untended: bool,
    tended: Instant,
    /// The greatest root it has appended.
    root: u64,
}

/// How soon a log that had no room is asked again.
const RETRY: Duration = Duration::from_millis(10);

/// How often a busy log is tended.
const TEND: Duration = Duration::from_secs(1);

impl Recorder {
    pub(crate) fn new(
        log: Box<dyn Log>,
        on_full: OnJournalFull,
        streams: Vec<RecordedStream>,
        durable: Durable,
        bed: Bed,
        neighbours: Vec<Bed>,
        shared: Arc<Shared>,
    ) -> Self {
        let (stalled, untended, tended, root) = (None, false, Instant::now(), 0);
        #[rustfmt::skip]
        let recorder = Self {
            log, on_full, streams, durable, bed, neighbours, shared, stalled, untended, tended, root,
        };
        recorder
    }

    /// Records until its streams are closed, or the topology ends and nothing more comes. A failure
    /// halts the topology.
    pub(crate) fn run(&mut self) {
        self.bed.claim();
        let ended = catch_unwind(AssertUnwindSafe(|| self.record_all()));
        let result = ended.unwrap_or_else(|panic| Err(fault_of_panic(panic)));
        if let Err(fault) = result {
            self.fail(fault);
            // What was appended may still become durable; a log that failed says no.
            if let Ok(position) = self.log.close() {
                self.note_commit(position);
            }
        }
        self.durable.wake_all();
        wake_all(&self.neighbours);
    }

    fn record_all(&mut self) -> Result<(), Fault> {
        let mut waiter = Waiter::new(Wait::Park, self.bed.clone());
        while !self.is_over() {
            if self.cycle()? {
                waiter.reset();
            } else {
                waiter.idle(self.may_rest());
            }
        }
        self.log.close().map_err(|error| failure(&error))?;
        self.note_commit(self.log.written());
        // What was only kept for this run may go.
        self.tend(false)?;
        let left = |stream: &&RecordedStream| stream.reader.lag() > 0;
        match self.streams.iter().find(left) {
            None => Ok(()),
            Some(RecordedStream { name, reader, .. }) => Err(Fault::new(format!(
                "{} events of `{name}` are not in the journal, which had no room until the end",
                reader.lag()
            ))
            .coded(codes::JOURNAL_FULL)),
        }
    }

    /// Appends what there is, syncs what is due. Gives whether anything moved.
    fn cycle(&mut self) -> Result<bool, Fault> {
        let (mut moved, mut full) = (false, None);
        for number in 0..self.streams.len() {
            let before = self.streams[number].reader.sequence();
            match self.take(number) {
                Ok(()) => {}
                Err(LogError::Full(why)) => full = Some(why),
                Err(error) => return Err(failure(&error)),
            }
            moved |= self.streams[number].reader.sequence() > before;
            if full.is_some() {
                break;
            }
        }
        if moved {
            wake_all(&self.neighbours);
            if self.streams.iter().any(|stream| stream.sync == SyncPolicy::Os) {
                self.durable.wake_all();
            }
        }
        match full {
            Some(why) => self.stall(why)?,
            None if moved => self.go_on(),
            None => {}
        }
        let committed = self.commit_if_due()?;
        self.tend(moved)?;
        Ok(moved || committed)
    }

    /// Appends what a stream has, in as few frames as may be.
    fn take(&mut self, number: usize) -> Result<(), LogError> {
        let Self { log, streams, durable, root: last, untended, .. } = self;
        let RecordedStream { reader, tag, sync, unsynced, .. } = &mut streams[number];
        let mut batch = reader.poll(usize::MAX);
        let (all, sequence) = (batch.len(), batch.sequence());
        durable.note_seen(number, sequence + all as u64);
        while !batch.is_empty() {
            let (first, _) = batch.slices();
            let piece = &first[..first.len().min(log.most())];
            let (count, root) = (piece.len(), piece[piece.len() - 1].header.root);
            let position = log.append(*tag, piece)?;
            batch.release(count);
            let written = sequence + (all - batch.len()) as u64;
            durable.note_append(number, written, root, position);
            *last = (*last).max(root);
            *untended = true;
            if matches!(sync, SyncPolicy::Interval(_)) && unsynced.is_none() {
                *unsynced = Some(Instant::now());
            }
        }
        Ok(())
    }

    fn commit_if_due(&mut self) -> Result<bool, Fault> {
        let is_due = |number: usize, stream: &RecordedStream| match stream.sync {
            SyncPolicy::Batch => self.durable.is_unsynced(number),
            SyncPolicy::Interval(longest) => {
                stream.unsynced.is_some_and(|since| since.elapsed() >= longest)
            }
            SyncPolicy::Os => false,
        };
        let mut streams = self.streams.iter().enumerate();
        if !streams.any(|(number, stream)| is_due(number, stream)) {
            return Ok(false);
        }
        let position = self.log.commit().map_err(|error| failure(&error))?;
        self.note_commit(position);
        Ok(true)
    }

    fn note_commit(&mut self, position: u64) {
        self.streams.iter_mut().for_each(|stream| stream.unsynced = None);
        self.durable.note_commit(position);
        self.durable.wake_all();
    }

    /// How long it may sleep unless it is woken.
    fn may_rest(&self) -> Duration {
        let due = |stream: &RecordedStream| match (stream.sync, stream.unsynced) {
            (SyncPolicy::Interval(longest), Some(since)) => {
                Some(longest.saturating_sub(since.elapsed()))
            }
            _ => None,
        };
        let retry = self.stalled.map(|_| RETRY);
        self.streams.iter().filter_map(due).chain(retry).min().unwrap_or(Duration::MAX)
    }

    /// Rare work: when it has come to rest, and once a second while it does not.
    fn tend(&mut self, moved: bool) -> Result<(), Fault> {
        if !self.untended || self.stalled.is_some() {
            return Ok(());
        }
        if moved && self.tended.elapsed() < TEND {
            return Ok(());
        }
        self.untended = false;
        self.tended = Instant::now();
        match self.log.tend(self.durable.needed()) {
            // It is for another time.
            Ok(()) | Err(LogError::Full(_)) => Ok(()),
            Err(error) => Err(failure(&error)),
        }
    }

    /// The log has no room: halts, or keeps its place, by policy.
    #[cold]
    fn stall(&mut self, why: String) -> Result<(), Fault> {
        if self.on_full == OnJournalFull::Halt {
            return Err(Fault::new(format!(
                "{why}; `on_journal_full: block` would hold the topology back until there is room"
            ))
            .coded(codes::JOURNAL_FULL));
        }
        if self.stalled.is_none() {
            tracing::warn!("the topology waits: {why}");
            self.durable.note_stall();
            self.stalled = Some(Instant::now());
        }
        Ok(())
    }

    /// There was room.
    fn go_on(&mut self) {
        if let Some(since) = self.stalled.take() {
            tracing::warn!("the journal has room again; the topology goes on");
            let waited = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.durable.note_stalled(waited);
        }
    }

    /// Whether nothing more will come, or can be taken.
    fn is_over(&self) -> bool {
        let all = |is: fn(&RecordedStream) -> bool| self.streams.iter().all(is);
        if all(|stream| stream.reader.is_finished()) {
            return true;
        }
        // Lanes that were halted do not close their streams; but they do not write any more either.
        let (halted, stalled) = (self.shared.is_halted(), self.stalled.is_some());
        self.shared.lanes_have_ended()
            && (all(|stream| stream.reader.lag() == 0) || halted && stalled)
    }

    fn fail(&self, fault: Fault) {
        let (stage, root, event) = ("journal".to_owned(), self.root, None);
        self.shared.fail(StageFault { stage, root, event, fault });
    }
}

fn failure(error: &LogError) -> Fault {
    Fault::new(error.to_string()).coded(codes::JOURNAL_FAILED)
}
