//! A stage, its type erased, and how its handlers run over events.

use super::{Fault, On, Outbox, Reconciled, Stage, Tagger, guard};
use crate::condition::Condition;
use crate::event::{Event, Slot};
use crate::middleware::MiddlewareReport;
use std::slice::Iter;

/// Events of one input that a stage may handle now.
pub(crate) struct Run<'a> {
    pub(crate) slots: &'a [Slot],
    /// Sequence of the first of them in its stream.
    pub(crate) first: u64,
    /// Handle only events with a root below this.
    pub(crate) until: u64,
    /// Of a partition: which events are this copy's, and the tags of what they cause.
    pub(crate) tagger: Option<&'a mut Tagger>,
    /// Hold back events that do not match.
    pub(crate) when: Option<&'a mut Condition>,
}

/// How far a run came.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    /// Events done with: handled or filtered. The failing one, if any, is the next.
    pub(crate) consumed: usize,
    /// Of these, held back by the condition.
    pub(crate) filtered: usize,
    /// In a box, so that a run without one, as nearly all are, is handed on by a few words.
    pub(crate) fault: Option<Box<Fault>>,
}

impl Ran {
    /// It ended at an event that failed.
    #[cold]
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.fault = Some(Box::new(fault));
    }
}

/// A stage of any type. One virtual call per run, static calls per event. No panic of the stage, or
/// of a condition before it, comes out of these calls: it is a fault.
pub(crate) trait Erased: Send {
    fn start(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }
    fn batch_end(&mut self) -> Result<(), Fault> {
        Ok(())
    }
    fn stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }
    /// Whether an event was done of which nobody knows how its attempt ended.
    fn reconcile(&mut self, _event: &Slot) -> Result<Reconciled, Fault> {
        Ok(Reconciled::NotDone)
    }
    /// Puts a fresh stage into what stands around it; gives it back where nothing does.
    fn put_inside(&mut self, fresh: Box<dyn Erased>) -> Result<(), Box<dyn Erased>> {
        Err(fresh)
    }
    /// Drops the stage and leaves what stands around it; gives whether anything does.
    fn drop_inside(&mut self) -> bool {
        false
    }
    /// What the middleware around it did.
    fn middleware(&self) -> Vec<MiddlewareReport> {
        Vec::new()
    }
    /// Whether it looks at [`Run::tagger`].
    fn may_share(&self) -> bool {
        false
    }
    /// Handles events of the `input`-th type of [`Component::inputs`].
    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran;
}

pub(super) type Handler<S> = fn(&mut S, Run<'_>, &mut Outbox) -> Ran;

pub(super) struct Typed<S> {
    pub(super) stage: S,
    pub(super) handlers: Vec<Handler<S>>,
}

impl<S: Stage> Erased for Typed<S> {
    fn may_share(&self) -> bool {
        true
    }

    fn start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        guard(|| self.stage.on_start(out))
    }

    fn batch_end(&mut self) -> Result<(), Fault> {
        guard(|| self.stage.on_batch_end())
    }

    fn stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        guard(|| self.stage.on_stop(out))
    }

    fn reconcile(&mut self, event: &Slot) -> Result<Reconciled, Fault> {
        guard(|| self.stage.reconcile(event))
    }

    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        self.handlers[input](&mut self.stage, run, out)
    }
}

pub(super) fn run_each<S: On<E>, E: Event>(stage: &mut S, run: Run<'_>, out: &mut Outbox) -> Ran {
    out.begin_run();
    if run.tagger.is_some() {
        return run_share(stage, run, out);
    }
    let Run { slots, until, when, .. } = run;
    // It lies outside of what may unwind, so that it is exact after a panic, too.
    let mut ran = Ran::default();
    let result = match when {
        Some(when) => guard(|| run_matching(stage, slots, until, when, out, &mut ran)),
        None => {
            let slots = Slot::before(slots, until);
            let result = guard(|| run_all(stage, slots, out, &mut ran));
            out.see(&slots[..ran.consumed]);
            result
        }
    };
    if let Err(fault) = result {
        out.fail(&slots[ran.consumed].header);
        ran.fail(fault);
    }
    ran
}

/// The same for a copy of a partition: what it emits is tagged.
fn run_share<S: On<E>, E: Event>(stage: &mut S, run: Run<'_>, out: &mut Outbox) -> Ran {
    let Run { slots, first, until, tagger, mut when } = run;
    let mut ran = Ran::default();
    let Some(tagger) = tagger else { return ran };
    let result = guard(|| {
        for (number, slot) in slots.iter().enumerate() {
            ran.consumed = number;
            if slot.header.root >= until {
                return Ok(());
            }
            let tag = tagger.tag(slot, first + number as u64);
            let tag = tag.filter(|_| when.as_mut().is_none_or(|when| when.matches(slot)));
            let Some(tag) = tag else {
                ran.filtered += 1;
                continue;
            };
            out.tag_with(tag);
            let mut one = Ran::default();
            let result = run_all(stage, &slots[number..=number], out, &mut one);
            ran.consumed += one.consumed;
            out.see(&slots[number..ran.consumed]);
            result?;
            if one.consumed == 0 || out.is_blocked() {
                return Ok(());
            }
        }
        ran.consumed = slots.len();
        Ok(())
    });
    if let Err(fault) = result {
        out.fail(&slots[ran.consumed].header);
        ran.fail(fault);
    }
    ran
}

