//! Rows without surprises, in one pass over their bytes.
//!
//! A number is found and read eight digits at a time, by arithmetic on whole words in the place of a
//! loop over bytes, so that nothing branches on how long it is. Whatever is not plain (quotes, signs,
//! exponents, an empty number, a date-time, a row that the buffer cuts off, any mistake) is left to
//! the decoder that looks at lines: it gives the same events, and says what is wrong.
//!
//! The arithmetic on words is that of Daniel Lemire's "Quickly parsing eight digits" and of the
//! bit tricks for finding bytes in words in "Hacker's Delight".

use super::decode::{Decoder, Row};
use super::layout::{Arity, Role};
use super::number::Scale;
use pitlane::event::MarketData;

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

/// Numbers of more digits are read another way: two words have been.
const MOST_DIGITS: usize = 15;

/// Decimals of more digits after the point are, too.
const MOST_PLACES: usize = 9;

/// The next eight bytes, the first one lowest.
#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Value of eight digits from 0 to 9, the first one in the lowest byte.
#[inline(always)]
fn eight(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul(2561) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(6_553_601) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(42_949_672_960_001) >> 32
}

/// Value and end of the digits at a place; `None` where there is none, or too many.
#[inline(always)]
fn digits(text: &[u8], start: usize) -> Option<(u64, usize)> {
    let (mut value, mut at) = (0, start);
    loop {
        let digits = word(text, at)? ^ (0x30 * ONES);
        // The first byte above 9 is marked in its highest bit; what follows it does not matter.
        let others = (digits.wrapping_add(0x76 * ONES) | digits) & HIGH;
        let count = others.trailing_zeros() as usize / 8;
        if count == 0 {
            break;
        }
        value = value * POWERS[count] + eight(digits << (64 - 8 * count));
        at += count;
        if count < 8 {
            break;
        }
        if at - start > MOST_DIGITS {
            // A third word could make it too long to hold.
            if text.get(at)?.is_ascii_digit() {
                return long(text, start);
            }
            break;
        }
    }
    (at > start).then_some((value, at))
}

/// As `digits`, for 17 of them and more, such as times in ns have.
#[inline(never)]
fn long(text: &[u8], start: usize) -> Option<(u64, usize)> {
    let count = text[start..].iter().take(21).take_while(|byte| byte.is_ascii_digit()).count();
    let value = std::str::from_utf8(&text[start..start + count]).ok()?.parse().ok()?;
    (start + count < text.len()).then_some((value, start + count))
}

