//! Fixed-point prices and sizes: `i64` in units of 1e-9, as DBN and NautilusTrader have them.
//!
//! Range ±9,223,372,036.854775806; products are taken in `i128`.

use std::fmt;

/// Units in one.
pub const SCALE: i64 = 1_000_000_000;

/// No value.
pub const NULL: i64 = i64::MAX;

/// Digits after the decimal point.
const DIGITS: usize = 9;

/// Why a text is not a fixed-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing there.
    #[error("a number is missing")]
    Empty,
    /// Something that is neither digit, point nor leading sign.
    #[error("not a decimal number")]
    NotANumber,
    /// Non-zero digits beyond the ninth after the point.
    #[error("more than 9 digits after the decimal point")]
    TooFine,
    /// Beyond ±9,223,372,036.854775806.
    #[error("beyond 9,223,372,036.854775806")]
    TooLarge,
}

/// Reads a decimal such as `-12.5`, exactly. No exponent, no white space, no grouping.
///
/// # Errors
/// Where the text is empty, not a number, too fine or too large.
#[inline]
pub fn parse(text: &[u8]) -> Result<i64, ParseError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let mut value: i64 = 0;
    let mut fraction: Option<usize> = None;
    let mut seen = 0usize;
    for &byte in digits {
        if byte == b'.' && fraction.is_none() {
            fraction = Some(0);
            continue;
        }
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(ParseError::NotANumber);
        }
        seen += 1;
        if let Some(places) = &mut fraction {
            if *places == DIGITS {
                if digit != 0 {
                    return Err(ParseError::TooFine);
                }
                continue;
            }
            *places += 1;
        }
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(digit)))
            .ok_or(ParseError::TooLarge)?;
    }
    if seen == 0 {
        return Err(if text.is_empty() { ParseError::Empty } else { ParseError::NotANumber });
    }
    let scale = POWERS[DIGITS - fraction.unwrap_or(0)];
    match value.checked_mul(scale) {
        Some(NULL) | None => Err(ParseError::TooLarge),
        Some(value) => Ok(if negative { -value } else { value }),
    }
}

const POWERS: [i64; DIGITS + 1] = {
    let mut powers = [1; DIGITS + 1];
    let mut i = 1;
    while i <= DIGITS {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Prints a fixed-point value as a plain decimal without trailing zeros; nothing where null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub i64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == NULL {
            return Ok(());
        }
        WideDecimal(i128::from(self.0)).fmt(f)
    }
}

/// Prints a sum or product of fixed-point values, in units of 1e-9, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WideDecimal(pub i128);

impl fmt::Display for WideDecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / SCALE as u128, (magnitude % SCALE as u128) as u64);
        write!(f, "{sign}{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut digits = [b'0'; DIGITS];
        let mut rest = fraction;
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        let end = digits.iter().rposition(|&d| d != b'0').map_or(0, |at| at + 1);
        f.write_str(".")?;
        f.write_str(std::str::from_utf8(&digits[..end]).unwrap_or_default())
    }
}

/// The nearest fixed-point value of a float; null where it is not finite or too large.
#[must_use]
pub fn from_f64(value: f64) -> i64 {
    let scaled = (value * SCALE as f64).round();
    if scaled.abs() < i64::MAX as f64 { scaled as i64 } else { NULL }
}

/// The float nearest a fixed-point value; NaN where null.
#[must_use]
#[inline]
pub fn to_f64(value: i64) -> f64 {
    if value == NULL { f64::NAN } else { value as f64 / SCALE as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimals_exactly() {
        for (text, value) in [
            ("0", 0),
            ("1", SCALE),
            ("-12.5", -12_500_000_000),
            ("+.5", 500_000_000),
            ("7.", 7 * SCALE),
            ("182.500506980", 182_500_506_980),
            ("0.0000000010000", 1),
            ("9223372036.854775806", i64::MAX - 1),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(value), "{text}");
        }
    }

    #[test]
    fn says_why_a_text_is_not_a_number() {
        for (text, error) in [
            ("", ParseError::Empty),
            (".", ParseError::NotANumber),
            ("-", ParseError::NotANumber),
            ("1.2.3", ParseError::NotANumber),
            ("1e5", ParseError::NotANumber),
            ("0.0000000001", ParseError::TooFine),
            ("9223372036.854775807", ParseError::TooLarge),
            ("99999999999999999999", ParseError::TooLarge),
        ] {
            assert_eq!(parse(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn prints_what_it_reads() {
        for text in ["0", "1", "-0.000000001", "182.50050698", "9223372036.854775806"] {
            assert_eq!(Decimal(parse(text.as_bytes()).unwrap()).to_string(), text);
        }
        assert_eq!(Decimal(NULL).to_string(), "");
        assert_eq!(WideDecimal(-(1_i128 << 100)).to_string(), "-1267650600228229401496.703205376");
    }
}
