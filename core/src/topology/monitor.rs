//! Live numbers of a topology, and the means to end it.

use super::couriers::Board;
use super::dead_letters::DeadLetterBox;
use super::{LaneReport, LeftBehind, LinkReport, StageFault, StageReport, StuckStage};
use crate::durable::Durable;
use crate::metrics::{
    Block, Counter, LaneWord, Latencies, LinkWord, On, RingWord, Shape, StageWord, no_histogram,
};
use crate::route::OnFull;
use crate::stage::Tally;
use crate::sync::{Arc, Mutex, thread, unique};
use crate::wait::{Bed, Wait};
use std::sync::{OnceLock, PoisonError};
use std::time::Duration;

/// What all parts of a running topology share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// A number of its own, by which it knows its ports.
    pub(crate) topology: u64,
    halted: Counter,
    draining: Counter,
    /// No lane writes any more.
    lanes_ended: Counter,
    /// Roots given.
    pub(crate) entered: Counter,
    /// Greatest `ts_event` that entered.
    pub(crate) event_time: Counter,
    /// The last root + 1, set before the ingresses close.
    pub(crate) end_root: Counter,
    pub(crate) counters: Block,
    pub(crate) layout: Layout,
    /// The lanes, once they are placed.
    pub(crate) lanes: OnceLock<Vec<PlacedLane>>,
    faults: Mutex<Vec<StageFault>>,
    stuck: Mutex<Vec<StuckStage>>,
    pub(crate) dead_letters: DeadLetterBox,
    pub(crate) beds: OnceLock<Vec<Bed>>,
    pub(crate) couriers: Board,
    /// How far the recorder is, where there is one.
    pub(crate) durable: OnceLock<Durable>,
}

/// What the lines of the counters belong to, in their order.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    pub(crate) most_lanes: usize,
    /// Names of the stages, in topological order, and what is measured of them.
    pub(crate) stages: Vec<(String, Option<Arc<Latencies>>)>,
    pub(crate) links: Vec<LinkPlace>,
    /// Names of the streams.
    pub(crate) rings: Vec<String>,
}

/// What a link's line belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinkPlace {
    pub(crate) stage: usize,
    /// The line of the stream's ring.
    pub(crate) ring: usize,
    /// The line of the relay's ring, where it reads through one.
    pub(crate) relay: Option<usize>,
    pub(crate) on_full: OnFull,
}

/// A lane as placed.
#[derive(Debug)]
pub(crate) struct PlacedLane {
    pub(crate) name: String,
    pub(crate) cpu: Option<usize>,
    pub(crate) wait: Wait,
    pub(crate) note: Option<String>,
    /// Its stages, by their place in topological order.
    pub(crate) stages: Vec<usize>,
    pub(crate) on: On,
}

impl Shared {
    pub(super) fn new(layout: Layout, couriers: Board) -> Self {
        let shape = Shape {
            lanes: layout.most_lanes,
            stages: layout.stages.len(),
            links: layout.links.len(),
            rings: layout.rings.len(),
        };
        let topology = unique();
        Self { topology, counters: Block::new(shape), layout, couriers, ..Self::default() }
    }

    pub(crate) fn is_halted(&self) -> bool {
        self.halted.get() != 0
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get() != 0
    }

    pub(crate) fn lanes_have_ended(&self) -> bool {
        self.lanes_ended.get() != 0
    }

    /// All lanes have ended, or were left behind.
    pub(super) fn end_lanes(&self) {
        self.lanes_ended.set(1);
        self.wake_all();
    }

    pub(crate) fn drain(&self) {
        self.draining.set(1);
    }

    pub(crate) fn halt(&self) {
        self.halted.set(1);
        self.wake_all();
    }

    fn wake_all(&self) {
        self.beds.get().into_iter().flatten().for_each(Bed::wake_now);
    }

