//! Fields of events by name: what conditions compare and what exports print.

/// A value of a field that is one of a few words, such as a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The number in the event.
    pub value: u8,
    /// The word for it.
    pub name: &'static str,
}

/// How a field's value lies in an event and how it reads.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// Price or size at `byte`: i64 in units of 1e-9, read in decimal units, null = `i64::MAX`. It
    /// exists where bit `kind` of `kinds` is set, and is null elsewhere.
    Decimal {
        /// Offset in the event.
        byte: usize,
        /// Bit set of `Header::kind` values that have the field.
        kinds: u32,
    },
    /// An unsigned integer of 1, 2, 4 or 8 bytes at `byte`.
    Integer {
        /// Offset in the event.
        byte: usize,
        /// Bytes it takes.
        bytes: usize,
        /// Bit set of `Header::kind` values that have the field.
        kinds: u32,
    },
    /// A binary float at `byte`.
    Float {
        /// Offset in the event.
        byte: usize,
    },
    /// One of a few words, held in the bits `mask` of the byte at `byte`.
    Choice {
        /// Offset in the event.
        byte: usize,
        /// Bits of that byte.
        mask: u8,
        /// The words.
        choices: &'static [Choice],
    },
    /// The instrument's symbol without its venue; a comparison with `SYMBOL.VENUE` is with both.
    Symbol,
    /// The instrument's venue.
    Venue,
    /// The name of the source.
    Source,
    /// The name of the component whose id is the u16 at `byte`.
    Component {
        /// Offset in the event.
        byte: usize,
    },
}

/// A named field of an event type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Name as in conditions: `bid_price`.
    pub name: &'static str,
    /// What it is, with its unit.
    pub doc: &'static str,
    /// Where it lies and how it reads.
    pub kind: FieldKind,
}

/// All kinds have the field.
pub(crate) const ALL_KINDS: u32 = u32::MAX;

/// The fields of the header, the same for every type but for the words of `kind`.
pub(crate) const fn header_fields(kinds: &'static [Choice]) -> [Field; 8] {
    const fn integer(byte: usize, bytes: usize) -> FieldKind {
        FieldKind::Integer { byte, bytes, kinds: ALL_KINDS }
    }
    const fn field(name: &'static str, doc: &'static str, kind: FieldKind) -> Field {
        Field { name, doc, kind }
    }
    let kind = FieldKind::Choice { byte: 30, mask: u8::MAX, choices: kinds };
    [
        field("ts_event", "venue time, ns since 1970", integer(0, 8)),
        field("ts_recv", "capture time, ns since 1970", integer(8, 8)),
        field("root", "sequence of the entering event", integer(16, 8)),
        field("symbol", "the instrument's symbol", FieldKind::Symbol),
        field("venue", "the instrument's venue", FieldKind::Venue),
        field("source", "the named origin", FieldKind::Source),
        field("kind", "what the event is among those of its type", kind),
        field("flags", "bits, see Flags", integer(31, 1)),
    ]
}

/// Two lists of fields in one.
pub(crate) const fn join<const A: usize, const B: usize, const N: usize>(
    first: [Field; A],
    second: [Field; B],
) -> [Field; N] {
    assert!(A + B == N);
    let mut all = [first[0]; N];
    let mut i = 0;
    while i < N {
        all[i] = if i < A { first[i] } else { second[i - A] };
        i += 1;
    }
    all
}
