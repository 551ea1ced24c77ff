//! `risk_gate`: makes orders of signals, within limits.
//!
//! ```text
//!  Signal --> quantity, side, type --> checks in order --> Order, New
//!                                          |
//!                                          +--> Order, Denied, with the reason; never at a gateway
//! ```
//!
//! | check, in this order | reason |
//! |---|---|
//! | kill switch is `halted` | `halted` |
//! | quantity is not positive | `no_quantity` |
//! | the signal has no price | `no_price` |
//! | kill switch is `reducing`, and the order does more than bring the position nearer to 0 | `reducing` |
//! | quantity > `max_order_quantity` | `max_order_quantity` |
//! | abs(position after it) > `max_position` | `max_position` |
//! | abs(price) * quantity > `max_notional` | `max_notional` |
//! | `max_orders_per_second` orders of the strategy passed in (t - 1 s, t] | `max_orders_per_second` |
//!
//! * A position is that of one instrument over all strategies of the gate. Until there are fills, an
//!   order that passes counts as filled at its price.
//! * t is event time: the latest `ts_event` the gate has seen, so it never steps back. Only orders that
//!   passed count.
//! * Order ids: session in bits 48 to 63, instance of the gate in bits 40 to 47, then an ordinal that
//!   counts every order from 1, denied ones included. The same input gives the same ids.
//! * `Hold` gives no order. Cancels always pass, even when halted.

mod gate;
mod ids;
mod rate;

pub use gate::RiskGate;
pub use ids::OrderIds;

use crate::codes;
use crate::{Amount, Handles};
use pitlane::event::{Order, OrderType, Signal, TimeInForce};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::component;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most orders per second that can be asked for.
pub const MAX_RATE: u32 = 1_000_000;

/// How an order made of a signal is priced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderPricing {
    /// At any price, immediate or cancel; the signal's price is for reference.
    #[default]
    Market,
    /// At the signal's price or better, good till canceled.
    Limit,
}

impl OrderPricing {
    fn order_type(self) -> (OrderType, TimeInForce) {
        match self {
            OrderPricing::Market => (OrderType::Market, TimeInForce::Ioc),
            OrderPricing::Limit => (OrderType::Limit, TimeInForce::Gtc),
        }
    }
}

/// What a gate lets pass at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KillSwitch {
    /// What the limits allow.
    #[default]
    Active,
    /// Only orders that bring the instrument's position nearer to 0 without crossing it, and cancels.
    Reducing,
    /// Only cancels.
    Halted,
}

/// Parameters of `risk_gate`. A limit that is left out does not limit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RiskGateParams {
    /// Quantity of an order whose signal names none: more than 0. Default 1.
    pub quantity: Amount,
    /// How orders are priced: `market` (immediate or cancel), or `limit` (at the signal's price, good
    /// till canceled). Default `market`.
    pub order_type: OrderPricing,
    /// Most quantity of one order: more than 0. Default: no limit.
    pub max_order_quantity: Option<Amount>,
    /// Most position in one instrument, long or short, over all strategies: more than 0. Default: no
    /// limit.
    pub max_position: Option<Amount>,
    /// Most price times quantity of one order, in the currency of the price: more than 0. Default: no
    /// limit.
    pub max_notional: Option<Amount>,
    /// Most orders of one strategy that pass in any second of event time: 1 to 1,000,000. Default: no
    /// limit.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_orders_per_second: Option<u32>,
    /// What passes at all: `active` (within the limits), `reducing` (only what brings a position nearer
    /// to 0) or `halted` (only cancels). Default `active`.
    pub kill_switch: KillSwitch,
}

impl Default for RiskGateParams {
    fn default() -> Self {
        Self {
            quantity: Amount::whole(1),
            order_type: OrderPricing::Market,
            max_order_quantity: None,
            max_position: None,
            max_notional: None,
            max_orders_per_second: None,
            kill_switch: KillSwitch::Active,
        }
    }
}

impl RiskGateParams {
    fn check(&self) -> Result<(), BuildError> {
        let amounts = [
            ("quantity", Some(self.quantity), "such as 1"),
            ("max_order_quantity", self.max_order_quantity, "or left out for no limit"),
            ("max_position", self.max_position, "or left out for no limit"),
            ("max_notional", self.max_notional, "or left out for no limit"),
        ];
        for (name, amount, remedy) in amounts {
            if let Some(amount) = amount.filter(|amount| !amount.is_positive()) {
                let message = format!("{name} is {amount}: it must be more than 0, {remedy}");
                return Err(BuildError::parameter(name, message).coded(codes::PARAMETER));
            }
        }
        if let Some(most) = self.max_order_quantity.filter(|most| self.quantity > *most) {
            let message = format!(
                "quantity is {} and max_order_quantity {most}: every order would be denied; choose \
                 a quantity within the limit",
                self.quantity
            );
            return Err(BuildError::parameter("quantity", message).coded(codes::PARAMETER));
        }
        match self.max_orders_per_second {
            Some(rate) if !(1..=MAX_RATE).contains(&rate) => {
                let message = format!(
                    "max_orders_per_second is {rate}: it must be from 1 to {MAX_RATE}, or left out for \
                     no limit; to stop all orders say kill_switch: halted"
                );
                Err(BuildError::parameter("max_orders_per_second", message).coded(codes::PARAMETER))
            }
            _ => Ok(()),
        }
    }
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Makes orders of signals, within limits; what it refuses leaves as a denied order.";
    registry.component("risk_gate", doc, move |params: RiskGateParams, context| {
        let ids = OrderIds::new(context.session, context.instance)?;
        let gate = RiskGate::new(&params, ids, &context.name, context.instruments.len())?;
        handles.add_counts(&context.name, gate.counts());
        let gate = component(gate).on::<Signal>().on::<Order>().emits::<Order>().max_emissions(1);
        let forgets = "it would forget positions and give order ids a second time";
        Ok(gate.never_restarted(forgets).into())
    });
}
