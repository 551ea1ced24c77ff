//! Async handlers on tokio.

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

use crate::condition::{Condition, Fields};
use crate::event::{Event, Slot};
use crate::stage::{Component, Erased, Fault, Outbox, Ran, Run, guard};
use crate::wait::LaneWaker;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

/// How many handlers of a stage are under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// Most handlers under way; at least 1.
    pub handlers: usize,
    /// How far they may run ahead. `true`: no event is begun before all but the last `handlers` ones
    /// before it are done, so one slow handler holds up the others. `false`: others go on, up to the
    /// stage's batch limit ahead.
    pub keep_order: bool,
}

/// What an async handler gives: events to emit, or nothing.
pub trait Emissions: Send + 'static {
    /// Fields of the event type it emits, if any.
    fn fields() -> Option<Fields>;

    /// Emits it.
    fn emit(self, out: &mut Outbox);
}

impl Emissions for () {
    fn fields() -> Option<Fields> {
        None
    }

    fn emit(self, _: &mut Outbox) {}
}

impl<E: Event> Emissions for Option<E> {
    fn fields() -> Option<Fields> {
        Some(Fields::of::<E>())
    }

    fn emit(self, out: &mut Outbox) {
        self.into_iter().for_each(|event| out.emit(event));
    }
}

impl<E: Event> Emissions for Vec<E> {
    fn fields() -> Option<Fields> {
        Some(Fields::of::<E>())
    }

    fn emit(self, out: &mut Outbox) {
        self.into_iter().for_each(|event| out.emit(event));
    }
}

/// A component that hands each event to an async handler on a tokio runtime. For the standard tier:
/// each event costs allocations and a task.
///
/// The lane never waits for a handler: events stay in the stage's input while theirs are under way,
/// and the lane is woken when one is done. Whatever order handlers end in, events are done, emitted
/// and failed in their own order: streams are the same as with one handler at a time. With `handlers: 1`
/// their effects on the outside are in order, too. A handler that fails or panics is a fault of its event;
/// handlers of later events that were begun go on, and are not begun again.
///
/// The runtime must outlive the topology. Handlers still under way when a topology is halted are aborted.
///
/// ```
/// use pitlane::Tier;
/// use pitlane::adapters::{Concurrency, async_each};
/// use pitlane::event::{MarketData, Order, Side};
/// use pitlane::testing::{Recorder, Script};
/// use pitlane::topology::Plan;
///
/// let runtime = tokio::runtime::Builder::new_multi_thread().build()?;
/// let send = |order: MarketData| async move {
///     // ... to the venue, which answers when it likes ...
///     Ok(Some(order))
/// };
/// let answers = Recorder::<MarketData>::new();
/// let mut plan = Plan::new();
/// let concurrency = Concurrency { handlers: 8, keep_order: false };
/// plan.component("venue", async_each(runtime.handle().clone(), concurrency, send));
/// plan.route::<MarketData>("feed", Tier::Standard, "venue");
/// plan.route::<MarketData>("venue", Tier::Standard, answers.sink());
/// let mut input = Script::new();
/// (1..=100).for_each(|price| _ = input.event("feed", MarketData::trade(1, 0, price, 1, Side::Bid)));
/// assert!(plan.check().expect("no mistakes").run(&mut input)?.is_complete());
/// assert!(answers.events().iter().map(|event| event.header.root).eq(1..=100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn async_each<E, R, F, Fut>(runtime: Handle, concurrency: Concurrency, handler: F) -> Component
where
    E: Event,
    R: Emissions,
    F: FnMut(E) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R, Fault>> + Send + 'static,
{
    let mut handler = handler;
    let begin = move |slot: &Slot| -> Handling<R> { Box::pin(handler(*slot.view::<E>())) };
    let concurrency = Concurrency { handlers: concurrency.handlers.max(1), ..concurrency };
    let (window, next, waker) = (VecDeque::new(), 0, None);
    let stage = Handlers { runtime, concurrency, begin, window, next, waker };
    Component::of_erased(E::TYPE, R::fields(), Box::new(stage))
}

type Handling<R> = Pin<Box<dyn Future<Output = Result<R, Fault>> + Send>>;

/// Handlers under way for the next events of a stage.
struct Handlers<R, B> {
    runtime: Handle,
    concurrency: Concurrency,
    begin: B,
    /// One for each event from `next` on, as far as they were begun.
    window: VecDeque<Flight<R>>,
    /// Sequence of the stage's next event.
    next: u64,
    waker: Option<LaneWaker>,
}

/// An event that was begun.
enum Flight<R> {
    Filtered,
    Begun(Arc<Outcome<R>>, AbortHandle),
}

/// What became of a handler, once it is done.
struct Outcome<R>(Mutex<Option<Result<R, Fault>>>);

