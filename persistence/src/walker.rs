//! Walks over the frames of one segment, in chunks, checking each.

use crate::error::Error;
use crate::format::{Check, FrameHeader, SegmentHeader, UNIT, VERSION, segment_name};
use crate::storage::{Storage, StorageFile, read_full};
use bytemuck::Zeroable;
use pitlane::event::Slot;

/// Slots of the first chunk that is read, and of the largest: 4 and 256 KiB. Chunks double, so that a
/// reader at the tail reads little and one that catches up reads much.
const LEAST: usize = 64;
const MOST: usize = 4096;

/// What stands where the next frame should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A whole frame; its events are in [`Walker::events`].
    Frame(FrameHeader),
    /// Nothing yet, or no room for more.
    Empty,
    /// Something that is not a whole frame with the expected sequence.
    Broken,
}

/// A place in a segment, between two frames.
pub(crate) struct Walker {
    pub(crate) name: String,
    pub(crate) header: SegmentHeader,
    /// Offset of the next frame.
    pub(crate) at: u64,
    /// Its sequence.
    pub(crate) next: u64,
    file: Box<dyn StorageFile>,
    check: Check,
    buffer: Vec<Slot>,
    from: usize,
    upto: usize,
    ask: usize,
}

impl Walker {
    /// The segment that begins with event `first`, whose header is not whole, at the place of a frame that is.
    pub(crate) fn headless(
        storage: &dyn Storage,
        first: u64,
        (at, frame): (u64, FrameHeader),
        check: Check,
    ) -> Result<Self, Error> {
        let name = segment_name(first);
        let file = storage.open(&name).map_err(Error::io("open", &name))?;
        let bytes = file.bytes().map_err(Error::io("read", &name))?;
        let header = SegmentHeader::new(frame.journal, first, bytes, frame.appended, 0);
        Ok(Self::new(name, header, file, check).at(at, frame.first))
    }

    /// The segment that begins with event `first`; `None` where its header is not whole.
    pub(crate) fn open(
        storage: &dyn Storage,
        first: u64,
        check: Check,
    ) -> Result<Option<Self>, Error> {
        let name = segment_name(first);
        let file = storage.open(&name).map_err(Error::io("open", &name))?;
        let mut header = SegmentHeader::zeroed();
        let bytes = bytemuck::bytes_of_mut(&mut header);
        read_full(file.as_ref(), bytes, 0).map_err(Error::io("read", &name))?;
        if !header.is_whole() || header.first != first {
            return Ok(None);
        }
        if header.version != VERSION {
            return Err(Error::Version { file: name, version: header.version, ours: VERSION });
        }
        Ok(Some(Self::new(name, header, file, check)))
    }

    fn new(name: String, header: SegmentHeader, file: Box<dyn StorageFile>, check: Check) -> Self {
        let (buffer, from, upto, ask) = (Vec::new(), 0, 0, LEAST);
        let (at, next) = (UNIT, header.first);
        Self { name, header, at, next, file, check, buffer, from, upto, ask }
    }

    /// Steps over the next frame if it is there and whole. Otherwise stays, and looks anew when asked
    /// again.
    pub(crate) fn step(&mut self) -> Result<Step, Error> {
        let step = self.look()?;
        if let Step::Frame(header) = step {
            self.from += header.slots();
            self.at += header.slots() as u64 * UNIT;
            self.next = header.end();
        } else {
            self.upto = self.from;
            self.ask = LEAST;
        }
        Ok(step)
    }

    /// Takes the last step back; only right after it.
    pub(crate) fn back(&mut self, header: &FrameHeader) {
        self.from -= header.slots();
        self.at -= header.slots() as u64 * UNIT;
        self.next = header.first;
    }

    /// At a later place, where a frame with this sequence stands.
    pub(crate) fn at(mut self, place: u64, next: u64) -> Self {
        (self.at, self.next) = (place, next);
        (self.from, self.upto, self.ask) = (0, 0, LEAST);
        self
    }

    /// The events of the frame that was just stepped over.
    pub(crate) fn events(&self, header: &FrameHeader) -> &[Slot] {
        &self.buffer[self.from - header.count as usize..self.from]
    }

