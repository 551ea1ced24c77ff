//! `sma_cross`: buys when a fast moving average crosses above a slow one, sells when below.
//!
//! Per instrument, over the last `fast` and `slow` prices, once there are `slow` of them:
//!
//! ```text
//!  sign     = sign of (fast mean - slow mean), as that of fast_sum * slow - slow_sum * fast, exactly
//!  signal   = where sign != 0 differs from the last sign that was not 0; the first one only sets it
//!  strength = min(1, |fast mean - slow mean| / (scale * |slow mean|))
//! ```
//! Sums and products are integers, carried from price to price: nothing drifts, however long the file.

use crate::Handles;
use crate::by_id::ById;
use crate::codes;
use crate::strategy::{Ctx, OnPrice, PriceInput, Priced, strategy};
use pitlane::event::{Action, Signal};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::Fault;
use schemars::JsonSchema;
use serde::Deserialize;
use std::cmp::Ordering;

/// Most prices a window may hold.
pub const MAX_WINDOW: u32 = 1_000_000;

/// Parameters of `sma_cross`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmaCrossParams {
    /// Prices in the fast mean: 1 up to less than `slow`. Default 10.
    #[schemars(range(min = 1, max = 999_999))]
    pub fast: u32,
    /// Prices in the slow mean: more than `fast`, up to 1,000,000. Default 50.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub slow: u32,
    /// Distance of the means, as a part of the slow mean, at which strength is 1: more than 0.
    /// Default 0.001, a tenth of a percent.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub scale: f64,
    /// Which prices: `trade`, or `mid` for the middle of quotes. Default `trade`.
    pub price: PriceInput,
}

impl Default for SmaCrossParams {
    fn default() -> Self {
        Self { fast: 10, slow: 50, scale: 0.001, price: PriceInput::Trade }
    }
}

/// The rule of `sma_cross`, one window per instrument.
#[derive(Debug)]
pub struct SmaCross {
    means: ById<Means>,
    fast: i64,
    slow: i64,
    scale: f64,
}

impl SmaCross {
    /// With these parameters; `price` is the caller's business.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub fn new(params: &SmaCrossParams) -> Result<Self, BuildError> {
        let &SmaCrossParams { fast, slow, scale, .. } = params;
        if fast == 0 {
            return Err(BuildError::parameter("fast", "fast is 0: a mean needs one price or more")
                .coded(codes::PARAMETER));
        }
        if slow > MAX_WINDOW {
            let message = format!("slow is {slow}: a window holds {MAX_WINDOW} prices at most");
            return Err(BuildError::parameter("slow", message).coded(codes::PARAMETER));
        }
        if fast >= slow {
            let message = format!("fast is {fast} and slow {slow}: fast must be less than slow");
            return Err(BuildError::parameter("fast", message).coded(codes::PARAMETER));
        }
        if !(scale > 0.0 && scale.is_finite()) {
            let message = format!("scale is {scale}: it must be more than 0, such as 0.001");
            return Err(BuildError::parameter("scale", message).coded(codes::PARAMETER));
        }
        let (fast_len, slow_len) = (fast as usize, slow as usize);
        let means = ById::sized(bytes(slow), move || Means::new(fast_len, slow_len));
        Ok(Self { means, fast: fast.into(), slow: slow.into(), scale })
    }

    /// Takes the next price (1e-9) of an instrument; a signal where the means crossed.
    #[inline]
    pub fn decide(&mut self, instrument: u32, price: i64) -> Option<Signal> {
        let means = self.means.get_mut(instrument);
        means.push(price, self.fast, self.slow);
        if means.missing > 0 {
            return None;
        }
        let distance = means.distance;
        let sign = distance.cmp(&0);
        if sign == means.sign || sign == Ordering::Equal {
            return None;
        }
        let before = std::mem::replace(&mut means.sign, sign);
        if before == Ordering::Equal {
            return None;
        }
        let action = if sign == Ordering::Greater { Action::Buy } else { Action::Sell };
        let slow_sum = means.slow_sum;
        Some(Signal::new(action, self.strength(distance, slow_sum), price))
    }

    /// `distance` is (fast mean - slow mean) * fast * slow.
    #[cold]
    fn strength(&self, distance: i128, slow_sum: i128) -> f64 {
        let full = self.scale * (slow_sum.abs() * i128::from(self.fast)) as f64;
        (distance.abs() as f64 / full).min(1.0)
    }
}

impl OnPrice for SmaCross {
    #[inline]
    fn on_price(&mut self, price: i64, ctx: &mut Ctx<'_>) -> Result<(), Fault> {
        if let Some(signal) = self.decide(ctx.instrument(), price) {
            ctx.emit(signal);
        }
        Ok(())
    }
}

/// The last `slow` prices of an instrument, their sum, and how its means stand to each other.
#[derive(Debug)]
struct Means {
    /// A circle; 0 where no price has come yet, so that what leaves may be subtracted blindly.
    prices: Box<[i64]>,
    /// Place of the price that leaves the slow window next.
    slow_out: usize,
    /// Place of the price that leaves the fast window next.
    fast_out: usize,
    /// fast_sum * slow - slow_sum * fast. A sum is within 2^83 and a window within 2^20: it fits by far.
    distance: i128,
    slow_sum: i128,
    /// Prices that must come before the slow window is full.
    missing: usize,
    /// Last sign of the distance that was not 0; `Equal` before there was one.
    sign: Ordering,
}

