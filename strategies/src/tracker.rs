//! `order_tracker`: keeps where each order stands, and refuses what cannot follow.
//!
//! ```text
//!  risk.Order ---------> [order_tracker] --> gateway     new, denied, cancel, replace
//!  gateway.Order ------>        |        --> the rest    submitted, accepted, filled, ...
//!                        illegal: stops here, counted, logged with both states
//! ```
//!
//! What an event says of its order: a new one begins its life (`new`, or `denied` at once), a request to
//! cancel makes it `pending_cancel`, one to replace `pending_replace`, a report says the state itself.
//! What may follow what is the table in [`pitlane::event::life`].
//!
//! | count | events |
//! |---|---|
//! | `legal` | that went on |
//! | `illegal` | refused: the order stays where it is |
//! | `unknown` | about an order that it has not seen before, or has forgotten; its life is taken up there |
//! | `no_id` | without `client_order_id`, which nobody can follow; they go on |
//! | `forgotten` | orders that made room for newer ones, see `orders` |
//!
//! Memory is laid in when it is built; no event allocates.

use crate::{Counts, Handles, codes};
use pitlane::error::Coded;
use pitlane::event::{IllegalTransition, Order, OrderKind, OrderStatus};
use pitlane::registry::{BuildError, Registry};
use pitlane::stage::{Fault, On, Outbox, Stage, component};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How many refusals are logged one by one.
const LOGGED: u64 = 10;

/// Most orders that may be kept.
const MOST_ORDERS: usize = 1 << 24;

/// What becomes of an event that cannot follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnIllegal {
    /// Its way through the pipeline ends; it is counted and logged.
    #[default]
    Stop,
    /// It is counted and logged, and goes on.
    Pass,
    /// The stage fails on it: what happens then says `on_error`.
    Fail,
}

/// Parameters of `order_tracker`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrderTrackerParams {
    /// How many orders are kept, 1 to 16,777,216; the oldest ones make room. Default 65,536.
    #[schemars(extend("unit" = "orders"))]
    #[schemars(range(min = 1, max = 16_777_216))]
    pub orders: usize,
    /// Whether a new order that goes on from here is sent to a venue, so that it counts as submitted;
    /// `false` where the gateway reports that itself. Default `true`.
    pub submits: bool,
    /// What becomes of an event that cannot follow: `stop`, `pass` or `fail`. Default `stop`.
    pub illegal: OnIllegal,
}

impl Default for OrderTrackerParams {
    fn default() -> Self {
        Self { orders: 65_536, submits: true, illegal: OnIllegal::Stop }
    }
}

/// Keeps where each order stands.
#[derive(Debug)]
pub struct OrderTracker {
    name: String,
    params: OrderTrackerParams,
    /// State by `client_order_id`.
    states: HashMap<u64, OrderStatus>,
    /// Ids in the order in which they came, as a ring: the next one takes the place of the oldest.
    ids: Vec<u64>,
    next: usize,
    counts: Counts,
}

const LEGAL: usize = 0;
const ILLEGAL: usize = 1;
const UNKNOWN: usize = 2;
const NO_ID: usize = 3;
const FORGOTTEN: usize = 4;

impl OrderTracker {
    /// A tracker, named for its log.
    ///
    /// # Errors
    /// Where `orders` is out of range.
    pub fn new(name: impl Into<String>, params: OrderTrackerParams) -> Result<Self, BuildError> {
        if !(1..=MOST_ORDERS).contains(&params.orders) {
            let message = format!("orders is {}; let it be 1 to {MOST_ORDERS}", params.orders);
            return Err(BuildError::parameter("orders", message).coded(codes::PARAMETER));
        }
        // Twice the room: what is removed leaves marks, and clearing them must not ask for memory.
        let states = HashMap::with_capacity(2 * params.orders);
        let ids = Vec::with_capacity(params.orders);
        let counts = Counts::new(["legal", "illegal", "unknown", "no_id", "forgotten"]);
        Ok(Self { name: name.into(), params, states, ids, next: 0, counts })
    }

    /// Handle to its counts: `legal`, `illegal`, `unknown`, `no_id`, `forgotten`.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    /// Where an order stands; `None` for one that is not known.
    #[must_use]
    pub fn state(&self, client_order_id: u64) -> Option<OrderStatus> {
        self.states.get(&client_order_id).copied()
    }

