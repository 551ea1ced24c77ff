//! Routes: where the events of a source go, as plain data.
//!
//! ```text
//!  pipeline   event -> step -> step -> step       each step sees the event after the one before
//!  broadcast  event -> target, target, target     all see it, in any order
//!  filter     event -(condition)-> target         a side branch; without target it gates what follows
//!  transform  event -> with -> target             what `with` emits takes the event's place
//!  partition  event -> one of N copies of a stage, by its instrument; what they emit is joined in order
//! ```
//!
//! What a link does when its reader is too slow is said around a route, by [`on_full()`].
//!
//! Routes nest freely: a step or target is a name, a component put in place, or another route.
//!
//! ```
//! use pitlane::event::MarketData;
//! use pitlane::route::{broadcast, filter, pipeline, Route};
//! use pitlane::stage::{each, Outbox};
//!
//! let route: Route = pipeline([
//!     Route::from("indicators"),
//!     filter("size >= 100"),
//!     broadcast(["sma", "revert"]),
//!     each(|_: &MarketData, _: &mut Outbox| Ok(())).into(),
//! ]);
//! ```

mod on_full;

pub use on_full::OnFull;

use crate::middleware::Layer;
use crate::stage::{Builder, Component, Stage};

/// Where events go. See the module's page for the shapes.
#[derive(Debug)]
pub enum Route {
    /// To a component by its name.
    To(String),
    /// To a component put in place. It is named `inline-N`, the N-th of all components: in reports, and as
    /// the source of what it emits. One that others route from is better added by
    /// [`Plan::component`](crate::topology::Plan::component), under a name of its own.
    Inline(Box<Component>),
    /// Through steps, in order.
    Pipeline(Vec<Route>),
    /// To all targets.
    Broadcast(Vec<Route>),
    /// Where the condition holds: to the target, or, without one, on to the later steps.
    Filter {
        /// The condition's text, see [`crate::condition`].
        condition: String,
        /// Where matching events go besides.
        target: Option<Box<Route>>,
    },
    /// What `with` emits takes the event's place: for the target, and for the later steps.
    Transform {
        /// The component that makes one event from another.
        with: Box<Route>,
        /// Where its events go.
        target: Option<Box<Route>>,
    },
    /// The route with middleware around it, the first outermost; see [`crate::middleware`].
    Around {
        /// What stands around it.
        layers: Vec<Layer>,
        /// The route.
        route: Box<Route>,
    },
    /// To one of several copies of a component, each with its share of the events. What they emit is
    /// joined in the order in which one copy would emit it.
    Partition {
        /// What is shared out.
        by: By,
        /// How many copies, 1 to [`MOST_REPLICAS`].
        replicas: usize,
        /// The component, which can be made again (see [`restartable`](crate::stage::restartable)).
        target: Box<Route>,
    },
    /// The route, with links at its entry that do this when their readers are too slow: each target's
    /// of a broadcast, one for all steps of a pipeline. What an inner route says goes before.
    OnFull {
        /// What they do.
        on_full: OnFull,
        /// The route.
        route: Box<Route>,
    },
}

/// What a partition shares out among its copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum By {
    /// Instruments: all events of one go to one copy.
    #[default]
    Instrument,
}

/// Most copies of a stage.
pub const MOST_REPLICAS: usize = 256;

/// Copies of a component, each with its share of the instruments: `partition(4, "sma")`. Its streams are
/// those of one copy where its state is per instrument; see `docs/routing.md`.
#[must_use]
pub fn partition(replicas: usize, target: impl Into<Route>) -> Route {
    Route::Partition { by: By::Instrument, replicas, target: Box::new(target.into()) }
}

/// Steps in order.
#[must_use]
pub fn pipeline<R: Into<Route>>(steps: impl IntoIterator<Item = R>) -> Route {
    Route::Pipeline(steps.into_iter().map(Into::into).collect())
}

/// All targets.
#[must_use]
pub fn broadcast<R: Into<Route>>(targets: impl IntoIterator<Item = R>) -> Route {
    Route::Broadcast(targets.into_iter().map(Into::into).collect())
}

/// In a pipeline: lets events on to the later steps only where the condition holds.
#[must_use]
pub fn filter(condition: impl Into<String>) -> Route {
    Route::Filter { condition: condition.into(), target: None }
}

/// Events for which the condition holds go to the target.
#[must_use]
pub fn filter_to(condition: impl Into<String>, target: impl Into<Route>) -> Route {
    Route::Filter { condition: condition.into(), target: Some(Box::new(target.into())) }
}

/// What `with` emits takes the event's place for the later steps.
#[must_use]
pub fn transform(with: impl Into<Route>) -> Route {
    Route::Transform { with: Box::new(with.into()), target: None }
}

/// What `with` emits goes to the target, and takes the event's place for the later steps.
#[must_use]
pub fn transform_to(with: impl Into<Route>, target: impl Into<Route>) -> Route {
    Route::Transform { with: Box::new(with.into()), target: Some(Box::new(target.into())) }
}

/// The route, which may not hold its writer back, or may: `on_full(OnFull::Conflate, "chart")`.
///
/// In a pipeline, later steps do not wait for such a step, and see all events.
#[must_use]
pub fn on_full(on_full: OnFull, route: impl Into<Route>) -> Route {
    Route::OnFull { on_full, route: Box::new(route.into()) }
}

impl From<&str> for Route {
    fn from(name: &str) -> Self {
        Route::To(name.into())
    }
}

impl From<String> for Route {
    fn from(name: String) -> Self {
        Route::To(name)
    }
}

impl From<Component> for Route {
    fn from(component: Component) -> Self {
        Route::Inline(Box::new(component))
    }
}

impl<S: Stage + 'static> From<Builder<S>> for Route {
    fn from(builder: Builder<S>) -> Self {
        builder.build().into()
    }
}
