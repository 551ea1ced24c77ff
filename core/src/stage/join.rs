//! The stage that joins what the copies of a partition emit.

use super::{Component, Erased, Outbox, Ran, Run};
use crate::event::{Event, Slot};
use crate::topology::Share;

/// A component that hands on, as they are, events of each type that another one emits.
pub(crate) fn join(of: &Component) -> Component {
    let mut component = super::pass_on(Slot::TYPE);
    component.inputs = of.outputs().collect();
    component.outputs.clone_from(&of.outputs);
    component.max_emissions = 1;
    component.stage = Box::new(Join);
    component
}

struct Join;

impl Erased for Join {
    fn run(&mut self, input: usize, run: Run<'_>, out: &mut Outbox) -> Ran {
        let mut ran = Ran::default();
        for slot in run.slots.iter().take_while(|slot| slot.header.root < run.until) {
            out.begin(&slot.header);
            out.hand_on(input, slot);
            ran.consumed += 1;
            match out.end(slot, Ok(())) {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) => {
                    ran.fail(fault);
                    break;
                }
            }
        }
        out.see(&run.slots[..ran.consumed]);
        ran
    }
}

/// Which of the events of its root an event is, in the order in which the inputs of a stage are merged: the
/// tag of what is emitted for it. Of an input, asked event by event.
pub(crate) struct Tagger {
    share: Share,
    /// The input's number, in the upper bits.
    input: u16,
    /// The greatest that fits into the lower ones.
    most: u64,
    /// The root at hand, and the sequence of its first event.
    root: u64,
    first: u64,
}

impl Tagger {
    pub(crate) fn new(share: Share, input: usize, inputs: usize) -> Self {
        let bits = 16 - inputs.next_power_of_two().trailing_zeros().min(16);
        let input = (input as u64) << bits;
        Self {
            share,
            input: u16::try_from(input).unwrap_or(u16::MAX),
            most: (1 << bits) - 1,
            root: u64::MAX,
            first: 0,
        }
    }

    /// The tag of an event; `None` where it is another copy's.
    #[inline]
    pub(crate) fn tag(&mut self, event: &Slot, sequence: u64) -> Option<u16> {
        if event.header.root != self.root {
            (self.root, self.first) = (event.header.root, sequence);
        }
        let ordinal = (sequence - self.first).min(self.most) as u16;
        self.share.has(event).then_some(self.input | ordinal)
    }
}
