//! Named predicates: conditions of the user's own, written in Rust.

use crate::event::{Event, EventType, Slot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a predicate runs.
pub(super) type Predicate = Arc<dyn Fn(&Slot) -> bool + Send + Sync>;

/// Named predicates over events, which conditions use as one more word.
///
/// A name may stand for one predicate per event type; one over [`Slot`] serves events of every type
/// that has none of its own.
///
/// ```
/// use pitlane::condition::Predicates;
/// use pitlane::event::{MarketData, fixed};
///
/// let mut predicates = Predicates::default();
/// predicates.add("is_round_lot", "a trade of a multiple of 100", |event: &MarketData| {
///     event.as_trade().is_some_and(|trade| trade.size() % (100 * fixed::SCALE) == 0)
/// });
/// ```
#[derive(Clone, Default)]
pub struct Predicates(BTreeMap<(String, EventType), Entry>);

#[derive(Clone)]
struct Entry {
    doc: String,
    test: Predicate,
}

impl std::fmt::Debug for Predicates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Predicates {
    /// Adds one. A later one of the same name and event type takes the earlier one's place. A name
    /// that is also a field of the event type cannot be used in conditions: they refuse it.
    pub fn add<E, F>(&mut self, name: &str, doc: &str, test: F)
    where
        E: Event,
        F: Fn(&E) -> bool + Send + Sync + 'static,
    {
        let test = Arc::new(move |slot: &Slot| test(slot.view()));
        self.0.insert((name.into(), E::TYPE), Entry { doc: doc.into(), test });
    }

    /// Name, event type and description of each, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, EventType, &str)> {
        self.0.iter().map(|((name, event), entry)| (name.as_str(), *event, entry.doc.as_str()))
    }

    /// The one of this name for events of this type.
    pub(super) fn of(&self, event: EventType, name: &str) -> Option<&Predicate> {
        let find = |event| self.0.get(&(name.to_owned(), event));
        find(event).or_else(|| find(Slot::TYPE)).map(|entry| &entry.test)
    }

    /// Names of those for events of this type.
    pub(super) fn names(&self, event: EventType) -> impl Iterator<Item = &str> {
        self.iter()
            .filter(move |(_, of, _)| *of == event || *of == Slot::TYPE)
            .map(|(name, ..)| name)
    }

    /// Event types that a predicate of this name is for.
    pub(super) fn types(&self, name: &str) -> impl Iterator<Item = EventType> {
        self.iter().filter(move |(of, ..)| *of == name).map(|(_, event, _)| event)
    }
}
