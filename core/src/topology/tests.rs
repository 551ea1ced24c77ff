//! Whole topologies, small.

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
                out.stop("even");
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
fn a_stage_that_fails_stops_the_topology_and_is_named_with_its_root() {
    everywhere(|lanes| {
        let failing = each(|event: &MarketData, out: &mut Outbox| {
            out.emit(Signal::new(Action::Buy, 1.0, 0));
            if event.header.root == 5 { Err("five is too much".into()) } else { Ok(()) }
        });
        let mut plan = Plan::new();
        plan.component("failing", failing.emits::<Signal>());
        plan.route::<MarketData>("feed", Tier::FAST, "failing");
        let report = run(plan, lanes, &mut trades(10));
        let fault = &report.faults[0];
        assert_eq!((fault.stage.as_str(), fault.root), ("failing", 5));
        assert_eq!(fault.fault.to_string(), "five is too much");
        assert!(!report.is_complete());
    });
}

#[test]
fn what_was_emitted_before_the_failing_event_stands_whatever_the_batch() {
    for (batch, panics) in [(1, false), (3, false), (256, false), (1, true), (256, true)] {
        let seen = Recorder::<Signal>::new();
        let failing = each(move |event: &MarketData, out: &mut Outbox| {
            out.emit(Signal::new(Action::Buy, 1.0, 0));
            assert!(!panics || event.header.root != 5, "five is too much");
            if event.header.root == 5 { Err("five is too much".into()) } else { Ok(()) }
        });
        let mut plan = Plan::new();
        plan.component("failing", failing.emits::<Signal>()).batch_limit(batch);
        plan.route::<MarketData>("feed", Tier::FAST, "failing");
        plan.route::<Signal>("failing", Tier::FAST, seen.sink());
        let report = run(plan, Lanes::Fused, &mut trades(10));
        assert_eq!(report.stream("failing").expect("it is there").count, 4, "batch {batch}");
        assert_eq!(report.faults[0].root, 5);
    }
}

