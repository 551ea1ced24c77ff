//! The detector detects.

use crate::counting::{Allocated, Counting};
use pitlane::Tier;
use pitlane::event::MarketData;
use pitlane::stage::{Outbox, each};
use pitlane::topology::{Lanes, Plan};
use pitlane_bench::{FEED, Prepared, Settings};

const EVENTS: u64 = 50_000;

/// What a topology allocates whose one stage allocates at every `every`-th event.
fn with_a_stage_that_allocates(counting: &Counting, every: u64, lanes: Lanes) -> Allocated {
    let plan = || {
        let mut plan = Plan::new();
        let mut seen = 0;
        let leaky = each(move |event: &MarketData, _: &mut Outbox| {
            seen += 1;
            if seen % every == 0 {
                drop(std::hint::black_box(Box::new(*event)));
            }
            Ok(())
        });
        plan.route::<MarketData>(FEED, Tier::FAST, leaky);
        Settings { lanes: lanes.clone(), ..Settings::FUSED }.apply(&mut plan);
        plan
    };
    let events = Prepared::trades(1_000);
    counting.allocated(EVENTS, plan, || events.input(EVENTS))
}

#[test]
fn a_stage_that_allocates_per_event_is_caught() {
    let counting = Counting::alone();
    let caught = with_a_stage_that_allocates(&counting, 1, Lanes::Fused);
    assert!(caught.whole_run >= EVENTS as usize, "{caught:?}");
    assert!(caught.running >= 20_000, "{caught:?}");
}

#[test]
fn a_stage_that_allocates_once_in_a_thousand_events_is_caught() {
    let counting = Counting::alone();
    let caught = with_a_stage_that_allocates(&counting, 1_000, Lanes::Fused);
    assert!((20..=30).contains(&caught.running), "{caught:?}");
}

#[test]
fn a_stage_that_allocates_on_another_lane_is_caught() {
    let counting = Counting::alone();
    let caught = with_a_stage_that_allocates(&counting, 1, Lanes::Count(1));
    assert!(caught.running >= 20_000, "{caught:?}");
}