    /// A stage failed: the topology stops. Gives `false`: nothing moved.
    #[cold]
    pub(crate) fn fail(&self, fault: StageFault) -> bool {
        self.note(fault);
        self.halt();
        false
    }

    /// A stage failed and nobody else needs to stop.
    #[cold]
    pub(crate) fn note(&self, fault: StageFault) {
        let lane = thread::current();
        let lane = lane.name().unwrap_or_default();
        tracing::error!(stage = fault.stage, lane, root = fault.root, "{}", fault.fault);
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// What failed, the least root first.
    pub(crate) fn take_faults(&self) -> Vec<StageFault> {
        let mut faults =
            std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        faults.sort_by_key(|fault| fault.root);
        faults
    }

    /// A stage has held its lane for too long; the same one again only tells for how long by now.
    pub(super) fn note_stuck(&self, stuck: StuckStage) {
        let mut all = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|known| known.is_same(&stuck)) {
            Some(known) => known.held = stuck.held,
            None => all.push(stuck),
        }
    }

    pub(super) fn stuck(&self) -> Vec<StuckStage> {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn lanes(&self) -> &[PlacedLane] {
        self.lanes.get().map_or(&[], Vec::as_slice)
    }

    /// The name of a stage by its place in topological order.
    pub(super) fn stage_name(&self, stage: usize) -> String {
        self.layout.stages.get(stage).map_or_else(String::new, |stage| stage.0.clone())
    }

    /// A lane that a stop leaves behind.
    pub(super) fn left_behind(&self, lane: usize) -> LeftBehind {
        let lane = &self.lanes()[lane];
        LeftBehind {
            lane: lane.name.clone(),
            stages: lane.stages.iter().map(|&stage| self.stage_name(stage)).collect(),
            on: lane.on.get().map(|(stage, root)| (self.stage_name(stage), root)),
        }
    }

    /// What a stream's counters say went through it, where its writer cannot be asked.
    pub(super) fn counted(&self, ring: usize) -> Tally {
        let words = self.counters.ring(ring);
        Tally {
            count: words.get(RingWord::Published),
            publications: words.get(RingWord::Publications),
            digest: None,
        }
    }

    pub(super) fn stage_reports(&self) -> Vec<StageReport> {
        // Links by stage, and lanes, looked for once: a report costs as much as there are stages.
        let mut links: Vec<Vec<LinkReport>> =
            self.layout.stages.iter().map(|_| Vec::new()).collect();
        for (place, link) in self.layout.links.iter().zip(self.link_reports()) {
            links[place.stage].push(link);
        }
        let mut lanes = vec![String::new(); links.len()];
        for lane in self.lanes() {
            lane.stages.iter().for_each(|&stage| lanes[stage].clone_from(&lane.name));
        }
        let report = |(stage, (name, latencies)): (usize, &(String, Option<Arc<Latencies>>))| {
            let words = self.counters.stage(stage);
            let own = links[stage].iter();
            StageReport {
                name: name.clone(),
                lane: std::mem::take(&mut lanes[stage]),
                events_in: words.get(StageWord::EventsIn),
                filtered: own.clone().map(|link| link.filtered).sum(),
                events_out: words.get(StageWord::EventsOut),
                batches: words.get(StageWord::Batches),
                largest_batch: words.get(StageWord::LargestBatch),
                stops: words.get(StageWord::Stops),
                failures: words.get(StageWord::Failures),
                skipped: words.get(StageWord::Skipped),
                restarts: words.get(StageWord::Restarts),
                retries: words.get(StageWord::Retries),
                max_lag: own.map(|link| link.max_lag).max().unwrap_or(0),
                middleware: Vec::new(),
                latency: latencies.as_ref().map_or_else(no_histogram, |all| all.histogram()),
            }
        };
        self.layout.stages.iter().enumerate().map(report).collect()
    }

    pub(super) fn link_reports(&self) -> Vec<LinkReport> {
        let report = |(link, place): (usize, &LinkPlace)| {
            let words = self.counters.link(link);
            let relay = place.relay.map(|ring| self.counters.ring(ring));
            let relayed = |word| relay.as_ref().map_or(0, |words| words.get(word));
            let filtered = relayed(RingWord::Filtered);
            let (dropped, conflated) = (relayed(RingWord::Dropped), relayed(RingWord::Conflated));
            LinkReport {
                stream: self.layout.rings[place.ring].clone(),
                stage: self.stage_name(place.stage),
                on_full: place.on_full,
                done: words.get(LinkWord::Done) + filtered + dropped + conflated,
                filtered: words.get(LinkWord::Filtered) + filtered,
                skipped: words.get(LinkWord::Skipped),
                dropped: words.get(LinkWord::Dropped) + dropped,
                gaps: words.get(LinkWord::Gaps),
                conflated,
                // Loaded after what is done of it, so never less.
                published: self.counters.ring(place.ring).get(RingWord::Published),
                lag: words.get(LinkWord::Lag),
                max_lag: words.get(LinkWord::MaxLag),
            }
        };
        self.layout.links.iter().enumerate().map(report).collect()
    }

    pub(super) fn lane_reports(&self) -> Vec<LaneReport> {
        let report = |(number, lane): (usize, &PlacedLane)| {
            let words = self.counters.lane(number);
            LaneReport {
                name: lane.name.clone(),
                cpu: lane.cpu,
                allowed: Vec::new(),
                wait: lane.wait,
                note: lane.note.clone(),
                stages: lane.stages.iter().map(|&stage| self.stage_name(stage)).collect(),
                cycles: words.get(LaneWord::Cycles),
                busy_cycles: words.get(LaneWord::BusyCycles),
                idle: Duration::from_nanos(words.get(LaneWord::IdleNs)),
                sleeps: words.get(LaneWord::Sleeps),
            }
        };
        self.lanes().iter().enumerate().map(report).collect()
    }
}

/// Live numbers of a topology, and the means to end it, from any thread. Clones are handles to the
/// same topology.
///
/// Reading disturbs nobody: each number has one writer, which stores it once per batch. Numbers read
/// together may be of slightly different moments.
#[derive(Clone, Debug)]
pub struct Monitor(pub(super) Arc<Shared>);

impl Monitor {
    /// Events that entered so far.
    #[must_use]
    pub fn entered(&self) -> u64 {
        self.0.entered.get()
    }

