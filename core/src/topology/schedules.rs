//! Whole topologies under many schedules, by shuttle: `scripts/shuttle`.
//!
//! Here a parked lane sleeps until it is woken, however long that is, so a wake-up that is lost is a
//! deadlock, and shuttle says so. The twin shows that it would.

use super::{LaneSpec, Lanes, Plan, Report, Running};
use crate::Tier;
use crate::event::{Action, MarketData, Side, Signal};
use crate::ingress::IngressOptions;
use crate::route::{OnFull, Route, broadcast, filter_to, on_full, pipeline};
use crate::stage::{Component, Outbox, each};
use crate::testing::Recorder;
use crate::wait::{Wait, lose_wake_ups};
use std::panic::catch_unwind;

/// Events of a run: few, since each word that is touched is a step.
const EVENTS: u64 = 4;

fn schedules() -> usize {
    let wanted = std::env::var("PITLANE_SCHEDULES").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(2_000)
}

/// Half of the schedules at random, half by PCT, which finds what needs few preemptions.
fn under_many_schedules(run: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(run, schedules() / 2);
    shuttle::check_pct(run, schedules() / 2, 3);
}

/// Each stage on a lane of its own, parked when idle; rings of `capacity` slots.
fn plan(capacity: usize, components: Vec<(&str, Component)>) -> Plan {
    let mut plan = Plan::new();
    let lane = |(name, _): &(&str, Component)| LaneSpec {
        name: (*name).into(),
        wait: Some(Wait::Park),
        stages: vec![(*name).into()],
        ..LaneSpec::default()
    };
    plan.lanes(Lanes::List(components.iter().map(lane).collect()));
    plan.capacity(capacity).batch_limit(2).watchdog(None);
    for (name, component) in components {
        plan.component(name, component);
    }
    plan
}

fn echo() -> Component {
    let echo = each(|event: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 1.0, event.header.root as i64));
        Ok(())
    });
    echo.emits::<Signal>().max_emissions(1).into()
}

fn start(plan: Plan) -> Running {
    plan.check().expect("no mistakes").start().expect("it starts")
}

fn feed(running: &mut Running) {
    for price in 1..=EVENTS {
        let trade = MarketData::trade(1, price, price as i64, 1, Side::Bid);
        if running.publish("feed", &trade).is_err() {
            return;
        }
    }
}

fn assert_accounts(report: &Report) {
    for link in &report.links {
        assert_eq!(link.published, link.done + link.left(), "{link:?}");
    }
}

fn route(plan: &mut Plan, route: impl Into<Route>) {
    plan.route::<MarketData>("feed", Tier::FAST, route);
}

/// feed -> echo -> seen
fn chain(seen: &Recorder<Signal>) -> Plan {
    let mut plan = plan(1, vec![("echo", echo()), ("seen", seen.sink().into())]);
    route(&mut plan, "echo");
    plan.route::<Signal>("echo", Tier::FAST, "seen");
    plan
}

fn a_chain() {
    let seen = Recorder::<Signal>::new();
    let mut running = start(chain(&seen));
    feed(&mut running);
    let report = running.stop();
    assert!(report.is_complete());
    let roots: Vec<_> = seen.events().iter().map(|signal| signal.header.root).collect();
    assert_eq!(roots, (1..=EVENTS).collect::<Vec<_>>());
}

#[test]
fn lanes_that_sleep_wake_for_events_room_and_the_end() {
    under_many_schedules(a_chain);
}

