//! `order_check` on the way to a gateway, and `order_log`, a gateway that accepts everything.
//!
//! `order_check` lets orders pass its step of a pipeline unless they are obviously wrong, which no limit
//! of a risk gate would notice:
//!
//! | ends here | counted as |
//! |---|---|
//! | it is neither new, nor cancel, nor replace, nor report | `unknown_kind` |
//! | its `client_order_id` is 0 | `no_id` |
//! | new or replace: it neither buys nor sells | `no_side` |
//! | new or replace: its quantity is null or not positive | `no_quantity` |
//! | new or replace: it is neither market nor limit, or its time in force means nothing | `unknown_type` |
//! | limit: it has no price | `no_price` |
//!
//! Denied orders pass: they are no orders to check but news for sinks, and the engine keeps them from
//! gateways.

use crate::{Counts, Handles};
use pitlane::event::{Order, OrderKind, OrderType, Side, fixed};
use pitlane::registry::Registry;
use pitlane::stage::{Fault, On, Outbox, Stage, component};
use schemars::JsonSchema;
use serde::Deserialize;

/// Parameters of `order_check`: none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrderCheckParams {}

/// Parameters of `order_log`: none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrderLogParams {}

/// Lets orders pass unless they are obviously wrong.
#[derive(Debug)]
pub struct OrderCheck {
    name: String,
    counts: Counts,
}

/// What is wrong with an order; the place of its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Kind = 1,
    Id = 2,
    Side = 3,
    Quantity = 4,
    Type = 5,
    Price = 6,
}

const CHECKED: [&str; 7] =
    ["passed", "unknown_kind", "no_id", "no_side", "no_quantity", "unknown_type", "no_price"];

impl OrderCheck {
    /// A check, named for its log.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), counts: Counts::new(CHECKED) }
    }

    /// Handle to what passed (`passed`) and what did not, by what was wrong.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    fn wrong_with(order: &Order) -> Option<Wrong> {
        let Some(kind) = order.kind() else { return Some(Wrong::Kind) };
        if kind == OrderKind::Report || order.is_denied() {
            return None;
        }
        if order.client_order_id == 0 {
            return Some(Wrong::Id);
        }
        if kind == OrderKind::Cancel {
            return None;
        }
        if order.side() == Side::None {
            return Some(Wrong::Side);
        }
        if order.quantity <= 0 || order.quantity == fixed::NULL {
            return Some(Wrong::Quantity);
        }
        match (order.order_type(), order.time_in_force()) {
            (None, _) | (_, None) => Some(Wrong::Type),
            (Some(OrderType::Limit), _) if order.price == fixed::NULL => Some(Wrong::Price),
            _ => None,
        }
    }
}

impl Stage for OrderCheck {
    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        tracing::info!(stage = %self.name, counts = %self.counts, "order check stopped");
        Ok(())
    }
}

impl On<Order> for OrderCheck {
    #[inline]
    fn on(&mut self, order: &Order, out: &mut Outbox) -> Result<(), Fault> {
        let wrong = Self::wrong_with(order);
        let place = wrong.map_or(0, |wrong| wrong as usize);
        self.counts.add_one(place);
        if wrong.is_some() {
            out.stop();
        }
        Ok(())
    }
}

/// A gateway that accepts every order: counts it, and logs it at level `debug`.
#[derive(Debug)]
pub struct OrderLog {
    name: String,
    counts: Counts,
}

impl OrderLog {
    /// A gateway, named for its log.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), counts: Counts::new(["orders"]) }
    }

    /// Handle to how many came (`orders`).
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }
}

impl Stage for OrderLog {}

impl On<Order> for OrderLog {
    #[inline]
    fn on(&mut self, order: &Order, _out: &mut Outbox) -> Result<(), Fault> {
        self.counts.add_one(0);
        tracing::debug!(
            stage = %self.name,
            root = order.header.root,
            client_order_id = order.client_order_id,
            side = if order.side() == Side::Bid { "buy" } else { "sell" },
            price = %fixed::Decimal(order.price),
            quantity = %fixed::Decimal(order.quantity),
            "order"
        );
        Ok(())
    }
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let (for_check, for_log) = (handles.clone(), handles.clone());
    let doc = "Lets orders on to the later steps of a pipeline unless they are obviously wrong.";
    registry.component("order_check", doc, move |_: OrderCheckParams, context| {
        let check = OrderCheck::new(&context.name);
        for_check.add_counts(&context.name, check.counts());
        Ok(component(check).on::<Order>().may_stop().into())
    });
    let doc = "A gateway that accepts every order it gets; logs each at level debug.";
    registry.component("order_log", doc, move |_: OrderLogParams, context| {
        let log = OrderLog::new(&context.name);
        for_log.add_counts(&context.name, log.counts());
        Ok(component(log).on::<Order>().gateway().into())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use pitlane::event::{Reason, TimeInForce};
    use pitlane::testing::Harness;

    fn limit(id: u64, side: Side, price: i64, quantity: i64) -> Order {
        Order::new(id, side, price, quantity).with_type(OrderType::Limit, TimeInForce::Gtc)
    }

    fn good() -> Order {
        limit(1, Side::Bid, 100, 5)
    }

    #[test]
    fn ends_the_way_of_orders_that_are_obviously_wrong() {
        let check = OrderCheck::new("check");
        let counts = check.counts();
        let mut harness = Harness::new(component(check).on::<Order>().may_stop());
        let mut cancel = Order::new(7, Side::None, fixed::NULL, 0);
        cancel.header.kind = OrderKind::Cancel as u8;
        let mut untyped = Order::zeroed();
        untyped.header.kind = OrderKind::New as u8;
        (untyped.client_order_id, untyped.quantity) = (1, 1);
        for order in [
            good(),
            Order::new(1, Side::Ask, fixed::NULL, 1),
            limit(1, Side::Bid, 100, 0).denied(Reason::NO_QUANTITY),
            cancel,
            Order::zeroed(),
            limit(0, Side::Bid, 100, 5),
            limit(1, Side::None, 100, 5),
            untyped,
            limit(1, Side::Bid, 100, 0),
            limit(1, Side::Bid, 100, fixed::NULL),
            limit(1, Side::Bid, fixed::NULL, 5),
        ] {
            harness.send(&order).unwrap();
        }
        assert_eq!(
            counts.to_string(),
            "passed=4 unknown_kind=1 no_id=1 no_side=2 no_quantity=2 no_price=1"
        );
        assert_eq!(harness.stops(), 7);
    }

    #[test]
    fn order_log_counts_what_it_gets() {
        let log = OrderLog::new("venue");
        let counts = log.counts();
        let mut harness = Harness::new(component(log).on::<Order>().gateway());
        harness.send(&good()).unwrap();
        harness.send(&good()).unwrap();
        assert_eq!(counts.of("orders"), 2);
    }
}
