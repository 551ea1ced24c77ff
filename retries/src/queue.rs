//! Deliveries that wait, and what becomes of them.

use crate::backoff::nanos;
use crate::lines::{Key, Lines};
use crate::{Backoff, Breaker, Budget};
use pitlane::delivery::{
    Account, Deliveries, Delivery, Due, Ending, Failure, Ordering, Outcome, Settled, Terms,
};
use pitlane::event::{Event, Order, OrderKind};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

/// The deliveries of a courier: core's [`Deliveries`] with retries, breakers and order.
///
/// Orders ([`Order`]) are known by their `client_order_id`:
/// * A cancel that comes while its order waits and was never attempted annihilates it, and what else
///   waits about it. An order that an earlier run may have attempted counts as attempted.
/// * Otherwise a cancel overtakes what waits behind a retry, but not what waits about its own order.
/// * A new order that becomes a dead letter takes along what waits, or comes later, about it.
pub struct Queue {
    ordering: Ordering,
    expire_after: Option<u64>,
    backoff: Backoff,
    budget: Budget,
    /// One per step.
    breakers: Vec<Breaker>,
    waiting: BTreeMap<u64, Waiting>,
    lines: Lines,
    /// What waits about each order, in the order in which it came.
    orders: HashMap<u64, Vec<u64>>,
    /// Orders that were given up, and at which position.
    dead: HashMap<u64, u64>,
    /// First ones of lines by the time at which they are due; some are stale.
    due: BinaryHeap<Reverse<(u64, u64)>>,
    in_hand: Option<u64>,
    /// Up to where it was looked for what is too old.
    looked: u64,
    settled: VecDeque<Settled>,
    account: Account,
}

#[derive(Clone, Debug)]
struct Waiting {
    delivery: Delivery,
    key: Key,
    kind: Option<OrderKind>,
    due: u64,
    /// Whether it was attempted, or may have been.
    tried: bool,
    /// Whether the target is asked first.
    unknown: bool,
}

impl Waiting {
    fn order(&self) -> Option<u64> {
        self.kind.map(|_| self.delivery.slot.view::<Order>().client_order_id)
    }

    fn is_cancel(&self) -> bool {
        self.kind == Some(OrderKind::Cancel)
    }
}

/// What an order's event asks for; reports and denied orders ask for nothing.
fn kind_of(delivery: &Delivery) -> Option<OrderKind> {
    let order: &Order = delivery.slot.view();
    if delivery.event != Order::TYPE || order.is_denied() || order.client_order_id == 0 {
        return None;
    }
    order.kind().filter(|kind| *kind != OrderKind::Report)
}

impl Queue {
    /// For a route of so many steps.
    #[must_use]
    pub fn new(terms: &Terms, steps: usize) -> Self {
        Self {
            ordering: terms.ordering,
            expire_after: terms.expire_after.map(nanos),
            backoff: Backoff::new(&terms.retry),
            budget: Budget::new(terms.retry.budget),
            breakers: (0..steps).map(|_| Breaker::new(&terms.breaker)).collect(),
            waiting: BTreeMap::new(),
            lines: Lines::default(),
            orders: HashMap::new(),
            dead: HashMap::new(),
            due: BinaryHeap::new(),
            in_hand: None,
            looked: 0,
            settled: VecDeque::new(),
            account: Account::default(),
        }
    }

    fn key_of(&self, delivery: &Delivery, kind: Option<OrderKind>) -> Key {
        let order: &Order = delivery.slot.view();
        match (self.ordering, kind) {
            (Ordering::Instrument, _) => Key::Instrument(delivery.slot.header.instrument),
            (Ordering::None, Some(_)) => Key::Order(order.client_order_id),
            (Ordering::None, None) => Key::Alone(delivery.position),
        }
    }

    /// Has the first of a line come up when it is due.
    fn schedule(&mut self, key: Key) {
        if let Some(first) = self.lines.first(key)
            && let Some(waiting) = self.waiting.get(&first)
        {
            self.due.push(Reverse((waiting.due, first)));
        }
    }

    /// Lets cancels of a line overtake, where its first one is being retried.
    fn promote(&mut self, key: Key) {
        let (orders, waiting) = (&self.orders, &self.waiting);
        self.lines.promote(key, |cancel| {
            let about = orders.get(&waiting.get(&cancel)?.order()?)?;
            about.iter().rev().find(|other| **other < cancel).copied()
        });
    }

    fn is_retried(&self, key: Key) -> bool {
        let first = self.lines.first(key).and_then(|first| self.waiting.get(&first));
        self.lines.has_express(key) || first.is_some_and(|first| first.delivery.attempts > 0)
    }

