//! How long a bar is.

use std::fmt;
use std::str::FromStr;

/// How long a bar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// So many ns, more than 0.
    Time(u64),
    /// So many events, more than 0.
    Count(u64),
    /// So much volume, 1e-9, more than 0.
    Volume(i64),
}

const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A length of time such as `1m` or `250ms`, in ns; `0` needs no unit.
pub(super) fn duration(text: &str) -> Option<u64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = UNITS.iter().find(|(name, _)| *name == unit.trim())?.1;
    number.parse::<u64>().ok()?.checked_mul(unit)
}

impl FromStr for Span {
    type Err = String;

    /// A length of time: a whole number and one of `ns us ms s m h d`.
    fn from_str(text: &str) -> Result<Self, String> {
        match duration(text) {
            Some(ns) if ns > 0 => Ok(Span::Time(ns)),
            _ => Err(format!(
                "`{text}` is no length of time; write a whole number, more than 0, and one of ns, us, \
                 ms, s, m, h, d, such as 1m"
            )),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::Time(ns) => {
                let unit = UNITS.iter().rev().find(|(_, unit)| ns % unit == 0);
                let (name, unit) = unit.unwrap_or(&UNITS[0]);
                write!(f, "{}{name}", ns / unit)
            }
            Span::Count(count) => write!(f, "{count} events"),
            Span::Volume(volume) => {
                write!(f, "volume {}", pitlane::event::fixed::Decimal(*volume))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit() {
        for (text, ns) in
            [("1m", 60_000_000_000), ("250ms", 250_000_000), ("2 h", 7_200_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(Span::Time(ns)), "{text}");
        }
        for text in ["", "m", "1", "0s", "-1s", "1.5s", "1 week", "99999999999999999d"] {
            assert!(text.parse::<Span>().unwrap_err().contains("such as 1m"), "{text}");
        }
        let shown = ["90s", "1d", "1500us"].map(|text| text.parse::<Span>().unwrap().to_string());
        assert_eq!(shown, ["90s", "1d", "1500us"]);
    }
}
