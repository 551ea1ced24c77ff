//! Whole topologies, small.

mod accounts;
mod combined;
mod consumers;
mod entering;
mod failures;
mod faults;
mod grouped;
mod held;
mod lossy;
mod mistakes;
mod partitions;
mod placement;

use super::*;
use crate::Tier;
use crate::event::{Action, Event, MarketData, Order, Side, Signal};
use crate::route::{Route, broadcast, filter, filter_to, pipeline, transform};
use crate::stage::{Component, Fault, Outbox, each};
use crate::testing::{Recorder, Script};
use crate::wait::Wait;
use std::time::Duration;

fn trade(price: i64) -> MarketData {
    MarketData::trade(1, price as u64, price, 1, Side::Bid)
}

fn trades(count: i64) -> Script {
    let mut script = Script::new();
    for price in 1..=count {
        script.event("feed", trade(price));
    }
    script
}

/// Emits one signal per trade, at its price.
fn echo() -> Component {
    each(|event: &MarketData, out: &mut Outbox| {
        if let Some(trade) = event.as_trade() {
            out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
        }
        Ok(())
    })
    .emits::<Signal>()
    .into()
}

fn run(mut plan: Plan, lanes: Lanes, script: &mut Script) -> Report {
    plan.lanes(lanes).digests(true);
    plan.check().expect("no mistakes").run(script).expect("it starts")
}

fn everywhere(test: impl Fn(Lanes)) {
    [Lanes::Fused, Lanes::Count(1), Lanes::Count(3), Lanes::Auto].into_iter().for_each(test);
}

#[test]
fn a_signal_carries_the_root_time_and_instrument_of_its_cause() {
    everywhere(|lanes| {
        let seen = Recorder::<Signal>::new();
        let mut plan = Plan::new();
        plan.component("echo", echo());
        plan.route::<MarketData>("feed", Tier::FAST, "echo");
        plan.route::<Signal>("echo", Tier::Standard, seen.sink());
        let report = run(plan, lanes, &mut trades(1000));
        assert!(report.is_complete(), "{report:?}");
        let seen = seen.events();
        assert_eq!(seen.len(), 1000);
        for (i, signal) in (1..).zip(&seen) {
            assert_eq!(signal.header.root, i);
            assert_eq!(signal.header.ts_event, i);
            assert_eq!(signal.header.instrument, 1);
            assert_eq!(signal.price, i as i64);
            assert_eq!(report.stage("echo").map(|stage| stage.events_in), Some(1000));
        }
    });
}

#[test]
fn a_merge_takes_events_by_root_then_by_input() {
    everywhere(|lanes| {
        let seen = Recorder::<Signal>::new();
        let mut plan = Plan::new();
        for name in ["a", "b", "c"] {
            plan.component(name, echo().emits_under("all"));
        }
        plan.capacity(4);
        plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b", "c"]));
        plan.route::<Signal>("all", Tier::FAST, seen.sink());
        plan.lanes(lanes);
        let names = ["a", "b", "c"];
        let report = plan.check().expect("no mistakes");
        let ids = names.map(|name| report.names().id(name).expect("named"));
        let report = report.run(&mut trades(500)).expect("it starts");
        assert!(report.is_complete());
        let seen: Vec<_> = seen.events().iter().map(|s| (s.header.root, s.strategy)).collect();
        let want: Vec<_> = (1..=500).flat_map(|root| ids.map(|id| (root, id))).collect();
        assert_eq!(seen, want);
    });
}

#[test]
fn later_steps_of_a_pipeline_see_an_event_after_earlier_ones() {
    use std::sync::{Arc, Mutex};
    everywhere(|lanes| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let step = |name: &'static str| {
            let log = log.clone();
            each(move |event: &MarketData, _: &mut Outbox| {
                log.lock().expect("no panic").push((event.header.root, name));
                Ok(())
            })
        };
        let mut plan = Plan::new();
        plan.capacity(8).batch_limit(3);
        plan.route::<MarketData>("feed", Tier::FAST, pipeline([step("one"), step("two")]));
        assert!(run(plan, lanes, &mut trades(300)).is_complete());
        let log = log.lock().expect("no panic");
        for root in 1..=300 {
            let at = |name| log.iter().position(|entry| *entry == (root, name)).expect("seen");
            assert!(at("one") < at("two"));
        }
    });
}

#[test]
fn a_transform_takes_the_place_of_the_event_for_later_steps() {
    everywhere(|lanes| {
        let seen = Recorder::<Signal>::new();
        let mut plan = Plan::new();
        plan.component("echo", echo());
        plan.component("seen", seen.sink());
        let route = pipeline([transform("echo"), "seen".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, route);
        assert!(run(plan, lanes, &mut trades(10)).is_complete());
        assert_eq!(seen.events().len(), 10);
    });
}

#[test]
fn an_event_that_a_step_stops_is_not_seen_by_later_steps_and_is_counted() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let odd_only = each(|event: &MarketData, out: &mut Outbox| {
            if event.header.root.is_multiple_of(2) {
                out.stop();
            }
            Ok(())
        });
        let mut plan = Plan::new();
        plan.component("odd_only", odd_only.may_stop());
        plan.component("seen", seen.sink());
        plan.route::<MarketData>("feed", Tier::FAST, pipeline(["odd_only", "seen"]));
        let report = run(plan, lanes, &mut trades(10));
        let roots: Vec<_> = seen.events().iter().map(|event| event.header.root).collect();
        assert_eq!(roots, [1, 3, 5, 7, 9]);
        assert_eq!(report.stage("odd_only").expect("it ran").stops, 5);
    });
}

