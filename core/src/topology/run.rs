//! Threads, the input's loop, and the stop.

use super::build::{Built, build};
use super::checked::Checked;
use super::place::{Placement, place};
use super::threads::{GRACE, LaneThread, finish_inline, finish_threads, start_threads};
use super::watchdog::Watchdog;
use super::{Entry, Flow, Input, Monitor, Port, Report, RunError, StreamReport};
use crate::event::{Event, EventType, Slot};
use crate::lane::{Lane, LaneOutcome};
use crate::sequencer::Sequencer;
use crate::source::SourceError;
use crate::stage::{Tally, discard, message_of_panic};
use crate::sync::Arc;
use crate::topology::Shared;
use crate::wait::{Bed, Wait, Waiter, wake_all};
use bytemuck::Zeroable;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A topology that runs and is fed by hand, see [`Checked::start`].
///
/// Dropping it halts it and waits a little for its lanes; [`Running::stop`] finishes what is in
/// flight.
pub struct Running {
    shared: Arc<Shared>,
    sequencer: Sequencer,
    lanes: Lanes,
    /// Most events that enter before the stages are called, where they run on this thread.
    turn: usize,
    /// Lanes that may sleep until something enters.
    sleepers: Vec<Bed>,
    waiter: Waiter,
    started: Instant,
    /// Names and types of the streams, ingresses first, and who tells what went through them.
    streams: Vec<(String, EventType, Teller)>,
    ports: Vec<(String, EventType)>,
    _watchdog: Option<Watchdog>,
}

/// Who tells what went through a stream.
#[derive(Clone, Copy, Debug)]
enum Teller {
    Ingress(usize),
    /// A stage by its place in topological order, and which of its streams.
    Stage(usize, usize),
}

enum Lanes {
    Inline(Box<Lane>),
    Threads(Vec<LaneThread>),
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("entered", &self.sequencer.entered())
            .finish_non_exhaustive()
    }
}

impl Running {
    pub(super) fn start(mut checked: Checked) -> Result<Self, RunError> {
        if cfg!(panic = "abort") {
            return Err(RunError::PanicAborts);
        }
        let streams = tellers(&checked);
        let ports = checked.ingresses();
        let shared = checked.shared.clone();
        let placement = place(&checked);
        let planned = match &placement {
            Placement::Inline(lane) => std::slice::from_ref(lane),
            Placement::Threads(lanes) => lanes,
        };
        let turn = match &placement {
            Placement::Inline(_) => checked.most_at_once(),
            Placement::Threads(_) => usize::MAX,
        };
        let Built { sequencer, mut lanes, sleepers } = build(&mut checked, planned);
        let lanes = match (placement, lanes.pop()) {
            (Placement::Inline(_), Some(mut lane)) => {
                lane.start().map_err(RunError::from_start)?;
                Lanes::Inline(Box::new(lane))
            }
            (_, last) => {
                lanes.extend(last);
                Lanes::Threads(start_threads(lanes, &shared)?)
            }
        };
        let watchdog = checked.watchdog.map(|limit| Watchdog::start(shared.clone(), limit));
        let mut running = Self {
            shared,
            sequencer,
            lanes,
            turn,
            sleepers,
            waiter: Waiter::new(Wait::Backoff, Bed::new()),
            started: Instant::now(),
            streams,
            ports,
            _watchdog: watchdog,
        };
        running.sequencer.begin_turn(turn);
        // What was emitted at root 0 need not wait for the first event.
        running.sequencer.settle();
        wake_all(&running.sleepers);
        Ok(running)
    }

    /// Key of an ingress stream, to publish with.
    ///
    /// # Errors
    /// Where the topology has no such ingress.
    pub fn port<E: Event>(&self, source: &str) -> Result<Port, RunError> {
        let port = self.sequencer.port(source, E::TYPE);
        port.ok_or_else(|| {
            let known = self.ports.iter().map(|(source, event)| format!("{event} from `{source}`"));
            RunError::NoIngress {
                from: source.into(),
                event: E::TYPE,
                known: known.collect::<Vec<_>>().join(", "),
            }
        })
    }

