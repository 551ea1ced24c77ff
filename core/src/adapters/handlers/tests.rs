//! Whole topologies with async handlers.

#![allow(clippy::disallowed_types, reason = "handlers on several threads count what they do")]

use super::*;
use crate::Tier;
use crate::event::{MarketData, Side, Signal};
use crate::route::filter_to;
use crate::stage::{OnError, Retry};
use crate::testing::{Recorder, Script};
use crate::topology::{LaneSpec, Lanes, Plan, Report};
use crate::wait::Wait;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

const EVENTS: i64 = 300;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("threads")
}

fn trades(count: i64) -> Script {
    let mut script = Script::new();
    for price in 1..=count {
        script.event("feed", MarketData::trade(1, price as u64, price, 1, Side::Bid));
    }
    script
}

/// On the caller's thread, and on lanes that wait in each way.
fn everywhere(test: impl Fn(Lanes)) {
    test(Lanes::Fused);
    for wait in Wait::ALL {
        let lane = LaneSpec {
            name: "lane".into(),
            wait: Some(wait),
            stages: vec!["handlers".into()],
            ..LaneSpec::default()
        };
        test(Lanes::List(vec![lane]));
    }
}

fn run(lanes: Lanes, handlers: Component, seen: &Recorder<MarketData>) -> Report {
    let mut plan = Plan::new();
    plan.component("handlers", handlers).lanes(lanes).capacity(64);
    plan.route::<MarketData>("feed", Tier::Standard, "handlers");
    plan.route::<MarketData>("handlers", Tier::Standard, seen.sink());
    plan.check().expect("no mistakes").run(&mut trades(EVENTS)).expect("it starts")
}

fn roots(seen: &Recorder<MarketData>) -> Vec<u64> {
    seen.events().iter().map(|event| event.header.root).collect()
}

const FREE: Concurrency = Concurrency { handlers: 4, keep_order: false };
const KEPT: Concurrency = Concurrency { handlers: 4, keep_order: true };

#[test]
fn answers_come_in_the_order_of_events_whatever_order_handlers_end_in() {
    let runtime = runtime();
    for concurrency in [FREE, KEPT] {
        everywhere(|lanes| {
            let seen = Recorder::new();
            let handler = |event: MarketData| async move {
                // The later of each four ends first.
                let micros = 200 * (4 - event.header.root % 4);
                tokio::time::sleep(Duration::from_micros(micros)).await;
                Ok(vec![event, event])
            };
            let handlers = async_each(runtime.handle().clone(), concurrency, handler);
            assert!(run(lanes, handlers, &seen).is_complete());
            let want: Vec<_> = (1..=EVENTS as u64).flat_map(|root| [root, root]).collect();
            assert_eq!(roots(&seen), want);
        });
    }
}

#[test]
fn no_more_handlers_are_under_way_than_were_allowed() {
    let runtime = runtime();
    for concurrency in [FREE, KEPT] {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (under_way, highest) = (now.clone(), most.clone());
        let handler = move |_: MarketData| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, SeqCst);
                Ok(None::<MarketData>)
            }
        };
        let handlers = async_each(runtime.handle().clone(), concurrency, handler);
        assert!(run(Lanes::Count(1), handlers, &Recorder::new()).is_complete());
        assert_eq!(under_way.load(SeqCst), 0);
        assert!((1..=4).contains(&highest.load(SeqCst)), "{highest:?}");
    }
}

/// The first handler waits until so many later ones have begun: with order kept, it would for ever.
#[test]
fn a_slow_handler_holds_up_the_others_only_where_order_is_kept() {
    let runtime = runtime();
    let slow_first = |concurrency| {
        let begun = Arc::new(Semaphore::new(0));
        let handler = move |event: MarketData| {
            let begun = begun.clone();
            async move {
                match event.header.root {
                    1 => drop(begun.acquire_many(20).await),
                    _ => begun.add_permits(1),
                }
                Ok(Some(event))
            }
        };
        let mut plan = Plan::new();
        plan.component("handlers", async_each(runtime.handle().clone(), concurrency, handler));
        plan.route::<MarketData>("feed", Tier::Standard, "handlers");
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        for price in 1..=30 {
            let trade = MarketData::trade(1, 1, price, 1, Side::Bid);
            running.publish("feed", &trade).expect("it runs");
        }
        running
    };
    assert!(slow_first(FREE).stop().is_complete(), "the others went on");
    let report = slow_first(KEPT).stop_within(Duration::from_millis(100));
    assert!(!report.is_complete());
    assert_eq!(report.links[0].handled(), 0, "the first is not done");
    assert_eq!(report.left_behind, [], "no lane waits for a handler");
}

