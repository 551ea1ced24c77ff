//! Events that step back in time, put into order.
//!
//! ```text
//!  source --> heap of what came within the window --> in order of time
//! ```
//!
//! An event is handed out once one has been seen that is later by the window, so what comes late by
//! no more than that finds its place. Events of one time stay in the order in which they came.

use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Events taken from the source at once.
const BATCH: usize = 1024;

/// The most events that are held back, 80 bytes each, whatever the window: the earliest goes out then.
const MOST: usize = 1 << 20;

/// An event that waits for earlier ones.
struct Held {
    time: u64,
    /// Place in the source.
    place: u64,
    event: MarketData,
}

impl Held {
    fn key(&self) -> (u64, u64) {
        (self.time, self.place)
    }
}

/// The earliest is the greatest, since the heap gives that first.
impl Ord for Held {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Held {}

/// A source whose events are put into order where they step back in time by no more than a window.
///
/// Its report counts as out of order what came too late even so, and notes how many events were
/// mended.
pub struct Reorder {
    source: Box<dyn Source>,
    /// ns.
    window: u64,
    most: usize,
    read: Vec<MarketData>,
    /// Place in `read` of the next event to look at.
    at: usize,
    held: BinaryHeap<Held>,
    /// What the source said last: more may come, nothing will, or it failed.
    more: Result<bool, SourceError>,
    /// Latest time seen, and last one handed out.
    latest: u64,
    last: u64,
    places: u64,
    late: u64,
    out_of_order: u64,
    events: u64,
}

impl Reorder {
    /// Puts the events of a source into order within a window of so many ns.
    #[must_use]
    pub fn new(source: Box<dyn Source>, window: u64) -> Self {
        Self {
            source,
            window,
            most: MOST,
            read: Vec::with_capacity(BATCH),
            at: 0,
            held: BinaryHeap::new(),
            more: Ok(true),
            latest: 0,
            last: 0,
            places: 0,
            late: 0,
            out_of_order: 0,
            events: 0,
        }
    }

    /// Whether the earliest event that is held may go out.
    fn is_ripe(&self) -> bool {
        match self.held.peek() {
            None => false,
            Some(_) if self.held.len() > self.most => true,
            Some(held) => self.latest - held.time >= self.window || self.is_over(),
        }
    }

    /// Whether nothing comes any more but what is held.
    fn is_over(&self) -> bool {
        self.at == self.read.len() && self.more != Ok(true)
    }

    fn hand_out(&mut self, batch: &mut Vec<MarketData>) {
        let Some(held) = self.held.pop() else { return };
        self.out_of_order += u64::from(held.time < self.last);
        self.last = held.time;
        self.events += 1;
        batch.push(held.event);
    }

    fn take_in(&mut self) {
        let event = self.read[self.at];
        let time = crate::merge::time(&event);
        self.late += u64::from(time < self.latest);
        self.latest = self.latest.max(time);
        self.held.push(Held { time, place: self.places, event });
        self.places += 1;
        self.at += 1;
    }

    fn fill(&mut self) {
        self.read.clear();
        self.at = 0;
        self.more = self.source.read(&mut self.read);
    }
}

impl Source for Reorder {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        // One event is looked at after the other, so that the order does not depend on how many come at
        // once.
        while batch.len() < batch.capacity() {
            if self.is_ripe() {
                self.hand_out(batch);
            } else if self.at < self.read.len() {
                self.take_in();
            } else if self.more != Ok(true) {
                return std::mem::replace(&mut self.more, Ok(false));
            } else {
                self.fill();
                if self.read.is_empty() && self.more == Ok(true) {
                    return Ok(true);
                }
            }
        }
        Ok(true)
    }

    fn report(&self) -> SourceReport {
        let mut report = self.source.report();
        report.note("events put into order", self.late.saturating_sub(self.out_of_order));
        (report.events, report.out_of_order) = (self.events, self.out_of_order);
        report
    }

    fn skip_to(&mut self, time: u64) {
        self.source.skip_to(time.saturating_sub(self.window));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::Side;
    use pitlane::testing::ScriptedSource;
    use proptest::prelude::*;

    fn source(times: &[u64]) -> Box<dyn Source> {
        let trades = times.iter().enumerate();
        let events = trades.map(|(at, &time)| {
            MarketData::trade(1, time, 1, 1, Side::None).with_venue_sequence(at as u64)
        });
        Box::new(ScriptedSource::new(events.collect::<Vec<_>>()))
    }

    /// Times and places in the file, as they come out.
    fn ordered(mut reorder: Reorder) -> (Vec<(u64, u64)>, SourceReport) {
        let (mut events, mut batch) = (Vec::new(), Vec::with_capacity(3));
        loop {
            let more = reorder.read(&mut batch).unwrap();
            events.extend(batch.drain(..).map(|e| (e.header.ts_event, e.venue_sequence())));
            if !more {
                return (events, reorder.report());
            }
        }
    }

    #[test]
    fn what_comes_late_by_the_window_finds_its_place() {
        let (events, report) = ordered(Reorder::new(source(&[10, 30, 20, 20, 40, 39, 5]), 10));
        let times: Vec<u64> = events.iter().map(|event| event.0).collect();
        assert_eq!(times, [10, 20, 20, 30, 5, 39, 40], "5 comes too late");
        assert_eq!((report.out_of_order, report.events), (1, 7));
        assert_eq!(report.notes, [("events put into order", 3)], "both 20 and 39");
    }

    #[test]
    fn what_is_held_back_is_bounded() {
        let mut reorder = Reorder::new(source(&[5; 5000]), u64::MAX);
        reorder.most = 100;
        let mut batch = Vec::with_capacity(10);
        assert_eq!(reorder.read(&mut batch), Ok(true));
        assert_eq!(reorder.held.len(), 100);
    }

    proptest! {
        #[test]
        fn disorder_within_the_window_is_mended_whole(
            steps in prop::collection::vec((0_u64..50, 0_u64..100), 0..300),
        ) {
            let mut clock = 1000;
            let times: Vec<u64> = steps.iter().map(|&(step, back)| { clock += step; clock - back }).collect();
            let (events, report) = ordered(Reorder::new(source(&times), 100));
            let mut expected: Vec<_> = times.iter().zip(0_u64..).map(|(&t, at)| (t, at)).collect();
            expected.sort();
            prop_assert_eq!(events, expected);
            prop_assert_eq!(report.out_of_order, 0);
        }
    }
}
