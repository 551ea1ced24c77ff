//! Many stages that take events of one stream by symbol share a reader, and nothing else is different.

use crate::event::{Action, MarketData, Side, Signal};
use crate::route::{broadcast, filter_to};
use crate::stage::{Component, OnError, Outbox, each};
use crate::testing::Script;
use crate::topology::{LaneSpec, Lanes, Plan, Report};
use crate::wait::Wait;
use crate::{Instruments, Tier};
use proptest::prelude::*;

const SYMBOLS: [&str; 5] = ["A.X", "B.X", "C.Y", "D", "E.F.G"];

#[derive(Clone, Debug)]
struct Case {
    /// For each stage a symbol and whether it takes quotes, or trades.
    stages: Vec<(usize, bool)>,
    /// Symbol, or none, and whether it is a quote.
    events: Vec<(usize, bool)>,
    known: usize,
    places: Option<Vec<usize>>,
    capacity: usize,
    batch: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    let stages = prop::collection::vec((0..SYMBOLS.len(), any::<bool>()), 8..20);
    let events = prop::collection::vec((0..=SYMBOLS.len(), any::<bool>()), 0..120);
    let places = prop::option::of(prop::collection::vec(0..2_usize, 22));
    let sizes =
        (prop::sample::select(vec![1_usize, 2, 8, 64]), prop::sample::select(vec![1, 3, 256]));
    (stages, events, 0..=SYMBOLS.len(), places, sizes).prop_map(
        |(stages, events, known, places, (capacity, batch))| Case {
            stages,
            events,
            known,
            places,
            capacity,
            batch,
        },
    )
}

/// Emits up to three signals, keeps count, and fails on some events.
fn stage(number: usize) -> Component {
    let mut seen = 0;
    let stage = each(move |event: &MarketData, out: &mut Outbox| {
        seen += 1;
        for n in 0..(seen + number) % 4 {
            out.emit(Signal::new(Action::Buy, n as f64, seen as i64));
        }
        if (seen + event.header.root as usize) % 11 == 3 { Err("it fails".into()) } else { Ok(()) }
    });
    stage.emits::<Signal>().emits_under("all").on_error(OnError::Skip).into()
}

/// ```text
///  feed --by symbol--> s0, s1, ... ==all==> merge
/// ```
fn run(case: &Case, by_topic: bool) -> Report {
    let instruments = Instruments::new();
    for symbol in &SYMBOLS[..case.known] {
        let _ = instruments.intern(symbol);
    }
    let mut plan = Plan::new();
    plan.instruments(instruments.clone()).source::<MarketData>("feed");
    for (number, &(symbol, quotes)) in case.stages.iter().enumerate() {
        let name = format!("s{number}");
        plan.component(&name, stage(number));
        let kind = if quotes { "quote" } else { "trade" };
        if by_topic {
            let topic = format!("md.feed.{kind}.{}", SYMBOLS[symbol]);
            plan.subscribe([topic], Tier::FAST, name.as_str());
        } else {
            let condition = format!("symbol == \"{}\" && kind == \"{kind}\"", SYMBOLS[symbol]);
            plan.route::<MarketData>("feed", Tier::FAST, broadcast([filter_to(condition, name)]));
        }
    }
    plan.component("merge", stage(1).emits_under("merge").when("price > 0"));
    let merge = each(|event: &Signal, out: &mut Outbox| {
        out.emit(*event);
        Ok(())
    });
    plan.component("merged", merge.emits::<Signal>());
    plan.route::<Signal>("all", Tier::FAST, "merged");
    plan.route::<MarketData>("feed", Tier::FAST, "merge");
    plan.digests(true).capacity(case.capacity).batch_limit(case.batch);
    plan.lanes(match &case.places {
        None => Lanes::Fused,
        Some(places) => {
            let names = (0..case.stages.len()).map(|n| format!("s{n}"));
            let names: Vec<_> = names.chain(["merge".into(), "merged".into()]).collect();
            let lane = |lane: usize| LaneSpec {
                name: format!("l{lane}"),
                cpu: None,
                wait: Some([Wait::Park, Wait::Backoff][lane]),
                stages: names
                    .iter()
                    .zip(places)
                    .filter(|n| *n.1 == lane)
                    .map(|n| n.0.clone())
                    .collect(),
            };
            Lanes::List(vec![lane(0), lane(1)])
        }
    });
    let checked = plan.check().expect("no mistakes");
    let mut script = Script::new();
    for (at, &(symbol, quote)) in case.events.iter().enumerate() {
        let instrument = SYMBOLS.get(symbol).map_or(0, |symbol| instruments.intern(symbol));
        let at = at as u64;
        script.event(
            "feed",
            match quote {
                true => MarketData::quote(instrument, at, (1, 1), (2, 1)),
                false => MarketData::trade(instrument, at, 1, 1, Side::Bid),
            },
        );
    }
    checked.run(&mut script).expect("it starts")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn stages_that_share_a_reader_write_what_they_write_without(case in cases()) {
        let one = run(&Case { places: None, ..case.clone() }, false);
        let other = run(&case, true);
        prop_assert!(one.is_complete() && other.is_complete(), "{:?} {:?}", one.faults, other.faults);
        for stream in &one.streams {
            let same = other.stream(&stream.name).expect("it has all streams");
            prop_assert_eq!((stream.count, stream.digest), (same.count, same.digest), "{}", stream.name);
        }
        for (one, other) in one.links.iter().zip(&other.links) {
            let account = |link: &crate::topology::LinkReport| {
                (link.stage.clone(), link.published, link.handled(), link.filtered, link.skipped, link.left())
            };
            prop_assert_eq!(account(one), account(other));
        }
        let dead = |report: &Report| {
            let letters = report.dead_letters.letters.iter();
            let mut letters: Vec<_> = letters.map(|letter| {
                (letter.stage.clone(), letter.event.stream.clone(), letter.event.sequence)
            }).collect();
            letters.sort();
            letters
        };
        prop_assert_eq!(dead(&one), dead(&other));
    }
}
