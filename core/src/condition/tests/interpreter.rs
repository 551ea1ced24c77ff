//! Conditions understood a second time, straight from the tree and slowly; and printed.

use super::Stable;
use crate::Instruments;
use crate::condition::ast::{Arithmetic, Comparison, Expr, Node};
use crate::condition::number::{Literal, to_float};
use crate::event::fixed::{self, WideDecimal};
use crate::event::{EventType, Field, FieldKind, Slot};
use std::cmp::Ordering;

enum Value {
    Truth(bool),
    Literal(i128, f64),
    Fine(f64),
    Exact(Option<i128>),
    Float(f64),
    Text(String),
    /// All texts that the field equals; `None` is null.
    Words(Option<Vec<String>>),
}

/// What conditions over one type mean for one event.
pub(super) struct Interpreter<'a> {
    pub(super) stable: &'a Stable,
    pub(super) event: EventType,
    pub(super) fields: &'static [Field],
    pub(super) slot: &'a Slot,
}

impl Interpreter<'_> {
    pub(super) fn holds(&self, expr: &Expr) -> bool {
        match self.value(expr) {
            Value::Truth(truth) => truth,
            _ => panic!("not a condition: {}", print(expr)),
        }
    }

    fn value(&self, expr: &Expr) -> Value {
        match &expr.node {
            Node::Number(Literal { exact: Ok(exact), float }) => Value::Literal(*exact, *float),
            Node::Number(Literal { float, .. }) => Value::Fine(*float),
            Node::Text(text) => Value::Text(text.clone()),
            Node::Truth(truth) => Value::Truth(*truth),
            Node::Name(name) => self.name(name),
            Node::Negative(inner) => match self.value(inner) {
                Value::Literal(exact, float) => Value::Literal(-exact, -float),
                Value::Exact(exact) => Value::Exact(exact.map(|exact| -exact)),
                number => Value::Float(-float(&number)),
            },
            Node::Arithmetic(operator, left, right) => {
                arithmetic(*operator, &self.value(left), &self.value(right))
            }
            Node::Compare(comparison, left, right) => {
                Value::Truth(compare(*comparison, &self.value(left), &self.value(right)))
            }
            Node::In { value, list, negated } => {
                let value = self.value(value);
                let compared = |comparison| {
                    list.iter().map(move |item| compare(comparison, &value, &self.value(item)))
                };
                Value::Truth(if *negated {
                    compared(Comparison::NotEqual).all(|differs| differs)
                } else {
                    compared(Comparison::Equal).any(|equals| equals)
                })
            }
            Node::Not(inner) => Value::Truth(!self.holds(inner)),
            Node::All(parts) => Value::Truth(parts.iter().all(|part| self.holds(part))),
            Node::Any(parts) => Value::Truth(parts.iter().any(|part| self.holds(part))),
            Node::Mistake(_) => panic!("a mistake"),
        }
    }

    fn name(&self, name: &str) -> Value {
        let Some(field) = self.fields.iter().find(|field| field.name == name) else {
            let predicate = self.stable.predicates.of(self.event, name).expect("a name");
            return Value::Truth(predicate(self.slot));
        };
        let bytes: [u8; 64] = bytemuck::cast(*self.slot);
        let header = self.slot.header;
        let exists =
            |kinds: u32| kinds == u32::MAX || (header.kind < 32 && kinds & (1 << header.kind) != 0);
        let eight = |byte: usize| <[u8; 8]>::try_from(&bytes[byte..byte + 8]).unwrap();
        let named = |id: u16| {
            let name = || self.stable.names.name(id).map_or(format!("#{id}"), str::to_owned);
            Value::Words((id != 0).then(|| vec![name()]))
        };
        let instrument = self.stable.instruments.text(header.instrument);
        match field.kind {
            FieldKind::Decimal { byte, kinds } => {
                let stored = i64::from_ne_bytes(eight(byte));
                let present = exists(kinds) && stored != fixed::NULL;
                Value::Exact(present.then_some(i128::from(stored)))
            }
            FieldKind::Integer { byte, bytes: n, kinds } => {
                let mut wide = [0; 16];
                wide[..n].copy_from_slice(&bytes[byte..byte + n]);
                let value = i128::from_le_bytes(wide) * 1_000_000_000;
                Value::Exact(exists(kinds).then_some(value))
            }
            FieldKind::Float { byte } => Value::Float(f64::from_ne_bytes(eight(byte))),
            FieldKind::Choice { byte, mask, choices } => {
                let meant = choices.iter().filter(|choice| choice.value == bytes[byte] & mask);
                Value::Words(Some(meant.map(|choice| choice.name.to_owned()).collect()))
            }
            FieldKind::Symbol => Value::Words(
                instrument.map(|text| vec![text.to_string(), Instruments::split(&text).0.into()]),
            ),
            FieldKind::Venue => {
                let venue = instrument.map(|text| Instruments::split(&text).1.to_owned());
                Value::Words(venue.filter(|venue| !venue.is_empty()).map(|venue| vec![venue]))
            }
            FieldKind::Source => named(header.source),
            FieldKind::Component { byte } => {
                named(u16::from_ne_bytes([bytes[byte], bytes[byte + 1]]))
            }
        }
    }
}

