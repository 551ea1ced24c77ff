//! A stage on its lane.

use super::dealt::TableTop;
use super::failure::Then;
use super::{Failures, Input};
use crate::event::{EventType, Header};
use crate::metrics::{StageWord, Words};
use crate::middleware::MiddlewareReport;
use crate::ring::{CLOSED, prefetch};
use crate::stage::{Erased, Fault, Outbox, Tally};
use crate::sync::Arc;
use crate::topology::Shared;
use std::time::Duration;

/// What a node is made of.
pub(crate) struct NodeParts {
    pub(crate) name: String,
    /// Where the stage stands among all, in topological order.
    pub(crate) index: usize,
    pub(crate) stage: Box<dyn Erased>,
    /// Event types the stage takes.
    pub(crate) takes: Vec<EventType>,
    pub(crate) failures: Failures,
    /// Whether it joins the copies of a partition: by root and tag.
    pub(crate) joins: bool,
    pub(crate) inputs: Vec<Input>,
    pub(crate) out: Outbox,
    /// Where it counts; `None` where nothing is counted.
    pub(crate) counters: Option<Words<StageWord>>,
    /// Most events per poll.
    pub(crate) limit: usize,
    pub(crate) shared: Arc<Shared>,
}

/// A stage on its lane: merges inputs, runs the stage, publishes, promises.
pub(crate) struct Node {
    pub(super) parts: NodeParts,
    state: State,
    counts: Counts,
    /// Polls with events since counts were written down.
    uncounted: u32,
    /// Whether counts are written down only when its group says so.
    counts_when_told: bool,
}

/// What a node counts by itself.
#[derive(Default)]
struct Counts {
    events_in: u64,
    batches: u64,
    largest_batch: u64,
}

/// Busy polls after which counts are written down, for those who watch: writing them is a tenth of a poll.
const MOST_UNCOUNTED: u32 = 16;

/// How soon a stage that put an event off is asked again: what it waits for wakes nobody.
const LONGEST_PUT_OFF: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// `on_stop` was called; what it emitted may wait for room.
    Stopping,
    Finished,
}

impl Node {
    pub(crate) fn new(parts: NodeParts) -> Self {
        let (state, counts) = (State::Running, Counts::default());
        Self { parts, state, counts, uncounted: 0, counts_when_told: false }
    }

