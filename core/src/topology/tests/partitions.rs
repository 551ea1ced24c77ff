//! Partitions: their streams are those of one copy.

use crate::condition::Predicates;
use crate::event::{Action, Event, MarketData, Order, Side, Signal};
use crate::route::{OnFull, Route, broadcast, filter_to, on_full, partition, pipeline};
use crate::stage::{Component, OnError, Outbox, component, each, restartable};
use crate::stage::{Fault, On, Stage};
use crate::testing::Script;
use crate::topology::{LaneSpec, Lanes, Plan, Report};
use crate::wait::Wait;
use crate::{Instruments, Tier};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Counts events per instrument and emits what depends on the count: nothing else is its state.
#[derive(Default)]
struct PerInstrument {
    seen: BTreeMap<u32, u64>,
}

impl PerInstrument {
    fn count(&mut self, instrument: u32, price: i64, out: &mut Outbox) -> Result<(), Fault> {
        let seen = self.seen.entry(instrument).or_default();
        *seen += 1;
        let word = (*seen).wrapping_mul(price as u64 | 1);
        for n in 0..word % 3 {
            out.emit(Signal::new(Action::Buy, n as f64, *seen as i64));
        }
        if word.is_multiple_of(5) {
            out.emit(Order::new(1, Side::Bid, *seen as i64, price));
        }
        if word % 7 == 3 { Err("it fails on this one".into()) } else { Ok(()) }
    }
}

impl Stage for PerInstrument {}

impl On<MarketData> for PerInstrument {
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        self.count(event.header.instrument, event.header.ts_event as i64, out)
    }
}

impl On<Signal> for PerInstrument {
    fn on(&mut self, event: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        self.count(event.header.instrument, event.price, out)
    }
}

/// One event to several, of other instruments: a root has events of many.
fn spread() -> Component {
    let spread = each(|event: &MarketData, out: &mut Outbox| {
        for n in 0..event.header.ts_event % 4 {
            let mut signal = Signal::new(Action::Sell, 0.0, n as i64);
            signal.header.instrument = (event.header.instrument + 7 * n as u32) % 9;
            out.emit(signal);
        }
        Ok(())
    });
    spread.emits::<Signal>().into()
}

#[derive(Clone, Debug)]
struct Case {
    events: Vec<(u32, u64)>,
    /// Fused, or for each copy and the others the lane that they are on.
    places: Option<Vec<usize>>,
    capacity: usize,
    batch: usize,
    replicas: usize,
    fails: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let places = prop::option::of(prop::collection::vec(0..3_usize, 10));
    let sizes =
        (prop::sample::select(vec![1_usize, 2, 8, 64]), prop::sample::select(vec![1, 3, 256]));
    let events = prop::collection::vec((0..9_u32, 0..50_u64), 0..80);
    (events, places, sizes, 1..6_usize, any::<bool>()).prop_map(
        |(events, places, (capacity, batch), replicas, fails)| Case {
            events,
            places,
            capacity,
            batch,
            replicas,
            fails,
        },
    )
}

/// ```text
///  a --+--> spread ==+
///      |             +==> count (x N) ==signals, orders==> after
///      +=============+
/// ```
fn run(case: &Case, replicas: Option<usize>) -> Report {
    let on_error = if case.fails { OnError::Skip } else { OnError::Halt };
    let fails = case.fails;
    let mut plan = Plan::new();
    plan.component("spread", spread()).component("count", counting(fails).on_error(on_error));
    plan.component(
        "after",
        each(|_: &Signal, out: &mut Outbox| {
            out.emit(Signal::new(Action::Hold, 0.5, 1));
            Ok(())
        })
        .emits::<Signal>(),
    );
    let to = || match replicas {
        Some(replicas) => partition(replicas, "count"),
        None => Route::from("count"),
    };
    plan.route::<MarketData>(
        "a",
        Tier::FAST,
        broadcast([Route::from("spread"), filter_to("odd", to())]),
    );
    plan.route::<Signal>("spread", Tier::FAST, to());
    plan.route::<Signal>("count", Tier::FAST, "after");
    let mut predicates = Predicates::default();
    predicates.add::<MarketData, _>("odd", "An odd time.", |event| event.header.ts_event % 2 == 1);
    plan.predicates(predicates);
    let copies = replicas.map_or(0, |replicas| replicas);
    let names = ["spread", "count", "after"].map(String::from).into_iter();
    let names: Vec<_> = names.chain((1..=copies).map(|n| format!("count#{n}"))).collect();
    plan.lanes(match &case.places {
        None => Lanes::Fused,
        Some(places) => Lanes::List(
            (0..3)
                .map(|lane| LaneSpec {
                    name: format!("l{lane}"),
                    cpu: None,
                    wait: Some([Wait::Park, Wait::Backoff, Wait::SpinYield][lane]),
                    stages: (0..names.len())
                        .filter(|&i| places[i] == lane)
                        .map(|i| names[i].clone())
                        .collect(),
                })
                .collect(),
        ),
    });
    plan.digests(true).capacity(case.capacity).batch_limit(case.batch);
    let mut script = Script::new();
    for &(instrument, at) in &case.events {
        script.event("a", MarketData::trade(instrument, at, 1, 1, Side::Bid));
    }
    plan.check().expect("no mistakes").run(&mut script).expect("it starts")
}

fn counting(fails: bool) -> Component {
    restartable(move || {
        let stage = Tolerant { count: PerInstrument::default(), fails };
        component(stage).on::<MarketData>().on::<Signal>().emits::<Signal>().emits::<Order>()
    })
}

