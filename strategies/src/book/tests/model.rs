//! The simplest book there is: a list of orders in the order of their priority, a map of levels.

use super::super::{Book, Outcome};
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq)]
struct Order {
    id: u64,
    bid: bool,
    price: i64,
    size: i64,
}

/// A book without any data structure worth its name.
#[derive(Debug, Default)]
pub(super) struct Model {
    orders: Vec<Order>,
    /// Levels that are not made of orders, by (is bid, price).
    levels: BTreeMap<(bool, i64), i128>,
    of_orders: Option<bool>,
    counts: BTreeMap<&'static str, u64>,
}

impl Model {
    fn count(&mut self, outcome: Outcome) {
        *self.counts.entry(outcome.name()).or_default() += 1;
    }

    pub(super) fn apply(&mut self, event: &MarketData) {
        if let Some(clear) = event.as_clear() {
            self.count(Outcome::Clear);
            let (side, price) = (clear.side(), clear.price());
            let goes = |bid: bool, at: i64| match side {
                Side::None => true,
                Side::Bid => bid && (price == NULL || at >= price),
                Side::Ask => !bid && (price == NULL || at <= price),
            };
            self.orders.retain(|order| !goes(order.bid, order.price));
            self.levels.retain(|&(bid, at), _| !goes(bid, at));
            if self.orders.is_empty() && self.levels.is_empty() {
                self.of_orders = None;
            }
            return;
        }
        let (kind, Some(change)) = (event.kind().unwrap(), event.as_book_change()) else { return };
        if kind == MarketDataKind::Fill {
            return;
        }
        let (side, bid) = (change.side(), change.side() == Side::Bid);
        let (price, size, id) = (change.price(), change.size(), change.order_id());
        if event.header.flags & Flags::TOB != 0 {
            if side == Side::None {
                return self.count(Outcome::Unusable);
            }
            self.orders.retain(|order| order.bid != bid);
            self.levels.retain(|level, _| level.0 != bid);
            if kind != MarketDataKind::Cancel && price != NULL && size != NULL && size > 0 {
                self.levels.insert((bid, price), size.into());
            }
            return;
        }
        if *self.of_orders.get_or_insert(id != 0) != (id != 0) {
            return self.count(Outcome::Mixed);
        }
        match id {
            0 => self.level(kind, side, price, size),
            id => self.order(kind, side, Order { id, bid, price, size }),
        }
    }

    fn level(&mut self, kind: MarketDataKind, side: Side, price: i64, size: i64) {
        let cancel = kind == MarketDataKind::Cancel;
        if side == Side::None || price == NULL || size < 0 || (size == NULL && !cancel) {
            return self.count(Outcome::Unusable);
        }
        let key = (side == Side::Bid, price);
        let before = self.levels.remove(&key);
        let all = size == 0 || size == NULL;
        match (cancel, before) {
            (true, None) => self.count(Outcome::UnknownCancel),
            (true, Some(_)) if all => {}
            (true, Some(before)) => match before - i128::from(size) {
                left if left > 0 => drop(self.levels.insert(key, left)),
                0 => {}
                _ => self.count(Outcome::OverCancel),
            },
            (false, None) if size == 0 => self.count(Outcome::UnknownCancel),
            (false, _) if size == 0 => {}
            (false, _) => drop(self.levels.insert(key, size.into())),
        }
    }

    fn order(&mut self, kind: MarketDataKind, side: Side, new: Order) {
        let at = self.orders.iter().position(|order| order.id == new.id);
        let unusable = new.price == NULL || new.size < 0 || new.size == NULL;
        match (kind, at) {
            (MarketDataKind::Cancel, None) => self.count(Outcome::UnknownCancel),
            (MarketDataKind::Cancel, Some(_)) if new.size < 0 => self.count(Outcome::Unusable),
            (MarketDataKind::Cancel, Some(at)) => {
                let left = self.orders[at].size - new.size;
                if new.size == 0 || new.size == NULL || left <= 0 {
                    if new.size != NULL && left < 0 {
                        self.count(Outcome::OverCancel);
                    }
                    self.orders.remove(at);
                } else {
                    self.orders[at].size = left;
                }
            }
            (MarketDataKind::Modify, Some(_)) if unusable => self.count(Outcome::Unusable),
            (MarketDataKind::Modify, Some(at)) => {
                let old = self.orders[at].clone();
                let new = Order { bid: if side == Side::None { old.bid } else { new.bid }, ..new };
                if new.bid != old.bid {
                    self.count(Outcome::SideChange);
                }
                if (new.bid, new.price) == (old.bid, old.price)
                    && new.size <= old.size
                    && new.size > 0
                {
                    self.orders[at].size = new.size;
                } else {
                    self.orders.remove(at);
                    if new.size > 0 {
                        self.join(new);
                    }
                }
            }
            (_, at) => {
                if kind == MarketDataKind::Modify {
                    self.count(Outcome::UnknownModify);
                }
                if unusable || side == Side::None || new.size == 0 {
                    return self.count(Outcome::Unusable);
                }
                if let Some(at) = at {
                    self.count(Outcome::Duplicate);
                    self.orders.remove(at);
                }
                self.join(new);
            }
        }
    }

    fn join(&mut self, order: Order) {
        self.levels.remove(&(order.bid, order.price));
        self.orders.push(order);
    }

    /// Compares everything that can be asked of a book.
    pub(super) fn check(&self, book: &Book) {
        for side in [Side::Bid, Side::Ask] {
            let bid = side == Side::Bid;
            let mut levels: BTreeMap<i64, (i128, u32)> = BTreeMap::new();
            for ((_, price), size) in self.levels.iter().filter(|(level, _)| level.0 == bid) {
                levels.insert(*price, (*size, 0));
            }
            for order in self.orders.iter().filter(|order| order.bid == bid) {
                let level = levels.entry(order.price).or_default();
                *level = (level.0 + i128::from(order.size), level.1 + 1);
            }
            let mut expected: Vec<_> = levels.iter().map(|(p, (s, o))| (*p, *s, *o)).collect();
            if bid {
                expected.reverse();
            }
            let found: Vec<_> = book.levels(side).map(|l| (l.price, l.size, l.orders)).collect();
            assert_eq!(found, expected);
            assert_eq!(book.level_count(side), expected.len());
            let best = if bid { book.best_bid() } else { book.best_ask() };
            assert_eq!(best.map(|level| level.price), expected.first().map(|level| level.0));
            for (price, size, _) in expected {
                assert_eq!(book.level(side, price).unwrap().size, size);
                let own = self.orders.iter().filter(|o| o.bid == bid && o.price == price);
                let queue: Vec<_> = book.queue(side, price).map(|o| (o.id, o.size)).collect();
                assert_eq!(queue, own.map(|o| (o.id, o.size)).collect::<Vec<_>>());
            }
        }
        assert_eq!(book.order_count(), self.orders.len());
        let shown = [Outcome::Crossed, Outcome::Locked, Outcome::Snapshot, Outcome::Doubtful];
        for outcome in Outcome::ALL.into_iter().filter(|outcome| !shown.contains(outcome)) {
            let expected = self.counts.get(outcome.name()).copied().unwrap_or(0);
            assert_eq!(book.count(outcome), expected, "{}", outcome.name());
        }
    }
}