    fn is_expired(&self, waiting: &Waiting, now: u64) -> bool {
        let age = now.saturating_sub(waiting.delivery.appended);
        // What nobody knows the end of may be done already.
        let may_expire = !waiting.is_cancel() && !waiting.unknown;
        may_expire && self.expire_after.is_some_and(|limit| age > limit)
    }

    fn expire(&mut self, now: u64) {
        let Some(limit) = self.expire_after else { return };
        while let Some((&position, waiting)) = self.waiting.range(self.looked..).next() {
            if now.saturating_sub(waiting.delivery.appended) <= limit {
                return;
            }
            self.looked = position + 1;
            if self.is_expired(waiting, now) && self.in_hand != Some(position) {
                self.settle(position, Ending::Expired, now);
            }
        }
    }

    /// The delivery ends, and others with it where it is a new order that is given up.
    fn settle(&mut self, position: u64, ending: Ending, now: u64) {
        let Some(waiting) = self.leave(position) else { return };
        self.tell(&waiting.delivery, ending, now);
        let given_up = ending.is_dead() && waiting.kind == Some(OrderKind::New);
        if let (true, Some(order)) = (given_up, waiting.order()) {
            self.dead.insert(order, position);
            for other in self.orders.get(&order).cloned().unwrap_or_default() {
                self.settle(other, Ending::With(position), now);
            }
        }
        self.schedule(waiting.key);
    }

    fn leave(&mut self, position: u64) -> Option<Waiting> {
        let waiting = self.waiting.remove(&position)?;
        self.lines.remove(waiting.key, position);
        if let Some(order) = waiting.order()
            && let Some(about) = self.orders.get_mut(&order)
        {
            about.retain(|other| *other != position);
            if about.is_empty() {
                self.orders.remove(&order);
            }
        }
        Some(waiting)
    }

    fn tell(&mut self, delivery: &Delivery, ending: Ending, now: u64) {
        let Delivery { position, slot, attempts, step, appended, .. } = *delivery;
        let account = &mut self.account;
        let waited = Duration::from_nanos(now.saturating_sub(appended));
        account.longest = account.longest.max(waited);
        match ending {
            Ending::Done => account.done += 1,
            Ending::Annihilated => account.annihilated += 1,
            _ => account.dead += 1,
        }
        account.expired += u64::from(ending == Ending::Expired);
        self.settled.push_back(Settled { position, slot, ending, attempts, step });
    }

    /// Whether a cancel takes its order away; if so, both have ended.
    fn annihilates(&mut self, cancel: &Delivery, now: u64) -> bool {
        let order = cancel.slot.view::<Order>().client_order_id;
        let Some(about) = self.orders.get(&order).cloned() else { return false };
        let is_fresh = |position: &u64| {
            let waiting = &self.waiting[position];
            waiting.kind == Some(OrderKind::New) && !waiting.tried
        };
        if !about.iter().any(is_fresh) {
            return false;
        }
        about.into_iter().for_each(|other| self.settle(other, Ending::Annihilated, now));
        self.tell(cancel, Ending::Annihilated, now);
        true
    }

    fn failed(&mut self, position: u64, failure: Failure, now: u64) {
        self.account.failures += 1;
        let Some(waiting) = self.waiting.get_mut(&position) else { return };
        let delivery = &mut waiting.delivery;
        delivery.attempts += 1;
        let Delivery { attempts, first_attempt, step, .. } = *delivery;
        waiting.unknown |= failure == Failure::Unknown;
        let breaker = &mut self.breakers[step];
        match failure {
            Failure::Permanent => breaker.succeeded(),
            Failure::Fault | Failure::Panic | Failure::Unknown => breaker.failed(now),
        }
        let next = self.backoff.next(position, attempts, first_attempt, now, failure);
        match next {
            Ok(at) if self.budget.retry() => {
                let key = waiting.key;
                waiting.due = at;
                self.promote(key);
                self.schedule(key);
            }
            Ok(_) => self.settle(position, Ending::Budget, now),
            Err(ending) => self.settle(position, ending, now),
        }
    }

    /// The breaker of the step that a delivery has come to is asked, and the delivery handed out.
    fn hand_out(&mut self, position: u64, now: u64) -> Option<Due> {
        let waiting = self.waiting.get_mut(&position)?;
        let delivery = &mut waiting.delivery;
        if let Err(until) = self.breakers[delivery.step].ask(now) {
            waiting.due = until;
            self.due.push(Reverse((until, position)));
            return None;
        }
        if delivery.first_attempt == 0 {
            delivery.first_attempt = now;
            self.budget.deliver();
        }
        self.account.attempts += u64::from(!waiting.unknown);
        self.account.retries += u64::from(!waiting.unknown && delivery.attempts > 0);
        let Delivery { slot, step, attempts, recovered, .. } = *delivery;
        let reconcile = waiting.unknown;
        waiting.tried = true;
        self.in_hand = Some(position);
        Some(Due { position, slot, step, attempts, reconcile, recovered })
    }
}

