//! Readers of a journal, any number, in any process.

use crate::error::Error;
use crate::format::{Check, FrameHeader, segment_name};
use crate::storage::Storage;
use crate::survey::segments;
use crate::walker::{Step, Walker, look_behind};
use pitlane::event::Slot;
use std::sync::Arc;

/// Where a reader begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// With the oldest event that is kept.
    #[default]
    Oldest,
    /// With this event.
    Sequence(u64),
    /// With the first batch appended at this time or later, ns since 1970.
    Appended(u64),
    /// With the first event whose `ts_event` is at this time or later.
    TsEvent(u64),
}

/// Some events, as they were appended together.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Sequence of the first of [`events`](Self::events).
    pub first: u64,
    /// When they were appended, ns since 1970.
    pub appended: u64,
    /// What the appender said they are.
    pub tag: u32,
    /// The events.
    pub events: &'a [Slot],
}

/// Reads batches in order, and follows the tail: where there is nothing yet it says so, and may be asked
/// again. Holds one chunk of a file in memory, or one batch where that is larger.
///
/// What it gives was *written*; whether it is durable, [`crate::Positions`] tell in the writer's process.
/// Another process sees what the machine's crash may still take back. No batch is ever seen in part.
pub struct JournalReader {
    storage: Arc<dyn Storage>,
    check: Check,
    walker: Option<Walker>,
    next: u64,
    /// All events below it must be there: a frame that was read tells so.
    floor: u64,
    misses: u64,
    searched: bool,
}

/// Misses after which a reader looks whether what is missing should be there, and again after twice as
/// many. Looking reads the rest of the segment, too much for each turn of a follower.
const PATIENCE: u64 = 64;

impl JournalReader {
    /// A reader that begins there. A sequence that is not yet written is waited for.
    ///
    /// # Errors
    /// [`Error::Gone`] for a sequence below the oldest, and what [`next`](Self::next) returns.
    pub fn open(storage: Arc<dyn Storage>, from: From) -> Result<Self, Error> {
        Self::open_with(storage, from, Check::On)
    }

    #[doc(hidden)]
    pub fn open_with(storage: Arc<dyn Storage>, from: From, check: Check) -> Result<Self, Error> {
        let all = segments(storage.as_ref())?;
        let (walker, floor, misses, searched) = (None, 0, 0, false);
        let next = all.first().copied().unwrap_or(0);
        let mut reader = Self { storage, check, walker, next, floor, misses, searched };
        match from {
            From::Oldest => {}
            From::Sequence(wanted) if wanted < next => {
                return Err(Error::Gone { wanted, oldest: next });
            }
            From::Sequence(wanted) => reader.next = wanted,
            From::Appended(time) => reader.seek(&all, time, |frame| frame.appended)?,
            From::TsEvent(time) => {
                reader.seek(&all, time, |frame| frame.ts_event)?;
                reader.skip_earlier(time)?;
            }
        }
        Ok(reader)
    }

