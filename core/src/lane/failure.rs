//! What a node does when its stage fails, see [`OnError`].
//!
//! The failing event is the head of its input: what came before it was released, what it had emitted
//! was taken back. So to try again is to leave it there, and to go on is to release it. Nothing here
//! is on the way of an event that is handled.

use super::node::{Node, NodeParts};
use crate::event::{EventType, Header};
use crate::metrics::StageWord;
use crate::stage::{Component, Fault, Gone, OnError, Policy, discard, guard};
use crate::topology::{Attempt, DeadLetter, FailedEvent, StageFault};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A stage's policy, and where it stands with it.
pub(crate) struct Failures {
    policy: Policy,
    /// Names and types of the streams its inputs read.
    streams: Vec<(String, EventType)>,
    watch: Watch,
    restarts: u32,
    /// The event that failed last, while it may be tried again or is yet to be reported.
    pending: Option<Pending>,
}

struct Pending {
    event: FailedEvent,
    attempts: Vec<Attempt>,
    /// When it is tried again, ns by the watch.
    not_before: u64,
}

/// Time since a start, and when that was.
pub(super) struct Watch {
    clock: quanta::Clock,
    start: u64,
    started: u64,
}

impl Watch {
    /// Now, ns since 1970; never steps back.
    pub(super) fn now(&self) -> u64 {
        self.started.saturating_add(self.elapsed())
    }

    pub(super) fn new(clock: quanta::Clock) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Self { start: clock.raw(), started, clock }
    }

    /// Time since the start, ns.
    fn elapsed(&self) -> u64 {
        self.clock.delta_as_nanos(self.start, self.clock.raw())
    }
}

impl Failures {
    pub(crate) fn new(
        policy: Policy,
        streams: Vec<(String, EventType)>,
        clock: quanta::Clock,
    ) -> Self {
        Self { policy, streams, watch: Watch::new(clock), restarts: 0, pending: None }
    }

    /// Whether an event failed and is to be tried again, now or later.
    #[inline]
    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// How long the pending event waits yet.
    pub(super) fn waits(&self) -> Duration {
        let not_before = self.pending.as_ref().map_or(0, |pending| pending.not_before);
        Duration::from_nanos(not_before.saturating_sub(self.watch.elapsed()))
    }

    /// The pending event, if any, was handled in the end.
    #[inline]
    pub(super) fn forget(&mut self) {
        if self.is_pending() {
            self.pending = None;
        }
    }

    /// The event that failed, for the report.
    pub(super) fn event(&self) -> Option<Box<FailedEvent>> {
        self.pending.as_ref().map(|pending| Box::new(pending.event.clone()))
    }

    /// Notes an attempt at an event. Gives whether there will be another.
    fn note(&mut self, input: usize, failed: (u64, crate::event::Slot), fault: Fault) -> bool {
        let (sequence, slot) = failed;
        let now = self.watch.elapsed();
        let (stream, event) = &self.streams[input];
        let same = |pending: &Pending| {
            pending.event.sequence == sequence && pending.event.stream == *stream
        };
        let mut pending = self.pending.take().filter(same).unwrap_or_else(|| Pending {
            event: FailedEvent { stream: stream.clone(), sequence, event: *event, slot },
            attempts: Vec::new(),
            not_before: 0,
        });
        pending.attempts.push(Attempt { at: self.watch.started.saturating_add(now), fault });
        let attempts = pending.attempts.len();
        let retry = self.policy.retry.filter(|retry| attempts < retry.attempts as usize);
        pending.not_before =
            retry.map_or(0, |retry| now.saturating_add(retry.delay_after(attempts)));
        self.pending = Some(pending);
        retry.is_some()
    }

    /// The last reason of the pending event; where there were several attempts, it says so.
    fn reason(&self) -> Fault {
        let attempts = self.pending.as_ref().map_or(&[][..], |pending| &pending.attempts);
        match attempts {
            [] => Fault::new("it failed"),
            [only] => only.fault.clone(),
            [.., last] => {
                let count = attempts.len();
                last.fault.with_note(format!("the last of {count} attempts"))
            }
        }
    }

    /// A restart is one too many after this fault.
    fn exhausted(&self, fault: &Fault) -> Option<Fault> {
        let OnError::Restart { limit } = self.policy.on_error else { return None };
        let times = if limit == 1 { "once" } else { &format!("{limit} times") };
        let note = format!("it was restarted {times} before, which is its limit");
        (self.restarts >= limit).then(|| fault.with_note(note))
    }
}

/// What becomes of a node whose stage failed on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The event waits to be tried again.
    Waits,
    /// The event was left out; the stage goes on after it.
    GoesOn,
    /// The same, with a fresh stage.
    Restarted,
}