impl<R> Outcome<R> {
    fn set(&self, result: Result<R, Fault>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }

    fn is_there(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn take(&self) -> Option<Result<R, Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R> Flight<R> {
    fn is_under_way(&self) -> bool {
        matches!(self, Flight::Begun(outcome, _) if !outcome.is_there())
    }
}

/// A handler whose panics are faults.
struct Guarded<R>(Handling<R>);

impl<R> Future for Guarded<R> {
    type Output = Result<R, Fault>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        guard(|| Ok(self.0.as_mut().poll(context))).unwrap_or_else(|fault| Poll::Ready(Err(fault)))
    }
}

impl<R: Emissions, B: FnMut(&Slot) -> Handling<R> + Send> Handlers<R, B> {
    /// Begins with an event; what the handler says before its first wait is part of it.
    fn begin(&mut self, slot: &Slot) -> Flight<R> {
        let outcome = Arc::new(Outcome(Mutex::new(None)));
        let begun = guard(|| Ok(Guarded((self.begin)(slot))));
        let (done, waker) = (outcome.clone(), self.waker.clone());
        let task = self.runtime.spawn(async move {
            let result = match begun {
                Ok(handling) => handling.await,
                Err(fault) => Err(fault),
            };
            done.set(result);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Flight::Begun(outcome, task.abort_handle())
    }

    fn begin_if_it_matches(
        &mut self,
        slot: &Slot,
        when: Option<&mut Condition>,
    ) -> Result<Flight<R>, Fault> {
        let matches = match when {
            Some(when) => guard(|| Ok(when.matches(slot)))?,
            None => true,
        };
        Ok(if matches { self.begin(slot) } else { Flight::Filtered })
    }

    /// Begins with as many events as may be under way. Where the first event failed and is tried again,
    /// with this one, too.
    fn begin_all(&mut self, run: &mut Run<'_>) -> Result<(), Fault> {
        let Concurrency { handlers, keep_order } = self.concurrency;
        if std::mem::replace(&mut self.next, run.first) == run.first + 1 {
            let again = self.begin_if_it_matches(&run.slots[0], run.when.as_deref_mut())?;
            self.window.push_front(again);
        }
        loop {
            let begun = self.window.iter().filter(|flight| match keep_order {
                true => !matches!(flight, Flight::Filtered),
                false => flight.is_under_way(),
            });
            let Some(slot) = run.slots.get(self.window.len()) else { return Ok(()) };
            if slot.header.root >= run.until || begun.count() >= handlers {
                return Ok(());
            }
            let flight = self.begin_if_it_matches(slot, run.when.as_deref_mut())?;
            self.window.push_back(flight);
        }
    }

    /// Ends the first event, if its handler is done. Gives whether it did, or the fault.
    fn end_first(&mut self, slot: &Slot, ran: &mut Ran, out: &mut Outbox) -> Result<bool, Fault> {
        let result = match self.window.front() {
            None => return Ok(false),
            Some(Flight::Filtered) => {
                ran.filtered += 1;
                None
            }
            Some(Flight::Begun(outcome, _)) => match outcome.take() {
                None => return Ok(false),
                result => result,
            },
        };
        self.window.pop_front();
        self.next += 1;
        if let Some(result) = result {
            out.begin(&slot.header);
            let emitted = result.and_then(|emissions| {
                guard(|| {
                    emissions.emit(out);
                    Ok(())
                })
            });
            out.end(slot, emitted)?;
            out.see(std::slice::from_ref(slot));
        }
        ran.consumed += 1;
        Ok(true)
    }
}

impl<R: Emissions, B: FnMut(&Slot) -> Handling<R> + Send> Erased for Handlers<R, B> {
    fn start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.waker = Some(out.waker());
        Ok(())
    }

    fn batch_end(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }

    fn run(&mut self, _: usize, mut run: Run<'_>, out: &mut Outbox) -> Ran {
        let mut ran = Ran::default();
        if let Err(fault) = self.begin_all(&mut run)
            && self.window.is_empty()
        {
            ran.fail(fault);
            return ran;
        }
        for slot in run.slots {
            match self.end_first(slot, &mut ran, out) {
                Ok(true) if out.is_blocked() => break,
                Ok(true) => {}
                Ok(false) => {
                    if ran.consumed == 0 && slot.header.root < run.until {
                        out.begin(&slot.header);
                        out.not_now();
                        let _ = out.end(slot, Ok(()));
                    }
                    break;
                }
                Err(fault) => {
                    out.fail(&slot.header);
                    ran.fail(fault);
                    break;
                }
            }
        }
        ran
    }
}

impl<R, B> Drop for Handlers<R, B> {
    fn drop(&mut self) {
        for flight in &self.window {
            if let Flight::Begun(_, task) = flight {
                task.abort();
            }
        }
    }
}
