//! Each middleware by itself, and around stages and routes of whole topologies.

use super::*;
use crate::event::{Action, MarketData, Order, Side, Signal};
use crate::route::{Route, pipeline};
use crate::stage::{Component, Fault, OnError, Outbox, Retry, each, restartable};
use crate::testing::{Recorder, Script};
use crate::topology::{Lanes, Plan, Report};
use crate::{Instruments, Tier};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn ns(ns: u64) -> Duration {
    Duration::from_nanos(ns)
}

/// Events as (instrument, time, price), one second apart where nothing else is said.
fn run_events(component: Component, events: &[(u32, u64, i64)], lanes: Lanes) -> Report {
    let mut plan = Plan::new();
    plan.component("stage", component).lanes(lanes).digests(true).capacity(4);
    plan.route::<MarketData>("feed", Tier::Standard, "stage");
    plan.check().expect("no mistakes").run(&mut script(events)).expect("it starts")
}

fn script(events: &[(u32, u64, i64)]) -> Script {
    let mut script = Script::new();
    for &(instrument, at, price) in events {
        script.event("feed", MarketData::trade(instrument, at, price, 1, Side::Bid));
    }
    script
}

fn price(event: &MarketData) -> i64 {
    event.as_trade().map_or(0, |trade| trade.price())
}

/// What passes: root, time, price.
fn passing(layer: impl Into<Layer>, events: &[(u32, u64, i64)]) -> (Vec<(u64, u64, i64)>, u64) {
    let seen = Recorder::<MarketData>::new();
    let sink = Component::from(seen.sink()).around(layer);
    let report = run_events(sink, events, Lanes::Fused);
    assert!(report.is_complete(), "{report:?}");
    let seen = seen.events().into_iter();
    let seen =
        seen.map(|event| (event.header.root, event.header.ts_event, price(&event))).collect();
    (seen, report.stages[0].middleware[0].held)
}

#[test]
fn a_rate_limit_lets_so_many_through_in_any_stretch_of_time() {
    let events =
        [(1, 10, 1), (1, 11, 2), (1, 12, 3), (1, 19, 4), (1, 20, 5), (1, 21, 6), (1, 15, 7)];
    let (seen, held) = passing(RateLimit::new(2, ns(10)), &events);
    let prices: Vec<_> = seen.iter().map(|event| event.2).collect();
    assert_eq!((prices, held), (vec![1, 2, 5, 6], 3), "time does not step back");
    let events = [(1, 10, 1), (2, 10, 2), (1, 11, 3), (2, 11, 4)];
    let (seen, held) = passing(RateLimit::new(1, ns(10)).of(Of::Instrument), &events);
    assert_eq!((seen.len(), held), (2, 2));
}

#[test]
fn dedupe_keeps_back_what_was_seen_within_the_window() {
    let events = [(1, 10, 5), (1, 12, 5), (2, 13, 5), (1, 14, 6), (1, 19, 5), (1, 20, 5)];
    let (seen, held) = passing(Dedupe::new(["symbol", "price"], ns(10)), &events);
    let roots: Vec<_> = seen.iter().map(|event| event.0).collect();
    assert_eq!((roots, held), (vec![1, 3, 4, 6], 2), "the window begins with the one that passed");
}

#[test]
fn a_throttle_lets_the_first_pass_and_then_the_latest_of_each_interval() {
    let events = [
        (1, 10, 1),
        (1, 11, 2),
        (2, 12, 3),
        (1, 13, 4),
        (2, 20, 5),
        (2, 21, 6),
        (2, 31, 7),
        (1, 90, 8),
        (1, 91, 9),
    ];
    let (seen, _) = passing(Throttle::new(ns(10)), &events);
    let expected = [
        (1, 10, 1),
        (3, 12, 3),
        // At 20 the interval of instrument 1 is over: its latest has the root of who shows it.
        (5, 13, 4),
        // 22 is past at 31: what instrument 2 held goes, and what comes is held in turn.
        (7, 21, 6),
        (8, 31, 7),
        (8, 90, 8),
        // What is held at the end is not forgotten.
        (10, 91, 9),
    ];
    assert_eq!(seen, expected);
}

proptest! {
    #[test]
    fn a_throttle_forgets_no_instrument_and_never_passes_two_in_one_interval(
        events in prop::collection::vec((0..4_u32, 0..5_u64), 0..60),
    ) {
        let mut now = 0;
        let events: Vec<_> = events.into_iter().enumerate().map(|(n, (instrument, step))| {
            now += step;
            (instrument, now, n as i64)
        }).collect();
        let seen = Recorder::<MarketData>::new();
        let sink = Component::from(seen.sink()).around(Throttle::new(ns(7)));
        let report = run_events(sink, &events, Lanes::Fused);
        prop_assert!(report.is_complete());
        let mut last = BTreeMap::new();
        events.iter().for_each(|event| { last.insert(event.0, event.2); });
        let mut seen_last = BTreeMap::new();
        let mut times = BTreeMap::<u32, Vec<u64>>::new();
        for event in seen.events() {
            seen_last.insert(event.header.instrument, price(&event));
            let root = event.header.root as usize;
            // Those that pass at the end do so for want of a later event.
            if let Some(shown) = events.get(root - 1) {
                times.entry(event.header.instrument).or_default().push(shown.1);
            }
        }
        prop_assert_eq!(seen_last, last);
        for times in times.values() {
            prop_assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 7), "{:?}", times);
        }
    }
}

