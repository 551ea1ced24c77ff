//! The gate itself.

use super::rate::Rate;
use super::{KillSwitch, OrderIds, RiskGateParams};
use crate::codes;
use crate::{Amount, ById, Counts};
use pitlane::event::{
    Action, Header, Order, OrderKind, OrderType, Reason, Side, Signal, TimeInForce, fixed,
};
use pitlane::registry::BuildError;
use pitlane::stage::{Fault, On, Outbox, Stage};

/// Makes orders of signals, within limits. See the module's page for the checks and their order.
#[derive(Debug)]
pub struct RiskGate {
    quantity: i64,
    order_type: (OrderType, TimeInForce),
    limits: Limits,
    kill_switch: KillSwitch,
    /// By instrument, 1e-9.
    positions: ById<i128>,
    /// By strategy.
    rates: Option<ById<Rate>>,
    ids: OrderIds,
    /// Latest `ts_event` seen.
    event_time: u64,
    counts: Counts,
    name: String,
}

/// The most there may be, in units of events; the largest value where there is no limit.
#[derive(Debug)]
struct Limits {
    order_quantity: i64,
    /// 1e-9.
    position: u128,
    /// Price times quantity: 1e-18.
    notional: u128,
}

/// Places of what is counted: that of a reason is its number, and `Reason::NONE` is what passed.
const HOLD: usize = Reason::NO_QUANTITY.0 as usize + 1;
const CANCELS: usize = HOLD + 1;

impl RiskGate {
    /// A gate with these limits, named for its log, that expects so many instruments.
    ///
    /// # Errors
    /// Where a value makes no sense.
    pub fn new(
        params: &RiskGateParams,
        ids: OrderIds,
        name: impl Into<String>,
        instruments: usize,
    ) -> Result<Self, BuildError> {
        params.check()?;
        let units = |amount: Option<Amount>| amount.map(|amount| amount.units().unsigned_abs());
        let limits = Limits {
            order_quantity: params.max_order_quantity.map_or(i64::MAX, Amount::units),
            position: units(params.max_position).map_or(u128::MAX, u128::from),
            notional: units(params.max_notional)
                .map_or(u128::MAX, |most| u128::from(most) * fixed::SCALE as u128),
        };
        let rates = params.max_orders_per_second.map(|most| {
            let most = most as usize;
            ById::sized(Rate::bytes(most), move || Rate::new(most))
        });
        let mut positions = ById::new(|| 0);
        positions.lay_in(instruments, size_of::<i128>());
        let reasons = (1..HOLD as u16).filter_map(|number| Reason(number).name());
        let counts = Counts::new(["passed"].into_iter().chain(reasons).chain(["hold", "cancels"]));
        Ok(Self {
            quantity: params.quantity.units(),
            order_type: params.order_type.order_type(),
            limits,
            kill_switch: params.kill_switch,
            positions,
            rates,
            ids,
            event_time: 0,
            counts,
            name: name.into(),
        })
    }

    /// Handle to what passed (`passed`, `cancels`), was refused (by the reason's name) or asked for
    /// nothing (`hold`).
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Position in an instrument, 1e-9, short below 0; orders that passed count as filled.
    #[must_use]
    pub fn position(&self, instrument: u32) -> i128 {
        self.positions.get(instrument).copied().unwrap_or(0)
    }

    /// Sets what passes at all from the next signal on.
    pub fn set_kill_switch(&mut self, kill_switch: KillSwitch) {
        self.kill_switch = kill_switch;
    }

    /// The order a signal becomes, denied where a limit says so; `None` for `Hold`.
    ///
    /// # Errors
    /// When there are no more order ids.
    #[inline]
    pub fn decide(&mut self, signal: &Signal) -> Result<Option<Order>, Fault> {
        let side = match signal.action() {
            Action::Buy => Side::Bid,
            Action::Sell => Side::Ask,
            Action::Hold => {
                self.tick(&signal.header);
                self.counts.add_one(HOLD);
                return Ok(None);
            }
        };
        let quantity = match signal.quantity {
            fixed::NULL => self.quantity,
            quantity => quantity,
        };
        let (order_type, time_in_force) = self.order_type;
        let mut order = Order::new(self.ids.give()?, side, signal.price, quantity)
            .with_type(order_type, time_in_force);
        order.strategy = signal.strategy;
        Ok(Some(self.pass_or_deny(order, &signal.header)))
    }

