//! One stage alone, without lanes.

use crate::Names;
use crate::condition::Fields;
use crate::event::{Event, EventType, Header, MarketData, Order, Signal, Slot};
use crate::middleware::wrap;
use crate::ring::{Reader, RingBuilder};
use crate::stage::{Component, Fault, Gone, Outbox, Reconciled, Run, Stream};

/// Slots of the harness's streams: when they are full, the stage gets no further events until some
/// were taken.
const CAPACITY: usize = 1 << 12;

/// One stage without lanes: send it events, take what it emits.
///
/// ```
/// use pitlane::event::{Action, MarketData, Side, Signal};
/// use pitlane::stage::{each, Outbox};
/// use pitlane::testing::Harness;
///
/// let mut harness = Harness::new(
///     each(|event: &MarketData, out: &mut Outbox| {
///         if let Some(trade) = event.as_trade() {
///             out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
///         }
///         Ok(())
///     })
///     .emits::<Signal>(),
/// );
/// harness.send(&MarketData::trade(1, 0, 100, 1, Side::Bid))?;
/// let signals = harness.take::<Signal>();
/// assert_eq!(signals[0].price, 100);
/// assert_eq!(signals[0].header.root, 1);
/// # Ok::<(), pitlane::stage::Fault>(())
/// ```
#[derive(Debug)]
pub struct Harness {
    component: Component,
    out: Outbox,
    streams: Vec<(EventType, Reader)>,
    root: u64,
}

/// The fields of the types that ship; of others none.
fn known_fields(event: EventType) -> Fields {
    let known = [Fields::of::<MarketData>(), Fields::of::<Signal>(), Fields::of::<Order>()];
    known.into_iter().find(|fields| fields.event == event).unwrap_or(Fields { event, fields: &[] })
}

impl Harness {
    /// The component id that emitted events are stamped with; its name is `harness`.
    pub const COMPONENT: u16 = 1;

    /// A harness around a component, not started.
    #[must_use]
    pub fn new(component: impl Into<Component>) -> Self {
        let mut component = component.into();
        let stage = std::mem::replace(&mut component.stage, Box::new(Gone));
        let takes = component.inputs.iter().map(|event| known_fields(*event)).collect();
        component.stage = wrap(stage, &component.consumer.layers, takes);
        let mut names = Names::default();
        names.intern("harness");
        let mut out = Outbox::new(Self::COMPONENT, names.into(), component.max_emissions);
        if component.may_stop {
            out.allow_stop();
        }
        let mut streams = Vec::new();
        for event in component.outputs() {
            let mut ring = RingBuilder::<Slot>::new(CAPACITY).expect("a power of two");
            ring.reader();
            let (producer, mut readers) = ring.build();
            out.add_port(event, Self::COMPONENT, Stream::new(producer, false, None), true);
            streams.extend(readers.pop().map(|reader| (event, reader)));
        }
        Self { component, out, streams, root: 0 }
    }

    /// Calls `on_start`.
    ///
    /// # Errors
    /// The stage's.
    pub fn start(&mut self) -> Result<(), Fault> {
        self.out.begin(&Header::default());
        let result = self.component.stage.start(&mut self.out);
        self.finish(result)
    }

    /// Sends one event, with the next root unless it has one.
    ///
    /// # Errors
    /// The stage's; or that it does not take events of this type, or that 4,096 emitted events were
    /// not taken.
    pub fn send<E: Event>(&mut self, event: &E) -> Result<(), Fault> {
        let mut slot = *Slot::of(event);
        if slot.header.root == 0 {
            slot.header.root = self.root + 1;
        }
        self.root = slot.header.root;
        if self.out.is_blocked() {
            return Err(Fault::new("the harness is full of emitted events: take them first"));
        }
        let Some(input) = self.component.inputs.iter().position(|input| *input == E::TYPE) else {
            return Err(Fault::new(format!("the component does not take {}", E::TYPE)));
        };
        let run =
            Run { slots: &[slot], first: self.root, until: u64::MAX, tagger: None, when: None };
        self.out.begin_poll();
        let ran = self.component.stage.run(input, run, &mut self.out);
        self.out.flush();
        match ran.fault {
            Some(fault) => Err(*fault),
            None if ran.consumed == 0 => {
                Err(Fault::new("the stage put it off with not_now: send it again"))
            }
            None => self.component.stage.batch_end(),
        }
    }

    /// Asks a gateway whether it did something, as a route does after an unknown outcome.
    ///
    /// # Errors
    /// The stage's.
    pub fn reconcile<E: Event>(&mut self, event: &E) -> Result<Reconciled, Fault> {
        self.component.stage.reconcile(Slot::of(event))
    }

    /// Calls `on_stop`.
    ///
    /// # Errors
    /// The stage's.
    pub fn stop(&mut self) -> Result<(), Fault> {
        self.out.begin(&Header { root: self.root + 1, ..Header::default() });
        let result = self.component.stage.stop(&mut self.out);
        self.finish(result)
    }

    /// What it emitted of one type since the last time, in order.
    #[must_use]
    pub fn take<E: Event>(&mut self) -> Vec<E> {
        let mut taken = Vec::new();
        for (_, reader) in self.streams.iter_mut().filter(|(event, _)| *event == E::TYPE) {
            loop {
                let mut batch = reader.poll(usize::MAX);
                if batch.is_empty() {
                    break;
                }
                taken.extend(batch.iter().map(|slot| *slot.view::<E>()));
                batch.release(batch.len());
                self.out.flush();
            }
        }
        taken
    }

    /// How many events it stopped (see [`Outbox::stop`]).
    #[must_use]
    pub fn stops(&self) -> u64 {
        self.out.stops()
    }

    fn finish(&mut self, result: Result<(), Fault>) -> Result<(), Fault> {
        let result = self.out.end_life_cycle(result);
        self.out.flush();
        result
    }
}
