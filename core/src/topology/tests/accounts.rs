//! What a run says it has done, however it ended.

use super::*;
use std::sync::mpsc;
use std::time::Instant;

/// Of what was published on each stream, what became of it at each stage that reads it.
fn assert_accounts(report: &Report) {
    for link in &report.links {
        let stream = report.stream(&link.stream).expect("it is there");
        assert_eq!(link.published, stream.count, "{link:?}");
        assert_eq!(link.published, link.done + link.left(), "{link:?}");
        assert!(link.max_lag <= link.published, "{link:?}");
    }
    for stage in &report.stages {
        let links = report.links.iter().filter(|link| link.stage == stage.name);
        let handled: u64 = links.map(LinkReport::handled).sum();
        assert_eq!(stage.events_in, handled, "{stage:?}");
    }
    let entered = report.streams.iter().find(|stream| stream.name == "feed");
    assert_eq!(report.events, entered.expect("it is there").count);
}

/// feed -> echo -> (price > 500) -> sink
fn filtered(seen: &Recorder<Signal>) -> Plan {
    let mut plan = Plan::new();
    plan.component("echo", echo()).component("seen", seen.sink()).capacity(16);
    plan.route::<MarketData>("feed", Tier::FAST, "echo");
    plan.route::<Signal>("echo", Tier::Standard, filter_to("root > 500", "seen"));
    plan
}

#[test]
fn a_run_to_the_end_leaves_nothing_over() {
    everywhere(|lanes| {
        let seen = Recorder::new();
        let report = run(filtered(&seen), lanes, &mut trades(1000));
        assert_accounts(&report);
        assert!(report.links.iter().all(|link| link.left() == 0 && link.lag == 0));
        assert_eq!(report.links[1].filtered, 500);
        assert_eq!(report.stage("seen").map(|stage| stage.events_in), Some(500));
    });
}

#[test]
fn a_halt_leaves_over_what_the_report_says() {
    everywhere(|lanes| {
        let (halt, halted) = mpsc::channel::<Monitor>();
        let stopper = each(move |event: &Signal, _: &mut Outbox| {
            if event.header.root == 700 {
                halted.recv().expect("it is sent before the first event").halt();
            }
            Ok(())
        });
        let mut plan = filtered(&Recorder::new());
        plan.component("stopper", stopper).batch_limit(7).lanes(lanes);
        plan.route::<Signal>("echo", Tier::Standard, "stopper");
        let checked = plan.check().expect("no mistakes");
        halt.send(checked.monitor()).expect("it waits");
        let report = checked.run(&mut trades(1000)).expect("it starts");
        assert!(report.interrupted);
        assert_accounts(&report);
    });
}

#[test]
fn a_halt_by_hand_leaves_over_what_no_stage_was_called_with() {
    let mut plan = filtered(&Recorder::new());
    plan.lanes(Lanes::Fused);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    (1..=10).for_each(|price| _ = running.publish("feed", &trade(price)).expect("it runs"));
    let report = running.halt();
    assert!(report.interrupted);
    assert_accounts(&report);
    assert_eq!(
        report.links[0].left(),
        10,
        "fused stages are called when there is no room, or by poll"
    );
}

#[test]
fn a_fault_counts_what_was_handled_before_it() {
    everywhere(|lanes| {
        let failing =
            each(
                |event: &MarketData, _: &mut Outbox| {
                    if event.header.root == 333 { Err("no further".into()) } else { Ok(()) }
                },
            );
        let mut plan = Plan::new();
        plan.component("failing", failing);
        plan.route::<MarketData>("feed", Tier::FAST, "failing");
        let report = run(plan, lanes, &mut trades(1000));
        assert_eq!(report.faults[0].root, 333);
        assert_eq!(report.links[0].handled(), 332);
    });
}

#[test]
fn the_watchdog_names_the_stage_that_holds_its_lane_and_the_event() {
    assert_eq!(stuck_at(20, 1), 20, "handed over one by one, it is the very event");
    let root = stuck_at(20, 256);
    assert!((5..=20).contains(&root), "{root} is none of those handed over with it");
}

/// The root of which the watchdog says that a stage is stuck there, where that stage takes its time at root `slow`.
fn stuck_at(slow: u64, batch: usize) -> u64 {
    let (go, gone) = mpsc::channel::<()>();
    let stage = each(move |event: &MarketData, _: &mut Outbox| {
        if event.header.root == slow {
            gone.recv().expect("it is let go");
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("slow", stage).lanes(Lanes::Count(1)).batch_limit(batch);
    plan.watchdog(Some(Duration::from_millis(8)));
    plan.route::<MarketData>("feed", Tier::FAST, "slow");
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    (1..=40).for_each(|price| _ = running.publish("feed", &trade(price)).expect("it runs"));
    let (monitor, start) = (running.monitor(), Instant::now());
    while monitor.stuck().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "nobody notices");
        std::thread::yield_now();
    }
    go.send(()).expect("it waits");
    let report = running.stop();
    assert!(report.is_complete(), "it went on: {report:?}");
    let stuck = &report.stuck[0];
    assert_eq!((stuck.stage.as_str(), stuck.lane.as_str()), ("slow", "lane-1"));
    assert!(stuck.held >= Duration::from_millis(8));
    stuck.root
}

#[test]
fn without_counters_streams_are_the_same_and_nothing_is_counted() {
    everywhere(|lanes| {
        let seen = Recorder::new();
        let mut plan = filtered(&seen);
        plan.counters(false);
        let report = run(plan, lanes, &mut trades(1000));
        assert_eq!(seen.events().len(), 500);
        assert_eq!(report.stream("echo").map(|stream| stream.count), Some(1000));
        assert_eq!(report.stage("echo").map(|stage| stage.events_in), Some(0));
    });
}

#[test]
fn every_event_is_timed_once_per_stage() {
    everywhere(|lanes| {
        let mut plan = filtered(&Recorder::new());
        plan.latency(Latency::OneIn(1)).capacity(64);
        let report = run(plan, lanes, &mut trades(1000));
        let timed = |stage| report.stage(stage).expect("it is there").latency.len();
        assert_eq!((timed("echo"), timed("seen")), (1000, 500));
    });
}

#[test]
fn a_lane_tells_how_busy_it_was() {
    let mut plan = filtered(&Recorder::new());
    plan.lanes(Lanes::Count(1));
    let running = plan.check().expect("no mistakes").start().expect("it starts");
    std::thread::sleep(Duration::from_millis(20));
    let monitor = running.monitor();
    assert_eq!(monitor.lanes().len(), 2);
    let report = running.stop();
    for lane in &report.lanes {
        assert!(lane.cycles > lane.busy_cycles, "{lane:?}");
        assert!(!lane.idle.is_zero() && lane.busy_ratio(report.elapsed) < 1.0, "{lane:?}");
    }
}
