//! What became of an attempt.

use super::node::{Courier, Held};
use super::steps::Called;
use crate::delivery::{Delivery, Due, Ending, Failure, Outcome, Settled, Settlement};
use crate::event::{Header, Slot};
use crate::metrics::StageWord;
use crate::stage::{Fault, Reconciled};
use crate::topology::{Attempt, DeadLetter, FailedEvent};
use std::time::Duration;

/// How a courier goes on after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Delivery,
    /// A step has no room, or cannot take it now.
    Wait,
}

impl Courier {
    /// A durable event becomes a delivery, unless no step wants it.
    pub(super) fn take_on(
        &mut self,
        stream: usize,
        delivery: Delivery,
        now: u64,
    ) -> Result<(), Fault> {
        let Delivery { position, slot, recovered, .. } = delivery;
        let held = Held { stream, recovered, passed: 0, attempts: Vec::new() };
        self.held.insert(position, held);
        match self.next_step(position, &slot, 0)? {
            Some(step) => self.deliveries.accept(Delivery { step, ..delivery }, now),
            None => self.unwanted.push_back(Settled {
                position,
                slot,
                ending: Ending::Done,
                attempts: 0,
                step: 0,
            }),
        }
        Ok(())
    }

    /// The first step from one on that an event goes to.
    fn next_step(
        &mut self,
        position: u64,
        slot: &Slot,
        from: usize,
    ) -> Result<Option<usize>, Fault> {
        let Some(held) = self.held.get(&position) else { return Ok(None) };
        for (number, step) in self.steps.iter_mut().enumerate().skip(from) {
            if step.takes(held.stream, slot, held.passed)? {
                return Ok(Some(number));
            }
            step.count(held, false);
        }
        Ok(None)
    }

    /// Does what is due.
    pub(super) fn attempt(&mut self, due: Due, now: u64) -> Result<Next, Fault> {
        let Due { position, slot, step: number, reconcile, recovered, .. } = due;
        let root = self.root_for(&slot, recovered);
        let step = &mut self.steps[number];
        self.at = number;
        if step.out.is_blocked() {
            self.put_off = Some(due);
            return Ok(Next::Wait);
        }
        if reconcile {
            match step.reconcile(&slot) {
                Ok(Reconciled::Done) => self.through(due, true)?,
                Ok(Reconciled::NotDone) => {
                    self.deliveries.outcome(position, Outcome::NotDone, now);
                }
                Err(fault) => self.failed(due, fault, true),
            }
            return Ok(Next::Delivery);
        }
        match step.call(&slot, root) {
            Called::Done { passed } => self.through(due, passed)?,
            Called::Failed(fault) => self.failed(due, fault, false),
            Called::PutOff => {
                self.put_off = Some(due);
                return Ok(Next::Wait);
            }
        }
        Ok(Next::Delivery)
    }

    /// The event's own root where it was not promised away, and is of this run.
    fn root_for(&mut self, slot: &Slot, recovered: bool) -> u64 {
        let own = if recovered { 0 } else { slot.header.root };
        self.root = self.root.max(self.promised).max(own);
        self.root
    }

    /// A step is done with a delivery.
    fn through(&mut self, due: Due, passed: bool) -> Result<(), Fault> {
        let Due { position, slot, step, .. } = due;
        if let Some(held) = self.held.get_mut(&position) {
            self.steps[step].count(held, false);
            held.passed |= u64::from(passed) << step;
        }
        let outcome = match self.next_step(position, &slot, step + 1)? {
            Some(next) => Outcome::Step(next),
            None => Outcome::Done,
        };
        let now = self.watch.now();
        self.deliveries.outcome(position, outcome, now);
        Ok(())
    }

    #[cold]
    fn failed(&mut self, due: Due, fault: Fault, asked: bool) {
        let Due { position, slot, step, attempts, .. } = due;
        let now = self.watch.now();
        let failure = match Failure::of(&fault) {
            Failure::Permanent => Failure::Permanent,
            // It was not attempted again, and is known no better.
            _ if asked => Failure::Unknown,
            failure => failure,
        };
        let name = &self.steps[step].name;
        tracing::debug!(step = name, position, attempts = attempts + 1, "failed: {fault}");
        let stage = self.steps[step].out.component();
        let attempts = attempts + 1;
        let mut failed = Settlement::failed(position, &slot, now, failure);
        (failed.stage, failed.attempts) = (stage, attempts);
        let text = fault.to_string();
        self.record(&slot, failed);
        failed.texts(&text).for_each(|text| self.record(&slot, text));
        if let Some(held) = self.held.get_mut(&position) {
            held.attempts.push(Attempt { at: now, fault });
        }
        self.deliveries.outcome(position, Outcome::Failed(failure), now);
    }

    /// Writes an event of the stream of settlements.
    fn record(&mut self, slot: &Slot, settlement: Settlement) {
        let recovered = self.held.get(&settlement.position).is_none_or(|held| held.recovered);
        let root = self.root_for(slot, recovered);
        self.out.descend_as(root);
        self.out.begin(&Header { root, ..slot.header });
        self.out.emit(settlement);
        let ended = self.out.end(slot, Ok(()));
        debug_assert!(ended.is_ok(), "settlements are declared");
    }

    /// Records the deliveries that have ended, as far as there is room.
    pub(super) fn record_settled(&mut self) -> bool {
        let mut recorded = false;
        while !self.out.is_blocked() {
            let settled = self.unwanted.pop_front().or_else(|| self.deliveries.settled());
            let Some(settled) = settled else { break };
            recorded = true;
            let now = self.watch.now();
            let mut settlement = Settlement::of(&settled, now);
            settlement.stage = self.steps[settled.step].out.component();
            self.record(&settled.slot, settlement);
            self.settle(settled, now);
        }
        recorded
    }

    fn settle(&mut self, settled: Settled, now: u64) {
        let Settled { position, slot, ending, step, .. } = settled;
        self.journaled.recovered.unsettled.remove(position);
        let Some(held) = self.held.remove(&position) else { return };
        if ending != Ending::Done {
            self.steps[step..].iter().for_each(|step| step.count(&held, true));
        }
        if !ending.is_dead() {
            return;
        }
        if let Some(counters) = &self.steps[step].counters {
            counters.of(StageWord::Skipped).add(1);
        }
        self.letters.insert(position);
        let mut attempts = held.attempts;
        if attempts.is_empty() || matches!(ending, Ending::Expired | Ending::With(_)) {
            attempts.push(Attempt { at: now, fault: Fault::new(self.sentence(ending)) });
        }
        let event = FailedEvent {
            stream: self.streams[held.stream].clone(),
            sequence: position,
            event: self.journaled.event,
            slot,
        };
        let stage = self.steps[step].name.clone();
        self.shared.dead_letters.push(DeadLetter { stage, event, attempts });
    }

    fn sentence(&self, ending: Ending) -> String {
        match (ending, self.expire_after) {
            (Ending::Expired, Some(limit)) => {
                format!("older than {}, which `expire_after` allows", readable(limit))
            }
            _ => ending.sentence(),
        }
    }
}

fn readable(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
