//! Four kinds of consumers: inline, worker, in slices, filtered.

use crate::Tier;
use crate::event::{Action, MarketData, Side, Signal};
use crate::route::{filter_to, pipeline};
use crate::stage::{BatchFault, Component, Fault, OnError, Outbox, Runs, each, each_batch};
use crate::testing::{Recorder, Script};
use crate::topology::{LaneSpec, Lanes, Plan, Report};
use std::sync::{Arc, Mutex};

fn trades(count: u64) -> Script {
    let mut script = Script::new();
    for n in 1..=count {
        script.event("feed", MarketData::trade(1, n, n as i64, 1, Side::Bid));
    }
    script
}

fn echo() -> Component {
    each(|event: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 1.0, event.header.ts_event as i64));
        Ok(())
    })
    .emits::<Signal>()
    .into()
}

fn lane_of<'a>(report: &'a Report, stage: &str) -> &'a str {
    &report.stages.iter().find(|other| other.name == stage).expect("it ran").lane
}

#[test]
fn inline_runs_on_the_lane_of_its_writer_and_a_worker_on_one_of_its_own() {
    let plan = || {
        let quiet = || Component::from(each(|_: &Signal, _: &mut Outbox| Ok(())));
        let looks = || Component::from(each(|_: &MarketData, _: &mut Outbox| Ok(())));
        let mut plan = Plan::new();
        plan.component("other", looks()).component("echo", echo());
        plan.component("near", quiet().runs(Runs::Inline));
        plan.component("far", quiet().runs(Runs::Worker));
        plan.component("beside", looks().runs(Runs::Inline));
        plan.route::<MarketData>("feed", Tier::FAST, "other");
        plan.route::<MarketData>("feed", Tier::FAST, "echo");
        plan.route::<MarketData>("feed", Tier::FAST, "beside");
        plan.route::<Signal>("echo", Tier::FAST, "near");
        plan.route::<Signal>("echo", Tier::FAST, "far");
        plan
    };
    let run = |lanes: Lanes| {
        let mut plan = plan();
        plan.lanes(lanes);
        plan.check().expect("no mistakes").run(&mut trades(100)).expect("it starts")
    };
    let report = run(Lanes::Count(2));
    assert!(report.is_complete());
    assert_eq!(lane_of(&report, "near"), lane_of(&report, "echo"));
    assert_eq!(lane_of(&report, "far"), "worker-far");
    assert_eq!(lane_of(&report, "beside"), lane_of(&report, "other"));
    assert_ne!(lane_of(&report, "echo"), lane_of(&report, "other"));

    let report = run(Lanes::Fused);
    assert_eq!(lane_of(&report, "far"), "fused");

    let stages = ["echo", "other", "near"].map(String::from).into();
    let lane = LaneSpec { name: "one".into(), stages, ..LaneSpec::default() };
    let report = run(Lanes::List(vec![lane]));
    assert_eq!([lane_of(&report, "far"), lane_of(&report, "beside")], ["worker-far", "one"]);
}

#[test]
fn only_an_inline_consumer_still_has_a_lane() {
    let mut plan = Plan::new();
    plan.component("only", echo().runs(Runs::Inline)).lanes(Lanes::Count(1));
    plan.route::<MarketData>("feed", Tier::FAST, "only");
    let report = plan.check().expect("no mistakes").run(&mut trades(10)).expect("it starts");
    assert!(report.is_complete());
    assert_eq!(report.stages[0].events_in, 10);
}

type Slices = Arc<Mutex<Vec<Vec<u64>>>>;

/// Notes its slices and finishes as many as `finish` says.
fn slices(
    finish: impl Fn(&[MarketData]) -> Result<usize, BatchFault> + Send + 'static,
) -> (Component, Slices) {
    let seen = Slices::default();
    let own = seen.clone();
    let stage = each_batch(move |events: &[MarketData]| {
        let result = finish(events);
        let finished = match &result {
            Ok(finished) => *finished,
            Err(fault) => fault.finished,
        };
        let times = events[..finished].iter().map(|event| event.header.ts_event);
        own.lock().expect("sound").push(times.collect());
        result
    });
    (stage.into(), seen)
}

fn run(component: Component, route: impl Fn() -> crate::route::Route, lanes: Lanes) -> Report {
    let mut plan = Plan::new();
    plan.component("slices", component).lanes(lanes).capacity(64).batch_limit(16);
    plan.route::<MarketData>("feed", Tier::Standard, route());
    plan.check().expect("no mistakes").run(&mut trades(200)).expect("it starts")
}

