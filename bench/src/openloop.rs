//! An open loop: events are entered when the plan says, whether or not earlier ones have come through.
//!
//! ```text
//!  plan:    |    |    |    |    |    |    |       one event every 1/rate
//!  entered: |    |         |||  |    |    |       the sender was held up: late ones at once
//!  latency:                from the plan, not from the entering: nothing is left out
//! ```
//!
//! A loop that waits for an answer before it sends again measures a slow moment once, where a market
//! would have sent on. Gil Tene calls that coordinated omission. Here each event carries the
//! time it was planned for in `ts_event`, as ns since the start, and sinks count from there.

use crate::Prepared;
use crate::session::feed_port;
use crate::switches::{Switches, switches};
use hdrhistogram::Histogram;
use pitlane::event::Slot;
use pitlane::source::SourceError;
use pitlane::topology::{Entry, Flow, Input, Port};
use std::time::Duration;

/// Longest latency that a histogram tells apart: 18 minutes.
const LONGEST_NS: u64 = 1 << 40;

/// Events that may be entered at once, where several are due.
const CHUNK: usize = 64;

/// How long the sender looks at the clock before it lets the topology's own loop turn.
const SPIN_NS: u64 = 50_000;

/// How long what was entered last has to come through before threads are looked at.
const SETTLE_NS: u64 = 20_000_000;

/// An empty histogram of ns: 1 ns to 18 minutes, three digits.
#[must_use]
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("valid bounds")
}

/// When events are planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Events per second.
    pub rate: f64,
    /// Time at the start that does not count.
    pub warm_up: Duration,
    /// Time after it that does.
    pub duration: Duration,
}

impl Schedule {
    /// When an event is planned, in ns since the start.
    #[must_use]
    pub fn planned(&self, number: u64) -> u64 {
        (number as f64 * 1e9 / self.rate) as u64
    }

    /// How many events are planned over the whole time.
    #[must_use]
    pub fn total(&self) -> u64 {
        ((self.warm_up + self.duration).as_secs_f64() * self.rate) as u64
    }

    /// How many of them do not count.
    #[must_use]
    pub fn warming(&self) -> u64 {
        (self.warm_up.as_secs_f64() * self.rate).ceil() as u64
    }

    /// When the first event that counts is planned.
    pub(crate) fn warm_up_ns(&self) -> u64 {
        self.planned(self.warming())
    }

    pub(crate) fn end_ns(&self) -> u64 {
        ns(self.warm_up + self.duration)
    }
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Time since a start that threads share, by the processor's counter where it is steady.
#[derive(Clone, Debug)]
pub struct Since {
    clock: quanta::Clock,
    start: u64,
}

impl Since {
    /// From now on.
    #[must_use]
    pub fn now() -> Self {
        let clock = quanta::Clock::new();
        Self { start: clock.raw(), clock }
    }

    /// ns since the start.
    #[inline]
    #[must_use]
    pub fn ns(&self) -> u64 {
        self.clock.delta_as_nanos(self.start, self.clock.raw())
    }
}

/// Enters prepared events by a [`Schedule`]. An input to be run once, right after it was made.
pub(crate) struct OpenLoop {
    pub(crate) schedule: Schedule,
    pub(crate) since: Since,
    events: Prepared,
    /// Which of the prepared events comes next.
    at: usize,
    /// How many were entered, and how many of them had been by the end of the warm-up.
    pub(crate) sent: u64,
    pub(crate) sent_warming: u64,
    total: u64,
    port: Option<Port>,
    /// Whether the last poll entered something that stages on this thread have not handled yet.
    fresh: bool,
    /// How late the sender was, of the events that count.
    pub(crate) late: Histogram<u64>,
    pub(crate) before: Option<Switches>,
    pub(crate) after: Option<Switches>,
}

impl OpenLoop {
    pub(crate) fn new(schedule: Schedule, since: Since, events: &Prepared) -> Self {
        Self {
            schedule,
            since,
            events: events.clone(),
            at: 0,
            sent: 0,
            sent_warming: 0,
            total: schedule.total(),
            port: None,
            fresh: false,
            late: histogram(),
            before: None,
            after: None,
        }
    }

    /// Enters what is due, at most a chunk; gives how many entered.
    fn enter_due(&mut self, port: Port, now: u64, entry: &mut dyn Entry) -> usize {
        let mut chunk = [self.events.events()[0]; CHUNK];
        let mut due = 0;
        while due < CHUNK && self.sent + (due as u64) < self.total {
            let planned = self.schedule.planned(self.sent + due as u64);
            if planned > now {
                break;
            }
            let events = self.events.events();
            chunk[due] = events[(self.at + due) % events.len()];
            chunk[due].header.ts_event = planned;
            due += 1;
        }
        if due == 0 {
            return 0;
        }
        let entered = entry.enter(port, &chunk[..due]);
        for slot in &chunk[..entered] {
            self.note_sent(slot, now);
        }
        self.sent += entered as u64;
        self.at = (self.at + entered) % self.events.events().len();
        entered
    }

