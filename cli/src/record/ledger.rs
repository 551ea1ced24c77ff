//! Positions as if every order that passed had been filled at its price, and why others did not pass.

use pitlane::event::{Order, OrderKind, Reason, fixed};
use std::collections::BTreeMap;

/// Positions and refusals of a run.
///
/// A new order counts once: what later stages make of it carries the same root and client order id
/// and is passed over, and so are reports. Nothing grows with the number of orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// By instrument id.
    positions: Vec<Position>,
    refusals: BTreeMap<Reason, u64>,
    passed: u64,
    denied: u64,
    /// Root of the last order, and the ids that were counted at it.
    root: u64,
    counted: Vec<u64>,
}

/// What one instrument came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    /// Orders that passed.
    pub(crate) orders: u64,
    /// Bought less sold, 1e-9.
    pub(crate) quantity: i128,
    money: Money,
}

/// Sums of price x quantity, 1e-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Money {
    Known {
        /// Bought and sold.
        turnover: i128,
        /// Received for what was sold less paid for what was bought.
        cash: i128,
    },
    /// An order had no price, or a sum is beyond 128 bits.
    Unknown,
}

impl Default for Money {
    fn default() -> Self {
        Self::Known { turnover: 0, cash: 0 }
    }
}

impl Position {
    /// Price x quantity of all that was bought and sold, 1e-18; `None` where an order had no price.
    pub(crate) fn turnover(&self) -> Option<i128> {
        match self.money {
            Money::Known { turnover, .. } => Some(turnover),
            Money::Unknown => None,
        }
    }

    /// Profit or loss with what is held valued at `mark` (1e-9), 1e-18; `None` where an order had
    /// no price, or something is held and there is no mark.
    pub(crate) fn pnl(&self, mark: Option<i64>) -> Option<i128> {
        let Money::Known { cash, .. } = self.money else { return None };
        if self.quantity == 0 {
            return Some(cash);
        }
        cash.checked_add(self.quantity.checked_mul(i128::from(mark?))?)
    }

    fn fill(&mut self, signed_quantity: i128, price: i64) {
        self.orders += 1;
        self.quantity = self.quantity.saturating_add(signed_quantity);
        let Money::Known { turnover, cash } = self.money else { return };
        let value = signed_quantity.checked_mul(i128::from(price)).filter(|_| price != fixed::NULL);
        let sums = value.and_then(|value| {
            Some((turnover.checked_add(value.checked_abs()?)?, cash.checked_sub(value)?))
        });
        self.money = match sums {
            Some((turnover, cash)) => Money::Known { turnover, cash },
            None => Money::Unknown,
        };
    }
}

impl Ledger {
    /// Counts an order.
    #[inline]
    pub(super) fn take(&mut self, order: &Order) {
        if order.kind() != Some(OrderKind::New) || self.is_counted(order) {
            return;
        }
        if order.is_denied() {
            self.denied += 1;
            *self.refusals.entry(order.reason).or_default() += 1;
            return;
        }
        self.passed += 1;
        let at = order.header.instrument as usize;
        if at >= self.positions.len() {
            self.positions.resize(at + 1, Position::default());
        }
        let quantity = if order.quantity == fixed::NULL { 0 } else { i128::from(order.quantity) };
        self.positions[at].fill(quantity * i128::from(order.side().sign()), order.price);
    }

    fn is_counted(&mut self, order: &Order) -> bool {
        if order.header.root != self.root {
            self.root = order.header.root;
            self.counted.clear();
        }
        let counted = self.counted.contains(&order.client_order_id);
        if !counted {
            self.counted.push(order.client_order_id);
        }
        counted
    }

    /// Instruments with orders that passed, by id.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (u32, Position)> {
        let all = self.positions.iter().enumerate();
        all.filter(|(_, position)| position.orders > 0).map(|(id, position)| (id as u32, *position))
    }

    /// How many orders were refused, by reason.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = (Reason, u64)> {
        self.refusals.iter().map(|(reason, count)| (*reason, *count))
    }

    /// New orders that passed.
    pub(crate) fn passed(&self) -> u64 {
        self.passed
    }

    /// New orders that were refused.
    pub(crate) fn denied(&self) -> u64 {
        self.denied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::Side;
    use pitlane::event::fixed::SCALE;

    fn order(id: u64, side: Side, price: i64, quantity: i64) -> Order {
        let mut order = Order::new(id, side, price * SCALE, quantity * SCALE);
        (order.header.root, order.header.instrument) = (id, 1);
        order
    }

    fn only(ledger: &Ledger) -> Position {
        ledger.positions().next().expect("one instrument").1
    }

    #[test]
    fn positions_are_marked_at_the_last_price() {
        let mut ledger = Ledger::default();
        ledger.take(&order(1, Side::Bid, 100, 3));
        ledger.take(&order(2, Side::Ask, 110, 1));
        let position = only(&ledger);
        let unit = i128::from(SCALE) * i128::from(SCALE);
        assert_eq!(position.quantity, 2 * i128::from(SCALE));
        assert_eq!(position.turnover(), Some(410 * unit));
        assert_eq!(position.pnl(Some(105 * SCALE)), Some((110 - 300 + 2 * 105) * unit));
        assert_eq!(position.pnl(None), None, "something is held and nobody knows what it is worth");
    }

    #[test]
    fn a_refusal_moves_no_position_and_is_counted_by_its_reason() {
        let mut ledger = Ledger::default();
        ledger.take(&order(1, Side::Bid, 100, 3).denied(Reason::RATE));
        ledger.take(&order(2, Side::Bid, 100, 3).denied(Reason::RATE));
        assert_eq!(ledger.positions().count(), 0);
        assert_eq!(ledger.refusals().collect::<Vec<_>>(), [(Reason::RATE, 2)]);
        assert_eq!((ledger.passed(), ledger.denied()), (0, 2));
    }

    #[test]
    fn an_order_that_a_later_stage_hands_on_counts_once() {
        let mut ledger = Ledger::default();
        ledger.take(&order(1, Side::Bid, 100, 3));
        ledger.take(&order(1, Side::Bid, 100, 3));
        assert_eq!(only(&ledger).orders, 1);
    }

    #[test]
    fn sums_that_are_unknown_are_not_made_up() {
        let mut unpriced = order(1, Side::Bid, 0, 3);
        unpriced.price = fixed::NULL;
        let mut ledger = Ledger::default();
        ledger.take(&unpriced);
        assert_eq!(only(&ledger).turnover(), None);
        assert_eq!(only(&ledger).pnl(Some(SCALE)), None);

        let mut ledger = Ledger::default();
        for id in 1..4 {
            let mut huge = order(id, Side::Bid, 0, 0);
            (huge.price, huge.quantity) = (fixed::NULL - 1, fixed::NULL - 1);
            ledger.take(&huge);
        }
        assert_eq!(only(&ledger).turnover(), None, "beyond 128 bits");
    }
}
