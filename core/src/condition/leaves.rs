//! The closures at the ends of the tree: one field, one operator, one constant each, fused.
//!
//! A comparison of an exact field with a constant is a range of its stored numbers, whatever the
//! operator, and a null lies outside of all ranges: one subtraction, one comparison.

use super::ast::Comparison;
use super::compile::{Rest, Test, fuse};
use super::typed::Stored;
use crate::event::{Slot, fixed};
use bytemuck::Pod;

/// The `index`-th number of an event taken as an array of such.
#[inline]
pub(super) fn load<T: Pod>(event: &Slot, index: usize) -> T {
    let numbers: &[T] = bytemuck::cast_slice(std::slice::from_ref(event));
    numbers[index & (numbers.len() - 1)]
}

/// `field comparison units`.
pub(super) fn field_and_constant(
    field: Stored,
    comparison: Comparison,
    units: i128,
    rest: Rest,
) -> Test {
    let (least, greatest) = field.domain();
    match (comparison, field.range(comparison, units)) {
        (Comparison::NotEqual, Some((value, _))) => differs(field, value as u64, rest),
        (Comparison::NotEqual, None) => within(field, (least, greatest), rest),
        (_, Some(range)) => within(field, range, rest),
        (_, None) => fuse(|_| false, rest),
    }
}

fn within(field: Stored, (from, to): (i128, i128), rest: Rest) -> Test {
    let bounds = (from as u64, (to - from) as u64);
    match field.bytes {
        1 => within_of::<u8>(field, bounds, rest),
        2 => within_of::<u16>(field, bounds, rest),
        4 => within_of::<u32>(field, bounds, rest),
        _ => within_of::<u64>(field, bounds, rest),
    }
}

fn within_of<T: Pod + Into<u64>>(field: Stored, (from, span): (u64, u64), rest: Rest) -> Test {
    let index = field.byte / size_of::<T>();
    let inside = move |event: &Slot| {
        let stored: u64 = load::<T>(event, index).into();
        stored.wrapping_sub(from) <= span
    };
    if field.always_exists() {
        return fuse(inside, rest);
    }
    let kinds = field.kinds;
    fuse(move |event| Stored::exists(kinds, event.header.kind) && inside(event), rest)
}

fn differs(field: Stored, value: u64, rest: Rest) -> Test {
    let null = if field.decimal { fixed::NULL as u64 } else { value };
    match field.bytes {
        1 => differs_of::<u8>(field, value, null, rest),
        2 => differs_of::<u16>(field, value, null, rest),
        4 => differs_of::<u32>(field, value, null, rest),
        _ => differs_of::<u64>(field, value, null, rest),
    }
}

fn differs_of<T: Pod + Into<u64>>(field: Stored, value: u64, null: u64, rest: Rest) -> Test {
    let (index, kinds) = (field.byte / size_of::<T>(), field.kinds);
    fuse(
        move |event| {
            let stored: u64 = load::<T>(event, index).into();
            (stored != value) & (stored != null) && Stored::exists(kinds, event.header.kind)
        },
        rest,
    )
}

/// One decimal field and another.
pub(super) fn field_and_field(
    left: Stored,
    comparison: Comparison,
    right: Stored,
    rest: Rest,
) -> Test {
    fn decimal(field: Stored) -> impl Fn(&Slot) -> Option<i64> {
        let (index, kinds) = (field.byte / 8, field.kinds);
        move |event| {
            let stored: i64 = load(event, index);
            (stored != fixed::NULL && Stored::exists(kinds, event.header.kind)).then_some(stored)
        }
    }
    compared(decimal(left), comparison, decimal(right), rest)
}

/// The float at a byte and a constant.
pub(super) fn float_and_constant(
    byte: usize,
    comparison: Comparison,
    constant: f64,
    rest: Rest,
) -> Test {
    let index = byte / 8;
    compared_floats(move |event| load(event, index), comparison, move |_| constant, rest)
}

/// Two values by an operator that is chosen now and not per event.
pub(super) fn compared<T, L, R>(left: L, comparison: Comparison, right: R, rest: Rest) -> Test
where
    T: Ord,
    L: Fn(&Slot) -> Option<T> + Send + 'static,
    R: Fn(&Slot) -> Option<T> + Send + 'static,
{
    let pair = move |event: &Slot| Some((left(event)?, right(event)?));
    match comparison {
        Comparison::Equal => fuse(move |e| pair(e).is_some_and(|(l, r)| l == r), rest),
        Comparison::NotEqual => fuse(move |e| pair(e).is_some_and(|(l, r)| l != r), rest),
        Comparison::Less => fuse(move |e| pair(e).is_some_and(|(l, r)| l < r), rest),
        Comparison::LessOrEqual => fuse(move |e| pair(e).is_some_and(|(l, r)| l <= r), rest),
        Comparison::Greater => fuse(move |e| pair(e).is_some_and(|(l, r)| l > r), rest),
        Comparison::GreaterOrEqual => fuse(move |e| pair(e).is_some_and(|(l, r)| l >= r), rest),
    }
}

/// As [`compared`], of floats; a NaN compares with nothing.
pub(super) fn compared_floats<L, R>(left: L, comparison: Comparison, right: R, rest: Rest) -> Test
where
    L: Fn(&Slot) -> f64 + Send + 'static,
    R: Fn(&Slot) -> f64 + Send + 'static,
{
    match comparison {
        Comparison::Equal => fuse(move |e| left(e) == right(e), rest),
        Comparison::NotEqual => fuse(
            move |e| left(e).partial_cmp(&right(e)).is_some_and(std::cmp::Ordering::is_ne),
            rest,
        ),
        Comparison::Less => fuse(move |e| left(e) < right(e), rest),
        Comparison::LessOrEqual => fuse(move |e| left(e) <= right(e), rest),
        Comparison::Greater => fuse(move |e| left(e) > right(e), rest),
        Comparison::GreaterOrEqual => fuse(move |e| left(e) >= right(e), rest),
    }
}

/// The masked byte at a place is in a set.
pub(super) fn byte_in_set(byte: usize, mask: u8, set: [u64; 4], rest: Rest) -> Test {
    fuse(
        move |event| {
            let value = load::<u8>(event, byte) & mask;
            set[usize::from(value >> 6)] >> (value & 63) & 1 == 1
        },
        rest,
    )
}

/// The name at a place is one of these, or none of these where negated; 0 is no name.
pub(super) fn name_in(byte: usize, ids: &[u16], negated: bool, rest: Rest) -> Test {
    let index = byte / 2;
    if let &[id] = ids {
        return fuse(
            move |event| {
                let name: u16 = load(event, index);
                (name != 0) & ((name == id) != negated)
            },
            rest,
        );
    }
    let mut listed = vec![false; ids.iter().max().map_or(0, |&most| usize::from(most) + 1)];
    ids.iter().for_each(|&id| listed[usize::from(id)] = true);
    fuse(
        move |event| {
            let name: u16 = load(event, index);
            name != 0 && listed.get(usize::from(name)).is_some_and(|&is| is) != negated
        },
        rest,
    )
}

/// The names at two places are the same, or different where negated; 0 is no name.
pub(super) fn same_name(bytes: [usize; 2], negated: bool, rest: Rest) -> Test {
    let [left, right] = bytes.map(|byte| byte / 2);
    fuse(
        move |event| {
            let (left, right): (u16, u16) = (load(event, left), load(event, right));
            (left != 0) & (right != 0) & ((left == right) != negated)
        },
        rest,
    )
}
