//! The bytes of a journal, as drawn in docs/journal-format.md.

use bytemuck::{Pod, Zeroable};
use pitlane::event::{SLOT_BYTES, Slot};
use std::mem::{offset_of, size_of};

/// Version of the format that is written and read here.
pub const VERSION: u32 = 1;

/// Bytes of a segment's header, of a frame's header and of an event: one slot each.
pub(crate) const UNIT: u64 = SLOT_BYTES as u64;

const SEGMENT_MAGIC: [u8; 8] = *b"PITLANEJ";
const FRAME_MAGIC: u32 = u32::from_le_bytes(*b"PLFR");

/// The first 64 bytes of a segment. All numbers are little-endian.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct SegmentHeader {
    magic: [u8; 8],
    /// CRC-32 of the bytes from 12 to 64.
    crc: u32,
    /// [`VERSION`].
    pub version: u32,
    /// Number of the journal, the same in all its segments and frames.
    pub journal: u64,
    /// Sequence of the first event, also in the file's name.
    pub first: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// When the segment was begun, ns since 1970.
    pub created: u64,
    /// Events before the first that a repair found damaged; readers are told of them.
    pub lost: u64,
    spare: u64,
}

const _: () = {
    assert!(size_of::<SegmentHeader>() == SLOT_BYTES && size_of::<FrameHeader>() == SLOT_BYTES);
    assert!(offset_of!(SegmentHeader, crc) == 8 && offset_of!(SegmentHeader, version) == 12);
    assert!(offset_of!(SegmentHeader, bytes) == 32 && offset_of!(SegmentHeader, lost) == 48);
    assert!(offset_of!(FrameHeader, crc) == 4 && offset_of!(FrameHeader, count) == 8);
    assert!(offset_of!(FrameHeader, first) == 24 && offset_of!(FrameHeader, spare) == 56);
    assert!(cfg!(target_endian = "little"), "journals are little-endian, written as they lie");
};

impl SegmentHeader {
    pub(crate) fn new(journal: u64, first: u64, bytes: u64, created: u64, lost: u64) -> Self {
        let (magic, crc, version, spare) = (SEGMENT_MAGIC, 0, VERSION, 0);
        let mut header = Self { magic, crc, version, journal, first, bytes, created, lost, spare };
        header.crc = header.checksum();
        header
    }

    fn checksum(&self) -> u32 {
        crc32fast::hash(&bytemuck::bytes_of(self)[12..])
    }

    /// Whether these are the bytes that were written.
    pub(crate) fn is_whole(&self) -> bool {
        self.magic == SEGMENT_MAGIC && self.crc == self.checksum()
    }
}

/// The 64 bytes before the events of a batch. A frame without events, a *mark*, only tells a durable
/// position.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct FrameHeader {
    magic: u32,
    /// CRC-32 of all that follows: the rest of the header and the events.
    crc: u32,
    /// Events in the frame, 64 bytes each.
    pub count: u32,
    /// What the appender says the events are, such as the id of an event type; 0 = nothing.
    pub tag: u32,
    /// Number of the journal.
    pub journal: u64,
    /// Sequence of the first event.
    pub first: u64,
    /// Durable position known when the frame was written: all events below it are on the disk.
    pub durable: u64,
    /// Append time, ns since 1970, never less than that of an earlier frame.
    pub appended: u64,
    /// Greatest `ts_event` of the journal up to the end of this frame.
    pub ts_event: u64,
    spare: u64,
}

/// What a frame says besides its events.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FrameFacts {
    pub(crate) tag: u32,
    pub(crate) journal: u64,
    pub(crate) first: u64,
    pub(crate) durable: u64,
    pub(crate) appended: u64,
    pub(crate) ts_event: u64,
}

impl FrameHeader {
    /// Writes the header into the first of `frame`'s slots; the others are the events.
    pub(crate) fn seal(frame: &mut [Slot], facts: FrameFacts) {
        let FrameFacts { tag, journal, first, durable, appended, ts_event } = facts;
        let count = u32::try_from(frame.len() - 1).expect("a segment is smaller than 2^32 events");
        let (magic, crc, spare) = (FRAME_MAGIC, 0, 0);
        let header =
            Self { magic, crc, count, tag, journal, first, durable, appended, ts_event, spare };
        frame[0] = bytemuck::cast(header);
        let crc = crc32fast::hash(&bytemuck::cast_slice::<Slot, u8>(frame)[8..]);
        frame[0] = bytemuck::cast(Self { crc, ..header });
    }

    /// The header in a slot, if it may be one of this journal; of any, where the number is not known
    /// because the segment's own header is damaged.
    pub(crate) fn look(slot: &Slot, journal: Option<u64>) -> Option<Self> {
        let header: Self = bytemuck::cast(*slot);
        let ours = journal.is_none_or(|journal| header.journal == journal);
        (header.magic == FRAME_MAGIC && ours).then_some(header)
    }

    /// Slots of the frame, its header included.
    pub(crate) fn slots(&self) -> usize {
        1 + self.count as usize
    }

    /// The sequence after the last event.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    /// Whether `frame`, which begins with this header, is what was written.
    pub(crate) fn is_whole(&self, frame: &[Slot], check: Check) -> bool {
        match check {
            Check::Off => true,
            Check::On => crc32fast::hash(&bytemuck::cast_slice::<Slot, u8>(frame)[8..]) == self.crc,
        }
    }
}

/// Whether checksums of frames are compared: off only to show that a test would notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[doc(hidden)]
pub enum Check {
    /// As it should be.
    #[default]
    On,
    /// Blind.
    Off,
}

/// Name of the segment that begins with an event.
pub(crate) fn segment_name(first: u64) -> String {
    format!("{first:020}.journal")
}

/// The first event of a segment, by its name; `None` for other files.
pub(crate) fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".journal")?;
    (digits.len() == 20).then(|| digits.parse().ok()).flatten()
}