    /// Enters one event from a source and gives its root.
    ///
    /// Where `ts_recv` is 0 it is stamped with the system's clock. Waits for room: polls the stages
    /// where they run on this thread, backs off where they run on lanes. Stages that run on this
    /// thread handle it when there is no room for more, at the next [`Running::poll`], or at the stop.
    ///
    /// # Errors
    /// When the topology has stopped or is being drained, or has no such ingress.
    pub fn publish<E: Event>(&mut self, source: &str, event: &E) -> Result<u64, RunError> {
        let port = self.port::<E>(source)?;
        self.publish_to(port, std::slice::from_ref(event))
    }

    /// Enters events in their order and gives the root of the last one; as [`Running::publish`].
    ///
    /// # Errors
    /// When the topology has stopped, with the first events entered and the others not; when the
    /// port is of another event type.
    pub fn publish_to<E: Event>(&mut self, port: Port, events: &[E]) -> Result<u64, RunError> {
        if self.ports.get(port.0).is_none_or(|(_, event)| *event != E::TYPE) {
            return Err(RunError::WrongPort(E::TYPE));
        }
        let mut chunk = [Slot::zeroed(); CHUNK];
        for events in events.chunks(CHUNK) {
            let chunk = &mut chunk[..events.len()];
            let mut now = None;
            for (slot, event) in chunk.iter_mut().zip(events) {
                *slot = *Slot::of(event);
                if slot.header.ts_recv == 0 {
                    slot.header.ts_recv = *now.get_or_insert_with(wall_clock);
                }
            }
            self.enter_all(port, chunk)?;
        }
        self.sequencer.settle();
        wake_all(&self.sleepers);
        Ok(self.sequencer.entered())
    }

    fn enter_all(&mut self, port: Port, slots: &[Slot]) -> Result<(), RunError> {
        let mut entered = 0;
        while entered < slots.len() {
            if self.shared.is_halted() || self.shared.is_draining() {
                return Err(RunError::Stopped);
            }
            match self.sequencer.enter(port, &slots[entered..]) {
                0 => self.make_room(),
                more => {
                    entered += more;
                    self.waiter.reset();
                }
            }
        }
        Ok(())
    }

    fn make_room(&mut self) {
        self.sequencer.settle();
        wake_all(&self.sleepers);
        if !self.poll() {
            self.waiter.idle(self.may_rest());
        }
    }

    /// How long this thread may wait for the sake of the stages that run on it.
    pub(super) fn may_rest(&self) -> Duration {
        match &self.lanes {
            Lanes::Inline(lane) => lane.may_rest(),
            Lanes::Threads(_) => Duration::MAX,
        }
    }

    /// Polls the stages once where they run on this thread, and delivers what waits in relays of what
    /// entered (links that conflate); gives whether anything happened.
    pub fn poll(&mut self) -> bool {
        let delivered = self.sequencer.settle();
        if delivered {
            wake_all(&self.sleepers);
        }
        match &mut self.lanes {
            Lanes::Inline(lane) => {
                self.sequencer.begin_turn(self.turn);
                lane.cycle() | delivered
            }
            Lanes::Threads(_) => delivered,
        }
    }

