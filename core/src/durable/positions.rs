//! How far a journal is, for any thread.

#![allow(clippy::disallowed_types, reason = "words with one writer, the recorder; read by any")]

use super::SyncPolicy;
use crate::event::EventType;
use crate::sync::{Arc, AtomicU64, Mutex, Ordering};
use crate::wait::LaneWaker;
use std::sync::PoisonError;
use std::time::Duration;

/// A word that only grows. Who reads a position finds in the journal what lies before it (Acquire and
/// Release: the file was written before the word).
#[derive(Debug, Default)]
struct Position(AtomicU64);

impl Position {
    fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    fn add(&self, more: u64) {
        self.set(self.get() + more);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// How far the recorder is, live. Clones are handles to the same words; each has one writer, and all
/// only grow. Words read together may be of slightly different moments.
#[derive(Clone, Debug)]
pub struct Durable(Arc<Words>);

#[derive(Debug)]
struct Words {
    streams: Vec<StreamWords>,
    written: Position,
    durable: Position,
    appends: Position,
    commits: Position,
    stalls: Position,
    stalled_ns: Position,
    /// Who is woken when something became durable.
    wakers: Mutex<Vec<LaneWaker>>,
    /// What readers still need.
    holds: Mutex<Vec<Arc<Position>>>,
}

#[derive(Debug)]
struct StreamWords {
    name: String,
    event: EventType,
    tag: u32,
    sync: SyncPolicy,
    seen: Position,
    written: Position,
    written_root: Position,
    durable: Position,
    durable_root: Position,
}

/// How far a stream is. Sequences are those of its ring: `durable == 5` speaks of its events 0 to 4 of
/// this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReport {
    /// Name of the stream.
    pub stream: String,
    /// Its event type.
    pub event: EventType,
    /// Its tag in the journal.
    pub tag: u32,
    /// When what is written becomes durable.
    pub sync: SyncPolicy,
    /// Events that were published, as the recorder saw it last.
    pub published: u64,
    /// Events that are written.
    pub written: u64,
    /// Events that are durable.
    pub durable: u64,
    /// Root of the last durable event, 0 for none; more events of this root may follow it.
    pub durable_root: u64,
}

impl RecordReport {
    /// Events published and not written, as the recorder saw it last.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.published.saturating_sub(self.written)
    }

    /// Events that may be acknowledged: the durable ones; with [`SyncPolicy::Os`], the written ones.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        if self.sync == SyncPolicy::Os { self.written } else { self.durable }
    }
}

/// What a recorder has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalReport {
    /// The recorded streams, in the order of reports.
    pub streams: Vec<RecordReport>,
    /// The journal's position behind what is written, events of earlier runs included.
    pub written: u64,
    /// The journal's position below which everything is durable.
    pub durable: u64,
    /// Batches appended in this run.
    pub appends: u64,
    /// Syncs in this run.
    pub commits: u64,
    /// How often the journal had no room.
    pub stalls: u64,
    /// How long it had none.
    pub stalled: Duration,
}

impl JournalReport {
    /// Events appended in this run.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.streams.iter().map(|stream| stream.written).sum()
    }

    /// Events published and not written.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.streams.iter().map(RecordReport::lag).sum()
    }
}

/// What a reader of the journal still needs: retention keeps it. Dropped, it needs nothing any more.
#[derive(Debug)]
pub struct Hold(Arc<Position>);

impl Hold {
    /// Nothing before this position is needed any more.
    pub fn release(&self, before: u64) {
        self.0.set(before);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.set(u64::MAX);
    }
}

/// A stream as the recorder knows it.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) event: EventType,
    pub(crate) tag: u32,
    pub(crate) sync: SyncPolicy,
}

