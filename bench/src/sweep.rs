//! The rate at which latency leaves a bound.

use crate::latency::Outcome;
use crate::plot::{Axis, Line};

/// What is done at a rate, in events per second.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The rate planned.
    pub rate: f64,
    /// The rate at which events entered.
    pub reached: f64,
    /// Latencies in ns: p50, p99, p99.9, the longest.
    pub latency: [u64; 4],
    /// The machine's own hiccups at that time in ns: p99.9 and the longest.
    pub machine: [u64; 2],
    /// Whether p99 is within the bound and the rate was reached.
    pub within: bool,
}

/// Names of [`Point::latency`].
pub const NAMES: [&str; 4] = ["p50", "p99", "p99.9", "max"];

/// A rate counts as reached from this share of it.
const REACHED: f64 = 0.98;

/// Steps between the last rate that was within the bound and the first that was not.
const REFINEMENTS: usize = 4;

impl Point {
    /// What a run at a rate comes to.
    #[must_use]
    pub fn of(rate: f64, outcome: &Outcome, bound_ns: u64) -> Self {
        let all = outcome.all();
        let latency = [0.5, 0.99, 0.999, 1.0].map(|quantile| all.value_at_quantile(quantile));
        let machine = [0.999, 1.0].map(|quantile| outcome.machine.value_at_quantile(quantile));
        let reached = outcome.reached >= rate * REACHED;
        let within = reached && !all.is_empty() && latency[1] <= bound_ns;
        Self { rate, reached: outcome.reached, latency, machine, within }
    }
}

/// Rates from `first` on, each twice the one before, until one is not within the bound or `most` is
/// reached; then between the last two. `run` gives `None` where it was ended; then so is the sweep.
///
/// # Errors
/// Those of `run`.
pub fn sweep<E>(
    first: f64,
    most: f64,
    mut run: impl FnMut(f64) -> Result<Option<Point>, E>,
) -> Result<Vec<Point>, E> {
    let mut points: Vec<Point> = Vec::new();
    let (mut low, mut high, mut rate) = (None, None, first);
    let mut refined = 0;
    loop {
        let Some(point) = run(rate)? else { break };
        if point.within {
            low = Some(rate)
        } else {
            high = Some(rate)
        }
        points.push(point);
        rate = match (low, high) {
            (Some(low), Some(high)) if refined < REFINEMENTS => {
                refined += 1;
                f64::sqrt(low * high)
            }
            (Some(low), None) if low < most => (low * 2.0).min(most),
            _ => break,
        };
    }
    points.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    Ok(points)
}

/// The highest rate below which all were within the bound.
#[must_use]
pub fn highest_within(points: &[Point]) -> Option<f64> {
    points.iter().take_while(|point| point.within).last().map(|point| point.rate)
}

/// A drawing: latency against rate, and the bound.
#[must_use]
pub fn chart(
    title: &str,
    points: &[Point],
    bound_ns: u64,
    time: impl Fn(f64) -> String,
    rate: impl Fn(f64) -> String,
) -> String {
    let x = Axis::powers_of_ten("events per second", points.iter().map(|point| point.rate), rate);
    let latencies = points.iter().flat_map(|point| point.latency).chain([bound_ns]);
    let y = Axis::powers_of_ten("latency", latencies.map(|ns| ns as f64), time);
    let at = |point: &Point, which: usize| {
        (point.rate.log10(), (point.latency[which].max(1) as f64).log10())
    };
    let line = |(which, name): (usize, &&str)| Line {
        name: (*name).into(),
        points: points.iter().map(|point| at(point, which)).collect(),
    };
    let mut lines: Vec<_> = NAMES.iter().enumerate().map(line).collect();
    if let Some((first, last)) = points.first().zip(points.last()) {
        let bound = (bound_ns.max(1) as f64).log10();
        let points = vec![(first.rate.log10(), bound), (last.rate.log10(), bound)];
        lines.push(Line { name: "bound".into(), points });
    }
    crate::plot::svg(title, &x, &y, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(rate: f64, within: bool) -> Point {
        Point { rate, reached: rate, latency: [1, 2, 3, 4], machine: [1, 2], within }
    }

    fn swept(limit: f64, most: f64) -> Vec<Point> {
        let run = |rate| Ok::<_, ()>(Some(point(rate, rate <= limit)));
        sweep(1000.0, most, run).expect("it cannot fail")
    }

    #[test]
    fn rates_double_until_one_is_too_much_and_close_in_on_the_limit() {
        let points = swept(10_000.0, 1e9);
        let highest = highest_within(&points).expect("the first was within");
        assert!((9_500.0..=10_000.0).contains(&highest), "{points:?}");
        assert_eq!(points.len(), 5 + REFINEMENTS);
        assert!(points.is_sorted_by(|one, other| one.rate < other.rate));
    }

    #[test]
    fn a_first_rate_that_is_too_much_ends_it_and_so_does_the_most() {
        assert_eq!(swept(10.0, 1e9).len(), 1);
        assert_eq!(highest_within(&swept(10.0, 1e9)), None);
        assert_eq!(highest_within(&swept(1e9, 5000.0)), Some(5000.0));
    }

    #[test]
    fn whatever_ends_a_run_ends_the_sweep_and_keeps_what_there_is() {
        let mut runs = 0;
        let points = sweep(1000.0, 1e9, |rate| {
            runs += 1;
            Ok::<_, ()>((runs < 3).then(|| point(rate, true)))
        });
        assert_eq!(points.expect("it cannot fail").len(), 2);
    }
}
