//! What became of the deliveries in a journal.

use super::Opened;
use crate::failure::Failure;
use pitlane::delivery::{Ending, Failure as Way, Settlement, SettlementKind};
use pitlane::event::{Event, Slot};
use pitlane_persistence::{Error, From, JournalReader, Manifest, SessionEntry, StreamEntry};
use std::collections::BTreeMap;

/// A failed attempt.
#[derive(Clone, Debug)]
pub(crate) struct Try {
    /// When, ns since 1970.
    pub(crate) at: u64,
    pub(crate) way: Option<Way>,
    /// Name of the component.
    pub(crate) stage: String,
    pub(crate) reason: String,
}

/// A delivery that is not settled, or a dead letter.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) position: u64,
    /// When it was appended.
    pub(crate) appended: u64,
    pub(crate) tag: u32,
    pub(crate) slot: Slot,
    pub(crate) tries: Vec<Try>,
    /// When and why it became a dead letter, after how many attempts, at which step.
    pub(crate) dead: Option<Dead>,
}

#[derive(Clone, Debug)]
pub(crate) struct Dead {
    pub(crate) at: u64,
    pub(crate) ending: Ending,
    pub(crate) attempts: u32,
    /// Name of the component that it had come to.
    pub(crate) stage: String,
}

impl Entry {
    /// Why it is a dead letter: what the last attempt said, or why there was none.
    pub(crate) fn reason(&self) -> String {
        let Some(dead) = &self.dead else { return String::new() };
        match (dead.ending, self.tries.last()) {
            (Ending::Expired | Ending::With(_), _) | (_, None) => dead.ending.sentence(),
            (_, Some(last)) => last.reason.clone(),
        }
    }
}

/// What became of the deliveries in a journal: those that are not settled, and the dead letters.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: BTreeMap<u64, Entry>,
    /// To which delivery the next text belongs.
    telling: Option<u64>,
}

impl Ledger {
    /// Reads a journal from its beginning.
    pub(crate) fn read(opened: &Opened) -> Result<Self, Failure> {
        let mut ledger = Self::default();
        let streams = &opened.manifest.streams;
        let settled = streams.iter().filter(|stream| stream.event_id == Settlement::TYPE.id);
        let settled: Vec<u32> = settled.map(|stream| stream.tag).collect();
        let delivered = streams.iter().filter(|stream| is_reliable(&opened.manifest, stream));
        let delivered: Vec<u32> = delivered.map(|stream| stream.tag).collect();
        let fail = |error| opened.fail(&error);
        let mut reader = JournalReader::open(opened.storage.clone(), From::Oldest).map_err(fail)?;
        loop {
            let batch = match reader.next() {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                // What a repair cut out has nothing to tell.
                Err(Error::Lost { .. }) => continue,
                Err(error) => return Err(fail(error)),
            };
            for (position, slot) in (batch.first..).zip(batch.events) {
                if delivered.contains(&batch.tag) {
                    let (appended, tag, slot) = (batch.appended, batch.tag, *slot);
                    let (tries, dead) = (Vec::new(), None);
                    let entry = Entry { position, appended, tag, slot, tries, dead };
                    ledger.entries.insert(position, entry);
                } else if settled.contains(&batch.tag) {
                    ledger.note(position, slot.view(), &opened.manifest);
                }
            }
        }
        Ok(ledger)
    }

    fn note(&mut self, own: u64, settlement: &Settlement, manifest: &Manifest) {
        let position = settlement.position;
        let Some(kind) = settlement.kind() else { return };
        let at = settlement.header.ts_event;
        let stage = || name_of(manifest, own, settlement.stage);
        match kind {
            SettlementKind::Done
            | SettlementKind::Annihilated
            | SettlementKind::Requeued
            | SettlementKind::Dropped => {
                self.entries.remove(&position);
            }
            SettlementKind::Failed => {
                let Some(entry) = self.entries.get_mut(&position) else { return };
                let (way, stage) = (settlement.failure(), stage());
                entry.tries.push(Try { at, way, stage, reason: String::new() });
                self.telling = Some(position);
            }
            SettlementKind::Dead => {
                let (attempts, stage) = (settlement.attempts, stage());
                if let (Some(entry), Some(ending)) =
                    (self.entries.get_mut(&position), settlement.ending())
                {
                    entry.dead = Some(Dead { at, ending, attempts, stage });
                }
            }
            SettlementKind::Text => {
                let told = self.telling.filter(|telling| *telling == position);
                let entry = told.and_then(|position| self.entries.get_mut(&position));
                if let Some(last) = entry.and_then(|entry| entry.tries.last_mut()) {
                    last.reason.push_str(&String::from_utf8_lossy(settlement.text()));
                }
            }
        }
    }

    /// Deliveries that are durable and not settled.
    pub(crate) fn unsettled(&self) -> usize {
        self.entries.values().filter(|entry| entry.dead.is_none()).count()
    }

    /// The dead letters that were neither requeued nor dropped, by position.
    pub(crate) fn letters(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().filter(|entry| entry.dead.is_some())
    }

    pub(crate) fn letter(&self, position: u64) -> Option<&Entry> {
        self.entries.get(&position).filter(|entry| entry.dead.is_some())
    }
}

/// Whether a stream was delivered reliably, as the configs say that the journal was written with.
fn is_reliable(manifest: &Manifest, stream: &StreamEntry) -> bool {
    let topic = format!("/routing/{}/{}/tier", stream.source, stream.event);
    let says = |session: &SessionEntry| {
        session.config.pointer(&topic).is_some_and(|tier| tier == "reliable")
    };
    let settled = format!("{}.{}.settled", stream.source, stream.event);
    manifest.sessions.iter().any(says) || manifest.streams.iter().any(|other| other.name == settled)
}

/// The name of a component in the session that a position is of.
fn name_of(manifest: &Manifest, position: u64, id: u16) -> String {
    let mut sessions = manifest.sessions.iter().rev();
    let session = sessions.find(|session| session.first <= position);
    let at = usize::from(id).checked_sub(1);
    let name = session.and_then(|session| session.names.get(at?));
    name.map_or_else(|| format!("#{id}"), Clone::clone)
}
