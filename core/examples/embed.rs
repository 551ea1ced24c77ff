//! The smallest engine that does something: prices in, signals out. README.md shows this file.
//!
//! ```text
//!  feed --MarketData--> uptick --Signal--> printed
//! ```

use pitlane::Tier;
use pitlane::event::{Action, MarketData, Side, Signal, fixed};
use pitlane::stage::{Outbox, each};
use pitlane::topology::Plan;

fn main() {
    let mut last = i64::MAX;
    let uptick = each(move |event: &MarketData, out: &mut Outbox| {
        let Some(trade) = event.as_trade() else { return Ok(()) };
        if trade.price() > last {
            out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
        }
        last = trade.price();
        Ok(())
    });
    let print = each(|signal: &Signal, _: &mut Outbox| {
        println!("root {}: buy at {}", signal.header.root, fixed::to_f64(signal.price));
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("uptick", uptick.emits::<Signal>());
    plan.route::<MarketData>("feed", Tier::FAST, "uptick");
    plan.route::<Signal>("uptick", Tier::Standard, print);
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for (ts_event, price) in (1..).zip([100, 101, 99]) {
        let trade = MarketData::trade(1, ts_event, price * fixed::SCALE, 1, Side::Bid);
        running.publish("feed", &trade).expect("it runs");
    }
    assert_eq!(running.stop().stage("uptick").expect("it ran").events_out, 1);
}