    /// The next batch, `None` where there is none yet.
    ///
    /// # Errors
    /// [`Error::Damaged`] for what was durable and is not whole, [`Error::Lost`] once for what a repair
    /// cut out, [`Error::Gone`] for what retention took away under a slow reader.
    #[expect(clippy::should_implement_trait, reason = "a batch borrows from the reader")]
    pub fn next(&mut self) -> Result<Option<Batch<'_>>, Error> {
        self.next_until(u64::MAX)
    }

    /// The next batch if it ends at or before `limit`, such as the durable position.
    ///
    /// # Errors
    /// As for [`next`](Self::next).
    pub fn next_until(&mut self, limit: u64) -> Result<Option<Batch<'_>>, Error> {
        let Some(frame) = self.advance(limit)? else { return Ok(None) };
        let first = self.next.max(frame.first);
        self.next = frame.end();
        let events = self.walker.as_ref().map_or(&[][..], |walker| walker.events(&frame));
        let events = &events[(first - frame.first) as usize..];
        Ok(Some(Batch { first, appended: frame.appended, tag: frame.tag, events }))
    }

    /// Sequence of the next event.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Steps over the next frame with an event that was not given yet.
    fn advance(&mut self, limit: u64) -> Result<Option<FrameHeader>, Error> {
        loop {
            if self.walker.is_none() && !self.enter()? {
                return Ok(None);
            }
            let Some(walker) = &mut self.walker else { return Ok(None) };
            match walker.step()? {
                Step::Frame(frame) => {
                    self.misses = 0;
                    self.floor = self.floor.max(frame.durable);
                    if frame.end() > limit && frame.count > 0 {
                        walker.back(&frame);
                        return Ok(None);
                    }
                    if frame.end() > self.next {
                        return Ok(Some(frame));
                    }
                }
                Step::Empty if self.go_on()? => {}
                Step::Empty | Step::Broken => {
                    if !self.missing()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Opens the segment that has, or will have, the next event.
    fn enter(&mut self) -> Result<bool, Error> {
        let all = segments(self.storage.as_ref())?;
        let Some(oldest) = all.first().copied() else { return Ok(false) };
        let Some(first) = all.iter().rev().find(|first| **first <= self.next) else {
            return Err(Error::Gone { wanted: self.next, oldest });
        };
        self.walker = Walker::open(self.storage.as_ref(), *first, self.check)?;
        if self.walker.is_none() && self.floor_of(&all, *first)? > self.next {
            return Err(self.damaged(segment_name(*first), 0));
        }
        Ok(self.walker.is_some())
    }

    /// Goes on in the segment that begins where this one ends, if there is one.
    fn go_on(&mut self) -> Result<bool, Error> {
        let Some(walker) = &self.walker else { return Ok(false) };
        if walker.next == walker.header.first {
            return Ok(false);
        }
        match Walker::open(self.storage.as_ref(), walker.next, self.check) {
            Ok(Some(next)) => {
                self.walker = Some(next);
                Ok(true)
            }
            Err(Error::Io { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                Ok(false)
            }
            Ok(None) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// No whole frame stands where the next one should. True if it is worth another look.
    fn missing(&mut self) -> Result<bool, Error> {
        let Some(walker) = &self.walker else { return Ok(false) };
        let (name, at, next, first) =
            (walker.name.clone(), walker.at, walker.next, walker.header.first);
        if self.floor > next {
            return self.cut_or_damaged(name, at, next);
        }
        self.misses += 1;
        let due = self.misses >= PATIENCE && self.misses.is_power_of_two();
        if self.searched && !due {
            return Ok(false);
        }
        self.searched = true;
        let all = segments(self.storage.as_ref())?;
        if all.first().is_some_and(|oldest| *oldest > first) && next < all[0] {
            return Err(Error::Gone { wanted: next, oldest: all[0] });
        }
        let journal = Some(walker.header.journal);
        let here = look_behind(self.storage.as_ref(), &name, journal, at)?;
        let later = self.floor_of(&all, first + 1)?;
        self.floor = self.floor.max(here.durable).max(later);
        // It may have been written since; if not, the next look says that it is damaged.
        Ok(self.floor > next)
    }

    /// The end of a segment whose damaged rest was cut out by a repair, or damage.
    fn cut_or_damaged(&mut self, name: String, at: u64, next: u64) -> Result<bool, Error> {
        for first in segments(self.storage.as_ref())?.into_iter().filter(|first| *first > next) {
            let opened = Walker::open(self.storage.as_ref(), first, self.check)?;
            if let Some(later) = opened.filter(|w| first.saturating_sub(w.header.lost) == next) {
                self.walker = Some(later);
                let lost = self.next.max(next);
                self.next = self.next.max(first);
                return Err(Error::Lost { first: lost, end: first });
            }
        }
        self.next = next;
        Err(self.damaged(name, at))
    }

    fn damaged(&self, file: String, offset: u64) -> Error {
        Error::Damaged { file, offset, sequence: self.next, durable: self.floor }
    }

    /// The highest durable position that segments from `first` on tell. One that a repair began tells its
    /// own beginning.
    fn floor_of(&mut self, all: &[u64], first: u64) -> Result<u64, Error> {
        for later in all.iter().filter(|later| **later >= first) {
            let name = segment_name(*later);
            let opened = Walker::open(self.storage.as_ref(), *later, self.check)?;
            let known = self.walker.as_ref().map(|walker| walker.header.journal);
            let journal = known.or(opened.as_ref().map(|walker| walker.header.journal));
            let rest = look_behind(self.storage.as_ref(), &name, journal, 0)?;
            let begun = opened.filter(|w| w.header.lost > 0).map_or(0, |w| w.header.first);
            self.floor = self.floor.max(rest.durable).max(begun);
        }
        Ok(self.floor)
    }

    /// Goes to the first frame whose clock is at `time` or later; the clocks never run back.
    fn seek(
        &mut self,
        all: &[u64],
        time: u64,
        clock: impl Fn(&FrameHeader) -> u64,
    ) -> Result<(), Error> {
        for first in all.iter().rev() {
            let Some(mut walker) = Walker::open(self.storage.as_ref(), *first, self.check)? else {
                continue;
            };
            self.next = *first;
            if matches!(walker.step()?, Step::Frame(frame) if clock(&frame) < time) {
                break;
            }
        }
        while let Some(frame) = self.advance(u64::MAX)? {
            if clock(&frame) >= time {
                if let Some(walker) = &mut self.walker {
                    walker.back(&frame);
                }
                break;
            }
            self.next = frame.end();
        }
        Ok(())
    }

    /// Passes by the events of the next frame that are earlier.
    fn skip_earlier(&mut self, time: u64) -> Result<(), Error> {
        let Some(frame) = self.advance(u64::MAX)? else { return Ok(()) };
        if let Some(walker) = &mut self.walker {
            let events = walker.events(&frame);
            let at = events.iter().position(|event| event.header.ts_event >= time);
            self.next = frame.first + at.unwrap_or(0) as u64;
            walker.back(&frame);
        }
        Ok(())
    }
}