#[test]
fn a_stage_that_failed_is_not_called_again() {
    let mut plan = Plan::new();
    plan.component("failing", each(|_: &MarketData, _: &mut Outbox| Err("always".into())));
    plan.route::<MarketData>("feed", Tier::FAST, "failing").lanes(Lanes::Fused);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    running.publish("feed", &trade(1)).expect("it runs");
    (0..3).for_each(|_| assert!(!running.poll()));
    assert_eq!(running.publish("feed", &trade(2)), Err(RunError::Stopped));
    assert_eq!(running.stop().faults.len(), 1);
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
fn a_panic_in_a_stage_stops_the_topology_and_hangs_nobody() {
    everywhere(|lanes| {
        let mut plan = Plan::new();
        plan.component(
            "bomb",
            each(|event: &MarketData, _: &mut Outbox| {
                assert!(event.header.root != 700, "seven hundred");
                Ok(())
            }),
        );
        plan.capacity(16);
        plan.route::<MarketData>("feed", Tier::FAST, "bomb");
        let report = run(plan, lanes, &mut trades(10_000));
        assert!(report.faults[0].fault.to_string().contains("seven hundred"));
        assert_eq!(report.faults[0].root, 700);
    });
}

#[test]
fn more_emissions_than_declared_are_a_fault_and_are_taken_back() {
    let mut plan = Plan::new();
    let greedy = each(|_: &MarketData, out: &mut Outbox| {
        (0..3).for_each(|_| out.emit(Signal::new(Action::Buy, 1.0, 0)));
        Ok(())
    });
    plan.component("greedy", greedy.emits::<Signal>().max_emissions(2));
    plan.route::<MarketData>("feed", Tier::FAST, "greedy");
    let report = run(plan, Lanes::Fused, &mut trades(1));
    assert!(report.faults[0].fault.to_string().contains("max_emissions"), "{report:?}");
    assert_eq!(report.stream("greedy").expect("it is there").count, 0);
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
fn a_stop_with_a_deadline_leaves_a_stuck_lane_behind_and_names_it() {
    let mut plan = Plan::new();
    let stuck = each(|_: &MarketData, _: &mut Outbox| {
        std::thread::sleep(Duration::from_secs(3600));
        Ok(())
    });
    plan.component("stuck", stuck);
    plan.route::<MarketData>("feed", Tier::FAST, "stuck");
    let lane = LaneSpec {
        name: "tar".into(),
        wait: Some(Wait::Park),
        stages: vec!["stuck".into()],
        ..LaneSpec::default()
    };
    plan.lanes(Lanes::List(vec![lane]));
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    running.publish("feed", &trade(1)).expect("it runs");
    let report = running.stop_within(Duration::from_millis(50));
    assert_eq!(report.left_behind, ["tar"]);
    assert!(!report.is_complete());
}

#[test]
fn a_core_that_is_not_there_is_refused_at_start() {
    let mut plan = Plan::new();
    plan.component("echo", echo());
    plan.route::<MarketData>("feed", Tier::FAST, "echo");
    let lane = LaneSpec {
        name: "far".into(),
        cpu: Some(5000),
        stages: vec!["echo".into()],
        ..LaneSpec::default()
    };
    plan.lanes(Lanes::List(vec![lane]));
    let error = plan.check().expect("no mistakes").start().expect_err("no such core").to_string();
    assert!(error.contains("far") && error.contains("5000"), "{error}");
}

#[test]
fn all_mistakes_of_a_plan_are_found_at_once() {
    let mut plan = Plan::new();
    plan.component("echo", echo()).component("idle", echo());
    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["ecko", "echo"]));
    plan.route::<Signal>("echo", Tier::Standard, "echo");
    plan.route::<Order>("echo", Tier::Standard, "idle");
    plan.capacity(3).stream_capacity("fead", 8).batch_limit(0);
    let problems = plan.check().expect_err("many mistakes");
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in [
        "did you mean `echo`?",
        "`echo` does not take Signal",
        "nothing under `echo` emits Order",
        "3 is no capacity",
        "did you mean `feed`?",
        "a batch of 0",
        "no route leads to `idle`",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}

#[test]
fn a_mistake_in_a_condition_is_found_even_where_nothing_follows_the_filter() {
    let mut plan = Plan::new();
    plan.component("echo", echo());
    let route = pipeline([Route::from("echo"), filter("prise > 5")]);
    plan.route::<MarketData>("feed", Tier::FAST, route);
    let problems = plan.check().expect_err("a misspelt field");
    let at = "routing.feed.MarketData.routes[0].steps[1].condition";
    let problem = problems.iter().find(|problem| problem.at == at).expect("at its place");
    assert_eq!((problem.code, problem.span.clone()), ("PL-CONDITION-001", Some(0..5)));
    assert!(problems.iter().any(|problem| problem.message.contains("nothing follows")));
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
fn a_circle_is_refused_with_its_path() {
    let forward = || {
        each(|signal: &Signal, out: &mut Outbox| {
            out.emit(*signal);
            Ok(())
        })
        .emits::<Signal>()
    };
    let mut plan = Plan::new();
    plan.component("a", forward()).component("b", forward());
    plan.route::<Signal>("a", Tier::FAST, "b");
    plan.route::<Signal>("b", Tier::FAST, "a");
    let problems = plan.check().expect_err("a circle");
    assert!(problems[0].message.contains("a -> b -> a"), "{problems:?}");
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

/// A lane that ended once closed its streams at once, and a lane that had not yet noticed the halt
/// took that for a proper end: orders behind a failed check were sent.
#[test]
fn nothing_passes_a_failed_check_on_another_lane() {
    for _ in 0..50 {
        let sent = Recorder::<MarketData>::new();
        let check = each(|event: &MarketData, _: &mut Outbox| match event.header.root {
            5 => Err("no further".into()),
            _ => Ok(()),
        });
        let mut plan = Plan::new();
        plan.component("check", check).component("send", sent.sink());
        plan.route::<MarketData>("feed", Tier::FAST, pipeline(["check", "send"]));
        let report = run(plan, Lanes::Count(2), &mut trades(50));
        assert_eq!(report.faults.len(), 1);
        let roots: Vec<_> = sent.events().iter().map(|event| event.header.root).collect();
        assert!(roots.iter().all(|&root| root < 5), "{roots:?}");
    }
}

#[test]
fn two_event_types_of_one_number_are_refused() {
    use crate::event::{EventType, Header};
    use bytemuck::{Pod, Zeroable};
    #[repr(C, align(64))]
    #[derive(Clone, Copy, Pod, Zeroable)]
    struct Other {
        header: Header,
        words: [u64; 4],
    }
    impl Event for Other {
        const TYPE: EventType = EventType { id: MarketData::TYPE.id, name: "Other" };
        const HEADER_AT: usize = std::mem::offset_of!(Other, header);
    }
    let mut plan = Plan::new();
    let other = each(|_: &MarketData, out: &mut Outbox| {
        out.emit(Other::zeroed());
        Ok(())
    });
    plan.component("other", other.emits::<Other>());
    plan.route::<MarketData>("feed", Tier::FAST, "other");
    let problems = plan.check().expect_err("the same number");
    assert!(problems[0].message.contains("`Other`"), "{problems:?}");
}

#[test]
fn event_types_have_distinct_numbers() {
    assert_ne!(MarketData::TYPE, Signal::TYPE);
    assert_ne!(Signal::TYPE, Order::TYPE);
}
