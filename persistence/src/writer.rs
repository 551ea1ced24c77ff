//! The one writer of a journal.

use crate::aside::set_aside;
use crate::error::Error;
use crate::format::{FrameFacts, FrameHeader, SegmentHeader, UNIT, segment_name};
use crate::options::{JournalOptions, Recovered, Retention};
use crate::positions::Positions;
use crate::prepare::{NEXT, Preparer};
use crate::storage::{Storage, StorageFile, write_all, write_zeros};
use crate::survey::{Survey, last_sure, segments};
use crate::walker::Walker;
use bytemuck::Zeroable;
use pitlane::durable::SyncPolicy;
use pitlane::event::{SLOT_BYTES, Slot};
use std::io;
use std::sync::Arc;

/// Appends to a journal. See the crate's page for what is durable when.
///
/// Dropping it syncs nothing: what was not committed is as after a crash. [`JournalWriter::close`] ends
/// in good order.
pub struct JournalWriter {
    storage: Arc<dyn Storage>,
    options: JournalOptions,
    // Before the lock, so that it is dropped, and its thread ended, while the lock is still held.
    preparer: Preparer,
    _lock: Box<dyn Send>,
    file: Box<dyn StorageFile>,
    name: String,
    bytes: u64,
    /// Where the next frame goes, and up to where a failed write may have left something behind it.
    at: u64,
    dirty: u64,
    facts: FrameFacts,
    written: u64,
    durable: u64,
    synced_at: u64,
    positions: Positions,
    /// Segments before the current one, and names, that only a sync makes durable.
    unsynced: Vec<u64>,
    names_unsynced: bool,
    /// Whether a segment was begun since somebody asked.
    rolled: bool,
    failed: Option<(String, String)>,
    frame: Vec<Slot>,
}

