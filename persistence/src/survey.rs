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
use crate::walker::{Rest, Step, Walker, look_behind};

/// What was found. The *end* is the first place where no whole frame stands.
#[derive(Clone, Debug, Default)]
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
    /// Counts for `verify`.
    pub(crate) frames: u64,
    pub(crate) events: u64,
    pub(crate) lost: u64,
}

/// First events of the segments there are, in order.
pub(crate) fn segments(storage: &dyn Storage) -> Result<Vec<u64>, Error> {
    let names = storage.list().map_err(Error::io("list", "the folder"))?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| first_of(name)).collect();
    firsts.sort_unstable();
    Ok(firsts)
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
        let mut survey = Self { segments, index: from, next, ..Self::default() };
        for index in from..survey.segments.len() {
            if !survey.walk(storage, index, check)? {
                break;
            }
        }
        survey.look_behind(storage)?;
        Ok(survey)
    }

    /// Walks over a segment; false where the journal cannot go on behind it.
    fn walk(&mut self, storage: &dyn Storage, index: usize, check: Check) -> Result<bool, Error> {
        let first = self.segments[index];
        let opened = Walker::open(storage, first, check)?;
        let ours = opened.filter(|w| self.journal.is_none_or(|ours| ours == w.header.journal));
        let Some(mut walker) = ours else {
            if first == self.next {
                (self.index, self.offset) = (index, 0);
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
        self.index = index;
        self.next = first;
        loop {
            let step = walker.step()?;
            self.offset = walker.at;
            let Step::Frame(frame) = step else { return Ok(step == Step::Empty) };
            self.next = frame.end();
            self.durable = self.durable.max(frame.durable);
            (self.appended, self.ts_event) = (frame.appended, frame.ts_event);
            self.frames += 1;
            self.events += u64::from(frame.count);
        }
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
