//! Orders and what is reported of them.

use super::field::{ALL_KINDS, header_fields, join};
use super::market_data::SIDES;
use super::{Choice, Event, EventType, Field, FieldKind, Flags, Header, Side};
use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// A number in an event that stands for a word, with the list of all.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $list:ident, $repr:ty { $($(#[$item_doc:meta])* $item:ident = $value:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[repr($repr)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$item_doc])* $item = $value,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$item),+];

            /// The word, as in configs and exports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $($name::$item => $text),+ }
            }

            /// From the number in an event; `None` for one that means nothing.
            #[must_use]
            pub fn from_number(number: $repr) -> Option<Self> {
                match number { $($value => Some($name::$item),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        const $list: &[Choice] = &[$(Choice { value: $value, name: $text }),+];
    };
}

words! {
    /// What an [`Order`] event is.
    OrderKind, KINDS, u8 {
        /// A new order.
        New = 1 "new",
        /// A request to cancel.
        Cancel = 2 "cancel",
        /// A request to change price or quantity.
        Replace = 3 "replace",
        /// A report about an order; price and quantity are the last ones.
        Report = 4 "report",
    }
}

words! {
    /// How an order is priced.
    OrderType, TYPES, u8 {
        /// At any price.
        Market = 1 "market",
        /// At its price or better.
        Limit = 2 "limit",
    }
}

words! {
    /// How long an order stands.
    TimeInForce, TIMES, u8 {
        /// Good till canceled.
        Gtc = 1 "gtc",
        /// Immediate or cancel.
        Ioc = 2 "ioc",
        /// Fill or kill.
        Fok = 3 "fok",
        /// Good till date.
        Gtd = 4 "gtd",
        /// Until the end of the day.
        Day = 5 "day",
    }
}

words! {
    /// Where an order stands in its life; what may follow what is told in [`life`](super::life).
    OrderStatus, STATUSES, u8 {
        /// Built, checked here, not sent yet.
        New = 1 "new",
        /// Refused here; it never reaches a gateway.
        Denied = 2 "denied",
        /// Sent.
        Submitted = 3 "submitted",
        /// The venue has it.
        Accepted = 4 "accepted",
        /// Refused by the venue.
        Rejected = 5 "rejected",
        /// Filled in part.
        PartiallyFilled = 6 "partially_filled",
        /// Filled.
        Filled = 7 "filled",
        /// Canceled.
        Canceled = 8 "canceled",
        /// Out of time.
        Expired = 9 "expired",
        /// Asked to be canceled, not yet answered.
        PendingCancel = 10 "pending_cancel",
        /// Asked to be changed, not yet answered.
        PendingReplace = 11 "pending_replace",
    }
}

/// Why an order was denied. Numbers from 100 up are the user's.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Pod, Zeroable)]
pub struct Reason(pub u16);

impl Reason {
    /// It was not denied.
    pub const NONE: Reason = Reason(0);
    /// More than `max_order_quantity`.
    pub const ORDER_QUANTITY: Reason = Reason(1);
    /// The position would exceed `max_position`.
    pub const POSITION: Reason = Reason(2);
    /// Price times quantity exceeds `max_notional`.
    pub const NOTIONAL: Reason = Reason(3);
    /// More than `max_orders_per_second`.
    pub const RATE: Reason = Reason(4);
    /// The kill switch is `halted`.
    pub const HALTED: Reason = Reason(5);
    /// The kill switch is `reducing` and the order would not reduce the position.
    pub const REDUCING: Reason = Reason(6);
    /// There is no price to check the order against.
    pub const NO_PRICE: Reason = Reason(7);
    /// The quantity is not positive.
    pub const NO_QUANTITY: Reason = Reason(8);

    /// The word, as in exports; `None` for a user's own.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        const NAMES: [&str; 9] = [
            "",
            "max_order_quantity",
            "max_position",
            "max_notional",
            "max_orders_per_second",
            "halted",
            "reducing",
            "no_price",
            "no_quantity",
        ];
        NAMES.get(usize::from(self.0)).copied()
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "reason_{}", self.0),
        }
    }
}

/// An order on its way to a venue, or a report of what became of it.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Order {
    /// What every event says of itself.
    pub header: Header,
    /// Session in the upper 16 bits, ordinal below: never repeats, the same in every replay.
    pub client_order_id: u64,
    /// Limit or reference price, 1e-9; last price of a report; `fixed::NULL` where there is none.
    pub price: i64,
    /// Quantity, 1e-9; last quantity of a report.
    pub quantity: i64,
    order_type: u8,
    time_in_force: u8,
    side: u8,
    status: u8,
    /// Why it was denied.
    pub reason: Reason,
    /// Id of the component whose signal it came from, see [`crate::Names`].
    pub strategy: u16,
}

