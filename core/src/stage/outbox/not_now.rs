//! A stage that cannot take an event yet.

use super::Outbox;
use crate::event::Header;
use crate::wait::{Bed, LaneWaker};

impl Outbox {
    /// The stage cannot take this event yet, because something outside has no room for it: a channel,
    /// a queue of its own, a pool of workers. As if it had not been called: what it emitted is taken
    /// back, the event stays where it is and comes again, first, at the next duty cycle. Meanwhile the lane goes
    /// on with its other stages, waits by its strategy (asleep for at most a millisecond, or until a
    /// [`LaneWaker`] wakes it), and the stage's input fills up and holds back its writer.
    ///
    /// A stop that drains waits for it as long as that takes; one with a limit does not. In
    /// `on_start` and `on_stop`, where there is no event, it says nothing.
    pub fn not_now(&mut self) {
        self.be_unusual();
        self.put_off = true;
    }

    /// What wakes the lane once an event that was put off can be taken. To be asked for in `on_start`.
    #[must_use]
    pub fn waker(&self) -> LaneWaker {
        LaneWaker::of(self.bed.clone())
    }

    /// Where its lane sleeps.
    pub(crate) fn sleep_in(&mut self, bed: Bed) {
        self.bed = bed;
    }

    /// Whether the stage has put off an event in this poll.
    #[inline]
    pub(crate) fn is_put_off(&self) -> bool {
        self.put_off
    }

    /// A slice was not finished: its next event comes again.
    pub(in crate::stage) fn put_off_rest(&mut self, next: &Header) {
        self.cause = *next;
        self.put_off = true;
    }
}