impl Deliveries for Queue {
    fn accept(&mut self, delivery: Delivery, now: u64) {
        let kind = kind_of(&delivery);
        let order = delivery.slot.view::<Order>().client_order_id;
        self.account.accepted += 1;
        self.account.recovered += u64::from(delivery.recovered);
        match kind {
            Some(OrderKind::New) => {
                self.dead.remove(&order);
            }
            Some(_) => {
                if let Some(&dead) = self.dead.get(&order) {
                    return self.tell(&delivery, Ending::With(dead), now);
                }
                if kind == Some(OrderKind::Cancel) && self.annihilates(&delivery, now) {
                    return;
                }
            }
            None => {}
        }
        let (key, position) = (self.key_of(&delivery, kind), delivery.position);
        let (tried, unknown) = (delivery.recovered, delivery.recovered);
        let waiting = Waiting { delivery, key, kind, due: 0, tried, unknown };
        let is_cancel = waiting.is_cancel();
        self.waiting.insert(position, waiting);
        self.lines.push(key, position, is_cancel);
        if kind.is_some() {
            self.orders.entry(order).or_default().push(position);
        }
        let overtakes = is_cancel && self.is_retried(key);
        if overtakes {
            self.promote(key);
        }
        // Cancels that came before it may have overtaken with it.
        if overtakes || self.lines.first(key) == Some(position) {
            self.schedule(key);
        }
    }

    fn next(&mut self, now: u64) -> Option<Due> {
        self.expire(now);
        while let Some(&Reverse((due, position))) = self.due.peek() {
            if due > now {
                return None;
            }
            self.due.pop();
            let Some(waiting) = self.waiting.get(&position) else { continue };
            let is_first = self.lines.first(waiting.key) == Some(position);
            if !is_first || waiting.due != due || self.in_hand == Some(position) {
                continue;
            }
            if self.is_expired(waiting, now) {
                self.settle(position, Ending::Expired, now);
                continue;
            }
            if let Some(due) = self.hand_out(position, now) {
                return Some(due);
            }
        }
        None
    }

    fn outcome(&mut self, position: u64, outcome: Outcome, now: u64) {
        if self.in_hand == Some(position) {
            self.in_hand = None;
        }
        let Some(waiting) = self.waiting.get_mut(&position) else { return };
        let (step, key) = (waiting.delivery.step, waiting.key);
        match outcome {
            Outcome::Failed(failure) => return self.failed(position, failure, now),
            Outcome::Done => {
                // What was only asked about was not attempted once more.
                waiting.delivery.attempts += u32::from(!waiting.unknown);
                self.breakers[step].succeeded();
                return self.settle(position, Ending::Done, now);
            }
            Outcome::Step(next) => {
                waiting.delivery.step = next;
                // An earlier run may have come as far, and further.
                waiting.unknown = waiting.delivery.recovered;
            }
            Outcome::NotDone => {
                waiting.unknown = false;
                let waiting = waiting.clone();
                if self.is_expired(&waiting, now) {
                    self.breakers[step].succeeded();
                    return self.settle(position, Ending::Expired, now);
                }
            }
        }
        let Some(waiting) = self.waiting.get_mut(&position) else { return };
        // It goes on before all others.
        waiting.due = 0;
        self.breakers[step].succeeded();
        self.schedule(key);
    }

    fn settled(&mut self) -> Option<Settled> {
        self.settled.pop_front()
    }

    fn next_due(&self) -> Option<u64> {
        let due = self.due.peek().map(|Reverse((due, _))| *due);
        let oldest = self.waiting.range(self.looked..).next();
        let expires = oldest.zip(self.expire_after);
        let expires = expires.map(|((_, waiting), limit)| {
            waiting.delivery.appended.saturating_add(limit).saturating_add(1)
        });
        due.into_iter().chain(expires).min()
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn is_held(&self, now: u64) -> bool {
        let is_held = |first: u64| {
            let step = self.waiting[&first].delivery.step;
            self.breakers[step].open_until(now).is_some()
        };
        self.settled.is_empty() && self.lines.firsts().all(is_held)
    }

    fn remember_dead(&mut self, order: u64, position: u64) {
        self.dead.insert(order, position);
    }

    fn account(&self, now: u64) -> Account {
        let oldest = self.waiting.first_key_value();
        let oldest = oldest.map_or(0, |(_, first)| now.saturating_sub(first.delivery.appended));
        let oldest = Duration::from_nanos(oldest);
        Account {
            waiting: self.waiting.len() as u64,
            oldest,
            longest: self.account.longest.max(oldest),
            breakers: self.breakers.iter().map(Breaker::account).collect(),
            ..self.account.clone()
        }
    }
}
