//! All targets see every event, each at its own pace: one ring, three readers, no copies. The
//! slowest one holds the writer back once the ring is full.
//!
//! ```text
//!                        +--> a
//!  feed --MarketData-----+--> b
//!                        +--> c
//! ```

use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::route::broadcast;
use pitlane::testing::{Recorder, Script};
use pitlane::topology::Plan;

fn main() {
    let seen = [(); 3].map(|()| Recorder::<MarketData>::new());
    let mut plan = Plan::new();
    for (name, seen) in ["a", "b", "c"].iter().zip(&seen) {
        plan.component(name, seen.sink());
    }
    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b", "c"]));

    let mut trades = Script::new();
    for price in 1..=1000 {
        trades.event("feed", MarketData::trade(1, 0, price, 1, Side::Bid));
    }
    let report = plan.check().expect("no mistakes").run(&mut trades).expect("it starts");
    assert!(report.is_complete());
    for seen in &seen {
        assert!(seen.events().iter().map(|event| event.header.root).eq(1..=1000));
    }
}