    /// Takes note of what an event says.
    ///
    /// # Errors
    /// Where it cannot follow; the order stays where it is.
    pub fn follow(&mut self, order: &Order) -> Result<(), IllegalTransition> {
        let id = order.client_order_id;
        let Some(to) = says(order) else { return Ok(()) };
        if id == 0 {
            self.counts.add_one(NO_ID);
            return Ok(());
        }
        let begins = order.kind() == Some(OrderKind::New);
        let sent = if begins && to == OrderStatus::New && self.params.submits {
            OrderStatus::Submitted
        } else {
            to
        };
        let Some(&from) = self.states.get(&id) else {
            self.keep(id, sent);
            self.counts.add_one(if begins { LEGAL } else { UNKNOWN });
            return Ok(());
        };
        // Passing here was taken for the sending, which the gateway reports as well.
        let repeated = self.params.submits && from == to && to == OrderStatus::Submitted;
        if !repeated && let Err(illegal) = from.next(to) {
            self.counts.add_one(ILLEGAL);
            return Err(illegal);
        }
        self.states.insert(id, to);
        self.counts.add_one(LEGAL);
        Ok(())
    }

    fn keep(&mut self, id: u64, state: OrderStatus) {
        if self.ids.len() < self.params.orders {
            self.ids.push(id);
        } else {
            let oldest = std::mem::replace(&mut self.ids[self.next], id);
            self.next = (self.next + 1) % self.ids.len();
            self.states.remove(&oldest);
            self.counts.add_one(FORGOTTEN);
        }
        self.states.insert(id, state);
    }

    #[cold]
    fn log(&self, order: &Order, illegal: IllegalTransition) {
        let count = self.counts.of("illegal");
        if count > LOGGED {
            return;
        }
        tracing::warn!(
            stage = %self.name,
            root = order.header.root,
            client_order_id = order.client_order_id,
            code = illegal.code().name(),
            "illegal transition: {illegal}{}",
            if count == LOGGED { "; more of them are counted, and not logged" } else { "" }
        );
    }
}

/// The state that an event speaks of; `None` where it means nothing.
fn says(order: &Order) -> Option<OrderStatus> {
    match order.kind()? {
        OrderKind::New | OrderKind::Report => order.status(),
        OrderKind::Cancel => Some(OrderStatus::PendingCancel),
        OrderKind::Replace => Some(OrderStatus::PendingReplace),
    }
}

impl Stage for OrderTracker {
    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        let open = self.states.values().filter(|state| !state.is_final()).count();
        tracing::info!(stage = %self.name, open, counts = %self.counts, "order tracker stopped");
        Ok(())
    }
}

