//! What the rest of Pitlane sees: a text goes in, a test of events comes out.

use super::check::check;
use super::compile::{Rest, Test, compile as compile_test, fuse};
use super::error::{ConditionError, Findings};
use super::parser::parse;
use super::predicates::Predicates;
use crate::event::{Event, EventType, Field, Slot};
use crate::topic::{Chosen, Interest};
use crate::{Instruments, Names};

/// A compiled condition over events of one type.
///
/// It looks at events of any type without harm, but its answer means something only for those of
/// the type it was compiled for. Made by [`compile`]; each user of a condition compiles its own.
pub struct Condition {
    test: Test,
    text: String,
    event: EventType,
    warnings: Vec<ConditionError>,
}

impl Condition {
    /// Whether the event matches. Allocates nothing, except when a session has come to more than
    /// twice the instruments that were known at first (and more than 16,383): then tables of symbols
    /// double.
    #[inline]
    pub fn matches(&mut self, event: &Slot) -> bool {
        (self.test)(event)
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of the events it tests.
    #[must_use]
    pub fn event(&self) -> EventType {
        self.event
    }

    /// What is odd about the text, in the order of the places: symbols and venues that no instrument
    /// has yet, sources and components that do not exist, comparisons that no value meets.
    #[must_use]
    pub fn warnings(&self) -> &[ConditionError] {
        &self.warnings
    }

    /// Whether the event is among those that topics ask for and, then, meets a condition.
    pub(crate) fn chosen(
        topics: &Interest,
        event: &Fields,
        instruments: &Instruments,
        then: Option<Condition>,
    ) -> Condition {
        let chosen = Chosen::new(topics, instruments);
        let text = topics.to_string();
        let Some(then) = then else {
            let test = chosen.into_test(Rest::Nothing);
            return Condition { test, text, event: event.event, warnings: Vec::new() };
        };
        let Condition { test, text: condition, warnings, event } = then;
        let test = chosen.into_test(Rest::And(test));
        Condition { test, text: format!("{text} && ({condition})"), event, warnings }
    }

    /// Both conditions, this one first; the other is for events of the same type.
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        let Condition { text, mut warnings, .. } = other;
        let (left, joint) = (format!("({}", self.text), ") && (");
        let shift = |warnings: &mut [ConditionError], by: usize| {
            for warning in warnings {
                warning.at = warning.at.start + by..warning.at.end + by;
            }
        };
        shift(&mut warnings, left.len() + joint.len());
        let mut all = self.warnings;
        shift(&mut all, 1);
        all.append(&mut warnings);
        Condition {
            test: fuse(self.test, Rest::And(other.test)),
            text: format!("{left}{joint}{text})"),
            event: self.event,
            warnings: all,
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition")
            .field("event", &self.event)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}

/// Compiles a condition over events of one type.
///
/// # Errors
/// All mistakes of the text, in the order of their places.
pub fn compile(
    text: &str,
    event: &Fields,
    world: &World<'_>,
) -> Result<Condition, Vec<ConditionError>> {
    let mut findings = Findings::default();
    let expr = parse(text, &mut findings);
    let truth = check(&expr, text, event, world, &mut findings);
    let warnings = findings.conclude()?;
    let test = compile_test(truth, world.instruments, Rest::Nothing);
    Ok(Condition { test, text: text.into(), event: event.event, warnings })
}

/// What a condition needs to know of its event type.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The type.
    pub event: EventType,
    /// Its fields.
    pub fields: &'static [Field],
}

impl Fields {
    /// Of an event type.
    #[must_use]
    pub fn of<E: Event>() -> Self {
        Self { event: E::TYPE, fields: E::fields() }
    }
}

/// What names in a condition may refer to.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// Sources and components: all there are, since later ones are not seen.
    pub names: &'a Names,
    /// Symbols and venues; later ones match from when they come.
    pub instruments: &'a Instruments,
    /// Named predicates.
    pub predicates: &'a Predicates,
}