    /// Counts the events that had not entered when time was up: each waited at least until then.
    /// Each would have been recorded so many times.
    pub(crate) fn record_unsent(&self, latencies: &mut Histogram<u64>, times: u64) {
        let (first, end) = (self.sent.max(self.schedule.warming()), self.schedule.end_ns());
        let left = self.total.saturating_sub(first);
        // A thousand steps tell more than the histogram's three digits.
        let step = (left / 1000).max(1);
        let mut at = 0;
        while at < left && times > 0 {
            let waited = end.saturating_sub(self.schedule.planned(first + at));
            let events = step.min(left - at);
            latencies.saturating_record_n(waited.max(1), events * times);
            at += step;
        }
    }

    fn note_sent(&mut self, slot: &Slot, now: u64) {
        let planned = slot.header.ts_event;
        if planned >= self.schedule.warm_up_ns() {
            self.late.saturating_record((now - planned).max(1));
        } else {
            self.sent_warming += 1;
        }
    }

    /// Looks at all threads' context switches shortly before the warm-up ends, so that looking does
    /// not disturb what counts.
    fn look_at_threads(&mut self, now: u64) {
        if self.before.is_none() && now >= self.schedule.warm_up_ns() / 4 * 3 {
            self.before = Some(switches());
        }
    }
}

impl Input for OpenLoop {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = feed_port(&mut self.port, entry)?;
        let start = self.since.ns();
        self.look_at_threads(start);
        loop {
            let now = self.since.ns();
            let over = self.sent == self.total || now >= self.schedule.end_ns();
            if over && now >= self.schedule.end_ns() + SETTLE_NS {
                self.after = Some(switches());
                return Ok(Flow::Done);
            }
            let entered = if over { 0 } else { self.enter_due(port, now, entry) };
            let waited = std::mem::replace(&mut self.fresh, entered > 0);
            // Stages on this thread have their turn before the next look at the clock.
            if entered > 0 || waited || now >= start + SPIN_NS {
                return Ok(Flow::Idle(Duration::ZERO));
            }
            std::hint::spin_loop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule {
        rate: 1000.0,
        warm_up: Duration::from_millis(100),
        duration: Duration::from_millis(400),
    };

    /// An entry with room for so many events in all.
    struct Room(usize);

    impl Entry for Room {
        fn port(&self, _: &str, _: pitlane::event::EventType) -> Option<Port> {
            Some(Port::new(0))
        }

        fn room(&mut self) -> usize {
            self.0
        }

        fn enter(&mut self, _: Port, events: &[Slot]) -> usize {
            let entered = events.len().min(self.0);
            self.0 -= entered;
            entered
        }
    }

    #[test]
    fn events_are_planned_evenly_from_the_start() {
        assert_eq!([0, 1, 500].map(|n| SCHEDULE.planned(n)), [0, 1_000_000, 500_000_000]);
        assert_eq!((SCHEDULE.total(), SCHEDULE.warming()), (500, 100));
    }

    #[test]
    fn what_is_due_enters_at_once_with_the_time_it_was_planned_for() {
        let mut input = OpenLoop::new(SCHEDULE, Since::now(), &Prepared::trades(16));
        let mut room = Room(usize::MAX);
        // 10.5 ms late: events 0 to 10 are due.
        assert_eq!(input.enter_due(Port::new(0), 10_500_000, &mut room), 11);
        assert_eq!(input.enter_due(Port::new(0), 10_500_000, &mut room), 0);
        // In the part that counts, lateness is told from the plan.
        assert_eq!(input.enter_due(Port::new(0), 64_000_000, &mut room), 54);
        assert_eq!(input.enter_due(Port::new(0), 110_000_000, &mut room), 46);
        assert_eq!(input.sent_warming, 100);
        assert_eq!(input.late.len(), 11);
        assert!(input.late.max() >= 9_900_000, "{}", input.late.max());
    }

    #[test]
    fn what_had_no_room_is_not_skipped() {
        let mut input = OpenLoop::new(SCHEDULE, Since::now(), &Prepared::trades(16));
        assert_eq!(input.enter_due(Port::new(0), 20_000_000, &mut Room(3)), 3);
        assert_eq!(input.sent, 3);
        assert_eq!(input.enter_due(Port::new(0), 20_000_000, &mut Room(100)), 18);
    }
}
