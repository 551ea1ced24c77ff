//! What a folder holds: where the journal ends, and whether that is its end or a damage.
//!
//! ```text
//!  segment 0          segment 900                    segment 1800
//!  [h|f f f f f f f]  [h|f f f x . . f(durable 1000)]  [h|f f ...]
//!                              ^ event 950 is not whole, but a later frame tells that all below
//!                                1000 were on the disk: damage. Without such a frame: the tail.
//! ```

use crate::error::Error;
use crate::format::{Check, first_of, segment_name};
use crate::storage::Storage;
use crate::walker::{Rest, Step, Walker, look_behind, search};
use std::io::ErrorKind;

/// What was found. The *end* is the first place where no whole frame stands.
#[derive(Default)]
pub(crate) struct Survey {
    /// The journal's number; `None` where no header is whole.
    pub(crate) journal: Option<u64>,
    /// First events of the segments, all of them.
    pub(crate) segments: Vec<u64>,
    /// Which of them holds the end, and where; offset 0 = even its header is not whole.
    pub(crate) index: usize,
    pub(crate) offset: u64,
    /// The sequence that should stand there.
    pub(crate) next: u64,
    /// Highest durable position and end of a frame told anywhere.
    pub(crate) durable: u64,
    pub(crate) beyond: u64,
    /// Behind the last byte in the end's segment that is not zero; 0 = nothing behind the end.
    pub(crate) trailing: u64,
    /// Clocks of the last whole frame.
    pub(crate) appended: u64,
    pub(crate) ts_event: u64,
    /// Events that repairs cut out, and whole frames by segment: for `verify`.
    pub(crate) lost: u64,
    pub(crate) tallies: Vec<Tally>,
    /// At the end; `None` where no header is whole.
    walker: Option<Walker>,
    /// The segment that is walked over next.
    following: usize,
}

/// Whole frames of a segment, and their events.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) frames: u64,
    pub(crate) events: u64,
    /// The sequence behind them.
    pub(crate) next: u64,
}

