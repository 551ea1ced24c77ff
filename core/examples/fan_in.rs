//! Several sources, one stage. The sequencer numbers what enters, and the stage takes its inputs in
//! that order: it waits for progress of the quiet one, not for luck.
//!
//! ```text
//!  nyse ---MarketData--\
//!                       +--> seen
//!  nasdaq -MarketData--/
//! ```

use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::testing::{Recorder, Script};
use pitlane::topology::Plan;

fn main() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("seen", seen.sink());
    plan.route::<MarketData>("nyse", Tier::FAST, "seen");
    plan.route::<MarketData>("nasdaq", Tier::FAST, "seen");

    let mut trades = Script::new();
    for (ts_event, venue) in (1..).zip(["nyse", "nasdaq", "nasdaq", "nyse", "nasdaq"]) {
        trades.event(venue, MarketData::trade(1, ts_event, 1, 1, Side::Bid));
    }
    let checked = plan.check().expect("no mistakes");
    let nyse = checked.names().id("nyse");
    checked.run(&mut trades).expect("it starts");
    let seen = seen.events();
    assert!(seen.iter().map(|event| event.header.ts_event).eq(1..=5));
    let from_nyse = seen.iter().map(|event| Some(event.header.source) == nyse);
    assert!(from_nyse.eq([true, false, false, true, false]));
}
