//! `mean_reversion`: sells what rose far above its mean, buys what fell far below.
//!
//! Per instrument, over the last `window` prices, the newest among them:
//!
//! ```text
//!  z        = (price - mean) / population deviation; none while all prices are equal
//!  Sell     = armed and z >= enter
//!  Buy      = armed and z <= -enter
//!  strength = min(1, |z| / (2 * enter))
//! ```
//! A signal of either side disarms both; |z| < exit arms both again. At the beginning they are armed.
//! Sums are exact integers, so z depends on the window alone, however long the file.

use crate::Handles;
use crate::by_id::ById;
use crate::codes;
use crate::moments::Moments;
use crate::sma_cross::MAX_WINDOW;
use crate::strategy::{Ctx, OnPrice, PriceInput, Priced, strategy};
use pitlane::event::{Action, Signal};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

/// Parameters of `mean_reversion`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MeanReversionParams {
    /// Prices in the window: 2 to 1,000,000. Default 100.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub window: u32,
    /// Deviations from the mean at which it signals: more than `exit`, and no more than the square
    /// root of `window - 1`, which no price of a window exceeds. Default 2.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub enter: f64,
    /// Deviations below which it may signal again: more than 0, less than `enter`. Default 0.5.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub exit: f64,
    /// Which prices: `trade`, or `mid` for the middle of quotes. Default `trade`.
    pub price: PriceInput,
}

impl Default for MeanReversionParams {
    fn default() -> Self {
        Self { window: 100, enter: 2.0, exit: 0.5, price: PriceInput::Trade }
    }
}

/// The rule of `mean_reversion`, one window per instrument.
#[derive(Debug)]
pub struct MeanReversion {
    windows: ById<Window>,
    enter: f64,
    exit: f64,
    /// A little less than `enter` squared.
    surely_within: f64,
    /// A little more than `exit` squared.
    surely_beyond: f64,
}

#[derive(Debug)]
struct Window {
    moments: Moments,
    armed: bool,
}

impl MeanReversion {
    /// With these parameters; `price` is the caller's business.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub fn new(params: &MeanReversionParams) -> Result<Self, BuildError> {
        let &MeanReversionParams { window, enter, exit, .. } = params;
        if !(2..=MAX_WINDOW).contains(&window) {
            let message = format!("window is {window}: it must be from 2 to {MAX_WINDOW} prices");
            return Err(BuildError::parameter("window", message).coded(codes::PARAMETER));
        }
        if !(enter > 0.0 && enter.is_finite()) {
            let message = format!("enter is {enter}: it must be more than 0, such as 2");
            return Err(BuildError::parameter("enter", message).coded(codes::PARAMETER));
        }
        let farthest = f64::from(window - 1).sqrt();
        if enter > farthest {
            let message = format!(
                "enter is {enter}: no price of a window of {window} is more than {farthest:.3} \
                 deviations from its mean; choose a smaller enter or a larger window"
            );
            return Err(BuildError::parameter("enter", message).coded(codes::PARAMETER));
        }
        if !(exit > 0.0 && exit < enter) {
            let message =
                format!("exit is {exit}: it must be more than 0 and less than enter, {enter}");
            return Err(BuildError::parameter("exit", message).coded(codes::PARAMETER));
        }
        let make = move || Window { moments: Moments::new(window as usize), armed: true };
        Ok(Self {
            windows: ById::sized(bytes(window), make),
            enter,
            exit,
            surely_within: enter * enter * (1.0 - 1e-9),
            surely_beyond: exit * exit * (1.0 + 1e-9),
        })
    }

    /// Takes the next price (1e-9) of an instrument; a signal where it went too far.
    #[inline]
    pub fn decide(&mut self, instrument: u32, price: i64) -> Option<Signal> {
        let window = self.windows.get_mut(instrument);
        window.moments.push(price);
        let offset = window.moments.offset()?;
        let (square, spread) = offset.roughly();
        let far_from_bound = if window.armed {
            square < spread * self.surely_within
        } else {
            square > spread * self.surely_beyond
        };
        if far_from_bound {
            return None;
        }
        let z = offset.z();
        if !window.armed {
            window.armed = z.abs() < self.exit;
            return None;
        }
        if z.abs() < self.enter {
            return None;
        }
        window.armed = false;
        let action = if z > 0.0 { Action::Sell } else { Action::Buy };
        Some(Signal::new(action, (z.abs() / (2.0 * self.enter)).min(1.0), price))
    }
}

