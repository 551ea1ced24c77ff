//! A registry with a few types, and shorthands.

use pitlane::event::{Action, MarketData, Order, Side, Signal};
use pitlane::middleware::RateLimit;
use pitlane::registry::{BuildError, Context, Registry};
use pitlane::route::Route;
use pitlane::source::{Source, SourceError, SourceReport};
use pitlane::stage::{Component, Outbox, each};
use pitlane_config::{LoadOptions, Mistakes, Ready};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Price {
    Trade,
    Mid,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "some are only printed")]
struct Cross {
    fast: u32,
    slow: u32,
    #[serde(default = "scale")]
    scale: f64,
    #[serde(default = "trade")]
    price: Price,
}

fn scale() -> f64 {
    0.001
}

fn trade() -> Price {
    Price::Trade
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Gate {
    quantity: u64,
    max_order_quantity: Option<u16>,
    armed: bool,
    venues: Vec<String>,
    limits: Limits,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    long: Option<i8>,
    short: Option<i8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoParameters {}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "some are only printed")]
struct Ticks {
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    symbol: Option<String>,
    #[serde(default)]
    symbols: Vec<String>,
    #[serde(default)]
    date: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sample {
    one_in: u64,
}

/// A source that is its options.
struct Fake;

impl Source for Fake {
    fn read(&mut self, _: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        Ok(false)
    }

    fn report(&self) -> SourceReport {
        SourceReport::default()
    }
}

/// What factories were given, in order: name and parameters.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;

fn cross(_: Cross) -> Component {
    each(|event: &MarketData, out: &mut Outbox| {
        if let Some(trade) = event.as_trade() {
            out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
        }
        Ok(())
    })
    .emits::<Signal>()
    .into()
}

pub(crate) fn registry() -> (Registry, Seen) {
    let seen = Seen::default();
    let mut registry = Registry::new();
    let note = {
        let seen = seen.clone();
        move |context: &Context, what: String| {
            seen.lock().unwrap().push(format!("{} {what}", context.name));
        }
    };
    let noted = note.clone();
    registry.component("sma_cross", "Crosses of two means.", move |params: Cross, context| {
        noted(context, format!("{params:?}"));
        if params.fast >= params.slow {
            let message = format!("fast is {}, it must be less than slow", params.fast);
            return Err(BuildError::parameter("fast", message));
        }
        Ok(cross(params))
    });
    let noted = note.clone();
    registry.component("risk_gate", "Limits orders.", move |params: Gate, context| {
        noted(context, format!("{params:?}"));
        Ok(each(|signal: &Signal, out: &mut Outbox| {
            out.emit(Order::new(1, Side::Bid, signal.price, 1));
            Ok(())
        })
        .emits::<Order>()
        .into())
    });
    registry.component("order_log", "Accepts orders.", |_: NoParameters, _| {
        Ok(each(|_: &Order, _: &mut Outbox| Ok(())).into())
    });
    registry.component("watch", "Looks at market data.", |(): (), _| {
        Ok(each(|_: &MarketData, _: &mut Outbox| Ok(())).into())
    });
    let noted = note.clone();
    registry.format("csv", "Tick files.", move |ticks: Ticks, context| {
        noted(context, format!("{ticks:?} from {}", context.base.display()));
        if ticks.path.as_deref().is_some_and(|path| path.contains("missing")) {
            return Err(BuildError::parameter("path", "there is no such file; check the path"));
        }
        Ok(Box::new(Fake) as Box<dyn Source>)
    });
    registry.format("generate", "A generated session.", |(): (), _| {
        Ok(Box::new(Fake) as Box<dyn Source>)
    });
    registry.middleware("one_in", "Lets one event in n pass.", |sample: Sample, _| {
        if sample.one_in == 0 {
            return Err(BuildError::parameter("one_in", "`one_in` is 0; the least is 1"));
        }
        Ok(RateLimit::new(1, Duration::from_secs(1)))
    });
    registry.adapter("sample", "One event in some.", |sample: Sample, _, inner| {
        if sample.one_in == 0 {
            return Err(BuildError::parameter("one_in", "`one_in` is 0; the least is 1"));
        }
        Ok(Route::Broadcast(inner))
    });
    (registry, seen)
}

pub(crate) fn check(text: &str) -> Result<Ready, Mistakes> {
    check_with(text, &LoadOptions::default())
}

pub(crate) fn check_with(text: &str, options: &LoadOptions) -> Result<Ready, Mistakes> {
    pitlane_config::check(text, Path::new("conf/session.yaml"), &registry().0, options)
}

/// A config in order, in whose parts tests put mistakes.
pub(crate) const GOOD: &str = "\
sources:
  feed: { format: csv, path: ticks.csv }
components:
  sma: { type: sma_cross, fast: 10, slow: 50, emits: strategy }
  gate: { type: risk_gate, max_order_quantity: 100, emits: risk }
  orders: order_log
routing:
  feed:
    MarketData: [sma]
  strategy:
    Signal:
      tier: fast
      routes:
        - { type: filter, condition: \"strength > 0.1\", target: gate }
  risk:
    Order: [orders]
";
