//! Rows without surprises, by the marks of their fields.
//!
//! ```text
//!  Marks: where fields end --> Plan: which of them an event needs --> one event, in its place
//! ```
//!
//! Only fields that an event needs are looked at, in the order in which it needs them, and rows of one
//! file take one way through the code: which, the file's shape says once for a run of rows. A number
//! that is not plain is read as the decoder of lines reads it. Rows with quotes, with too many or too
//! few fields, and bad ones are left to that decoder: it gives the same events, and says what is wrong.

use super::decode::{Decoder, Row};
use super::field::{decimal, short, whole, word};
use super::layout::{Arity, Layout, Role, Shape};
use super::lines::Lines;
use super::marks::Marks;
use super::number::{Scale, unsigned};
use super::out::Out;
use pitlane::event::fixed::NULL;
use pitlane::event::{MarketDataKind, Side};
use std::ops::Range;

/// No such column.
const NONE: usize = usize::MAX;

/// Columns of an event's parts.
#[derive(Debug)]
pub(super) struct Plan {
    columns: [usize; ROLES],
    /// Fewest fields of a row, and how many there may be besides.
    least: usize,
    besides: usize,
    way: u8,
}

/// Ways through the code.
const TRADES: u8 = 0;
const QUOTES: u8 = 1;
const LEVELS: u8 = 2;
const ALL: u8 = 3;

/// How many roles there are.
const ROLES: usize = Role::BuyerIsMaker as usize + 1;

impl Plan {
    /// `None` where two columns say the same, so that it matters which one is last.
    pub(super) fn new(layout: &Layout) -> Option<Self> {
        use Role::{
            AskPrice, AskSize, BidPrice, BidSize, BuyerIsMaker, Exchange, IsSnapshot, Price, Side,
            Size, Skip, Symbol, TsEvent, TsRecv, VenueSequence,
        };
        let mut columns = [NONE; ROLES];
        for (at, role) in layout.roles.iter().enumerate().filter(|(_, role)| **role != Skip) {
            columns[*role as usize] = at;
        }
        if layout.has(Side) && layout.has(BuyerIsMaker) {
            return None;
        }
        let (least, besides) = match layout.arity {
            Arity::Exactly(count) => (count, 0),
            Arity::AtLeast(count) => (count, usize::MAX / 2),
        };
        let common = [Skip, TsEvent, TsRecv, Symbol];
        let (way, own): (u8, &[Role]) = match layout.shape {
            Shape::Trade => (TRADES, &[Price, Size, Side, BuyerIsMaker, VenueSequence]),
            Shape::Quote => (QUOTES, &[BidPrice, BidSize, AskPrice, AskSize, Exchange]),
            Shape::Level => (LEVELS, &[Price, Size, Side, IsSnapshot]),
            Shape::Either | Shape::ByKind => (ALL, &[]),
        };
        let all = layout.roles.iter().all(|role| common.contains(role) || own.contains(role));
        Some(Self { columns, least, besides, way: if all { way } else { ALL } })
    }
}

/// A row's fields.
struct Fields<'a> {
    text: &'a [u8],
    /// See [`super::marks::Rows::next`].
    marks: &'a [u32],
    columns: &'a [usize; ROLES],
}

impl<'a> Fields<'a> {
    /// `None` where it is no row of the plan.
    #[inline(always)]
    fn new(text: &'a [u8], row: &'a [u32], plan: &'a Plan) -> Option<Self> {
        let (end, mut marks) = row.split_last()?;
        // Before `\n` stands the end of the last field: that of the line is the same, or comes after it.
        if text.get((*end as usize).wrapping_sub(1)) != Some(&b'\r') {
            marks = row;
        }
        let is_whole = marks.len().wrapping_sub(plan.least + 1) <= plan.besides;
        is_whole.then_some(Self { text, marks, columns: &plan.columns })
    }

