//! Mean and deviation of the last prices, from exact sums.
//!
//! Kept are, over the window, the sums of `d` and `d * d`, where `d` is a price's distance from a
//! *base*, a price of the window. With n prices, last distance d, sum S and sum of squares Q:
//!
//! ```text
//!  n * (last - mean) = n * d - S            n^2 * variance = n * Q - S^2
//!  z = (n * d - S) / sqrt(n * Q - S^2)
//! ```
//!
//! * M1: `|d| <= limit` and `n * limit < 2^62`. So `S` and `n * d` fit i64, `n * Q` and `S^2` fit i128.
//! * M2: `d = (price - base) >> shift`. `shift` is 0, and all is exact, unless prices more than
//!   `limit` apart stand in the window at once: 46,116,860 for 100 prices, 4,611 for 1,000,000. Then
//!   it is `coarse`, with which any two prices are within `limit`, until the circle is next full round.
//!
//! A price out of reach of the base makes the sums anew around it: once per move of `limit`, or twice
//! a window where prices are that far apart, not per event.

/// Circle of the last prices with their sums.
#[derive(Debug)]
pub(crate) struct Moments {
    prices: Box<[i64]>,
    /// Place of the next price, and of the oldest once all are there.
    next: usize,
    seen: usize,
    base: i64,
    shift: u32,
    sum: i64,
    squares: i128,
    limit: i64,
    coarse: u32,
}

impl Moments {
    /// Of the last `window` prices, 1 up to 2^20.
    pub(crate) fn new(window: usize) -> Self {
        let limit = ((1_i64 << 62) - 1) / window as i64;
        Self {
            prices: vec![0; window].into(),
            next: 0,
            seen: 0,
            base: 0,
            shift: 0,
            sum: 0,
            squares: 0,
            limit,
            // Two prices are less than 2^64 apart, and 2^log2 <= limit.
            coarse: 64 - limit.ilog2(),
        }
    }

    /// Takes the next price, which takes the oldest one's place.
    #[inline]
    pub(crate) fn push(&mut self, price: i64) {
        let oldest = std::mem::replace(&mut self.prices[self.next], price);
        self.next = if self.next + 1 == self.prices.len() { 0 } else { self.next + 1 };
        if self.seen == self.prices.len() {
            let d = self.distance(oldest) as i64;
            self.sum -= d;
            self.squares -= i128::from(d) * i128::from(d);
        } else {
            self.seen += 1;
        }
        let d = self.distance(price);
        let out_of_reach = d.unsigned_abs() > self.limit.unsigned_abs().into();
        if out_of_reach || (self.shift > 0 && self.next == 0) {
            return self.rebase(price);
        }
        self.add(d as i64);
    }

    /// How many population deviations `price`, the last one pushed, lies above the mean. `None` before
    /// the window is full and while all its prices are equal.
    #[inline]
    pub(crate) fn z(&self, price: i64) -> Option<f64> {
        if self.seen < self.prices.len() {
            return None;
        }
        let n = self.prices.len() as i64;
        let above = n * self.distance(price) as i64 - self.sum;
        let spread = i128::from(n) * self.squares - i128::from(self.sum) * i128::from(self.sum);
        (spread > 0).then(|| above as f64 / (spread as f64).sqrt())
    }

    #[inline]
    fn distance(&self, price: i64) -> i128 {
        (i128::from(price) - i128::from(self.base)) >> self.shift
    }

    #[inline]
    fn add(&mut self, d: i64) {
        self.sum += d;
        self.squares += i128::from(d) * i128::from(d);
    }

