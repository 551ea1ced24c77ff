//! The strategies against computations that share nothing with them: per price, each window is looked
//! at afresh, and compared in whole fractions.

use crate::support::{harness, signals};
use pitlane::event::{Action, Signal};
use proptest::prelude::*;
use serde_json::json;

/// A signal as expected: position of the price, action, strength, price.
type Expected = (usize, Action, f64, i64);

/// Means compared as fractions; windows summed per price.
pub(crate) fn sma_cross(prices: &[i64], fast: usize, slow: usize, scale: f64) -> Vec<Expected> {
    let mean = |end: usize, len: usize| -> (i128, i128) {
        (prices[end + 1 - len..=end].iter().map(|&p| i128::from(p)).sum(), len as i128)
    };
    let (mut expected, mut state) = (Vec::new(), None);
    for (end, &price) in prices.iter().enumerate().skip(slow - 1) {
        let ((fast_num, fast_den), (slow_num, slow_den)) = (mean(end, fast), mean(end, slow));
        let above = (fast_num * slow_den - slow_num * fast_den).signum();
        if above == 0 {
            continue;
        }
        if state.replace(above).is_some_and(|before| before != above) {
            let (f, s) = (fast_num as f64 / fast as f64, slow_num as f64 / slow as f64);
            let strength = ((f - s).abs() / (scale * s.abs())).min(1.0);
            let action = if above > 0 { Action::Buy } else { Action::Sell };
            expected.push((end, action, strength, price));
        }
    }
    expected
}

/// z as a fraction under a root: n^2 (x - mean)^2 / (n^2 variance), from sums taken per price.
pub(crate) fn mean_reversion(
    prices: &[i64],
    window: usize,
    enter: f64,
    exit: f64,
) -> Vec<Expected> {
    let (mut expected, mut armed) = (Vec::new(), true);
    for end in window - 1..prices.len() {
        let shown = &prices[end + 1 - window..=end];
        let n = window as i128;
        let sum: i128 = shown.iter().map(|&p| i128::from(p)).sum();
        // Of n (x - mean), so that all is whole; sum of squares = n^2 * n * variance.
        let spread: i128 = shown.iter().map(|&p| (n * i128::from(p) - sum).pow(2)).sum();
        if spread == 0 {
            continue;
        }
        let above = n * i128::from(prices[end]) - sum;
        let z = above as f64 / (spread as f64 / n as f64).sqrt();
        if armed && z.abs() >= enter {
            armed = false;
            let action = if z > 0.0 { Action::Sell } else { Action::Buy };
            expected.push((end, action, (z.abs() / (2.0 * enter)).min(1.0), prices[end]));
        } else if !armed && z.abs() < exit {
            armed = true;
        }
    }
    expected
}

/// Same positions, actions and prices; strengths equal up to the rounding of the comparison's floats.
pub(crate) fn assert_same(got: &[(usize, Signal)], expected: &[Expected]) {
    let bare = |at: usize, action, price| (at, action, price);
    let got_bare: Vec<_> = got.iter().map(|(at, s)| bare(*at, s.action(), s.price)).collect();
    let expected_bare: Vec<_> = expected.iter().map(|e| bare(e.0, e.1, e.3)).collect();
    assert_eq!(got_bare, expected_bare);
    for ((at, signal), expected) in got.iter().zip(expected) {
        let difference = (signal.strength - expected.2).abs();
        assert!(difference < 1e-7, "{} is not {} at {at}", signal.strength, expected.2);
    }
}

/// Prices that wander in ticks about a level, with rests, so that means meet and deviations vanish.
fn wandering() -> impl Strategy<Value = Vec<i64>> {
    let level = prop_oneof![Just(182_500_000_000_i64), 1_000_000_000..70_000_000_000_000_i64];
    (level, prop::collection::vec(-3_i64..=3, 1..400)).prop_map(|(level, steps)| {
        let walk = steps.iter().scan(level, |price, step| {
            *price += step * 10_000_000;
            Some(*price)
        });
        walk.collect()
    })
}

proptest! {
    #[test]
    fn sma_cross_says_what_fresh_windows_say(
        prices in wandering(),
        (fast, slow) in (2_usize..40).prop_flat_map(|slow| (1..slow, Just(slow))),
    ) {
        let mut stage = harness("sma_cross", json!({ "fast": fast, "slow": slow, "scale": 0.002 }));
        assert_same(&signals(&mut stage, &prices), &sma_cross(&prices, fast, slow, 0.002));
    }

    #[test]
    fn mean_reversion_says_what_fresh_windows_say(
        prices in wandering(),
        window in 6_usize..40,
        enter in 0.6_f64..2.2,
    ) {
        let mut stage = harness("mean_reversion", json!({ "window": window, "enter": enter }));
        assert_same(&signals(&mut stage, &prices), &mean_reversion(&prices, window, enter, 0.5));
    }
}
