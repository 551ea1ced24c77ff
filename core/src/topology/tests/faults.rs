//! Stages that fail, panic, emit too much or never return.

use super::*;

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
    let left = &report.left_behind[0];
    assert_eq!((left.lane.as_str(), left.stages.as_slice()), ("tar", &["stuck".to_owned()][..]));
    assert_eq!(left.on, Some(("stuck".into(), 1)), "the event it is on");
    assert_eq!(report.links[0].left(), 1, "what it did not finish is accounted for");
    assert!(!report.is_complete());
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