/// Fails only where it is to.
struct Tolerant {
    count: PerInstrument,
    fails: bool,
}

impl Stage for Tolerant {}

impl<E: Event> On<E> for Tolerant
where
    PerInstrument: On<E>,
{
    fn on(&mut self, event: &E, out: &mut Outbox) -> Result<(), Fault> {
        let result = self.count.on(event, out);
        if self.fails { result } else { Ok(()) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_partition_publishes_what_one_copy_would_however_it_is_placed(case in cases()) {
        let one = run(&Case { places: None, ..case.clone() }, None);
        let many = run(&case, Some(case.replicas));
        prop_assert!(one.is_complete() && many.is_complete(), "{:?}", many.faults);
        for stream in &one.streams {
            let same = many.streams.iter().find(|other| {
                other.name == stream.name && other.event == stream.event
            });
            let same = same.expect("it has all streams");
            prop_assert_eq!((stream.count, stream.digest), (same.count, same.digest), "{}", stream.name);
        }
        prop_assert_eq!(one.dead_letters.count, many.dead_letters.count);
        let handled = |report: &Report, stage: &str| {
            let stages = report.stages.iter();
            stages.filter(|other| other.name.starts_with(stage)).map(|stage| stage.events_in).sum::<u64>()
        };
        prop_assert_eq!(handled(&one, "count"), handled(&many, "count#"));
    }
}

fn problems(plan: Plan) -> Vec<String> {
    match plan.check() {
        Ok(checked) => checked.warnings().iter().map(ToString::to_string).collect(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_partition_that_cannot_be_is_refused_with_a_way_out() {
    let try_route = |route: Route| {
        let mut plan = Plan::new();
        plan.component("count", counting(false));
        plan.component("skips", counting(false).on_error(OnError::Skip));
        plan.component("once", each(|_: &MarketData, _: &mut Outbox| Ok(())));
        plan.component("ids", counting(false).never_restarted("it gives numbers"));
        plan.component("orders", each(|_: &Order, _: &mut Outbox| Ok(())));
        plan.route::<MarketData>("a", Tier::FAST, route);
        problems(plan).into_iter().filter(|problem| !problem.contains("-009")).collect::<Vec<_>>()
    };
    for (route, says) in [
        (partition(0, "count"), "0 replicas"),
        (partition(257, "count"), "let it be 1 to 256"),
        (partition(2, "cuont"), "did you mean `count`?"),
        (partition(2, broadcast(["count"])), "names a component"),
        (partition(2, "once"), "make it with `restartable`"),
        (partition(2, "ids"), "it gives numbers"),
        (
            partition(2, restartable(|| each(|_: &Order, _: &mut Outbox| Ok(())))),
            "does not take MarketData",
        ),
        (broadcast([partition(2, "count"), partition(3, "count")]), "2 replicas elsewhere"),
        (broadcast([partition(2, "count"), "count".into()]), "here without"),
        (broadcast([Route::from("count"), partition(2, "count")]), "elsewhere without"),
        (pipeline([partition(2, "skips"), "once".into()]), "the last step"),
    ] {
        let found = try_route(route);
        assert!(found.len() == 1 && found[0].contains(says), "{says}: {found:?}");
    }
    assert_eq!(try_route(pipeline([partition(2, "count"), "once".into()])), Vec::<String>::new());
}

#[test]
fn later_steps_come_after_every_copy() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut plan = Plan::new();
    let own = seen.clone();
    plan.component(
        "first",
        restartable(move || {
            let own = own.clone();
            each(move |event: &MarketData, _: &mut Outbox| {
                own.lock().expect("sound").push((event.header.root, "first"));
                Ok(())
            })
        }),
    );
    let own = seen.clone();
    plan.component(
        "then",
        each(move |event: &MarketData, _: &mut Outbox| {
            own.lock().expect("sound").push((event.header.root, "then"));
            Ok(())
        }),
    );
    plan.route::<MarketData>("a", Tier::FAST, pipeline([partition(3, "first"), "then".into()]));
    plan.lanes(Lanes::Count(2)).capacity(4);
    let checked = plan.check().expect("no mistakes");
    let lanes = checked.stages().len();
    assert_eq!(lanes, 4, "a component that emits nothing has copies and nothing that joins them");
    let mut script = Script::new();
    for root in 0..200 {
        script.event("a", MarketData::trade(root % 5, 1, 1, 1, Side::Bid));
    }
    assert!(checked.run(&mut script).expect("it starts").is_complete());
    let seen = seen.lock().expect("sound");
    assert_eq!(seen.len(), 400);
    for root in 1..=200 {
        let place = |what| seen.iter().position(|other| *other == (root, what)).expect("seen");
        assert!(place("first") < place("then"));
    }
}

#[test]
fn a_lossy_partition_loses_before_it_is_shared_out() {
    for kind in [OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate] {
        let mut plan = Plan::new();
        plan.instruments(Instruments::new());
        plan.component("count", counting(false));
        plan.route::<MarketData>("a", Tier::FAST, on_full(kind, partition(2, "count")));
        plan.lanes(Lanes::Fused).capacity(8);
        let mut script = Script::new();
        for root in 0..100 {
            script.event("a", MarketData::trade(root % 5, 1, 1, 1, Side::Bid));
        }
        let report = plan.check().expect("no mistakes").run(&mut script).expect("it starts");
        assert!(report.is_complete(), "{kind}: {:?}", report.faults);
        for link in &report.links {
            let became = link.handled() + link.filtered + link.skipped + link.lost();
            assert_eq!((link.left(), became), (0, link.published), "{kind}: {link:?}");
        }
    }
}
