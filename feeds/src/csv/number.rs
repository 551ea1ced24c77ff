//! Exact numbers from text, fast.

use pitlane::event::fixed::{self, ParseError, SCALE};

/// Digits that fit an i64 whatever they are.
const SAFE_DIGITS: usize = 18;

const POWERS: [i64; 10] =
    [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/// How numbers of a column stand for prices or sizes: the file holds value x `times`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    times: i64,
    /// 1e-9 units in one unit of the column, where that is a whole number.
    units: Option<i64>,
}

impl Scale {
    /// Numbers as they are.
    pub(crate) const ONE: Scale = Scale { times: 1, units: Some(SCALE) };

    /// The file holds value x `times`; `None` for 0.
    pub(crate) fn new(times: u64) -> Option<Self> {
        let times = i64::try_from(times).ok().filter(|&times| times > 0)?;
        Some(Self { times, units: (SCALE % times == 0).then(|| SCALE / times) })
    }

    /// 1e-9 units in one unit of the column, where that is a whole number.
    #[inline]
    pub(crate) fn units(self) -> Option<i64> {
        self.units
    }

    /// Whether numbers stand as they are.
    #[inline]
    pub(crate) fn is_one(self) -> bool {
        self.times == 1
    }

    /// The value in units of 1e-9, exactly.
    #[inline]
    pub(crate) fn parse(self, text: &[u8]) -> Result<i64, ParseError> {
        if let (Some(units), Some(value)) = (self.units, digits(text)) {
            return match value.checked_mul(units) {
                Some(fixed::NULL) | None => Err(ParseError::TooLarge),
                Some(value) => Ok(value),
            };
        }
        if self.times == 1
            && let Some(value) = short_decimal(text)
        {
            return Ok(value);
        }
        self.parse_any(text)
    }

    #[cold]
    fn parse_any(self, text: &[u8]) -> Result<i64, ParseError> {
        if let Some(plain) = without_exponent(text) {
            return self.parse(&plain);
        }
        if self.times == 1 {
            return fixed::parse(text);
        }
        // A number such as 1815200.5 of a file that holds price x 10000.
        let value = i128::from(fixed::parse(text)?);
        let times = i128::from(self.times);
        if value % times != 0 {
            return Err(ParseError::TooFine);
        }
        i64::try_from(value / times).map_err(|_| ParseError::TooLarge)
    }
}

/// The most digits an exponent is written out to.
const MOST_ZEROS: usize = 40;

/// A number such as `1e-7` or `2.5E+3`, as some programs write small and large ones, without its
/// exponent; `None` where it has none.
fn without_exponent(text: &[u8]) -> Option<Vec<u8>> {
    let at = text.iter().position(|byte| matches!(byte, b'e' | b'E'))?;
    let (mantissa, exponent) = (std::str::from_utf8(&text[..at]).ok()?, &text[at + 1..]);
    let exponent: i32 = std::str::from_utf8(exponent).ok()?.parse().ok()?;
    let (sign, number) = match mantissa.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", mantissa),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let all = format!("{whole}{fraction}");
    let is_plain = !all.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain || exponent.unsigned_abs() as usize > MOST_ZEROS {
        return None;
    }
    let point = whole.len() as i32 + exponent;
    let before = "0".repeat(usize::try_from(-point).unwrap_or(0));
    let after = "0".repeat(usize::try_from(point - all.len() as i32).unwrap_or(0));
    let digits = format!("{before}{all}{after}");
    let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
    Some(format!("{sign}{whole}.{fraction}").into_bytes())
}

/// A whole number of at most 18 digits, no sign.
#[inline]
pub(crate) fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > SAFE_DIGITS {
        return None;
    }
    let mut value = 0_i64;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(value)
}

/// A plain decimal of few digits: one pass, no check but the last. What it does not take is read by
/// `fixed::parse`.
#[inline]
fn short_decimal(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > SAFE_DIGITS {
        return None;
    }
    let mut value = 0_i64;
    let mut point = None;
    for (at, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            value = value * 10 + i64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let places = text.len() - 1 - point?;
    let units = *POWERS.get(places)?;
    (text.len() > 1).then(|| value.checked_mul(units)).flatten().filter(|&v| v != fixed::NULL)
}

/// An unsigned whole number.
#[inline]
pub(crate) fn unsigned(text: &[u8]) -> Option<u64> {
    if let Some(value) = digits(text) {
        return Some(value as u64);
    }
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scaled_columns_are_exact() {
        let lean = Scale::new(10_000).unwrap();
        assert_eq!(lean.parse(b"1815200"), Ok(181_520_000_000));
        assert_eq!(lean.parse(b"1815200.5"), Ok(181_520_050_000));
        assert_eq!(lean.parse(b"-1"), Ok(-100_000));
        assert_eq!(lean.parse(b""), Err(ParseError::Empty));
        assert_eq!(lean.parse(b"0.000001"), Err(ParseError::TooFine));
        assert_eq!(lean.parse(b"999999999999999999"), Err(ParseError::TooLarge));
        assert_eq!(Scale::new(3).unwrap().parse(b"6"), Ok(2 * SCALE));
        assert_eq!(Scale::new(3).unwrap().parse(b"1"), Err(ParseError::TooFine));
        assert_eq!(Scale::new(0), None);
    }

    #[test]
    fn exponents_are_written_out() {
        for (text, value) in [
            ("1e-7", Ok(100)),
            ("-1.5E-8", Ok(-15)),
            ("2.5e+3", Ok(2_500 * SCALE)),
            ("12e0", Ok(12 * SCALE)),
            ("1e-10", Err(ParseError::TooFine)),
            ("1e30", Err(ParseError::TooLarge)),
            ("1e99", Err(ParseError::NotANumber)),
            ("e5", Err(ParseError::NotANumber)),
            ("1e", Err(ParseError::NotANumber)),
        ] {
            assert_eq!(Scale::ONE.parse(text.as_bytes()), value, "{text}");
        }
        assert_eq!(Scale::new(10_000).unwrap().parse(b"1.8152e6"), Ok(181_520_000_000));
    }

    proptest! {
        #[test]
        fn the_fast_ways_agree_with_the_plain_one(text in "[-+]?[0-9]{0,20}(\\.[0-9]{0,11})?") {
            prop_assert_eq!(Scale::ONE.parse(text.as_bytes()), fixed::parse(text.as_bytes()));
        }

        #[test]
        fn whole_numbers_agree_with_the_standard_library(text in "[0-9]{0,21}") {
            prop_assert_eq!(unsigned(text.as_bytes()), text.parse::<u64>().ok());
        }
    }
}
