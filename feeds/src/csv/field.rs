//! Numbers and words of known bounds, by arithmetic on whole words in the place of a loop over bytes, so
//! that nothing branches on how long they are.
//!
//! A word of eight bytes is read that ends where the field ends; what stands before the field in it is
//! masked out. So a field within the first bytes of a text is left to others, as is all that is not
//! plain: signs, exponents, too many digits, mistakes.
//!
//! The arithmetic on words is that of Daniel Lemire's "Quickly parsing eight digits" and of the
//! bit tricks for finding bytes in words in "Hacker's Delight".

use super::number::Scale;
use pitlane::event::fixed::NULL;
use std::ops::Range;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = 10 * powers[at - 1];
        at += 1;
    }
    powers
};

/// Decimals of more digits after the point are left to others.
const MOST_PLACES: usize = 9;

/// The last bytes of a word, by how many there are, to 8.
const LAST: [u64; 16] = {
    let mut last = [0; 16];
    let mut count = 1;
    while count <= 8 {
        last[count] = !0 << (64 - 8 * count);
        count += 1;
    }
    last
};

/// The eight bytes before a place, the first one lowest.
#[inline(always)]
fn before(text: &[u8], end: usize) -> Option<u64> {
    // Where there are fewer, it wraps to a place that no text has.
    let bytes = text.get(end.wrapping_sub(8)..)?;
    bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Those of them that are the last `count`; the others are 0.
#[inline(always)]
fn last(word: u64, count: usize) -> u64 {
    word & LAST[count % 16]
}

/// Whether all bytes are at most 9.
#[inline(always)]
fn are_digits(word: u64) -> bool {
    (word.wrapping_add(0x76 * ONES) | word) & HIGH == 0
}

/// Value of eight digits from 0 to 9, the first one in the lowest byte.
#[inline(always)]
fn eight(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul(2561) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(6_553_601) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(42_949_672_960_001) >> 32
}

/// A whole number of at most 19 digits.
#[inline(always)]
pub(crate) fn whole(text: &[u8], at: Range<usize>) -> Option<u64> {
    let count = at.end.wrapping_sub(at.start);
    if !(1..=8).contains(&count) {
        return longer(text, at.end, count);
    }
    let digits = last(before(text, at.end)? ^ (0x30 * ONES), count);
    are_digits(digits).then(|| eight(digits))
}

/// As `whole`, for 9 to 19 digits, such as times have.
#[inline(always)]
fn longer(text: &[u8], end: usize, count: usize) -> Option<u64> {
    let low = before(text, end)? ^ (0x30 * ONES);
    let high = before(text, end - 8)? ^ (0x30 * ONES);
    match count {
        9..=16 => {
            let high = last(high, count - 8);
            let are_digits = are_digits(low) & are_digits(high);
            are_digits.then(|| eight(high) * POWERS[8] + eight(low))
        }
        17..=19 => {
            let highest = last(before(text, end - 16)? ^ (0x30 * ONES), count - 16);
            let are_digits = are_digits(low) & are_digits(high) & are_digits(highest);
            let upper = eight(highest) * POWERS[8] + eight(high);
            are_digits.then(|| upper * POWERS[8] + eight(low))
        }
        _ => None,
    }
}

/// A decimal in units of 1e-9.
#[inline(always)]
pub(crate) fn decimal(text: &[u8], at: Range<usize>, scale: Scale) -> Option<i64> {
    let count = at.end.wrapping_sub(at.start);
    if !(1..=8).contains(&count) {
        return longer_decimal(text, at, scale);
    }
    let word = last(before(text, at.end)? ^ (0x30 * ONES), count);
    // The first byte that is a point is marked in its highest bit, those after it perhaps, too.
    let points = word ^ (0x1e * ONES);
    let points = points.wrapping_sub(ONES) & !points & HIGH;
    if points == 0 {
        let units = scale.units()?;
        // Far from overflow: 10^8 x 10^9.
        return are_digits(word).then(|| eight(word) as i64 * units);
    }
    let point = points & points.wrapping_neg();
    let (lower, upto) = ((point >> 7).wrapping_sub(1), (point << 1).wrapping_sub(1));
    // The digits before the point move up to those after it.
    let digits = ((word & lower) << 8) | (word & !upto);
    let places = point.leading_zeros() as usize / 8;
    let is_plain = are_digits(digits) & (places > 0) & (places + 2 <= count) & scale.is_one();
    is_plain.then(|| (eight(digits) * POWERS[MOST_PLACES - places]) as i64)
}

/// As `decimal`, for nine bytes and more.
#[inline(never)]
fn longer_decimal(text: &[u8], at: Range<usize>, scale: Scale) -> Option<i64> {
    let field = text.get(at.clone())?;
    let Some(point) = field.iter().position(|byte| *byte == b'.') else {
        let value = i64::try_from(whole(text, at)?).ok()?;
        return value.checked_mul(scale.units()?).filter(|value| *value != NULL);
    };
    let places = field.len() - point - 1;
    if places > MOST_PLACES || !scale.is_one() {
        return None;
    }
    let number = whole(text, at.start..at.start + point)?;
    let fraction = whole(text, at.start + point + 1..at.end)?;
    let units = number.checked_mul(POWERS[places])?.checked_add(fraction)?;
    let value = i64::try_from(units).ok()?.checked_mul(POWERS[MOST_PLACES - places] as i64)?;
    (value != NULL).then_some(value)
}

/// A word of at most seven bytes, so that words can be compared at once; [`word`] gives the same of
/// a text.
#[inline(always)]
pub(super) fn short(text: &[u8], at: Range<usize>) -> Option<u64> {
    let count = at.end.wrapping_sub(at.start);
    if !(1..=7).contains(&count) {
        return None;
    }
    let bytes = before(text, at.end)? >> (64 - 8 * count);
    Some(bytes | (count as u64) << 56)
}

/// As [`short`], of a whole text.
pub(super) const fn word(text: &[u8]) -> u64 {
    assert!(!text.is_empty() && text.len() < 8);
    let (mut bytes, mut at) = (0, text.len());
    while at > 0 {
        at -= 1;
        bytes = bytes << 8 | text[at] as u64;
    }
    bytes | (text.len() as u64) << 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A field behind what may stand before it.
    fn behind(before: &str, text: &str) -> (Vec<u8>, Range<usize>) {
        let all = format!("{before}{text},and more");
        (all.into_bytes(), before.len()..before.len() + text.len())
    }

    proptest! {
        #[test]
        fn whole_numbers_are_those_of_the_standard_library(
            number in any::<u64>(), length in 0..20_u32, before in "[0-9,.]{24}",
        ) {
            let text = (number % 10_u64.pow(length.min(19))).to_string();
            let (all, at) = behind(&before, &text);
            prop_assert_eq!(whole(&all, at), text.parse().ok());
        }

        #[test]
        fn what_is_read_is_what_the_plain_way_reads(
            text in "[-+0-9.eE /:a]{0,4}[0-9]{0,12}(\\.[0-9]{0,10})?[.:/]?", before in "[0-9,.]{24}",
            times in prop::sample::select(vec![1_u64, 100, 10_000]),
        ) {
            let (all, at) = behind(&before, &text);
            let scale = Scale::new(times).unwrap();
            if let Some(value) = decimal(&all, at.clone(), scale) {
                prop_assert_eq!(scale.parse(text.as_bytes()), Ok(value));
            }
            if let Some(value) = whole(&all, at) {
                prop_assert_eq!(crate::csv::unsigned(text.as_bytes()), Some(value));
            }
        }

        #[test]
        fn plain_decimals_are_read(text in "[0-9]{1,9}(\\.[0-9]{1,9})?", before in "[0-9,.]{24}") {
            let (all, at) = behind(&before, &text);
            prop_assert_eq!(decimal(&all, at, Scale::ONE), Scale::ONE.parse(text.as_bytes()).ok());
        }

        #[test]
        fn words_are_told_apart(a in "[\\x00-\\x02a]{1,7}", b in "[\\x00-\\x02a]{1,7}", before in "[0-9,.]{8}") {
            let (all, at) = behind(&before, &a);
            prop_assert_eq!(short(&all, at.clone()), Some(word(a.as_bytes())));
            prop_assert_eq!(word(a.as_bytes()) == word(b.as_bytes()), a == b);
        }
    }

    #[test]
    fn what_is_not_plain_is_left() {
        for text in ["", "-1", "1.", ".5", "1.5.", "1..5", "1e5", "1:5", "9223372036.854775807"] {
            let (all, at) = behind("........................", text);
            assert_eq!(decimal(&all, at, Scale::ONE), None, "{text}");
        }
        let (all, at) = behind("........................", "1.5");
        assert_eq!(decimal(&all, at, Scale::new(10).unwrap()), None, "scaled");
        assert_eq!(whole(b"123,", 0..3), None, "nothing before it");
    }
}
