//! The tree of a condition whose names are resolved and whose types fit: what is compiled.

use super::ast::{Arithmetic, Comparison};
use super::number::{UNITS, compute_exact, compute_float, to_float};
use super::predicates::Predicate;
use crate::event::fixed::NULL;

/// Bit set of kinds that holds all, those beyond its bits too.
const ALL_KINDS: u32 = u32::MAX;

/// A truth.
pub(super) enum Bool {
    Const(bool),
    All(Vec<Bool>),
    Any(Vec<Bool>),
    Not(Box<Bool>),
    /// Both sides alike, or not alike where negated.
    Same {
        sides: Box<[Bool; 2]>,
        negated: bool,
    },
    Exact(Comparison, Exact, Exact),
    Float(Comparison, Float, Float),
    ExactIn {
        value: Exact,
        list: Vec<i128>,
        negated: bool,
    },
    FloatIn {
        value: Float,
        list: Vec<f64>,
        negated: bool,
    },
    /// The byte at `byte`, masked, is in a set of 256 bits.
    Byte {
        byte: usize,
        mask: u8,
        set: [u64; 4],
    },
    /// The u16 at `byte` names something, and one of these, or none of these where negated.
    Name {
        byte: usize,
        ids: Vec<u16>,
        negated: bool,
    },
    /// The u16s at two places name the same, or two different things where negated.
    SameName {
        bytes: [usize; 2],
        negated: bool,
    },
    Instrument {
        part: Part,
        wanted: Vec<String>,
        negated: bool,
    },
    Predicate(Predicate),
}

/// What of an instrument is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Symbol,
    Venue,
}

/// An exact number, in units of 1e-9.
pub(super) enum Exact {
    Const(i128),
    Field(Stored),
    Negative(Box<Exact>),
    Compute(Arithmetic, Box<[Exact; 2]>),
}

/// A float.
pub(super) enum Float {
    Const(f64),
    Field { byte: usize },
    Of(Exact),
    Negative(Box<Float>),
    Compute(Arithmetic, Box<[Float; 2]>),
}

/// An exact field as it lies in the event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) byte: usize,
    /// 1, 2, 4 or 8.
    pub(super) bytes: usize,
    /// In units of 1e-9, signed, with a null; otherwise an unsigned integer.
    pub(super) decimal: bool,
    /// Bit set of the kinds that have it.
    pub(super) kinds: u32,
}

impl Stored {
    /// Whether events of this kind have the field.
    #[inline]
    pub(super) fn exists(kinds: u32, kind: u8) -> bool {
        kinds == ALL_KINDS || kinds.checked_shr(u32::from(kind)).is_some_and(|bits| bits & 1 == 1)
    }

    /// Whether events of all kinds have it.
    pub(super) fn always_exists(&self) -> bool {
        self.kinds == ALL_KINDS
    }

    /// The least and greatest stored number that is a value.
    pub(super) fn domain(&self) -> (i128, i128) {
        if self.decimal {
            (i128::from(i64::MIN), i128::from(NULL) - 1)
        } else {
            (0, (1_i128 << (8 * self.bytes)) - 1)
        }
    }

    /// The least and greatest stored number for which `field comparison units` holds; `None` where
    /// there is none. `NotEqual` is not a range.
    pub(super) fn range(&self, comparison: Comparison, units: i128) -> Option<(i128, i128)> {
        let (least, greatest) = self.domain();
        let scale = if self.decimal { 1 } else { UNITS };
        let floor = units.div_euclid(scale);
        let ceiling = floor + i128::from(units.rem_euclid(scale) != 0);
        let (from, to) = match comparison {
            Comparison::Equal | Comparison::NotEqual => (ceiling, floor),
            Comparison::Less => (least, ceiling - 1),
            Comparison::LessOrEqual => (least, floor),
            Comparison::Greater => (floor + 1, greatest),
            Comparison::GreaterOrEqual => (ceiling, greatest),
        };
        let (from, to) = (from.max(least), to.min(greatest));
        (from <= to).then_some((from, to))
    }
}