#[test]
fn a_handler_that_fails_or_panics_costs_its_event_and_none_is_begun_twice() {
    let runtime = runtime();
    everywhere(|lanes| {
        let seen = Recorder::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let handler = move |event: MarketData| {
            counted.fetch_add(1, SeqCst);
            async move {
                tokio::task::yield_now().await;
                assert!(event.header.root != 20, "twenty");
                if event.header.root == 30 { Err("thirty".into()) } else { Ok(Some(event)) }
            }
        };
        let handlers = async_each(runtime.handle().clone(), FREE, handler).on_error(OnError::Skip);
        let report = run(lanes, handlers, &seen);
        assert_eq!(report.dead_letters.count, 2);
        let want = (1..=EVENTS as u64).filter(|&root| root != 20 && root != 30);
        assert!(roots(&seen).into_iter().eq(want));
        assert_eq!(calls.load(SeqCst), EVENTS as usize, "each was begun once");
    });
}

#[test]
fn of_a_handler_that_answers_too_much_nothing_is_published() {
    let runtime = runtime();
    everywhere(|lanes| {
        let seen = Recorder::new();
        let handler = |event: MarketData| async move {
            let answers = if event.header.root.is_multiple_of(5) { 17 } else { 1 };
            Ok(vec![event; answers])
        };
        let handlers = async_each(runtime.handle().clone(), FREE, handler).on_error(OnError::Skip);
        let report = run(lanes, handlers, &seen);
        assert_eq!(report.dead_letters.count, EVENTS as u64 / 5);
        let want: Vec<_> = (1..=EVENTS as u64).filter(|root| root % 5 != 0).collect();
        assert_eq!(roots(&seen), want);
    });
}

#[test]
fn an_event_whose_handler_fails_is_tried_again() {
    let runtime = runtime();
    let seen = Recorder::new();
    let failures = Arc::new(AtomicUsize::new(0));
    let handler = move |event: MarketData| {
        let fails = event.header.root == 7 && failures.fetch_add(1, SeqCst) < 2;
        async move { if fails { Err("not yet".into()) } else { Ok(Some(event)) } }
    };
    let retry = Retry { attempts: 3, delay: Duration::from_micros(100) };
    let handlers = async_each(runtime.handle().clone(), FREE, handler).retry(retry);
    let report = run(Lanes::Auto, handlers, &seen);
    assert!(report.is_complete(), "{:?}", report.faults);
    assert!(roots(&seen).into_iter().eq(1..=EVENTS as u64));
    assert_eq!(report.stage("handlers").map(|stage| stage.retries), Some(2));
}

#[test]
fn only_events_that_meet_the_condition_are_begun_and_merged_inputs_keep_their_order() {
    let runtime = runtime();
    let begun = Recorder::<Signal>::new();
    let mut plan = Plan::new();
    for name in ["one", "two"] {
        let emit = crate::stage::each(|event: &MarketData, out: &mut Outbox| {
            let price = event.as_trade().map_or(0, |trade| trade.price());
            out.emit(Signal::new(crate::event::Action::Buy, 1.0, price));
            Ok(())
        });
        plan.component(name, emit.emits::<Signal>().emits_under("all"));
        plan.route::<MarketData>("feed", Tier::FAST, name);
    }
    let handler = |signal: Signal| async move {
        tokio::task::yield_now().await;
        Ok(Some(signal))
    };
    plan.component("handlers", async_each(runtime.handle().clone(), FREE, handler));
    plan.route::<Signal>("all", Tier::Standard, filter_to("root % 3 == 0", "handlers"));
    plan.route::<Signal>("handlers", Tier::Standard, begun.sink());
    plan.capacity(16);
    let report = plan.check().expect("no mistakes").run(&mut trades(EVENTS)).expect("it starts");
    assert!(report.is_complete());
    let roots: Vec<_> = begun.events().iter().map(|signal| signal.header.root).collect();
    let want: Vec<_> = (1..=EVENTS as u64).filter(|root| root % 3 == 0).collect();
    assert_eq!(roots, want.iter().flat_map(|&root| [root, root]).collect::<Vec<_>>());
}
