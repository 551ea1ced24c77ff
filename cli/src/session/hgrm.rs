//! Latency as HDR percentile distributions.

use super::outcome::Outcome;
use hdrhistogram::Histogram;
use std::fmt::Write;

/// Steps per halving of the distance to 100 %, as HdrHistogram's own tools have it.
const TICKS_PER_HALF: u32 = 5;

/// The distribution over all stages, then each stage's, in the form that HdrHistogram's plotters
/// read; ns.
pub(super) fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    section(&mut text, &format!("all stages: {WHAT}"), &outcome.latency());
    for stage in outcome.stage_reports() {
        section(&mut text, &format!("stage {}: {WHAT}", stage.name), &stage.latency);
    }
    text
}

/// What latencies of a replay are.
const WHAT: &str = "wall time from entry to the end of the batch, ns";

/// One distribution under a title.
pub(crate) fn section(text: &mut String, title: &str, latency: &Histogram<u64>) {
    // Writing to a string does not fail: results are passed over.
    let _ = writeln!(text, "#[{title}]");
    let _ = writeln!(
        text,
        "{:>14} {:>16} {:>12} {:>16}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    for step in latency.iter_quantiles(TICKS_PER_HALF) {
        let (value, quantile) = (step.value_iterated_to(), step.quantile_iterated_to());
        let count = latency.count_between(0, value);
        let value = value as f64;
        let _ = write!(text, "{value:>14.3} {quantile:>16.12} {count:>12}");
        let _ = match quantile < 1.0 {
            true => writeln!(text, " {:>16.2}", 1.0 / (1.0 - quantile)),
            false => writeln!(text),
        };
    }
    let _ = writeln!(
        text,
        "#[Mean    = {:14.3}, StdDeviation   = {:14.3}]",
        latency.mean(),
        latency.stdev()
    );
    let _ = writeln!(
        text,
        "#[Max     = {:14.3}, Total count    = {:14}]",
        latency.max() as f64,
        latency.len()
    );
    text.push('\n');
}
