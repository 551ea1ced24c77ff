//! Numbers as they are written, and the arithmetic that conditions do with them.
//!
//! A number is *exact*, an `i128` in units of 1e-9 that no literal, field or sum of them can
//! overflow, or a *float*. Either may be null; a float's null is NaN.

use super::ast::{Arithmetic, Comparison};
use crate::event::fixed::SCALE;
use std::cmp::Ordering;

/// Units of 1e-9 in one.
pub(super) const UNITS: i128 = SCALE as i128;

/// Exact literals are smaller than this, in units of 1e-9: the largest `u64` is, and sums of 2^31
/// such numbers still fit an `i128`.
const LIMIT: i128 = 1 << 96;

/// Why a literal has no exact value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inexact {
    /// It has digits beyond the ninth after the point.
    TooFine,
    /// It is larger than any field can be.
    TooLarge,
}

/// A number as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Literal {
    /// In units of 1e-9.
    pub(super) exact: Result<i128, Inexact>,
    /// The nearest float; finite.
    pub(super) float: f64,
}

impl Literal {
    /// Reads digits with at most one point, `_` anywhere among them, and an exponent. `None` where
    /// the number is beyond floats: infinite, or so small that it would become 0.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| *c != '_').collect();
        let float: f64 = text.parse().ok()?;
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0').trim_end_matches('0');
        if !float.is_finite() || (float == 0.0 && !significant.is_empty()) {
            return None;
        }
        let trailing = digits.len() - digits.trim_end_matches('0').len();
        // An exponent too long to parse comes with a mantissa of 0, or the float had said no.
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let power = exponent - fraction.len() as i64 + trailing as i64 + 9;
        Some(Self { exact: exact(significant, power), float })
    }

    pub(super) fn negative(self) -> Self {
        Self { exact: self.exact.map(|units| -units), float: -self.float }
    }
}

fn exact(significant: &str, power: i64) -> Result<i128, Inexact> {
    if significant.is_empty() {
        return Ok(0);
    }
    if power < 0 {
        return Err(Inexact::TooFine);
    }
    let power = u32::try_from(power).map_err(|_| Inexact::TooLarge)?;
    let digits: i128 = significant.parse().map_err(|_| Inexact::TooLarge)?;
    10_i128
        .checked_pow(power)
        .and_then(|scale| digits.checked_mul(scale))
        .filter(|units| *units < LIMIT)
        .ok_or(Inexact::TooLarge)
}

/// The float nearest an exact number.
pub(super) fn to_float(units: i128) -> f64 {
    if units % UNITS == 0 { (units / UNITS) as f64 } else { units as f64 / SCALE as f64 }
}

/// Exact `left operator right` for the operators that are exact; `None` for a remainder by 0.
#[inline]
pub(super) fn compute_exact(operator: Arithmetic, left: i128, right: i128) -> Option<i128> {
    match operator {
        Arithmetic::Add => Some(left + right),
        Arithmetic::Subtract => Some(left - right),
        Arithmetic::Remainder => match (i64::try_from(left), i64::try_from(right)) {
            (Ok(left), Ok(right)) if right > 0 => Some(i128::from(left % right)),
            _ => left.checked_rem(right),
        },
        Arithmetic::Multiply | Arithmetic::Divide => None,
    }
}

/// `left operator right` of floats; null where it divides by 0.
#[inline]
pub(super) fn compute_float(operator: Arithmetic, left: f64, right: f64) -> f64 {
    match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide if right == 0.0 => f64::NAN,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    }
}

impl Comparison {
    /// Whether it holds for two values in this order; never where they have none, as with nulls.
    pub(super) fn holds(self, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }
}