/// Where the next delimiter or end of a line is.
#[inline]
fn end(text: &[u8], start: usize, delimiter: u8) -> Option<usize> {
    let mut at = start;
    loop {
        let bytes = word(text, at)?;
        // A byte that is zero is marked; one above it may be, too, wrongly.
        let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes & HIGH;
        let found = zero(bytes ^ (u64::from(delimiter) * ONES)) | zero(bytes ^ (0x0a * ONES));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
}

/// A decimal in units of 1e-9 and its end.
#[inline(always)]
fn decimal(text: &[u8], start: usize, scale: Scale) -> Option<(i64, usize)> {
    let (whole, at) = digits(text, start)?;
    if text.get(at) != Some(&b'.') {
        let units = scale.units()?;
        return Some((i64::try_from(whole).ok()?.checked_mul(units).filter(is_value)?, at));
    }
    let (fraction, end) = digits(text, at + 1)?;
    let places = end - at - 1;
    if places > MOST_PLACES || !scale.is_one() {
        return None;
    }
    let units = whole.checked_mul(POWERS[places])?.checked_add(fraction)?;
    let value = i64::try_from(units).ok()?.checked_mul(POWERS[MOST_PLACES - places] as i64)?;
    Some((Some(value).filter(is_value)?, end))
}

fn is_value(value: &i64) -> bool {
    *value != pitlane::event::fixed::NULL
}

impl Decoder {
    /// Hands out the event of the row that a text begins with and gives the row's bytes with its end;
    /// `None` where it is not plain or does not end in the text.
    ///
    /// The event is written where it stays: copying one that was just written costs as much as all
    /// else, since the copy waits for the writes.
    #[inline]
    pub(crate) fn decode_fast(
        &mut self,
        text: &[u8],
        out: impl FnOnce(MarketData),
    ) -> Option<usize> {
        let mut row = self.row();
        let last = self.layout.roles.len() - 1;
        let mut at = 0;
        for column in 0..=last {
            let role = self.layout.roles[column];
            let end = self.field_fast(role, text, at, &mut row)?;
            match *text.get(end)? {
                byte if byte == self.delimiter && column < last => at = end + 1,
                byte if column == last => at = self.row_end(text, end, byte)?,
                _ => return None,
            }
        }
        self.event_into(&row, out).ok()?;
        Some(at)
    }

    /// One past the end of a row whose last column that is read ends at a byte.
    #[inline]
    fn row_end(&self, text: &[u8], end: usize, byte: u8) -> Option<usize> {
        match byte {
            b'\n' => Some(end + 1),
            b'\r' if text.get(end + 1) == Some(&b'\n') => Some(end + 2),
            _ if byte == self.delimiter && matches!(self.layout.arity, Arity::AtLeast(_)) => {
                let rest = memchr::memchr2(b'\n', b'"', &text[end..])?;
                (text[end + rest] == b'\n').then_some(end + rest + 1)
            }
            _ => None,
        }
    }

    /// Reads a field into the row; gives where it ends.
    #[inline(always)]
    fn field_fast(&mut self, role: Role, text: &[u8], at: usize, row: &mut Row) -> Option<usize> {
        match role {
            Role::TsEvent | Role::TsRecv => {
                let (number, end) = digits(text, at)?;
                let time = self.time_of(number)?;
                let of = if role == Role::TsEvent { &mut row.ts_event } else { &mut row.ts_recv };
                *of = Some(time);
                Some(end)
            }
            Role::Price | Role::BidPrice | Role::AskPrice => {
                let (price, end) = decimal(text, at, self.price)?;
                row.level(role).0 = price;
                Some(end)
            }
            Role::Size | Role::BidSize | Role::AskSize => {
                let (size, end) = decimal(text, at, self.size)?;
                row.level(role).1 = size;
                Some(end)
            }
            Role::OrderId => {
                let (number, end) = digits(text, at)?;
                row.order_id = number;
                Some(end)
            }
            Role::VenueSequence => {
                let (number, end) = digits(text, at)?;
                row.venue_sequence = number;
                Some(end)
            }
            _ => self.text_fast(role, text, at, row),
        }
    }

    #[inline]
    fn text_fast(&mut self, role: Role, text: &[u8], at: usize, row: &mut Row) -> Option<usize> {
        if text.get(at) == Some(&b'"') {
            return None;
        }
        let end = end(text, at, self.delimiter)?;
        let end =
            if end > at && text[end] == b'\n' && text[end - 1] == b'\r' { end - 1 } else { end };
        if role != Role::Skip && end > at {
            self.field(role, &text[at..end], row).ok()?;
        }
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_standard_library(number in any::<u64>(), short in 0..20_u32) {
            let text = (number % 10_u64.pow(short.min(19))).to_string();
            let padded = format!("{text},and more to come");
            prop_assert_eq!(digits(padded.as_bytes(), 0), Some((text.parse().unwrap(), text.len())));
        }

        #[test]
        fn ends_are_where_they_are(text in "[a-z\\x00\\x7fé.,\\n\\-]{0,30}", delimiter in prop::sample::select(b",;|".to_vec())) {
            let text = format!("{text}\n--------");
            let expected = text.bytes().position(|byte| byte == delimiter || byte == b'\n');
            prop_assert_eq!(end(text.as_bytes(), 0, delimiter), expected);
        }

        #[test]
        fn decimals_are_those_of_the_plain_way(text in "[0-9]{1,12}(\\.[0-9]{1,10})?") {
            let padded = format!("{text},and more to come");
            if let Some((value, length)) = decimal(padded.as_bytes(), 0, Scale::ONE) {
                prop_assert_eq!(Scale::ONE.parse(text.as_bytes()), Ok(value));
                prop_assert_eq!(length, text.len());
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left() {
        for text in ["", ",........", "-1,.......", "\"1\",......", "1"] {
            assert_eq!(digits(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(decimal(b"1.,.........", 0, Scale::ONE), None);
        assert_eq!(decimal(b"9223372036.854775807,........", 0, Scale::ONE), None, "null");
        assert_eq!(decimal(b"1.5,........", 0, Scale::new(10).unwrap()), None, "scaled");
    }
}