    pub(crate) fn name(&self) -> &str {
        &self.parts.name
    }

    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        self.state == State::Finished
    }

    /// How long it waits before it tries an event again; for ever where it has none to try.
    pub(super) fn waits(&self) -> Duration {
        let NodeParts { failures, out, .. } = &self.parts;
        // First: an event that failed before and is put off now has no time left to wait.
        if out.is_put_off() {
            return LONGEST_PUT_OFF;
        }
        if failures.is_pending() { failures.waits() } else { Duration::MAX }
    }

    /// Whether it has seen all its events: a fault from here on is its own alone.
    pub(crate) fn is_ending(&self) -> bool {
        self.state != State::Running
    }

    /// Root of the event being handled.
    pub(crate) fn root(&self) -> u64 {
        self.parts.out.cause().root
    }

    /// Calls `on_start`; what it emits has root 0.
    pub(crate) fn start(&mut self) -> Result<(), Fault> {
        let NodeParts { stage, out, .. } = &mut self.parts;
        out.begin(&Header::default());
        let result = stage.start(out);
        out.end_life_cycle(result)?;
        out.flush();
        Ok(())
    }

    /// Handles what may be handled now, at most a batch, and publishes. Gives whether anything moved.
    #[inline]
    pub(crate) fn poll(&mut self) -> Result<bool, Fault> {
        if self.parts.out.is_blocked() {
            let moved = self.parts.out.flush();
            if self.parts.out.is_blocked() {
                // Others may wait for what this node can promise by now, and it for them.
                self.parts.inputs.iter_mut().for_each(Input::look_if_empty);
                self.count_if_due(false);
                return Ok(self.promise() | moved);
            }
        }
        if self.state != State::Running {
            return Ok(self.finish());
        }
        if self.parts.failures.is_pending() && !self.parts.failures.waits().is_zero() {
            // What waits in relays need not wait with the event.
            self.count_if_due(false);
            return Ok(self.parts.out.flush() | self.promise());
        }
        self.parts.out.begin_poll();
        let (consumed, failed) = self.run();
        let mut released = consumed > 0;
        let mut then = Then::GoesOn;
        match failed {
            Some((input, fault)) => {
                // What came before the failing event stands, whatever becomes of it.
                self.parts.out.flush();
                then = self.failed(input, *fault)?;
                released |= then != Then::Waits;
            }
            // What failed before was handled now, unless it was put off.
            None if consumed > 0 => self.parts.failures.forget(),
            None => {}
        }
        let mut moved = released || self.keep_aside();
        moved |= self.parts.out.flush();
        if consumed > 0 {
            if then != Then::Restarted
                && let Err(fault) = self.parts.stage.batch_end()
            {
                self.batch_end_failed(fault)?;
            }
            self.parts.out.end_batch();
        }
        moved |= self.promise();
        self.count_if_due(released);
        if !released && self.inputs_finished() && !self.parts.out.is_blocked() {
            // Streams also close when a topology is halted: that is no end to be told of.
            if self.parts.shared.is_halted() {
                return Ok(false);
            }
            self.stop()?;
            if !self.parts.out.is_blocked() {
                // At once, so that who reads its streams can end in the same cycle.
                self.finish();
            }
            moved = true;
        }
        Ok(moved)
    }

    /// After a panic: takes back what the failing event had emitted; what came before it stands.
    #[cold]
    pub(crate) fn after_panic(&mut self) {
        self.parts.out.take_back();
        self.parts.out.flush();
    }

    /// Takes events in their order until the limit, or an input to wait for, or an output is full.
    /// Gives how many, and the input whose next event failed.
    fn run(&mut self) -> (usize, Option<(usize, Box<Fault>)>) {
        let NodeParts { stage, inputs, out, limit, joins, .. } = &mut self.parts;
        let mut taken = Taken { left: *limit, filtered: 0, fault: None };
        if let [input] = inputs.as_mut_slice() {
            // What comes meanwhile is for the next poll: those behind have their turn first.
            input.look_for(*limit);
            while taken.left > 0 && input.is_ready() {
                if !taken.take(&mut **stage, input, 0, out, (u64::MAX, usize::MAX)) {
                    break;
                }
            }
        } else {
            while taken.left > 0 {
                let (number, until, most) = choose(inputs, *joins);
                let input = &mut inputs[number];
                if !input.is_ready() {
                    let before = input.least_root();
                    input.look();
                    if !input.is_ready() && input.least_root() == before {
                        break;
                    }
                    continue;
                }
                if !taken.take(&mut **stage, input, number, out, (until, most)) {
                    break;
                }
            }
        }
        let consumed = *limit - taken.left;
        let handled = (consumed - taken.filtered) as u64;
        if handled > 0 {
            self.counts.events_in += handled;
            self.counts.batches += 1;
            self.counts.largest_batch = self.counts.largest_batch.max(handled);
        }
        (consumed, taken.fault)
    }

    /// What a lone input can give by now is for the next poll. Where it can give nothing, it reads after another
    /// stage, which may be a merge that keeps the same events aside.
    #[cold]
    fn keep_aside(&mut self) -> bool {
        let merges = self.parts.inputs.len() > 1;
        let mut moved = false;
        for input in &mut self.parts.inputs {
            input.look();
            if merges || !input.is_ready() {
                moved |= input.keep_aside_if_full();
            }
        }
        moved
    }

    #[inline]
    fn promise(&mut self) -> bool {
        self.parts.out.has_streams() && self.promise_least()
    }

    fn promise_least(&mut self) -> bool {
        let least = self.parts.inputs.iter().map(Input::least_root).min().unwrap_or(CLOSED);
        // `on_stop` emits once more before the streams close.
        let may_stop = least == CLOSED && self.state != State::Finished;
        let least = if may_stop { self.parts.shared.end_root.get() } else { least };
        self.parts.out.promise(least)
    }

    fn inputs_finished(&self) -> bool {
        self.parts.inputs.iter().all(Input::is_finished)
    }

    #[cold]
    fn stop(&mut self) -> Result<(), Fault> {
        let NodeParts { stage, out, shared, .. } = &mut self.parts;
        self.state = State::Stopping;
        out.begin(&Header { root: shared.end_root.get(), ..Header::default() });
        let result = stage.stop(out);
        let result = out.end_life_cycle(result);
        out.flush();
        result
    }

    #[cold]
    fn finish(&mut self) -> bool {
        let moved = self.parts.out.flush();
        if self.parts.out.is_waiting() {
            // What waits in relays is delivered before the streams close.
            return self.promise() | moved;
        }
        let moved = moved | (self.state == State::Stopping);
        self.state = State::Finished;
        self.promise();
        moved
    }

    /// From now on its group tells it when to count: it is polled too often for few events.
    pub(super) fn count_when_told(&mut self) {
        self.counts_when_told = true;
    }

    /// Asks for the memory that it will need when it is polled.
    #[inline]
    pub(super) fn prefetch(&self) {
        self.parts.inputs.iter().for_each(prefetch);
        prefetch(&*self.parts.stage);
    }

    /// Writes counts down after some polls, or when there is time for it.
    #[inline]
    fn count_if_due(&mut self, released: bool) {
        if self.counts_when_told {
            return;
        }
        self.uncounted += u32::from(released);
        if self.uncounted >= MOST_UNCOUNTED || (!released && self.uncounted > 0) {
            self.count();
        }
    }

    /// Writes down what is not counted on the way.
    pub(super) fn count(&mut self) {
        self.uncounted = 0;
        let NodeParts { inputs, out, counters, .. } = &mut self.parts;
        if let Some(counters) = counters {
            counters.of(StageWord::EventsIn).set(self.counts.events_in);
            counters.of(StageWord::Batches).set(self.counts.batches);
            counters.of(StageWord::LargestBatch).set(self.counts.largest_batch);
            counters.of(StageWord::EventsOut).set(out.published());
            counters.of(StageWord::Stops).set(out.stops());
        }
        inputs.iter_mut().for_each(Input::count);
    }

    /// Takes the table top of its group, or gives it back.
    #[inline]
    pub(super) fn lend(&mut self, top: &mut TableTop) {
        if let [input] = self.parts.inputs.as_mut_slice() {
            input.lend(top);
        }
    }

    /// Takes a hand from its group.
    #[inline]
    pub(super) fn deal(&mut self, from: usize, to: usize) {
        if let [input] = self.parts.inputs.as_mut_slice() {
            input.deal(from, to);
        }
    }

    /// How far its group is.
    #[inline]
    pub(super) fn know(&mut self, seen: u64, bound: u64) {
        if let [input] = self.parts.inputs.as_mut_slice() {
            input.know(seen, bound);
        }
    }

    /// Whether it is to be polled though nothing new comes: it has events left, waits for room, or is ending.
    pub(super) fn has_more_to_do(&self) -> bool {
        let NodeParts { inputs, out, .. } = &self.parts;
        let ends = self.state != State::Finished && inputs.iter().all(Input::is_finished);
        let waits = out.is_blocked() || out.is_waiting();
        self.state == State::Stopping || ends || waits || inputs.iter().any(Input::is_ready)
    }

    /// Whether it has streams.
    pub(crate) fn emits(&self) -> bool {
        self.parts.out.has_streams()
    }

    /// What the middleware around its stage did.
    pub(crate) fn middleware(&self) -> (usize, Vec<MiddlewareReport>) {
        let mut reports = self.parts.stage.middleware();
        if let Some(refused) = self.parts.out.refused() {
            let (name, counts) = ("authorize".into(), vec![("refused", refused)]);
            reports.push(MiddlewareReport { name, held: 0, counts });
        }
        (self.parts.index, reports)
    }

    /// What went through its streams.
    pub(crate) fn tallies(&mut self) -> (usize, Vec<Tally>) {
        self.count();
        (self.parts.index, self.parts.out.tallies())
    }
}