#[test]
fn without_wake_ups_lanes_that_sleep_are_found() {
    let result = catch_unwind(|| {
        let _lost = lose_wake_ups();
        under_many_schedules(a_chain);
    });
    let panic = result.expect_err("nobody was found asleep");
    let message = panic.downcast_ref::<String>().expect("shuttle says what it found");
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_merge_of_three_lanes_takes_events_by_root() {
    under_many_schedules(|| {
        let seen = Recorder::<Signal>::new();
        let mut plan = plan(
            1,
            vec![
                ("a", echo().emits_under("all")),
                ("b", echo().emits_under("all")),
                ("seen", seen.sink().into()),
            ],
        );
        route(&mut plan, broadcast(["a", "b"]));
        plan.route::<Signal>("all", Tier::FAST, "seen");
        let mut running = start(plan);
        feed(&mut running);
        assert!(running.stop().is_complete());
        let roots: Vec<_> = seen.events().iter().map(|signal| signal.header.root).collect();
        assert_eq!(roots, (1..=EVENTS).flat_map(|root| [root, root]).collect::<Vec<_>>());
    });
}

#[test]
fn a_lane_that_sleeps_on_the_progress_of_a_filtered_input_wakes() {
    under_many_schedules(|| {
        let seen = Recorder::<Signal>::new();
        let mut plan = plan(
            2,
            vec![
                ("rare", echo().emits_under("all")),
                ("often", echo().emits_under("all")),
                ("seen", seen.sink().into()),
            ],
        );
        route(&mut plan, broadcast([filter_to("root < 0", "rare"), "often".into()]));
        plan.route::<Signal>("all", Tier::FAST, "seen");
        let mut running = start(plan);
        feed(&mut running);
        assert!(running.stop().is_complete());
        assert_eq!(seen.events().len() as u64, EVENTS);
    });
}

#[test]
fn a_follower_that_sleeps_wakes_when_the_reader_before_it_is_done() {
    under_many_schedules(|| {
        let [first, then] = [(); 2].map(|()| Recorder::<MarketData>::new());
        let mut plan = plan(1, vec![("first", first.sink().into()), ("then", then.sink().into())]);
        route(&mut plan, pipeline(["first", "then"]));
        let mut running = start(plan);
        feed(&mut running);
        assert!(running.stop().is_complete());
        assert_eq!(then.events(), first.events());
    });
}

/// The writer is the thread that publishes: what waits there for room must go on as room appears, also
/// after the last event.
#[test]
fn what_waits_in_a_relay_is_delivered_before_the_end() {
    under_many_schedules(|| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = plan(1, vec![("slow", seen.sink().into())]);
        route(&mut plan, on_full(OnFull::Conflate, "slow"));
        let mut running = start(plan);
        feed(&mut running);
        let report = running.stop();
        assert!(report.is_complete());
        let last = seen.events().last().and_then(|event| Some(event.as_trade()?.price()));
        assert_eq!(last, Some(EVENTS as i64), "the latest is never forgotten");
        let link = &report.links[0];
        assert_eq!(link.handled() + link.lost(), EVENTS, "{link:?}");
    });
}

#[test]
fn what_threads_publish_while_a_topology_drains_is_taken_in_or_refused() {
    under_many_schedules(|| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = plan(2, vec![("seen", seen.sink().into())]);
        route(&mut plan, "seen");
        let mut checked = plan.check().expect("no mistakes");
        let options = IngressOptions { max_producers: 2, capacity: 1, ..IngressOptions::default() };
        let ingress = checked.ingress::<MarketData>("feed", options).expect("it is routed");
        let monitor = checked.monitor();
        let running = checked.start().expect("it starts");
        let threads = [1, 2].map(|instrument| {
            let mut producer = ingress.producer().expect("there is a ring for each");
            let mut publish = move |price| {
                producer.publish(&MarketData::trade(instrument, 1, price, 1, Side::Bid))
            };
            shuttle::thread::spawn(move || (1..=2).map_while(|price| publish(price).ok()).count())
        });
        let drain = shuttle::thread::spawn(move || monitor.drain());
        let report = running.serve();
        drain.join().expect("no panic");
        let accepted = threads.map(|thread| thread.join().expect("no panic"));
        assert_eq!(report.ingresses[0].entered, accepted.iter().sum::<usize>() as u64);
        assert_eq!(seen.events().len(), accepted.iter().sum::<usize>());
    });
}

#[test]
fn a_halt_from_another_thread_ends_everything_wherever_it_is() {
    under_many_schedules(|| {
        let mut running = start(chain(&Recorder::new()));
        let monitor = running.monitor();
        let halt = shuttle::thread::spawn(move || monitor.halt());
        feed(&mut running);
        let report = running.stop();
        halt.join().expect("no panic");
        assert_accounts(&report);
    });
}

#[test]
fn a_stage_that_fails_ends_everything_wherever_it_is() {
    under_many_schedules(|| {
        let failing = each(|event: &Signal, _: &mut Outbox| match event.header.root {
            3 => Err("no further".into()),
            _ => Ok(()),
        });
        let mut plan = plan(1, vec![("echo", echo()), ("failing", failing.into())]);
        route(&mut plan, "echo");
        plan.route::<Signal>("echo", Tier::FAST, "failing");
        let mut running = start(plan);
        feed(&mut running);
        let report = running.stop();
        assert_eq!(report.faults.len(), 1);
        assert_accounts(&report);
    });
}
