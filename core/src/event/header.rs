//! The first half of every event.

use bytemuck::{Pod, Zeroable};
use std::mem::{align_of, offset_of, size_of};

/// What every event says of itself: when, about what, from whom, descending from which root.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Header {
    /// Venue time, ns since 1970; virtual time in replay; 0 = unknown. An emitted event that leaves
    /// it 0 takes its cause's.
    pub ts_event: u64,
    /// Capture time, ns since 1970: recorded in replay, stamped on entry live, inherited by
    /// descendants; 0 = unknown.
    pub ts_recv: u64,
    /// Sequence of the entering event this one descends from, counted from 1. Set by the sequencer
    /// and by lanes, never by stages.
    pub root: u64,
    /// Process-local id of the instrument, see [`crate::Instruments`]; 0 = none. An emitted event
    /// that leaves it 0 takes its cause's.
    pub instrument: u32,
    /// Id of the named origin, see [`crate::Names`]. Set by the sequencer and by lanes.
    pub source: u16,
    /// What the event is among those of its type, such as [`crate::event::MarketDataKind`].
    pub kind: u8,
    /// See [`Flags`].
    pub flags: u8,
}

const _: () = {
    assert!(size_of::<Header>() == 32 && align_of::<Header>() == 8);
    assert!(offset_of!(Header, ts_event) == 0 && offset_of!(Header, ts_recv) == 8);
    assert!(offset_of!(Header, root) == 16 && offset_of!(Header, instrument) == 24);
    assert!(offset_of!(Header, source) == 28 && offset_of!(Header, kind) == 30);
    assert!(offset_of!(Header, flags) == 31);
};

/// Bits of [`Header::flags`]. The upper ones have DBN's places and meanings.
pub struct Flags;

impl Flags {
    /// Last record of an atomic event of the venue.
    pub const LAST: u8 = 1 << 7;
    /// The best level of its side, in place of all that was on that side; not a single order.
    pub const TOB: u8 = 1 << 6;
    /// From a snapshot or a replay of the venue, not live.
    pub const SNAPSHOT: u8 = 1 << 5;
    /// A price level with all its orders, not a single order.
    pub const MBP: u8 = 1 << 4;
    /// `ts_recv` is not reliable.
    pub const STALE_CLOCK: u8 = 1 << 3;
    /// Something was lost before: the book may be wrong until it is cleared or a snapshot comes.
    pub const MAYBE_BAD_BOOK: u8 = 1 << 2;
    /// Mask of the side, see [`Side`].
    pub const SIDE: u8 = 0b11;
}

impl Header {
    /// The side in the flags.
    #[must_use]
    #[inline]
    pub fn side(&self) -> Side {
        match self.flags & Flags::SIDE {
            1 => Side::Bid,
            2 => Side::Ask,
            _ => Side::None,
        }
    }

    /// Writes the side into the flags.
    #[inline]
    pub fn set_side(&mut self, side: Side) {
        self.flags = (self.flags & !Flags::SIDE) | side as u8;
    }

    /// Whether [`Flags::LAST`] is set.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.flags & Flags::LAST != 0
    }
}

/// A side of the book; of a trade, the aggressor's: `Bid` is a buyer, `Ask` a seller.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// Unknown, or does not apply.
    #[default]
    None = 0,
    /// Bid; buys.
    Bid = 1,
    /// Ask; sells.
    Ask = 2,
}

impl Side {
    /// `+1` for a buyer, `-1` for a seller, 0 for neither.
    #[must_use]
    pub fn sign(self) -> i64 {
        match self {
            Side::None => 0,
            Side::Bid => 1,
            Side::Ask => -1,
        }
    }
}
