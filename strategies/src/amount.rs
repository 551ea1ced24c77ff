//! Decimals in parameters.

use pitlane::event::fixed::{self, Decimal};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A price, quantity or notional in a parameter: a decimal, held in units of 1e-9.
///
/// Reads numbers and text (`1`, `0.5`, `"0.000000001"`, `1e6`) exactly as written; refuses what has
/// more than nine digits after the point or lies beyond ±9,223,372,036.854775806.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(i64);

impl Amount {
    /// From units of 1e-9.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// A whole number of ones; no more than 9,223,372,036 of them, beyond which it stays there.
    #[must_use]
    pub const fn whole(ones: i64) -> Self {
        Self(ones.saturating_mul(fixed::SCALE))
    }

    /// In units of 1e-9.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Whether it is more than zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal(self.0).fmt(f)
    }
}

impl std::str::FromStr for Amount {
    type Err = fixed::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let units = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => fixed::parse(shift(mantissa, exponent)?.as_bytes()),
            None => fixed::parse(text.as_bytes()),
        };
        units.map(Self)
    }
}

/// `mantissa` with its point moved by `exponent` places: `1.5e3` is `1500`.
fn shift(mantissa: &str, exponent: &str) -> Result<String, fixed::ParseError> {
    /// Places beyond which nothing but zero fits.
    const FAR: i32 = 64;
    let places: i32 = exponent.parse().map_err(|_| fixed::ParseError::NotANumber)?;
    let places = places.clamp(-FAR, FAR);
    let unsigned = mantissa.trim_start_matches(['-', '+']);
    let sign = if mantissa.starts_with('-') { "-" } else { "" };
    if mantissa.len() - unsigned.len() > 1 || !unsigned.is_ascii() || unsigned.is_empty() {
        return Err(fixed::ParseError::NotANumber);
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let zeros = "0".repeat(places.unsigned_abs() as usize);
    Ok(if places < 0 {
        let digits = format!("{zeros}{whole}");
        let (whole, moved) = digits.split_at(digits.len() - zeros.len());
        format!("{sign}{whole}.{moved}{fraction}")
    } else {
        let digits = format!("{fraction}{zeros}");
        let (moved, fraction) = digits.split_at(zeros.len());
        format!("{sign}{whole}{moved}.{fraction}")
    })
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal such as 1 or 0.5")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Amount, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Amount, E> {
        self.visit_str(&value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Amount, E> {
        // The shortest decimal that reads back as this float is what was written, up to 15 digits.
        self.visit_str(&value.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        text.parse().map_err(|error| match error {
            fixed::ParseError::TooFine | fixed::ParseError::TooLarge => {
                E::custom(format!("{text} does not fit: {error}"))
            }
            _ => E::invalid_value(Unexpected::Str(text), &self),
        })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % fixed::SCALE {
            0 => serializer.serialize_i64(self.0 / fixed::SCALE),
            _ => serializer.collect_str(self),
        }
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string"],
            "pattern": r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_text_exactly() {
        for (json, units) in [
            ("1", 1_000_000_000),
            ("0.5", 500_000_000),
            ("0.1", 100_000_000),
            ("-2", -2_000_000_000),
            ("\"0.000000001\"", 1),
            ("\"9223372036.854775806\"", i64::MAX - 1),
            ("1e6", 1_000_000 * fixed::SCALE),
            ("\"1.25e1\"", 12_500_000_000),
            ("\"-125E-2\"", -1_250_000_000),
            ("\"5e-9\"", 5),
        ] {
            let amount: Amount = serde_json::from_str(json).unwrap();
            assert_eq!(amount.units(), units, "{json}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_hold_and_says_why() {
        for (json, why) in [
            ("\"0.0000000001\"", "more than 9 digits"),
            ("10000000000", "beyond 9,223,372,036"),
            ("1e300", "beyond 9,223,372,036"),
            ("\"1e99999\"", "beyond 9,223,372,036"),
            ("\"ten\"", "a decimal such as"),
            ("\"1e\"", "a decimal such as"),
            ("\"--1e1\"", "a decimal such as"),
            ("\"é1e-1\"", "a decimal such as"),
            ("true", "a decimal such as"),
        ] {
            let error = serde_json::from_str::<Amount>(json).unwrap_err().to_string();
            assert!(error.contains(why), "{json}: {error}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for json in ["1", "-7", "\"0.5\"", "\"0.000000001\""] {
            let amount: Amount = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), json);
        }
    }
}
