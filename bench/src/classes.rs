//! Rounds sorted by what the machine did meanwhile, and medians that say how sure they are.
//!
//! Virtual cores move: in one second two of them share a cache, in the next they do not, and whatever goes
//! between them takes two or five times as long. So each round is framed by two raw ping-pongs, and only
//! rounds of the same class are compared.

/// A median with an interval that holds the true one in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// Lower end of the interval.
    pub low: f64,
    /// The median.
    pub mid: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Of how many values.
    pub count: usize,
}

impl Median {
    /// Of values in any order. The interval is between two order statistics (a sign test turned round),
    /// so it assumes nothing of how values are spread. With fewer than 6 values no such interval exists:
    /// then its ends are infinite. `None` without values.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len();
        let middle = count.checked_sub(1)? / 2;
        let mid = (sorted[middle] + sorted[count / 2]) / 2.0;
        let (low, high) = match outside(count) {
            Some(skip) => (sorted[skip], sorted[count - 1 - skip]),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Some(Self { low, mid, high, count })
    }

    /// Whether two intervals have anything in common: then which is larger is undecided.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// How many times `other` goes into it, at the least, by the medians, and at the most.
    #[must_use]
    pub fn over(&self, other: &Self) -> [f64; 3] {
        [self.low / other.high, self.mid / other.mid, self.high / other.low]
    }
}

/// How many of `count` sorted values lie outside of the interval at each end: the most for which the
/// tails of the binomial distribution at one half hold at most 5 % together.
fn outside(count: usize) -> Option<usize> {
    let (mut chance, mut tail) = (0.5_f64.powi(count.min(1000) as i32), 0.0);
    if count > 1000 {
        // The normal approximation, exact enough by far.
        return Some(((count as f64 - 1.96 * (count as f64).sqrt()) / 2.0).floor() as usize);
    }
    let mut skip = None;
    for at in 0..count {
        tail += chance;
        if 2.0 * tail > 0.05 {
            break;
        }
        skip = Some(at);
        chance *= (count - at) as f64 / (at + 1) as f64;
    }
    skip
}

/// Classes of rounds by the latency of a raw ping-pong, the fastest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// Between the classes, in ns.
    pub boundaries: Vec<f64>,
}

/// Least step between neighbouring latencies that is a boundary: less is noise, and caches that are
/// shared or not differ by more.
const STEP: f64 = 1.3;

/// Least part of all values on each side of a boundary: less is no class but an outlier.
const PART: f64 = 0.05;

impl Classes {
    /// Finds the boundaries in the data: sorted by size, latencies of one class follow each other
    /// closely. Where one is more than 1.3 times the one before, and at least a twentieth of all lies on each
    /// side of the gap, there is a boundary, at the geometric mean of both.
    #[must_use]
    pub fn of(latencies: &[f64]) -> Self {
        let mut sorted = latencies.to_vec();
        sorted.sort_by(f64::total_cmp);
        let least = (PART * sorted.len() as f64).ceil() as usize;
        let (mut boundaries, mut begin) = (Vec::new(), 0);
        for at in 1..sorted.len() {
            let apart = sorted[at] > STEP * sorted[at - 1];
            if apart && at - begin >= least && sorted.len() - at >= least {
                boundaries.push((sorted[at - 1] * sorted[at]).sqrt());
                begin = at;
            }
        }
        Self { boundaries }
    }

    /// The class of a round by the ping-pongs before and after it; `None` where they disagree, or
    /// differ by more than the step that would make a class.
    #[must_use]
    pub fn class(&self, before: f64, after: f64) -> Option<usize> {
        let class = |ns: f64| self.boundaries.partition_point(|boundary| *boundary <= ns);
        let near = before < STEP * after && after < STEP * before;
        (near && class(before) == class(after)).then(|| class(before))
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.boundaries.len() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_median_is_that_of_the_tables() {
        // Ranks (from 1) for 95 %: 1 and 6 of 6, 2 and 9 of 10, 6 and 15 of 20, 40 and 61 of 100.
        for (count, low, high) in [(6, 1, 6), (10, 2, 9), (20, 6, 15), (100, 40, 61)] {
            let values: Vec<_> = (1..=count).rev().map(f64::from).collect();
            let median = Median::of(&values).expect("there are some");
            assert_eq!((median.low, median.high), (f64::from(low), f64::from(high)), "{count}");
            assert_eq!(median.mid, f64::from(count + 1) / 2.0);
        }
        let wide = Median::of(&vec![1.0; 2_000]).expect("there are some");
        assert_eq!((wide.low, wide.high), (1.0, 1.0));
    }

    #[test]
    fn few_values_decide_nothing() {
        let few = Median::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).expect("there are some");
        let other = Median { low: 100.0, mid: 100.0, high: 100.0, count: 50 };
        assert!(few.overlaps(&other));
        assert_eq!(Median::of(&[]), None);
    }

    #[test]
    fn ratios_keep_what_is_not_known() {
        let a = Median { low: 4.0, mid: 5.0, high: 6.0, count: 9 };
        let b = Median { low: 1.0, mid: 2.0, high: 4.0, count: 9 };
        assert_eq!(a.over(&b), [1.0, 2.5, 6.0]);
        assert!(a.overlaps(&b));
        assert!(!a.overlaps(&Median { high: 3.9, ..b }));
    }

    #[test]
    fn boundaries_lie_in_the_gaps_and_outliers_make_none() {
        let mut latencies: Vec<_> = (0..50).map(|n| 30.0 + f64::from(n) / 10.0).collect();
        assert_eq!(Classes::of(&latencies).count(), 1);
        latencies.extend((0..50).map(|n| 100.0 + f64::from(n)));
        latencies.push(9_000.0);
        let classes = Classes::of(&latencies);
        assert_eq!(classes.count(), 2, "{classes:?}");
        assert_eq!(classes.class(31.0, 34.0), Some(0));
        assert_eq!(classes.class(110.0, 120.0), Some(1));
        assert_eq!(classes.class(31.0, 120.0), None);
        assert_eq!(classes.class(110.0, 9_000.0), None);
    }
}