    /// Where the field of a role is; empty where there is none.
    #[inline(always)]
    fn at(&self, role: Role) -> Range<usize> {
        let column = self.columns[role as usize];
        let (before, end) = (self.marks.get(column), self.marks.get(column.wrapping_add(1)));
        let (Some(before), Some(end)) = (before, end) else { return 0..0 };
        before.wrapping_add(1) as usize..*end as usize
    }

    #[inline(always)]
    fn of(&self, at: Range<usize>) -> &'a [u8] {
        self.text.get(at).unwrap_or_default()
    }

    #[inline(always)]
    fn decimal(&self, role: Role, scale: Scale) -> Option<i64> {
        let at = self.at(role);
        if at.is_empty() {
            return Some(NULL);
        }
        decimal(self.text, at.clone(), scale).or_else(|| unusual(self.of(at), scale))
    }

    #[inline(always)]
    fn size(&self, role: Role, scale: Scale) -> Option<i64> {
        let at = self.at(role);
        if at.is_empty() {
            return Some(NULL);
        }
        let unusual = || unusual(self.of(at.clone()), scale).filter(|size| *size >= 0);
        decimal(self.text, at.clone(), scale).or_else(unusual)
    }

    #[inline(always)]
    fn whole(&self, role: Role) -> Option<u64> {
        let at = self.at(role);
        if at.is_empty() {
            return Some(0);
        }
        whole(self.text, at.clone()).or_else(|| unsigned(self.of(at)))
    }

    #[inline(always)]
    fn truth(&self, role: Role) -> Option<Option<bool>> {
        let at = self.at(role);
        if at.is_empty() {
            return Some(None);
        }
        match short(self.text, at.clone()) {
            Some(TRUE) => Some(Some(true)),
            Some(FALSE) => Some(Some(false)),
            _ => super::decode::truth(self.of(at)).map(Some),
        }
    }

    #[inline(always)]
    fn side(&self, role: Role) -> Option<Side> {
        let at = self.at(role);
        if at.is_empty() {
            return Some(Side::None);
        }
        let word = short(self.text, at.clone());
        // No branch: sides come as they please.
        let is_bid = (word == Some(BID)) | (word == Some(BUY));
        let is_ask = (word == Some(ASK)) | (word == Some(SELL));
        if is_bid | is_ask {
            return Some(if is_bid { Side::Bid } else { Side::Ask });
        }
        super::decode::side(self.of(at))
    }
}

const TRUE: u64 = word(b"true");
const FALSE: u64 = word(b"false");
const BID: u64 = word(b"bid");
const BUY: u64 = word(b"buy");
const ASK: u64 = word(b"ask");
const SELL: u64 = word(b"sell");

#[cold]
#[inline(never)]
fn unusual(text: &[u8], scale: Scale) -> Option<i64> {
    scale.parse(text).ok()
}

impl Decoder {
    /// Hands out the events of rows until there is no room, no row is marked any more, or one is
    /// not plain; the row that comes next is then to be decoded by its line.
    pub(crate) fn decode_rows(&mut self, lines: &mut Lines, marks: &mut Marks, out: &mut impl Out) {
        let Some(plan) = self.plan.take() else { return };
        match plan.way {
            TRADES => self.run::<TRADES>(&plan, lines, marks, out),
            QUOTES => self.run::<QUOTES>(&plan, lines, marks, out),
            LEVELS => self.run::<LEVELS>(&plan, lines, marks, out),
            _ => self.run::<ALL>(&plan, lines, marks, out),
        }
        self.plan = Some(plan);
    }

    #[inline(never)]
    fn run<const WAY: u8>(
        &mut self,
        plan: &Plan,
        lines: &mut Lines,
        marks: &mut Marks,
        out: &mut impl Out,
    ) {
        let text = lines.marked();
        let (mut end, mut count, mut is_plain) = (None, 0, true);
        while is_plain && out.room() > 0 && (marks.has_row() || marks.scan(text, self.delimiter)) {
            let mut rows = marks.rows();
            let (mut taken, most) = (0, rows.count().min(out.room()));
            while taken < most {
                let Some((row, is_odd)) = rows.next() else { break };
                let fields = if is_odd { None } else { Fields::new(text, row, plan) };
                let event = fields.and_then(|fields| self.row_by_marks::<WAY>(&fields, out));
                if event.is_none() {
                    is_plain = false;
                    break;
                }
                end = row.last().copied();
                taken += 1;
            }
            marks.take_rows(taken);
            count += taken;
        }
        if let Some(newline) = end {
            lines.take_rows(newline as usize + 1, count as u64);
        }
    }

