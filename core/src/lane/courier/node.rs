//! The duty cycle of a courier.

use super::intake::{Intake, Journaled};
use super::outcomes::Next;
use super::{Recovered, Step};
use crate::delivery::{Deliveries, Due, Settled, Terms};
use crate::durable::{Durable, Hold, LogReader, SyncPolicy};
use crate::event::{EventType, Slot};
use crate::lane::failure::Watch;
use crate::metrics::{StageWord, Words};
use crate::ring::CLOSED;
use crate::stage::{Fault, Outbox, Tally};
use crate::sync::Arc;
use crate::topology::{Attempt, Shared, StageFault};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// What a courier is made of.
pub(crate) struct CourierParts {
    pub(crate) name: String,
    /// Its number among the couriers, and its place in topological order.
    pub(crate) number: usize,
    pub(crate) index: usize,
    pub(crate) steps: Vec<Step>,
    pub(crate) intakes: Vec<Intake>,
    /// Names of the streams of these.
    pub(crate) streams: Vec<String>,
    pub(crate) event: EventType,
    pub(crate) out: Outbox,
    pub(crate) deliveries: Box<dyn Deliveries>,
    pub(crate) reader: Box<dyn LogReader>,
    pub(crate) recovered: Recovered,
    pub(crate) durable: Durable,
    pub(crate) sync: SyncPolicy,
    pub(crate) terms: Terms,
    pub(crate) clock: quanta::Clock,
    /// Where it counts; `None` where nothing is counted.
    pub(crate) counters: Option<Words<StageWord>>,
    /// Most attempts per poll.
    pub(crate) limit: usize,
    pub(crate) shared: Arc<Shared>,
}

/// Delivers a route's durable events to its steps; see the folder's page.
pub(crate) struct Courier {
    name: String,
    number: usize,
    index: usize,
    pub(super) steps: Vec<Step>,
    pub(super) journaled: Journaled,
    pub(super) streams: Vec<String>,
    pub(super) out: Outbox,
    pub(super) deliveries: Box<dyn Deliveries>,
    pub(super) durable: Durable,
    hold: Hold,
    pub(super) window: usize,
    pub(super) expire_after: Option<Duration>,
    /// What is known of each delivery in memory.
    pub(super) held: BTreeMap<u64, Held>,
    /// Events that no step wants; they are settled without an attempt.
    pub(super) unwanted: VecDeque<Settled>,
    /// A delivery in hand whose step has no room, or cannot take it now.
    pub(super) put_off: Option<Due>,
    /// Dead letters that somebody may want to see.
    pub(super) letters: BTreeSet<u64>,
    pub(super) batch: Vec<Slot>,
    /// The step called last.
    pub(super) at: usize,
    /// The root of what is emitted now, and what was promised.
    pub(super) root: u64,
    pub(super) promised: u64,
    pub(super) watch: Watch,
    counters: Option<Words<StageWord>>,
    limit: usize,
    pub(super) shared: Arc<Shared>,
    state: State,
}

/// What is known of a delivery in memory.
pub(super) struct Held {
    /// Which of the route's streams it came from.
    pub(super) stream: usize,
    pub(super) recovered: bool,
    /// Steps that let it pass, a bit for each.
    pub(super) passed: u64,
    pub(super) attempts: Vec<Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Stopping,
    Finished,
}

/// How soon a delivery that was put off is tried again: what it waits for wakes nobody.
const LONGEST_PUT_OFF: Duration = Duration::from_millis(1);

