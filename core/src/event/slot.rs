//! The untyped event, and the trait that typed ones implement.

use super::{Field, Header};
use bytemuck::{Pod, Zeroable};
use std::mem::{align_of, size_of};

/// Bytes of every event: one cache line.
pub const SLOT_BYTES: usize = 64;

/// Number of an event type. 1 to 15 are Pitlane's own, 16 to 255 the user's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType {
    /// The number.
    pub id: u8,
    /// The name, as in configs: `MarketData`.
    pub name: &'static str,
}

impl std::fmt::Debug for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl std::fmt::Display for EventType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// An event whose type is not known here: what rings carry.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Slot {
    /// What every event says of itself.
    pub header: Header,
    /// The event's own words.
    pub words: [u64; 4],
}

const _: () = assert!(size_of::<Slot>() == SLOT_BYTES && align_of::<Slot>() == SLOT_BYTES);

impl Slot {
    /// The event as one of type `E`. Whether it is one, the stream knows; any bytes are valid.
    #[must_use]
    #[inline]
    pub fn view<E: Event>(&self) -> &E {
        const { check_layout::<E>() }
        bytemuck::cast_ref(self)
    }

    /// A slice of events as ones of type `E`.
    #[must_use]
    #[inline]
    pub fn view_all<E: Event>(slots: &[Slot]) -> &[E] {
        const { check_layout::<E>() }
        bytemuck::cast_slice(slots)
    }

    /// Those of a slice in the order of roots that have a root below this one.
    #[inline]
    pub(crate) fn before(slots: &[Slot], root: u64) -> &[Slot] {
        // Nearly always all of them.
        if slots.last().is_none_or(|last| last.header.root < root) {
            return slots;
        }
        let end = slots.iter().position(|slot| slot.header.root >= root);
        &slots[..end.unwrap_or(slots.len())]
    }

    /// Its bytes, as rings and files have them.
    #[must_use]
    pub fn bytes(&self) -> &[u8; SLOT_BYTES] {
        bytemuck::cast_ref(self)
    }

    /// The event of these bytes; any are valid.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; SLOT_BYTES]) -> Slot {
        bytemuck::pod_read_unaligned(bytes)
    }

    /// An event without its type.
    #[must_use]
    #[inline]
    pub fn of<E: Event>(event: &E) -> &Slot {
        const { check_layout::<E>() }
        bytemuck::cast_ref(event)
    }

    /// A copy of an event without its type.
    #[must_use]
    #[inline]
    pub fn from_event<E: Event>(event: E) -> Slot {
        const { check_layout::<E>() }
        bytemuck::cast(event)
    }
}

/// A type of event: 64 bytes of plain old data that begin with a [`Header`].
///
/// ```
/// use bytemuck::{Pod, Zeroable};
/// use pitlane::event::{Event, EventType, Header};
///
/// #[repr(C, align(64))]
/// #[derive(Clone, Copy, Debug, Pod, Zeroable)]
/// struct Auction {
///     header: Header,
///     indicative_price: i64,
///     imbalance: i64,
///     spare: [u64; 2],
/// }
///
/// impl Event for Auction {
///     const TYPE: EventType = EventType { id: 16, name: "Auction" };
///     const HEADER_AT: usize = std::mem::offset_of!(Auction, header);
/// }
/// ```
///
/// Size, alignment and the header's place are asserted when a ring or stage of the type is compiled.
pub trait Event: Pod + Send + Sync {
    /// Number and name, unique in a topology.
    const TYPE: EventType;

    /// Always `std::mem::offset_of!(Self, header)`.
    const HEADER_AT: usize;

    /// The fields that conditions, exports and docs know by name. None by default.
    #[must_use]
    fn fields() -> &'static [Field] {
        &[]
    }

    /// Called on emission with the id of the emitting component (see [`crate::Names`]), for types
    /// that carry it. Does nothing by default.
    #[inline]
    fn stamp(&mut self, _component: u16) {}

    /// The header.
    #[must_use]
    #[inline]
    fn header(&self) -> &Header {
        &Slot::of(self).header
    }

    /// The header, to write.
    #[inline]
    fn header_mut(&mut self) -> &mut Header {
        const { check_layout::<Self>() }
        let slot: &mut Slot = bytemuck::cast_mut(self);
        &mut slot.header
    }
}

pub(crate) const fn check_layout<E: Event>() {
    assert!(size_of::<E>() == SLOT_BYTES, "an event is 64 bytes");
    assert!(align_of::<E>() == SLOT_BYTES, "an event is 64-byte aligned: #[repr(C, align(64))]");
    assert!(E::HEADER_AT == 0, "an event begins with its header");
}

impl Event for Slot {
    const TYPE: EventType = EventType { id: 0, name: "Slot" };
    const HEADER_AT: usize = 0;
}