impl Bool {
    /// All of the parts; nested ones and constants are dissolved.
    pub(super) fn all(parts: Vec<Bool>) -> Bool {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Bool::Const(true) => {}
                Bool::Const(false) => return Bool::Const(false),
                Bool::All(inner) => all.extend(inner),
                part => all.push(part),
            }
        }
        match all.len() {
            0 => Bool::Const(true),
            1 => all.remove(0),
            _ => Bool::All(all),
        }
    }

    /// Any of the parts; nested ones and constants are dissolved.
    pub(super) fn any(parts: Vec<Bool>) -> Bool {
        let mut any = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Bool::Const(false) => {}
                Bool::Const(true) => return Bool::Const(true),
                Bool::Any(inner) => any.extend(inner),
                part => any.push(part),
            }
        }
        match any.len() {
            0 => Bool::Const(false),
            1 => any.remove(0),
            _ => Bool::Any(any),
        }
    }

    pub(super) fn not(inner: Bool) -> Bool {
        match inner {
            Bool::Const(truth) => Bool::Const(!truth),
            Bool::Not(inner) => *inner,
            inner => Bool::Not(Box::new(inner)),
        }
    }

    pub(super) fn same(left: Bool, right: Bool, negated: bool) -> Bool {
        match (left, right) {
            (Bool::Const(truth), other) | (other, Bool::Const(truth)) => {
                if truth == negated {
                    Bool::not(other)
                } else {
                    other
                }
            }
            (left, right) => Bool::Same { sides: Box::new([left, right]), negated },
        }
    }

    /// A comparison; constants are compared now, and otherwise stand on the right.
    pub(super) fn exact(comparison: Comparison, left: Exact, right: Exact) -> Bool {
        match (left, right) {
            (Exact::Const(left), Exact::Const(right)) => {
                Bool::Const(comparison.holds(Some(left.cmp(&right))))
            }
            (left @ Exact::Const(_), right) => Bool::Exact(comparison.swapped(), right, left),
            (left, right) => Bool::Exact(comparison, left, right),
        }
    }

    /// A comparison; constants are compared now, and otherwise stand on the right.
    pub(super) fn float(comparison: Comparison, left: Float, right: Float) -> Bool {
        match (left, right) {
            (Float::Const(left), Float::Const(right)) => {
                Bool::Const(comparison.holds(left.partial_cmp(&right)))
            }
            (left @ Float::Const(_), right) => Bool::Float(comparison.swapped(), right, left),
            (left, right) => Bool::Float(comparison, left, right),
        }
    }
}

impl Exact {
    pub(super) fn negative(self) -> Exact {
        match self {
            Exact::Const(units) => Exact::Const(-units),
            inner => Exact::Negative(Box::new(inner)),
        }
    }

    /// Of an operator that is exact.
    pub(super) fn compute(operator: Arithmetic, left: Exact, right: Exact) -> Exact {
        if let (Exact::Const(left), Exact::Const(right)) = (&left, &right)
            && let Some(units) = compute_exact(operator, *left, *right)
        {
            return Exact::Const(units);
        }
        Exact::Compute(operator, Box::new([left, right]))
    }
}

impl Float {
    pub(super) fn of(exact: Exact) -> Float {
        match exact {
            Exact::Const(units) => Float::Const(to_float(units)),
            exact => Float::Of(exact),
        }
    }

    pub(super) fn negative(self) -> Float {
        match self {
            Float::Const(value) => Float::Const(-value),
            inner => Float::Negative(Box::new(inner)),
        }
    }

    pub(super) fn compute(operator: Arithmetic, left: Float, right: Float) -> Float {
        match (&left, &right) {
            (Float::Const(left), Float::Const(right)) => {
                Float::Const(compute_float(operator, *left, *right))
            }
            _ => Float::Compute(operator, Box::new([left, right])),
        }
    }
}
