//! What each change does to a book.

use super::ladder::Ladder;
use super::orders::RestingOrder;
use super::outcomes::Outcome;
use super::shown::{Book, Depth};
use pitlane::event::{BookChange, Flags, MarketData, MarketDataKind, Side, fixed};

const ADD: u8 = MarketDataKind::Add as u8;
const MODIFY: u8 = MarketDataKind::Modify as u8;
const CANCEL: u8 = MarketDataKind::Cancel as u8;
const FILL: u8 = MarketDataKind::Fill as u8;
const CLEAR: u8 = MarketDataKind::Clear as u8;
const TRADE: u8 = MarketDataKind::Trade as u8;
const STATUS: u8 = MarketDataKind::Status as u8;
const NOTHING: u8 = MarketDataKind::Nothing as u8;

impl Book {
    /// Takes in an event of the book's instrument. Gives whether it completed an event of the venue
    /// that changed the book: now it may be shown.
    pub fn apply(&mut self, event: &MarketData) -> bool {
        let kind = event.header.kind;
        let change = match kind {
            ADD | MODIFY | CANCEL => event.as_book_change(),
            CLEAR => event.as_clear(),
            FILL | TRADE | STATUS | NOTHING => None,
            // Quotes and bars of the same instrument are no part of its book's events.
            _ => return false,
        };
        if let Some(change) = change {
            self.note(event, change);
            self.change(kind, event, change);
        }
        event.header.is_last() && self.complete()
    }

    /// The event of the venue is complete. Gives whether it changed the book.
    pub(super) fn complete(&mut self) -> bool {
        self.complete = true;
        if !std::mem::take(&mut self.changed) {
            return false;
        }
        if let Some((bid, ask)) = self.tops()
            && bid >= ask
        {
            self.tally.add(if bid > ask { Outcome::Crossed } else { Outcome::Locked });
        }
        true
    }

    /// What is noted of every change, whatever it does.
    fn note(&mut self, event: &MarketData, change: &BookChange) {
        let header = &event.header;
        (self.changed, self.complete) = (true, false);
        (self.ts_event, self.ts_recv) = (header.ts_event, header.ts_recv);
        if change.venue_sequence() != 0 {
            self.sequence = change.venue_sequence();
        }
        let in_snapshot = header.flags & Flags::SNAPSHOT != 0;
        if in_snapshot && !self.in_snapshot {
            self.tally.add(Outcome::Snapshot);
        }
        self.in_snapshot = in_snapshot;
        let doubtful = header.flags & Flags::MAYBE_BAD_BOOK != 0;
        if doubtful && !self.doubtful {
            self.tally.add(Outcome::Doubtful);
        }
        // A snapshot may come without a clear of all; what follows it is sound.
        self.doubtful = doubtful || (self.doubtful && !in_snapshot && header.kind != CLEAR);
    }

    fn change(&mut self, kind: u8, event: &MarketData, change: &BookChange) {
        if kind == CLEAR {
            return self.clear(change.side(), change.price());
        }
        if event.header.flags & Flags::TOB != 0 {
            return self.replace_side(kind, change);
        }
        let is_level = change.order_id() == 0 || event.header.flags & Flags::MBP != 0;
        let depth = if is_level { Depth::Levels } else { Depth::Orders };
        if *self.depth.get_or_insert(depth) != depth {
            return self.tally.add(Outcome::Mixed);
        }
        match (depth, kind) {
            (Depth::Levels, CANCEL) => self.reduce_level(change),
            (Depth::Levels, _) => self.set_level(change),
            (Depth::Orders, ADD) => self.add_order(change),
            (Depth::Orders, MODIFY) => self.modify_order(change),
            (Depth::Orders, _) => self.cancel_order(change),
        }
    }

    /// Empties the book, or a side of it up to and with a price; null for all of the side.
    fn clear(&mut self, side: Side, price: i64) {
        self.tally.add(Outcome::Clear);
        let price = Some(price).filter(|price| side != Side::None && *price != fixed::NULL);
        for ladder in [Side::Bid, Side::Ask] {
            if side == Side::None || side == ladder {
                self.pop_all(ladder, price);
            }
        }
        if self.bids.len() == 0 && self.asks.len() == 0 {
            self.depth = None;
        }
    }

    fn pop_all(&mut self, side: Side, price: Option<i64>) {
        let ladder = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
        while let Some(level) = ladder.pop_to(price) {
            self.orders.forget(&level);
        }
    }

    /// A top of book that stands for its whole side.
    fn replace_side(&mut self, kind: u8, change: &BookChange) {
        if change.side() == Side::None {
            return self.tally.add(Outcome::Unusable);
        }
        self.pop_all(change.side(), None);
        let is_there = change.price() != fixed::NULL && change.size() != fixed::NULL;
        if kind != CANCEL && is_there && change.size() > 0 {
            let (level, _) = self.ladder(change.side()).get_or_add(change.price());
            level.size = i128::from(change.size());
        }
    }

