//! Levels of a book as they are, as the changes that make them so.
//!
//! Feeds that tell the best levels of a book again and again (`mbp-10`, snapshots of five or 25 levels)
//! become changes of levels, as those have them that tell changes alone:
//!
//! ```text
//!  told      99 x 5, 98 x 7            Quote  Clear  Modify 99 x 5  Modify 98 x 7.
//!            99 x 6, 98 x 7            Quote  Modify 99 x 6.
//!           100 x 1, 99 x 6            Quote  Cancel 98  Modify 100 x 1.
//! ```
//!
//! The dot is the flag LAST. A level that falls behind the last one told leaves the book, so that it
//! always has the levels told last. The first that is told of an instrument clears what was in its book
//! before.

use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};

/// Price and size of a level, 1e-9; a null price where there is none.
pub(crate) type Level = (i64, i64);

/// What is told of a book: its best levels, best first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) bids: Vec<Level>,
    pub(crate) asks: Vec<Level>,
}

impl Told {
    /// Takes out what is no level.
    fn tidy(&mut self) {
        for side in [&mut self.bids, &mut self.asks] {
            side.retain(|level| level.0 != NULL && level.1 != 0);
        }
    }
}

/// What was told last of an instrument.
#[derive(Debug, Default)]
struct Last {
    told: Told,
    /// Whether changes went out that no event with the flag LAST has followed yet.
    is_open: bool,
}

/// What was told last of each instrument of a file.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    /// By number of the instrument.
    last: Vec<Option<Last>>,
}

impl Depth {
    /// Appends all events of what was told: its quote, which has the times and flags of all of them, what
    /// changed of the levels, and the trade where it comes with one. The last of them has the flag LAST
    /// where the quote has it.
    pub(crate) fn spread(
        &mut self,
        (mut quote, trade): (MarketData, Option<MarketData>),
        sequence: u64,
        told: &mut Told,
        out: &mut Vec<MarketData>,
    ) {
        told.tidy();
        let is_last = quote.header.is_last() || trade.is_some_and(|trade| trade.header.is_last());
        quote.header.flags &= !Flags::LAST;
        let (first, stamp) = (out.len(), Stamp::of(&quote, sequence));
        out.push(quote);
        let last = self.last(&stamp, out);
        differences(&stamp, Side::Bid, (&last.told.bids, &told.bids), out);
        differences(&stamp, Side::Ask, (&last.told.asks, &told.asks), out);
        last.told.bids.clone_from(&told.bids);
        last.told.asks.clone_from(&told.asks);
        last.is_open |= out.len() > first + 1;
        out.extend(trade);
        if is_last && last.is_open && out.len() == first + 1 {
            // Books pass over quotes: the end of the event has to be told apart.
            out.push(stamp.event(MarketDataKind::Nothing, Side::None, (NULL, NULL)));
        }
        if is_last && let Some(end) = out.last_mut() {
            end.header.flags |= Flags::LAST;
            last.is_open = false;
        }
    }

    /// What was told last of the instrument; a clear where nothing was.
    fn last(&mut self, stamp: &Stamp, out: &mut Vec<MarketData>) -> &mut Last {
        let at = stamp.instrument as usize;
        if at >= self.last.len() {
            self.last.resize_with(at + 1, || None);
        }
        self.last[at].get_or_insert_with(|| {
            out.push(stamp.event(MarketDataKind::Clear, Side::None, (NULL, 0)));
            Last::default()
        })
    }
}

/// What all changes have in common.
struct Stamp {
    instrument: u32,
    ts_event: u64,
    ts_recv: u64,
    flags: u8,
    sequence: u64,
}

impl Stamp {
    fn of(quote: &MarketData, sequence: u64) -> Self {
        let header = &quote.header;
        Self {
            instrument: header.instrument,
            ts_event: header.ts_event,
            ts_recv: header.ts_recv,
            // One level of several is no top of book that stands for its side.
            flags: header.flags & !(Flags::SIDE | Flags::LAST | Flags::TOB),
            sequence,
        }
    }

    fn event(&self, kind: MarketDataKind, side: Side, level: Level) -> MarketData {
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
    (old, new): (&[Level], &[Level]),
    out: &mut Vec<MarketData>,
) {
    if old == new {
        return;
    }
    let size_at = |levels: &[Level], price: i64| {
        levels.iter().find(|level| level.0 == price).map(|level| level.1)
    };
    for &(price, _) in old {
        if size_at(new, price).is_none() {
            out.push(stamp.event(MarketDataKind::Cancel, side, (price, 0)));
        }
    }
    for &(price, size) in new {
        if size_at(old, price) != Some(size) {
            out.push(stamp.event(MarketDataKind::Modify, side, (price, size)));
        }
    }
}
