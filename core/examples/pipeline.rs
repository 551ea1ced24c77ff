//! Steps in order: each sees an event after the one before is done with it, and the ring is read in
//! place, nothing is copied. A step may end an event's way.
//!
//! ```text
//!  feed --MarketData--> [ count -> large_only -> seen ]
//! ```

use pitlane::Tier;
use pitlane::event::{MarketData, Side};
use pitlane::route::pipeline;
use pitlane::stage::{Outbox, each};
use pitlane::testing::{Recorder, Script};
use pitlane::topology::Plan;

fn main() {
    let seen = Recorder::<MarketData>::new();
    let large_only = each(|event: &MarketData, out: &mut Outbox| {
        if event.as_trade().is_none_or(|trade| trade.size() < 100) {
            out.stop();
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("count", each(|_: &MarketData, _: &mut Outbox| Ok(())));
    plan.component("large_only", large_only.may_stop());
    plan.component("seen", seen.sink());
    plan.route::<MarketData>("feed", Tier::FAST, pipeline(["count", "large_only", "seen"]));

    let mut trades = Script::new();
    for size in [500, 10, 100] {
        trades.event("feed", MarketData::trade(1, 0, 1, size, Side::Ask));
    }
    let report = plan.check().expect("no mistakes").run(&mut trades).expect("it starts");
    assert_eq!(report.stage("count").expect("it ran").events_in, 3);
    assert_eq!(report.stage("large_only").expect("it ran").stops, 1);
    let sizes: Vec<_> = seen.events().iter().filter_map(|e| Some(e.as_trade()?.size())).collect();
    assert_eq!(sizes, [500, 100]);
}
