//! A stage that is traced.

use super::{Step, Trace};
use crate::event::Slot;
use crate::metrics::Entered;
use crate::middleware::MiddlewareReport;
use crate::stage::{Erased, Fault, Gone, Outbox, Ran, Reconciled, Run, discard};
use std::sync::Arc;

/// Steps that are kept here before they are handed over.
const KEPT: usize = 1024;

/// What a traced stage reads by one of its links.
pub(crate) struct TracedInput {
    /// The stage's own number for the type.
    pub(crate) handler: usize,
    pub(crate) stream: Arc<str>,
    pub(crate) event: Arc<str>,
    /// Whether no stage wrote the stream.
    pub(crate) enters: bool,
}

/// A stage around which every event is timed; its inputs are numbered by links.
pub(crate) struct Traced {
    pub(crate) name: Arc<str>,
    pub(crate) stage: Box<dyn Erased>,
    pub(crate) inputs: Vec<TracedInput>,
    /// Its streams, in the order of the outbox.
    pub(crate) outputs: Vec<Arc<str>>,
    pub(crate) clock: quanta::Clock,
    pub(crate) entered: Option<Entered>,
    pub(crate) steps: Vec<Step>,
    pub(crate) trace: Trace,
}

impl Traced {
    fn now(&self) -> u64 {
        self.clock.delta_as_nanos(0, self.clock.raw())
    }

    /// Hands one event to the stage, and keeps what came of it.
    fn one(&mut self, link: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        let (slot, sequence) = (run.slots[0], run.first);
        let before: Vec<u64> = out.written().collect();
        let begun = self.now();
        let ran = self.stage.run(self.inputs[link].handler, run, out);
        let ended = self.now();
        if ran.consumed == 0 || ran.filtered > 0 {
            return ran;
        }
        let written = out.written().zip(before).zip(&self.outputs);
        let emitted: Vec<_> = written
            .filter(|((now, before), _)| now > before)
            .map(|((now, before), stream)| (stream.clone(), before, now))
            .collect();
        let input = &self.inputs[link];
        if emitted.is_empty() && input.enters {
            return ran;
        }
        let root = slot.header.root;
        let entered = self.entered.as_mut().and_then(|entered| entered.look_up(root).0);
        let step = Step {
            stage: self.name.clone(),
            stream: input.stream.clone(),
            sequence,
            event: input.event.clone(),
            slot,
            entered: entered.map(|raw| self.clock.delta_as_nanos(0, raw)),
            begun,
            ended,
            emitted,
        };
        self.steps.push(step);
        if self.steps.len() >= KEPT {
            self.trace.take_in(&mut self.steps);
        }
        ran
    }
}

impl Erased for Traced {
    fn start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.stage.start(out)
    }

    fn batch_end(&mut self) -> Result<(), Fault> {
        self.stage.batch_end()
    }

    fn stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.stage.stop(out)
    }

    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        let Run { slots, first, until, mut tagger, mut when } = run;
        let mut all = Ran::default();
        for (number, slot) in slots.iter().enumerate() {
            let slots = std::slice::from_ref(slot);
            let first = first + number as u64;
            let (tagger, when) = (tagger.as_deref_mut(), when.as_deref_mut());
            let ran = self.one(input, Run { slots, first, until, tagger, when }, out);
            all.consumed += ran.consumed;
            all.filtered += ran.filtered;
            all.fault = ran.fault;
            let ends = ran.consumed == 0 || all.fault.is_some();
            if ends || out.is_blocked() || out.is_put_off() {
                break;
            }
        }
        all
    }

    fn reconcile(&mut self, event: &Slot) -> Result<Reconciled, Fault> {
        self.stage.reconcile(event)
    }

    fn put_inside(&mut self, fresh: Box<dyn Erased>) -> Result<(), Box<dyn Erased>> {
        if let Err(fresh) = self.stage.put_inside(fresh) {
            self.stage = fresh;
        }
        Ok(())
    }

    fn drop_inside(&mut self) -> bool {
        if !self.stage.drop_inside() {
            discard(std::mem::replace(&mut self.stage, Box::new(Gone)));
        }
        true
    }

    fn middleware(&self) -> Vec<MiddlewareReport> {
        self.stage.middleware()
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.trace.take_in(&mut self.steps);
    }
}