#[test]
fn a_breaker_opens_after_failures_in_a_row_and_tries_again_when_its_time_is_over() {
    let tried = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let own = tried.clone();
    // Fails until time 30.
    let stage = each(move |event: &MarketData, _: &mut Outbox| {
        own.lock().expect("sound").push(event.header.ts_event);
        if event.header.ts_event < 30 { Err("too early".into()) } else { Ok(()) }
    });
    let stage = stage.around(on_error(OnError::Skip)).around(CircuitBreaker::new(2, ns(10)));
    let events: Vec<_> = (0..50).map(|at| (1, at, 1)).collect();
    let report = run_events(stage, &events, Lanes::Fused);
    assert!(report.is_complete(), "{report:?}");
    let tried = tried.lock().expect("sound");
    assert_eq!(tried[..5], [0, 1, 11, 21, 31], "one trial whenever its time is over");
    assert_eq!(tried.len(), 4 + 19);
    let breaker = &report.stages[0].middleware[0];
    assert_eq!((breaker.held, breaker.counts.as_slice()), (27, &[("opened", 3)][..]));
    assert_eq!(report.dead_letters.count, 4);
}

#[test]
fn what_is_retried_passes_the_middleware_once() {
    let mut left = 3;
    let stage = each(move |_: &MarketData, _: &mut Outbox| {
        left -= 1;
        if left > 0 { Err("not yet".into()) } else { Ok(()) }
    });
    let stage = stage.retry(Retry { attempts: 5, delay: Duration::ZERO });
    let stage = stage.around(RateLimit::new(1, ns(10))).around(Metrics::new());
    let report = run_events(stage, &[(1, 1, 1), (1, 2, 2)], Lanes::Fused);
    assert!(report.is_complete(), "{report:?}");
    let [limit, metrics] = report.stages[0].middleware.as_slice() else { panic!("{report:?}") };
    assert_eq!(limit.held, 1);
    assert_eq!(metrics.counts[..2], [("events", 1), ("failed", 2)]);
}

#[test]
fn a_restart_leaves_the_middleware_as_it_is() {
    let stage = restartable(|| {
        each(
            |event: &MarketData, _: &mut Outbox| {
                if price(event) == 2 { Err("two".into()) } else { Ok(()) }
            },
        )
    });
    let stage = stage.on_error(OnError::Restart { limit: 9 }).around(RateLimit::new(3, ns(100)));
    let events = [(1, 1, 1), (1, 2, 2), (1, 3, 3), (1, 4, 4), (1, 5, 2)];
    let report = run_events(stage, &events, Lanes::Fused);
    let stage = &report.stages[0];
    assert_eq!((stage.restarts, stage.middleware[0].held), (1, 2), "{report:?}");
}

#[test]
fn an_event_that_a_throttle_held_and_the_stage_fails_on_takes_no_other_with_it() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let own = seen.clone();
    let stage = each(move |event: &MarketData, _: &mut Outbox| {
        own.lock().expect("sound").push(price(event));
        if price(event) == 2 { Err("two".into()) } else { Ok(()) }
    });
    let stage = stage.on_error(OnError::Skip).build().around(Throttle::new(ns(10)));
    let events = [(1, 1, 1), (1, 2, 2), (2, 20, 3), (2, 60, 4)];
    let report = run_events(stage, &events, Lanes::Fused);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(*seen.lock().expect("sound"), [1, 2, 3, 4]);
}

/// Emits a signal and an order for each trade.
fn speaker() -> Component {
    let speak = each(|event: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 1.0, price(event)));
        out.emit(Order::new(1, Side::Bid, price(event), 1));
        Ok(())
    });
    speak.emits::<Signal>().emits::<Order>().build()
}

#[test]
fn emissions_that_are_not_authorized_are_refused_and_counted() {
    let instruments = Instruments::new();
    let ibm = instruments.intern("IBM.NYSE");
    let (signals, orders) = (Recorder::<Signal>::new(), Recorder::<Order>::new());
    let mut plan = Plan::new();
    plan.instruments(instruments).lanes(Lanes::Fused);
    let speaker = speaker().around(authorize(["signal.>", "order.speaker.IBM.NYSE"]));
    plan.component("speaker", speaker.around(Metrics::new()));
    plan.route::<MarketData>("feed", Tier::FAST, "speaker");
    plan.route::<Signal>("speaker", Tier::FAST, signals.sink());
    plan.route::<Order>("speaker", Tier::FAST, orders.sink());
    let mut script = script(&[(ibm, 1, 5), (ibm + 1, 2, 6), (0, 3, 7)]);
    let report = plan.check().expect("no mistakes").run(&mut script).expect("it starts");
    assert!(report.is_complete(), "{report:?}");
    assert_eq!((signals.events().len(), orders.events().len()), (3, 1));
    let reports = &report.stages[0].middleware;
    let authorize = reports.iter().find(|layer| layer.name == "authorize").expect("it is told");
    assert_eq!(authorize.counts, [("refused", 2)]);
}