impl Durable {
    /// At the beginning of a run: all that is in the journal counts as durable.
    pub(crate) fn new(streams: Vec<Recorded>, position: u64) -> Self {
        let words = |Recorded { name, event, tag, sync }| StreamWords {
            name,
            event,
            tag,
            sync,
            seen: Position::default(),
            written: Position::default(),
            written_root: Position::default(),
            durable: Position::default(),
            durable_root: Position::default(),
        };
        let streams = streams.into_iter().map(words).collect();
        let [written, durable, appends, commits, stalls, stalled_ns] = Default::default();
        let (wakers, holds) = (Mutex::default(), Mutex::default());
        let words = Words {
            streams,
            written,
            durable,
            appends,
            commits,
            stalls,
            stalled_ns,
            wakers,
            holds,
        };
        words.written.set(position);
        words.durable.set(position);
        Self(Arc::new(words))
    }

    /// The journal's position behind what is written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.0.written.get()
    }

    /// The journal's position below which everything is durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.0.durable.get()
    }

    /// How far the stream of a tag is.
    #[must_use]
    pub fn stream(&self, tag: u32) -> Option<RecordReport> {
        let streams = self.0.streams.iter();
        streams.filter(|stream| stream.tag == tag).map(StreamWords::report).next()
    }

    /// All of it.
    #[must_use]
    pub fn report(&self) -> JournalReport {
        // Durable before written, so that it is never the greater one.
        let streams = self.0.streams.iter().map(StreamWords::report).collect();
        let durable = self.durable();
        JournalReport {
            streams,
            written: self.written(),
            durable,
            appends: self.0.appends.get(),
            commits: self.0.commits.get(),
            stalls: self.0.stalls.get(),
            stalled: Duration::from_nanos(self.0.stalled_ns.get()),
        }
    }

    /// Wakes this lane from now on whenever something became written or durable.
    pub fn wake(&self, waker: LaneWaker) {
        self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
    }

    /// Keeps all from this position on from retention until it is released or dropped.
    #[must_use]
    pub fn hold(&self, position: u64) -> Hold {
        let word = Arc::new(Position::default());
        word.set(position);
        self.0.holds.lock().unwrap_or_else(PoisonError::into_inner).push(word.clone());
        Hold(word)
    }

    /// Nothing below it is held, and all below it is durable.
    pub(crate) fn needed(&self) -> u64 {
        let mut holds = self.0.holds.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|hold| hold.get() < u64::MAX);
        holds.iter().map(|hold| hold.get()).fold(self.durable(), u64::min)
    }

    pub(crate) fn note_seen(&self, stream: usize, seen: u64) {
        self.0.streams[stream].seen.set(seen);
    }

    pub(crate) fn note_append(&self, stream: usize, written: u64, root: u64, position: u64) {
        let words = &self.0.streams[stream];
        words.written_root.set(root);
        words.written.set(written);
        self.0.appends.add(1);
        self.0.written.set(position);
    }

    pub(crate) fn is_unsynced(&self, stream: usize) -> bool {
        let words = &self.0.streams[stream];
        words.durable.get() < words.written.get()
    }

    /// All that is written is durable.
    pub(crate) fn note_commit(&self, position: u64) {
        for words in &self.0.streams {
            words.durable_root.set(words.written_root.get());
            words.durable.set(words.written.get());
        }
        self.0.commits.add(1);
        self.0.durable.set(position);
    }

    pub(crate) fn note_stall(&self) {
        self.0.stalls.add(1);
    }

    pub(crate) fn note_stalled(&self, ns: u64) {
        self.0.stalled_ns.add(ns);
    }

    pub(crate) fn wake_all(&self) {
        let wakers = self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers.iter().for_each(LaneWaker::wake);
    }
}

impl StreamWords {
    fn report(&self) -> RecordReport {
        let (durable_root, durable) = (self.durable_root.get(), self.durable.get());
        let written = self.written.get();
        RecordReport {
            stream: self.name.clone(),
            event: self.event,
            tag: self.tag,
            sync: self.sync,
            // Stored before what is written of it, so it may be loaded too early.
            published: self.seen.get().max(written),
            written,
            durable,
            durable_root,
        }
    }
}
