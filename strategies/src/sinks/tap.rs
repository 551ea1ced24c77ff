//! `tap`: the last events, readable from Rust while the topology runs.

use crate::codes;
use pitlane::event::{Event, EventType, Slot};
use pitlane::registry::BuildError;
use pitlane::stage::{Fault, On, Outbox, Stage};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// Most events a tap may keep.
const MOST: usize = 1_000_000;

/// Parameters of `tap`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TapParams {
    /// How many of the last events are kept: 1 to 1,000,000. Default 1000.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub last: usize,
}

impl Default for TapParams {
    fn default() -> Self {
        Self { last: 1000 }
    }
}

impl TapParams {
    pub(super) fn check(&self) -> Result<usize, BuildError> {
        if (1..=MOST).contains(&self.last) {
            return Ok(self.last);
        }
        let message = format!("last is {}: it must be from 1 to {MOST} events", self.last);
        Err(BuildError::parameter("last", message).coded(codes::PARAMETER))
    }
}

/// A tap that keeps the last `last` events: the stage, and the handle to read it by.
///
/// ```
/// use pitlane::event::{Action, Signal};
/// use pitlane::stage::component;
/// use pitlane::testing::Harness;
/// use pitlane_strategies::sinks;
///
/// let (stage, tap) = sinks::tap(2);
/// let mut harness = Harness::new(component(stage).on::<Signal>());
/// for price in [1, 2, 3] {
///     harness.send(&Signal::new(Action::Buy, 1.0, price))?;
/// }
/// let prices: Vec<i64> = tap.last::<Signal>().iter().map(|signal| signal.price).collect();
/// assert_eq!((prices, tap.seen()), (vec![2, 3], 3));
/// # Ok::<(), pitlane::stage::Fault>(())
/// ```
#[must_use]
pub fn tap(last: usize) -> (TapStage, Tap) {
    let tap = Tap(Arc::new(Mutex::new(Kept::new(last))));
    (TapStage { tap: tap.clone(), fresh: Kept::new(last) }, tap)
}

/// Handle to a tap's last events; clones are handles to the same ones.
///
/// What came since the end of the last poll of the stage is not there yet; after the stop all is.
#[derive(Clone, Debug)]
pub struct Tap(Arc<Mutex<Kept>>);

#[derive(Debug)]
struct Kept {
    events: VecDeque<(EventType, Slot)>,
    last: usize,
    seen: u64,
}

impl Kept {
    fn new(last: usize) -> Self {
        Self { events: VecDeque::with_capacity(last), last, seen: 0 }
    }

    fn keep(&mut self, event: (EventType, Slot)) {
        if self.events.len() == self.last {
            self.events.pop_front();
        }
        if self.last > 0 {
            self.events.push_back(event);
        }
    }

    /// Takes over what another kept.
    fn take(&mut self, other: &mut Kept) {
        other.events.drain(..).for_each(|event| self.keep(event));
        self.seen += std::mem::take(&mut other.seen);
    }
}

impl Tap {
    /// The last events, oldest first, each with its type.
    #[must_use]
    pub fn events(&self) -> Vec<(EventType, Slot)> {
        self.lock().events.iter().copied().collect()
    }

    /// Those of type `E` among the last events, oldest first.
    #[must_use]
    pub fn last<E: Event>(&self) -> Vec<E> {
        let kept = self.lock();
        let of_type = kept.events.iter().filter(|(event, _)| *event == E::TYPE);
        of_type.map(|(_, slot)| *slot.view::<E>()).collect()
    }

    /// How many events there were in all.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.lock().seen
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stage of a tap.
///
/// It gathers events by itself and hands them over at the end of a poll, if nobody is reading just
/// then, else at the end of a later one: its lane never waits for a reader, and no event is missed.
#[derive(Debug)]
pub struct TapStage {
    tap: Tap,
    fresh: Kept,
}

impl Stage for TapStage {
    fn on_batch_end(&mut self) -> Result<(), Fault> {
        match self.tap.0.try_lock() {
            Ok(mut kept) => kept.take(&mut self.fresh),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(&mut self.fresh),
            Err(TryLockError::WouldBlock) => {}
        }
        Ok(())
    }

    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.tap.lock().take(&mut self.fresh);
        Ok(())
    }
}

impl<E: Event> On<E> for TapStage {
    #[inline]
    fn on(&mut self, event: &E, _out: &mut Outbox) -> Result<(), Fault> {
        self.fresh.keep((E::TYPE, *Slot::of(event)));
        self.fresh.seen += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{Action, MarketData, Side, Signal};
    use pitlane::stage::component;
    use pitlane::testing::Harness;

    #[test]
    fn keeps_the_last_events_of_every_type_in_order() {
        let (stage, tap) = tap(3);
        let mut harness = Harness::new(component(stage).on::<MarketData>().on::<Signal>());
        for i in 0..4 {
            harness.send(&MarketData::trade(1, 0, i, 1, Side::None)).unwrap();
            harness.send(&Signal::new(Action::Sell, 0.5, i)).unwrap();
        }
        let roots: Vec<u64> = tap.events().iter().map(|(_, slot)| slot.header.root).collect();
        assert_eq!(roots, [6, 7, 8]);
        assert_eq!(tap.last::<Signal>().len(), 2);
        assert_eq!(tap.last::<MarketData>()[0].as_trade().unwrap().price(), 3);
        assert_eq!(tap.seen(), 8);
    }

    #[test]
    fn a_reader_neither_holds_it_back_nor_makes_it_miss_events() {
        let (stage, tap) = tap(10);
        let mut harness = Harness::new(component(stage).on::<Signal>());
        let reading = tap.lock();
        for price in 0..5 {
            harness.send(&Signal::new(Action::Buy, 1.0, price)).unwrap();
        }
        assert_eq!(reading.seen, 0);
        drop(reading);
        harness.stop().unwrap();
        assert_eq!((tap.seen(), tap.last::<Signal>().len()), (5, 5));
    }

    #[test]
    fn refuses_to_keep_nothing_or_too_much() {
        for last in [0, MOST + 1] {
            let error = TapParams { last }.check().unwrap_err();
            assert_eq!(error.parameter.as_deref(), Some("last"));
        }
    }
}
