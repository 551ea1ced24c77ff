//! Between two threads that know channels only: what comes by the one is numbered, goes through a
//! stage and leaves by the other.
//!
//! ```text
//!  prices --channel--> feed --MarketData--> uptick --Signal--> drain --channel--> orders
//! ```

use pitlane::Tier;
use pitlane::adapters::{from_channel, to_channel};
use pitlane::event::{Action, MarketData, Side, Signal};
use pitlane::stage::{Outbox, each};
use pitlane::topology::Plan;

fn main() {
    let (prices, from_prices) = crossbeam_channel::bounded::<i64>(64);
    let (to_orders, orders) = crossbeam_channel::bounded::<(u64, i64)>(4);

    let mut last = i64::MAX;
    let uptick = each(move |event: &MarketData, out: &mut Outbox| {
        let Some(trade) = event.as_trade() else { return Ok(()) };
        if std::mem::replace(&mut last, trade.price()) < trade.price() {
            out.emit(Signal::new(Action::Buy, 1.0, trade.price()));
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("uptick", uptick.emits::<Signal>());
    plan.component("drain", to_channel(to_orders, |buy: &Signal| (buy.header.root, buy.price)));
    plan.route::<MarketData>("feed", Tier::FAST, "uptick");
    plan.route::<Signal>("uptick", Tier::Standard, "drain");
    let running = plan.check().expect("no mistakes").start().expect("it starts");

    let engine = std::thread::spawn(move || {
        for price in 0..1000 {
            prices.send(price % 10).expect("it is read");
        }
    });
    // The channel holds four: when it is full, what waits holds back the stages and then the prices.
    let reader = std::thread::spawn(move || orders.iter().count());
    let trade = |price| Some(MarketData::trade(1, 0, price, 1, Side::Bid));
    let report = running.run(&mut from_channel("feed", from_prices, trade));
    engine.join().expect("no panic");
    assert!(report.is_complete());
    assert_eq!(report.events, 1000);
    // The topology is gone, and with it the sender: that ends the reader.
    assert_eq!(reader.join().expect("no panic"), 900);
}
