//! One input of a stage.

use crate::condition::Condition;
use crate::event::Slot;
use crate::metrics::{LinkWord, Words};
use crate::ring::{CLOSED, Reader};
use crate::stage::{Erased, Outbox, Ran, Run};
use std::collections::VecDeque;

/// One input of a stage: a reader, what is known of the stream's progress, and events kept aside.
pub(crate) struct Input {
    reader: Reader,
    /// Which of the stage's event types it carries.
    handler: usize,
    when: Option<Condition>,
    /// Whether what the stage lets pass goes on to later steps.
    passes: bool,
    /// The stream's bound, loaded before the cursor that the reader knows.
    bound: u64,
    /// Events taken out of the ring before their turn, all of one root.
    aside: VecDeque<Slot>,
    /// Events that the condition held back.
    filtered: u64,
    /// Events that the stage failed on and that were left out.
    skipped: u64,
    /// Most events ever seen waiting.
    max_lag: u64,
    /// Where it counts; `None` where nothing is counted.
    counters: Option<Words<LinkWord>>,
}

impl Input {
    pub(crate) fn new(
        reader: Reader,
        handler: usize,
        when: Option<Condition>,
        passes: bool,
        counters: Option<Words<LinkWord>>,
    ) -> Self {
        let aside = VecDeque::new();
        let (bound, filtered, skipped, max_lag) = (0, 0, 0, 0);
        Self { reader, handler, when, passes, bound, aside, filtered, skipped, max_lag, counters }
    }

    /// The least root this input can still give, as far as is known.
    #[inline]
    pub(crate) fn least_root(&self) -> u64 {
        match self.aside.front().or_else(|| self.reader.head()) {
            Some(slot) => slot.header.root,
            None => self.bound,
        }
    }

    /// Whether its next event may be handled now, as far as is known.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        if self.aside.is_empty() {
            self.reader.available() > 0
        } else {
            self.reader.available_aside() > 0
        }
    }

    /// Looks at the stream again.
    #[inline]
    pub(crate) fn look(&mut self) {
        self.bound = self.reader.look();
        self.max_lag = self.max_lag.max(self.lag());
    }

    /// Looks at the stream again where nothing of it is known to be left.
    pub(crate) fn look_if_empty(&mut self) {
        if self.aside.is_empty() && self.reader.visible() == 0 {
            self.look();
        }
    }

    /// Whether nothing will come any more.
    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        self.least_root() == CLOSED
    }

    /// Published events not yet handled, as far as is known.
    #[inline]
    fn lag(&self) -> u64 {
        (self.aside.len() + self.reader.visible()) as u64
    }

    /// Writes down what it counts.
    pub(crate) fn count(&mut self) {
        let Some(counters) = &self.counters else { return };
        counters.of(LinkWord::Done).set(self.reader.sequence());
        counters.of(LinkWord::Filtered).set(self.filtered);
        counters.of(LinkWord::Skipped).set(self.skipped);
        counters.of(LinkWord::Lag).set(self.lag());
        counters.of(LinkWord::MaxLag).set(self.max_lag);
    }

    /// Lets the stage handle ready events with roots below `until`, at most `limit`.
    #[inline]
    pub(crate) fn run(
        &mut self,
        stage: &mut dyn Erased,
        out: &mut Outbox,
        until: u64,
        limit: usize,
    ) -> Ran {
        out.let_pass(self.passes);
        if !self.aside.is_empty() {
            return self.run_aside(stage, out, until, limit);
        }
        let slots = self.reader.visible_slice(limit.min(self.reader.available()));
        let run = Run { slots, until, when: self.when.as_mut() };
        let ran = stage.run(self.handler, run, out);
        self.reader.release(ran.consumed);
        self.filtered += ran.filtered as u64;
        ran
    }

    #[cold]
    fn run_aside(
        &mut self,
        stage: &mut dyn Erased,
        out: &mut Outbox,
        until: u64,
        limit: usize,
    ) -> Ran {
        let slots = self.aside.as_slices().0;
        let slots = &slots[..slots.len().min(limit).min(self.reader.available_aside())];
        let run = Run { slots, until, when: self.when.as_mut() };
        let ran = stage.run(self.handler, run, out);
        self.aside.drain(..ran.consumed);
        self.reader.done_aside(ran.consumed);
        self.filtered += ran.filtered as u64;
        ran
    }

    /// Its first event and that event's place in the stream.
    #[cold]
    pub(super) fn first(&self) -> Option<(u64, Slot)> {
        let slot = self.aside.front().or_else(|| self.reader.head())?;
        Some((self.reader.sequence(), *slot))
    }

    /// Lets its first event go unhandled.
    #[cold]
    pub(super) fn leave_out_first(&mut self) {
        match self.aside.pop_front() {
            Some(_) => self.reader.done_aside(1),
            None => self.reader.release(1),
        }
        self.skipped += 1;
    }

    /// When the ring is full of one root, the same as of what is aside already: moves it there, so
    /// that the writer can go on. Gives whether it did.
    pub(crate) fn keep_aside_if_full(&mut self) -> bool {
        if self.reader.visible() < self.reader.capacity() {
            return false;
        }
        let (first, second) = self.reader.all_visible();
        let root = |slot: Option<&Slot>| slot.map(|slot| slot.header.root);
        let least = root(first.first());
        let one_root = [first.last(), second.last(), self.aside.front()]
            .iter()
            .all(|slot| slot.is_none() || root(*slot) == least);
        if !one_root {
            return false;
        }
        self.aside.extend(first.iter().chain(second));
        self.reader.keep_aside(self.reader.capacity());
        true
    }
}
