//! Outcomes as events.

use super::{Ending, Failure, Settled};
use crate::event::{Event, EventType, Header, Slot};
use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// What a [`Settlement`] says; [`Header::kind`].
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettlementKind {
    /// An attempt failed. The delivery goes on, unless `Dead` follows.
    Failed = 1,
    /// It was delivered.
    Done = 2,
    /// It and its cancel took each other away.
    Annihilated = 3,
    /// It is a dead letter.
    Dead = 4,
    /// A dead letter was appended again, at the position `other`.
    Requeued = 5,
    /// A dead letter was dropped.
    Dropped = 6,
    /// Words that belong to the `Failed` or `Dead` before it, [`TEXT_BYTES`] at a time.
    Text = 7,
}

impl SettlementKind {
    /// All of them.
    pub const ALL: [SettlementKind; 7] = [
        SettlementKind::Failed,
        SettlementKind::Done,
        SettlementKind::Annihilated,
        SettlementKind::Dead,
        SettlementKind::Requeued,
        SettlementKind::Dropped,
        SettlementKind::Text,
    ];

    /// The word, in lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SettlementKind::Failed => "failed",
            SettlementKind::Done => "done",
            SettlementKind::Annihilated => "annihilated",
            SettlementKind::Dead => "dead",
            SettlementKind::Requeued => "requeued",
            SettlementKind::Dropped => "dropped",
            SettlementKind::Text => "text",
        }
    }

    /// Whether the delivery has ended with it.
    #[must_use]
    pub fn settles(self) -> bool {
        use SettlementKind::{Annihilated, Dead, Done};
        matches!(self, Done | Annihilated | Dead)
    }
}

/// Bytes of text in an event of kind `Text`.
pub const TEXT_BYTES: usize = 24;

/// Most bytes of a reason that are kept.
const MOST_TEXT: usize = 10 * TEXT_BYTES;

/// What became of a delivery, as an event: so it is journaled like any other, and read the same way.
///
/// The header's `ts_event` is when it happened (wall clock), its instrument that of the delivered event; its
/// root belongs to the run that settled it. The event itself lies at `position`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Settlement {
    /// Kind: see [`SettlementKind`].
    pub header: Header,
    /// Sequence of the delivered event in the journal.
    pub position: u64,
    /// Position of another delivery: the order that was given up (`Dead` with it), or the new place
    /// of this one (`Requeued`). Text begins here.
    pub other: u64,
    /// Attempts made so far.
    pub attempts: u32,
    /// Number of the component that it had come to, see [`crate::Names`].
    pub stage: u16,
    /// Why: a number of [`Ending`] (`Dead`) or [`Failure`] (`Failed`).
    reason: u8,
    /// Kind of the delivered event: whether an order is a new one.
    pub of: u8,
    /// The first word of the delivered event's own: an order's `client_order_id`.
    pub key: u64,
}

const _: () = {
    assert!(offset_of!(Settlement, header) == 0 && offset_of!(Settlement, position) == 32);
    assert!(offset_of!(Settlement, other) == 40 && offset_of!(Settlement, attempts) == 48);
    assert!(offset_of!(Settlement, stage) == 52 && offset_of!(Settlement, reason) == 54);
    assert!(offset_of!(Settlement, key) == 56);
};

impl Event for Settlement {
    const TYPE: EventType = EventType { id: 4, name: "Settlement" };
    const HEADER_AT: usize = offset_of!(Settlement, header);
}

impl Settlement {
    /// Of a kind, about a delivery.
    #[must_use]
    pub fn new(kind: SettlementKind, position: u64, slot: &Slot, now: u64) -> Self {
        let Header { root, instrument, source, .. } = slot.header;
        let header = Header {
            ts_event: now,
            root,
            instrument,
            source,
            kind: kind as u8,
            ..Header::default()
        };
        Self { header, position, key: slot.words[0], ..Self::zeroed() }
    }

    /// An attempt that failed, the `attempts`-th.
    #[must_use]
    pub fn failed(position: u64, slot: &Slot, now: u64, failure: Failure) -> Self {
        let reason = match failure {
            Failure::Fault => 1,
            Failure::Panic => 2,
            Failure::Unknown => 3,
            Failure::Permanent => 4,
        };
        Self { reason, ..Self::new(SettlementKind::Failed, position, slot, now) }
    }

