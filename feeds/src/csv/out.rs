//! Where the events of rows go.

use super::levels::LevelRows;
use pitlane::event::MarketData;

/// Where events go; each is written where it stays: copying one that was just written costs as much
/// as all else, since the copy waits for the writes.
pub(super) trait Out {
    /// Rows for which there is room.
    fn room(&self) -> usize;

    /// Takes the event of a row.
    fn take(&mut self, event: MarketData);
}

/// Counts rows that step back in time.
pub(super) struct Order {
    pub(super) last_time: u64,
    pub(super) steps_back: u64,
}

impl Order {
    #[inline]
    pub(super) fn look_at(&mut self, event: &MarketData) {
        let time = crate::merge::time(event);
        self.steps_back += u64::from(time < self.last_time);
        self.last_time = time;
    }
}

/// Rows that are events as they are.
pub(super) struct Events<'a> {
    pub(super) batch: &'a mut Vec<MarketData>,
    pub(super) order: &'a mut Order,
}

impl Out for Events<'_> {
    #[inline]
    fn room(&self) -> usize {
        self.batch.capacity() - self.batch.len()
    }

    #[inline(always)]
    fn take(&mut self, event: MarketData) {
        self.order.look_at(&event);
        self.batch.push(event);
    }
}

/// Rows that are levels of a book.
pub(super) struct BookRows<'a> {
    pub(super) rows: LevelRows<'a>,
    pub(super) order: &'a mut Order,
}

impl Out for BookRows<'_> {
    #[inline]
    fn room(&self) -> usize {
        self.rows.room()
    }

    #[inline(always)]
    fn take(&mut self, event: MarketData) {
        self.order.look_at(&event);
        self.rows.push(event);
    }
}
