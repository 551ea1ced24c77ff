//! From journal and rings to deliveries.

use super::Recovered;
use super::node::Courier;
use crate::delivery::Delivery;
use crate::durable::{LogReader, SyncPolicy};
use crate::event::EventType;
use crate::lane::AnyReader;
use crate::metrics::{LinkWord, Words};
use crate::ring::{CLOSED, Reader};
use crate::stage::Fault;

/// One of the streams that a route delivers.
pub(crate) struct Intake {
    reader: Reader,
    /// Its tag in the journal.
    tag: u32,
    bound: u64,
    /// Events of this run that were read back from the journal.
    read: u64,
    /// Where it counts; `None` where nothing is counted.
    counters: Option<Words<LinkWord>>,
}

impl Intake {
    /// # Panics
    /// Where the reader may lose events, which reliable routes refuse.
    pub(crate) fn new(reader: AnyReader, tag: u32, counters: Option<Words<LinkWord>>) -> Self {
        let AnyReader::Gated(reader) = reader else { panic!("a reliable route loses nothing") };
        Self { reader, tag, bound: 0, read: 0, counters }
    }

    /// The least root that may still come and had no chance yet.
    pub(super) fn least_root(&self) -> u64 {
        self.reader.head().map_or(self.bound, |slot| slot.header.root)
    }

    /// Whether all of it was read back and nothing more will come.
    pub(super) fn is_finished(&self) -> bool {
        self.least_root() == CLOSED && self.read >= self.reader.sequence()
    }

    /// Events of this run that are not read back.
    pub(super) fn unread(&self) -> u64 {
        (self.reader.sequence() + self.reader.lag()).saturating_sub(self.read)
    }

    /// Lets the writer have the room of what was read back; with `all`, of whatever is there: it is
    /// in the journal, or will be, since the recorder reads the ring as well.
    fn release(&mut self, all: bool) {
        let unreleased = self.read.saturating_sub(self.reader.sequence());
        let unreleased = usize::try_from(unreleased).unwrap_or(usize::MAX);
        let ready = self.reader.available();
        self.reader.release(if all { ready } else { unreleased.min(ready) });
        if let Some(counters) = &self.counters {
            counters.of(LinkWord::Done).set(self.reader.sequence());
            counters.of(LinkWord::Lag).set(self.reader.lag());
        }
    }
}

/// Where a courier's events come from.
pub(super) struct Journaled {
    pub(super) reader: Box<dyn LogReader>,
    pub(super) intakes: Vec<Intake>,
    pub(super) event: EventType,
    /// Acknowledged means written, not durable.
    pub(super) written_will_do: bool,
    pub(super) recovered: Recovered,
    /// Recovered deliveries that were read back.
    pub(super) taken_up: u64,
}

impl Journaled {
    pub(super) fn new(
        reader: Box<dyn LogReader>,
        intakes: Vec<Intake>,
        event: EventType,
        sync: SyncPolicy,
        recovered: Recovered,
    ) -> Self {
        let written_will_do = sync == SyncPolicy::Os;
        Self { reader, intakes, event, written_will_do, recovered, taken_up: 0 }
    }

    /// Deliveries that lie in the journal and not in memory.
    pub(super) fn beyond(&self) -> u64 {
        let unread: u64 = self.intakes.iter().map(Intake::unread).sum();
        unread + self.recovered.waiting.saturating_sub(self.taken_up)
    }

    pub(super) fn is_finished(&self) -> bool {
        self.intakes.iter().all(Intake::is_finished) && self.taken_up >= self.recovered.waiting
    }
}

impl Courier {
    /// Takes on what the journal has, as long as there is room in memory. Gives whether it took any.
    pub(super) fn take_in(&mut self, now: u64) -> Result<bool, Fault> {
        for intake in &mut self.journaled.intakes {
            // Before the journal is looked at: what is promised here must lie there.
            intake.bound = intake.reader.look();
        }
        let mut took = false;
        let mut is_full = false;
        loop {
            is_full |= self.deliveries.waiting() >= self.window;
            if is_full || !self.take_batch(now)? {
                break;
            }
            took = true;
        }
        self.journaled.intakes.iter_mut().for_each(|intake| intake.release(is_full));
        Ok(took)
    }

    fn take_batch(&mut self, now: u64) -> Result<bool, Fault> {
        let journaled = &mut self.journaled;
        let limit = match journaled.written_will_do {
            true => self.durable.written(),
            false => self.durable.durable(),
        };
        let batch = journaled.reader.next(limit).map_err(|error| Fault::new(error.to_string()))?;
        let Some(batch) = batch else { return Ok(false) };
        let stream = journaled.intakes.iter().position(|intake| intake.tag == batch.tag);
        let Some(stream) = stream else { return Ok(true) };
        let (first, appended) = (batch.first, batch.appended);
        self.batch.clear();
        self.batch.extend_from_slice(batch.events);
        for (position, slot) in (first..).zip(std::mem::take(&mut self.batch)) {
            let Journaled { recovered, intakes, event, taken_up, .. } = &mut self.journaled;
            let is_recovered = position < recovered.end;
            if is_recovered && !recovered.unsettled.contains(position) {
                continue;
            }
            match is_recovered {
                true => *taken_up += 1,
                false => intakes[stream].read += 1,
            }
            let (attempts, first_attempt) = recovered.failed.remove(&position).unwrap_or_default();
            let event = *event;
            let recovered = is_recovered;
            let step = 0;
            let delivery = Delivery {
                position,
                event,
                slot,
                appended,
                attempts,
                first_attempt,
                step,
                recovered,
            };
            self.take_on(stream, delivery, now)?;
        }
        Ok(true)
    }
}
