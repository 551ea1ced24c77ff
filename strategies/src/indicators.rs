//! `ema` and `mid`: market data made from market data.
//!
//! Both emit trades of size 0, so that volumes stay what they are; the price is the indicator's.

use crate::Handles;
use crate::by_id::ById;
use crate::codes;
use crate::strategy::{Ctx, OnPrice, PriceInput, Priced, StrategyStage};
use pitlane::event::{MarketData, Side};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::{Component, Fault, component};
use schemars::JsonSchema;
use serde::Deserialize;

/// Parameters of `ema`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EmaParams {
    /// Prices over which a change fades: each price weighs 2 / (period + 1). 1 to 1,000,000; default 20.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub period: u32,
    /// Which prices: `trade`, or `mid` for the middle of quotes. Default `trade`.
    pub price: PriceInput,
}

impl Default for EmaParams {
    fn default() -> Self {
        Self { period: 20, price: PriceInput::Trade }
    }
}

/// Parameters of `mid`: none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MidParams {}

/// The exponential mean of each instrument's prices; the first price begins it.
#[derive(Debug)]
pub struct Ema {
    means: ById<Option<f64>>,
    weight: f64,
}

impl Ema {
    /// With these parameters; `price` is the caller's business.
    ///
    /// # Errors
    /// Where the period makes no sense.
    pub fn new(params: &EmaParams) -> Result<Self, BuildError> {
        let period = params.period;
        if !(1..=1_000_000).contains(&period) {
            let message = format!("period is {period}: it must be from 1 to 1000000 prices");
            return Err(BuildError::parameter("period", message).coded(codes::PARAMETER));
        }
        Ok(Self { means: ById::new(|| None), weight: 2.0 / (f64::from(period) + 1.0) })
    }

    /// Takes the next price (1e-9) of an instrument; gives the mean (1e-9) after it.
    #[inline]
    pub fn next(&mut self, instrument: u32, price: i64) -> i64 {
        let mean = self.means.get_mut(instrument);
        let price = price as f64;
        let before = mean.unwrap_or(price);
        let after = before + (price - before) * self.weight;
        *mean = Some(after);
        // Below what a float next to i64::MAX could round to, which would be null.
        (after.round() as i64).min(i64::MAX - 1)
    }
}

impl OnPrice for Ema {
    fn on_price(&mut self, price: i64, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        let mean = self.next(ctx.instrument(), price);
        ctx.emit(derived(mean, ctx));
        Ok(())
    }
}

/// Each price as a trade.
#[derive(Clone, Copy, Debug)]
pub struct Mid;

impl OnPrice for Mid {
    fn on_price(&mut self, price: i64, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        ctx.emit(derived(price, ctx));
        Ok(())
    }
}

fn derived(price: i64, ctx: &Ctx<'_>) -> MarketData {
    MarketData::trade(ctx.instrument(), ctx.ts_event(), price, 0, Side::None)
}

fn indicator<P: OnPrice + 'static>(priced: Priced<P>) -> Component {
    component(StrategyStage(priced))
        .on::<MarketData>()
        .emits::<MarketData>()
        .max_emissions(1)
        .into()
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let (for_ema, for_mid) = (handles.clone(), handles.clone());
    let doc = "The exponential mean of prices, as trades of size 0.";
    registry.component("ema", doc, move |params: EmaParams, context| {
        let mut ema = Ema::new(&params)?;
        ema.means.lay_in(context.instruments.len(), size_of::<Option<f64>>());
        let priced = Priced::new(ema, params.price, &context.name);
        for_ema.add_counts(&context.name, priced.counts());
        Ok(indicator(priced))
    });
    let doc = "The middle between bid and ask of each quote, as trades of size 0.";
    registry.component("mid", doc, move |_: MidParams, context| {
        let priced = Priced::new(Mid, PriceInput::Mid, &context.name);
        for_mid.add_counts(&context.name, priced.counts());
        Ok(indicator(priced))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::fixed::NULL;
    use pitlane::testing::Harness;

    #[test]
    fn ema_weighs_each_price_by_its_period() {
        let mut ema = Ema::new(&EmaParams { period: 3, ..EmaParams::default() }).unwrap();
        assert_eq!(ema.next(1, 100), 100);
        assert_eq!(ema.next(1, 200), 150);
        assert_eq!(ema.next(2, 7), 7);
        assert_eq!(ema.next(1, 150), 150);
        assert_eq!(ema.next(1, 50), 100);
    }

    #[test]
    fn ema_of_the_largest_price_is_not_null() {
        let mut ema = Ema::new(&EmaParams::default()).unwrap();
        assert_eq!(ema.next(1, NULL - 1), NULL - 1);
    }

    #[test]
    fn ema_refuses_a_period_of_none() {
        let error = Ema::new(&EmaParams { period: 0, ..EmaParams::default() }).unwrap_err();
        assert_eq!(error.parameter.as_deref(), Some("period"));
    }

    #[test]
    fn mid_makes_trades_of_two_sided_quotes() {
        let priced = Priced::new(Mid, PriceInput::Mid, "mid");
        let counts = priced.counts();
        let mut harness = Harness::new(indicator(priced));
        harness.send(&MarketData::quote(3, 9, (10, 1), (13, 1))).unwrap();
        harness.send(&MarketData::quote(3, 9, (10, 1), (NULL, NULL))).unwrap();
        harness.send(&MarketData::trade(3, 9, 77, 1, Side::Bid)).unwrap();
        let made = harness.take::<MarketData>();
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].header.instrument, 3);
        let trade = made[0].as_trade().unwrap();
        assert_eq!((trade.price(), trade.size()), (11, 0));
        assert_eq!(counts.of("skipped_quotes"), 1);
    }
}