const _: () = {
    assert!(offset_of!(Order, header) == 0 && offset_of!(Order, client_order_id) == 32);
    assert!(offset_of!(Order, price) == 40 && offset_of!(Order, quantity) == 48);
    assert!(offset_of!(Order, order_type) == 56 && offset_of!(Order, time_in_force) == 57);
    assert!(offset_of!(Order, side) == 58 && offset_of!(Order, status) == 59);
    assert!(offset_of!(Order, reason) == 60 && offset_of!(Order, strategy) == 62);
};

impl Order {
    /// A new order to buy (`Side::Bid`) or sell (`Side::Ask`) `quantity` at `price` (both 1e-9):
    /// a market order, immediate or cancel, about the instrument and at the time of its cause.
    #[must_use]
    pub fn new(client_order_id: u64, side: Side, price: i64, quantity: i64) -> Self {
        let mut header = Header { kind: OrderKind::New as u8, ..Header::default() };
        header.set_side(side);
        Self {
            header,
            client_order_id,
            price,
            quantity,
            order_type: OrderType::Market as u8,
            time_in_force: TimeInForce::Ioc as u8,
            side: side as u8,
            status: OrderStatus::New as u8,
            reason: Reason::NONE,
            strategy: 0,
        }
    }

    /// The same order with another type and time in force.
    #[must_use]
    pub fn with_type(mut self, order_type: OrderType, time_in_force: TimeInForce) -> Self {
        self.order_type = order_type as u8;
        self.time_in_force = time_in_force as u8;
        self
    }

    /// The same order, denied.
    #[must_use]
    pub fn denied(mut self, reason: Reason) -> Self {
        self.status = OrderStatus::Denied as u8;
        self.reason = reason;
        self
    }

    /// What the event is; `None` for a number that is no kind.
    #[must_use]
    pub fn kind(&self) -> Option<OrderKind> {
        OrderKind::from_number(self.header.kind)
    }

    /// How it is priced; `None` for a number that is no type.
    #[must_use]
    pub fn order_type(&self) -> Option<OrderType> {
        OrderType::from_number(self.order_type)
    }

    /// How long it stands; `None` for a number that means nothing.
    #[must_use]
    pub fn time_in_force(&self) -> Option<TimeInForce> {
        TimeInForce::from_number(self.time_in_force)
    }

    /// Where it stands in its life; `None` for a number that means nothing.
    #[must_use]
    pub fn status(&self) -> Option<OrderStatus> {
        OrderStatus::from_number(self.status)
    }

    /// Writes where it stands.
    pub fn set_status(&mut self, status: OrderStatus) {
        self.status = status as u8;
    }

    /// `Bid` buys, `Ask` sells.
    #[must_use]
    pub fn side(&self) -> Side {
        match self.side {
            1 => Side::Bid,
            2 => Side::Ask,
            _ => Side::None,
        }
    }

    /// Whether it was denied here.
    #[must_use]
    #[inline]
    pub fn is_denied(&self) -> bool {
        self.status == OrderStatus::Denied as u8
    }
}

const OWN: [Field; 9] = {
    const fn field(name: &'static str, doc: &'static str, kind: FieldKind) -> Field {
        Field { name, doc, kind }
    }
    const fn choice(byte: usize, mask: u8, choices: &'static [Choice]) -> FieldKind {
        FieldKind::Choice { byte, mask, choices }
    }
    const fn integer(byte: usize, bytes: usize) -> FieldKind {
        FieldKind::Integer { byte, bytes, kinds: ALL_KINDS }
    }
    const fn decimal(byte: usize) -> FieldKind {
        FieldKind::Decimal { byte, kinds: ALL_KINDS }
    }
    [
        field("client_order_id", "session and ordinal", integer(32, 8)),
        field("price", "limit or reference price", decimal(40)),
        field("quantity", "how much", decimal(48)),
        field("type", "how it is priced", choice(56, u8::MAX, TYPES)),
        field("time_in_force", "how long it stands", choice(57, u8::MAX, TIMES)),
        field("side", "buy or sell", choice(58, Flags::SIDE, SIDES)),
        field("status", "where it stands in its life", choice(59, u8::MAX, STATUSES)),
        field("reason", "number of the reason of a denial", integer(60, 2)),
        field("strategy", "the component it came from", FieldKind::Component { byte: 62 }),
    ]
};
static FIELDS: [Field; 17] = join(header_fields(KINDS), OWN);

impl Event for Order {
    const TYPE: EventType = EventType { id: 3, name: "Order" };
    const HEADER_AT: usize = offset_of!(Order, header);

    fn fields() -> &'static [Field] {
        &FIELDS
    }
}
