//! Groups that are held up: by full rings of one slot, stages that put events off, groups behind groups,
//! partitions and merges between them, beside readers that lose. Nothing hangs, and what is written is what
//! is written where every stage reads by itself.
//!
//! A group whose nodes waited for room did not look at its stream any more and promised nothing, while the
//! writer waited for its promise: with rings of one slot that hung.
//!
//! `PITLANE_CASES=3000 cargo test -p pitlane --release held` runs more graphs.

use crate::event::{Action, Event, MarketData, Side, Signal};
use crate::route::{OnFull, filter_to, on_full, partition};
use crate::stage::{Component, Outbox, each, restartable};
use crate::testing::Script;
use crate::topology::{LaneSpec, Lanes, Plan, Report};
use crate::wait::Wait;
use crate::{Instruments, Tier};
use proptest::prelude::*;

const SYMBOLS: [&str; 4] = ["A.X", "B.X", "C.Y", "D"];

#[derive(Clone, Debug)]
struct Case {
    /// Symbols of the stages that read the feed, and how often each puts an event off.
    near: Vec<(usize, usize)>,
    /// Of those behind `relay`, each behind a condition or not.
    far: Vec<(usize, usize, bool)>,
    events: Vec<usize>,
    known: usize,
    /// Lane of each stage; all on one thread without.
    places: Option<Vec<usize>>,
    capacity: usize,
    batch: usize,
    replicas: usize,
    lossy: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let near = prop::collection::vec((0..SYMBOLS.len(), 0..3_usize), 8..16);
    let far = prop::collection::vec((0..SYMBOLS.len(), 0..3_usize, any::<bool>()), 8..14);
    let events = prop::collection::vec(0..=SYMBOLS.len(), 0..90);
    let places = prop::option::of(prop::collection::vec(0..3_usize, 40));
    let capacity = prop::sample::select(vec![1_usize, 2, 4, 16, 64]);
    let batch = prop::sample::select(vec![1_usize, 3, 256]);
    let shape = (capacity, batch, 1..4_usize, any::<bool>(), 0..=SYMBOLS.len());
    (near, far, events, places, shape).prop_map(|(near, far, events, places, shape)| {
        let (capacity, batch, replicas, lossy, known) = shape;
        Case { near, far, events, known, places, capacity, batch, replicas, lossy }
    })
}

/// Emits up to three signals for an event, and says "not now" some times before it takes one.
fn stage<E: Event>(number: usize, put_off: usize) -> Component {
    let (mut seen, mut tries) = (0, 0);
    let stage = each(move |event: &E, out: &mut Outbox| {
        if tries < put_off && seen % 5 == 2 {
            tries += 1;
            out.not_now();
            return Ok(());
        }
        (seen, tries) = (seen + 1, 0);
        let _ = event;
        for n in 0..(seen + number) % 4 {
            out.emit(Signal::new(Action::Buy, n as f64, seen as i64));
        }
        Ok(())
    });
    stage.emits::<Signal>().emits_under("all").into()
}

fn forward(event: &Signal, out: &mut Outbox) -> Result<(), crate::stage::Fault> {
    out.emit(*event);
    Ok(())
}

