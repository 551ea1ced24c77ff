//! Counts, and the time that events take.

use super::{Due, Middleware, Passing, Verdict};
use crate::stage::Fault;

/// Counts events and failures, and takes the time of one event in some: around a stage, what it needs; around a
/// route, only the counts mean something, since the route goes on elsewhere.
#[derive(Clone, Debug)]
pub struct Metrics {
    every: u64,
    clock: quanta::Clock,
    began: Option<u64>,
    events: u64,
    failed: u64,
    timed: u64,
    ns: u64,
    most_ns: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// It takes the time of one event in 64.
    #[must_use]
    pub fn new() -> Self {
        Self {
            every: 64,
            clock: quanta::Clock::new(),
            began: None,
            events: 0,
            failed: 0,
            timed: 0,
            ns: 0,
            most_ns: 0,
        }
    }

    /// It takes the time of one event in this many; 0 for none.
    #[must_use]
    pub fn every(self, every: u64) -> Self {
        Self { every, ..self }
    }
}

impl Middleware for Metrics {
    fn name(&self) -> &str {
        "metrics"
    }

    #[inline]
    fn before(&mut self, _: &Passing<'_>, _: &mut Due) -> Verdict {
        let is_timed = self.every != 0 && self.events.is_multiple_of(self.every);
        self.events += 1;
        self.began = is_timed.then(|| self.clock.raw());
        Verdict::Pass
    }

    #[inline]
    fn after(&mut self, _: &Passing<'_>, fault: Option<&Fault>) {
        self.failed += u64::from(fault.is_some());
        if let Some(began) = self.began.take() {
            let ns = self.clock.delta_as_nanos(began, self.clock.raw());
            self.timed += 1;
            self.ns += ns;
            self.most_ns = self.most_ns.max(ns);
        }
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let mean = self.ns.checked_div(self.timed).unwrap_or(0);
        vec![
            ("events", self.events),
            ("failed", self.failed),
            ("timed", self.timed),
            ("mean_ns", mean),
            ("most_ns", self.most_ns),
        ]
    }
}
