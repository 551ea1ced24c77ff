//! Where a stage emits.

mod emission;
mod lazy;
mod not_now;
mod publication;
mod written;

use self::lazy::Types;
use super::port::{Port, Written};
use super::{Fault, FaultKind, Gather, Stream};
use crate::Names;
use crate::event::{Event, EventType, Header, Slot};
use crate::metrics::{On, Timing};
use crate::wait::Bed;
use std::sync::Arc;

/// Where a stage emits: a port per event type it declared, each with a stream behind it.
///
/// What is emitted takes root and capture time from the event being handled and, where the stage
/// leaves them 0, its event time and instrument; its source is the component's. It is written to
/// the stream's ring at once and becomes visible when the lane publishes; what does not fit waits
/// here, at most the emissions of one event, and the stage is not called before it is written.
pub struct Outbox {
    ports: Vec<Port>,
    /// Whether there is a port or a pass.
    writes: bool,
    /// Types of streams that somebody reads, and of the others.
    listened: Types,
    unheard: Types,
    /// Copies of what the stage let pass, for the later steps of its pipeline.
    pass: Option<Port>,
    passing: bool,
    /// Whether the event being handled leaves something to do: it passes on, or the stage emitted, or did
    /// what is `unusual`.
    attention: bool,
    /// Whether the stage stopped the event, put it off, or misused this outbox.
    unusual: bool,
    component: u16,
    names: Arc<Names>,
    cause: Header,
    /// The root of what is emitted, where it is not the cause's; 0 = it is.
    as_root: u64,
    /// How many events were emitted for the one being handled, and their types in order: by these they
    /// are taken back. As long as the most emissions.
    emitted: usize,
    emissions: Box<[u8]>,
    fault: Option<Fault>,
    may_stop: bool,
    stopped: bool,
    stops: u64,
    blocked: bool,
    put_off: bool,
    /// Where the lane sleeps.
    bed: Bed,
    /// Most events in a slice, of a stage that takes slices.
    most_in_slice: usize,
    /// Emissions that were not allowed.
    refused: u64,
    /// Says what the lane is on: this stage, by its number.
    on: On,
    stage: usize,
    timing: Timing,
    /// Emissions since the last publication.
    unpublished: usize,
    gather: Gather,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("ports", &self.ports.len()).finish_non_exhaustive()
    }
}

impl Outbox {
    pub(crate) fn new(component: u16, names: Arc<Names>, max_emissions: usize) -> Self {
        Self {
            ports: Vec::new(),
            writes: false,
            listened: Types::default(),
            unheard: Types::default(),
            pass: None,
            passing: false,
            attention: false,
            unusual: false,
            component,
            names,
            cause: Header::default(),
            as_root: 0,
            emitted: 0,
            emissions: vec![0; max_emissions].into(),
            fault: None,
            may_stop: false,
            stopped: false,
            stops: 0,
            blocked: false,
            put_off: false,
            bed: Bed::new(),
            most_in_slice: usize::MAX,
            refused: 0,
            on: On::default(),
            stage: 0,
            timing: Timing::off(),
            unpublished: 0,
            gather: Gather::until_drained(),
        }
    }

    /// Whether the events of the input at hand go on to later steps.
    #[inline]
    pub(crate) fn let_pass(&mut self, passing: bool) {
        self.passing = passing && self.pass.is_some();
        self.attention = self.passing;
    }

    /// The stage may stop events.
    pub(crate) fn allow_stop(&mut self) {
        self.may_stop = true;
    }

    /// How long emissions gather before they are published; by default until the end of the poll.
    pub(crate) fn gather(&mut self, gather: Gather) {
        self.gather = gather;
    }

    /// What is emitted next descends from an event of this header, which is not being handled.
    pub(crate) fn descend_from(&mut self, cause: &Header) {
        self.cause = *cause;
    }