    /// Live numbers, and the means to end it.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        Monitor(self.shared.clone())
    }

    /// Finishes what is in flight and stops.
    #[must_use]
    pub fn stop(mut self) -> Report {
        self.finish(None, None)
    }

    /// Finishes what is in flight, but for no longer than `limit`; then halts. Lanes stuck in a
    /// stage are left behind and named in the report.
    #[must_use]
    pub fn stop_within(mut self, limit: Duration) -> Report {
        self.finish(None, Instant::now().checked_add(limit))
    }

    /// Runs until the input is done or someone ends it, then stops.
    #[must_use]
    pub fn run(mut self, input: &mut dyn Input) -> Report {
        let mut error = None;
        while !self.shared.is_halted() && !self.shared.is_draining() {
            let before = self.sequencer.entered();
            let sequencer = &mut self.sequencer;
            // An input that panics ends the run as one that fails: it is not polled again.
            let flow = catch_unwind(AssertUnwindSafe(|| input.poll(sequencer)))
                .unwrap_or_else(|panic| Err(input_panicked(panic)));
            let mut moved = self.sequencer.settle() || self.sequencer.entered() > before;
            if moved {
                wake_all(&self.sleepers);
            }
            moved |= self.poll();
            let at_most = match flow {
                Ok(Flow::More) => Duration::MAX,
                Ok(Flow::Idle(at_most)) => at_most,
                Ok(Flow::Done) => break,
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            };
            if moved {
                self.waiter.reset();
            } else {
                let at_most = at_most.min(self.may_rest());
                self.waiter.idle(at_most);
            }
        }
        self.finish(error, None)
    }

    fn finish(&mut self, input_error: Option<SourceError>, deadline: Option<Instant>) -> Report {
        let drained = self.shared.is_draining();
        self.close(deadline);
        let outcomes = match &mut self.lanes {
            Lanes::Inline(lane) => {
                finish_inline(lane, deadline);
                vec![Some(lane.outcome())]
            }
            Lanes::Threads(threads) => {
                finish_threads(std::mem::take(threads), &self.shared, deadline)
            }
        };
        self.report(outcomes, input_error, drained)
    }

    /// Tells all that nothing will enter any more, once what waits in relays of the ingresses is
    /// delivered.
    fn close(&mut self, deadline: Option<Instant>) {
        self.waiter.reset();
        while !self.shared.is_halted() {
            let mut moved = self.sequencer.close();
            wake_all(&self.sleepers);
            if !self.sequencer.is_waiting() {
                return;
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                return self.shared.halt();
            }
            if let Lanes::Inline(lane) = &mut self.lanes {
                moved |= lane.cycle();
            }
            if moved {
                self.waiter.reset();
            } else {
                self.waiter.idle(Duration::MAX);
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
        };
        let mut tallies = Vec::new();
        for (lane, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Some(outcome) => {
                    report.lanes[lane].allowed = outcome.allowed;
                    tallies.extend(outcome.tallies);
                }
                None => report.left_behind.push(shared.left_behind(lane)),
            }
        }
        report.streams = self.stream_reports(&tallies);
        report
    }

    fn stream_reports(&self, stages: &[(usize, Vec<Tally>)]) -> Vec<StreamReport> {
        let ingresses = self.sequencer.tallies();
        let tally = |ring, teller| {
            let told = match teller {
                Teller::Ingress(number) => ingresses.get(number).copied(),
                Teller::Stage(place, number) => {
                    let stage = stages.iter().find(|stage| stage.0 == place);
                    stage.and_then(|stage| stage.1.get(number).copied())
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

impl Drop for Running {
    fn drop(&mut self) {
        let Lanes::Threads(threads) = &mut self.lanes else { return };
        if threads.is_empty() {
            return;
        }
        self.shared.halt();
        for lane in threads.drain(..) {
            if lane.outcome.recv_timeout(GRACE).is_ok() {
                let _ = lane.thread.join();
            }
        }
    }
}

/// Events that enter together when fed by hand: one publication, one look at the clock.
const CHUNK: usize = 64;

fn input_panicked(panic: Box<dyn Any + Send>) -> SourceError {
    let message = format!("the input panicked: {}", message_of_panic(&*panic));
    discard(panic);
    SourceError { message, ..SourceError::default() }
}

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn tellers(checked: &Checked) -> Vec<(String, EventType, Teller)> {
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
                let place = checked.order.iter().position(|&stage| stage == writer);
                Teller::Stage(place.unwrap_or(usize::MAX), number)
            }
        };
        (stream.name.clone(), stream.event.event, teller)
    };
    checked.stream_order().map(teller).collect()
}