#[test]
fn start_emits_at_root_0_and_stop_at_the_last_root_plus_1() {
    struct Edges;
    impl crate::stage::Stage for Edges {
        fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
            out.emit(Signal::new(Action::Hold, 0.0, 0));
            Ok(())
        }
        fn on_stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
            out.emit(Signal::new(Action::Hold, 1.0, 0));
            Ok(())
        }
    }
    impl crate::stage::On<MarketData> for Edges {
        fn on(&mut self, _: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
            Ok(())
        }
    }
    everywhere(|lanes| {
        let seen = Recorder::<Signal>::new();
        let mut plan = Plan::new();
        let edges = || crate::stage::component(Edges).on::<MarketData>().emits::<Signal>();
        plan.component("a", edges().emits_under("edges"));
        plan.component("b", edges().emits_under("edges"));
        plan.capacity(1);
        plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b"]));
        plan.route::<Signal>("edges", Tier::FAST, seen.sink());
        assert!(run(plan, lanes, &mut trades(7)).is_complete());
        let roots: Vec<_> = seen.events().iter().map(|event| event.header.root).collect();
        assert_eq!(roots, [0, 0, 8, 8]);
    });
}

#[test]
fn no_wait_makes_each_emission_visible_at_once() {
    let fast = Tier::Fast { batch: 1000, max_wait: Duration::ZERO };
    for (tier, want) in [(fast, 10), (Tier::FAST, 1)] {
        let mut plan = Plan::new();
        let seen = Recorder::<Signal>::new();
        plan.component("echo", echo()).component("seen", seen.sink());
        plan.route::<MarketData>("feed", Tier::FAST, "echo");
        plan.route::<Signal>("echo", tier, "seen");
        let report = run(plan, Lanes::Fused, &mut trades(10));
        assert_eq!(report.stream("echo").expect("it is there").publications, want);
    }
}

#[test]
fn a_topology_fed_by_hand_runs_fused_and_on_lanes() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.capacity(16);
        plan.route::<MarketData>("feed", Tier::FAST, seen.sink()).lanes(lanes);
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        for price in 1..=100 {
            let root = running.publish("feed", &trade(price)).expect("it runs");
            assert_eq!(root, price as u64);
        }
        assert!(running.publish("feed", &Signal::new(Action::Buy, 1.0, 1)).is_err());
        assert!(running.stop().is_complete());
        assert_eq!(seen.events().len(), 100);
        assert!(seen.events()[0].header.ts_recv > 0, "stamped on entry");
    });
}

#[test]
fn a_link_with_conditions_lets_only_matching_events_through() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component("seen", seen.sink());
        // Prices are in units of 1e-9: these are 3 to 6 of them.
        let route =
            pipeline([filter("price > 0.000000002"), filter_to("price <= 0.000000006", "seen")]);
        plan.route::<MarketData>("feed", Tier::FAST, route);
        let report = run(plan, lanes, &mut trades(10));
        let prices: Vec<_> = seen.events().iter().map(|event| event.header.ts_event).collect();
        assert_eq!(prices, [3, 4, 5, 6]);
        assert_eq!(report.stage("seen").expect("it ran").filtered, 6);
    });
}

#[test]
fn a_gateway_never_sees_a_denied_order() {
    use crate::event::Reason;
    everywhere(|lanes| {
        let (all, sent) = (Recorder::<Order>::new(), Recorder::<Order>::new());
        let gate = each(|event: &MarketData, out: &mut Outbox| {
            let order = Order::new(event.header.root, Side::Bid, 1, 1);
            let denied = event.header.root.is_multiple_of(3);
            out.emit(if denied { order.denied(Reason::RATE) } else { order });
            Ok(())
        });
        let mut plan = Plan::new();
        plan.component("gate", gate.emits::<Order>());
        plan.component("all", all.sink()).component("sent", sent.sink().gateway());
        plan.route::<MarketData>("feed", Tier::FAST, "gate");
        plan.route::<Order>("gate", Tier::FAST, pipeline(["all", "sent"]));
        assert!(run(plan, lanes, &mut trades(9)).is_complete());
        let ids = |orders: Vec<Order>| orders.iter().map(|o| o.client_order_id).collect::<Vec<_>>();
        assert_eq!(ids(all.events()).len(), 9);
        assert_eq!(ids(sent.events()), [1, 2, 4, 5, 7, 8]);
    });
}

#[test]
fn an_idle_parked_lane_is_woken_by_an_event() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.route::<MarketData>("feed", Tier::Standard, seen.sink());
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for price in 1..=5 {
        std::thread::sleep(Duration::from_millis(5));
        running.publish("feed", &trade(price)).expect("it runs");
    }
    assert!(running.stop().is_complete());
    assert_eq!(seen.events().len(), 5);
}
