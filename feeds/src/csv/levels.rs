//! Rows that are levels of a book.
//!
//! ```text
//!  rows:    s s s | u u | u          one message of the venue each: one capture time
//!  events:  Clear s s s. u u. u.     s: snapshot; the dot: last of an atomic event
//! ```
//!
//! A venue sends several levels in one message, and a snapshot as one or more of them. A book may
//! only be looked at between messages, so the last row of each is marked; which it is, the row after
//! it tells. A snapshot takes the place of all that was in the book, so a Clear goes before it.

use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, Side};

/// Marks ends of messages and begins of snapshots.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    /// The last row, until it is known whether its message goes on.
    held: Option<MarketData>,
    /// By instrument, whether its last row was of a snapshot.
    in_snapshot: Vec<bool>,
    /// What may go out, in its order: at most two.
    ready: [Option<MarketData>; 2],
}

impl Levels {
    /// The next event that may go out.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<MarketData> {
        let [first, second] = &mut self.ready;
        first.take().or_else(|| second.take())
    }

    /// Takes the next row; whoever calls this has taken all that was ready.
    #[inline]
    pub(crate) fn push(&mut self, row: MarketData) {
        let is_snapshot = row.header.flags & Flags::SNAPSHOT != 0;
        let begins = self.begins(row.header.instrument, is_snapshot);
        let mut before = self.held.replace(row);
        if let Some(before) = &mut before {
            mark(before, !begins && same_message(before, &row));
        }
        let clear = begins.then(|| clear(&row));
        self.ready = [before, clear];
    }

    /// Nothing comes any more; gives whether a row was held back.
    pub(crate) fn finish(&mut self) -> bool {
        let Some(mut last) = self.held.take() else { return false };
        mark(&mut last, false);
        self.ready = [Some(last), None];
        true
    }

    /// Takes rows and puts them where they stay, all but the last one, whose message may go on.
    pub(crate) fn rows<'a>(&'a mut self, batch: &'a mut Vec<MarketData>) -> LevelRows<'a> {
        let held = self.held.take();
        let is_open = held.is_some();
        batch.extend(held);
        LevelRows { levels: self, batch, is_open }
    }

    /// Whether a snapshot of the instrument begins with its next row.
    #[inline]
    fn begins(&mut self, instrument: u32, is_snapshot: bool) -> bool {
        let at = instrument as usize;
        if at >= self.in_snapshot.len() {
            self.in_snapshot.resize(at + 1, false);
        }
        let was = std::mem::replace(&mut self.in_snapshot[at], is_snapshot);
        is_snapshot && !was
    }
}

/// Rows that are on their way into a batch; when it is dropped, the last one is held back.
pub(crate) struct LevelRows<'a> {
    levels: &'a mut Levels,
    batch: &'a mut Vec<MarketData>,
    /// Whether it is not yet known if the message of the batch's last event goes on.
    is_open: bool,
}

impl LevelRows<'_> {
    /// Rows for which there is room, and for what may go before each.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        (self.batch.capacity() - self.batch.len()) / 2
    }

    /// As [`Levels::push`].
    #[inline(always)]
    pub(crate) fn push(&mut self, row: MarketData) {
        let is_snapshot = row.header.flags & Flags::SNAPSHOT != 0;
        let begins = self.levels.begins(row.header.instrument, is_snapshot);
        if self.is_open
            && let Some(before) = self.batch.last_mut()
        {
            mark(before, !begins && same_message(before, &row));
        }
        if begins {
            self.batch.push(clear(&row));
        }
        self.batch.push(row);
        self.is_open = true;
    }
}

impl Drop for LevelRows<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.levels.held = self.batch.pop();
        }
    }
}

#[inline]
fn mark(row: &mut MarketData, goes_on: bool) {
    if goes_on {
        row.header.flags &= !Flags::LAST;
    } else {
        row.header.flags |= Flags::LAST;
    }
}

/// Messages are told apart by when they were captured.
#[inline]
fn same_message(a: &MarketData, b: &MarketData) -> bool {
    a.header.instrument == b.header.instrument
        && crate::merge::time(a) == crate::merge::time(b)
        && (a.header.flags ^ b.header.flags) & Flags::SNAPSHOT == 0
}

/// The event that empties the book before a snapshot.
fn clear(row: &MarketData) -> MarketData {
    let mut clear = MarketData::clear(row.header.instrument, row.header.ts_event, Side::None, NULL);
    clear.header.ts_recv = row.header.ts_recv;
    clear.header.flags |= Flags::SNAPSHOT;
    clear
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::MarketDataKind;

    fn level(instrument: u32, time: u64, flags: u8) -> MarketData {
        let kind = MarketDataKind::Modify;
        let mut level = MarketData::book(kind, instrument, time, Side::Bid, (1, 1), 0);
        level.header.flags |= flags;
        level
    }

    /// Kind, instrument and whether it is the last, of what comes out.
    fn run(rows: &[MarketData]) -> Vec<(char, u32, bool)> {
        let mut levels = Levels::default();
        let mut out = Vec::new();
        let mut take = |levels: &mut Levels| {
            while let Some(event) = levels.next() {
                let kind = if event.as_clear().is_some() { 'c' } else { 'm' };
                out.push((kind, event.header.instrument, event.header.is_last()));
            }
        };
        for row in rows {
            levels.push(*row);
            take(&mut levels);
        }
        levels.finish();
        take(&mut levels);
        out
    }

    #[test]
    fn the_last_row_of_a_message_ends_it() {
        let rows = [level(1, 5, 0), level(1, 5, 0), level(1, 6, 0), level(2, 6, 0)];
        assert_eq!(run(&rows), [('m', 1, false), ('m', 1, true), ('m', 1, true), ('m', 2, true)]);
        assert_eq!(run(&[]), []);
    }

    #[test]
    fn a_snapshot_begins_with_a_clear_once() {
        let shot = Flags::SNAPSHOT;
        let rows = [
            level(1, 5, 0),
            level(1, 5, shot),
            level(1, 5, shot),
            level(1, 7, shot),
            level(1, 8, 0),
            level(1, 9, shot),
        ];
        let expected = [
            ('m', 1, true),
            ('c', 1, false),
            ('m', 1, false),
            ('m', 1, true),
            ('m', 1, true),
            ('m', 1, true),
            ('c', 1, false),
            ('m', 1, true),
        ];
        assert_eq!(run(&rows), expected);
    }
}