    /// The end of a delivery.
    #[must_use]
    pub fn of(settled: &Settled, now: u64) -> Self {
        let (kind, reason, other) = match settled.ending {
            Ending::Done => (SettlementKind::Done, 0, 0),
            Ending::Annihilated => (SettlementKind::Annihilated, 0, 0),
            Ending::Attempts => (SettlementKind::Dead, 1, 0),
            Ending::Elapsed => (SettlementKind::Dead, 2, 0),
            Ending::Permanent => (SettlementKind::Dead, 3, 0),
            Ending::Budget => (SettlementKind::Dead, 4, 0),
            Ending::Expired => (SettlementKind::Dead, 5, 0),
            Ending::With(other) => (SettlementKind::Dead, 6, other),
        };
        let Settled { position, slot, attempts, .. } = settled;
        let new = Self::new(kind, *position, slot, now);
        Self { reason, other, attempts: *attempts, ..new }
    }

    /// What it says; `None` for a number that means nothing.
    #[must_use]
    pub fn kind(&self) -> Option<SettlementKind> {
        SettlementKind::ALL.into_iter().find(|kind| *kind as u8 == self.header.kind)
    }

    /// Why a delivery became a dead letter.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        if self.kind() != Some(SettlementKind::Dead) {
            return None;
        }
        Some(match self.reason {
            1 => Ending::Attempts,
            2 => Ending::Elapsed,
            3 => Ending::Permanent,
            4 => Ending::Budget,
            5 => Ending::Expired,
            6 => Ending::With(self.other),
            _ => return None,
        })
    }

    /// In which way an attempt failed.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        if self.kind() != Some(SettlementKind::Failed) {
            return None;
        }
        Some(match self.reason {
            1 => Failure::Fault,
            2 => Failure::Panic,
            3 => Failure::Unknown,
            4 => Failure::Permanent,
            _ => return None,
        })
    }

    /// The events that carry a text, for this one; its first 240 bytes.
    pub fn texts<'a>(&self, text: &'a str) -> impl Iterator<Item = Settlement> + use<'a> {
        let mut end = text.len().min(MOST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut header = self.header;
        header.kind = SettlementKind::Text as u8;
        let position = self.position;
        text.as_bytes()[..end].chunks(TEXT_BYTES).map(move |chunk| {
            let mut event = Self { header, position, ..Self::zeroed() };
            bytemuck::bytes_of_mut(&mut event)[TEXT_AT..][..chunk.len()].copy_from_slice(chunk);
            event
        })
    }

    /// The bytes of text that an event of kind `Text` carries.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        let text = &bytemuck::bytes_of(self)[TEXT_AT..];
        let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        &text[..end]
    }
}

/// Where the text lies.
const TEXT_AT: usize = offset_of!(Settlement, other);
const _: () = assert!(TEXT_AT + TEXT_BYTES == crate::event::SLOT_BYTES);

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_reason_survives_its_way_through_events() {
        let slot = Slot { words: [77, 0, 0, 0], ..Slot::zeroed() };
        let failed = Settlement::failed(9, &slot, 5, Failure::Unknown);
        assert_eq!((failed.key, failed.failure()), (77, Some(Failure::Unknown)));
        for text in ["", "no route to host", &"ü".repeat(500)] {
            let events: Vec<_> = failed.texts(text).collect();
            let bytes: Vec<u8> = events.iter().flat_map(|event| event.text().to_vec()).collect();
            assert!(text.starts_with(std::str::from_utf8(&bytes).unwrap()));
            assert!(bytes.len() == text.len() || bytes.len() > MOST_TEXT - 4);
            assert!(events.iter().all(|event| event.position == 9));
            assert!(events.iter().all(|event| event.kind() == Some(SettlementKind::Text)));
        }
    }

    #[test]
    fn every_ending_is_read_back_as_written() {
        let endings = [
            Ending::Attempts,
            Ending::Elapsed,
            Ending::Permanent,
            Ending::Budget,
            Ending::Expired,
            Ending::With(3),
        ];
        for ending in endings {
            let settled =
                Settled { position: 1, slot: Slot::zeroed(), ending, attempts: 2, step: 1 };
            assert_eq!(Settlement::of(&settled, 0).ending(), Some(ending));
        }
    }
}
