//! Fields of events as text.

use pitlane::event::fixed::Decimal;
use pitlane::event::{Event, Field, FieldKind, Order, Reason, Slot};
use pitlane::{Instruments, Names};
use std::fmt;

/// The fields of a type that are worth a column: the symbol holds the venue.
pub(super) fn columns<E: Event>() -> impl Iterator<Item = &'static Field> {
    E::fields()
        .iter()
        .filter(|field| !matches!(field.kind, FieldKind::Venue) && field.name != "component")
}

/// A field's value in an event: decimals plain, nothing where it is null or does not exist.
pub(super) struct Value<'a> {
    pub(super) field: &'a Field,
    /// Number of the event's type.
    pub(super) event_type: u8,
    pub(super) event: &'a Slot,
    pub(super) instruments: &'a Instruments,
    pub(super) names: &'a Names,
}

impl Value<'_> {
    fn word(&self, byte: usize, len: usize) -> u64 {
        let mut word = [0; 8];
        word[..len].copy_from_slice(&bytemuck::bytes_of(self.event)[byte..byte + len]);
        u64::from_le_bytes(word)
    }

    fn exists(&self, kinds: u32) -> bool {
        kinds.checked_shr(self.event.header.kind.into()).is_some_and(|bits| bits & 1 == 1)
    }

    /// The name of a source or component; nothing for one that has none.
    fn name(&self, id: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.name(id).map_or(Ok(()), |name| f.write_str(name))
    }

    fn is_order(&self) -> bool {
        self.event_type == Order::TYPE.id
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.kind {
            FieldKind::Decimal { byte, kinds } if self.exists(kinds) => {
                Decimal(self.word(byte, 8).cast_signed()).fmt(f)
            }
            FieldKind::Integer { byte, .. } if self.is_order() && self.field.name == "reason" => {
                Reason(self.word(byte, 2) as u16).fmt(f)
            }
            FieldKind::Integer { byte, bytes, kinds } if self.exists(kinds) => {
                self.word(byte, bytes).fmt(f)
            }
            FieldKind::Decimal { .. } | FieldKind::Integer { .. } => Ok(()),
            FieldKind::Float { byte } => f64::from_bits(self.word(byte, 8)).fmt(f),
            FieldKind::Choice { byte, mask, choices } => {
                let value = self.word(byte, 1) as u8 & mask;
                let mut names = choices.iter().filter(|choice| choice.value == value);
                // The side of an order is its last name, `buy`; elsewhere it is the first, `bid`.
                let name = if self.is_order() { names.next_back() } else { names.next() };
                name.map_or(Ok(()), |choice| f.write_str(choice.name))
            }
            FieldKind::Symbol => match self.instruments.text(self.event.header.instrument) {
                Some(symbol) => f.write_str(&symbol),
                None => Ok(()),
            },
            FieldKind::Component { byte } => self.name(self.word(byte, 2) as u16, f),
            FieldKind::Source => self.name(self.event.header.source, f),
            FieldKind::Venue => Ok(()),
        }
    }
}
