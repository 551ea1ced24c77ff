//! Links that lose, stages that may skip, events from threads of their own.

use crate::counting::{Allocated, Counting, allocations};
use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::ingress::{IngressOptions, Order};
use pitlane::route::{OnFull, Route, broadcast, on_full, pipeline};
use pitlane::stage::{Component, OnError, Outbox, each, restartable};
use pitlane::topology::{Lanes, Plan};
use pitlane_bench::{FEED, Prepared, Settings};
use std::time::Duration;

const FEW: u64 = 50_000;
const MANY: u64 = 400_000;

fn sink() -> Component {
    each(|event: &MarketData, _: &mut Outbox| {
        std::hint::black_box(event.header.root);
        Ok(())
    })
    .into()
}

fn assert_free(counting: &Counting, lanes: &Lanes, plan: impl Fn() -> Plan) {
    let events = Prepared::session(FEW as usize);
    let settings = Settings { lanes: lanes.clone(), ..Settings::FUSED };
    let plan = || {
        let mut plan = plan();
        settings.apply(&mut plan);
        plan.instruments(events.instruments().clone()).capacity(64).batch_limit(16);
        plan
    };
    let run = |count| counting.allocated(count, plan, || events.input(count));
    let (few, many): (Allocated, Allocated) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0), "{lanes:?}");
}

#[test]
fn links_that_lose_allocate_nothing_per_event() {
    let counting = Counting::alone();
    for lanes in [Lanes::Fused, Lanes::Count(1), Lanes::Count(2)] {
        for lossy in [OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate] {
            assert_free(&counting, &lanes, || {
                let mut plan = Plan::new();
                let names = ["alone", "first", "then", "all"];
                names.iter().for_each(|name| {
                    plan.component(name, sink());
                });
                let steps: Route = pipeline(["first", "then"]);
                let routes = [on_full(lossy, "alone"), on_full(lossy, steps), "all".into()];
                plan.route::<MarketData>(FEED, Tier::FAST, broadcast(routes));
                if lossy != OnFull::DropOldest {
                    plan.stream_capacity("feed>alone", 1);
                }
                plan
            });
        }
    }
}

#[test]
fn stages_that_may_skip_or_restart_allocate_nothing_while_none_fails() {
    let counting = Counting::alone();
    for lanes in [Lanes::Fused, Lanes::Count(2)] {
        assert_free(&counting, &lanes, || {
            let mut plan = Plan::new();
            plan.component("skips", sink().on_error(OnError::Skip));
            let restarts = restartable(sink).on_error(OnError::Restart { limit: 3 });
            plan.component("restarts", restarts).component("last", sink());
            let steps = pipeline(["skips", "restarts", "last"]);
            plan.route::<MarketData>(FEED, Tier::FAST, steps);
            plan
        });
    }
}

#[test]
fn what_threads_publish_enters_without_an_allocation() {
    let counting = Counting::alone();
    for order in [Order::Arrival, Order::Time { max_wait: Duration::ZERO }] {
        let tries = (0..3).map(|_| publish(&counting, order));
        assert_eq!(tries.min(), Some(0), "{order:?}");
    }
}

/// Publishes by two rings into a fused topology and gives the allocations after the warm-up.
fn publish(_counting: &Counting, order: Order) -> usize {
    let mut plan = Plan::new();
    plan.component("sink", sink()).lanes(Lanes::Fused);
    plan.route::<MarketData>(FEED, Tier::FAST, "sink");
    let mut checked = plan.check().expect("a sound plan");
    let options = IngressOptions { order, capacity: 64, ..IngressOptions::default() };
    let ingress = checked.ingress::<MarketData>(FEED, options).expect("it is there");
    let mut producers = [(); 2].map(|()| ingress.producer().expect("rings are free"));
    let mut running = checked.start().expect("it starts");
    let mut warm = 0;
    for number in 0..FEW {
        if number == FEW / 2 {
            warm = allocations();
        }
        let event = MarketData::trade(1, number, 1, 1, Side::Bid);
        for producer in &mut producers {
            while producer.try_publish(&event).is_err() {
                running.poll();
            }
        }
    }
    let allocated = allocations() - warm;
    drop(producers);
    let report = running.stop();
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.events, 2 * FEW);
    allocated
}