    /// What is emitted from now on carries this root: its cause is of an earlier run, or was promised
    /// away since.
    pub(crate) fn descend_as(&mut self, root: u64) {
        self.as_root = root;
    }

    /// Before the events of a poll.
    #[inline]
    pub(crate) fn begin_poll(&mut self) {
        self.put_off = false;
        self.gather.begin();
    }

    /// Most events to handle before [`Self::handled`].
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.gather.stride()
    }

    /// After a run of events: publishes what has gathered for too long.
    #[inline]
    pub(crate) fn handled(&mut self) {
        if self.unpublished > 0 && self.gather.is_late() {
            self.flush();
        }
    }

    /// The stage's number, and the word in which its lane says that it is on it.
    pub(crate) fn show_on(&mut self, on: On, stage: usize) {
        (self.on, self.stage) = (on, stage);
    }

    /// Measures how long events take; by default nothing is measured.
    pub(crate) fn time(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// After the events of a poll, when what they caused is published.
    #[inline]
    pub(crate) fn end_batch(&mut self) {
        self.timing.end_batch();
    }

    /// Adds a stream; `is_read` says whether anybody reads it.
    pub(crate) fn add_port(
        &mut self,
        event: EventType,
        source: u16,
        stream: Stream,
        is_read: bool,
    ) {
        if is_read {
            self.listened.add(event.id);
        } else {
            self.unheard.add(event.id);
        }
        self.writes = true;
        self.ports.push(Port::new(event, source, stream, self.emissions.len()));
    }

    pub(crate) fn set_pass(&mut self, event: EventType, stream: Stream) {
        self.writes = true;
        self.pass = Some(Port::new(event, 0, stream, 1));
    }

    /// Emits an event.
    ///
    /// More emissions than declared, or a type not declared, make the event being handled fail when
    /// the stage returns.
    #[inline]
    pub fn emit<E: Event>(&mut self, event: E) {
        self.write::<E>(move |slot| *slot = *Slot::of(&event));
    }

    /// Ends this event's way through its pipeline: later steps do not see it. Counted.
    ///
    /// Where no step follows there is nothing to end. From a stage not declared with
    /// [`super::Builder::may_stop`] it makes the event being handled fail when the stage returns:
    /// later steps may have seen it.
    pub fn stop(&mut self) {
        self.be_unusual();
        if self.may_stop {
            self.stopped = true;
            return;
        }
        let message = "stopped an event, which it does not declare; declare it with may_stop";
        self.fault.get_or_insert(Fault::of_kind(FaultKind::UndeclaredStop, message));
    }

    /// Names of the topology's sources and components, for those who print them. Look names up when
    /// starting, not per event.
    #[must_use]
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// The stage's own number among [`Outbox::names`].
    #[must_use]
    pub fn component(&self) -> u16 {
        self.component
    }

    /// Header of the event being handled.
    #[must_use]
    pub fn cause(&self) -> &Header {
        &self.cause
    }

    #[cold]
    fn refuse(&mut self, event: EventType) {
        let (kind, message) = if self.ports.iter().any(|port| port.event.id == event.id) {
            let most = self.emissions.len();
            let message = format!(
                "emitted more than the {most} events it declares per event; declare more with max_emissions"
            );
            (FaultKind::TooManyEmissions, message)
        } else {
            let message =
                format!("emitted {event}, which it does not declare; declare it with emits");
            (FaultKind::UndeclaredEmission, message)
        };
        self.fault.get_or_insert(Fault::of_kind(kind, message));
        self.be_unusual();
    }

    /// The event being handled leaves more to do than to keep what was emitted for it.
    fn be_unusual(&mut self) {
        self.attention = true;
        self.unusual = true;
    }

    /// Before an event is handled.
    #[inline]
    pub(crate) fn begin(&mut self, cause: &Header) {
        self.begin_run();
        self.be_on(cause.root);
        self.begin_next(cause);
    }

    /// Before events are handled, each after [`Self::begin_next`].
    #[inline]
    pub(crate) fn begin_run(&self) {
        self.on.set_stage(self.stage);
    }

    /// Before an event of a run is handled.
    #[inline]
    pub(crate) fn begin_next(&mut self, cause: &Header) {
        self.cause = *cause;
    }

    /// Says that the stage is on an event of this root, or on one of the few handed over with it.
    #[inline]
    pub(crate) fn be_on(&self, root: u64) {
        self.on.set_root(root);
    }

    /// These events were handled: what they took is measured when the batch ends.
    #[inline]
    pub(crate) fn see(&mut self, handled: &[Slot]) {
        self.timing.see(handled);
    }

    /// Whether [`Self::end`] has anything to do for the event that was handled without a fault.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        self.attention
    }

    /// After an event was handled: keeps what it emitted, or takes it back. Gives whether the stage may
    /// have another; where not, the event was put off or something waits for room.
    #[inline]
    pub(crate) fn end(&mut self, event: &Slot, result: Result<(), Fault>) -> Result<bool, Fault> {
        if self.unusual || result.is_err() {
            return self.end_unusual(result);
        }
        if self.passing {
            self.pass_on(event);
        }
        self.keep();
        Ok(!self.blocked)
    }

    /// Hands a copy of the event on to the later steps.
    #[inline(never)]
    fn pass_on(&mut self, event: &Slot) {
        if let Some(pass) = &mut self.pass {
            self.unpublished += 1;
            self.blocked |= pass.write(|slot| *slot = *event) == Written::Waits;
        }
    }

    /// The same of an event that failed, was stopped or put off. Where it failed, [`Self::fail`] takes
    /// back what it emitted.
    #[cold]
    fn end_unusual(&mut self, result: Result<(), Fault>) -> Result<bool, Fault> {
        self.unusual = false;
        if self.fault.is_some() || result.is_err() {
            return self.fault.take().map_or(result, Err).map(|()| false);
        }
        if self.put_off {
            self.take_back();
            return Ok(false);
        }
        self.stopped = false;
        self.stops += 1;
        self.keep();
        Ok(!self.blocked)
    }

    /// What the event being handled had emitted stays; publishes where that is enough.
    #[inline]
    fn keep(&mut self) {
        self.unpublished += self.emitted;
        self.settle();
        if self.gather.is_full(self.unpublished) {
            self.flush_all();
        }
    }

    /// After an event failed, whether the stage had seen it or panicked: takes back what was emitted
    /// for it, as if it had not begun; it is still the cause at hand.
    #[cold]
    pub(crate) fn fail(&mut self, event: &Header) {
        self.cause = *event;
        // A stage that fails on what it had put off has failed on it.
        self.put_off = false;
        self.take_back();
    }

    /// As [`Self::end`], for the life cycle's calls: there is no event to pass on.
    pub(crate) fn end_life_cycle(&mut self, result: Result<(), Fault>) -> Result<(), Fault> {
        self.put_off = false;
        self.unusual = false;
        let result = match self.fault.take() {
            Some(fault) => Err(fault),
            None => result,
        };
        match result {
            Ok(()) => {
                self.stopped = false;
                self.settle();
            }
            Err(_) => self.take_back(),
        }
        result
    }

    /// What the event being handled had emitted stays.
    #[inline]
    fn settle(&mut self) {
        self.attention = self.passing;
        self.emitted = 0;
    }

    /// Takes back what was emitted for the event being handled.
    #[cold]
    pub(crate) fn take_back(&mut self) {
        self.fault = None;
        self.stopped = false;
        self.unusual = false;
        for emitted in &self.emissions[..self.emitted] {
            if let Some(port) = self.ports.iter_mut().find(|port| port.event.id == *emitted) {
                port.take_back_last();
            }
        }
        self.settle();
        let blocked = self.all_ports().any(|port| !port.overflow.is_empty());
        self.blocked = blocked;
    }

    /// Whether something waits for room; the stage must not be called before it is written.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }
}
