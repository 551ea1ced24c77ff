//! What strategies say.

use super::field::{header_fields, join};
use super::{Choice, Event, EventType, Field, FieldKind, Header, fixed};
use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// What a signal advises.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Nothing to do.
    Hold = 0,
    /// Buy.
    Buy = 1,
    /// Sell.
    Sell = 2,
}

const ACTIONS: &[Choice] = &[
    Choice { value: 0, name: "hold" },
    Choice { value: 1, name: "buy" },
    Choice { value: 2, name: "sell" },
];

/// A strategy's opinion about an instrument.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Signal {
    /// What every event says of itself.
    pub header: Header,
    /// How strong, 0 to 1.
    pub strength: f64,
    /// The price it was formed at, 1e-9; `fixed::NULL` where there is none.
    pub price: i64,
    /// How much, 1e-9; `fixed::NULL` leaves it to the risk gate.
    pub quantity: i64,
    /// Id of the component that said it, see [`crate::Names`]; 0 lets the lane fill it in.
    pub strategy: u16,
    action: u8,
    spare: [u8; 5],
}

const _: () = {
    assert!(offset_of!(Signal, header) == 0 && offset_of!(Signal, strength) == 32);
    assert!(offset_of!(Signal, price) == 40 && offset_of!(Signal, quantity) == 48);
    assert!(offset_of!(Signal, strategy) == 56 && offset_of!(Signal, action) == 58);
};

impl Signal {
    /// A signal about the instrument and at the time of its cause.
    #[must_use]
    pub fn new(action: Action, strength: f64, price: i64) -> Self {
        Self {
            header: Header { kind: 1, ..Header::default() },
            strength,
            price,
            quantity: fixed::NULL,
            strategy: 0,
            action: action as u8,
            spare: [0; 5],
        }
    }

    /// The same signal for a given quantity, 1e-9.
    #[must_use]
    pub fn with_quantity(mut self, quantity: i64) -> Self {
        self.quantity = quantity;
        self
    }

    /// What it advises; numbers that are no action count as `Hold`.
    #[must_use]
    pub fn action(&self) -> Action {
        match self.action {
            1 => Action::Buy,
            2 => Action::Sell,
            _ => Action::Hold,
        }
    }
}

const KINDS: &[Choice] = &[Choice { value: 1, name: "signal" }];
const OWN: [Field; 6] = {
    const ALL: u32 = super::field::ALL_KINDS;
    const fn field(name: &'static str, doc: &'static str, kind: FieldKind) -> Field {
        Field { name, doc, kind }
    }
    [
        field("strength", "how strong, 0 to 1", FieldKind::Float { byte: 32 }),
        field("price", "the price it was formed at", FieldKind::Decimal { byte: 40, kinds: ALL }),
        field("quantity", "how much, where it says", FieldKind::Decimal { byte: 48, kinds: ALL }),
        field("component", "the component that said it", FieldKind::Component { byte: 56 }),
        field("strategy", "the component that said it", FieldKind::Component { byte: 56 }),
        field(
            "action",
            "what it advises",
            FieldKind::Choice { byte: 58, mask: u8::MAX, choices: ACTIONS },
        ),
    ]
};
static FIELDS: [Field; 14] = join(header_fields(KINDS), OWN);

impl Event for Signal {
    const TYPE: EventType = EventType { id: 2, name: "Signal" };
    const HEADER_AT: usize = offset_of!(Signal, header);

    fn fields() -> &'static [Field] {
        &FIELDS
    }

    #[inline]
    fn stamp(&mut self, component: u16) {
        if self.strategy == 0 {
            self.strategy = component;
        }
    }
}
