//! What topics, many routes, lazy emission, partitions, consumers and middleware cost, each beside the
//! route without it; all fused.

use crate::rounds::Variant;
use crate::suite::{Size, Threads, running};
use crate::{FEED, Prepared, Settings};
use pitlane::Tier;
use pitlane::event::{Action, MarketData, Signal};
use pitlane::middleware::{
    CircuitBreaker, Dedupe, Layer, Metrics, Of, RateLimit, Throttle, around, authorize, on_error,
};
use pitlane::route::{Route, filter_to, partition};
use pitlane::stage::{Component, OnError, Outbox, each, each_batch, restartable};
use pitlane::topology::Plan;
use std::time::Duration;

/// Symbols of the session that routes are by.
const SYMBOLS: usize = 100;

/// Subscriptions that each event meets.
const MATCHING: usize = 10;

fn counter() -> Component {
    let mut seen = 0_u64;
    let count = each(move |event: &MarketData, _: &mut Outbox| {
        seen = std::hint::black_box(seen.wrapping_add(event.header.ts_event));
        Ok(())
    });
    count.into()
}

fn variant(name: &str, events: &Prepared, size: Size, build: fn(&mut Plan)) -> Variant {
    let events = events.clone();
    let known = events.instruments().clone();
    let plan = move || {
        let mut plan = Plan::new();
        plan.instruments(known.clone()).source::<MarketData>(FEED);
        build(&mut plan);
        Settings::FUSED.apply(&mut plan);
        plan
    };
    running(name, plan, move || events.input(size.events), Threads::One)
}

fn plain(plan: &mut Plan) {
    plan.component("stage", counter());
    plan.route::<MarketData>(FEED, Tier::FAST, "stage");
}

/// A topic, with and without a condition, against a plain link.
pub(crate) fn topics(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, build| variant(name, &trades, size, build);
    vec![
        variant("plain link", plain),
        variant("topic of all: md.feed.>", |plan| {
            plan.component("stage", counter());
            plan.subscribe(["md.feed.>"], Tier::FAST, "stage");
        }),
        variant("topic by kind: md.*.trade.*", |plan| {
            plan.component("stage", counter());
            plan.subscribe(["md.*.trade.*"], Tier::FAST, "stage");
        }),
        variant("topic by symbol: md.*.trade.ALFA.SIM", |plan| {
            plan.component("stage", counter());
            plan.subscribe(["md.*.trade.ALFA.SIM"], Tier::FAST, "stage");
        }),
        variant("condition: price > 0", |plan| {
            plan.component("stage", counter());
            plan.route::<MarketData>(FEED, Tier::FAST, filter_to("price > 0", "stage"));
        }),
        variant("topic by symbol and condition", |plan| {
            plan.component("stage", counter());
            let route = filter_to("price > 0", "stage");
            plan.subscribe(["md.*.trade.ALFA.SIM"], Tier::FAST, route);
        }),
    ]
}

/// Many subscriptions, of which each event meets ten.
pub(crate) fn many_routes(size: Size) -> Vec<Variant> {
    let events = Prepared::of_symbols(size.prepared, SYMBOLS);
    let variant = |name: &str, build| variant(name, &events, size, build);
    fn subscribe(plan: &mut Plan, routes: usize) {
        for number in 0..routes {
            let name = format!("s{number}");
            plan.component(&name, counter());
            let all: Vec<_> = match routes == MATCHING {
                true => (0..SYMBOLS).map(|symbol| format!("md.feed.trade.S{symbol}.SIM")).collect(),
                false => vec![format!("md.feed.trade.S{}.SIM", number % SYMBOLS)],
            };
            plan.subscribe(all, Tier::FAST, name.as_str());
        }
    }
    vec![
        variant("10 routes, each for all 100 symbols", |plan| subscribe(plan, MATCHING)),
        variant("1000 routes, each for one symbol of 100", |plan| {
            subscribe(plan, MATCHING * SYMBOLS)
        }),
        variant("10 routes without a topic", |plan| {
            for number in 0..MATCHING {
                let name = format!("s{number}");
                plan.component(&name, counter());
                plan.route::<MarketData>(FEED, Tier::FAST, name.as_str());
            }
        }),
    ]
}

/// Two closures, since what one of them inlines would keep the other from being inlined.
fn speaker(lazy: bool) -> Component {
    fn price_of(event: &MarketData) -> i64 {
        event.as_trade().map_or(0, |trade| trade.price())
    }
    let lazily = |event: &MarketData, out: &mut Outbox| {
        out.emit_with(|signal: &mut Signal| {
            *signal = Signal::new(Action::Buy, 0.5, price_of(event));
        });
        Ok(())
    };
    let eagerly = |event: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 0.5, price_of(event)));
        Ok(())
    };
    match lazy {
        true => each(lazily).emits::<Signal>().max_emissions(1).into(),
        false => each(eagerly).emits::<Signal>().max_emissions(1).into(),
    }
}