    fn look(&mut self) -> Result<Step, Error> {
        let room = (self.header.bytes.saturating_sub(self.at) / UNIT) as usize;
        if room == 0 || !self.fill(1, room)? {
            return Ok(Step::Empty);
        }
        let slot = self.buffer[self.from];
        if slot == Slot::zeroed() {
            return Ok(Step::Empty);
        }
        let Some(header) = FrameHeader::look(&slot, Some(self.header.journal)) else {
            return Ok(Step::Broken);
        };
        let slots = header.slots();
        if slots > room || !self.fill(slots, room)? {
            return Ok(Step::Broken);
        }
        let frame = &self.buffer[self.from..self.from + slots];
        let whole = header.is_whole(frame, self.check);
        let expected = header.first == self.next && header.durable <= header.first;
        Ok(if whole && expected { Step::Frame(header) } else { Step::Broken })
    }

    /// Makes `slots` slots from the place on available; false where the file ends before.
    fn fill(&mut self, slots: usize, room: usize) -> Result<bool, Error> {
        let have = self.upto - self.from;
        if have >= slots {
            return Ok(true);
        }
        self.buffer.copy_within(self.from..self.upto, 0);
        (self.from, self.upto) = (0, have);
        let want = slots.max(self.ask).min(room);
        if self.buffer.len() < want {
            self.buffer.resize(want, Slot::zeroed());
        }
        let bytes = bytemuck::cast_slice_mut(&mut self.buffer[have..want]);
        let read = read_full(self.file.as_ref(), bytes, self.at + have as u64 * UNIT)
            .map_err(Error::io("read", &self.name))?;
        self.upto += read / UNIT as usize;
        self.ask = (self.ask * 2).min(MOST);
        Ok(self.upto >= slots)
    }
}

/// What is in a segment behind a place that is not whole.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rest {
    /// Offset behind the last byte that is not zero; 0 if all are.
    pub(crate) end: u64,
    /// The highest durable position that a whole frame tells, and the highest end of one.
    pub(crate) durable: u64,
    pub(crate) sequence: u64,
}

/// Looks at every place from `at` on where a frame might begin.
pub(crate) fn look_behind(
    storage: &dyn Storage,
    name: &str,
    journal: Option<u64>,
    at: u64,
) -> Result<Rest, Error> {
    let mut rest = Rest::default();
    rest.end = search(storage, name, journal, at, |_, header| {
        rest.durable = rest.durable.max(header.durable);
        rest.sequence = rest.sequence.max(header.end());
        true
    })?;
    Ok(rest)
}

/// Gives `found` every whole frame from `at` on, with its place, while that says true. Returns the offset behind
/// the last byte that is not zero, as far as was looked; 0 if all are.
pub(crate) fn search(
    storage: &dyn Storage,
    name: &str,
    journal: Option<u64>,
    at: u64,
    mut found: impl FnMut(u64, FrameHeader) -> bool,
) -> Result<u64, Error> {
    let file = storage.open(name).map_err(Error::io("open", name))?;
    let bytes = file.bytes().map_err(Error::io("read", name))?;
    let mut end = 0;
    let mut buffer = vec![Slot::zeroed(); MOST];
    let mut offset = at;
    while offset < bytes {
        let chunk = bytemuck::cast_slice_mut(&mut buffer);
        let read = read_full(file.as_ref(), chunk, offset).map_err(Error::io("read", name))?;
        if let Some(last) = chunk[..read].iter().rposition(|byte| *byte != 0) {
            end = offset + last as u64 + 1;
        } else if read == 0 {
            break;
        }
        for (slot, place) in buffer[..read / UNIT as usize].iter().zip((offset..).step_by(64)) {
            let header = FrameHeader::look(slot, journal);
            let Some(header) = header.filter(|h| place + h.slots() as u64 * UNIT <= bytes) else {
                continue;
            };
            let mut frame = vec![Slot::zeroed(); header.slots()];
            read_full(file.as_ref(), bytemuck::cast_slice_mut(&mut frame), place)
                .map_err(Error::io("read", name))?;
            if header.is_whole(&frame, Check::On) && !found(place, header) {
                return Ok(end);
            }
        }
        offset += read as u64;
    }
    Ok(end)
}