    /// Greatest `ts_event` that entered so far, ns since 1970.
    #[must_use]
    pub fn event_time(&self) -> u64 {
        self.0.event_time.get()
    }

    /// What each stage has done so far, in topological order.
    #[must_use]
    pub fn stages(&self) -> Vec<StageReport> {
        self.0.stage_reports()
    }

    /// How far each link is, those of the first stage first.
    #[must_use]
    pub fn links(&self) -> Vec<LinkReport> {
        self.0.link_reports()
    }

    /// What each lane has done so far; none before they are placed.
    #[must_use]
    pub fn lanes(&self) -> Vec<LaneReport> {
        self.0.lane_reports()
    }

    /// Stages that held their lane longer than the watchdog's limit, in the order in which it
    /// happened; see [`super::Plan::watchdog`].
    #[must_use]
    pub fn stuck(&self) -> Vec<StuckStage> {
        self.0.stuck()
    }

    /// How far the recorder is; `None` where nothing is recorded.
    #[must_use]
    pub fn durable(&self) -> Option<Durable> {
        self.0.durable.get().cloned()
    }

    /// Takes no more from the input and finishes what is in flight.
    pub fn drain(&self) {
        self.0.drain();
    }

    /// Stops as soon as each lane has finished the batch it is on.
    pub fn halt(&self) {
        self.0.halt();
    }

    /// Whether it was halted, by someone or by a fault.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.0.is_halted()
    }
}
