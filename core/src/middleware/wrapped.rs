//! A stage with middleware around it.

use super::{Due, Layer, LayerKind, Middleware, MiddlewareReport, Passing, Verdict};
use crate::condition::Fields;
use crate::event::{Header, Slot};
use crate::stage::{Erased, Fault, Gone, Outbox, Ran, Run, discard, guard};
use std::collections::VecDeque;

/// The stage, with the middleware that stands in the way of its events, if any.
pub(crate) fn wrap(
    stage: Box<dyn Erased>,
    layers: &[Layer],
    takes: Vec<Fields>,
) -> Box<dyn Erased> {
    let layer = |layer: &Layer| match &layer.0 {
        LayerKind::Runs(make) => Some(Wrapper { layer: make(), held: 0, due: Due::default() }),
        LayerKind::OnError(_) | LayerKind::Authorize(_) => None,
    };
    let layers: Vec<_> = layers.iter().filter_map(layer).collect();
    if layers.is_empty() {
        return stage;
    }
    Box::new(Wrapped {
        stage,
        layers,
        takes,
        now: 0,
        at_hand: None,
        work: VecDeque::new(),
        failed: false,
    })
}

struct Wrapped {
    stage: Box<dyn Erased>,
    layers: Vec<Wrapper>,
    /// Types that the stage takes, in its order.
    takes: Vec<Fields>,
    /// The greatest `ts_event` so far.
    now: u64,
    /// The event whose work is not done yet: input and sequence. It comes again.
    at_hand: Option<(usize, u64)>,
    /// What the middleware let through for it: events and the inputs they go to.
    work: VecDeque<(usize, Slot)>,
    /// Whether the stage failed on the first of it.
    failed: bool,
}

struct Wrapper {
    layer: Box<dyn Middleware>,
    held: u64,
    due: Due,
}

impl Wrapped {
    /// Lets an event through the layers from a number on; what passes them all is work.
    fn admit(&mut self, from: usize, input: usize, slot: &Slot) {
        let event = Passing { slot, event: self.takes[input], now: self.now };
        for number in from..self.layers.len() {
            let Wrapper { layer, due, .. } = &mut self.layers[number];
            let verdict = layer.before(&event, due);
            if !due.events.is_empty() {
                self.release(number, slot.header.root);
            }
            if verdict == Verdict::Hold {
                self.layers[number].held += 1;
                return;
            }
        }
        self.work.push_back((input, *slot));
    }

    /// Lets what a layer handed out through those behind it.
    #[cold]
    fn release(&mut self, number: usize, root: u64) {
        let mut due = std::mem::take(&mut self.layers[number].due.events);
        for (event, mut slot) in due.drain(..) {
            slot.header.root = root;
            let input = self.takes.iter().position(|known| known.event == event.event);
            if let Some(input) = input {
                self.admit(number + 1, input, &slot);
            }
        }
        self.layers[number].due.events = due;
    }

    /// Has the stage handle what there is to do. Gives whether all of it was done.
    fn work(&mut self, share: Run<'_>, out: &mut Outbox) -> Result<bool, Fault> {
        let mut tagger = share.tagger;
        while let Some((input, slot)) = self.work.front() {
            let (input, slot) = (*input, *slot);
            let run = Run {
                slots: std::slice::from_ref(&slot),
                first: share.first,
                until: u64::MAX,
                tagger: tagger.as_deref_mut(),
                when: None,
            };
            let ran = self.stage.run(input, run, out);
            if ran.consumed == 0 && ran.fault.is_none() {
                return Ok(false);
            }
            let event = Passing { slot: &slot, event: self.takes[input], now: self.now };
            for Wrapper { layer, .. } in self.layers.iter_mut().rev() {
                layer.after(&event, ran.fault.as_deref());
            }
            self.failed = ran.fault.is_some();
            if let Some(fault) = ran.fault {
                return Err(*fault);
            }
            self.work.pop_front();
            if out.is_blocked() && !self.work.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The event that the stage failed on was left out, by its policy: the rest of its work is the next
    /// one's.
    fn take_over(&mut self, root: u64) {
        if std::mem::take(&mut self.failed) {
            self.work.pop_front();
        }
        self.work.iter_mut().for_each(|(_, slot)| slot.header.root = root);
    }
}

impl Erased for Wrapped {
    fn start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.stage.start(out)
    }

    fn batch_end(&mut self) -> Result<(), Fault> {
        self.stage.batch_end()
    }

    fn stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        let end = *out.cause();
        if !self.work.is_empty() {
            self.take_over(end.root);
        }
        guard(|| {
            for number in 0..self.layers.len() {
                let Wrapper { layer, due, .. } = &mut self.layers[number];
                layer.rest(due);
                self.release(number, end.root);
            }
            Ok(())
        })?;
        while !self.work.is_empty() {
            let run = Run { slots: &[], first: 0, until: 0, tagger: None, when: None };
            // There is room for what is left: it waits beside the ring.
            self.work(run, out)?;
        }
        out.begin(&Header { root: end.root, ..Header::default() });
        self.stage.stop(out)
    }

    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        let Run { slots, first, until, mut tagger, mut when } = run;
        let mut ran = Ran::default();
        let result = guard(|| {
            for (number, slot) in slots.iter().enumerate() {
                if slot.header.root >= until {
                    return Ok(());
                }
                let sequence = first + number as u64;
                if self.at_hand != Some((input, sequence)) {
                    let is_own =
                        tagger.as_mut().is_none_or(|tagger| tagger.tag(slot, sequence).is_some());
                    if !is_own || !when.as_mut().is_none_or(|when| when.matches(slot)) {
                        ran.filtered += 1;
                        ran.consumed = number + 1;
                        continue;
                    }
                    if !self.work.is_empty() {
                        self.take_over(slot.header.root);
                    }
                    out.begin(&slot.header);
                    self.now = self.now.max(slot.header.ts_event);
                    self.admit(0, input, slot);
                    self.at_hand = Some((input, sequence));
                }
                let tagger = tagger.as_deref_mut();
                let share = Run { slots: &[], first: sequence, until, tagger, when: None };
                if !self.work(share, out)? {
                    return Ok(());
                }
                self.at_hand = None;
                ran.consumed = number + 1;
                if out.is_blocked() {
                    return Ok(());
                }
            }
            Ok(())
        });
        if let Err(fault) = result {
            out.fail(&slots[ran.consumed].header);
            ran.fail(fault);
        }
        ran
    }

    fn may_share(&self) -> bool {
        self.stage.may_share()
    }

    fn put_inside(&mut self, fresh: Box<dyn Erased>) -> Result<(), Box<dyn Erased>> {
        self.stage = fresh;
        Ok(())
    }

    fn drop_inside(&mut self) -> bool {
        discard(std::mem::replace(&mut self.stage, Box::new(Gone)));
        true
    }

    fn middleware(&self) -> Vec<MiddlewareReport> {
        let report = |wrapper: &Wrapper| MiddlewareReport {
            name: wrapper.layer.name().into(),
            held: wrapper.held,
            counts: wrapper.layer.counts(),
        };
        self.layers.iter().map(report).collect()
    }
}