    fn ladder(&mut self, side: Side) -> &mut Ladder {
        if side == Side::Bid { &mut self.bids } else { &mut self.asks }
    }

    fn is_usable(change: &BookChange) -> bool {
        let (price, size) = (change.price(), change.size());
        change.side() != Side::None && price != fixed::NULL && size >= 0 && size != fixed::NULL
    }

    fn set_level(&mut self, change: &BookChange) {
        if !Self::is_usable(change) {
            return self.tally.add(Outcome::Unusable);
        }
        let ladder = self.ladder(change.side());
        if change.size() > 0 {
            ladder.get_or_add(change.price()).0.size = i128::from(change.size());
        } else if ladder.remove(change.price()).is_none() {
            self.tally.add(Outcome::UnknownCancel);
        }
    }

    fn reduce_level(&mut self, change: &BookChange) {
        if change.side() == Side::None || change.price() == fixed::NULL || change.size() < 0 {
            return self.tally.add(Outcome::Unusable);
        }
        let ladder = self.ladder(change.side());
        let Some(level) = ladder.get_mut(change.price()) else {
            return self.tally.add(Outcome::UnknownCancel);
        };
        let left = level.size - i128::from(change.size());
        if matches!(change.size(), 0 | fixed::NULL) || left <= 0 {
            ladder.remove(change.price());
            if !matches!(change.size(), 0 | fixed::NULL) && left < 0 {
                self.tally.add(Outcome::OverCancel);
            }
        } else {
            level.size = left;
        }
    }

    fn add_order(&mut self, change: &BookChange) {
        if !Self::is_usable(change) || change.size() == 0 {
            return self.tally.add(Outcome::Unusable);
        }
        if let Some(node) = self.orders.find(change.order_id()) {
            self.tally.add(Outcome::Duplicate);
            self.take_out(node);
            self.orders.remove(node);
        }
        let (price, size, side) = (change.price(), change.size(), change.side());
        let order = RestingOrder { id: change.order_id(), price, size, side };
        if let Some(node) = self.orders.insert(order) {
            self.put_in(node);
        }
    }

    fn modify_order(&mut self, change: &BookChange) {
        let Some(node) = self.orders.find(change.order_id()) else {
            self.tally.add(Outcome::UnknownModify);
            return self.add_order(change);
        };
        let before = *self.orders.order(node);
        let side = if change.side() == Side::None { before.side } else { change.side() };
        let (price, size) = (change.price(), change.size());
        if price == fixed::NULL || size == fixed::NULL || size < 0 {
            return self.tally.add(Outcome::Unusable);
        }
        if side != before.side {
            self.tally.add(Outcome::SideChange);
        }
        let keeps_place = side == before.side && price == before.price && size <= before.size;
        if keeps_place && size > 0 {
            let ladder = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
            if let Some(level) = ladder.get_mut(price) {
                self.orders.resize(node, size, level);
            }
            return;
        }
        self.take_out(node);
        if size == 0 {
            return self.orders.remove(node);
        }
        self.orders.set(node, RestingOrder { price, size, side, ..before });
        self.put_in(node);
    }

    /// Whatever price and side a Cancel names: the order's own are the ones that count.
    fn cancel_order(&mut self, change: &BookChange) {
        let Some(node) = self.orders.find(change.order_id()) else {
            return self.tally.add(Outcome::UnknownCancel);
        };
        let size = change.size();
        if size < 0 {
            return self.tally.add(Outcome::Unusable);
        }
        let order = *self.orders.order(node);
        let all = matches!(size, 0 | fixed::NULL);
        if !all && size < order.size {
            let ladder = if order.side == Side::Bid { &mut self.bids } else { &mut self.asks };
            if let Some(level) = ladder.get_mut(order.price) {
                self.orders.resize(node, order.size - size, level);
            }
            return;
        }
        if !all && size > order.size {
            self.tally.add(Outcome::OverCancel);
        }
        self.take_out(node);
        self.orders.remove(node);
    }

    /// Puts an order at the end of the queue of its level.
    fn put_in(&mut self, node: u32) {
        let RestingOrder { side, price, .. } = *self.orders.order(node);
        let ladder = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
        let (level, _) = ladder.get_or_add(price);
        if level.orders == 0 {
            // What a top of book without orders may have left there.
            level.size = 0;
        }
        self.orders.queue(node, level);
    }

    /// Takes an order out of its queue, and its level out of the book where it was the last there.
    fn take_out(&mut self, node: u32) {
        let RestingOrder { side, price, .. } = *self.orders.order(node);
        let ladder = if side == Side::Bid { &mut self.bids } else { &mut self.asks };
        let Some(level) = ladder.get_mut(price) else { return };
        self.orders.unqueue(node, level);
        if level.orders == 0 {
            ladder.remove(price);
        }
    }
}
