//! What a callback is given besides the event.

use pitlane::event::{Action, Event, Header, Signal};
use pitlane::stage::Outbox;

/// What a callback of a [`super::Strategy`] is given besides the event: the event's header, and where
/// to send signals.
///
/// A signal is about the instrument, the time and the root of the event being handled; its strategy
/// is the component's name.
#[derive(Debug)]
pub struct Ctx<'a> {
    out: &'a mut Outbox,
}

impl<'a> Ctx<'a> {
    /// Around a stage's outbox, for stages that hand on to a strategy.
    #[inline]
    pub fn new(out: &'a mut Outbox) -> Self {
        Self { out }
    }

    /// Header of the event being handled; all 0 at the start.
    #[must_use]
    #[inline]
    pub fn header(&self) -> &Header {
        self.out.cause()
    }

    /// Process-local id of the instrument.
    #[must_use]
    #[inline]
    pub fn instrument(&self) -> u32 {
        self.header().instrument
    }

    /// Venue time of the event, ns since 1970. It may step back from one event to the next.
    #[must_use]
    #[inline]
    pub fn ts_event(&self) -> u64 {
        self.header().ts_event
    }

    /// Advises to buy: `strength` 0 to 1, formed at `price` (1e-9). The risk gate chooses the quantity.
    pub fn buy(&mut self, strength: f64, price: i64) {
        self.signal(Action::Buy, strength, price);
    }

    /// Advises to sell: `strength` 0 to 1, formed at `price` (1e-9). The risk gate chooses the quantity.
    pub fn sell(&mut self, strength: f64, price: i64) {
        self.signal(Action::Sell, strength, price);
    }

    /// Sends a signal: `strength` 0 to 1, formed at `price` (1e-9).
    pub fn signal(&mut self, action: Action, strength: f64, price: i64) {
        self.emit(Signal::new(action, strength, price));
    }

    /// Emits an event of any type that the component declared: a signal with a quantity of its own, say.
    /// More than the component declared per event (16 by default) make the event fail.
    #[inline]
    pub fn emit<E: Event>(&mut self, event: E) {
        self.out.emit(event);
    }
}
