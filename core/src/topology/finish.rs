//! The end of a run, and what it has done.

use super::checked::Checked;
use super::run::{Lanes, Running};
use super::threads::{finish_inline, finish_threads};
use super::{LeftBehind, Report, StreamReport};
use crate::durable::Durable;
use crate::event::EventType;
use crate::lane::LaneOutcome;
use crate::source::SourceError;
use crate::stage::Tally;
use crate::wait::wake_all;
use std::collections::HashMap;
use std::time::Instant;

/// Who tells what went through a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Teller {
    Ingress(usize),
    /// A stage by its place in topological order, and which of its streams.
    Stage(usize, usize),
}

impl Running {
    pub(super) fn finish(
        &mut self,
        input_error: Option<SourceError>,
        deadline: Option<Instant>,
    ) -> Report {
        let drained = self.shared.is_draining();
        self.inlets.close(!self.shared.is_halted());
        // What threads had published until then enters ...
        self.go_on_until(deadline, |running| running.inlets.is_drained());
        // ... and what waits in relays is delivered, before all are told that nothing comes any more.
        self.go_on_until(deadline, |running| {
            running.sequencer.close();
            !running.sequencer.is_waiting()
        });
        wake_all(&self.sleepers);
        let outcomes = match std::mem::replace(&mut self.lanes, Lanes::Ended) {
            Lanes::Inline(mut lane) => {
                finish_inline(&mut lane, deadline);
                vec![Some(lane.outcome())]
            }
            Lanes::Threads(threads) => finish_threads(threads, &self.shared, deadline),
            Lanes::Ended => Vec::new(),
        };
        self.shared.end_lanes();
        let recorder = self.recorder.take();
        let recorded = recorder.is_none_or(|recorder| recorder.finish(&self.shared, deadline));
        let mut report = self.report(outcomes, input_error, drained);
        if !recorded {
            report.left_behind.push(LeftBehind::recorder());
        }
        report
    }

    fn go_on_until(&mut self, deadline: Option<Instant>, is_done: impl Fn(&mut Self) -> bool) {
        self.waiter.reset();
        while !self.shared.is_halted() && !is_done(self) {
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                self.shared.halt();
            }
            if self.poll() {
                self.waiter.reset();
            } else {
                let at_most = self.may_rest();
                self.waiter.idle(at_most);
            }
        }
    }

    fn report(
        &self,
        outcomes: Vec<Option<LaneOutcome>>,
        input_error: Option<SourceError>,
        drained: bool,
    ) -> Report {
        let shared = &self.shared;
        let faults = shared.take_faults();
        let (dead_letters, survived) = shared.dead_letters.sorted();
        // A halt may also have come while finishing: from a deadline, or from someone.
        let interrupted = drained || shared.is_halted();
        let mut report = Report {
            events: self.sequencer.entered(),
            elapsed: self.started.elapsed(),
            ingresses: self.inlets.reports(),
            streams: Vec::new(),
            stages: shared.stage_reports(),
            links: shared.link_reports(),
            lanes: shared.lane_reports(),
            interrupted: interrupted && faults.is_empty(),
            faults,
            dead_letters,
            survived,
            input_error,
            stuck: shared.stuck(),
            left_behind: Vec::new(),
            couriers: shared.couriers.look(),
            journal: shared.durable.get().map(Durable::report),
        };
        let mut tallies = Vec::new();
        for (lane, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Some(outcome) => {
                    report.lanes[lane].allowed = outcome.allowed;
                    tallies.extend(outcome.tallies);
                    for (place, middleware) in outcome.middleware {
                        report.stages[place].middleware = middleware;
                    }
                }
                None => report.left_behind.push(shared.left_behind(lane)),
            }
        }
        report.streams = self.stream_reports(&tallies);
        report
    }

    fn stream_reports(&self, stages: &[(usize, Vec<Tally>)]) -> Vec<StreamReport> {
        let ingresses = self.sequencer.tallies();
        let stages: HashMap<usize, &Vec<Tally>> =
            stages.iter().map(|(place, tallies)| (*place, tallies)).collect();
        let tally = |ring, teller| {
            let told = match teller {
                Teller::Ingress(number) => ingresses.get(number).copied(),
                Teller::Stage(place, number) => {
                    stages.get(&place).and_then(|tallies| tallies.get(number).copied())
                }
            };
            told.unwrap_or_else(|| self.shared.counted(ring))
        };
        let report = |(ring, (name, event, teller)): (usize, &(String, EventType, Teller))| {
            let Tally { count, publications, digest } = tally(ring, *teller);
            StreamReport { name: name.clone(), event: *event, count, publications, digest }
        };
        self.streams.iter().enumerate().map(report).collect()
    }
}

/// Names and types of the streams, ingresses first, and who tells what went through them.
pub(super) fn tellers(checked: &Checked) -> Vec<(String, EventType, Teller)> {
    let mut places = vec![usize::MAX; checked.graph.stages.len()];
    checked.order.iter().enumerate().for_each(|(place, &stage)| places[stage] = place);
    let mut ingresses = 0;
    let teller = |index: usize| {
        let stream = &checked.graph.streams[index];
        let teller = match stream.writer {
            None => {
                ingresses += 1;
                Teller::Ingress(ingresses - 1)
            }
            Some(writer) => {
                let stage = &checked.graph.stages[writer];
                let mut own = stage.outputs.iter().chain(&stage.pass);
                let number = own.position(|&own| own == index).unwrap_or(usize::MAX);
                Teller::Stage(places[writer], number)
            }
        };
        (stream.name.clone(), stream.event.event, teller)
    };
    checked.stream_order().map(teller).collect()
}