fn all(seen: &Slices) -> Vec<u64> {
    seen.lock().expect("sound").concat()
}

#[test]
fn a_stage_may_take_whole_slices() {
    let (stage, seen) = slices(|events| Ok(events.len()));
    let report = run(stage, || "slices".into(), Lanes::Fused);
    assert!(report.is_complete());
    assert_eq!(all(&seen), (1..=200).collect::<Vec<_>>());
    let seen = seen.lock().expect("sound");
    assert!(seen.iter().any(|slice| slice.len() == 16) && seen.len() < 30, "{seen:?}");
    assert_eq!(report.stages[0].events_in, 200);
}

#[test]
fn slices_have_a_limit_and_only_what_meets_the_conditions() {
    let (stage, seen) = slices(|events| Ok(events.len()));
    let route = || filter_to("price != 0.000000005", "slices");
    let report = run(stage.slices_of(4), route, Lanes::Count(1));
    assert!(report.is_complete());
    assert_eq!(all(&seen), (1..=200).filter(|n| *n != 5).collect::<Vec<_>>());
    assert!(seen.lock().expect("sound").iter().all(|slice| slice.len() <= 4));
    assert_eq!(report.stages[0].filtered, 1);
}

#[test]
fn what_a_slice_did_not_finish_comes_again_first() {
    for lanes in [Lanes::Fused, Lanes::Count(1)] {
        let (stage, seen) = slices(|events| Ok(events.len().div_ceil(2)));
        let report = run(stage, || "slices".into(), lanes);
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(all(&seen), (1..=200).collect::<Vec<_>>());
        assert_eq!(report.stages[0].events_in, 200);
    }
}

#[test]
fn the_event_behind_the_finished_ones_is_the_one_that_failed() {
    let fails = |event: &MarketData| event.header.ts_event.is_multiple_of(7);
    let (stage, seen) = slices(move |events| match events.iter().position(fails) {
        Some(at) => Err(BatchFault::after(at, "it is a seventh")),
        None => Ok(events.len()),
    });
    let after = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("slices", stage.on_error(OnError::Skip)).lanes(Lanes::Fused).capacity(8);
    let route = pipeline([crate::route::Route::from("slices"), after.sink().into()]);
    plan.route::<MarketData>("feed", Tier::Standard, route);
    let report = plan.check().expect("no mistakes").run(&mut trades(200)).expect("it starts");
    assert!(report.is_complete(), "{report:?}");
    let fine: Vec<_> = (1..=200).filter(|n| n % 7 != 0).collect();
    assert_eq!(all(&seen), fine);
    let passed: Vec<_> = after.events().iter().map(|event| event.header.ts_event).collect();
    assert_eq!(passed, fine, "later steps see those that were finished");
    let dead = &report.dead_letters;
    assert_eq!(dead.count, 28);
}

#[test]
fn a_slice_that_says_it_finished_more_than_it_had_fails() {
    let (stage, _) = slices(|_| Ok(0));
    let _ = stage;
    let stage = each_batch(|events: &[MarketData]| Ok(events.len() + 1));
    let report = run(stage.into(), || "slices".into(), Lanes::Fused);
    assert!(report.faults[0].fault.to_string().contains("finished"), "{report:?}");
    let stage = each_batch(|_: &[MarketData]| Err(Fault::new("no").into()));
    let report = run(stage.into(), || "slices".into(), Lanes::Fused);
    assert_eq!(report.faults[0].root, 1);
}

#[test]
fn slices_of_a_stage_that_has_none_are_refused() {
    let mut plan = Plan::new();
    plan.component("echo", echo().slices_of(8));
    plan.route::<MarketData>("feed", Tier::FAST, "echo");
    let problems = plan.check().expect_err("it takes them one by one");
    assert!(problems[0].to_string().contains("one by one"), "{problems:?}");
}

#[test]
fn a_filtered_component_sees_what_meets_its_condition_wherever_it_stands() {
    let (stage, seen) = slices(|events| Ok(events.len()));
    let report = run(stage.when("price > 0.000000190"), || "slices".into(), Lanes::Fused);
    assert!(report.is_complete());
    assert_eq!(all(&seen), (191..=200).collect::<Vec<_>>());
    let mut plan = Plan::new();
    plan.component("wrong", echo().when("prise > 1"));
    plan.route::<MarketData>("feed", Tier::FAST, "wrong");
    let problems = plan.check().expect_err("a mistake");
    assert_eq!(problems[0].at, "components.wrong.consumer.when");
}
