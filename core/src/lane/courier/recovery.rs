//! What earlier runs left unsettled.

use super::ranges::Ranges;
use crate::delivery::{Settlement, SettlementKind};
use crate::durable::{LogError, LogReader};
use crate::event::{OrderKind, Slot};
use std::collections::{BTreeSet, HashMap};

/// What the journal says of a courier's deliveries, up to the beginning of this run.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// Durable and not settled.
    pub(super) unsettled: Ranges,
    /// How many these were at the beginning of this run.
    pub(crate) waiting: u64,
    /// Failed attempts at these: how many, and when the first was made.
    pub(crate) failed: HashMap<u64, (u32, u64)>,
    /// Dead letters that nobody has dropped or requeued.
    pub(crate) letters: BTreeSet<u64>,
    /// New orders that are dead letters, by their ids, and where they lie.
    pub(crate) dead: HashMap<u64, u64>,
    /// Where this run begins.
    pub(crate) end: u64,
}

/// Reads the journal from its oldest event to `end`. `tags` are those of the delivered streams,
/// `settlements` that of what became of them. Memory grows with what is unsettled and not side by side.
pub(crate) fn recover(
    reader: &mut dyn LogReader,
    tags: &[u32],
    settlements: u32,
    end: u64,
) -> Result<Recovered, LogError> {
    let mut recovered = Recovered { end, ..Recovered::default() };
    loop {
        let before = reader.position();
        let Some(batch) = reader.next(end)? else {
            // It may have passed what a repair cut out.
            if reader.position() > before {
                continue;
            }
            break;
        };
        for (position, slot) in (batch.first..).zip(batch.events) {
            if tags.contains(&batch.tag) {
                recovered.unsettled.push(position);
            } else if batch.tag == settlements {
                recovered.note(slot);
            }
        }
    }
    recovered.waiting = recovered.unsettled.len();
    Ok(recovered)
}

impl Recovered {
    /// Position of the oldest event to deliver.
    pub(crate) fn begin(&self) -> u64 {
        self.unsettled.first().unwrap_or(self.end)
    }

    fn note(&mut self, slot: &Slot) {
        let settlement: &Settlement = slot.view();
        let position = settlement.position;
        let Some(kind) = settlement.kind() else { return };
        if kind.settles() {
            self.unsettled.remove(position);
            self.failed.remove(&position);
        }
        match kind {
            SettlementKind::Failed => {
                let at = settlement.header.ts_event;
                self.failed.entry(position).or_insert((0, at)).0 += 1;
            }
            SettlementKind::Dead => {
                self.letters.insert(position);
                if settlement.of == OrderKind::New as u8 {
                    self.dead.insert(settlement.key, position);
                }
            }
            SettlementKind::Requeued | SettlementKind::Dropped => {
                self.letters.remove(&position);
                if kind == SettlementKind::Requeued
                    && self.dead.get(&settlement.key) == Some(&position)
                {
                    self.dead.remove(&settlement.key);
                }
            }
            SettlementKind::Done | SettlementKind::Annihilated | SettlementKind::Text => {}
        }
    }
}
