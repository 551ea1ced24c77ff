//! Threads, the input's loop, and the stop.

use super::build::{Built, build};
use super::checked::Checked;
use super::finish::{Teller, tellers};
use super::place::{Placement, place};
use super::recording::RecorderThread;
use super::threads::{GRACE, LaneThread, start_threads};
use super::watchdog::Watchdog;
use super::{Entry, Flow, Input, Monitor, Port, Report, RunError};
use crate::affinity;
use crate::event::{Event, EventType, Slot};
use crate::ingress::Inlets;
use crate::lane::Lane;
use crate::sequencer::{Sequencer, stamp_received};
use crate::source::SourceError;
use crate::stage::{discard, message_of_panic};
use crate::sync::Arc;
use crate::topology::Shared;
use crate::wait::{Bed, Wait, Waiter, wake_all};
use bytemuck::Zeroable;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// A topology that runs and is fed by hand, see [`Checked::start`].
///
/// Dropping it halts it and waits a little for its lanes; [`Running::stop`] finishes what is in
/// flight.
pub struct Running {
    pub(super) shared: Arc<Shared>,
    pub(super) sequencer: Sequencer,
    pub(super) inlets: Inlets,
    pub(super) lanes: Lanes,
    /// Most events that enter before the stages are called, where they run on this thread.
    pub(super) turn: usize,
    /// Lanes that may sleep until something enters.
    pub(super) sleepers: Vec<Bed>,
    /// Cores that lanes are pinned to.
    pub(super) lane_cores: Vec<usize>,
    pub(super) waiter: Waiter,
    pub(super) started: Instant,
    /// Names and types of the streams, ingresses first, and who tells what went through them.
    pub(super) streams: Vec<(String, EventType, Teller)>,
    pub(super) ports: Vec<(String, EventType)>,
    pub(super) recorder: Option<RecorderThread>,
    pub(super) _watchdog: Option<Watchdog>,
}

