//! The typed tree to closures.
//!
//! A test knows what comes after it: in `a && b`, the closure of `a` ends in a call of the closure
//! of `b`, so that `n` joined leaves cost `n` calls and there is no node that joins them.

use super::ast::Comparison;
use super::instruments::Verdicts;
use super::leaves::{
    byte_in_set, compared, compared_floats, field_and_constant, field_and_field,
    float_and_constant, load, name_in, same_name,
};
use super::number::{UNITS, compute_exact, compute_float, to_float};
use super::typed::{Bool, Exact, Float, Stored};
use crate::Instruments;
use crate::event::{Slot, fixed};

/// A compiled truth.
pub(crate) type Test = Box<dyn FnMut(&Slot) -> bool + Send>;

/// A compiled exact number; `None` is null.
type ExactOf = Box<dyn Fn(&Slot) -> Option<i128> + Send>;

/// A compiled float; NaN is null.
type FloatOf = Box<dyn Fn(&Slot) -> f64 + Send>;

/// What is left to test after a test.
pub(crate) enum Rest {
    Nothing,
    And(Test),
    Or(Test),
}

/// More joined parts than this are a loop over closures instead of a chain of them.
const LONGEST_CHAIN: usize = 16;

/// The test and what comes after it, in one closure.
pub(crate) fn fuse<T>(mut test: T, rest: Rest) -> Test
where
    T: FnMut(&Slot) -> bool + Send + 'static,
{
    match rest {
        Rest::Nothing => Box::new(test),
        Rest::And(mut rest) => Box::new(move |event| test(event) && rest(event)),
        Rest::Or(mut rest) => Box::new(move |event| test(event) || rest(event)),
    }
}

/// Compiles a truth and, fused to it, what comes after it.
pub(super) fn compile(truth: Bool, instruments: &Instruments, rest: Rest) -> Test {
    let alone = |truth| compile(truth, instruments, Rest::Nothing);
    match truth {
        Bool::Const(truth) => fuse(move |_| truth, rest),
        Bool::All(parts) => all(parts, instruments, rest),
        Bool::Any(parts) => any(parts, instruments, rest),
        Bool::Not(inner) => {
            let mut inner = alone(*inner);
            fuse(move |event| !inner(event), rest)
        }
        Bool::Same { sides, negated } => {
            let [mut left, mut right] = sides.map(alone);
            fuse(move |event| (left(event) == right(event)) != negated, rest)
        }
        Bool::Exact(comparison, left, right) => exact_test(comparison, left, right, rest),
        Bool::Float(comparison, left, right) => float_test(comparison, left, right, rest),
        Bool::ExactIn { value, mut list, negated } => {
            list.sort_unstable();
            let value = exact(value);
            let holds = move |value| list.binary_search(&value).is_ok() != negated;
            fuse(move |event| value(event).is_some_and(&holds), rest)
        }
        Bool::FloatIn { value, list, negated } => {
            let value = float(value);
            let holds = move |value: f64| !value.is_nan() && list.contains(&value) != negated;
            fuse(move |event| holds(value(event)), rest)
        }
        Bool::Byte { byte, mask, set } => byte_in_set(byte, mask, set, rest),
        Bool::Name { byte, ids, negated } => name_in(byte, &ids, negated, rest),
        Bool::SameName { bytes, negated } => same_name(bytes, negated, rest),
        Bool::Instrument { part, wanted, negated } => {
            let mut verdicts = Verdicts::new(instruments.clone(), part, wanted, negated);
            fuse(move |event| verdicts.holds(event.header.instrument), rest)
        }
        Bool::Predicate(predicate) => fuse(move |event| predicate(event), rest),
    }
}

fn all(parts: Vec<Bool>, instruments: &Instruments, rest: Rest) -> Test {
    if parts.len() > LONGEST_CHAIN {
        let mut tests = list(parts, instruments);
        return fuse(move |event| tests.iter_mut().all(|test| test(event)), rest);
    }
    if let Rest::Or(_) = rest {
        return fuse(all(parts, instruments, Rest::Nothing), rest);
    }
    let chain = |rest, part| Rest::And(compile(part, instruments, rest));
    match parts.into_iter().rev().fold(rest, chain) {
        Rest::And(test) => test,
        _ => Box::new(|_| true),
    }
}

