//! The event that raw limits, Pitlane and rivals move: 64 bytes, all of them written and all read.

use pitlane::event::Slot;

/// 64 bytes, aligned to 64.
pub type Line = Slot;

/// The `n`-th event: eight words that depend on `n`.
#[must_use]
#[inline]
pub fn numbered(n: u64) -> Line {
    bytemuck::cast(words(n))
}

/// Writes the `n`-th event in place.
#[inline]
pub fn write(line: &mut Line, n: u64) {
    *bytemuck::cast_mut::<Line, [u64; 8]>(line) = words(n);
}

/// Where the words of event 0 begin: far from the numbers that loops count with. Where a word was such a number, or
/// the one after it, the compiler stored it alone and the others in pairs across the boundaries of 16 bytes, last
/// pair first, and from core to core such a line took 17 ns in place of 7.5.
const FIRST_WORD: u64 = 1 << 32;

#[inline]
fn words(n: u64) -> [u64; 8] {
    std::array::from_fn(|at| n.wrapping_add(FIRST_WORD + at as u64))
}

/// All its words, added up.
#[must_use]
#[inline]
pub fn sum(line: &Line) -> u64 {
    bytemuck::cast_ref::<Line, [u64; 8]>(line).iter().fold(0, |sum, word| sum.wrapping_add(*word))
}

/// What the words of the events 0 to `count - 1` add up to.
#[must_use]
pub fn sum_of_first(count: u64) -> u64 {
    sum_from(0, count)
}

/// What the words of `count` events from the `first` on add up to.
#[must_use]
pub fn sum_from(first: u64, count: u64) -> u64 {
    let (first, count) = (u128::from(first), u128::from(count));
    let numbers = 8 * first * count + 4 * count * count.saturating_sub(1);
    (numbers + (8 * u128::from(FIRST_WORD) + 28) * count) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_known_beforehand_is_that_of_the_events() {
        let mut written = numbered(0);
        let sum_of = |n| {
            write(&mut written, n);
            assert_eq!(written, numbered(n));
            sum(&written)
        };
        assert_eq!((3..103).map(sum_of).sum::<u64>(), sum_from(3, 100));
        assert_eq!(sum_of_first(2), sum(&numbered(0)) + sum(&numbered(1)));
    }
}