    /// A strategy's own order or cancel; `None` for reports, which ask for nothing.
    ///
    /// # Errors
    /// For an order without a side, and for a replace, which cannot be checked without the order it
    /// would change.
    pub fn decide_on_order(&mut self, order: &Order) -> Result<Option<Order>, Fault> {
        match order.kind() {
            Some(OrderKind::Cancel) => {
                self.tick(&order.header);
                self.counts.add_one(CANCELS);
                Ok(Some(*order))
            }
            Some(OrderKind::New) if order.side() == Side::None => {
                Err(Fault::new("an order has no side: a strategy's order must buy or sell").coded(codes::NO_SIDE))
            }
            Some(OrderKind::New) => {
                let mut order = *order;
                order.client_order_id = self.ids.give()?;
                Ok(Some(self.pass_or_deny(order, &order.header)))
            }
            Some(OrderKind::Replace) => Err(Fault::new(
                "the risk gate cannot check a replace, since it keeps no orders: cancel, then send a new one",
            )
            .coded(codes::NO_REPLACE)),
            Some(OrderKind::Report) | None => Ok(None),
        }
    }

    #[inline]
    fn pass_or_deny(&mut self, order: Order, cause: &Header) -> Order {
        self.tick(cause);
        let reason = self.admit(&order, cause.instrument);
        self.counts.add_one(usize::from(reason.0));
        if reason == Reason::NONE { order } else { order.denied(reason) }
    }

    /// Takes the order into account, or says why not.
    #[inline]
    fn admit(&mut self, order: &Order, instrument: u32) -> Reason {
        if self.kill_switch == KillSwitch::Halted {
            return Reason::HALTED;
        }
        if order.quantity <= 0 || order.quantity == fixed::NULL {
            return Reason::NO_QUANTITY;
        }
        if order.price == fixed::NULL {
            return Reason::NO_PRICE;
        }
        let position = self.positions.get_mut(instrument);
        let change = i128::from(order.quantity) * i128::from(order.side().sign());
        let after = position.saturating_add(change);
        if self.kill_switch == KillSwitch::Reducing && !reduces(*position, after) {
            return Reason::REDUCING;
        }
        if order.quantity > self.limits.order_quantity {
            return Reason::ORDER_QUANTITY;
        }
        if after.unsigned_abs() > self.limits.position {
            return Reason::POSITION;
        }
        let notional = (i128::from(order.price) * i128::from(order.quantity)).unsigned_abs();
        if notional > self.limits.notional {
            return Reason::NOTIONAL;
        }
        if let Some(rates) = &mut self.rates
            && !rates.get_mut(order.strategy.into()).admits(self.event_time)
        {
            return Reason::RATE;
        }
        *position = after;
        Reason::NONE
    }

    #[inline]
    fn tick(&mut self, header: &Header) {
        self.event_time = self.event_time.max(header.ts_event);
    }
}

/// Whether a position came nearer to 0 without crossing it.
fn reduces(before: i128, after: i128) -> bool {
    after.unsigned_abs() < before.unsigned_abs() && after.signum() * before.signum() >= 0
}

impl Stage for RiskGate {
    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        tracing::info!(stage = %self.name, counts = %self.counts, "risk gate stopped");
        Ok(())
    }
}

impl On<Signal> for RiskGate {
    #[inline]
    fn on(&mut self, signal: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        if let Some(order) = self.decide(signal)? {
            out.emit(order);
        }
        Ok(())
    }
}

impl On<Order> for RiskGate {
    fn on(&mut self, order: &Order, out: &mut Outbox) -> Result<(), Fault> {
        if let Some(order) = self.decide_on_order(order)? {
            out.emit(order);
        }
        Ok(())
    }
}