    /// Makes the sums anew around a base: exactly, where all prices are within its reach.
    #[cold]
    fn rebase(&mut self, base: i64) {
        (self.base, self.shift, self.sum, self.squares) = (base, 0, 0, 0);
        let limit = u128::from(self.limit.unsigned_abs());
        if self.prices[..self.seen].iter().any(|&p| self.distance(p).unsigned_abs() > limit) {
            self.shift = self.coarse;
        }
        for place in 0..self.seen {
            self.add(self.distance(self.prices[place]) as i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// z by its definition, in floats around the first price: no sums kept, nothing shared.
    fn naive(window: &[i64]) -> Option<f64> {
        let n = window.len() as f64;
        let relative: Vec<f64> =
            window.iter().map(|&p| (i128::from(p) - i128::from(window[0])) as f64).collect();
        let mean = relative.iter().sum::<f64>() / n;
        let variance = relative.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        window.iter().any(|&p| p != window[0]).then(|| {
            let last = relative[window.len() - 1];
            (last - mean) / variance.sqrt()
        })
    }

    fn compare(window: usize, prices: &[i64], tolerance: f64) {
        let mut moments = Moments::new(window);
        for (i, &price) in prices.iter().enumerate() {
            moments.push(price);
            let z = moments.z(price);
            if i + 1 < window {
                assert_eq!(z, None);
                continue;
            }
            match (z, naive(&prices[i + 1 - window..=i])) {
                (Some(z), Some(naive)) => {
                    assert!((z - naive).abs() <= tolerance, "{z} is not {naive} at {i}");
                }
                (z, naive) => assert_eq!(z, naive, "at {i}"),
            }
        }
    }

    proptest! {
        #[test]
        fn equals_the_definition(
            window in 1_usize..40,
            prices in prop::collection::vec(-1_000_000_i64..1_000_000, 1..300),
            offset in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000,
        ) {
            let prices: Vec<i64> = prices.iter().map(|p| p + offset).collect();
            compare(window, &prices, 1e-9);
        }

        #[test]
        fn follows_prices_that_wander_far(
            window in 2_usize..20,
            steps in prop::collection::vec(-(1_i64 << 55)..(1_i64 << 55), 1..300),
        ) {
            let mut at = 0_i64;
            let prices: Vec<i64> = steps.iter().map(|s| { at = at.saturating_add(*s); at }).collect();
            compare(window, &prices, 1e-6);
        }
    }

    #[test]
    fn the_ends_of_the_scale_in_one_window_are_measured_coarsely_and_soon_exactly_again() {
        let window = 10;
        let mut prices = vec![5, 6, 7, i64::MAX - 1, 5, i64::MIN, i64::MAX - 1, 8];
        compare(window, &prices, 0.0);
        prices.extend([1, 2, 1, 2, 1]);
        let mut moments = Moments::new(window);
        let mut push = |price| {
            moments.push(price);
            (moments.z(price), moments.shift)
        };
        for price in prices {
            push(price);
        }
        let far: Vec<i64> = vec![1, 2, i64::MIN, i64::MAX - 1, 3, 4, 5, 6, 7, 8];
        for &price in &far {
            push(price);
        }
        let (z, shift) = push(9);
        assert!(shift > 0);
        let shown = [2, i64::MIN, i64::MAX - 1, 3, 4, 5, 6, 7, 8, 9];
        assert!((z.unwrap() - naive(&shown).unwrap()).abs() < 1e-9);
        for price in 0..20 {
            push(price);
        }
        assert_eq!(push(20).1, 0);
    }

    #[test]
    fn a_million_prices_leave_no_drift() {
        let mut moments = Moments::new(100);
        let mut state = 1_u64;
        let mut window = std::collections::VecDeque::new();
        for i in 0..1_000_000_u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let price = 182_000_000_000_000 + (i as i64) * 1_000_000 + (state >> 44) as i64;
            moments.push(price);
            window.push_back(price);
            if window.len() > 100 {
                window.pop_front();
            }
        }
        let mut fresh = Moments::new(100);
        window.iter().for_each(|&price| fresh.push(price));
        let last = *window.back().unwrap();
        assert_eq!(moments.z(last), fresh.z(last), "bit by bit the same as from scratch");
    }
}