/// First events of the segments there are, in order.
pub(crate) fn segments(storage: &dyn Storage) -> Result<Vec<u64>, Error> {
    let names = storage.list().map_err(Error::io("list", "the folder"))?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| first_of(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// What is found in the segments there are; anew where retention took one of them away meanwhile.
pub(crate) fn of_those_kept<T>(
    storage: &dyn Storage,
    look: impl Fn(Vec<u64>) -> Result<T, Error>,
) -> Result<T, Error> {
    loop {
        let all = segments(storage)?;
        let oldest = all.first().copied();
        match look(all) {
            Err(Error::Io { cause, .. })
                if cause.kind() == ErrorKind::NotFound
                    && segments(storage)?.first().copied() != oldest => {}
            found => return found,
        }
    }
}

/// The last segment before which all events are known to have been durable.
pub(crate) fn last_sure(
    storage: &dyn Storage,
    segments: &[u64],
    check: Check,
) -> Result<usize, Error> {
    for (index, first) in segments.iter().enumerate().rev() {
        if let Some(mut walker) = Walker::open(storage, *first, check)?
            && let Step::Frame(frame) = walker.step()?
            && frame.durable >= *first
        {
            return Ok(index);
        }
    }
    Ok(0)
}

impl Survey {
    /// Reads the segments from `from` on.
    pub(crate) fn take(
        storage: &dyn Storage,
        segments: Vec<u64>,
        from: usize,
        check: Check,
    ) -> Result<Self, Error> {
        let next = segments.get(from).copied().unwrap_or(0);
        let tallies = segments.iter().map(|first| Tally { next: *first, ..Tally::default() });
        let (tallies, index, following) = (tallies.collect(), from, from);
        let mut survey = Self { segments, index, following, next, tallies, ..Self::default() };
        survey.walk(storage, check)?;
        survey.look_behind(storage)?;
        if survey.check().is_err() {
            // A writer may have appended it between the two looks.
            survey.walk(storage, check)?;
        }
        Ok(survey)
    }

    /// Walks from the end, as it was known, as far as frames are whole.
    fn walk(&mut self, storage: &dyn Storage, check: Check) -> Result<(), Error> {
        while self.step_to_end()? && self.enter(storage, check)? {}
        Ok(())
    }

    /// Walks over a segment; false where the journal cannot go on behind it.
    fn step_to_end(&mut self) -> Result<bool, Error> {
        let Some(walker) = &mut self.walker else { return Ok(true) };
        loop {
            let step = walker.step()?;
            self.offset = walker.at;
            let Step::Frame(frame) = step else { return Ok(step == Step::Empty) };
            self.next = frame.end();
            self.durable = self.durable.max(frame.durable);
            (self.appended, self.ts_event) = (frame.appended, frame.ts_event);
            let tally = &mut self.tallies[self.index];
            tally.frames += 1;
            tally.events += u64::from(frame.count);
            tally.next = self.next;
        }
    }

    /// Goes on to the following segment, if it is one that goes on here.
    fn enter(&mut self, storage: &dyn Storage, check: Check) -> Result<bool, Error> {
        let Some(first) = self.segments.get(self.following).copied() else { return Ok(false) };
        let opened = Walker::open(storage, first, check)?;
        let ours = opened.filter(|w| self.journal.is_none_or(|ours| ours == w.header.journal));
        let Some(walker) = ours else {
            if first == self.next {
                (self.index, self.offset, self.walker) = (self.following, 0, None);
            }
            return Ok(false);
        };
        // The first segment of all may be one that a repair began: what it lost is not here to miss.
        let lost = if self.journal.is_some() { walker.header.lost } else { 0 };
        if first.saturating_sub(lost) != self.next {
            return Ok(false);
        }
        self.lost += lost;
        self.journal = Some(walker.header.journal);
        (self.index, self.next, self.walker) = (self.following, first, Some(walker));
        self.following += 1;
        Ok(true)
    }

    /// Searches what lies behind the end for frames that were written after more was durable.
    fn look_behind(&mut self, storage: &dyn Storage) -> Result<(), Error> {
        let Some(first) = self.segments.get(self.index) else { return Ok(()) };
        let rest = look_behind(storage, &segment_name(*first), self.journal, self.offset)?;
        self.trailing = rest.end;
        self.note(rest);
        for index in self.index + 1..self.segments.len() {
            let name = segment_name(self.segments[index]);
            self.note(look_behind(storage, &name, self.journal, 0)?);
        }
        self.beyond = self.beyond.max(self.next).max(self.durable);
        Ok(())
    }

    fn note(&mut self, rest: Rest) {
        self.durable = self.durable.max(rest.durable);
        self.beyond = self.beyond.max(rest.sequence);
    }

    /// Goes over what is not whole to the next frame or segment that is, and walks on from there. Returns how many
    /// bytes are not whole, and the sequence behind them; `None` where nothing whole follows.
    pub(crate) fn leap(
        &mut self,
        storage: &dyn Storage,
        check: Check,
    ) -> Result<(u64, Option<u64>), Error> {
        let (start, next) = (self.offset, self.next);
        let Some(first) = self.segments.get(self.index).copied() else { return Ok((0, None)) };
        let mut found = None;
        let end = search(storage, &segment_name(first), self.journal, start, |place, frame| {
            found = (frame.first >= next).then_some((place, frame));
            found.is_none()
        })?;
        self.following = self.index + 1;
        let (bytes, landed) = match found {
            Some((place, frame)) => {
                let walker = Walker::headless(storage, first, (place, frame), check)?;
                (self.journal, self.next) = (Some(frame.journal), frame.first);
                (self.offset, self.walker) = (place, Some(walker));
                (place - start, true)
            }
            None => (end.saturating_sub(start), self.leap_to_segment(storage, check)?),
        };
        let landing = landed.then_some(self.next);
        if landed {
            self.walk(storage, check)?;
        }
        Ok((bytes, landing))
    }

    /// Goes to the next segment, whatever should have come before it; to its beginning, where even its header is
    /// not whole. False where there is none.
    fn leap_to_segment(&mut self, storage: &dyn Storage, check: Check) -> Result<bool, Error> {
        let Some(first) = self.segments.get(self.following).copied() else { return Ok(false) };
        let opened = Walker::open(storage, first, check)?;
        let ours = opened.filter(|w| self.journal.is_none_or(|ours| ours == w.header.journal));
        let before = ours.map_or(first, |w| first.saturating_sub(w.header.lost));
        self.next = self.next.max(before);
        (self.index, self.offset, self.walker) = (self.following, 0, None);
        Ok(true)
    }

    /// An error if what is missing at the end had been durable.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.durable <= self.next {
            return Ok(());
        }
        let file = segment_name(self.segments[self.index]);
        let (offset, sequence, durable) = (self.offset, self.next, self.durable);
        Err(Error::Damaged { file, offset, sequence, durable })
    }
}