impl JournalWriter {
    /// Opens the journal of a folder, or begins one. What was written and never became durable, because
    /// the machine stopped, and is not whole, is moved aside and told in [`Recovered`].
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Damaged`], [`Error::Full`], [`Error::Version`], and the system's.
    pub fn open(
        storage: Arc<dyn Storage>,
        options: JournalOptions,
    ) -> Result<(Self, Recovered), Error> {
        let options = options.rounded();
        let lock = take_lock(storage.as_ref())?;
        let found = segments(storage.as_ref())?;
        let from = last_sure(storage.as_ref(), &found, options.check)?;
        let survey = Survey::take(storage.as_ref(), found, from, options.check)?;
        survey.check()?;
        let set_aside = set_aside(storage.as_ref(), &survey)?;
        make_durable(storage.as_ref(), &survey, from)?;
        let recovered = Recovered { next: survey.next, set_aside };
        Ok((Self::resume(storage, options, lock, &survey)?, recovered))
    }

    /// A writer at the end of what a survey found, all of which is durable.
    fn resume(
        storage: Arc<dyn Storage>,
        options: JournalOptions,
        lock: Box<dyn Send>,
        survey: &Survey,
    ) -> Result<Self, Error> {
        let now = (options.clock)();
        // A number that no other journal has: stale bytes of another one are never taken for ours.
        let journal = survey.journal.unwrap_or(now ^ u64::from(std::process::id()).rotate_left(48));
        let (appended, ts_event) = (survey.appended, survey.ts_event);
        let (written, durable) = (survey.next, survey.durable);
        let facts = FrameFacts { journal, durable, appended, ts_event, ..FrameFacts::default() };
        let (bytes, ahead) = (options.segment_bytes, options.prepare_ahead);
        let synced = options.sync != SyncPolicy::Os;
        let mut preparer = Preparer::new(Arc::clone(&storage), bytes, ahead, synced);
        let kept = if survey.offset == 0 { survey.index } else { survey.index + 1 };
        let last = survey.segments[..kept.min(survey.segments.len())].last().copied();
        let opened = match last {
            Some(first) => Walker::open(storage.as_ref(), first, options.check)?,
            None => None,
        };
        let (name, bytes) = match opened {
            Some(walker) => (walker.name, walker.header.bytes),
            None => {
                let file = preparer.take()?;
                let header = SegmentHeader::new(journal, written, options.segment_bytes, now, 0);
                (begin(storage.as_ref(), file.as_ref(), &header)?, options.segment_bytes)
            }
        };
        let at = match last {
            Some(_) if survey.offset > 0 => survey.offset,
            // The segment before the one that was moved aside is full: whatever comes begins another.
            Some(_) => bytes,
            None => UNIT,
        };
        let file = storage.open(&name).map_err(Error::io("open", &name))?;
        let (synced_at, positions, unsynced) = (now, Positions::default(), Vec::new());
        let (dirty, frame, names_unsynced, failed, rolled) = (0, Vec::new(), true, None, false);
        preparer.begin();
        #[rustfmt::skip]
        let mut writer = Self {
            storage, options, preparer, _lock: lock, file, name, bytes, at, dirty, facts, written, durable,
            synced_at, positions, unsynced, names_unsynced, rolled, failed, frame,
        };
        writer.sync()?;
        writer.mark()?;
        Ok(writer)
    }

    /// Writes a batch as one frame and returns the position behind it. It is *written*: a killed process
    /// does not lose it. It is durable when a [`commit`](Self::commit) has returned a position that is
    /// not smaller. The batch is read whole or not at all, ever.
    ///
    /// # Errors
    /// After any but [`Error::SyncFailed`] and [`Error::TooLarge`] the same append may be tried again;
    /// nothing of it was appended.
    pub fn append(&mut self, events: &[Slot]) -> Result<u64, Error> {
        self.append_tagged(0, events)
    }

    /// As [`append`](Self::append), with a number that readers get with the batch, such as the id of
    /// its events' type.
    ///
    /// # Errors
    /// As for [`append`](Self::append).
    pub fn append_tagged(&mut self, tag: u32, events: &[Slot]) -> Result<u64, Error> {
        self.check()?;
        let limit = self.most();
        if events.len() > limit {
            return Err(Error::TooLarge { events: events.len(), limit });
        }
        if events.is_empty() {
            return Ok(self.written);
        }
        let bytes = (events.len() + 1) as u64 * UNIT;
        self.clean()?;
        if self.at + bytes > self.bytes {
            self.roll()?;
        }
        let latest = events.iter().map(|event| event.header.ts_event).max().unwrap_or(0);
        let ts_event = self.facts.ts_event.max(latest);
        let appended = self.facts.appended.max((self.options.clock)());
        let (first, durable) = (self.written, self.durable);
        self.write(FrameFacts { tag, first, durable, appended, ts_event, ..self.facts }, events)?;
        self.written += events.len() as u64;
        self.positions.set(self.written, self.durable);
        Ok(self.written)
    }

    /// Makes durable what the policy says and returns the durable position: everything below it is on
    /// the disk and may be acknowledged. Call it when nothing more waits to be appended, and, for
    /// [`SyncPolicy::Interval`], also when idle.
    ///
    /// # Errors
    /// [`Error::SyncFailed`], after which this writer takes no more.
    pub fn commit(&mut self) -> Result<u64, Error> {
        self.check()?;
        let due = match self.options.sync {
            SyncPolicy::Batch => true,
            SyncPolicy::Interval(interval) => {
                let since = (self.options.clock)().saturating_sub(self.synced_at);
                u128::from(since) >= interval.as_nanos()
            }
            SyncPolicy::Os => false,
        };
        if due { self.sync() } else { Ok(self.durable) }
    }

    /// Makes everything written durable, whatever the policy.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn sync(&mut self) -> Result<u64, Error> {
        self.check()?;
        if self.durable < self.written || self.names_unsynced {
            self.sync_all().or_else(|(file, cause)| self.fail(file, &cause))?;
            self.unsynced.clear();
            self.names_unsynced = false;
            self.durable = self.written;
            self.positions.set(self.written, self.durable);
        }
        if self.options.sync != SyncPolicy::Batch {
            self.synced_at = (self.options.clock)();
        }
        Ok(self.durable)
    }

    /// Notes the durable position in the journal, where no later frame tells it yet: from then on
    /// damage to the last batch, too, is known as damage. Worth a call when idle.
    ///
    /// # Errors
    /// Those of writing.
    pub fn mark(&mut self) -> Result<(), Error> {
        self.check()?;
        self.clean()?;
        if self.durable == self.written
            && self.facts.durable < self.durable
            && self.at + UNIT <= self.bytes
        {
            let (tag, first, durable) = (0, self.written, self.durable);
            self.write(FrameFacts { tag, first, durable, ..self.facts }, &[])?;
        }
        Ok(())
    }

    /// Ends in good order: everything durable, and noted as such.
    ///
    /// # Errors
    /// Those of [`sync`](Self::sync) and [`mark`](Self::mark).
    pub fn close(mut self) -> Result<u64, Error> {
        self.sync()?;
        self.mark()?;
        Ok(self.durable)
    }

    /// The position behind the last written event.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The position below which everything is on the disk.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Most events of one append.
    #[must_use]
    pub fn most(&self) -> usize {
        (self.options.segment_bytes / UNIT) as usize - 2
    }

    /// Events that still fit into the current segment, as one frame.
    pub(crate) fn room(&self) -> usize {
        ((self.bytes.saturating_sub(self.at)) / UNIT).saturating_sub(1) as usize
    }

    /// Whether a segment was begun since the last call.
    pub(crate) fn take_rolled(&mut self) -> bool {
        std::mem::take(&mut self.rolled)
    }

    /// Both positions, for other threads.
    #[must_use]
    pub fn positions(&self) -> Positions {
        self.positions.clone()
    }

    /// Removes the oldest segments that may go; returns the oldest event that is left.
    ///
    /// # Errors
    /// Those of removing.
    pub fn retain(&mut self, keep: &Retention) -> Result<u64, Error> {
        let now = (self.options.clock)();
        let oldest = crate::tend::retain(self.storage.as_ref(), keep, now)?;
        self.unsynced.retain(|first| *first >= oldest);
        Ok(oldest)
    }

    fn check(&self) -> Result<(), Error> {
        let Some((file, cause)) = &self.failed else { return Ok(()) };
        let (file, cause, durable) = (file.clone(), cause.clone(), self.durable);
        Err(Error::SyncFailed { file, cause, durable })
    }

    fn fail<T>(&mut self, file: String, cause: &io::Error) -> Result<T, Error> {
        let (cause, durable) = (cause.to_string(), self.durable);
        self.failed = Some((file.clone(), cause.clone()));
        Err(Error::SyncFailed { file, cause, durable })
    }

    fn sync_all(&self) -> Result<(), (String, io::Error)> {
        for first in &self.unsynced {
            let name = segment_name(*first);
            let file = self.storage.open(&name).map_err(|cause| (name.clone(), cause))?;
            file.sync().map_err(|cause| (name, cause))?;
        }
        self.file.sync().map_err(|cause| (self.name.clone(), cause))?;
        if self.names_unsynced {
            self.storage.sync_names().map_err(|cause| ("the folder".to_owned(), cause))?;
        }
        Ok(())
    }

    /// Writes a frame with one write, and moves on once all of it is written.
    fn write(&mut self, facts: FrameFacts, events: &[Slot]) -> Result<(), Error> {
        self.frame.clear();
        self.frame.push(Slot::zeroed());
        self.frame.extend_from_slice(events);
        FrameHeader::seal(&mut self.frame, facts);
        let end = self.at + (self.frame.len() * SLOT_BYTES) as u64;
        let bytes = bytemuck::cast_slice(&self.frame);
        if let Err(cause) = write_all(self.file.as_ref(), bytes, self.at) {
            self.dirty = end;
            return Err(Error::io("write", &self.name)(cause));
        }
        self.at = end;
        self.facts = facts;
        Ok(())
    }

    /// Wipes what a failed write may have left, before anything is written in its place.
    fn clean(&mut self) -> Result<(), Error> {
        if self.dirty > self.at {
            write_zeros(self.file.as_ref(), self.at, self.dirty)
                .map_err(Error::io("write", &self.name))?;
        }
        self.dirty = 0;
        Ok(())
    }

    /// Goes on in a new segment. The old one is synced now, or by the next sync where nobody waits.
    fn roll(&mut self) -> Result<(), Error> {
        if self.options.sync != SyncPolicy::Os {
            self.sync()?;
        }
        let file = self.preparer.take()?;
        let now = self.facts.appended.max((self.options.clock)());
        let bytes = self.options.segment_bytes;
        let header = SegmentHeader::new(self.facts.journal, self.written, bytes, now, 0);
        let name = begin(self.storage.as_ref(), file.as_ref(), &header)?;
        (self.names_unsynced, self.rolled) = (true, true);
        if self.durable < self.written {
            self.unsynced.extend(crate::format::first_of(&self.name));
        }
        (self.file, self.name, self.bytes, self.at) = (file, name, bytes, UNIT);
        self.preparer.begin();
        Ok(())
    }
}

pub(crate) fn take_lock(storage: &dyn Storage) -> Result<Box<dyn Send>, Error> {
    storage.lock().map_err(|cause| match cause.kind() {
        io::ErrorKind::WouldBlock => Error::Locked { holder: cause.to_string() },
        _ => Error::io("lock", "the folder")(cause),
    })
}

/// Makes a prepared file the segment of its header, and returns its name.
pub(crate) fn begin(
    storage: &dyn Storage,
    file: &dyn StorageFile,
    header: &SegmentHeader,
) -> Result<String, Error> {
    write_all(file, bytemuck::bytes_of(header), 0).map_err(Error::io("write", NEXT))?;
    let name = segment_name(header.first);
    storage.rename(NEXT, &name).map_err(Error::io("rename", NEXT))?;
    Ok(name)
}

/// What was read may only be in the system's cache, left there by a killed process.
pub(crate) fn make_durable(
    storage: &dyn Storage,
    survey: &Survey,
    from: usize,
) -> Result<(), Error> {
    let kept = if survey.offset == 0 { survey.index } else { survey.index + 1 };
    for first in survey.segments.iter().take(kept).skip(from.saturating_sub(1)) {
        let name = segment_name(*first);
        let file = storage.open(&name).map_err(Error::io("open", &name))?;
        file.sync().map_err(Error::io("sync", &name))?;
    }
    storage.sync_names().map_err(Error::io("sync", "the folder"))
}
