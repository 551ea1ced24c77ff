//! Middleware: that which ships, with its parameters, and that which is registered.

use super::Desk;
use super::sources::make;
use crate::codes;
use crate::nearest::did_you_mean;
use crate::raw::{self, Duration, OnErrorWord};
use pitlane::middleware::{
    CircuitBreaker, Dedupe, Layer, Metrics, Of, RateLimit, Throttle, authorize, on_error,
};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::OnError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration as Time;

/// Counts events and failures, and takes the time of one in some.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct MetricsParams {
    /// It takes the time of one event in this many; 0 for none.
    #[schemars(extend("unit" = "events"))]
    every: u64,
}

impl Default for MetricsParams {
    fn default() -> Self {
        Self { every: 64 }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OnErrorParams {
    /// What happens: `halt`, `skip`, `restart`.
    action: OnErrorWord,
    /// Most restarts in a run, with `restart`; by default 3.
    #[schemars(extend("unit" = "restarts"))]
    #[serde(default)]
    restarts: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct BreakerParams {
    /// It opens after so many failures in a row.
    #[schemars(range(min = 1), extend("unit" = "failures"))]
    failures: u32,
    /// Event time for which it stays open.
    open_for: Duration,
}

impl Default for BreakerParams {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration(Time::from_secs(60)) }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RateLimitParams {
    /// Most events in any stretch of `per`.
    #[schemars(range(min = 1), extend("unit" = "events"))]
    events: usize,
    /// A stretch of event time.
    #[serde(default = "second")]
    per: Duration,
    /// Whose events are counted: `all` together, or those of each `instrument`.
    #[serde(default)]
    of: OfWord,
}

fn second() -> Duration {
    Duration(Time::from_secs(1))
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Of")]
enum OfWord {
    /// All events together.
    #[default]
    All,
    /// Those of each instrument.
    Instrument,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DedupeParams {
    /// Fields of the event, one to four: `[symbol, order_id]`.
    key: Vec<String>,
    /// Event time for which a key is remembered.
    window: Duration,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ThrottleParams {
    /// Event time in which one event of each instrument and kind passes.
    interval: Duration,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuthorizeParams {
    /// Patterns of the topics that may be emitted: `[signal.strategy.>]`.
    allow: Vec<String>,
}

/// The middleware that ships, as a registry of it alone.
#[must_use]
pub fn shipped() -> Registry {
    let mut registry = Registry::new();
    let doc = "Counts events and failures, and takes the time of one in some.";
    registry.middleware("metrics", doc, |params: MetricsParams, _| {
        Ok(Metrics::new().every(params.every))
    });
    let doc = "Says what happens when a component fails.";
    registry.middleware("on_error", doc, |params: OnErrorParams, _| {
        let limit = params.restarts.unwrap_or(OnError::DEFAULT_RESTARTS);
        Ok(on_error(match params.action {
            OnErrorWord::Halt => OnError::Halt,
            OnErrorWord::Skip => OnError::Skip,
            OnErrorWord::Restart => OnError::Restart { limit },
        }))
    });
    let doc = "Keeps events from a component that fails again and again, for a while.";
    registry.middleware("circuit_breaker", doc, |params: BreakerParams, _| {
        positive("failures", params.failures as usize)?;
        Ok(CircuitBreaker::new(params.failures, params.open_for.0))
    });
    let doc = "At most so many events per time.";
    registry.middleware("rate_limit", doc, |params: RateLimitParams, _| {
        positive("events", params.events)?;
        let of = match params.of {
            OfWord::All => Of::All,
            OfWord::Instrument => Of::Instrument,
        };
        Ok(RateLimit::new(params.events, params.per.0).of(of))
    });
    let doc = "Keeps back events whose key was seen within a window.";
    registry.middleware("dedupe", doc, |params: DedupeParams, _| {
        Ok(Dedupe::new(params.key, params.window.0))
    });
    let doc = "The latest event of each instrument and kind per interval.";
    registry.middleware("throttle", doc, |params: ThrottleParams, _| {
        Ok(Throttle::new(params.interval.0))
    });
    let doc = "Which topics may be emitted; other emissions are refused and counted.";
    registry.middleware("authorize", doc, |params: AuthorizeParams, _| Ok(authorize(params.allow)));
    registry
}

fn positive(name: &str, value: usize) -> Result<(), BuildError> {
    if value > 0 {
        return Ok(());
    }
    Err(BuildError::parameter(name, format!("`{name}` is 0; the least is 1")))
}

/// What can stand once in a list: a second one would contradict it, or count the same again.
const ONCE: [&str; 3] = ["metrics", "on_error", "circuit_breaker"];

/// The middleware that stands in the list `middleware` at a path.
pub(super) fn convert(list: &[raw::Middleware], path: &str, desk: &mut Desk<'_>) -> Vec<Layer> {
    if list.is_empty() {
        return Vec::new();
    }
    let shipped = shipped();
    let mut layers = Vec::new();
    for (at, middleware) in list.iter().enumerate() {
        let path = format!("{path}.middleware[{at}]");
        let kind = middleware.kind();
        let own = desk.registry.middlewares().get(kind);
        let Some(factory) = own.or_else(|| shipped.middlewares().get(kind)) else {
            let known = desk.registry.middlewares().keys().chain(shipped.middlewares().keys());
            let help = did_you_mean(kind, "middleware", known.map(String::as_str));
            let path = match middleware {
                raw::Middleware::Short(_) => path,
                raw::Middleware::Long(_) => format!("{path}.type"),
            };
            let message = format!("there is no middleware `{kind}`");
            desk.blame(codes::UNKNOWN_MIDDLEWARE, &path, message, help);
            continue;
        };
        let is_same = |other: &raw::Middleware| other.kind() == kind;
        if ONCE.contains(&kind) && list[..at].iter().any(is_same) {
            let message = format!("`{kind}` stands here for the second time");
            desk.blame(codes::MIDDLEWARE_TWICE, &path, message, "leave one of them out".into());
            continue;
        }
        let (factory, node) = (factory.clone(), desk.at(&path).clone());
        let made = make(&factory, &node, kind, &["type"], 0, codes::MIDDLEWARE_REFUSED, desk);
        layers.extend(made);
    }
    layers
}
