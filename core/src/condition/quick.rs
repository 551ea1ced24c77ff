//! The first part of a condition, asked in place: of which kinds, a number within bounds, which
//! instruments.
//!
//! Nearly all conditions begin with such tests, and topics are nothing else. A closure would be a call for
//! each event that cannot be inlined into the loop over events; these are a few instructions of it, the
//! same for every condition: what a condition does not ask holds for all events.

use super::ast::Comparison;
use super::typed::{Bool, Exact, Float, Stored};
use crate::event::Slot;
use crate::topic::Wanted;

/// A test by kind, one number and instrument.
pub(crate) struct Quick {
    plain: Plain,
    /// `None` where the instrument does not matter.
    instruments: Option<Wanted>,
    /// Whether a number is asked for already: there is room for one.
    has_number: bool,
}

/// What needs no table.
#[derive(Clone, Copy)]
struct Plain {
    /// Bit by kind; kinds from 63 on share the last.
    kinds: u64,
    /// Which word of the event the number lies in.
    word: usize,
    /// How far it is moved down there.
    shift: u32,
    /// Its bits.
    bits: u64,
    /// All ones for a float: its bits are then put in the order of floats.
    float: u64,
    /// The least number that holds, and how many follow it.
    from: u64,
    span: u64,
}

const ALL_KINDS: u64 = u64::MAX;
const SIGN: u64 = 1 << 63;

impl Quick {
    /// Holds for all events.
    pub(crate) fn all() -> Self {
        let plain = Plain {
            kinds: ALL_KINDS,
            word: 0,
            shift: 0,
            bits: 0,
            float: 0,
            from: 0,
            span: u64::MAX,
        };
        Self { plain, instruments: None, has_number: false }
    }

    /// Holds for no event.
    fn none() -> Self {
        let mut none = Self::all();
        none.plain.kinds = 0;
        none
    }

    /// Events of these kinds, as bits, and instruments.
    pub(crate) fn of(kinds: u32, instruments: Option<Wanted>) -> Self {
        let mut quick = Self { instruments, ..Self::all() };
        quick.only_kinds(kinds);
        quick
    }

    fn only_kinds(&mut self, kinds: u32) {
        self.plain.kinds &= if kinds == u32::MAX { ALL_KINDS } else { u64::from(kinds) };
    }

    /// Whether the event is one of them.
    #[inline(always)]
    pub(crate) fn holds(&mut self, event: &Slot) -> bool {
        let Plain { kinds, word, shift, bits, float, from, span } = self.plain;
        let words: &[u64; 8] = bytemuck::cast_ref(event);
        let number = words[word & 7] >> shift & bits;
        let number = number ^ (((number as i64 >> 63) as u64 | SIGN) & float);
        let of_kind = kinds >> event.header.kind.min(63) & 1 != 0;
        if !(of_kind & (number.wrapping_sub(from) <= span)) {
            return false;
        }
        match &mut self.instruments {
            None => true,
            Some(wanted) => wanted.has(event.header.instrument),
        }
    }

    /// Takes in what another asks; gives it back where there is no room for it.
    pub(crate) fn join(&mut self, other: Quick) -> Option<Quick> {
        let two_numbers = self.has_number && other.has_number;
        let two_tables = self.instruments.is_some() && other.instruments.is_some();
        if two_numbers || two_tables {
            return Some(other);
        }
        let kinds = self.plain.kinds & other.plain.kinds;
        if other.has_number {
            self.plain = other.plain;
        }
        self.plain.kinds = kinds;
        self.has_number |= other.has_number;
        self.instruments = self.instruments.take().or(other.instruments);
        None
    }

    /// A truth as such a test, where it is one.
    pub(super) fn of_truth(truth: &Bool) -> Option<Quick> {
        match truth {
            Bool::Byte { byte, mask: u8::MAX, set } if *byte == KIND => Self::of_set(set),
            Bool::Exact(comparison, Exact::Field(field), Exact::Const(units)) => {
                Self::of_exact(*field, *comparison, *units)
            }
            Bool::Float(comparison, Float::Field { byte }, Float::Const(constant)) => {
                Self::of_float(*byte, *comparison, *constant)
            }
            _ => None,
        }
    }

    /// Kinds in a set of 256 bits, where none from 63 on is in it, or all are.
    fn of_set(set: &[u64; 4]) -> Option<Quick> {
        let beyond = [(set[0] as i64 >> 63) as u64, set[1], set[2], set[3]];
        let are_alike = beyond == [0; 4] || beyond == [u64::MAX; 4];
        are_alike
            .then(|| Self { plain: Plain { kinds: set[0], ..Self::all().plain }, ..Self::all() })
    }

    fn of_exact(field: Stored, comparison: Comparison, units: i128) -> Option<Quick> {
        if comparison == Comparison::NotEqual {
            return None;
        }
        let Some((from, to)) = field.range(comparison, units) else { return Some(Self::none()) };
        let mut quick = Self::of(field.kinds, None);
        let (word, bits) = (field.byte / 8, 8 * field.bytes as u32);
        let shift = 8 * (field.byte % 8) as u32;
        quick.has_number = true;
        quick.plain.word = word;
        quick.plain.shift = shift;
        quick.plain.bits = u64::MAX >> (64 - bits);
        (quick.plain.from, quick.plain.span) = (from as u64, (to - from) as u64);
        Some(quick)
    }

    fn of_float(byte: usize, comparison: Comparison, constant: f64) -> Option<Quick> {
        if comparison == Comparison::NotEqual || constant.is_nan() {
            return None;
        }
        // Both zeroes are one number, with nothing between them in this order.
        let (low, high) = if constant == 0.0 { (-0.0, 0.0) } else { (constant, constant) };
        let (low, high) = (in_order(low), in_order(high));
        let (least, greatest) = (in_order(f64::NEG_INFINITY), in_order(f64::INFINITY));
        let (from, to) = match comparison {
            Comparison::Less => (least, low.wrapping_sub(1)),
            Comparison::LessOrEqual => (least, high),
            Comparison::Greater => (high + 1, greatest),
            Comparison::GreaterOrEqual => (low, greatest),
            Comparison::Equal | Comparison::NotEqual => (low, high),
        };
        if from > to {
            return Some(Self::none());
        }
        let mut quick = Self::all();
        quick.has_number = true;
        quick.plain.word = byte / 8;
        quick.plain.bits = u64::MAX;
        quick.plain.float = u64::MAX;
        (quick.plain.from, quick.plain.span) = (from, to - from);
        Some(quick)
    }
}

/// Where the kind lies in an event.
const KIND: usize = std::mem::offset_of!(crate::event::Header, kind);

/// A float's bits as a number that is greater for greater floats.
fn in_order(float: f64) -> u64 {
    let bits = float.to_bits();
    bits ^ ((bits as i64 >> 63) as u64 | SIGN)
}
