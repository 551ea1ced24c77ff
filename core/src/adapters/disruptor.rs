//! From and to rings of the crate `disruptor`.

use super::entering::Entering;
use crate::event::Event;
use crate::source::SourceError;
use crate::stage::{Component, Outbox, each};
use crate::topology::{Entry, Flow, Input};
use disruptor::{
    EventPoller, MultiConsumerBarrier, MultiProducerBarrier, Polling, Producer,
    SingleConsumerBarrier, SingleProducerBarrier,
};
use std::marker::PhantomData;
use std::time::Duration;

/// How soon an empty ring is looked at again, at the latest.
const SOON: Duration = Duration::from_millis(1);

/// An `EventPoller` of any place in a ring's graph of consumers.
pub trait Poller<T>: Send {
    /// Shows up to `limit` events, at least one, and lets go of them.
    ///
    /// # Errors
    /// When there are none, or the ring is shut down.
    fn take(&mut self, limit: usize, show: impl FnMut(&T)) -> Result<(), Polling>;
}

/// The crate does not name what its barriers have in common, so each is named.
macro_rules! poller {
    ($($barrier:ty),*) => {$(
        impl<T: Send + Sync> Poller<T> for EventPoller<T, $barrier> {
            fn take(&mut self, limit: usize, show: impl FnMut(&T)) -> Result<(), Polling> {
                let mut events = EventPoller::take(self, limit as u64)?;
                (&mut events).for_each(show);
                Ok(())
            }
        }
    )*};
}
poller!(SingleProducerBarrier, MultiProducerBarrier, SingleConsumerBarrier, MultiConsumerBarrier);

/// An input that takes what a poller of a `disruptor` ring gives, converts it and enters it from a
/// source. What is converted to `None` is left out. Done when the ring is shut down.
///
/// ```
/// use disruptor::{BusySpin, Producer, build_single_producer};
/// use pitlane::Tier;
/// use pitlane::adapters::{from_disruptor, to_disruptor};
/// use pitlane::event::{MarketData, Side};
/// use pitlane::topology::Plan;
///
/// let (poller, prices) = build_single_producer(64, || 0_i64, BusySpin).new_event_poller();
/// let mut prices = prices.build();
/// let (mut roots, to_roots) = build_single_producer(64, || 0_u64, BusySpin).new_event_poller();
/// let mut plan = Plan::new();
/// let drain =
///     to_disruptor(to_roots.build(), |event: &MarketData, slot: &mut u64| *slot = event.header.root);
/// plan.route::<MarketData>("feed", Tier::FAST, drain);
/// let running = plan.check().expect("no mistakes").start()?;
///
/// (100..110).for_each(|price| prices.publish(|slot| *slot = price));
/// drop(prices);
/// let trade = |price: &i64| Some(MarketData::trade(1, 0, *price, 1, Side::Bid));
/// let report = running.run(&mut from_disruptor("feed", poller, trade));
/// assert!(report.is_complete());
/// let mut seen = Vec::new();
/// (&mut roots.poll().expect("there are events")).for_each(|root| seen.push(*root));
/// assert!(seen.into_iter().eq(1..=10));
/// # Ok::<(), pitlane::topology::RunError>(())
/// ```
pub fn from_disruptor<T, E: Event>(
    source: impl Into<String>,
    poller: impl Poller<T>,
    convert: impl FnMut(&T) -> Option<E> + Send,
) -> impl Input {
    FromDisruptor { poller, convert, entering: Entering::<E>::new(source), shown: PhantomData }
}

struct FromDisruptor<P, F, E, T> {
    poller: P,
    convert: F,
    entering: Entering<E>,
    shown: PhantomData<fn(&T)>,
}

impl<T, E, P, F> Input for FromDisruptor<P, F, E, T>
where
    E: Event,
    P: Poller<T>,
    F: FnMut(&T) -> Option<E> + Send,
{
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let room = self.entering.room(entry)?;
        if room == 0 {
            return Ok(Flow::More);
        }
        let Self { poller, convert, entering, .. } = self;
        let taken = poller.take(room, |value| {
            if let Some(event) = convert(value) {
                entering.take(&event);
            }
        });
        entering.enter(entry);
        Ok(match taken {
            Ok(()) => Flow::More,
            Err(Polling::NoEvents) => Flow::Idle(SOON),
            Err(Polling::Shutdown) => Flow::Done,
        })
    }
}

/// A component that publishes each event into a ring of the crate `disruptor`; `fill` writes the slot,
/// and keeps nothing of it. While the ring is full the event waits in the stage's input.
///
/// A ring ends when its producer is dropped: here when the topology has stopped and its report is
/// there. The producer waits in its drop for the ring's own consumer threads.
pub fn to_disruptor<E: Event, T: 'static>(
    mut producer: impl Producer<T> + Send + 'static,
    mut fill: impl FnMut(&E, &mut T) + Send + 'static,
) -> Component {
    let publish = move |event: &E, out: &mut Outbox| {
        if producer.try_publish(|slot| fill(event, slot)).is_err() {
            out.not_now();
        }
        Ok(())
    };
    each(publish).into()
}
