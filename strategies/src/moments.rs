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
    /// Distance of the last price.
    last: i64,
    sum: i64,
    squares: i128,
    limit: i64,
    /// Prices nearer to the base than this are taken on the short way: `limit + 1`; 0 while coarse.
    reach: u64,
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
            last: 0,
            sum: 0,
            squares: 0,
            limit,
            reach: limit.unsigned_abs() + 1,
            // Two prices are less than 2^64 apart, and 2^log2 <= limit.
            coarse: 64 - limit.ilog2(),
        }
    }

    /// Takes the next price, which takes the oldest one's place.
    #[inline]
    pub(crate) fn push(&mut self, price: i64) {
        match price.checked_sub(self.base) {
            Some(d) if d.unsigned_abs() < self.reach => {
                // M2: exact, so all of the window is within `limit` of the base.
                let oldest = self.replace_oldest(price).map_or(0, |oldest| oldest - self.base);
                self.last = d;
                self.sum += d - oldest;
                // d^2 - oldest^2. M1: both factors fit.
                self.squares += i128::from(d - oldest) * i128::from(d + oldest);
            }
            _ => self.push_out_of_reach(price),
        }
    }

    /// How far the last price is from the mean. `None` before the window is full and while all its
    /// prices are equal.
    #[inline]
    pub(crate) fn offset(&self) -> Option<Offset> {
        if self.seen < self.prices.len() {
            return None;
        }
        let n = self.prices.len() as i64;
        let above = n * self.last - self.sum;
        let spread = i128::from(n) * self.squares - i128::from(self.sum) * i128::from(self.sum);
        (spread > 0).then_some(Offset { above, spread })
    }

    /// Puts a price in the oldest one's place; gives the oldest once the window was full.
    #[inline]
    fn replace_oldest(&mut self, price: i64) -> Option<i64> {
        let oldest = std::mem::replace(&mut self.prices[self.next], price);
        self.next = if self.next + 1 == self.prices.len() { 0 } else { self.next + 1 };
        if self.seen == self.prices.len() {
            return Some(oldest);
        }
        self.seen += 1;
        None
    }

    #[cold]
    fn push_out_of_reach(&mut self, price: i64) {
        let oldest = self.replace_oldest(price);
        let all_coarse = self.shift > 0 && self.next != 0;
        if !all_coarse {
            return self.rebase(price);
        }
        if let Some(oldest) = oldest {
            let d = self.distance(oldest) as i64;
            self.sum -= d;
            self.squares -= i128::from(d) * i128::from(d);
        }
        self.add(price);
    }

    fn distance(&self, price: i64) -> i128 {
        (i128::from(price) - i128::from(self.base)) >> self.shift
    }

    fn add(&mut self, price: i64) {
        let d = self.distance(price) as i64;
        self.last = d;
        self.sum += d;
        self.squares += i128::from(d) * i128::from(d);
    }

    /// Makes the sums anew around a base: exactly, where all prices are within its reach.
    fn rebase(&mut self, base: i64) {
        (self.base, self.shift, self.sum, self.squares) = (base, 0, 0, 0);
        let limit = self.limit.unsigned_abs();
        let far = |&price: &i64| self.distance(price).unsigned_abs() > limit.into();
        let exact = !self.prices[..self.seen].iter().any(far);
        (self.shift, self.reach) = if exact { (0, limit + 1) } else { (self.coarse, 0) };
        for place in 0..self.seen {
            self.add(self.prices[place]);
        }
        self.last = 0;
    }
}

/// Distance of a price from its window's mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offset {
    /// n * (price - mean).
    above: i64,
    /// n^2 * variance, not 0.
    spread: i128,
}

impl Offset {
    /// In population deviations.
    #[inline]
    pub(crate) fn z(self) -> f64 {
        self.above as f64 / (self.spread as f64).sqrt()
    }

    /// The square of [`Offset::z`] times `spread`, and `spread`, each to within a part in 2^50: to see
    /// at a glance, without a root or a division, that z is far from a bound.
    #[inline]
    pub(crate) fn roughly(self) -> (f64, f64) {
        const HALF: u32 = 62;
        let high = (self.spread >> HALF) as i64 as f64;
        let low = (self.spread as i64 & ((1 << HALF) - 1)) as f64;
        let above = self.above as f64;
        (above * above, high * (1_u64 << HALF) as f64 + low)
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
            let z = moments.offset().map(Offset::z);
            if let Some(offset) = moments.offset() {
                let ((square, spread), z) = (offset.roughly(), offset.z());
                assert!((square / spread - z * z).abs() <= z * z * 1e-12);
            }
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
            (moments.offset().map(Offset::z), moments.shift)
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
        let z = |moments: &Moments| moments.offset().map(Offset::z);
        assert!(z(&moments).is_some());
        assert_eq!(z(&moments), z(&fresh), "bit by bit the same as from scratch");
    }
}