fn any(parts: Vec<Bool>, instruments: &Instruments, rest: Rest) -> Test {
    if parts.len() > LONGEST_CHAIN {
        let mut tests = list(parts, instruments);
        return fuse(move |event| tests.iter_mut().any(|test| test(event)), rest);
    }
    if let Rest::And(_) = rest {
        return fuse(any(parts, instruments, Rest::Nothing), rest);
    }
    let chain = |rest, part| Rest::Or(compile(part, instruments, rest));
    match parts.into_iter().rev().fold(rest, chain) {
        Rest::Or(test) => test,
        _ => Box::new(|_| false),
    }
}

fn list(parts: Vec<Bool>, instruments: &Instruments) -> Vec<Test> {
    parts.into_iter().map(|part| compile(part, instruments, Rest::Nothing)).collect()
}

fn exact_test(comparison: Comparison, left: Exact, right: Exact, rest: Rest) -> Test {
    match (left, right) {
        (Exact::Field(field), Exact::Const(units)) => {
            field_and_constant(field, comparison, units, rest)
        }
        (Exact::Field(left), Exact::Field(right)) if left.decimal && right.decimal => {
            field_and_field(left, comparison, right, rest)
        }
        (left, Exact::Const(units)) => {
            compared(exact(left), comparison, move |_| Some(units), rest)
        }
        (left, right) => compared(exact(left), comparison, exact(right), rest),
    }
}

fn float_test(comparison: Comparison, left: Float, right: Float, rest: Rest) -> Test {
    match (left, right) {
        (Float::Field { byte }, Float::Const(constant)) => {
            float_and_constant(byte, comparison, constant, rest)
        }
        (left, Float::Const(constant)) => {
            compared_floats(float(left), comparison, move |_| constant, rest)
        }
        (left, right) => compared_floats(float(left), comparison, float(right), rest),
    }
}

fn exact(number: Exact) -> ExactOf {
    match number {
        Exact::Const(units) => Box::new(move |_| Some(units)),
        Exact::Field(field) => exact_field(field),
        Exact::Negative(inner) => {
            let inner = exact(*inner);
            Box::new(move |event| Some(-inner(event)?))
        }
        Exact::Compute(operator, sides) => match *sides {
            [left, Exact::Const(right)] => {
                let left = exact(left);
                Box::new(move |event| compute_exact(operator, left(event)?, right))
            }
            sides => {
                let [left, right] = sides.map(exact);
                Box::new(move |event| compute_exact(operator, left(event)?, right(event)?))
            }
        },
    }
}

fn exact_field(field: Stored) -> ExactOf {
    let Stored { byte, bytes, decimal, kinds } = field;
    let index = byte / bytes;
    let exists = move |event: &Slot| Stored::exists(kinds, event.header.kind);
    let integer = |value: u64| i128::from(value) * UNITS;
    if decimal {
        return Box::new(move |event| {
            let stored: i64 = load(event, index);
            (stored != fixed::NULL && exists(event)).then_some(i128::from(stored))
        });
    }
    match bytes {
        1 => Box::new(move |e| exists(e).then(|| integer(load::<u8>(e, index).into()))),
        2 => Box::new(move |e| exists(e).then(|| integer(load::<u16>(e, index).into()))),
        4 => Box::new(move |e| exists(e).then(|| integer(load::<u32>(e, index).into()))),
        _ => Box::new(move |e| exists(e).then(|| integer(load(e, index)))),
    }
}

fn float(number: Float) -> FloatOf {
    match number {
        Float::Const(value) => Box::new(move |_| value),
        Float::Field { byte } => {
            let index = byte / 8;
            Box::new(move |event| load(event, index))
        }
        Float::Of(Exact::Field(Stored { byte, decimal: true, kinds, .. })) => {
            let index = byte / 8;
            Box::new(move |event| {
                let exists = Stored::exists(kinds, event.header.kind);
                if exists { fixed::to_f64(load(event, index)) } else { f64::NAN }
            })
        }
        Float::Of(inner) => {
            let inner = exact(inner);
            Box::new(move |event| inner(event).map_or(f64::NAN, to_float))
        }
        Float::Negative(inner) => {
            let inner = float(*inner);
            Box::new(move |event| -inner(event))
        }
        Float::Compute(operator, sides) => match *sides {
            [left, Float::Const(right)] => {
                let left = float(left);
                Box::new(move |event| compute_float(operator, left(event), right))
            }
            sides => {
                let [left, right] = sides.map(float);
                Box::new(move |event| compute_float(operator, left(event), right(event)))
            }
        },
    }
}
