//! Every shape x place x failure x policy x lanes x event, against the same run without a failure.
//!
//! ```text
//!  pipeline    feed -> [a] -> [b] -> [c]
//!  broadcast   feed -> [a], [b], [c]
//!  diamond     feed -> [a], [b] => s -> [c] (merges)
//!  filter      feed -(even)-> [a] -> [b];  -(odd)-> [c]
//!  transform   feed -> [a] instead of the event -> [b] -> [c]
//!  fan in      feed, more => [a] (merges) => a -> [b], [c]
//! ```

use super::super::*;
use super::kit::*;
use crate::condition::Predicates;
use crate::stage::OnError;
use std::collections::HashMap;

const EVENTS: i64 = 24;
const BATCH: usize = 8;
const STAGES: [&str; 3] = ["a", "b", "c"];

/// What a stage sees of the event that another one failed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sees {
    /// All it would have seen.
    All,
    /// All but the event: it stands behind the failed stage.
    NotTheEvent,
    /// All but what was made from it by the failed stage.
    NotItsSignals,
}

#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    /// Routes the stages `a`, `b` and `c`.
    route: fn(&mut Plan),
    /// Which of the stages emit.
    emits: [bool; 3],
    /// What `a`, `b` and `c` see when this one fails.
    when_fails: [[Sees; 3]; 3],
}

use Sees::{All, NotItsSignals, NotTheEvent};

const SHAPES: [Shape; 6] = [
    Shape {
        name: "pipeline",
        route: |plan| {
            plan.route::<MarketData>("feed", Tier::FAST, pipeline(STAGES));
        },
        emits: [true, false, true],
        when_fails: [[All, NotTheEvent, NotTheEvent], [All, All, NotTheEvent], [All; 3]],
    },
    Shape {
        name: "broadcast",
        route: |plan| {
            plan.route::<MarketData>("feed", Tier::Standard, broadcast(STAGES));
        },
        emits: [true, false, true],
        when_fails: [[All; 3]; 3],
    },
    Shape {
        name: "diamond",
        route: |plan| {
            plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b"]));
            plan.route::<Signal>("a", Tier::Standard, "c");
            plan.route::<Signal>("b", Tier::Standard, "c");
        },
        emits: [true, true, false],
        when_fails: [[All, All, NotItsSignals], [All, All, NotItsSignals], [All; 3]],
    },
    Shape {
        name: "filter",
        route: |plan| {
            let steps = pipeline([filter("even"), "a".into(), "b".into()]);
            plan.route::<MarketData>("feed", Tier::FAST, steps);
            plan.route::<MarketData>("feed", Tier::FAST, filter_to("not even", "c"));
        },
        emits: [false, true, false],
        when_fails: [[All, NotTheEvent, All], [All; 3], [All; 3]],
    },
    Shape {
        name: "transform",
        route: |plan| {
            let steps = pipeline([transform("a"), "b".into(), "c".into()]);
            plan.route::<MarketData>("feed", Tier::FAST, steps);
        },
        emits: [true, true, false],
        when_fails: [[All, NotItsSignals, NotItsSignals], [All, All, NotTheEvent], [All; 3]],
    },
    Shape {
        name: "fan in",
        route: |plan| {
            plan.route::<MarketData>("feed", Tier::FAST, "a");
            plan.route::<MarketData>("more", Tier::FAST, "a");
            plan.route::<Signal>("a", Tier::Standard, broadcast(["b", "c"]));
        },
        emits: [true, false, false],
        when_fails: [[All, NotItsSignals, NotItsSignals], [All; 3], [All; 3]],
    },
];

/// The stage that fails, how, on which price, and what happens then.
type Failing = (usize, How, i64, OnError);

struct Ran {
    report: Report,
    stages: Vec<StageInfo>,
    logs: HashMap<&'static str, Vec<i64>>,
}

fn run_shape(shape: &Shape, lanes: Lanes, failing: Option<Failing>) -> Ran {
    let mut plan = Plan::new();
    let mut predicates = Predicates::default();
    predicates.add("even", "every second event", |event: &MarketData| {
        event.header.root.is_multiple_of(2)
    });
    plan.predicates(predicates).capacity(16).batch_limit(BATCH).lanes(lanes);
    let logs = STAGES.map(|name| (name, Log::default()));
    for (number, (name, log)) in logs.iter().enumerate() {
        let own = failing.filter(|failing| failing.0 == number);
        let fails = own.map(|(_, how, price, _)| (how, price));
        let on_error = own.map_or(OnError::Halt, |failing| failing.3);
        let emits = shape.emits[number];
        plan.component(name, worker(log, number as i64 + 1, emits, fails, on_error));
    }
    (shape.route)(&mut plan);
    let mut script = Script::new();
    script.per_poll(BATCH);
    for price in 1..=EVENTS {
        // Two sources take turns where there are two.
        let more = shape.name == "fan in" && price % 2 == 0;
        script.event(if more { "more" } else { "feed" }, trade(price));
    }
    let checked = plan.check().expect("no mistakes");
    let stages = checked.stages();
    let report = checked.run(&mut script).expect("it starts");
    Ran { report, stages, logs: logs.map(|(name, log)| (name, log.prices())).into() }
}

/// What a stage sees of a run in which all went well, when another fails on a price.
fn seen(good: &[i64], sees: Sees, price: i64, digit: i64) -> Vec<i64> {
    let unseen = match sees {
        All => None,
        NotTheEvent => Some(price),
        NotItsSignals => Some(price * 10 + digit),
    };
    good.iter().copied().filter(|seen| Some(*seen) != unseen).collect()
}