/// What a poll has taken.
struct Taken {
    /// How many events it may still take.
    left: usize,
    filtered: usize,
    /// The input whose next event failed.
    fault: Option<(usize, Box<Fault>)>,
}

impl Taken {
    /// Lets the stage handle what is ready in an input, up to a root and a number. Gives whether the poll goes on.
    #[inline(always)]
    fn take(
        &mut self,
        stage: &mut dyn Erased,
        input: &mut Input,
        number: usize,
        out: &mut Outbox,
        (until, most): (u64, usize),
    ) -> bool {
        let ran = input.run(stage, out, until, self.left.min(out.stride()).min(most));
        out.handled();
        self.left -= ran.consumed;
        self.filtered += ran.filtered;
        if let Some(fault) = ran.fault {
            self.fault = Some((number, fault));
            return false;
        }
        !out.is_blocked() && !out.is_put_off()
    }
}

/// Of several inputs the one whose turn it is, the root before which its events come before all others', and
/// how many may be taken before the next choice.
#[inline]
fn choose(inputs: &[Input], joins: bool) -> (usize, u64, usize) {
    if joins {
        return choose_tagged(inputs);
    }
    let (mut first, mut least, mut until) = (0, u64::MAX, u64::MAX);
    for (index, input) in inputs.iter().enumerate() {
        let root = input.least_root();
        if root < least {
            // The inputs before lose ties no longer: this one's events come only before their roots.
            until = least;
            (first, least) = (index, root);
        } else {
            // Inputs behind lose ties: events with their very root come first from here.
            until = until.min(root.saturating_add(1));
        }
    }
    (first, until, usize::MAX)
}

/// The same where events of one root are in the order of their tags: also how many may be taken before
/// the next choice.
#[inline]
fn choose_tagged(inputs: &[Input]) -> (usize, u64, usize) {
    let key = |index: usize| (inputs[index].least_tagged(), index);
    let first = (0..inputs.len()).map(key).min();
    let Some(((root, _), number)) = first else { return (0, u64::MAX, usize::MAX) };
    let others = (0..inputs.len()).filter(|&index| index != number);
    match others.map(|index| inputs[index].least_root()).min() {
        Some(next) if next == root => (number, root.saturating_add(1), 1),
        next => (number, next.unwrap_or(u64::MAX), usize::MAX),
    }
}