impl Node {
    /// A run ended before the first event of an input: the stage failed on it. Gives the fault that
    /// stops the topology, where one does.
    #[cold]
    pub(super) fn failed(&mut self, input: usize, fault: Fault) -> Result<Then, Fault> {
        let parts = &mut self.parts;
        let failed = parts.inputs[input].first().expect("a run fails on an event that is there");
        count(parts, StageWord::Failures);
        if parts.failures.note(input, failed, fault) {
            count(parts, StageWord::Retries);
            return Ok(Then::Waits);
        }
        let reason = parts.failures.reason();
        if !parts.failures.policy.on_error.leaves_events_out() {
            return Err(reason);
        }
        if let Some(fault) = parts.failures.exhausted(&reason) {
            return Err(fault);
        }
        if let Some(Pending { event, attempts, .. }) = parts.failures.pending.take() {
            let stage = parts.name.clone();
            parts.shared.dead_letters.push(DeadLetter { stage, event, attempts });
        }
        parts.inputs[input].leave_out_first();
        count(parts, StageWord::Skipped);
        match parts.failures.policy.on_error {
            OnError::Restart { .. } => self.restart(reason).map(|()| Then::Restarted),
            OnError::Halt | OnError::Skip => Ok(Then::GoesOn),
        }
    }

    /// `on_batch_end` failed: no event is lost by that.
    #[cold]
    pub(super) fn batch_end_failed(&mut self, fault: Fault) -> Result<(), Fault> {
        count(&self.parts, StageWord::Failures);
        let on_error = self.parts.failures.policy.on_error;
        if !on_error.leaves_events_out() {
            return Err(fault);
        }
        if let Some(fault) = self.parts.failures.exhausted(&fault) {
            return Err(fault);
        }
        self.survived(fault.clone());
        match on_error {
            OnError::Restart { .. } => {
                self.restart(fault)?;
                self.parts.out.flush();
                Ok(())
            }
            OnError::Halt | OnError::Skip => Ok(()),
        }
    }

    /// Puts a fresh stage in the place of the one that failed and starts it. One that does not start
    /// either counts as a further restart.
    fn restart(&mut self, mut fault: Fault) -> Result<(), Fault> {
        loop {
            if let Some(fault) = self.parts.failures.exhausted(&fault) {
                return Err(fault);
            }
            self.parts.failures.restarts += 1;
            count(&self.parts, StageWord::Restarts);
            self.drop_stage();
            match self.renew() {
                Ok(()) => {
                    let (stage, root) = (self.name(), self.root());
                    tracing::warn!(stage, root, "restarted after: {fault}");
                    return Ok(());
                }
                Err(next) => fault = next,
            }
            count(&self.parts, StageWord::Failures);
            self.survived(fault.clone());
        }
    }

    fn renew(&mut self) -> Result<(), Fault> {
        let parts = &mut self.parts;
        let Some(rebuild) = &parts.failures.policy.rebuild else {
            return Err(Fault::new("there is nothing to make a fresh stage from"));
        };
        let Component { mut stage, inputs, .. } = guard(|| rebuild.make())?;
        if inputs != parts.takes {
            return Err(Fault::new("what was made in its place takes other events"));
        }
        // Smaller roots than the one at hand were promised away; after events that were all filtered,
        // it is not at hand.
        let cause = *parts.out.cause();
        let root = cause.root.max(parts.out.promised());
        let Header { ts_event, ts_recv, .. } = cause;
        parts.out.descend_from(&Header { root, ts_event, ts_recv, ..Header::default() });
        let started = stage.start(&mut parts.out);
        let started = parts.out.end_life_cycle(started);
        parts.out.descend_from(&cause);
        if let Err(stage) = parts.stage.put_inside(stage) {
            parts.stage = stage;
        }
        started
    }

    /// The event that stopped it.
    pub(super) fn failed_event(&self) -> Option<Box<FailedEvent>> {
        self.parts.failures.event()
    }

    /// Drops the stage, even one whose `Drop` panics.
    pub(super) fn drop_stage(&mut self) {
        if !self.parts.stage.drop_inside() {
            discard(std::mem::replace(&mut self.parts.stage, Box::new(Gone)));
        }
    }

    fn survived(&self, fault: Fault) {
        let (stage, root) = (self.name().into(), self.root());
        self.parts.shared.dead_letters.note(StageFault { stage, root, event: None, fault });
    }
}

/// Counts one more; counters may be off.
fn count(parts: &NodeParts, word: StageWord) {
    if let Some(counters) = &parts.counters {
        counters.of(word).add(1);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.drop_stage();
        discard(std::mem::replace(&mut self.parts.stage, Box::new(Gone)));
    }
}