/// Events handed over between two signs of what the stage is on. Others look at that sign, and around a store that
/// others may see the compiler holds nothing in registers: with one per event, a stage that adds something up
/// waited at each for the sum that it had stored at the one before (`bench/results`: 1.7 against 1.2 ns).
const STRIDE: usize = 16;

/// Hands events to the stage.
///
/// A function of its own, not a part of what calls it: only of a function's arguments does the compiler
/// know that they lie apart, and keeps what is behind them in registers from event to event.
#[inline(never)]
fn run_all<S: On<E>, E: Event>(
    stage: &mut S,
    slots: &[Slot],
    out: &mut Outbox,
    ran: &mut Ran,
) -> Result<(), Fault> {
    for stride in slots.chunks(STRIDE) {
        if !run_stride(stage, stride, out, ran)? {
            break;
        }
    }
    Ok(())
}

/// The same of those that meet a condition.
#[inline(never)]
fn run_matching<S: On<E>, E: Event>(
    stage: &mut S,
    slots: &[Slot],
    until: u64,
    when: &mut Condition,
    out: &mut Outbox,
    ran: &mut Ran,
) -> Result<(), Fault> {
    for slot in Slot::before(slots, until) {
        if !when.matches(slot) {
            ran.filtered += 1;
            ran.consumed += 1;
            continue;
        }
        let (one, before) = (std::slice::from_ref(slot), ran.consumed);
        let goes_on = run_stride(stage, one, out, ran)?;
        out.see(&one[..ran.consumed - before]);
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Hands one event after the other to the stage. Gives whether it may have more.
#[inline(always)]
fn run_stride<S: On<E>, E: Event>(
    stage: &mut S,
    stride: &[Slot],
    out: &mut Outbox,
    ran: &mut Ran,
) -> Result<bool, Fault> {
    out.be_on(stride[0].header.root);
    let mut left = stride.iter();
    while let Some((slot, result)) = hand_over(stage, &mut left, out, ran) {
        let goes_on = out.end(slot, result)?;
        ran.consumed += usize::from(goes_on || !out.is_put_off());
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Hands events to the stage up to the first that leaves something to do; gives that one, which is not counted, and
/// what the stage said of it. Nothing but the stage itself is called in this loop.
#[inline(always)]
fn hand_over<'a, S: On<E>, E: Event>(
    stage: &mut S,
    slots: &mut Iter<'a, Slot>,
    out: &mut Outbox,
    ran: &mut Ran,
) -> Option<(&'a Slot, Result<(), Fault>)> {
    for slot in slots {
        out.begin_next(&slot.header);
        let result = stage.on(slot.view(), out);
        if out.needs_attention() || result.is_err() {
            return Some((slot, result));
        }
        ran.consumed += 1;
    }
    None
}

/// What stands in the place of a stage that is gone.
pub(crate) struct Gone;

impl Erased for Gone {
    fn run(&mut self, _: usize, _: Run<'_>, _: &mut Outbox) -> Ran {
        Ran::default()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::Names;
    use crate::event::{MarketData, Side};
    use crate::metrics::On as Sign;
    use std::sync::Arc;

    /// Notes what its lane says it is on, at each event.
    struct Noting {
        sign: Sign,
        said: Vec<u64>,
    }

    impl Stage for Noting {}

    impl On<MarketData> for Noting {
        fn on(&mut self, _: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
            let (stage, root) = self.sign.get().expect("it is on a stage");
            assert_eq!(stage, 3);
            self.said.push(root);
            Ok(())
        }
    }

    #[test]
    fn which_root_a_stage_is_on_is_said_for_every_sixteen_events() {
        let slots: Vec<_> = (101..141)
            .map(|root| {
                let mut slot = Slot::from_event(MarketData::trade(1, 0, 1, 1, Side::Bid));
                slot.header.root = root;
                slot
            })
            .collect();
        let mut out = Outbox::new(0, Arc::new(Names::default()), 0);
        let sign = Sign::default();
        out.show_on(sign.clone(), 3);
        let mut stage = Noting { sign, said: Vec::new() };
        let run = Run { slots: &slots, first: 0, until: u64::MAX, tagger: None, when: None };
        let ran = run_each::<_, MarketData>(&mut stage, run, &mut out);
        assert_eq!(ran.consumed, 40);
        let expected: Vec<u64> = (0..40).map(|at| 101 + at / 16 * 16).collect();
        assert_eq!(stage.said, expected);
    }
}
