//! Events that are only made where somebody listens.

use super::Outbox;
use crate::event::Event;

/// A set of event types.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Types([u64; 4]);

impl Types {
    #[inline]
    fn has(&self, id: u8) -> bool {
        self.0[usize::from(id / 64)] >> (id % 64) & 1 != 0
    }

    pub(super) fn add(&mut self, id: u8) {
        self.0[usize::from(id / 64)] |= 1 << (id % 64);
    }
}

impl Outbox {
    /// Whether anybody reads the events of this type that the stage emits: a stage that runs, or a link that
    /// may lose them. It is found out when the topology is built and never changes while it runs. Never
    /// true for a type that the stage does not declare.
    #[inline]
    #[must_use]
    pub fn has_subscribers<E: Event>(&self) -> bool {
        self.listened.has(E::TYPE.id)
    }

    /// Emits an event that `fill` writes, in place, into one that is all zeroes. Where nobody
    /// [listens](Outbox::has_subscribers) `fill` is not called, and nothing is emitted or counted: the
    /// stream is empty. A type that the stage does not declare is refused all the same.
    ///
    /// ```
    /// use pitlane::event::{Action, MarketData, Signal};
    /// use pitlane::stage::{each, Component, Outbox};
    ///
    /// let quoted: Component = each(|event: &MarketData, out: &mut Outbox| {
    ///     out.emit_with(|signal: &mut Signal| {
    ///         // Not run where nobody reads signals of this component.
    ///         *signal = Signal::new(Action::Hold, 0.0, event.as_trade().map_or(0, |trade| trade.price()));
    ///     });
    ///     Ok(())
    /// })
    /// .emits::<Signal>()
    /// .into();
    /// ```
    #[inline]
    pub fn emit_with<E: Event>(&mut self, fill: impl FnOnce(&mut E)) {
        // Asked first: where nobody listens this is all there is.
        if self.unheard.has(E::TYPE.id) {
            return;
        }
        self.emit_heard(fill);
    }

    /// Not inlined: a handler whose event nobody hears is then so short that it is inlined itself.
    #[inline(never)]
    fn emit_heard<E: Event>(&mut self, fill: impl FnOnce(&mut E)) {
        self.write::<E>(|slot| {
            let event: &mut E = bytemuck::cast_mut(slot);
            *event = E::zeroed();
            fill(event);
        });
    }
}
