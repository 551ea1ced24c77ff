//! Ten levels per record as changes of the levels of a book.
//!
//! A record of `mbp-10` has the ten best levels of both sides as they are now. What of them differs
//! from the record before it of the same instrument becomes changes of levels:
//!
//! ```text
//!  record 1   99 x 5, 98 x 7            Quote  Clear  Modify 99 x 5  Modify 98 x 7.
//!  record 2   99 x 6, 98 x 7            Quote  Modify 99 x 6.
//!  record 3  100 x 1, 99 x 6            Quote  Cancel 98  Modify 100 x 1.
//! ```
//!
//! The dot is the flag LAST of the record. A level that falls behind the tenth leaves the book, so that
//! it always has the levels of the last record. The first record of an instrument in a file clears what
//! was in its book before.

use super::convert::{Made, size};
use dbn::Mbp10Msg;
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};

/// Levels of a record.
const LEVELS: usize = 10;

/// Price and size of a level; a null price where there is none.
type Level = (i64, u32);

const NONE: Level = (NULL, 0);

/// The levels of a side, best first.
type Levels = [Level; LEVELS];

/// What the last record of an instrument said.
struct Last {
    bids: Levels,
    asks: Levels,
    /// Whether changes went out that no event with the flag LAST has followed yet.
    is_open: bool,
}

/// The last levels of each instrument of a file.
#[derive(Default)]
pub(super) struct Depth {
    /// By number of the instrument.
    last: Vec<Option<Box<Last>>>,
}

impl Depth {
    /// Appends all events of a record that came to a quote, or to a quote and a trade: the quote, what
    /// changed of the levels, the trade. The last of them has the flag LAST where the record has it.
    pub(super) fn spread(&mut self, made: Made, record: &Mbp10Msg, out: &mut Vec<MarketData>) {
        let (mut quote, trade) = match made {
            Made::One(quote) => (quote, None),
            Made::Two(quote, trade) => (quote, Some(trade)),
            Made::Other(_) => return,
        };
        let is_last = record.flags.raw() & Flags::LAST != 0;
        quote.header.flags &= !Flags::LAST;
        let first = out.len();
        out.push(quote);
        let is_open = &mut self.change(&quote, record, out).is_open;
        *is_open |= out.len() > first + 1;
        out.extend(trade);
        if is_last && *is_open && out.len() == first + 1 {
            // Books pass over quotes: the end of the event has to be told apart.
            let stamp = Stamp::of(&quote, record);
            out.push(stamp.event(MarketDataKind::Nothing, Side::None, (NULL, NULL)));
        }
        if is_last && let Some(end) = out.last_mut() {
            end.header.flags |= Flags::LAST;
            *is_open = false;
        }
    }

    /// Appends what changed of the levels of an instrument.
    fn change(
        &mut self,
        quote: &MarketData,
        record: &Mbp10Msg,
        out: &mut Vec<MarketData>,
    ) -> &mut Last {
        let at = quote.header.instrument as usize;
        if at >= self.last.len() {
            self.last.resize_with(at + 1, || None);
        }
        let stamp = Stamp::of(quote, record);
        let level = |price, size| if size == 0 { NONE } else { (price, size) };
        let bids = record.levels.each_ref().map(|both| level(both.bid_px, both.bid_sz));
        let asks = record.levels.each_ref().map(|both| level(both.ask_px, both.ask_sz));
        let last = self.last[at].get_or_insert_with(|| {
            out.push(stamp.event(MarketDataKind::Clear, Side::None, (NULL, NULL)));
            Box::new(Last { bids: [NONE; LEVELS], asks: [NONE; LEVELS], is_open: false })
        });
        differences(&stamp, Side::Bid, &mut last.bids, bids, out);
        differences(&stamp, Side::Ask, &mut last.asks, asks, out);
        last
    }
}

/// What all changes of a record have in common.
struct Stamp {
    instrument: u32,
    ts_event: u64,
    ts_recv: u64,
    flags: u8,
    sequence: u64,
}

impl Stamp {
    fn of(quote: &MarketData, record: &Mbp10Msg) -> Self {
        let header = &quote.header;
        Self {
            instrument: header.instrument,
            ts_event: header.ts_event,
            ts_recv: header.ts_recv,
            // One level of ten is no top of book that stands for its side.
            flags: header.flags & !(Flags::SIDE | Flags::LAST | Flags::TOB),
            sequence: u64::from(record.sequence),
        }
    }

    fn event(&self, kind: MarketDataKind, side: Side, level: (i64, i64)) -> MarketData {
        let mut event = MarketData::book(kind, self.instrument, self.ts_event, side, level, 0);
        event.header.ts_recv = self.ts_recv;
        event.header.flags |= self.flags;
        event.with_venue_sequence(self.sequence)
    }
}

/// Appends what makes the levels of a side the new ones.
fn differences(
    stamp: &Stamp,
    side: Side,
    old: &mut Levels,
    new: Levels,
    out: &mut Vec<MarketData>,
) {
    if *old == new {
        return;
    }
    let known = |price: i64, levels: &Levels| levels.iter().find(|level| level.0 == price).copied();
    for (price, _) in old.iter().filter(|level| level.0 != NULL) {
        if known(*price, &new).is_none() {
            out.push(stamp.event(MarketDataKind::Cancel, side, (*price, 0)));
        }
    }
    for level in new.into_iter().filter(|level| level.0 != NULL) {
        if known(level.0, old) != Some(level) {
            out.push(stamp.event(MarketDataKind::Modify, side, (level.0, size(level.1))));
        }
    }
    *old = new;
}