impl On<Order> for OrderTracker {
    #[inline]
    fn on(&mut self, order: &Order, out: &mut Outbox) -> Result<(), Fault> {
        let Err(illegal) = self.follow(order) else { return Ok(()) };
        match self.params.illegal {
            OnIllegal::Fail => {
                let message = format!("order {}: {illegal}", order.client_order_id);
                return Err(Fault::new(message).coded(illegal.code()));
            }
            OnIllegal::Stop => out.stop(),
            OnIllegal::Pass => {}
        }
        self.log(order, illegal);
        Ok(())
    }
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "Keeps where each order stands in its life, and refuses what cannot follow.";
    registry.component("order_tracker", doc, move |params: OrderTrackerParams, context| {
        let stops = params.illegal == OnIllegal::Stop;
        let tracker = OrderTracker::new(&context.name, params)?;
        handles.add_counts(&context.name, tracker.counts());
        let tracker = component(tracker).on::<Order>();
        Ok(if stops { tracker.may_stop().into() } else { tracker.into() })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{Reason, Side};
    use pitlane::testing::Harness;

    fn order(id: u64) -> Order {
        Order::new(id, Side::Bid, 100, 5)
    }

    fn report(id: u64, status: OrderStatus) -> Order {
        let mut report = order(id);
        report.header.kind = OrderKind::Report as u8;
        report.set_status(status);
        report
    }

    fn request(id: u64, kind: OrderKind) -> Order {
        let mut request = order(id);
        request.header.kind = kind as u8;
        request
    }

    fn tracker(params: OrderTrackerParams) -> OrderTracker {
        OrderTracker::new("tracker", params).unwrap()
    }

    #[test]
    fn follows_an_order_from_new_to_its_end_and_refuses_what_comes_after() {
        use OrderStatus::*;
        let mut tracker = tracker(OrderTrackerParams::default());
        tracker.follow(&order(7)).unwrap();
        assert_eq!(tracker.state(7), Some(Submitted));
        for status in [Submitted, Accepted, PartiallyFilled] {
            tracker.follow(&report(7, status)).unwrap();
        }
        tracker.follow(&request(7, OrderKind::Cancel)).unwrap();
        assert_eq!(tracker.state(7), Some(PendingCancel));
        tracker.follow(&report(7, Filled)).unwrap();
        let refused = tracker.follow(&report(7, Canceled)).unwrap_err();
        assert_eq!((refused.from, refused.to), (Filled, Canceled));
        assert_eq!(tracker.state(7), Some(Filled), "it stays where it is");
        tracker.follow(&order(7)).expect_err("an id is used once");
        assert_eq!(tracker.counts().to_string(), "legal=6 illegal=2");
    }

    #[test]
    fn a_denied_order_is_never_sent() {
        let mut tracker = tracker(OrderTrackerParams::default());
        tracker.follow(&order(1).denied(Reason::RATE)).unwrap();
        let refused = tracker.follow(&report(1, OrderStatus::Accepted)).unwrap_err();
        assert_eq!(refused.from, OrderStatus::Denied);
    }

    #[test]
    fn where_the_gateway_reports_the_sending_an_order_is_new_before() {
        let mut tracker = tracker(OrderTrackerParams { submits: false, ..Default::default() });
        tracker.follow(&order(1)).unwrap();
        assert_eq!(tracker.state(1), Some(OrderStatus::New));
        tracker.follow(&report(1, OrderStatus::Filled)).expect_err("it was not sent");
        tracker.follow(&report(1, OrderStatus::Submitted)).unwrap();
        tracker.follow(&report(1, OrderStatus::Submitted)).expect_err("it was sent before");
    }

    #[test]
    fn strangers_are_taken_up_where_they_are_and_the_oldest_make_room() {
        let mut tracker = tracker(OrderTrackerParams { orders: 2, ..Default::default() });
        tracker.follow(&report(1, OrderStatus::Accepted)).unwrap();
        tracker.follow(&report(0, OrderStatus::Accepted)).unwrap();
        tracker.follow(&order(2)).unwrap();
        tracker.follow(&order(3)).unwrap();
        assert_eq!((tracker.state(1), tracker.state(2)), (None, Some(OrderStatus::Submitted)));
        assert_eq!(tracker.counts().to_string(), "legal=2 unknown=1 no_id=1 forgotten=1");
    }

    #[test]
    fn many_orders_need_no_more_memory_than_was_laid_in() {
        let mut tracker = tracker(OrderTrackerParams { orders: 100, ..Default::default() });
        let room = tracker.states.capacity();
        (1..10_000).for_each(|id| tracker.follow(&order(id)).unwrap());
        assert_eq!(tracker.states.len(), 100);
        // Marks of what was removed count as taken, so it may be less.
        assert!(tracker.states.capacity() <= room, "it has grown");
    }

    #[test]
    fn an_illegal_event_stops_passes_or_fails_as_the_parameter_says() {
        for (illegal, stops, fails) in
            [(OnIllegal::Stop, 1, false), (OnIllegal::Pass, 0, false), (OnIllegal::Fail, 0, true)]
        {
            let tracker = tracker(OrderTrackerParams { illegal, ..Default::default() });
            let mut harness = Harness::new(component(tracker).on::<Order>().may_stop());
            harness.send(&order(1)).unwrap();
            harness.send(&report(1, OrderStatus::Rejected)).unwrap();
            let sent = harness.send(&report(1, OrderStatus::Filled));
            assert_eq!(sent.is_err(), fails, "{illegal:?}");
            assert_eq!(harness.stops(), stops, "{illegal:?}");
            if let Err(fault) = sent {
                assert_eq!(fault.code().name(), "PL-ORDER-001");
                assert!(fault.to_string().contains("`rejected` cannot become `filled`"), "{fault}");
            }
        }
    }
}
