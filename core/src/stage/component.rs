//! A stage together with what it takes and gives, its type erased.

use super::batch::run_batch;
use super::policy::Policy;
use super::run::{Handler, Typed, run_each};
use super::{Consumer, Erased, Fault, On, OnBatch, Outbox, Stage};
use crate::condition::Fields;
use crate::event::{Event, EventType, Slot};
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

    /// Most events it emits for one.
    #[must_use]
    pub fn max_emissions(&self) -> usize {
        self.max_emissions
    }

    /// Whether it may end an event's way through a pipeline.
    #[must_use]
    pub fn stops_events(&self) -> bool {
        self.may_stop
    }

    /// Whether it is a gateway: denied orders never reach it.
    #[must_use]
    pub fn is_gateway(&self) -> bool {
        self.gateway
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
    #[inline(always)]
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
