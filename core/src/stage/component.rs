//! A stage together with what it takes and gives, its type erased.

use super::batch::run_batch;
use super::guard::guard;
use super::policy::Policy;
use super::{Consumer, Fault, On, OnBatch, Outbox, Stage, Tagger};
use crate::condition::{Condition, Fields};
use crate::event::{Event, EventType, Slot};
use crate::middleware::MiddlewareReport;
use std::marker::PhantomData;

/// Most emissions per event where a component does not say.
pub(crate) const DEFAULT_MAX_EMISSIONS: usize = 16;

/// A stage with what it takes and gives: what configs name and routes point at.
///
/// Made by [`component`] from a struct, by [`each`] from a closure.
pub struct Component {
    pub(crate) inputs: Vec<EventType>,
    pub(crate) outputs: Vec<Fields>,
    pub(crate) emits_under: Option<String>,
    pub(crate) max_emissions: usize,
    pub(crate) may_stop: bool,
    pub(crate) gateway: bool,
    pub(crate) policy: Policy,
    pub(crate) consumer: Consumer,
    /// Whether it takes slices.
    pub(crate) is_batch: bool,
    pub(crate) stage: Box<dyn Erased>,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Component")
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Component {
    /// A component around a stage that runs events of one type in its own way.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_erased(
        input: EventType,
        output: Option<Fields>,
        stage: Box<dyn Erased>,
    ) -> Self {
        Self {
            inputs: vec![input],
            outputs: output.into_iter().collect(),
            emits_under: None,
            max_emissions: DEFAULT_MAX_EMISSIONS,
            may_stop: false,
            gateway: false,
            policy: Policy::default(),
            consumer: Consumer::default(),
            is_batch: false,
            stage,
        }
    }

    /// Event types it takes.
    #[must_use]
    pub fn inputs(&self) -> &[EventType] {
        &self.inputs
    }

    /// Event types it emits.
    pub fn outputs(&self) -> impl Iterator<Item = EventType> {
        self.outputs.iter().map(|fields| fields.event)
    }

    /// The same component, emitting under a source name of its own instead of its name.
    #[must_use]
    pub fn emits_under(mut self, source: impl Into<String>) -> Self {
        self.emits_under = Some(source.into());
        self
    }
}

/// Begins a component from a stage; say what it takes with [`Builder::on`].
///
/// ```
/// use pitlane::event::{MarketData, Signal, Action};
/// use pitlane::stage::{component, Component, Fault, On, Outbox, Stage};
///
/// struct Uptick { last: i64 }
/// impl Stage for Uptick {}
/// impl On<MarketData> for Uptick {
///     fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
///         if let Some(trade) = event.as_trade() {
///             if trade.price() > self.last {
///                 out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
///             }
///             self.last = trade.price();
///         }
///         Ok(())
///     }
/// }
///
/// let uptick: Component = component(Uptick { last: 0 }).on::<MarketData>().emits::<Signal>().into();
/// ```
pub fn component<S: Stage + 'static>(stage: S) -> Builder<S> {
    Builder {
        stage,
        handlers: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        emits_under: None,
        max_emissions: DEFAULT_MAX_EMISSIONS,
        may_stop: false,
        gateway: false,
        is_batch: false,
        policy: Policy::default(),
    }
}

/// Begins a component from a closure over events of one type.
///
/// ```
/// use pitlane::event::{Action, MarketData, Signal};
/// use pitlane::stage::{each, Component, Outbox};
///
/// let shout: Component = each(|event: &MarketData, out: &mut Outbox| {
///     if let Some(trade) = event.as_trade() {
///         out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
///     }
///     Ok(())
/// })
/// .emits::<Signal>()
/// .into();
/// ```
pub fn each<E, F>(f: F) -> Builder<Each<E, F>>
where
    E: Event,
    F: FnMut(&E, &mut Outbox) -> Result<(), Fault> + Send + 'static,
{
    component(Each { f, event: PhantomData }).on::<E>()
}

/// A component that does nothing with events but to let them pass on.
pub(crate) fn pass_on(event: EventType) -> Component {
    let mut component = each(|_: &Slot, _: &mut Outbox| Ok(())).build();
    component.inputs = vec![event];
    component
}

/// A closure as a stage, see [`each`].
pub struct Each<E, F> {
    f: F,
    event: PhantomData<fn(&E)>,
}

impl<E, F: Send> Stage for Each<E, F> {}

impl<E, F> On<E> for Each<E, F>
where
    E: Event,
    F: FnMut(&E, &mut Outbox) -> Result<(), Fault> + Send,
{
    #[inline]
    fn on(&mut self, event: &E, out: &mut Outbox) -> Result<(), Fault> {
        (self.f)(event, out)
    }
}

/// A component in the making.
#[must_use = "a builder does nothing until it is made a component"]
pub struct Builder<S> {
    stage: S,
    handlers: Vec<Handler<S>>,
    inputs: Vec<EventType>,
    outputs: Vec<Fields>,
    emits_under: Option<String>,
    max_emissions: usize,
    may_stop: bool,
    gateway: bool,
    is_batch: bool,
    pub(super) policy: Policy,
}

