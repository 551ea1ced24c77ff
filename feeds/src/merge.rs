//! Several sources in one order.
//!
//! ```text
//!  trades --> [batch] --+
//!                       +--> least key first --> one order
//!  quotes --> [batch] --+
//! ```
//!
//! The key of an event is (time, rank of its source, venue sequence, place of its source), where time
//! is `ts_recv`, or `ts_event` where there is none; events of one source stay in the order in which
//! they stand there.
//!
//! * **Sources of a config** have ranks in their order: at equal times the one that stands first
//!   goes first.
//! * **Files of one source** share a rank: at equal times the lower venue sequence goes first (0,
//!   unknown, before all), then the file that stands first.
//!
//! Where a source steps back in time, its events are not put into another order: they count with
//! the highest key seen before them. So what comes late goes out at once, keeps nobody waiting, and
//! the merge key never decreases; each step back is counted.

mod overlaps;

use overlaps::Overlaps;
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::path::PathBuf;

/// Events taken from a source at once.
const BATCH: usize = 1024;

/// The time of an event in the order: `ts_recv`, or `ts_event` where there is none; ns since 1970.
#[must_use]
#[inline]
pub fn time(event: &MarketData) -> u64 {
    if event.header.ts_recv != 0 { event.header.ts_recv } else { event.header.ts_event }
}

/// Place of an event in the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: u64,
    rank: u32,
    sequence: u64,
    input: usize,
}

/// A file of a source.
pub struct File {
    /// Where it lies, for messages.
    pub path: PathBuf,
    /// Times (ns since 1970) outside of which it has no event; `0..u64::MAX` where unknown. It is not
    /// opened before the order has come there, nor where all of it comes before what is wanted.
    pub span: Range<u64>,
    /// Its events.
    pub source: Box<dyn Source>,
}

/// A source and what was read ahead of it.
struct Input {
    /// `None` once it is read to its end.
    source: Option<Box<dyn Source>>,
    buffer: Vec<MarketData>,
    at: usize,
    /// Highest key of this source so far.
    key: Key,
    /// Time at and after which it has no event.
    end: u64,
    /// Why it cannot be read on, once its buffer is handed out.
    failed: Option<SourceError>,
    /// What it had read when it was closed.
    report: SourceReport,
}

impl Input {
    fn report(&self) -> SourceReport {
        self.source.as_ref().map_or_else(|| self.report.clone(), |source| source.report())
    }

    /// The key of the event at the buffer's head.
    #[inline]
    fn head_key(&mut self) -> Key {
        let event = &self.buffer[self.at];
        let own = Key { time: time(event), sequence: event.venue_sequence(), ..self.key };
        self.key = self.key.max(own);
        self.key
    }

    fn close(&mut self) {
        self.report = self.report();
        self.source = None;
    }
}

/// What a merge found.
enum Next {
    /// The input has a head.
    Head(Key),
    /// Nothing there yet.
    Wait,
    /// It is done.
    End,
}

/// Merges sources into one order; see the module.
pub struct Merge {
    inputs: Vec<Input>,
    /// Inputs by the keys of their heads.
    heads: BinaryHeap<Reverse<Key>>,
    /// Inputs whose head is not known, since nothing was there when they were asked.
    waiting: Vec<usize>,
    /// Buffers of inputs that are done, for those that are yet to be opened.
    spare: Vec<Vec<MarketData>>,
    failed: Option<SourceError>,
    /// Looks for files that overlap; `None` where the inputs are sources, which may.
    overlaps: Option<Overlaps>,
}

impl Merge {
    /// Sources of a config, in its order.
    #[must_use]
    pub fn of_sources(sources: Vec<Box<dyn Source>>) -> Self {
        let ranked = sources.into_iter().enumerate();
        Self::new(ranked.map(|(rank, source)| (rank as u32, 0..u64::MAX, source)))
    }

    /// Files of one source, in its order. Those that have the same kind of events of one instrument
    /// for the same time are reported.
    #[must_use]
    pub fn of_named_files(files: Vec<File>, instruments: &Instruments) -> Self {
        let paths = files.iter().map(|file| file.path.clone()).collect();
        let mut merge = Self::new(files.into_iter().map(|file| (0, file.span, file.source)));
        merge.overlaps = Some(Overlaps::new(paths, instruments.clone()));
        merge
    }

    /// Files of one source, in its order, each with a time before which it has no event, so that it
    /// is not opened before the order has come there; 0 where unknown.
    #[must_use]
    pub fn of_files(files: Vec<(u64, Box<dyn Source>)>) -> Self {
        Self::new(files.into_iter().map(|(from, source)| (0, from..u64::MAX, source)))
    }

    fn new(sources: impl Iterator<Item = (u32, Range<u64>, Box<dyn Source>)>) -> Self {
        let mut inputs = Vec::new();
        for (input, (rank, span, source)) in sources.enumerate() {
            inputs.push(Input {
                source: Some(source),
                buffer: Vec::new(),
                at: 0,
                key: Key { time: span.start, rank, sequence: 0, input },
                end: span.end,
                failed: None,
                report: SourceReport::default(),
            });
        }
        let heads = inputs.iter().map(|input| Reverse(input.key)).collect();
        Self { inputs, heads, waiting: Vec::new(), spare: Vec::new(), failed: None, overlaps: None }
    }