fn float(number: &Value) -> f64 {
    match number {
        Value::Literal(_, float) | Value::Fine(float) | Value::Float(float) => *float,
        Value::Exact(exact) => exact.map_or(f64::NAN, to_float),
        _ => panic!("not a number"),
    }
}

/// Both numbers exactly, unless one is a float: then `None`. Each may be null.
fn exact(left: &Value, right: &Value) -> Option<(Option<i128>, Option<i128>)> {
    let exact = |number: &Value| match number {
        Value::Literal(exact, _) => Some(Some(*exact)),
        Value::Exact(exact) => Some(*exact),
        _ => None,
    };
    Some((exact(left)?, exact(right)?))
}

fn arithmetic(operator: Arithmetic, left: &Value, right: &Value) -> Value {
    if let Some((left, right)) = exact(left, right) {
        let both = left.zip(right);
        match operator {
            Arithmetic::Add => return Value::Exact(both.map(|(l, r)| l + r)),
            Arithmetic::Subtract => return Value::Exact(both.map(|(l, r)| l - r)),
            Arithmetic::Remainder => {
                return Value::Exact(both.filter(|(_, r)| *r != 0).map(|(l, r)| l % r));
            }
            Arithmetic::Multiply | Arithmetic::Divide => {}
        }
    }
    let (left, right) = (float(left), float(right));
    Value::Float(match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide | Arithmetic::Remainder if right == 0.0 => f64::NAN,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    })
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Truth(left), Value::Truth(right)) => Some(left.cmp(right)),
        (Value::Words(words), Value::Text(text)) | (Value::Text(text), Value::Words(words)) => {
            let equal = |words: &Vec<String>| {
                if words.contains(text) { Ordering::Equal } else { Ordering::Less }
            };
            words.as_ref().map(equal)
        }
        (Value::Words(left), Value::Words(right)) => {
            left.as_ref().zip(right.as_ref()).map(|(left, right)| left.cmp(right))
        }
        _ => match exact(left, right) {
            Some((left, right)) => left.zip(right).map(|(left, right)| left.cmp(&right)),
            None => float(left).partial_cmp(&float(right)),
        },
    };
    match (comparison, order) {
        (_, None) => false,
        (Comparison::Equal, Some(order)) => order == Ordering::Equal,
        (Comparison::NotEqual, Some(order)) => order != Ordering::Equal,
        (Comparison::Less, Some(order)) => order == Ordering::Less,
        (Comparison::LessOrEqual, Some(order)) => order != Ordering::Greater,
        (Comparison::Greater, Some(order)) => order == Ordering::Greater,
        (Comparison::GreaterOrEqual, Some(order)) => order != Ordering::Less,
    }
}

/// A text whose tree is this one.
pub(super) fn print(expr: &Expr) -> String {
    let list = |parts: &[Expr], sign: &str| parts.iter().map(part).collect::<Vec<_>>().join(sign);
    match &expr.node {
        Node::Number(Literal { exact: Ok(units), .. }) => WideDecimal(*units).to_string(),
        Node::Number(Literal { float, .. }) => float.to_string(),
        Node::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Node::Truth(truth) => truth.to_string(),
        Node::Name(name) => name.clone(),
        Node::Negative(inner) => format!("-{}", part(inner)),
        Node::Arithmetic(operator, left, right) => {
            let sign = match operator {
                Arithmetic::Add => "+",
                Arithmetic::Subtract => "-",
                Arithmetic::Multiply => "*",
                Arithmetic::Divide => "/",
                Arithmetic::Remainder => "%",
            };
            format!("{} {sign} {}", part(left), part(right))
        }
        Node::Compare(comparison, left, right) => {
            let sign = match comparison {
                Comparison::Equal => "==",
                Comparison::NotEqual => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{} {sign} {}", part(left), part(right))
        }
        Node::In { value, list: items, negated } => {
            let not = if *negated { "not " } else { "" };
            format!("{} {not}in [{}]", part(value), list(items, ", "))
        }
        Node::Not(inner) => format!("!{}", part(inner)),
        Node::All(parts) => list(parts, " && "),
        Node::Any(parts) => list(parts, " || "),
        Node::Mistake(_) => panic!("a mistake"),
    }
}

/// In parentheses where it has parts.
fn part(expr: &Expr) -> String {
    let text = print(expr);
    if expr.height == 1 { text } else { format!("({text})") }
}
