//! What the rest of Pitlane sees: a text goes in, a test of events comes out.

use super::check::check;
use super::compile::{Rest, Test, compile as compile_test, fuse};
use super::error::{ConditionError, Findings};
use super::parser::parse;
use super::predicates::Predicates;
use super::quick::Quick;
use super::typed::Bool;
use crate::event::{Event, EventType, Field, Slot};
use crate::topic::{Chosen, Interest};
use crate::{Instruments, Names};

/// A compiled condition over events of one type.
///
/// It looks at events of any type without harm, but its answer means something only for those of
/// the type it was compiled for. Made by [`compile`]; each user of a condition compiles its own.
pub struct Condition {
    first: Quick,
    then: Option<Test>,
    /// Whether topics are all it asks for.
    only_topics: bool,
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
        self.first.holds(event) && self.then.as_mut().is_none_or(|then| then(event))
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
        let (mut first, mut rest) = Chosen::new(topics, instruments).into_quick();
        let text = topics.to_string();
        let Some(then) = then else {
            let (event, warnings) = (event.event, Vec::new());
            return Condition { first, then: rest, only_topics: true, text, event, warnings };
        };
        let Condition { first: other, then, text: condition, warnings, event, .. } = then;
        rest = join(&mut first, rest, other, then);
        let text = format!("{text} && ({condition})");
        Condition { first, then: rest, only_topics: false, text, event, warnings }
    }

    /// What is left to ask of events of which a group knows that topics ask for them.
    pub(crate) fn of_dealt(self) -> Option<Condition> {
        (!self.only_topics).then_some(self)
    }

    /// Both conditions, this one first; the other is for events of the same type.
    #[must_use]
    pub fn and(self, other: Condition) -> Condition {
        let Condition { first: other, then, text, mut warnings, .. } = other;
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
        let mut first = self.first;
        Condition {
            then: join(&mut first, self.then, other, then),
            first,
            only_topics: false,
            text: format!("{left}{joint}{text})"),
            event: self.event,
            warnings: all,
        }
    }
}

/// What comes after `first`, when it has taken in of the other condition what there is room for. What
/// was to be asked before stays before.
fn join(first: &mut Quick, rest: Option<Test>, other: Quick, then: Option<Test>) -> Option<Test> {
    let mut then = then;
    let kept = if rest.is_none() { first.join(other) } else { Some(other) };
    if let Some(mut kept) = kept {
        then = Some(fuse(move |event| kept.holds(event), then.map_or(Rest::Nothing, Rest::And)));
    }
    match (rest, then) {
        (Some(rest), Some(then)) => Some(fuse(rest, Rest::And(then))),
        (rest, then) => rest.or(then),
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
    let (first, rest) = begin(truth);
    let then = rest.map(|rest| compile_test(rest, world.instruments, Rest::Nothing));
    Ok(Condition {
        first,
        then,
        only_topics: false,
        text: text.into(),
        event: event.event,
        warnings,
    })
}

/// What of a condition can be asked in place, from its beginning, and what is left.
fn begin(truth: Bool) -> (Quick, Option<Bool>) {
    let mut parts = match truth {
        Bool::Const(true) => Vec::new(),
        Bool::All(parts) => parts,
        other => vec![other],
    };
    let mut first = Quick::all();
    let mut fits =
        |part: &Bool| Quick::of_truth(part).is_some_and(|part| first.join(part).is_none());
    let taken = parts.iter().position(|part| !fits(part)).unwrap_or(parts.len());
    parts.drain(..taken);
    (first, (!parts.is_empty()).then(|| Bool::all(parts)))
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