impl OnPrice for MeanReversion {
    #[inline]
    fn on_price(&mut self, price: i64, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if let Some(signal) = self.decide(ctx.instrument(), price) {
            ctx.emit(signal);
        }
        Ok(())
    }
}

fn bytes(window: u32) -> usize {
    size_of::<Window>() + window as usize * size_of::<i64>()
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Sells what is `enter` deviations above the mean of the last `window` prices, buys \
               what is as far below.";
    registry.component("mean_reversion", doc, move |params: MeanReversionParams, context| {
        let mut rule = MeanReversion::new(&params)?;
        rule.windows.lay_in(context.instruments.len(), bytes(params.window));
        let priced = Priced::new(rule, params.price, &context.name);
        handles.add_counts(&context.name, priced.counts());
        Ok(strategy(priced).max_emissions(1).into())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moments::Offset;

    fn rule(window: u32, enter: f64, exit: f64) -> MeanReversion {
        let params = MeanReversionParams { window, enter, exit, ..Default::default() };
        MeanReversion::new(&params).unwrap()
    }

    fn actions(rule: &mut MeanReversion, prices: &[i64]) -> Vec<(usize, Action, f64)> {
        let decide =
            |(i, &price)| rule.decide(1, price).map(|signal| (i, signal.action(), signal.strength));
        prices.iter().enumerate().filter_map(decide).collect()
    }

    #[test]
    fn sells_at_enter_exactly_and_buys_at_its_mirror() {
        // One price that differs among n is sqrt(n - 1) deviations out: 2 of 5.
        let mut rule = rule(5, 2.0, 0.5);
        assert_eq!(actions(&mut rule, &[7, 7, 7, 7, 12_345]), [(4, Action::Sell, 0.5)]);
        let mut rule = super::tests::rule(5, 2.0, 0.5);
        assert_eq!(actions(&mut rule, &[7, 7, 7, 7, -12_345]), [(4, Action::Buy, 0.5)]);
    }

    #[test]
    fn stays_silent_until_the_price_is_back_near_the_mean() {
        let mut rule = rule(4, 1.2, 0.5);
        let prices = [10, 10, 10, 20, 30, 50, 0, 24, 100, 10, 0];
        let z: Vec<Option<f64>> = {
            let mut moments = Moments::new(4);
            prices.iter().map(|&p| (moments.push(p), moments.offset().map(Offset::z)).1).collect()
        };
        assert!(z[5].unwrap() >= 1.2 && z[6].unwrap() <= -1.2, "far out while disarmed");
        assert!(z[7].unwrap().abs() < 0.5 && z[8].unwrap() >= 1.2, "near, then far");
        let said: Vec<usize> = actions(&mut rule, &prices).iter().map(|said| said.0).collect();
        assert_eq!(said, [3, 8]);
    }

    #[test]
    fn equal_prices_neither_signal_nor_arm() {
        let mut rule = rule(3, 1.2, 0.5);
        assert_eq!(actions(&mut rule, &[1, 1, 1, 1, 2]).len(), 1);
        assert_eq!(actions(&mut rule, &[2, 2, 2, 2, 3]), [], "not armed by equal prices");
    }

    #[test]
    fn instruments_do_not_mix() {
        let mut rule = rule(3, 1.2, 0.5);
        for price in [1, 1, 1] {
            assert!(rule.decide(1, price).is_none());
            assert!(rule.decide(2, price + 1_000_000).is_none());
        }
        assert!(rule.decide(2, 2_000_000).is_some());
        assert!(rule.decide(1, 1).is_none());
    }

    #[test]
    fn refuses_parameters_that_make_no_sense() {
        let refused = |window, enter, exit| {
            let params = MeanReversionParams { window, enter, exit, ..Default::default() };
            MeanReversion::new(&params).unwrap_err().parameter.unwrap()
        };
        assert_eq!(refused(1, 0.5, 0.1), "window");
        assert_eq!(refused(MAX_WINDOW + 1, 2.0, 0.5), "window");
        assert_eq!(refused(100, 0.0, 0.5), "enter");
        assert_eq!(refused(100, f64::INFINITY, 0.5), "enter");
        assert_eq!(refused(4, 2.0, 0.5), "enter");
        assert_eq!(refused(100, 2.0, 2.0), "exit");
        assert_eq!(refused(100, 2.0, 0.0), "exit");
        assert_eq!(refused(100, 2.0, f64::NAN), "exit");
    }
}
