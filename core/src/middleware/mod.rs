//! Middleware: what stands around a stage or a route, and sees each event before and after it.
//!
//! ```text
//!  event --> metrics --> rate_limit --> dedupe --> stage        before, in declared order
//!            metrics <-- rate_limit <-- dedupe <-- stage        after, the other way round
//! ```
//!
//! | item | what it does |
//! |---|---|
//! | [`Metrics`] | counts events and failures, and takes the time of one in some |
//! | [`on_error()`] | says what happens when the stage fails |
//! | [`CircuitBreaker`] | keeps events from a stage that fails again and again |
//! | [`RateLimit`] | at most so many events per time, of all or of each instrument |
//! | [`Dedupe`] | keeps back events whose key was seen within a window |
//! | [`Throttle`] | the latest event of each instrument and kind per interval |
//! | [`authorize()`] | which topics a component may emit, or a route may take |
//!
//! [`Component::around`](crate::stage::Component::around) puts one around a component,
//! [`around()`] around a route: there what is said before a stage is said once, at the route's
//! entry, and what is said of stages (`on_error`, circuit breakers) of each component in it. What a
//! middleware holds back goes no further in its pipeline, and is counted.
//!
//! Time is *event time*, the greatest `ts_event` so far: what passes depends on events alone, never on
//! speed, lanes or batches. What is not used costs nothing: a stage without middleware is called as ever.
//!
//! A middleware of one's own is one small trait:
//!
//! ```
//! use pitlane::event::MarketData;
//! use pitlane::middleware::{Due, Middleware, Passing, Verdict};
//! use pitlane::stage::{Component, Outbox, each};
//!
//! /// Lets one event in `n` pass.
//! #[derive(Clone)]
//! struct OneIn {
//!     n: u64,
//!     seen: u64,
//! }
//!
//! impl Middleware for OneIn {
//!     fn name(&self) -> &str {
//!         "one_in"
//!     }
//!
//!     fn before(&mut self, _: &Passing<'_>, _: &mut Due) -> Verdict {
//!         self.seen += 1;
//!         if self.seen % self.n == 1 { Verdict::Pass } else { Verdict::Hold }
//!     }
//! }
//!
//! let stage: Component = each(|_: &MarketData, _: &mut Outbox| Ok(())).into();
//! let stage = stage.around(OneIn { n: 10, seen: 0 });
//! ```

mod breaker;
mod dedupe;
mod layer;
mod metrics;
mod rate_limit;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
mod throttle;
mod wrapped;

pub use breaker::CircuitBreaker;
pub use dedupe::Dedupe;
pub(crate) use layer::LayerKind;
pub use layer::{Layer, around, authorize, on_error};
pub use metrics::Metrics;
pub use rate_limit::{Of, RateLimit};
pub use throttle::Throttle;
pub(crate) use wrapped::wrap;

use crate::condition::Fields;
use crate::event::Slot;
use crate::stage::Fault;

/// What stands around a stage or a route. All methods but the name have a default that does nothing.
pub trait Middleware: Send {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// Before an event: whether it goes on to the next middleware and, in the end, the stage. Events that
    /// were held back earlier and are due now are put into `due`; they go on before this one.
    fn before(&mut self, event: &Passing<'_>, due: &mut Due) -> Verdict {
        let _ = (event, due);
        Verdict::Pass
    }

    /// After the stage handled an event, or failed on it. Called for each attempt.
    fn after(&mut self, event: &Passing<'_>, fault: Option<&Fault>) {
        let _ = (event, fault);
    }

    /// After the last event: what is still held and is to go on.
    fn rest(&mut self, due: &mut Due) {
        let _ = due;
    }

    /// What it counts beside the events it held back: a word and a number each.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// Whether, put around a route, it stands around each component in it instead of at its entry.
    fn is_of_components(&self) -> bool {
        false
    }

    /// Whether it can work with events of this type.
    ///
    /// # Errors
    /// What is wrong, and what would be right: two sentences.
    fn check(&self, event: &Fields) -> Result<(), (String, String)> {
        let _ = event;
        Ok(())
    }
}

/// Whether an event goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Pass,
    /// It does not, or not now.
    Hold,
}

/// An event on its way through middleware.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// The event.
    pub slot: &'a Slot,
    /// Its type and the type's fields.
    pub event: Fields,
    /// Event time, ns: the greatest `ts_event` so far.
    pub now: u64,
}

/// Events that go on before the one at hand. They take its root, so that streams stay in order of
/// root; all else of them stays as it was.
#[derive(Debug, Default)]
pub struct Due {
    events: Vec<(Fields, Slot)>,
}

impl Due {
    /// Adds an event.
    pub fn push(&mut self, event: Fields, slot: Slot) {
        self.events.push((event, slot));
    }
}

/// What a middleware did in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MiddlewareReport {
    /// Its name.
    pub name: String,
    /// Events it held back, for good or for a time.
    pub held: u64,
    /// What else it counted.
    pub counts: Vec<(&'static str, u64)>,
}
