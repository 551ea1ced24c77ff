//! Shapes of topologies, on lanes and fused, and what conditions and kinds of routes cost.

use crate::rounds::{Variant, Work};
use crate::suite::{Size, Threads, running};
use crate::team::{Cores, Pause, Ran};
use crate::topologies::{self, adder};
use crate::{FEED, Prepared, Settings, hops, limits, raw};
use pitlane::Tier;
use pitlane::event::{Event, MarketData, Side};
use pitlane::ingress::IngressOptions;
use pitlane::route::{Route, broadcast, filter, filter_to, pipeline, transform};
use pitlane::stage::{Component, Outbox, each};
use pitlane::topology::{LaneSpec, Lanes, Plan};
use pitlane::wait::Wait;

/// Threads that publish into one ingress.
const PUBLISHERS: u64 = 3;

/// Events that a publishing thread hands over at once.
const PUBLISHED_AT_ONCE: usize = 64;

/// One ring between the input's thread and a lane: events enter and are handled in batches of at most
/// so many.
pub(crate) fn hop(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, lanes: Lanes, batch| {
        let events = trades.clone();
        let threads = if lanes == Lanes::Fused { Threads::One } else { Threads::More };
        let settings = Settings { lanes, batch_limit: Some(batch), ..Settings::FUSED };
        let plan = move || topologies::pipeline_of(1, &settings);
        let input = move || events.input(size.events).at_once(batch);
        running(name, plan, input, threads)
    };
    let lane = || {
        let stages = vec!["s1".to_owned()];
        let wait = Some(Wait::SpinYield);
        Lanes::List(vec![LaneSpec { name: "other".into(), cpu: None, wait, stages }])
    };
    let mut variants = vec![variant("fused, batch 256", Lanes::Fused, 256)];
    let batches = [1, 4, 16, 64, 256];
    variants.extend(batches.map(|n| variant(&format!("another lane, batch {n}"), lane(), n)));
    variants
}

/// Lines moved from core to core without a ring, a copy within one core, and our rings.
pub(crate) fn rings(size: Size) -> Vec<Variant> {
    let Some(cores) = Cores::pick() else { return Vec::new() };
    let events = size.events;
    let raw = move |batch: usize| {
        let name = format!("raw lines, batch {batch}");
        Variant::new(name, move || work(raw::transfer(cores, events, SLOTS, batch)))
    };
    let ours = move |batch: usize| {
        let size = hops::Size { events, capacity: SLOTS, batch, pause: Pause::Gather };
        let hop = move || work(hops::ring(Some(cores), hops::Shape::Hop, size));
        Variant::new(format!("ring, batch {batch}"), hop)
    };
    let mut variants = vec![raw(64), raw(256), raw(1)];
    variants.extend([1, 4, 16, 64, 256].map(ours));
    let copy = move || work(raw::copy(cores, events));
    variants.push(Variant::new("memcpy from 64 MiB into 16 KiB, one core", copy));
    variants
}

/// A word, or an event, to and fro between two cores.
pub(crate) fn ping_pong(size: Size) -> Vec<Variant> {
    let Some(cores) = Cores::pick() else { return Vec::new() };
    // A round trip takes some hundred times as long as an event of a batch.
    let trips = (size.events / 64).max(1);
    let ours = |slots: usize| {
        let run = move || work(hops::ping_pong(cores, trips, slots));
        Variant::new(format!("two rings of {slots} slots"), run)
    };
    let raw = Variant::new("a bare word", move || work(raw::ping_pong(cores, trips)));
    std::iter::once(raw).chain([1, 8, 64, SLOTS].map(ours)).collect()
}

/// Slots of rings, and lines of raw arrays.
const SLOTS: usize = 4096;

fn work(ran: Ran) -> Work {
    Work { events: ran.events, wall: ran.wall, on_core: None }
}

type Making = fn(&Settings) -> Plan;

/// Broadcast, pipeline, diamond, many to one: fused, and on as many lanes as there are cores for.
pub(crate) fn shapes(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, plan: Making, lanes: Lanes| {
        let events = trades.clone();
        let fused = lanes == Lanes::Fused;
        let threads = if fused { Threads::One } else { Threads::More };
        let settings = Settings { lanes, ..Settings::FUSED };
        let name = format!("{name}, {}", if fused { "fused" } else { "lanes: auto" });
        running(name, move || plan(&settings), move || events.input(size.events), threads)
    };
    let plans: [(&str, Making); 3] = [
        ("pipeline of 3 stages", |settings| topologies::pipeline_of(3, settings)),
        ("broadcast to 3 stages", |settings| topologies::broadcast_to(3, settings)),
        ("diamond", |settings| topologies::diamond(adder(), settings)),
    ];
    let both = |(name, plan)| [Lanes::Fused, Lanes::Auto].map(|lanes| variant(name, plan, lanes));
    let mut variants: Vec<_> = plans.into_iter().flat_map(both).collect();
    variants.push(many_to_one(size));
    variants.push(limits::reading(&trades, size.events));
    variants
}

