//! The stages that a courier calls.

use super::node::Held;
use crate::condition::Condition;
use crate::event::{Header, Slot};
use crate::metrics::{LinkWord, StageWord, Words};
use crate::stage::{Erased, Fault, Outbox, Reconciled, Run, discard, guard};
use crate::topology::StageFault;

/// A stage of the route.
pub(crate) struct Step {
    pub(crate) name: String,
    /// Where the stage stands among all, in topological order.
    pub(crate) index: usize,
    pub(crate) stage: Box<dyn Erased>,
    /// Which of the stage's event types the route carries.
    pub(crate) handler: usize,
    pub(crate) out: Outbox,
    pub(crate) links: Vec<StepLink>,
    /// Where it counts; `None` where nothing is counted.
    pub(crate) counters: Option<Words<StageWord>>,
    /// Calls so far: async handlers know by it which event they have begun.
    pub(crate) calls: u64,
    /// Whether it was called since its batch last ended.
    pub(crate) called: bool,
}

/// Which events take a way to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// Those of this one of the route's streams.
    Stream(usize),
    /// Those that this earlier step let pass.
    Passed(usize),
}

/// One way by which events reach a step.
pub(crate) struct StepLink {
    pub(crate) from: From,
    pub(crate) when: Option<Condition>,
    /// Where it counts; `None` where nothing is counted.
    pub(crate) counters: Option<Words<LinkWord>>,
}

impl From {
    /// Whether an event of this stream, that these steps let pass, is among them.
    fn has(self, stream: usize, passed: u64) -> bool {
        match self {
            From::Stream(own) => own == stream,
            From::Passed(step) => (passed >> step) & 1 == 1,
        }
    }
}

/// How a call of a step went.
pub(super) enum Called {
    /// It is done; whether it let the event pass.
    Done {
        passed: bool,
    },
    /// It cannot take it now.
    PutOff,
    Failed(Fault),
}

impl Step {
    /// Whether an event of a stream goes to it. Where several ways lead to it, it gets the event once.
    pub(super) fn takes(&mut self, stream: usize, slot: &Slot, passed: u64) -> Result<bool, Fault> {
        let mut takes = false;
        for link in &mut self.links {
            if !link.from.has(stream, passed) {
                continue;
            }
            let matches = match &mut link.when {
                Some(when) => guard(|| Ok(when.matches(slot)))?,
                None => true,
            };
            if let (false, Some(counters)) = (matches, &link.counters) {
                counters.of(LinkWord::Filtered).add(1);
            }
            takes |= matches;
        }
        Ok(takes)
    }

    /// A delivery is through with the ways to this step; `skipped` where it was given up before.
    pub(super) fn count(&self, held: &Held, skipped: bool) {
        for link in self.links.iter().filter(|link| link.from.has(held.stream, held.passed)) {
            let of_this_run = matches!(link.from, From::Passed(_)) || !held.recovered;
            if let (true, Some(counters)) = (of_this_run, &link.counters) {
                counters.of(LinkWord::Done).add(1);
                counters.of(LinkWord::Skipped).add(u64::from(skipped));
            }
        }
    }

    pub(super) fn reconcile(&mut self, slot: &Slot) -> Result<Reconciled, Fault> {
        self.out.begin(&slot.header);
        self.stage.reconcile(slot)
    }

    /// Lets the stage handle an event; what it emits carries `root`.
    pub(super) fn call(&mut self, slot: &Slot, root: u64) -> Called {
        let Self { stage, out, counters, .. } = self;
        out.descend_as(root);
        out.begin_poll();
        out.let_pass(true);
        let stops = out.stops();
        let slots = std::slice::from_ref(slot);
        let (until, tagger, when) = (u64::MAX, None, None);
        let run = Run { slots, first: self.calls, until, tagger, when };
        let ran = stage.run(self.handler, run, out);
        if out.is_put_off() {
            return Called::PutOff;
        }
        self.calls += 1;
        self.called = true;
        let counters = &*counters;
        let count = |word: StageWord| {
            if let Some(counters) = counters {
                counters.of(word).add(1);
            }
        };
        if let Some(fault) = ran.fault {
            count(StageWord::Failures);
            return Called::Failed(*fault);
        }
        count(StageWord::EventsIn);
        count(StageWord::Batches);
        Called::Done { passed: out.stops() == stops }
    }

    pub(super) fn batch_end(&mut self) -> Result<(), StageFault> {
        if let Some(counters) = &self.counters {
            counters.of(StageWord::EventsOut).set(self.out.published());
            counters.of(StageWord::Stops).set(self.out.stops());
        }
        if !std::mem::take(&mut self.called) {
            return Ok(());
        }
        self.stage.batch_end().map_err(|fault| self.fault(fault))
    }

    pub(super) fn start(&mut self) -> Result<(), StageFault> {
        self.out.begin(&Header::default());
        let result = self.stage.start(&mut self.out);
        let result = self.out.end_life_cycle(result);
        self.out.flush();
        result.map_err(|fault| self.fault(fault))
    }

    pub(super) fn stop(&mut self, root: u64) -> Result<(), StageFault> {
        self.out.descend_as(root);
        self.out.begin(&Header { root, ..Header::default() });
        let result = self.stage.stop(&mut self.out);
        let result = self.out.end_life_cycle(result);
        self.out.flush();
        result.map_err(|fault| self.fault(fault))
    }

    fn fault(&self, fault: Fault) -> StageFault {
        StageFault { stage: self.name.clone(), root: self.out.cause().root, event: None, fault }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        discard(std::mem::replace(&mut self.stage, Box::new(crate::stage::Gone)));
    }
}
