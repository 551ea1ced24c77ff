//! A middleware as data: what it is made from.

use super::Middleware;
use crate::route::Route;
use crate::stage::OnError;
use std::fmt;
use std::sync::Arc;

type Make = Arc<dyn Fn() -> Box<dyn Middleware> + Send + Sync>;

/// A middleware yet to be put around something. Any [`Middleware`] that can be cloned is one: each stage
/// has its own.
#[derive(Clone)]
pub struct Layer(pub(crate) LayerKind);

#[derive(Clone)]
pub(crate) enum LayerKind {
    /// Stands in the way of events.
    Runs(Make),
    /// Is part of a component's policy.
    OnError(OnError),
    /// Tests what is emitted, or enters a route.
    Authorize(Vec<String>),
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LayerKind::Runs(make) => f.write_str(make().name()),
            LayerKind::OnError(on_error) => write!(f, "{on_error:?}"),
            LayerKind::Authorize(topics) => write!(f, "authorize {topics:?}"),
        }
    }
}

impl<M: Middleware + Clone + Sync + 'static> From<M> for Layer {
    fn from(middleware: M) -> Self {
        Layer(LayerKind::Runs(Arc::new(move || Box::new(middleware.clone()))))
    }
}

/// What happens when the stage fails; of a route, when any stage in it fails that says nothing itself.
#[must_use]
pub fn on_error(on_error: OnError) -> Layer {
    Layer(LayerKind::OnError(on_error))
}

/// Around a component: it may emit events whose topics match one of these patterns (see
/// [`crate::topic`]), and no others. Around a route: such events enter it, and no others. What is refused
/// is counted, see [`MiddlewareReport`](super::MiddlewareReport).
#[must_use]
pub fn authorize<T: Into<String>>(topics: impl IntoIterator<Item = T>) -> Layer {
    Layer(LayerKind::Authorize(topics.into_iter().map(Into::into).collect()))
}

/// The route with middleware around it, the first outermost.
///
/// ```
/// use pitlane::middleware::{Metrics, RateLimit, around};
/// use pitlane::route::{Route, pipeline};
/// use std::time::Duration;
///
/// let limit = RateLimit::new(100, Duration::from_secs(1));
/// let route: Route = around([Metrics::new().into(), limit.into()], pipeline(["check", "orders"]));
/// ```
#[must_use]
pub fn around(layers: impl IntoIterator<Item = Layer>, route: impl Into<Route>) -> Route {
    Route::Around { layers: layers.into_iter().collect(), route: Box::new(route.into()) }
}