    #[inline(always)]
    fn row_by_marks<const WAY: u8>(
        &mut self,
        fields: &Fields<'_>,
        out: &mut impl Out,
    ) -> Option<()> {
        let mut row = self.row();
        row.ts_event = self.time_at(fields, Role::TsEvent)?;
        row.ts_recv = self.time_at(fields, Role::TsRecv)?;
        if matches!(WAY, TRADES | LEVELS | ALL) {
            let (price, size) = (self.price, self.size);
            row.trade = (fields.decimal(Role::Price, price)?, fields.size(Role::Size, size)?);
            row.side = fields.side(Role::Side)?;
        }
        if matches!(WAY, TRADES | ALL) {
            if let Some(is_maker) = fields.truth(Role::BuyerIsMaker)? {
                row.side = if is_maker { Side::Ask } else { Side::Bid };
            }
            row.venue_sequence = fields.whole(Role::VenueSequence)?;
        }
        if matches!(WAY, QUOTES | ALL) {
            let (price, size) = (self.price, self.size);
            row.bid = (fields.decimal(Role::BidPrice, price)?, fields.size(Role::BidSize, size)?);
            row.ask = (fields.decimal(Role::AskPrice, price)?, fields.size(Role::AskSize, size)?);
            self.text_at(fields, Role::Exchange, &mut row)?;
        }
        if matches!(WAY, LEVELS | ALL) {
            row.is_snapshot = fields.truth(Role::IsSnapshot)?.unwrap_or(false);
        }
        if WAY == ALL {
            row.order_id = fields.whole(Role::OrderId)?;
            row.flags = u8::try_from(fields.whole(Role::Flags)?).ok()?;
            self.text_at(fields, Role::Kind, &mut row)?;
        }
        // Last: a row that is bad must not bring a new symbol into the process.
        self.text_at(fields, Role::Symbol, &mut row)?;
        let kind = self.kind_by_way::<WAY>(&row)?;
        self.event_into(&row, kind, |event| out.take(event)).ok()
    }

    /// As `kind_of`, where what the columns are is known.
    #[inline(always)]
    fn kind_by_way<const WAY: u8>(&self, row: &Row) -> Option<MarketDataKind> {
        match WAY {
            TRADES => Some(MarketDataKind::Trade),
            LEVELS if row.trade.1 == 0 => Some(MarketDataKind::Cancel),
            LEVELS => Some(MarketDataKind::Modify),
            _ => self.kind_of(row).ok(),
        }
    }

    #[inline(always)]
    fn time_at(&mut self, fields: &Fields<'_>, role: Role) -> Option<Option<u64>> {
        let at = fields.at(role);
        if at.is_empty() {
            return Some(None);
        }
        let time = whole(fields.text, at.clone()).and_then(|number| self.clock.time(number));
        match time {
            Some(time) => Some(Some(time)),
            None => self.time(role, fields.of(at)).ok().map(Some),
        }
    }

    #[inline(always)]
    fn text_at(&mut self, fields: &Fields<'_>, role: Role, row: &mut Row) -> Option<()> {
        let text = fields.of(fields.at(role));
        if text.is_empty() {
            return Some(());
        }
        match role {
            Role::Symbol => row.instrument = self.symbol(text).ok()?,
            Role::Exchange => row.exchange = self.exchange(text).ok()?,
            Role::Kind => row.kind = Some(super::decode::kind(text)?),
            _ => {}
        }
        Some(())
    }
}
