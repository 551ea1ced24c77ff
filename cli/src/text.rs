//! Numbers as people read them.

use pitlane::event::fixed::{Decimal, SCALE, WideDecimal};
use pitlane::source::SourceReport;
use std::fmt::Display;

/// A whole number with its thousands apart: `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    group(&number.to_string())
}

/// A decimal with the thousands of its whole part apart.
pub(crate) fn grouped(decimal: impl Display) -> String {
    let text = decimal.to_string();
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{}.{fraction}", group(whole)),
        None => group(&text),
    }
}

fn group(digits: &str) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in ns with a fitting unit: `850 ns`, `12.3 us`, `4.56 ms`, `1.20 s`.
pub(crate) fn duration(ns: u64) -> String {
    let value = ns as f64;
    match ns {
        0..1_000 => format!("{ns} ns"),
        1_000..1_000_000 => format!("{:.1} us", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}

/// A rate with a fitting unit: `950/s`, `12.3 k/s`, `4.56 M/s`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 1e6 => format!("{:.2} M/s", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1} k/s", rate / 1e3),
        rate => format!("{rate:.0}/s"),
    }
}

/// A price or size; nothing where null.
pub(crate) fn decimal(value: i64) -> String {
    Decimal(value).to_string()
}

/// A product of two fixed-point values (1e-18) as a decimal with nine places, rounded half away
/// from zero.
pub(crate) fn product(value: i128) -> WideDecimal {
    let scale = i128::from(SCALE);
    let (quotient, rest) = (value / scale, value % scale);
    let up = rest.unsigned_abs() * 2 >= scale.unsigned_abs();
    WideDecimal(quotient + if up { value.signum() } else { 0 })
}

/// What a source says besides its counts, one line each.
pub(crate) fn notes(report: &SourceReport) -> impl Iterator<Item = String> {
    let notes = report.notes.iter().map(|(name, count)| format!("{name} {}", thousands(*count)));
    notes.chain(report.overlaps.iter().map(|overlap| format!("files overlap: {overlap}")))
}

/// Counts of a source by their names.
pub(crate) fn notes_json(report: &SourceReport) -> serde_json::Value {
    report.notes.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1000, 1_234_567].map(thousands);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped("-1234.5678"), "-1,234.5678");
    }

    #[test]
    fn products_are_rounded_half_away_from_zero() {
        let scale = i128::from(SCALE);
        assert_eq!(product(3 * scale * scale / 2).to_string(), "1.5");
        assert_eq!(product(scale / 2).to_string(), "0.000000001");
        assert_eq!(product(-scale / 2).to_string(), "-0.000000001");
        assert_eq!(product(scale / 2 - 1).to_string(), "0");
    }

    #[test]
    fn durations_and_rates_have_fitting_units() {
        assert_eq!([5, 1_500, 2_000_000].map(duration), ["5 ns", "1.5 us", "2.00 ms"]);
        assert_eq!([5.0, 1_500.0, 2_000_000.0].map(rate), ["5/s", "1.5 k/s", "2.00 M/s"]);
    }
}
