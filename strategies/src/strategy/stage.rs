//! A strategy as a stage.

use super::{Ctx, Strategy};
use pitlane::event::{BarParts, MarketData, MarketDataKind, Signal};
use pitlane::stage::{Builder, Fault, On, Outbox, Stage, component};

const TRADE: u8 = MarketDataKind::Trade as u8;
const QUOTE: u8 = MarketDataKind::Quote as u8;
const CLEAR: u8 = MarketDataKind::Clear as u8;
const BAR: u8 = MarketDataKind::Bar as u8;
const BAR_END: u8 = MarketDataKind::BarEnd as u8;

/// A strategy as a stage: hands each event to its callback.
#[derive(Debug)]
pub struct StrategyStage<S> {
    strategy: S,
    /// The bar that is coming in.
    bar: BarParts,
}

impl<S> StrategyStage<S> {
    /// A strategy as a stage.
    pub fn new(strategy: S) -> Self {
        Self { strategy, bar: BarParts::default() }
    }

    /// The strategy.
    pub fn inner(&mut self) -> &mut S {
        &mut self.strategy
    }
}

/// Begins a component from a strategy: it takes market data and emits signals.
///
/// Add `.on::<Signal>()` for a strategy that listens to others, and `.emits::<E>()` for one that emits
/// more than signals.
pub fn strategy<S: Strategy + 'static>(strategy: S) -> Builder<StrategyStage<S>> {
    component(StrategyStage::new(strategy)).on::<MarketData>().emits::<Signal>()
}

impl<S: Strategy> Stage for StrategyStage<S> {
    fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on_start(&mut Ctx::new(out))
    }

    fn on_batch_end(&mut self) -> Result<(), Fault> {
        self.strategy.on_batch_end()
    }

    fn on_stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on_stop(&mut Ctx::new(out))
    }
}

impl<S: Strategy> On<MarketData> for StrategyStage<S> {
    #[inline]
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        let ctx = &mut Ctx::new(out);
        match event.header.kind {
            TRADE => event.as_trade().map_or(Ok(()), |trade| self.strategy.on_trade(trade, ctx)),
            QUOTE => event.as_quote().map_or(Ok(()), |quote| self.strategy.on_quote(quote, ctx)),
            CLEAR => self.strategy.on_clear(ctx),
            BAR | BAR_END => match self.bar.push(event) {
                Some(bar) => self.strategy.on_bar(&bar, ctx),
                None => Ok(()),
            },
            _ => event.as_book_change().map_or(Ok(()), |change| self.strategy.on_book(change, ctx)),
        }
    }
}

impl<S: Strategy> On<Signal> for StrategyStage<S> {
    #[inline]
    fn on(&mut self, signal: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        self.strategy.on_signal(signal, &mut Ctx::new(out))
    }
}
