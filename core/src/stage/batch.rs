//! Stages that take events in whole slices.

use super::{Fault, Outbox, Ran, Run, Stage, guard};
use crate::event::{Event, Slot};
use std::marker::PhantomData;

/// What a stage does with a slice of events of type `E`: one call for as many as there are, at most a
/// poll's. Added by [`Builder::on_batch`](super::Builder::on_batch), or as a closure by [`each_batch`].
///
/// How events were cut into slices differs from run to run, so there is no outbox: it must not show in what
/// a stage emits.
pub trait OnBatch<E: Event>: Stage {
    /// Handles events in their order. Gives how many of them are finished, from the first one on. Those
    /// that are not come again, first, at the next duty cycle, and perhaps more behind them.
    ///
    /// # Errors
    /// The event behind the finished ones failed; what happens then says
    /// [`OnError`](super::OnError).
    fn on_batch(&mut self, events: &[E]) -> Result<usize, BatchFault>;
}

/// A fault in the middle of a slice: so many events were finished before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchFault {
    /// Events finished before the one that failed.
    pub finished: usize,
    /// Why it failed.
    pub fault: Fault,
}

impl BatchFault {
    /// The event behind so many finished ones failed.
    #[must_use]
    pub fn after(finished: usize, fault: impl Into<Fault>) -> Self {
        Self { finished, fault: fault.into() }
    }
}

/// The first event failed.
impl<F: Into<Fault>> From<F> for BatchFault {
    fn from(fault: F) -> Self {
        Self::after(0, fault)
    }
}

/// Begins a component from a closure over slices of events.
///
/// ```
/// use pitlane::event::Order;
/// use pitlane::stage::{Component, each_batch};
///
/// let mut rows = Vec::new();
/// let store: Component = each_batch(move |orders: &[Order]| {
///     rows.extend_from_slice(orders);
///     Ok(orders.len())
/// })
/// .into();
/// ```
pub fn each_batch<E, F>(f: F) -> super::Builder<EachBatch<E, F>>
where
    E: Event,
    F: FnMut(&[E]) -> Result<usize, BatchFault> + Send + 'static,
{
    super::component(EachBatch { f, event: PhantomData }).on_batch::<E>()
}

/// A closure as a stage, see [`each_batch`].
pub struct EachBatch<E, F> {
    f: F,
    event: PhantomData<fn(&E)>,
}

impl<E, F: Send> Stage for EachBatch<E, F> {}

impl<E, F> OnBatch<E> for EachBatch<E, F>
where
    E: Event,
    F: FnMut(&[E]) -> Result<usize, BatchFault> + Send,
{
    fn on_batch(&mut self, events: &[E]) -> Result<usize, BatchFault> {
        (self.f)(events)
    }
}

/// Hands a run of events to the stage, in slices without those that are not for it.
pub(super) fn run_batch<S: OnBatch<E>, E: Event>(
    stage: &mut S,
    run: Run<'_>,
    out: &mut Outbox,
) -> Ran {
    let Run { slots, first, until, mut tagger, mut when } = run;
    let mut ran = Ran::default();
    let in_turn = Slot::before(slots, until).len();
    let most = out.most_in_slice();
    let is_plain = tagger.is_none() && when.is_none();
    let result = guard(|| {
        let mut fits = |at: usize| {
            let slot: &Slot = &slots[at];
            let is_own =
                tagger.as_mut().is_none_or(|tagger| tagger.tag(slot, first + at as u64).is_some());
            is_own && when.as_mut().is_none_or(|when| when.matches(slot))
        };
        while ran.consumed < in_turn {
            let from = ran.consumed;
            let last = in_turn.min(from.saturating_add(most));
            let to =
                if is_plain { last } else { (from..last).find(|&at| !fits(at)).unwrap_or(last) };
            if to == from {
                ran.consumed += 1;
                ran.filtered += 1;
                continue;
            }
            if !hand_over(stage, &slots[from..to], out, &mut ran)? {
                return Ok(());
            }
        }
        Ok(())
    });
    if let Err(fault) = result {
        out.fail(&slots[ran.consumed].header);
        ran.fail(fault);
    }
    ran
}

/// Gives whether the stage finished the slice and may have another.
fn hand_over<S: OnBatch<E>, E: Event>(
    stage: &mut S,
    slots: &[Slot],
    out: &mut Outbox,
    ran: &mut Ran,
) -> Result<bool, Fault> {
    out.begin(&slots[0].header);
    let (finished, fault) = match stage.on_batch(Slot::view_all(slots)) {
        Ok(finished) => (finished, None),
        Err(BatchFault { finished, fault }) => (finished, Some(fault)),
    };
    if finished > slots.len() || (fault.is_some() && finished == slots.len()) {
        let message = format!("finished {finished} of {} events, it says", slots.len());
        return Err(fault.unwrap_or(Fault::new(message)));
    }
    out.see(&slots[..finished]);
    if out.needs_attention() {
        // They go on to later steps.
        for slot in &slots[..finished] {
            out.begin(&slot.header);
            out.end(slot, Ok(()))?;
        }
    }
    ran.consumed += finished;
    match fault {
        Some(fault) => Err(fault),
        None if finished < slots.len() => {
            out.put_off_rest(&slots[finished].header);
            Ok(false)
        }
        None => Ok(!out.is_blocked()),
    }
}
