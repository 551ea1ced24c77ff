//! Market-by-order records straight from their bytes.
//!
//! Most of what quants replay is of this one type, and all versions have it at the same places:
//!
//! ```text
//!  0 length / 4 | 1 type | 2 publisher u16 | 4 instrument u32 | 8 ts_event u64 | 16 order_id u64
//!  24 price i64 | 32 size u32 | 36 flags | 37 channel | 38 action | 39 side
//!  40 ts_recv u64 | 48 ts_in_delta i32 | 52 sequence u32
//! ```
//! What is not as it should be is left to `convert`, which says what is wrong.

use super::convert::{known, mbo_event, side, size};
use super::names::Names;
use dbn::enums::rtype;
use pitlane::event::MarketData;

/// Bytes of a record.
const BYTES: usize = 56;

/// The record that the bytes begin with, as an event, and its bytes; `None` where they begin with
/// anything else.
#[inline]
pub(super) fn next(bytes: &[u8], names: &mut Names) -> Option<(MarketData, usize)> {
    let record = bytes.first_chunk::<BYTES>()?;
    let length = 4 * usize::from(record[0]);
    if record[1] != rtype::MBO || length < BYTES || length > bytes.len() || length % 8 != 0 {
        return None;
    }
    let half = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
    let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let (ts_event, ts_recv) = (known(long(8)), known(long(40)));
    let ts = if ts_recv != 0 { ts_recv } else { ts_event };
    let instrument = names.instrument(word(4), half(2), ts);
    let level = (long(24).cast_signed(), size(word(32)));
    let what = (record[38], side(record[39]), level, long(16));
    let mut event = mbo_event(instrument, ts_event, what).ok()?;
    event.header.ts_recv = ts_recv;
    event.header.flags |= record[36] & !pitlane::event::Flags::SIDE;
    Some((event.with_venue_sequence(u64::from(word(52))), length))
}
