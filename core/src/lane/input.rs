//! One input of a stage.

use super::dealt::TableTop;
use super::{Dealt, Lossy};
use crate::condition::Condition;
use crate::event::Slot;
use crate::metrics::{LinkWord, Words};
use crate::ring::{CLOSED, LossyReader, Reader};
use crate::stage::{Erased, Outbox, Ran, Run, Tagger};
use std::collections::VecDeque;

/// One input of a stage: a reader, what is known of the stream's progress, and events kept aside.
pub(crate) struct Input {
    from: Origin,
    /// Which of the stage's event types it carries.
    handler: usize,
    when: Option<Condition>,
    /// Of a partition's copy: which events are its own.
    tagger: Option<Tagger>,
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

/// Where an input's events lie.
enum Origin {
    /// In the ring, held there until they are handled.
    Gated(Reader),
    /// In a copy of a batch; the writer does not wait.
    Lossy(Lossy),
    /// With the group that the node is in.
    Dealt(Dealt),
}

/// A reader for an input.
pub(crate) enum AnyReader {
    /// One that holds the writer back.
    Gated(Reader),
    /// One that does not, with the size of the batches it copies.
    Lossy(LossyReader, usize),
    /// None of its own: a group deals.
    Dealt,
}

impl Input {
    pub(crate) fn new(
        reader: AnyReader,
        handler: usize,
        when: Option<Condition>,
        tagger: Option<Tagger>,
        passes: bool,
        counters: Option<Words<LinkWord>>,
    ) -> Self {
        let aside = VecDeque::new();
        let (bound, filtered, skipped, max_lag) = (0, 0, 0, 0);
        let from = match reader {
            AnyReader::Gated(reader) => Origin::Gated(reader),
            AnyReader::Lossy(reader, batch) => Origin::Lossy(Lossy::new(reader, batch)),
            AnyReader::Dealt => Origin::Dealt(Dealt::default()),
        };
        Self {
            from,
            handler,
            when,
            tagger,
            passes,
            bound,
            aside,
            filtered,
            skipped,
            max_lag,
            counters,
        }
    }

    /// The least root this input can still give, as far as is known.
    #[inline]
    pub(crate) fn least_root(&self) -> u64 {
        self.head().map_or(self.bound, |slot| slot.header.root)
    }

    /// The same, and the tag that stands in the place of the source.
    #[inline]
    pub(crate) fn least_tagged(&self) -> (u64, u16) {
        let key = |slot: &Slot| (slot.header.root, slot.header.source);
        self.head().map_or((self.bound, 0), key)
    }

    #[inline]
    fn head(&self) -> Option<&Slot> {
        match &self.from {
            Origin::Gated(reader) => self.aside.front().or_else(|| reader.head()),
            Origin::Lossy(copied) => copied.events().first(),
            Origin::Dealt(dealt) => dealt.events().first(),
        }
    }

    /// Whether its next event may be handled now, as far as is known.
    #[inline]
    pub(crate) fn is_ready(&self) -> bool {
        match &self.from {
            Origin::Gated(reader) if self.aside.is_empty() => reader.available() > 0,
            Origin::Gated(reader) => reader.available_aside() > 0,
            Origin::Lossy(copied) => !copied.events().is_empty(),
            Origin::Dealt(dealt) => !dealt.events().is_empty(),
        }
    }

    /// Looks at the stream again.
    #[inline]
    pub(crate) fn look(&mut self) {
        match &mut self.from {
            Origin::Gated(reader) => self.bound = reader.look(),
            Origin::Lossy(copied) => self.bound = copied.look().unwrap_or(self.bound),
            Origin::Dealt(dealt) => self.bound = dealt.bound(),
        }
        self.max_lag = self.max_lag.max(self.lag());
    }

    /// Looks at the stream again where fewer events than so many are known to be ready.
    #[inline]
    pub(super) fn look_for(&mut self, events: usize) {
        match &mut self.from {
            Origin::Gated(reader) if self.aside.is_empty() => {
                if reader.available() < events {
                    self.bound = reader.look();
                    self.max_lag = self.max_lag.max(reader.visible() as u64);
                }
            }
            _ => {
                if !self.is_ready() {
                    self.look();
                }
            }
        }
    }

    /// Looks at the stream again where nothing of it is known to be left.
    pub(crate) fn look_if_empty(&mut self) {
        let is_empty = match &self.from {
            Origin::Gated(reader) => self.aside.is_empty() && reader.visible() == 0,
            Origin::Lossy(copied) => copied.events().is_empty(),
            Origin::Dealt(dealt) => dealt.events().is_empty(),
        };
        if is_empty {
            self.look();
        }
    }

    /// Takes the table top of the group, or gives it back.
    #[inline]
    pub(super) fn lend(&mut self, top: &mut TableTop) {
        if let Origin::Dealt(dealt) = &mut self.from {
            dealt.lend(top);
        }
    }