impl Means {
    fn new(fast: usize, slow: usize) -> Self {
        Self {
            prices: vec![0; slow].into(),
            slow_out: 0,
            fast_out: slow - fast,
            distance: 0,
            slow_sum: 0,
            missing: slow,
            sign: Ordering::Equal,
        }
    }

    #[inline]
    fn push(&mut self, price: i64, fast: i64, slow: i64) {
        let len = self.prices.len();
        let fast_old = self.prices[self.fast_out];
        let slow_old = std::mem::replace(&mut self.prices[self.slow_out], price);
        // (price - fast_old) * slow - (price - slow_old) * fast, as products of 64 by 64 bits.
        let times = |price: i64, len: i64| i128::from(price) * i128::from(len);
        self.distance += times(price, slow - fast) - times(fast_old, slow) + times(slow_old, fast);
        self.slow_sum += i128::from(price) - i128::from(slow_old);
        self.fast_out = if self.fast_out + 1 == len { 0 } else { self.fast_out + 1 };
        self.slow_out = if self.slow_out + 1 == len { 0 } else { self.slow_out + 1 };
        self.missing = self.missing.saturating_sub(1);
    }
}

fn bytes(slow: u32) -> usize {
    size_of::<Means>() + slow as usize * size_of::<i64>()
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Buys when the mean of the last `fast` prices crosses above that of the last `slow`, \
               sells when below.";
    registry.component("sma_cross", doc, move |params: SmaCrossParams, context| {
        let mut rule = SmaCross::new(&params)?;
        rule.means.lay_in(context.instruments.len(), bytes(params.slow));
        let priced = Priced::new(rule, params.price, &context.name);
        handles.add_counts(&context.name, priced.counts());
        Ok(strategy(priced).max_emissions(1).into())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(fast: u32, slow: u32, prices: &[i64]) -> Vec<(usize, Action)> {
        let params = SmaCrossParams { fast, slow, ..SmaCrossParams::default() };
        let mut rule = SmaCross::new(&params).unwrap();
        let decide = |(i, &price)| rule.decide(1, price).map(|signal| (i, signal.action()));
        prices.iter().enumerate().filter_map(decide).collect()
    }

    #[test]
    fn the_first_sign_only_sets_the_state() {
        assert_eq!(signals(1, 2, &[1, 2, 3, 4, 5]), []);
        assert_eq!(signals(1, 2, &[5, 4, 5, 4]), [(2, Action::Buy), (3, Action::Sell)]);
    }

    #[test]
    fn equality_changes_nothing() {
        assert_eq!(signals(1, 2, &[1, 2, 2, 3, 3, 2]), [(5, Action::Sell)]);
        assert_eq!(signals(1, 2, &[2, 2, 2, 3, 2]), [(4, Action::Sell)]);
    }

    #[test]
    fn says_nothing_before_the_slow_window_is_full() {
        assert_eq!(signals(1, 4, &[4, 1, 4, 1, 4]), [(4, Action::Buy)]);
    }

    #[test]
    fn strength_is_the_distance_in_scales_of_the_slow_mean() {
        let params = SmaCrossParams { fast: 1, slow: 2, scale: 0.1, ..SmaCrossParams::default() };
        let mut rule = SmaCross::new(&params).unwrap();
        let mut strength = |price| rule.decide(1, price).map(|signal| signal.strength);
        assert_eq!((strength(1000), strength(990)), (None, None));
        assert_eq!(strength(1010), Some(0.1), "means 1010 and 1000");
        assert_eq!(strength(10), Some(1.0));
    }

    #[test]
    fn holds_the_largest_prices_in_the_largest_window() {
        let params = SmaCrossParams { fast: 999_999, slow: MAX_WINDOW, ..Default::default() };
        let mut rule = SmaCross::new(&params).unwrap();
        for _ in 0..MAX_WINDOW {
            assert!(rule.decide(1, i64::MIN).is_none());
        }
        assert!(rule.decide(1, i64::MIN + 1).is_none(), "the first sign");
        let crossed = (0..MAX_WINDOW).find_map(|_| rule.decide(1, i64::MAX - 1));
        assert!(crossed.is_none(), "still above");
        assert_eq!(rule.decide(1, i64::MIN).unwrap().action(), Action::Sell);
    }

    #[test]
    fn refuses_parameters_that_make_no_sense() {
        let refused = |fast, slow, scale| {
            let params = SmaCrossParams { fast, slow, scale, ..SmaCrossParams::default() };
            SmaCross::new(&params).unwrap_err().parameter.unwrap()
        };
        assert_eq!(refused(0, 5, 0.1), "fast");
        assert_eq!(refused(5, 5, 0.1), "fast");
        assert_eq!(refused(5, MAX_WINDOW + 1, 0.1), "slow");
        assert_eq!(refused(5, 6, 0.0), "scale");
        assert_eq!(refused(5, 6, f64::NAN), "scale");
    }
}
