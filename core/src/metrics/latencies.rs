//! Latencies of a stage, counted by one thread and readable by all.

use super::Counter;
use hdrhistogram::Histogram;

/// Values below this are counted exactly; each power of two above is divided into half as many
/// parts. These are the buckets of an HDR histogram with three digits (Gil Tene, HdrHistogram).
const EXACT: u64 = 2048;
const HALF: u64 = EXACT / 2;

/// Longer latencies count as this: 18 minutes.
const LONGEST: u64 = (1 << 40) - 1;

/// A histogram with one writer: the counts of an HDR histogram, each a [`Counter`]. A copy taken
/// meanwhile may lack what was recorded in the last moment; it is never torn.
#[derive(Debug)]
pub(crate) struct Latencies(Box<[Counter]>);

impl Latencies {
    pub(crate) fn new() -> Self {
        Self((0..=index(LONGEST)).map(|_| Counter::default()).collect())
    }

    /// Counts `count` events of a latency in ns.
    #[inline]
    pub(crate) fn record(&self, ns: u64, count: u64) {
        self.0[index(ns.min(LONGEST))].add(count);
    }

    /// What was recorded so far.
    pub(crate) fn histogram(&self) -> Histogram<u64> {
        let mut histogram = empty_histogram();
        for (index, count) in self.0.iter().enumerate() {
            // None of a latency is not recorded: it would still move the extremes.
            if count.get() > 0 {
                histogram.saturating_record_n(lowest(index), count.get());
            }
        }
        histogram
    }
}

/// What stands for a histogram where nothing is measured: it has no room for anything.
pub(crate) fn no_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 2, 1).expect("valid bounds")
}

/// 1 ns to 18 minutes with three digits.
fn empty_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST, 3).expect("valid bounds")
}

fn index(ns: u64) -> usize {
    let power = (ns | 1).ilog2().saturating_sub(EXACT.ilog2() - 1);
    (u64::from(power) * HALF + (ns >> power)) as usize
}

/// The least latency of a bucket.
fn lowest(index: usize) -> u64 {
    let index = index as u64;
    if index < EXACT {
        return index;
    }
    let power = index / HALF - 1;
    (index - power * HALF) << power
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_an_hdr_histogram() {
        let hdr = empty_histogram();
        let mut ns = 1;
        while ns < LONGEST {
            for near in [ns - 1, ns, ns + 1] {
                assert_eq!(lowest(index(near)), hdr.lowest_equivalent(near), "{near}");
            }
            ns += ns / 7 + 1;
        }
    }

    #[test]
    fn a_copy_has_what_was_recorded() {
        let latencies = Latencies::new();
        latencies.record(150, 3);
        latencies.record(1_000_000, 1);
        latencies.record(u64::MAX, 1);
        let copy = latencies.histogram();
        assert_eq!(copy.len(), 5);
        assert_eq!(copy.value_at_quantile(0.5), 150);
        assert!(copy.equivalent(copy.max(), LONGEST));
    }
}