/// ```text
///  feed --by symbol--> n0 .. --all----------------------------------------------> merged
///   |-- copies of relay --relay--by symbol--> f0 .. --all------------------------^
///   `-- a reader that loses
/// ```
fn plan(case: &Case, by_topic: bool) -> Plan {
    let mut plan = Plan::new();
    plan.source::<MarketData>("feed");
    let mut names = Vec::new();
    for (number, &(symbol, put_off)) in case.near.iter().enumerate() {
        let (name, symbol) = (format!("n{number}"), SYMBOLS[symbol]);
        plan.component(&name, stage::<MarketData>(number, put_off));
        match by_topic {
            true => plan.subscribe([format!("md.feed.*.{symbol}")], Tier::FAST, name.as_str()),
            false => {
                let route = filter_to(format!("symbol == \"{symbol}\""), name.as_str());
                plan.route::<MarketData>("feed", Tier::FAST, route)
            }
        };
        names.push(name);
    }
    let relay = || -> Component {
        let relay = each(|event: &MarketData, out: &mut Outbox| {
            out.emit(Signal::new(Action::Sell, 1.0, event.header.ts_event as i64));
            Ok(())
        });
        relay.emits::<Signal>().into()
    };
    plan.component("relay", restartable(relay));
    plan.route::<MarketData>("feed", Tier::FAST, partition(case.replicas, "relay"));
    names.extend((1..=case.replicas).map(|copy| format!("relay#{copy}")));
    names.push("relay".into());
    for (number, &(symbol, put_off, with_condition)) in case.far.iter().enumerate() {
        let (name, symbol) = (format!("f{number}"), SYMBOLS[symbol]);
        let made = stage::<Signal>(number, put_off);
        plan.component(&name, if with_condition { made.when("price < 60") } else { made });
        match by_topic {
            true => plan.subscribe([format!("signal.relay.{symbol}")], Tier::FAST, name.as_str()),
            false => {
                let route = filter_to(format!("symbol == \"{symbol}\""), name.as_str());
                plan.route::<Signal>("relay", Tier::FAST, route)
            }
        };
        names.push(name);
    }
    plan.component("merged", each(forward).emits::<Signal>());
    plan.route::<Signal>("all", Tier::FAST, "merged");
    names.push("merged".into());
    if case.lossy {
        plan.component("chart", each(|_: &MarketData, _: &mut Outbox| Ok(())));
        plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::DropOldest, "chart"));
        names.push("chart".into());
    }
    plan.digests(true).capacity(case.capacity).batch_limit(case.batch);
    plan.lanes(match &case.places {
        None => Lanes::Fused,
        Some(places) => Lanes::List((0..3).map(|lane| listed(lane, &names, places)).collect()),
    });
    plan
}

fn listed(lane: usize, names: &[String], places: &[usize]) -> LaneSpec {
    let own = names.iter().zip(places).filter(|(_, place)| **place == lane);
    LaneSpec {
        name: format!("l{lane}"),
        cpu: None,
        wait: Some([Wait::Park, Wait::Backoff, Wait::Park][lane]),
        stages: own.map(|(name, _)| name.clone()).collect(),
    }
}

fn run(case: &Case, by_topic: bool) -> Report {
    let instruments = Instruments::new();
    for symbol in &SYMBOLS[..case.known] {
        let _ = instruments.intern(symbol);
    }
    let mut plan = plan(case, by_topic);
    plan.instruments(instruments.clone());
    let checked = plan.check().expect("no mistakes");
    let mut script = Script::new();
    for (at, &symbol) in case.events.iter().enumerate() {
        let instrument = SYMBOLS.get(symbol).map_or(0, |symbol| instruments.intern(symbol));
        script.event("feed", MarketData::trade(instrument, at as u64 + 1, 1, 1, Side::Bid));
    }
    checked.run(&mut script).expect("it starts")
}

fn graphs() -> u32 {
    std::env::var("PITLANE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: graphs(), ..ProptestConfig::default() })]

    #[test]
    fn groups_that_are_held_up_go_on_and_write_what_stages_by_themselves_write(case in cases()) {
        let alone = Case { places: None, capacity: 64, batch: 256, lossy: false, ..case.clone() };
        let (one, other) = (run(&alone, false), run(&case, true));
        prop_assert!(one.is_complete() && other.is_complete(), "{:?} {:?}", one.faults, other.faults);
        for stream in one.streams.iter().filter(|stream| !stream.name.contains('#')) {
            let same = other.stream(&stream.name).expect("it has all streams");
            prop_assert_eq!((stream.count, stream.digest), (same.count, same.digest), "{}", stream.name);
        }
    }
}
