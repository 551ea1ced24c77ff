//! A strategy of one's own.

use pitlane::event::{
    Action, BookChange, MarketData, MarketDataKind, Quote, Side, Signal, Trade, fixed,
};
use pitlane::stage::Fault;
use pitlane::testing::Harness;
use pitlane_strategies::{Ctx, Strategy, strategy};

/// Says which callback was called by the price of its signal.
#[derive(Default)]
struct Chatty {
    batches: i64,
}

impl Strategy for Chatty {
    fn on_start(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.signal(Action::Hold, 0.0, 100);
        Ok(())
    }

    fn on_trade(&mut self, trade: &Trade, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.buy(0.5, trade.price());
        Ok(())
    }

    fn on_quote(&mut self, quote: &Quote, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.sell(0.25, quote.bid_price());
        Ok(())
    }

    fn on_book(&mut self, change: &BookChange, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        let quantity = i64::from(ctx.header().kind);
        ctx.emit(Signal::new(Action::Buy, 1.0, change.price()).with_quantity(quantity));
        Ok(())
    }

    fn on_clear(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.signal(Action::Hold, 0.0, 200);
        Ok(())
    }

    fn on_signal(&mut self, signal: &Signal, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if signal.strength > 1.0 {
            return Err("strength is above 1".into());
        }
        ctx.signal(signal.action(), signal.strength / 2.0, signal.price);
        Ok(())
    }

    fn on_batch_end(&mut self) -> Result<(), Fault> {
        self.batches += 1;
        Ok(())
    }

    fn on_stop(&mut self, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.signal(Action::Hold, 0.0, 300 + self.batches);
        Ok(())
    }
}

fn said(harness: &mut Harness) -> Vec<(Action, i64)> {
    harness.take::<Signal>().iter().map(|signal| (signal.action(), signal.price)).collect()
}

#[test]
fn each_kind_of_event_reaches_its_callback() {
    let mut harness = Harness::new(strategy(Chatty::default()).on::<Signal>());
    harness.start().unwrap();
    harness.send(&MarketData::trade(1, 5, 11, 1, Side::Bid)).unwrap();
    harness.send(&MarketData::quote(1, 5, (12, 1), (fixed::NULL, fixed::NULL))).unwrap();
    for kind in [MarketDataKind::Add, MarketDataKind::Modify, MarketDataKind::Cancel] {
        harness.send(&MarketData::book(kind, 1, 5, Side::Bid, (13, 1), 9)).unwrap();
    }
    harness.send(&MarketData::book(MarketDataKind::Clear, 1, 5, Side::None, (0, 0), 0)).unwrap();
    harness.send(&MarketData::book(MarketDataKind::Status, 1, 5, Side::None, (0, 0), 0)).unwrap();
    harness.send(&Signal::new(Action::Sell, 0.8, 14)).unwrap();
    harness.stop().unwrap();
    use Action::{Buy, Hold, Sell};
    let book = [(Buy, 13); 3];
    assert_eq!(
        said(&mut harness),
        [&[(Hold, 100), (Buy, 11), (Sell, 12)][..], &book, &[(Hold, 200), (Sell, 14), (Hold, 308)]]
            .concat()
    );
}

#[test]
fn a_signal_is_about_the_instrument_time_and_root_of_its_cause() {
    let mut harness = Harness::new(strategy(Chatty::default()));
    harness.send(&MarketData::trade(4, 55, 11, 1, Side::Bid)).unwrap();
    harness.send(&MarketData::trade(6, 44, 11, 1, Side::Bid)).unwrap();
    let about: Vec<_> = harness.take::<Signal>().iter().map(|s| (s.header, s.strategy)).collect();
    assert_eq!((about[0].0.instrument, about[0].0.ts_event, about[0].0.root), (4, 55, 1));
    assert_eq!((about[1].0.instrument, about[1].0.ts_event, about[1].0.root), (6, 44, 2));
    assert_eq!(about[0].1, Harness::COMPONENT);
}

#[test]
fn a_fault_of_a_callback_is_the_stages() {
    let mut harness = Harness::new(strategy(Chatty::default()).on::<Signal>());
    let fault = harness.send(&Signal::new(Action::Buy, 1.5, 1)).unwrap_err();
    assert_eq!(fault.to_string(), "strength is above 1");
    assert_eq!(said(&mut harness), []);
}

#[test]
fn a_strategy_that_writes_no_callback_says_nothing() {
    struct Silent;
    impl Strategy for Silent {}
    let mut harness = Harness::new(strategy(Silent).on::<Signal>());
    harness.start().unwrap();
    harness.send(&MarketData::trade(1, 5, 11, 1, Side::Bid)).unwrap();
    harness.send(&Signal::new(Action::Sell, 0.8, 14)).unwrap();
    harness.stop().unwrap();
    assert_eq!(said(&mut harness), []);
}