fn check_skipped(case: &str, shape: &Shape, good: &Ran, bad: &Ran, failing: Failing) {
    let (stage, _, price, on_error) = failing;
    assert!(bad.report.is_complete(), "{case}: {:?}", bad.report.faults);
    for (other, name) in STAGES.iter().enumerate() {
        let mut want =
            seen(&good.logs[name], shape.when_fails[stage][other], price, stage as i64 + 1);
        if other == stage {
            want.retain(|handled| *handled != price);
        }
        assert_eq!(bad.logs[name], want, "{case}: `{name}`");
        let report = bad.report.stage(name).expect("it ran");
        assert_eq!(report.events_in, want.len() as u64, "{case}: `{name}`");
        assert_eq!(report.skipped, u64::from(other == stage), "{case}: `{name}`");
        let restarts = other == stage && on_error != OnError::Skip;
        assert_eq!(report.restarts, u64::from(restarts), "{case}: `{name}`");
        let arrived = arrived(&bad.report, &bad.stages, name);
        assert_eq!(accounted(&bad.report, name), arrived, "{case}: `{name}`");
        if shape.emits[other] {
            let emitted = bad.report.stream(name).expect("it is there").count;
            assert_eq!(emitted, want.len() as u64, "{case}: `{name}`");
        }
    }
    let dead = &bad.report.dead_letters;
    assert_eq!((dead.count, dead.letters.len(), dead.not_kept()), (1, 1, 0), "{case}");
    assert_eq!(dead.letters[0].stage, STAGES[stage], "{case}");
    assert_eq!(dead.letters[0].attempts.len(), 1, "{case}");
}

fn check_halted(case: &str, shape: &Shape, good: &Ran, bad: &Ran, failing: Failing) {
    let (stage, _, price, _) = failing;
    assert!(!bad.report.is_complete(), "{case}");
    let [fault] = bad.report.faults.as_slice() else { panic!("{case}: {:?}", bad.report.faults) };
    assert_eq!(fault.stage, STAGES[stage], "{case}");
    let event = fault.event.as_ref().expect("it failed on an event");
    assert_eq!(event.slot.header.root, fault.root, "{case}");
    assert_eq!(bad.report.dead_letters.count, 0, "{case}");
    for (other, name) in STAGES.iter().enumerate() {
        let (handled, all) = (&bad.logs[name], &good.logs[name]);
        assert!(all.starts_with(handled), "{case}: `{name}`: {handled:?} of {all:?}");
        let report = bad.report.stage(name).expect("it ran");
        assert_eq!(report.events_in, handled.len() as u64, "{case}: `{name}`");
        let arrived = arrived(&bad.report, &bad.stages, name);
        assert!(accounted(&bad.report, name) <= arrived, "{case}: `{name}`");
        let unseen = match shape.when_fails[stage][other] {
            NotTheEvent => price,
            NotItsSignals => price * 10 + stage as i64 + 1,
            All if other == stage => price,
            All => continue,
        };
        assert!(!handled.contains(&unseen), "{case}: `{name}`");
    }
    let before = good.logs[STAGES[stage]].iter().take_while(|handled| **handled != price);
    assert_eq!(bad.logs[STAGES[stage]].len(), before.count(), "{case}");
}

/// Every stage of a shape fails in every way, on an event at the start, inside and at the end of a batch.
fn in_every_way(shape: &'static Shape, on_error: OnError, goes_on: bool) {
    within(120, move |note| {
        for lanes in [Lanes::Fused, Lanes::Count(1), Lanes::Count(2)] {
            let good = run_shape(shape, lanes.clone(), None);
            assert!(good.report.is_complete());
            for (stage, name) in STAGES.iter().enumerate() {
                let all = &good.logs[name];
                let places = [0, all.len() / 2 - 1, BATCH - 1, BATCH, all.len() - 1];
                for (how, at) in HOWS.iter().flat_map(|how| places.map(|at| (*how, at))) {
                    let failing = (stage, how, all[at], on_error);
                    let place = ["first", "middle", "last"][stage];
                    let case = format!(
                        "{}, the {place} stage {how:?} on its event {at}, {on_error:?}, {lanes:?}",
                        shape.name
                    );
                    note(case.clone());
                    let bad = run_shape(shape, lanes.clone(), Some(failing));
                    let check = if goes_on { check_skipped } else { check_halted };
                    check(&case, shape, &good, &bad, failing);
                }
            }
        }
    });
}

fn under_every_policy(shape: &'static Shape) {
    in_every_way(shape, OnError::Halt, false);
    in_every_way(shape, OnError::Skip, true);
    in_every_way(shape, OnError::Restart { limit: 1 }, true);
    in_every_way(shape, OnError::Restart { limit: 0 }, false);
}

#[test]
fn a_failing_step_of_a_pipeline_costs_the_event_and_keeps_it_from_later_steps() {
    under_every_policy(&SHAPES[0]);
}

#[test]
fn a_failing_target_of_a_broadcast_costs_the_event_and_the_other_targets_nothing() {
    under_every_policy(&SHAPES[1]);
}

#[test]
fn a_failing_branch_or_merge_of_a_diamond_costs_one_event_and_what_would_come_of_it() {
    under_every_policy(&SHAPES[2]);
}

#[test]
fn a_failing_stage_behind_a_filter_costs_one_event_that_passed_it() {
    under_every_policy(&SHAPES[3]);
}

#[test]
fn a_failing_transform_costs_later_steps_the_event_it_would_have_made() {
    under_every_policy(&SHAPES[4]);
}

#[test]
fn a_failing_merge_of_two_sources_costs_one_event_of_one_source() {
    under_every_policy(&SHAPES[5]);
}
