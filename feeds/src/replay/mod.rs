//! Sources as the input of a topology: one order, a window, a limit, a pace.
//!
//! ```text
//!  sources --> Merge --> from, to, limit --> pace --> Entry::enter, in batches
//!                             |
//!                        ProgressHandle: for a progress bar, from any thread
//! ```
//!
//! *Event time* is the running maximum of the merge key's time (see [`Merge`]), so it never steps
//! back; `from`, `to` and the pace go by it.

mod pace;
mod progress;

pub use pace::Pace;
pub use progress::{Progress, ProgressHandle};

use crate::error::about;
use crate::merge::{self, Merge};
use pace::Pacer;
use pitlane::event::{Event, MarketData, Slot};
use pitlane::source::{Source, SourceError, SourceReport};
use pitlane::topology::{Entry, Flow, Input, Port};
use std::time::{Duration, Instant};

/// Events decoded before they are entered.
const BATCH: usize = 1024;

/// Polls between two looks at the sources' reports.
const REPORT_EVERY: u32 = 64;

/// How long to wait where a source has nothing yet.
const NOTHING_YET: Duration = Duration::from_micros(100);

/// What of the sources is entered, and how fast.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplayOptions {
    /// Event time, ns since 1970, before which events are left out.
    pub from: Option<u64>,
    /// Event time, ns since 1970, at which the replay ends; no event at or after it is entered.
    pub to: Option<u64>,
    /// Most events entered.
    pub limit: Option<u64>,
    /// How fast.
    pub pace: Pace,
}

/// A run of one source in the batch.
#[derive(Clone, Copy)]
struct Run {
    source: usize,
    /// One past its last event.
    end: usize,
}

/// Enters the events of sources into a topology in one order. See the module.
///
/// Allocates when it is built, for its buffers, and nothing per event.
pub struct Replay {
    names: Vec<String>,
    merge: Merge,
    options: ReplayOptions,
    ports: Vec<Port>,
    batch: Vec<MarketData>,
    runs: Vec<Run>,
    /// Place in the batch of the next event to enter, and in the runs of its run.
    at: usize,
    run: usize,
    /// One past the last event of the batch that may enter.
    end: usize,
    /// Nothing comes after the batch.
    last: bool,
    failed: Option<SourceError>,
    event_time: u64,
    entered: u64,
    pacer: Pacer,
    polls: u32,
    progress: ProgressHandle,
}

impl Replay {
    /// A replay of sources, each by the name that topologies know it by; their order decides where
    /// times are equal.
    #[must_use]
    pub fn new(sources: Vec<(String, Box<dyn Source>)>, options: ReplayOptions) -> Self {
        let start = Instant::now();
        let clock = move || u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Self::with_clock(sources, options, Box::new(clock))
    }

    /// As [`Replay::new`], with a clock of one's own for the pace: ns since any moment, never
    /// stepping back.
    #[must_use]
    pub fn with_clock(
        sources: Vec<(String, Box<dyn Source>)>,
        options: ReplayOptions,
        clock: Box<dyn FnMut() -> u64 + Send>,
    ) -> Self {
        let (names, sources): (Vec<_>, Vec<_>) = sources.into_iter().unzip();
        let mut replay = Self {
            names,
            merge: Merge::of_sources(sources),
            ports: Vec::new(),
            batch: Vec::with_capacity(BATCH),
            runs: Vec::with_capacity(BATCH),
            at: 0,
            run: 0,
            end: 0,
            last: false,
            failed: None,
            event_time: 0,
            entered: 0,
            pacer: Pacer::new(options.pace, clock),
            polls: 0,
            progress: ProgressHandle::default(),
            options,
        };
        replay.look_at_reports();
        replay
    }

    /// What a progress bar shows, from any thread.
    #[must_use]
    pub fn progress(&self) -> ProgressHandle {
        self.progress.clone()
    }

    /// What each source has read, by its name.
    #[must_use]
    pub fn reports(&self) -> Vec<(String, SourceReport)> {
        self.names.iter().cloned().zip(self.merge.reports()).collect()
    }