    /// Takes a hand from the group.
    #[inline]
    pub(super) fn deal(&mut self, from: usize, to: usize) {
        if let Origin::Dealt(dealt) = &mut self.from {
            dealt.deal(from, to);
        }
    }

    /// How far the group is.
    #[inline]
    pub(super) fn know(&mut self, seen: u64, bound: u64) {
        if let Origin::Dealt(dealt) = &mut self.from {
            dealt.know(seen, bound);
            self.bound = bound;
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
        match &self.from {
            Origin::Gated(reader) => (self.aside.len() + reader.visible()) as u64,
            Origin::Lossy(copied) => copied.lag(),
            Origin::Dealt(dealt) => dealt.left() as u64,
        }
    }

    /// Writes down what it counts.
    pub(crate) fn count(&mut self) {
        let Some(counters) = &self.counters else { return };
        let (done, (lost, gaps)) = match &self.from {
            Origin::Gated(reader) => (reader.sequence(), (0, 0)),
            Origin::Lossy(copied) => (copied.done(), copied.losses()),
            Origin::Dealt(dealt) => (dealt.taken() + dealt.of_others(), (0, 0)),
        };
        let of_others = match &self.from {
            Origin::Dealt(dealt) => dealt.of_others(),
            _ => 0,
        };
        counters.of(LinkWord::Done).set(done);
        counters.of(LinkWord::Dropped).set(lost);
        counters.of(LinkWord::Gaps).set(gaps);
        counters.of(LinkWord::Filtered).set(self.filtered + of_others);
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
        let (handler, when, tagger) = (self.handler, self.when.as_mut(), self.tagger.as_mut());
        let run = |first, slots| stage.run(handler, Run { slots, first, until, tagger, when }, out);
        let ran = match &mut self.from {
            Origin::Gated(reader) => {
                let ran = run(reader.sequence(), reader.available_slice(limit));
                reader.release(ran.consumed);
                ran
            }
            Origin::Lossy(copied) => {
                let slots = copied.events();
                let ran = run(copied.done(), &slots[..limit.min(slots.len())]);
                copied.release(ran.consumed);
                ran
            }
            Origin::Dealt(dealt) => {
                let slots = dealt.events();
                let ran = run(dealt.taken(), &slots[..limit.min(slots.len())]);
                dealt.release(ran.consumed);
                ran
            }
        };
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
        let Origin::Gated(reader) = &mut self.from else { return Ran::default() };
        let slots = self.aside.as_slices().0;
        let slots = &slots[..slots.len().min(limit).min(reader.available_aside())];
        let (when, tagger) = (self.when.as_mut(), self.tagger.as_mut());
        let run = Run { slots, first: reader.sequence(), until, tagger, when };
        let ran = stage.run(self.handler, run, out);
        self.aside.drain(..ran.consumed);
        reader.done_aside(ran.consumed);
        self.filtered += ran.filtered as u64;
        ran
    }

    /// Its first event and that event's place in the stream.
    #[cold]
    pub(super) fn first(&self) -> Option<(u64, Slot)> {
        let (sequence, slot) = match &self.from {
            Origin::Gated(reader) => {
                (reader.sequence(), self.aside.front().or_else(|| reader.head()))
            }
            Origin::Lossy(copied) => (copied.done(), copied.events().first()),
            Origin::Dealt(dealt) => (dealt.sequence(), dealt.events().first()),
        };
        Some((sequence, *slot?))
    }

    /// Lets its first event go unhandled.
    #[cold]
    pub(super) fn leave_out_first(&mut self) {
        match &mut self.from {
            Origin::Gated(reader) if self.aside.pop_front().is_some() => reader.done_aside(1),
            Origin::Gated(reader) => reader.release(1),
            Origin::Lossy(copied) => copied.release(1),
            Origin::Dealt(dealt) => dealt.release(1),
        }
        self.skipped += 1;
    }

    /// When the ring is full of one root, the same as of what is aside already: moves it there, so
    /// that the writer can go on. Gives whether it did.
    pub(crate) fn keep_aside_if_full(&mut self) -> bool {
        // A writer never waits for a lossy reader.
        let Origin::Gated(reader) = &mut self.from else { return false };
        if reader.visible() < reader.capacity() {
            return false;
        }
        let (first, second) = reader.all_visible();
        let root = |slot: Option<&Slot>| slot.map(|slot| slot.header.root);
        let least = root(first.first());
        let one_root = [first.last(), second.last(), self.aside.front()]
            .iter()
            .all(|slot| slot.is_none() || root(*slot) == least);
        if !one_root {
            return false;
        }
        self.aside.extend(first.iter().chain(second));
        reader.keep_aside(reader.capacity());
        true
    }
}
