//! Arithmetic and comparisons of numbers: where they are exact and where they are floats.

use super::{Checker, Typed};
use crate::condition::ast::{Arithmetic, Comparison, Expr};
use crate::condition::number::{Inexact, Literal};
use crate::condition::typed::{Bool, Exact, Float};

/// A number by what is known of it.
pub(super) enum Number {
    /// As written: exact beside exact numbers, a float beside floats.
    Literal(Literal),
    Exact(Exact),
    Float(Float),
}

/// Two numbers of one kind.
enum Pair {
    Exact(Exact, Exact),
    Float(Float, Float),
}

impl Number {
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Number::Literal(_) => true,
            Number::Exact(exact) => matches!(exact, Exact::Const(_)),
            Number::Float(float) => matches!(float, Float::Const(_)),
        }
    }

    fn is_zero(&self) -> bool {
        match self {
            Number::Literal(literal) => literal.float == 0.0,
            Number::Exact(exact) => matches!(exact, Exact::Const(0)),
            Number::Float(float) => matches!(float, Float::Const(value) if *value == 0.0),
        }
    }

    fn float(self) -> Float {
        match self {
            Number::Literal(literal) => Float::Const(literal.float),
            Number::Exact(exact) => Float::of(exact),
            Number::Float(float) => float,
        }
    }
}

impl Checker<'_> {
    pub(super) fn negative(&mut self, inner: &Expr) -> Typed {
        let Some(number) = self.number(inner, "after `-`") else { return Typed::Mistake };
        Typed::Number(match number {
            Number::Literal(literal) => Number::Literal(literal.negative()),
            Number::Exact(exact) => Number::Exact(exact.negative()),
            Number::Float(float) => Number::Float(float.negative()),
        })
    }

    pub(super) fn arithmetic(&mut self, operator: Arithmetic, left: &Expr, right: &Expr) -> Typed {
        let place = "on both sides of an arithmetic operator";
        let sides = (self.number(left, place), self.number(right, place));
        let (Some(l), Some(r)) = sides else { return Typed::Mistake };
        if matches!(operator, Arithmetic::Divide | Arithmetic::Remainder) && r.is_zero() {
            let message = "dividing by 0 gives null, and no comparison with null holds";
            self.findings.warn(&right.at, message, "");
        }
        let pair = match operator {
            Arithmetic::Multiply | Arithmetic::Divide => Some(Pair::Float(l.float(), r.float())),
            _ => self.pair((l, left), (r, right)),
        };
        match pair {
            None => Typed::Mistake,
            Some(Pair::Exact(l, r)) => Typed::Number(Number::Exact(Exact::compute(operator, l, r))),
            Some(Pair::Float(l, r)) => Typed::Number(Number::Float(Float::compute(operator, l, r))),
        }
    }

    pub(super) fn compare_numbers(
        &mut self,
        comparison: Comparison,
        left: (Number, &Expr),
        right: (Number, &Expr),
        whole: &Expr,
    ) -> Typed {
        let truth = match self.pair(left, right) {
            None => return Typed::Mistake,
            Some(Pair::Exact(l, r)) => Bool::exact(comparison, l, r),
            Some(Pair::Float(l, r)) => Bool::float(comparison, l, r),
        };
        if let Bool::Exact(comparison, Exact::Field(field), Exact::Const(units)) = &truth
            && *comparison != Comparison::NotEqual
            && field.range(*comparison, *units).is_none()
        {
            let message = format!("`{}` never holds", self.quote(whole));
            self.findings.warn(&whole.at, message, "the field has no such values");
        }
        Typed::Truth(truth)
    }

    pub(super) fn number_in(
        &mut self,
        (value, expr): (Number, &Expr),
        list: Vec<(Number, &Expr)>,
        negated: bool,
    ) -> Typed {
        let is_float = |number: &Number| match number {
            Number::Literal(literal) => literal.exact.is_err(),
            Number::Exact(_) => false,
            Number::Float(_) => true,
        };
        let floats = match &value {
            Number::Float(_) => true,
            Number::Exact(_) => list.iter().any(|(item, _)| matches!(item, Number::Float(_))),
            literal => is_float(literal) || list.iter().any(|(item, _)| is_float(item)),
        };
        if floats {
            let list = list.into_iter().map(|(item, _)| match item.float() {
                Float::Const(item) => item,
                _ => f64::NAN,
            });
            let value = value.float();
            return Typed::Truth(Bool::FloatIn { value, list: list.collect(), negated });
        }
        let items = list.into_iter().map(|(item, expr)| match self.exact(item, expr) {
            Some(Exact::Const(units)) => Some(units),
            _ => None,
        });
        let Some(list) = items.collect::<Option<Vec<i128>>>() else { return Typed::Mistake };
        match self.exact(value, expr) {
            Some(value) => Typed::Truth(Bool::ExactIn { value, list, negated }),
            None => Typed::Mistake,
        }
    }

    fn number(&mut self, expr: &Expr, place: &str) -> Option<Number> {
        match self.typed(expr) {
            Typed::Number(number) => Some(number),
            Typed::Mistake => None,
            other => {
                let message = format!(
                    "expected numbers {place}, but `{}` is {}",
                    self.quote(expr),
                    other.noun()
                );
                self.findings.error(&expr.at, message, "");
                None
            }
        }
    }

    /// Both as floats if one is a float; otherwise both exact.
    fn pair(&mut self, left: (Number, &Expr), right: (Number, &Expr)) -> Option<Pair> {
        let floats = match (&left.0, &right.0) {
            (Number::Float(_), _) | (_, Number::Float(_)) => true,
            (Number::Literal(l), Number::Literal(r)) => l.exact.is_err() || r.exact.is_err(),
            _ => false,
        };
        if floats {
            return Some(Pair::Float(left.0.float(), right.0.float()));
        }
        let left = self.exact(left.0, left.1);
        let right = self.exact(right.0, right.1);
        Some(Pair::Exact(left?, right?))
    }

    /// A number that is no float, exactly. Reports a literal that has no exact value.
    fn exact(&mut self, number: Number, expr: &Expr) -> Option<Exact> {
        let literal = match number {
            Number::Exact(exact) => return Some(exact),
            Number::Float(_) => return None,
            Number::Literal(literal) => literal,
        };
        let quote = self.quote(expr);
        let (message, help) = match literal.exact {
            Ok(units) => return Some(Exact::Const(units)),
            Err(Inexact::TooFine) => {
                (format!("`{quote}` is finer than 1e-9"), "write at most 9 digits after the point")
            }
            Err(Inexact::TooLarge) => {
                (format!("`{quote}` is larger than any value"), "the largest are about 1.8e19")
            }
        };
        self.findings.error(&expr.at, message, help);
        None
    }
}