    /// Events entered so far.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.entered
    }

    fn find_ports(&mut self, entry: &dyn Entry) -> Result<(), SourceError> {
        for name in &self.names[self.ports.len()..] {
            let port = entry.port(name, MarketData::TYPE).ok_or_else(|| {
                let message = format!("no route takes MarketData of the source `{name}`");
                about(message, "route it, or leave the source out").coded(crate::codes::NOT_ROUTED)
            })?;
            self.ports.push(port);
        }
        Ok(())
    }

    /// Reads the next batch and finds the part of it that may enter.
    fn read(&mut self) -> Result<(), SourceError> {
        self.batch.clear();
        self.runs.clear();
        (self.at, self.run, self.end) = (0, 0, 0);
        if let Some(error) = self.failed.take() {
            self.last = true;
            return Err(error);
        }
        let runs = &mut self.runs;
        match self.merge.read_runs(&mut self.batch, |source, end| runs.push(Run { source, end })) {
            Ok(more) => self.last = !more,
            Err(error) if self.batch.is_empty() => {
                self.last = true;
                return Err(error);
            }
            Err(error) => self.failed = Some(error),
        }
        self.end = self.batch.len();
        self.apply_window();
        if let Some(limit) = self.options.limit {
            let left = limit - self.entered.min(limit);
            if (self.end - self.at) as u64 >= left {
                self.end = self.at + left as usize;
                self.stop_here();
            }
        }
        Ok(())
    }

    /// Moves the bounds of the batch to `from` and `to`.
    fn apply_window(&mut self) {
        if let Some(from) = self.options.from {
            while self.event_time < from && self.at < self.end {
                let time = merge::time(&self.batch[self.at]);
                if time >= from {
                    break;
                }
                self.event_time = self.event_time.max(time);
                self.at += 1;
            }
        }
        let Some(to) = self.options.to else { return };
        let reached = self.batch[self.at..self.end].iter().position(|e| merge::time(e) >= to);
        if let Some(reached) = reached {
            self.end = self.at + reached;
            self.stop_here();
        }
    }

    /// What comes after the batch's end is not wanted, errors included.
    fn stop_here(&mut self) {
        self.last = true;
        self.failed = None;
    }

    /// Enters what is due and has room. `Some` where it must wait for its time.
    fn enter(&mut self, entry: &mut dyn Entry) -> Option<Duration> {
        while self.at < self.end {
            while self.runs[self.run].end <= self.at {
                self.run += 1;
            }
            let Run { source, end } = self.runs[self.run];
            let run = &self.batch[self.at..end.min(self.end)];
            let (due, wait) = self.pacer.due(run, self.event_time);
            let slots: &[Slot] = bytemuck::cast_slice(&run[..due]);
            let taken = if due == 0 { 0 } else { entry.enter(self.ports[source], slots) };
            for event in &run[..taken] {
                self.event_time = self.event_time.max(merge::time(event));
            }
            self.at += taken;
            self.entered += taken as u64;
            if taken < due {
                return None;
            }
            if wait.is_some() {
                return wait;
            }
        }
        None
    }

    fn look_at_reports(&mut self) {
        let (mut bytes_read, mut bytes_total) = (0, 0);
        for report in self.merge.reports() {
            bytes_read += report.bytes_read;
            bytes_total += report.bytes_total;
        }
        self.progress.update(|progress| {
            (progress.bytes_read, progress.bytes_total) = (bytes_read, bytes_total);
        });
    }

    fn finish(&mut self) {
        self.look_at_reports();
        self.progress.update(|progress| progress.done = true);
    }

    fn poll_entry(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        if self.ports.len() < self.names.len() {
            self.find_ports(entry)?;
        }
        if self.at == self.end {
            if self.last && self.failed.is_none() {
                return Ok(Flow::Done);
            }
            self.read()?;
            if self.at == self.end {
                let nothing_yet = self.batch.is_empty() && !self.last;
                return Ok(if nothing_yet { Flow::Idle(NOTHING_YET) } else { Flow::More });
            }
        }
        if entry.room() == 0 {
            return Ok(Flow::More);
        }
        Ok(match self.enter(entry) {
            Some(wait) => Flow::Idle(wait),
            None => Flow::More,
        })
    }
}

impl Input for Replay {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let flow = self.poll_entry(entry);
        self.polls = self.polls.wrapping_add(1);
        let (entered, event_time) = (self.entered, self.event_time);
        let limit = self.options.limit;
        self.progress.update(|progress| {
            (progress.events, progress.event_time, progress.limit) = (entered, event_time, limit);
        });
        match flow {
            Ok(Flow::Done) | Err(_) => self.finish(),
            _ if self.polls.is_multiple_of(REPORT_EVERY) => self.look_at_reports(),
            _ => {}
        }
        flow
    }
}

#[cfg(test)]
mod tests;
