//! The trait behind which retries, order and breakers lie.

use super::Account;
use crate::event::{Event, EventType, Slot};
use crate::stage::{Fault, FaultKind};
use bytemuck::Zeroable;

/// A durable event that is to be delivered.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    /// Its sequence in the journal, by which it is known from now on.
    pub position: u64,
    /// Its type.
    pub event: EventType,
    /// The event, byte by byte as recorded.
    pub slot: Slot,
    /// When it was appended, ns since 1970.
    pub appended: u64,
    /// Attempts that are known to have failed in earlier runs.
    pub attempts: u32,
    /// When the first of these was made, ns since 1970; 0 where there is none.
    pub first_attempt: u64,
    /// The first step of the route that it goes to.
    pub step: usize,
    /// Whether it was durable when this run began: an earlier run may have attempted it, and nobody
    /// knows how that ended.
    pub recovered: bool,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            position: 0,
            event: Slot::TYPE,
            slot: Slot::zeroed(),
            appended: 0,
            attempts: 0,
            first_attempt: 0,
            step: 0,
            recovered: false,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Due {
    /// Which delivery.
    pub position: u64,
    /// The event.
    pub slot: Slot,
    /// The step of the route that is next.
    pub step: usize,
    /// Attempts made before, for [`super::Settlement`]s.
    pub attempts: u32,
    /// Whether the target is to be asked first if it was done: see
    /// [`Stage::reconcile`](crate::stage::Stage::reconcile).
    pub reconcile: bool,
    /// Whether it was durable when this run began.
    pub recovered: bool,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event is through: delivered, or a step ended its way on purpose.
    Done,
    /// The step is done; this one is next.
    Step(usize),
    /// The step failed.
    Failed(Failure),
    /// Asked, the target says that it was not done.
    NotDone,
}

/// In which way a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It returned a fault.
    Fault,
    /// It panicked.
    Panic,
    /// Nobody knows whether it was done.
    Unknown,
    /// It will never succeed.
    Permanent,
}

impl Failure {
    /// The way in which a stage with this fault failed.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        match fault.kind() {
            FaultKind::Stage => Failure::Fault,
            FaultKind::Panic => Failure::Panic,
            FaultKind::Unknown => Failure::Unknown,
            // A stage that breaks its own declarations does so again.
            FaultKind::Permanent
            | FaultKind::TooManyEmissions
            | FaultKind::UndeclaredEmission
            | FaultKind::UndeclaredStop => Failure::Permanent,
        }
    }
}

/// A delivery that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settled {
    /// Which one.
    pub position: u64,
    /// The event.
    pub slot: Slot,
    /// Why.
    pub ending: Ending,
    /// Attempts made.
    pub attempts: u32,
    /// The step it had come to.
    pub step: usize,
}

/// Why a delivery ended. All but the first two are dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was delivered.
    Done,
    /// An order and its cancel, neither ever attempted, took each other away.
    Annihilated,
    /// Its last attempt failed, and there were as many as allowed.
    Attempts,
    /// It failed, and the next attempt would have begun too late.
    Elapsed,
    /// It failed in a way that no further attempt mends.
    Permanent,
    /// It failed, and too many deliveries were retries already.
    Budget,
    /// It was too old to send.
    Expired,
    /// The order that it is about, of this position, is a dead letter.
    With(u64),
}

impl Ending {
    /// Whether it ended as a dead letter.
    #[must_use]
    pub fn is_dead(self) -> bool {
        !matches!(self, Ending::Done | Ending::Annihilated)
    }

    /// Why, for people.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Ending::Done => "delivered".into(),
            Ending::Annihilated => "its cancel came before it was ever attempted".into(),
            Ending::Attempts => "its last attempt failed, and it had as many as allowed".into(),
            Ending::Elapsed => "it failed, and the next attempt would have begun too late".into(),
            Ending::Permanent => "it failed in a way that no further attempt mends".into(),
            Ending::Budget => "it failed, and too many deliveries were retries already".into(),
            Ending::Expired => "it was too old to send (`expire_after`)".into(),
            Ending::With(position) => {
                format!("the order it is about, at position {position}, is a dead letter")
            }
        }
    }
}

/// What is delivered when, to whom, how often. Single-threaded, polled, told the time: nothing in it
/// waits, and the same calls give the same answers.
///
/// `now` is ns since 1970 and never less than in an earlier call.
pub trait Deliveries: Send {
    /// Takes a delivery on. Positions come in rising order.
    fn accept(&mut self, delivery: Delivery, now: u64);

    /// What is to be done now, if anything. Until [`Deliveries::outcome`] was told of it, the same
    /// delivery does not come again.
    fn next(&mut self, now: u64) -> Option<Due>;

    /// How that went.
    fn outcome(&mut self, position: u64, outcome: Outcome, now: u64);

    /// A delivery that has ended and was not told of yet, in the order in which they ended.
    fn settled(&mut self) -> Option<Settled>;

    /// When [`Deliveries::next`] may have something to do again; `None` where nothing waits for time.
    fn next_due(&self) -> Option<u64>;

    /// Deliveries taken on that have not ended.
    fn waiting(&self) -> usize;

    /// Whether the next thing to wait for is a breaker that is open.
    fn is_held(&self, now: u64) -> bool;

    /// The new order of this id was given up by an earlier run, at this position: what comes about it
    /// goes the same way.
    fn remember_dead(&mut self, order: u64, position: u64);

    /// Numbers, for whoever looks.
    fn account(&self, now: u64) -> Account;
}
