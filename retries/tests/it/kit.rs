//! A reliable route around a journal in memory.
//!
//! ```text
//!  orders ==> [ check ] --> [ gateway ]        both called by the courier of `orders`
//! ```

use pitlane::delivery::{Couriers, Jitter, RetryTerms, Settlement, Terms};
use pitlane::durable::Journal;
use pitlane::event::{Event, Order, Side, Slot};
use pitlane::stage::{Component, Fault, On, Outbox, Reconciled, Stage, component};
use pitlane::testing::MemoryLog;
use pitlane::topology::{Checked, Lanes, Plan, Report, Running};
use pitlane_retries::Queue;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a gateway was given, and what it is to say.
#[derive(Clone, Default)]
pub(crate) struct Gateway(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    got: Vec<Order>,
    /// What it answers next, if not yes.
    faults: Vec<Fault>,
    is_down: bool,
    /// Orders that it knows it has done.
    asked: Vec<u64>,
    did: Vec<u64>,
}

impl Gateway {
    pub(crate) fn fails_with(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut faults: Vec<_> = faults.into_iter().collect();
        faults.reverse();
        self.0.lock().unwrap().faults = faults;
    }

    pub(crate) fn is_down(&self, down: bool) {
        self.0.lock().unwrap().is_down = down;
    }

    /// It says that it has done this order when asked.
    pub(crate) fn did(&self, id: u64) {
        self.0.lock().unwrap().did.push(id);
    }

    pub(crate) fn asked(&self) -> Vec<u64> {
        self.0.lock().unwrap().asked.clone()
    }

    /// Ids of the orders it took, in their order.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.got().iter().map(|order| order.client_order_id).collect()
    }

    pub(crate) fn got(&self) -> Vec<Order> {
        self.0.lock().unwrap().got.clone()
    }

    pub(crate) fn stage(&self) -> Component {
        component(self.clone())
            .on::<Order>()
            .emits::<Order>()
            .emits_under("venue")
            .gateway()
            .build()
    }
}

impl Stage for Gateway {
    fn reconcile(&mut self, event: &Slot) -> Result<Reconciled, Fault> {
        let id = event.view::<Order>().client_order_id;
        let mut state = self.0.lock().unwrap();
        state.asked.push(id);
        Ok(if state.did.contains(&id) { Reconciled::Done } else { Reconciled::NotDone })
    }
}

impl On<Order> for Gateway {
    fn on(&mut self, order: &Order, out: &mut Outbox) -> Result<(), Fault> {
        let mut state = self.0.lock().unwrap();
        if let Some(fault) = state.faults.pop() {
            return Err(fault);
        }
        if state.is_down {
            return Err("no route to host".into());
        }
        state.got.push(*order);
        out.emit(Order::new(order.client_order_id, Side::Ask, 1, 1));
        Ok(())
    }
}

/// Terms that do not make a test wait.
pub(crate) fn quick() -> Terms {
    let delay = Duration::from_millis(2);
    let retry = RetryTerms { delay, jitter: Jitter::None, ..RetryTerms::default() };
    Terms { retry, ..Terms::default() }
}

pub(crate) fn order(id: u64, instrument: u32) -> Order {
    let mut order = Order::new(id, Side::Bid, 100, 1);
    order.header.instrument = instrument;
    order
}

/// A plan with that route; more may be added to it.
pub(crate) fn plan(gateway: &Gateway, terms: Terms) -> Plan {
    let mut plan = Plan::new();
    plan.component("gateway", gateway.stage());
    plan.reliable::<Order>("orders", terms, "gateway");
    plan.watchdog(None);
    plan
}

pub(crate) fn with_journal(mut checked: Checked, log: &MemoryLog) -> Checked {
    checked.journal(Journal::new(Box::new(log.clone())));
    let read = log.clone();
    checked.couriers(Couriers::new(
        move |_| Ok(Box::new(read.reader(0))),
        |terms, steps| Box::new(Queue::new(terms, steps)),
    ));
    checked
}

pub(crate) fn start(mut plan: Plan, log: &MemoryLog, lanes: Lanes) -> Running {
    plan.lanes(lanes);
    let checked = plan.check().expect("no mistakes");
    with_journal(checked, log).start().expect("it starts")
}

pub(crate) fn run(plan: Plan, log: &MemoryLog, orders: &[Order]) -> Report {
    let mut running = start(plan, log, Lanes::Auto);
    for order in orders {
        running.publish("orders", order).expect("it runs");
    }
    running.stop()
}

/// Tags of the orders and of what became of them.
pub(crate) const ORDERS: u32 = 1;

/// What became of them, in the order of the journal.
pub(crate) fn settlements(log: &MemoryLog, tag: u32) -> Vec<Settlement> {
    log.events(tag).iter().map(|slot| *slot.view::<Settlement>()).collect()
}

/// The tag of the settlements of a plan.
pub(crate) fn settled_tag(report: &Report) -> u32 {
    let journal = report.journal.as_ref().expect("it is recorded");
    let stream = journal.streams.iter().find(|stream| stream.event == Settlement::TYPE);
    stream.expect("settlements are recorded").tag
}