impl Courier {
    pub(crate) fn new(parts: CourierParts) -> Self {
        let mut recovered = parts.recovered;
        let letters = std::mem::take(&mut recovered.letters);
        let mut deliveries = parts.deliveries;
        for (order, position) in std::mem::take(&mut recovered.dead) {
            deliveries.remember_dead(order, position);
        }
        let hold = parts.durable.hold(parts.reader.position());
        let CourierParts { reader, intakes, event, sync, .. } = parts;
        Self {
            name: parts.name,
            number: parts.number,
            index: parts.index,
            steps: parts.steps,
            journaled: Journaled::new(reader, intakes, event, sync, recovered),
            streams: parts.streams,
            out: parts.out,
            deliveries,
            durable: parts.durable,
            hold,
            window: parts.terms.window.max(1),
            expire_after: parts.terms.expire_after,
            held: BTreeMap::new(),
            unwanted: VecDeque::new(),
            put_off: None,
            letters,
            batch: Vec::new(),
            at: 0,
            root: 0,
            promised: 0,
            watch: Watch::new(parts.clock),
            counters: parts.counters,
            limit: parts.limit,
            shared: parts.shared,
            state: State::Running,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.steps.get(self.at).map_or(&self.name, |step| &step.name)
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// Whether a fault from here on is its own alone.
    pub(crate) fn is_ending(&self) -> bool {
        self.state != State::Running
    }

    /// Root of what it emits.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }

    /// How long it may wait, unless it is woken.
    pub(crate) fn waits(&self) -> Duration {
        if self.put_off.is_some() {
            return LONGEST_PUT_OFF;
        }
        let due = self.deliveries.next_due();
        due.map_or(Duration::MAX, |due| Duration::from_nanos(due.saturating_sub(self.watch.now())))
    }

    pub(crate) fn start(&mut self) -> Result<(), StageFault> {
        self.durable.wake(self.out.waker());
        self.show();
        self.steps.iter_mut().try_for_each(Step::start)
    }

    /// Takes in, delivers, records, promises. Gives whether anything moved.
    pub(crate) fn poll(&mut self) -> Result<bool, StageFault> {
        let mut moved = self.flush();
        if self.out.is_blocked() {
            return Ok(self.promise() | moved);
        }
        if self.state != State::Running {
            return Ok(self.finish() | moved);
        }
        let before = self.deliveries.waiting();
        let took = self.take_in(self.watch.now()).map_err(|fault| self.fault(fault))?;
        let had_their_chance = self.deliver(&mut moved)?;
        for step in &mut self.steps {
            step.batch_end()?;
        }
        moved |= took | self.flush();
        if had_their_chance {
            moved |= self.promise();
        }
        if took || moved || before > 0 {
            self.keep();
            self.show();
        }
        if had_their_chance && self.has_ended() && !self.shared.is_halted() {
            self.stop()?;
            moved = true;
        }
        Ok(moved)
    }

    /// Attempts what is due, at most a batch. Gives whether all that is in memory had its chance.
    fn deliver(&mut self, moved: &mut bool) -> Result<bool, StageFault> {
        for _ in 0..self.limit {
            *moved |= self.record_settled();
            if self.out.is_blocked() {
                return Ok(false);
            }
            let now = self.watch.now();
            let due = self.put_off.take().or_else(|| self.deliveries.next(now));
            let Some(due) = due else {
                return Ok(!self.record_settled() || !self.out.is_blocked());
            };
            match self.attempt(due, now).map_err(|fault| self.fault(fault))? {
                Next::Delivery => *moved = true,
                Next::Wait => return Ok(true),
            }
        }
        *moved |= self.record_settled();
        Ok(false)
    }

    fn flush(&mut self) -> bool {
        let steps = self.steps.iter_mut().fold(false, |moved, step| step.out.flush() | moved);
        self.out.flush() | steps
    }

    fn promise(&mut self) -> bool {
        let least = self.journaled.intakes.iter().map(Intake::least_root).min().unwrap_or(CLOSED);
        let open = self.state != State::Finished;
        let least = if least == CLOSED && open { self.shared.end_root.get() } else { least };
        self.promised = self.promised.max(least);
        let steps = self.steps.iter_mut();
        let news = steps.fold(false, |news, step| step.out.promise(least) | news);
        self.out.promise(least) | news
    }

    /// Has retention keep what is needed.
    fn keep(&mut self) {
        let next = self.journaled.reader.position();
        let unsettled = self.held.first_key_value().map(|(position, _)| *position);
        let letter = self.letters.first().copied();
        let left = self.journaled.recovered.unsettled.first();
        let needed = [unsettled, letter, left].into_iter().flatten().fold(next, u64::min);
        self.hold.release(needed);
    }

    fn show(&self) {
        let account = self.deliveries.account(self.watch.now());
        if let Some(counters) = &self.counters {
            counters.of(StageWord::EventsIn).set(account.accepted);
            counters.of(StageWord::EventsOut).set(self.out.published());
            counters.of(StageWord::Retries).set(account.retries);
        }
        self.shared.show_courier(self.number, account, self.journaled.beyond());
    }

    /// Nothing more comes, and all is settled, or only a breaker could settle it.
    fn has_ended(&self) -> bool {
        let intakes = &self.journaled.intakes;
        if !intakes.iter().all(|intake| intake.least_root() == CLOSED) || self.put_off.is_some() {
            return false;
        }
        if !self.unwanted.is_empty() {
            return false;
        }
        if self.deliveries.waiting() == 0 {
            return self.journaled.is_finished();
        }
        self.deliveries.is_held(self.watch.now())
    }

    fn stop(&mut self) -> Result<(), StageFault> {
        self.state = State::Stopping;
        let left = self.deliveries.waiting() as u64 + self.journaled.beyond();
        if left > 0 {
            let courier = &self.name;
            tracing::warn!(
                courier,
                left,
                "stops while a breaker is open; the journal keeps the rest"
            );
        }
        let root = self.shared.end_root.get();
        // Each of them is told, whatever the others say.
        let stopped: Vec<_> = self.steps.iter_mut().map(|step| step.stop(root)).collect();
        self.show();
        stopped.into_iter().collect()
    }

    fn finish(&mut self) -> bool {
        let steps = self.steps.iter();
        let waiting = steps.fold(self.out.is_waiting(), |waiting, step| {
            step.out.is_waiting() | step.out.is_blocked() | waiting
        });
        if waiting {
            return self.promise();
        }
        self.state = State::Finished;
        self.promise();
        true
    }

    /// After a panic that came out of no stage.
    pub(crate) fn after_panic(&mut self) {
        self.out.take_back();
        self.flush();
    }

    fn fault(&self, fault: Fault) -> StageFault {
        StageFault { stage: self.name.clone(), root: self.root, event: None, fault }
    }

    /// What went through its streams and its steps'.
    pub(crate) fn tallies(&mut self) -> Vec<(usize, Vec<Tally>)> {
        let steps = self.steps.iter().map(|step| (step.index, step.out.tallies()));
        steps.chain([(self.index, self.out.tallies())]).collect()
    }
}