/// Events emitted eagerly and lazily, with and without somebody who listens.
pub(crate) fn emission(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, build| variant(name, &trades, size, build);
    fn speak(plan: &mut Plan, lazy: bool, heard: bool) {
        plan.component("speaker", speaker(lazy));
        plan.route::<MarketData>(FEED, Tier::FAST, "speaker");
        if heard {
            plan.component("sink", each(|_: &Signal, _: &mut Outbox| Ok(())));
            plan.route::<Signal>("speaker", Tier::FAST, "sink");
        }
    }
    vec![
        variant("no emission", |plan| {
            let quiet = each(|event: &MarketData, _: &mut Outbox| {
                std::hint::black_box(event.as_trade().map_or(0, |trade| trade.price()));
                Ok(())
            });
            plan.component("quiet", quiet);
            plan.route::<MarketData>(FEED, Tier::FAST, "quiet");
        }),
        variant("lazy, nobody listens", |plan| speak(plan, true, false)),
        variant("eager, nobody listens", |plan| speak(plan, false, false)),
        variant("lazy, somebody listens", |plan| speak(plan, true, true)),
        variant("eager, somebody listens", |plan| speak(plan, false, true)),
    ]
}

/// Partitions and slices, against a plain link.
pub(crate) fn consumers(size: Size) -> Vec<Variant> {
    let trades = Prepared::of_symbols(size.prepared, SYMBOLS);
    let variant = |name: &str, build| variant(name, &trades, size, build);
    fn shared(plan: &mut Plan, replicas: usize, speaks: bool) {
        let stage = move || if speaks { speaker(false) } else { counter() };
        plan.component("stage", restartable(stage));
        let to: Route = match replicas {
            1 => "stage".into(),
            replicas => partition(replicas, "stage"),
        };
        plan.route::<MarketData>(FEED, Tier::FAST, to);
        if speaks {
            plan.component("sink", each(|_: &Signal, _: &mut Outbox| Ok(())));
            plan.route::<Signal>("stage", Tier::FAST, "sink");
        }
    }
    vec![
        variant("one by one", |plan| shared(plan, 1, false)),
        variant("slices", |plan| {
            let mut seen = 0_u64;
            let sum = each_batch(move |events: &[MarketData]| {
                for event in events {
                    seen = std::hint::black_box(seen.wrapping_add(event.header.ts_event));
                }
                Ok(events.len())
            });
            plan.component("stage", sum);
            plan.route::<MarketData>(FEED, Tier::FAST, "stage");
        }),
        variant("component with a condition", |plan| {
            plan.component("stage", counter().when("price > 0"));
            plan.route::<MarketData>(FEED, Tier::FAST, "stage");
        }),
        variant("partition of 2, no emission", |plan| shared(plan, 2, false)),
        variant("one copy that emits, and a sink", |plan| shared(plan, 1, true)),
        variant("partition of 2 that emit, and a sink", |plan| shared(plan, 2, true)),
        variant("partition of 4 that emit, and a sink", |plan| shared(plan, 4, true)),
    ]
}

/// Each middleware around a stage, against none.
pub(crate) fn middleware(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, build| variant(name, &trades, size, build);
    fn with(plan: &mut Plan, layer: impl Into<Layer>) {
        plan.component("stage", counter().on_error(OnError::Skip).around(layer));
        plan.route::<MarketData>(FEED, Tier::FAST, "stage");
    }
    const SECOND: Duration = Duration::from_secs(1);
    vec![
        variant("none", plain),
        variant("on_error: skip", |plan| {
            plan.component("stage", counter().around(on_error(OnError::Skip)));
            plan.route::<MarketData>(FEED, Tier::FAST, "stage");
        }),
        variant("metrics", |plan| with(plan, Metrics::new())),
        variant("metrics, every event timed", |plan| with(plan, Metrics::new().every(1))),
        variant("circuit_breaker", |plan| with(plan, CircuitBreaker::new(5, SECOND))),
        variant("rate_limit, nothing held", |plan| with(plan, RateLimit::new(1 << 16, SECOND))),
        variant("rate_limit by instrument, most held", |plan| {
            with(plan, RateLimit::new(10, SECOND).of(Of::Instrument));
        }),
        variant("dedupe by ts_event", |plan| with(plan, Dedupe::new(["ts_event"], SECOND))),
        variant("throttle, most held", |plan| with(plan, Throttle::new(SECOND))),
        variant("metrics around the route", |plan| {
            plan.component("stage", counter());
            let layers: [Layer; 1] = [Metrics::new().into()];
            plan.route::<MarketData>(FEED, Tier::FAST, around(layers, "stage"));
        }),
    ]
}

/// What is done with events that are emitted, against a stage that emits and a sink.
pub(crate) fn emitting(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, build| variant(name, &trades, size, build);
    vec![
        variant("a stage that emits, and a sink", |plan| speaking(plan, false)),
        variant("authorize", |plan| speaking(plan, true)),
        variant("trace: off, as said", |plan| {
            plan.trace(false);
            speaking(plan, false);
        }),
        variant("trace: on", |plan| {
            plan.trace(true);
            speaking(plan, false);
        }),
    ]
}

fn speaking(plan: &mut Plan, authorized: bool) {
    let speaker = speaker(false);
    let speaker = if authorized { speaker.around(authorize(["signal.>"])) } else { speaker };
    plan.component("speaker", speaker);
    plan.component("sink", each(|_: &Signal, _: &mut Outbox| Ok(())));
    plan.route::<MarketData>(FEED, Tier::FAST, "speaker");
    plan.route::<Signal>("speaker", Tier::FAST, "sink");
}