    /// How many sources there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// What each source has read so far. What is read ahead is counted.
    pub fn reports(&self) -> impl Iterator<Item = SourceReport> + '_ {
        self.inputs.iter().map(Input::report)
    }

    /// Appends the next events to `batch`, at most its free capacity, and calls `run` for each run
    /// of one source: its place and the batch's length after the run. Gives whether there may be
    /// more; nothing appended and `true` means that a source has nothing yet.
    ///
    /// # Errors
    /// A source's error, at its place in the order: everything before it has been handed out.
    pub fn read_runs(
        &mut self,
        batch: &mut Vec<MarketData>,
        mut run: impl FnMut(usize, usize),
    ) -> Result<bool, SourceError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.inputs.len() == 1 {
            return self.read_only_one(batch, run);
        }
        for input in std::mem::take(&mut self.waiting) {
            self.advance(input).inspect_err(|_| self.heads.clear())?;
        }
        while batch.len() < batch.capacity() && self.waiting.is_empty() {
            let Some(Reverse(key)) = self.heads.pop() else { return Ok(false) };
            if self.inputs[key.input].buffer.is_empty() {
                self.fill(key.input);
            } else {
                let bound = self.heads.peek().map(|head| head.0);
                let before = batch.len();
                self.take_run(key.input, bound, batch);
                if let Some(overlaps) = &mut self.overlaps {
                    overlaps.look_at(key.input, &batch[before..]);
                }
                run(key.input, batch.len());
            }
            if let Err(error) = self.advance(key.input) {
                self.heads.clear();
                if batch.is_empty() {
                    return Err(error);
                }
                self.failed = Some(error);
                return Ok(true);
            }
        }
        Ok(true)
    }

    /// With one source there is nothing to put in order.
    fn read_only_one(
        &mut self,
        batch: &mut Vec<MarketData>,
        mut run: impl FnMut(usize, usize),
    ) -> Result<bool, SourceError> {
        let input = &mut self.inputs[0];
        let Some(source) = &mut input.source else { return Ok(false) };
        let before = batch.len();
        let more = source.read(batch);
        if batch.len() > before {
            run(0, batch.len());
        }
        if let Ok(true) = more {
            return Ok(true);
        }
        input.close();
        match more {
            Err(error) if batch.len() > before => {
                self.failed = Some(error);
                Ok(true)
            }
            other => other,
        }
    }

    /// Appends the events of an input that come before the bound.
    fn take_run(&mut self, input: usize, bound: Option<Key>, batch: &mut Vec<MarketData>) {
        let input = &mut self.inputs[input];
        let room = batch.capacity() - batch.len();
        let most = input.buffer.len().min(input.at + room);
        let from = input.at;
        match bound {
            None => {
                for event in &input.buffer[from..most] {
                    input.key.time = input.key.time.max(time(event));
                }
                input.at = most;
            }
            Some(bound) => {
                // The head was the least key; whoever follows must be too.
                input.at += 1;
                while input.at < most && input.head_key() < bound {
                    input.at += 1;
                }
            }
        }
        batch.extend_from_slice(&input.buffer[from..input.at]);
    }

    /// Puts an input's next head among the heads, filling its buffer where it is empty.
    fn advance(&mut self, index: usize) -> Result<(), SourceError> {
        match self.next(index)? {
            Next::Head(key) => self.heads.push(Reverse(key)),
            Next::Wait => self.waiting.push(index),
            Next::End => {}
        }
        Ok(())
    }

    fn next(&mut self, index: usize) -> Result<Next, SourceError> {
        if self.inputs[index].at >= self.inputs[index].buffer.len() {
            self.fill(index);
        }
        let input = &mut self.inputs[index];
        if input.at < input.buffer.len() {
            return Ok(Next::Head(input.head_key()));
        }
        if let Some(error) = input.failed.take() {
            input.close();
            return Err(error);
        }
        if input.source.is_some() {
            return Ok(Next::Wait);
        }
        if input.buffer.capacity() > 0 {
            self.spare.push(std::mem::take(&mut input.buffer));
        }
        Ok(Next::End)
    }

    /// Reads an input's next events; closes it where there are none any more.
    fn fill(&mut self, index: usize) {
        let input = &mut self.inputs[index];
        if input.at < input.buffer.len() || input.failed.is_some() {
            return;
        }
        let Some(source) = &mut input.source else { return };
        if input.buffer.capacity() == 0 {
            input.buffer = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(BATCH));
        }
        input.buffer.clear();
        input.at = 0;
        match source.read(&mut input.buffer) {
            Ok(true) => {}
            Err(error) => input.failed = Some(error),
            Ok(false) => input.close(),
        }
    }
}

impl Source for Merge {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        self.read_runs(batch, |_, _| {})
    }

    /// The sum of all.
    fn report(&self) -> SourceReport {
        let mut sum = SourceReport::default();
        self.reports().for_each(|one| sum.add(one));
        if let Some(overlaps) = &self.overlaps {
            sum.overlaps.extend(overlaps.sentences());
        }
        sum
    }

    /// Files that end before the time are not opened.
    fn skip_to(&mut self, time: u64) {
        for input in &mut self.inputs {
            match &mut input.source {
                Some(source) if input.end > time => source.skip_to(time),
                _ => {
                    input.close();
                    input.report.bytes_read = input.report.bytes_total;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
