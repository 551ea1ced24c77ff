//! Replays from memory.

use crate::counting::Counting;
use pitlane::topology::{Lanes, Latency};
use pitlane_bench::{Prepared, Settings, topologies};

const FEW: u64 = 100_000;
const MANY: u64 = 1_000_000;

/// Everything that may be recorded.
fn recording(lanes: Lanes) -> Settings {
    Settings { lanes, digests: true, latency: Latency::OneIn(1), ..Settings::FUSED }
}

/// Events that enter a replay of the demo session must not allocate, and many no more than few.
fn assert_free(counting: &Counting, events: &Prepared, settings: &Settings) {
    let run =
        |count| counting.allocated(count, || topologies::replay(settings), || events.input(count));
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0), "{settings:?}");
    if settings.lanes == Lanes::Fused {
        assert_eq!(few.whole_run, many.whole_run, "{settings:?}");
    }
}

#[test]
fn a_fused_replay_allocates_nothing_per_event() {
    let counting = Counting::alone();
    assert_free(&counting, &Prepared::trades(FEW as usize), &Settings::FUSED);
    assert_free(&counting, &Prepared::session(FEW as usize), &Settings::FUSED);
}

#[test]
fn digests_and_the_latency_of_every_event_allocate_nothing() {
    let counting = Counting::alone();
    assert_free(&counting, &Prepared::trades(FEW as usize), &recording(Lanes::Fused));
}

#[test]
fn small_rings_that_are_often_full_allocate_nothing() {
    let counting = Counting::alone();
    let tight = Settings { capacity: Some(2), batch_limit: Some(3), ..recording(Lanes::Fused) };
    assert_free(&counting, &Prepared::trades(FEW as usize), &tight);
}

#[test]
fn lanes_allocate_nothing_per_event() {
    let counting = Counting::alone();
    for lanes in [Lanes::Count(1), Lanes::Count(2), Lanes::Auto] {
        assert_free(&counting, &Prepared::trades(FEW as usize), &recording(lanes));
    }
}

#[test]
fn conditions_allocate_nothing_per_event() {
    let counting = Counting::alone();
    let events = Prepared::session(FEW as usize);
    let condition =
        r#"symbol in ["ALFA", "CHARLIE"] && kind == "trade" && (size > 0.5 || side != "buy")"#;
    let run = |count| {
        let plan = || {
            let mut plan = topologies::filtered_replay(condition, &recording(Lanes::Fused));
            plan.instruments(events.instruments().clone());
            plan
        };
        counting.allocated(count, plan, || events.input(count))
    };
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0));
    assert_eq!(few.whole_run, many.whole_run);
}