/// Threads publish into an ingress; the caller's thread merges, numbers, and runs one stage.
fn many_to_one(size: Size) -> Variant {
    let name = format!("{PUBLISHERS} threads into one ingress, batches of {PUBLISHED_AT_ONCE}");
    Variant::new(name, move || {
        let mut checked =
            topologies::pipeline_of(1, &Settings::FUSED).check().expect("a sound plan");
        let options =
            IngressOptions { max_producers: PUBLISHERS as usize, ..IngressOptions::default() };
        let ingress = checked.ingress::<MarketData>(FEED, options).expect("it is routed");
        let monitor = checked.monitor();
        Work::time_of_all(|| {
            let running = checked.start().expect("it starts");
            let publish = |_| {
                let mut producer = ingress.producer().expect("one for each");
                let batch = [MarketData::trade(1, 1, 100, 1, Side::Bid); PUBLISHED_AT_ONCE];
                let batches = (size.events / PUBLISHERS).div_ceil(PUBLISHED_AT_ONCE as u64);
                std::thread::spawn(move || {
                    for _ in 0..batches {
                        producer.publish_all(&batch).expect("it is drained only afterwards");
                    }
                })
            };
            let threads: Vec<_> = (0..PUBLISHERS).map(publish).collect();
            let stopper = std::thread::spawn(move || {
                let joined = threads.into_iter().try_for_each(|thread| thread.join());
                monitor.drain();
                joined
            });
            let report = running.serve();
            stopper.join().expect("it only waits").expect("publishing does not fail");
            report.events
        })
    })
}

/// A condition before a stage that adds up prices, by how much it asks.
pub(crate) fn conditions(size: Size) -> Vec<Variant> {
    let session = Prepared::session(size.prepared);
    let variant = |name: &str, route: fn() -> Route| {
        let events = session.clone();
        let plan = move || one_route(route());
        running(name, plan, move || events.input(size.events), Threads::One)
    };
    vec![
        variant("no condition", || Route::from("add")),
        variant("price > 0", || filter_to("price > 0", "add")),
        variant("kind == 'trade'", || filter_to("kind == 'trade'", "add")),
        variant("kind == 'trade' && price > 0 && side == 'buy'", || {
            filter_to("kind == 'trade' && price > 0 && side == 'buy'", "add")
        }),
        variant("ask_price - bid_price > 0.01", || {
            filter_to("ask_price - bid_price > 0.01", "add")
        }),
    ]
}

/// Kinds of routes to two stages that add up prices.
pub(crate) fn routing(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, route: fn() -> Route| {
        let events = trades.clone();
        let plan = move || one_route(route());
        running(name, plan, move || events.input(size.events), Threads::One)
    };
    vec![
        variant("pipeline: [add, more]", || pipeline(["add", "more"])),
        variant("broadcast: [add, more]", || broadcast(["add", "more"])),
        variant("broadcast of two filters that let all pass", || {
            broadcast([filter_to("price > 0", "add"), filter_to("price > 0", "more")])
        }),
        variant("pipeline: [filter that lets all pass, add, more]", || {
            pipeline([filter("price > 0"), Route::from("add"), Route::from("more")])
        }),
        variant("pipeline: [transform, add, more]", || {
            pipeline([transform("copy"), Route::from("add"), Route::from("more")])
        }),
    ]
}

/// A route over the components `add`, `more` and `copy`; those that it does not name are left out.
fn one_route(route: Route) -> Plan {
    let mut plan = Plan::new();
    let text = format!("{route:?}");
    for (name, component) in [("add", adder()), ("more", adder()), ("copy", copy())] {
        if text.contains(name) {
            plan.component(name, component);
        }
    }
    plan.route::<MarketData>(FEED, Tier::FAST, route);
    Settings::FUSED.apply(&mut plan);
    plan
}

fn copy() -> Component {
    let copy = each(|event: &MarketData, out: &mut Outbox| {
        let mut event = *event;
        event.header_mut().flags |= 1;
        out.emit(event);
        Ok(())
    });
    copy.emits::<MarketData>().max_emissions(1).into()
}