pub(super) enum Lanes {
    Inline(Box<Lane>),
    Threads(Vec<LaneThread>),
    /// They were told to end, and did or were left behind.
    Ended,
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
        checked.check_recording()?;
        checked.check_couriers()?;
        let streams = tellers(&checked);
        let ports = checked.ingresses();
        let shared = checked.shared.clone();
        let inlets = std::mem::take(&mut checked.inlets);
        let placement = place(&checked);
        let planned = match &placement {
            Placement::Inline(lane) => std::slice::from_ref(lane),
            Placement::Threads(lanes) => lanes,
        };
        let turn = match &placement {
            Placement::Inline(_) => checked.most_at_once(),
            Placement::Threads(_) => usize::MAX,
        };
        let lane_cores = planned.iter().filter_map(|lane| lane.cpu).collect();
        let Built { sequencer, mut lanes, sleepers, recorder } = build(&mut checked, planned)?;
        let lanes = match (placement, lanes.pop()) {
            (Placement::Inline(_), Some(mut lane)) => {
                lane.start().map_err(RunError::from_start).inspect_err(|_| shared.halt())?;
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
            inlets,
            lanes,
            turn,
            sleepers,
            lane_cores,
            waiter: Waiter::new(Wait::Backoff, Bed::new()),
            started: Instant::now(),
            streams,
            ports,
            recorder: None,
            _watchdog: watchdog,
        };
        running.recorder = recorder.map(RecorderThread::start).transpose()?;
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
        let own = port.in_topology(self.shared.topology).and_then(|key| self.ports.get(key));
        if own.is_none_or(|(_, event)| *event != E::TYPE) {
            return Err(RunError::WrongPort(E::TYPE));
        }
        let mut chunk = [Slot::zeroed(); CHUNK];
        for events in events.chunks(CHUNK) {
            let chunk = &mut chunk[..events.len()];
            let mut now = None;
            for (slot, event) in chunk.iter_mut().zip(events) {
                *slot = *Slot::of(event);
                stamp_received(&mut slot.header, &mut now);
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
            Lanes::Threads(_) | Lanes::Ended => Duration::MAX,
        }
    }

    /// Takes in what came by [`crate::ingress`], delivers what waits in relays of what entered (links
    /// that conflate), and polls the stages once where they run on this thread; gives whether anything
    /// happened.
    pub fn poll(&mut self) -> bool {
        let mut moved = !self.inlets.is_empty() && self.take_in();
        if self.sequencer.settle() {
            wake_all(&self.sleepers);
            moved = true;
        }
        match &mut self.lanes {
            Lanes::Inline(lane) => {
                self.sequencer.begin_turn(self.turn);
                lane.cycle() | moved
            }
            Lanes::Threads(_) | Lanes::Ended => moved,
        }
    }

    fn take_in(&mut self) -> bool {
        if self.shared.is_halted() {
            self.inlets.close(false);
            return false;
        }
        self.inlets.poll(&mut self.sequencer)
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

    /// Stops as soon as each lane has finished the batch it is on; what is in flight is left over, and
    /// the report's links say how much. Lanes stuck in a stage are left behind, as by
    /// [`Running::stop_within`].
    #[must_use]
    pub fn halt(mut self) -> Report {
        self.shared.halt();
        self.finish(None, Some(Instant::now()))
    }

    /// Runs with what comes by [`crate::ingress`] alone until someone drains or halts it by a
    /// [`Monitor`], or a stage fails; then stops.
    #[must_use]
    pub fn serve(self) -> Report {
        let shared = self.shared.clone();
        let mut report = self.run(&mut Silence);
        // To be drained is its proper end.
        report.interrupted &= shared.is_halted();
        report
    }

    /// Runs until the input is done or someone ends it, then stops. What comes by
    /// [`crate::ingress`] enters as well.
    ///
    /// Meanwhile the calling thread keeps off the cores that lanes are pinned to, if it has others; the
    /// threads that the input starts then do, too.
    #[must_use]
    pub fn run(mut self, input: &mut dyn Input) -> Report {
        // Left to itself the system has been seen to let it share a lane's core for half a run.
        let _kept_off = affinity::keep_off(&self.lane_cores);
        let mut error = None;
        while !self.shared.is_halted() && !self.shared.is_draining() {
            let before = self.sequencer.entered();
            let sequencer = &mut self.sequencer;
            // An input that panics ends the run as one that fails: it is not polled again.
            let flow = catch_unwind(AssertUnwindSafe(|| input.poll(sequencer)))
                .unwrap_or_else(|panic| Err(input_panicked(panic)));
            let entered = self.sequencer.entered() > before;
            let moved = self.poll() || entered;
            let at_most = match flow {
                Ok(Flow::More) => Duration::MAX,
                Ok(Flow::Idle(at_most)) => at_most.min(self.inlets.waits()),
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
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(&self.lanes, Lanes::Ended) {
            return;
        }
        self.shared.halt();
        if let Lanes::Threads(threads) = &mut self.lanes {
            for lane in threads.drain(..) {
                if lane.outcome.recv_timeout(GRACE).is_ok() {
                    let _ = lane.thread.join();
                }
            }
        }
        self.shared.end_lanes();
        if let Some(recorder) = self.recorder.take() {
            recorder.finish(&self.shared, None);
        }
    }
}

/// Events that enter together when fed by hand: one publication, one look at the clock.
const CHUNK: usize = 64;

/// An input that says nothing and never ends.
struct Silence;

impl Input for Silence {
    fn poll(&mut self, _: &mut dyn Entry) -> Result<Flow, SourceError> {
        Ok(Flow::Idle(Duration::MAX))
    }
}

fn input_panicked(panic: Box<dyn Any + Send>) -> SourceError {
    let message = format!("the input panicked: {}", message_of_panic(&*panic));
    discard(panic);
    SourceError { message, ..SourceError::default() }
}