#[test]
fn middleware_around_a_route_stands_at_its_entry_and_policies_at_each_component() {
    let run = |lanes: Lanes| {
        let mut plan = Plan::new();
        let fails = || {
            each(|event: &MarketData, out: &mut Outbox| {
                out.emit(Signal::new(Action::Buy, 1.0, price(event)));
                if price(event) % 3 == 0 { Err("three".into()) } else { Ok(()) }
            })
            .emits::<Signal>()
        };
        plan.component("a", fails()).component("b", fails().on_error(OnError::Halt));
        plan.component("c", fails());
        let layers = [
            Metrics::new().into(),
            on_error(OnError::Skip),
            RateLimit::new(5, ns(8)).into(),
            Dedupe::new(["price"], ns(4)).into(),
        ];
        let limited = around(layers, pipeline(["a", "b"]));
        plan.route::<MarketData>("feed", Tier::FAST, pipeline([limited, Route::from("c")]));
        plan.lanes(lanes).digests(true).capacity(2).batch_limit(3);
        let events: Vec<_> = (1..40).map(|n| (1, n, (n / 2) as i64)).collect();
        plan.check().expect("no mistakes").run(&mut script(&events)).expect("it starts")
    };
    let report = run(Lanes::Fused);
    let stage = |name: &str| report.stages.iter().find(|stage| stage.name == name).expect("there");
    let entry = stage("a.around");
    let held: Vec<_> =
        entry.middleware.iter().map(|layer| (layer.name.as_str(), layer.held)).collect();
    let [("metrics", 0), ("rate_limit", limited), ("dedupe", twice)] = held[..] else {
        panic!("{held:?}")
    };
    assert!(limited > 0 && twice > 0, "{held:?}");
    let came = 39 - limited - twice;
    assert_eq!(stage("a").events_in + stage("a").skipped, came);
    assert_eq!(stage("b").events_in, came - stage("a").skipped, "b never sees what a fails on");
    assert!(report.faults.is_empty() || report.faults[0].stage == "c", "{:?}", report.faults);
    let digests = |report: &Report| {
        report.streams.iter().map(|s| (s.name.clone(), s.count, s.digest)).collect::<Vec<_>>()
    };
    if report.is_complete() {
        assert_eq!(digests(&report), digests(&run(Lanes::Count(2))));
    }
}

#[test]
fn what_middleware_holds_back_goes_no_further_in_its_pipeline() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    let first = each(|_: &MarketData, _: &mut Outbox| Ok(()));
    plan.component("first", first.around(RateLimit::new(1, ns(10)))).lanes(Lanes::Fused);
    let route = pipeline([Route::from("first"), seen.sink().into()]);
    plan.route::<MarketData>("feed", Tier::FAST, route);
    let events = [(1, 1, 1), (1, 2, 2), (1, 12, 3)];
    let report = plan.check().expect("no mistakes").run(&mut script(&events)).expect("it starts");
    assert!(report.is_complete());
    assert_eq!(seen.events().len(), 2);
}

#[test]
fn middleware_that_cannot_work_is_refused_with_a_way_out() {
    for (layer, says) in [
        (Dedupe::new(["prise"], ns(1)).into(), "did you mean `price`?"),
        (Dedupe::new(Vec::<String>::new(), ns(1)).into(), "name 1 to 4"),
        (authorize(["signal"]), "ends before its symbol"),
    ] {
        let mut plan = Plan::new();
        let layer: Layer = layer;
        plan.component("stage", speaker().around(layer));
        plan.route::<MarketData>("feed", Tier::FAST, "stage");
        let problems = plan.check().expect_err("it cannot work");
        assert!(problems[0].to_string().contains(says), "{problems:?}");
    }
}

#[test]
fn layers_are_called_in_declared_order_and_back() {
    #[derive(Clone)]
    struct Says(&'static str, std::sync::Arc<std::sync::Mutex<Vec<String>>>);
    impl Middleware for Says {
        fn name(&self) -> &str {
            self.0
        }
        fn before(&mut self, _: &Passing<'_>, _: &mut Due) -> Verdict {
            self.1.lock().expect("sound").push(format!("before {}", self.0));
            Verdict::Pass
        }
        fn after(&mut self, _: &Passing<'_>, fault: Option<&Fault>) {
            assert!(fault.is_none());
            self.1.lock().expect("sound").push(format!("after {}", self.0));
        }
    }
    let said = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let stage = each(|_: &MarketData, _: &mut Outbox| Ok(()));
    let stage = stage.around(Says("outer", said.clone())).around(Says("inner", said.clone()));
    let _ = run_events(stage, &[(1, 1, 1)], Lanes::Fused);
    let said = said.lock().expect("sound");
    assert_eq!(*said, ["before outer", "before inner", "after inner", "after outer"]);
}