impl<S: Stage + 'static> Builder<S> {
    /// It takes events of type `E`.
    pub fn on<E: Event>(mut self) -> Self
    where
        S: On<E>,
    {
        self.inputs.push(E::TYPE);
        self.handlers.push(run_each::<S, E>);
        self
    }

    /// It takes events of type `E` in whole slices.
    pub fn on_batch<E: Event>(mut self) -> Self
    where
        S: OnBatch<E>,
    {
        self.inputs.push(E::TYPE);
        self.handlers.push(run_batch::<S, E>);
        self.is_batch = true;
        self
    }

    /// It emits events of type `E`.
    pub fn emits<E: Event>(mut self) -> Self {
        if !self.outputs.iter().any(|fields| fields.event == E::TYPE) {
            self.outputs.push(Fields::of::<E>());
        }
        self
    }

    /// It emits under this source name instead of its own name.
    pub fn emits_under(mut self, source: impl Into<String>) -> Self {
        self.emits_under = Some(source.into());
        self
    }

    /// The most it emits for one event (default 16); more is a fault.
    pub fn max_emissions(mut self, most: usize) -> Self {
        self.max_emissions = most;
        self
    }

    /// It may call [`Outbox::stop`], which keeps an event from the later steps of its pipeline.
    pub fn may_stop(mut self) -> Self {
        self.may_stop = true;
        self
    }

    /// It sends orders out; denied ones never reach it.
    pub fn gateway(mut self) -> Self {
        self.gateway = true;
        self
    }

    /// The component.
    #[must_use]
    pub fn build(self) -> Component {
        Component {
            inputs: self.inputs,
            outputs: self.outputs,
            emits_under: self.emits_under,
            max_emissions: self.max_emissions,
            may_stop: self.may_stop,
            gateway: self.gateway,
            policy: self.policy,
            consumer: Consumer::default(),
            is_batch: self.is_batch,
            stage: Box::new(Typed { stage: self.stage, handlers: self.handlers }),
        }
    }
}

impl<S: Stage + 'static> From<Builder<S>> for Component {
    fn from(builder: Builder<S>) -> Self {
        builder.build()
    }
}

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
    pub(crate) fault: Option<Fault>,
}

/// A stage of any type. One virtual call per run, static calls per event. No panic of the stage, or
/// of a condition before it, comes out of these calls: it is a fault.
pub(crate) trait Erased: Send {
    fn start(&mut self, out: &mut Outbox) -> Result<(), Fault>;
    fn batch_end(&mut self) -> Result<(), Fault>;
    fn stop(&mut self, out: &mut Outbox) -> Result<(), Fault>;
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

type Handler<S> = fn(&mut S, Run<'_>, &mut Outbox) -> Ran;

struct Typed<S> {
    stage: S,
    handlers: Vec<Handler<S>>,
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

    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        self.handlers[input](&mut self.stage, run, out)
    }
}

fn run_each<S: On<E>, E: Event>(stage: &mut S, run: Run<'_>, out: &mut Outbox) -> Ran {
    if run.tagger.is_some() {
        return run_share(stage, run, out);
    }
    let Run { slots, until, when, .. } = run;
    // It lies outside of what may unwind, so that it is exact after a panic, too.
    let mut ran = Ran::default();
    // Loops of their own, so that what is alone on its input does not ask at each event whose turn it is,
    // nor for a condition it has not.
    let result = match (when, until) {
        (None, u64::MAX) => guard(|| run_matching(stage, slots, |_| true, |_| true, out, &mut ran)),
        (None, until) => {
            let in_turn = |slot: &Slot| slot.header.root < until;
            guard(|| run_matching(stage, slots, in_turn, |_| true, out, &mut ran))
        }
        (Some(when), until) => {
            let in_turn = |slot: &Slot| slot.header.root < until;
            guard(|| run_matching(stage, slots, in_turn, |slot| when.matches(slot), out, &mut ran))
        }
    };
    if let Err(fault) = result {
        out.fail(&slots[ran.consumed].header);
        ran.fault = Some(fault);
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
            let result =
                run_matching(stage, &slots[number..=number], |_| true, |_| true, out, &mut one);
            ran.consumed += one.consumed;
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
        ran.fault = Some(fault);
    }
    ran
}

#[inline]
fn run_matching<S: On<E>, E: Event>(
    stage: &mut S,
    slots: &[Slot],
    in_turn: impl Fn(&Slot) -> bool,
    mut matches: impl FnMut(&Slot) -> bool,
    out: &mut Outbox,
    ran: &mut Ran,
) -> Result<(), Fault> {
    let timed = out.is_timed();
    for (number, slot) in slots.iter().enumerate() {
        ran.consumed = number;
        if !in_turn(slot) {
            return Ok(());
        }
        if !matches(slot) {
            ran.filtered += 1;
            continue;
        }
        out.begin(&slot.header);
        if timed {
            out.see(slot.header.root);
        }
        let result = stage.on(slot.view(), out);
        if out.needs_attention() || result.is_err() {
            out.end(slot, result)?;
            if out.is_put_off() {
                return Ok(());
            }
            if out.is_blocked() {
                ran.consumed = number + 1;
                return Ok(());
            }
        }
    }
    ran.consumed = slots.len();
    Ok(())
}

/// What stands in the place of a stage that is gone.
pub(crate) struct Gone;

impl Erased for Gone {
    fn start(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }

    fn batch_end(&mut self) -> Result<(), Fault> {
        Ok(())
    }

    fn stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }

    fn run(&mut self, _: usize, _: Run<'_>, _: &mut Outbox) -> Ran {
        Ran::default()
    }
}
