//! Rows to events.

use super::book::{Level, Tops};
use super::clock::{Clock, FIRST_US};
use super::fast::Plan;
use super::layout::{Arity, Form, Layout, Role, Shape};
use super::number::{Scale, unsigned};
use super::options::TimeFrom;
use super::problem::{Problem, RowError};
use super::words::Words;
use crate::time::{Day, Iso};
use pitlane::Instruments;
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};

/// What a file's rows do not say themselves.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// Instrument of rows without one; 0 = none.
    pub(crate) instrument: u32,
    /// The day that times since midnight belong to.
    pub(crate) day: Day,
    /// Reader of date-times.
    pub(crate) iso: Iso,
    /// The process's symbols.
    pub(crate) instruments: Instruments,
}

/// In place of a unit: ms below [`FIRST_US`], else us.
const MS_OR_US: u64 = 0;

/// What one row says.
pub(super) struct Row {
    pub(super) ts_event: Option<u64>,
    pub(super) ts_recv: Option<u64>,
    pub(super) instrument: u32,
    pub(super) exchange: u32,
    pub(super) kind: Option<MarketDataKind>,
    pub(super) side: Side,
    pub(super) flags: u8,
    pub(super) is_snapshot: bool,
    pub(super) trade: Level,
    pub(super) bid: Level,
    pub(super) ask: Level,
    pub(super) order_id: u64,
    pub(super) venue_sequence: u64,
}

/// Makes events of rows.
pub(crate) struct Decoder {
    layout: Layout,
    /// How rows are read by their marks; `None` where they are not.
    pub(super) plan: Option<Plan>,
    pub(super) delimiter: u8,
    unit: u64,
    pub(super) clock: Clock,
    /// Each row is an atomic event of its own: no column says otherwise.
    whole_rows: bool,
    since_midnight: bool,
    pub(super) price: Scale,
    pub(super) size: Scale,
    one_sided: bool,
    nbbo: bool,
    ground: Ground,
    symbols: Words,
    exchanges: Words,
    tops: Option<Tops>,
}

impl Decoder {
    pub(crate) fn new(form: &Form, mut layout: Layout, ground: Ground) -> Self {
        let by_exchange = form.one_sided || form.nbbo;
        let since_midnight = form.time_from == TimeFrom::Midnight;
        if !by_exchange {
            for role in layout.roles.iter_mut().filter(|role| **role == Role::Exchange) {
                *role = Role::Skip;
            }
        }
        Self {
            whole_rows: !layout.has(Role::Flags),
            plan: Plan::new(&layout),
            layout,
            delimiter: form.delimiter,
            unit: form.time_unit.ns().unwrap_or(MS_OR_US),
            clock: Clock::new(form.time_unit, since_midnight.then_some(&ground.day)),
            since_midnight,
            price: form.price,
            size: form.size,
            one_sided: form.one_sided,
            nbbo: form.nbbo,
            ground,
            symbols: Words::default(),
            exchanges: Words::default(),
            tops: by_exchange.then(Tops::default),
        }
    }

    /// A row that says nothing yet.
    #[inline]
    pub(super) fn row(&self) -> Row {
        Row {
            ts_event: None,
            ts_recv: None,
            instrument: self.ground.instrument,
            exchange: 0,
            kind: None,
            side: Side::None,
            flags: 0,
            is_snapshot: false,
            trade: (NULL, NULL),
            bid: (NULL, NULL),
            ask: (NULL, NULL),
            order_id: 0,
            venue_sequence: 0,
        }
    }

    /// The event of a row.
    #[inline]
    pub(crate) fn decode(&mut self, line: &[u8]) -> Result<MarketData, RowError> {
        let mut row = self.row();
        let mut rest = Some(line);
        for at in 0..self.layout.roles.len() {
            let Some(text) = rest else {
                return Err(self.wrong_count(line));
            };
            let (field, after) = split(text, self.delimiter)
                .map_err(|problem| RowError { column: at + 1, problem })?;
            rest = after;
            if !field.is_empty() {
                self.field(self.layout.roles[at], field, &mut row)
                    .map_err(|problem| RowError { column: at + 1, problem })?;
            }
        }
        if rest.is_some() && matches!(self.layout.arity, Arity::Exactly(_)) {
            return Err(self.wrong_count(line));
        }
        self.event(&row).map_err(RowError::row)
    }

    #[cold]
    fn wrong_count(&self, line: &[u8]) -> RowError {
        let (Arity::Exactly(expected) | Arity::AtLeast(expected)) = self.layout.arity;
        let (mut found, mut rest) = (0, Some(line));
        while let Some(text) = rest {
            match split(text, self.delimiter) {
                Ok((_, after)) => rest = after,
                Err(problem) => return RowError { column: found + 1, problem },
            }
            found += 1;
        }
        RowError::row(Problem::Fields { found, expected })
    }

    #[inline]
    fn field(&mut self, role: Role, text: &[u8], row: &mut Row) -> Result<(), Problem> {
        let price = |text| self.price.parse(text).map_err(|error| Problem::Number(role, error));
        match role {
            Role::Skip => {}
            Role::TsEvent => row.ts_event = Some(self.time(role, text)?),
            Role::TsRecv => row.ts_recv = Some(self.time(role, text)?),
            Role::Price => row.trade.0 = price(text)?,
            Role::BidPrice => row.bid.0 = price(text)?,
            Role::AskPrice => row.ask.0 = price(text)?,
            Role::Size => row.trade.1 = self.size(role, text)?,
            Role::BidSize => row.bid.1 = self.size(role, text)?,
            Role::AskSize => row.ask.1 = self.size(role, text)?,
            Role::Symbol => row.instrument = self.symbol(text)?,
            Role::Exchange => row.exchange = self.exchange(text)?,
            Role::Kind => row.kind = Some(kind(text).ok_or(Problem::Kind)?),
            Role::Side => row.side = side(text).ok_or(Problem::Side)?,
            Role::OrderId => row.order_id = unsigned(text).ok_or(Problem::Whole(role))?,
            Role::VenueSequence => {
                row.venue_sequence = unsigned(text).ok_or(Problem::Whole(role))?;
            }
            Role::Flags => {
                let flags = unsigned(text).and_then(|flags| u8::try_from(flags).ok());
                row.flags = flags.ok_or(Problem::Flags)?;
            }
            Role::IsSnapshot => row.is_snapshot = truth(text).ok_or(Problem::Truth(role))?,
            Role::BuyerIsMaker => {
                let is_maker = truth(text).ok_or(Problem::Truth(role))?;
                row.side = if is_maker { Side::Ask } else { Side::Bid };
            }
        }
        Ok(())
    }

    #[inline]
    fn size(&self, role: Role, text: &[u8]) -> Result<i64, Problem> {
        match self.size.parse(text) {
            Ok(size) if size < 0 => Err(Problem::Negative(role)),
            Ok(size) => Ok(size),
            Err(error) => Err(Problem::Number(role, error)),
        }
    }

    #[inline(never)]
    pub(super) fn time(&mut self, role: Role, text: &[u8]) -> Result<u64, Problem> {
        let number = unsigned(text).and_then(|number| self.ns(number));
        let number = number.or_else(|| fraction(text, self.unit));
        match number {
            Some(ns) if self.since_midnight => {
                self.ground.day.at(ns).ok_or(Problem::BeyondDay(role))
            }
            Some(ns) => Ok(ns),
            None => self.ground.iso.parse(text).ok_or(Problem::Time(role)),
        }
    }

    /// Ns of a number in the column's unit.
    #[inline]
    fn ns(&self, number: u64) -> Option<u64> {
        match self.unit {
            MS_OR_US if number < FIRST_US => number.checked_mul(1_000_000),
            MS_OR_US => number.checked_mul(1_000),
            unit => number.checked_mul(unit),
        }
    }

    #[inline]
    pub(super) fn exchange(&mut self, text: &[u8]) -> Result<u32, Problem> {
        let number = |_: &[u8], known| u32::try_from(known + 1).ok();
        self.exchanges.get(text, number).ok_or(Problem::Text(Role::Exchange))
    }

    #[inline]
    pub(super) fn symbol(&mut self, text: &[u8]) -> Result<u32, Problem> {
        let instruments = &self.ground.instruments;
        let intern = |text: &[u8], _| {
            let text = std::str::from_utf8(text).ok()?;
            Some(if text.contains("\"\"") {
                instruments.intern(&text.replace("\"\"", "\""))
            } else {
                instruments.intern(text)
            })
        };
        self.symbols.get(text, intern).ok_or(Problem::Text(Role::Symbol))
    }

    fn event(&mut self, row: &Row) -> Result<MarketData, Problem> {
        let mut made = None;
        let kind = self.kind_of(row)?;
        self.event_into(row, kind, |event| made = Some(event))?;
        made.ok_or(Problem::NoTime)
    }

    /// Hands out the event of a row.
    #[inline(always)]
    pub(super) fn event_into(
        &mut self,
        row: &Row,
        kind: MarketDataKind,
        out: impl FnOnce(MarketData),
    ) -> Result<(), Problem> {
        if row.instrument == 0 {
            return Err(Problem::NoSymbol);
        }
        let ts_event = match (row.ts_event, row.ts_recv) {
            (Some(time), _) => time,
            (None, Some(_)) => 0,
            (None, None) => return Err(Problem::NoTime),
        };
        let mut event = match kind {
            MarketDataKind::Trade => {
                let (price, size) = row.trade;
                if price == NULL {
                    return Err(Problem::NoPrice);
                }
                MarketData::trade(row.instrument, ts_event, price, size, row.side)
                    .with_venue_sequence(row.venue_sequence)
            }
            MarketDataKind::Quote => {
                let (bid, ask) = self.quote(row);
                MarketData::quote(row.instrument, ts_event, bid, ask)
            }
            kind => {
                let level = match kind {
                    MarketDataKind::Status | MarketDataKind::Nothing => (0, 0),
                    MarketDataKind::Clear => (row.trade.0, 0),
                    _ if row.trade.0 == NULL => return Err(Problem::NoPrice),
                    _ => row.trade,
                };
                MarketData::book(kind, row.instrument, ts_event, row.side, level, row.order_id)
                    .with_venue_sequence(row.venue_sequence)
            }
        };
        event.header.ts_recv = row.ts_recv.unwrap_or(0);
        event.header.flags |= row.flags & !Flags::SIDE;
        if self.whole_rows && BOOK.contains(&event.header.kind) {
            event.header.flags |= Flags::LAST;
        }
        if row.is_snapshot {
            event.header.flags |= Flags::SNAPSHOT;
        }
        out(event);
        Ok(())
    }

    #[inline]
    pub(super) fn kind_of(&self, row: &Row) -> Result<MarketDataKind, Problem> {
        if let Some(kind) = row.kind {
            return Ok(kind);
        }
        match self.layout.shape {
            Shape::Level if row.trade.1 == 0 => Ok(MarketDataKind::Cancel),
            Shape::Level => Ok(MarketDataKind::Modify),
            Shape::Trade => Ok(MarketDataKind::Trade),
            Shape::Either | Shape::ByKind if row.trade.0 != NULL => Ok(MarketDataKind::Trade),
            _ if row.bid.0 == NULL && row.ask.0 == NULL => Err(Problem::NoQuote),
            _ => Ok(MarketDataKind::Quote),
        }
    }

    #[inline]
    fn quote(&mut self, row: &Row) -> (Level, Level) {
        let Some(tops) = &mut self.tops else { return (row.bid, row.ask) };
        let one_sided = self.one_sided;
        let said = |level: Level| (!one_sided || !matches!(level.0, 0 | NULL)).then_some(level);
        let own = tops.update(row.instrument, row.exchange, said(row.bid), said(row.ask));
        if self.nbbo { tops.best(row.instrument) } else { own }
    }
}

/// The first field of a text and what follows its delimiter, where there is one.
#[inline]
fn split(text: &[u8], delimiter: u8) -> Result<(&[u8], Option<&[u8]>), Problem> {
    if text.first() == Some(&b'"') {
        return split_quoted(text, delimiter);
    }
    Ok(match text.iter().position(|&byte| byte == delimiter) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    })
}

/// As `split`, for a field in quotes; doubled quotes in it stay doubled.
#[cold]
fn split_quoted(text: &[u8], delimiter: u8) -> Result<(&[u8], Option<&[u8]>), Problem> {
    let mut at = 1;
    loop {
        let Some(quote) = memchr::memchr(b'"', &text[at..]) else {
            return Err(Problem::OpenQuote);
        };
        at += quote + 1;
        match text.get(at) {
            Some(b'"') => at += 1,
            Some(&byte) if byte == delimiter => {
                return Ok((&text[1..at - 1], Some(&text[at + 1..])));
            }
            None => return Ok((&text[1..at - 1], None)),
            Some(_) => return Err(Problem::OpenQuote),
        }
    }
}

/// The fields of a header line as text.
pub(crate) fn header_fields(line: &[u8], delimiter: u8) -> Result<Vec<String>, RowError> {
    let (mut fields, mut rest) = (Vec::new(), Some(line));
    while let Some(text) = rest {
        let (field, after) = split(text, delimiter)
            .map_err(|problem| RowError { column: fields.len() + 1, problem })?;
        fields.push(String::from_utf8_lossy(field).replace("\"\"", "\""));
        rest = after;
    }
    Ok(fields)
}

/// Kinds of events that change a book.
const BOOK: std::ops::RangeInclusive<u8> = MarketDataKind::Add as u8..=MarketDataKind::Clear as u8;

/// A number with a fraction, in units of `unit` ns, where it is a whole number of ns.
#[cold]
fn fraction(text: &[u8], unit: u64) -> Option<u64> {
    if unit == MS_OR_US {
        return None;
    }
    let point = text.iter().position(|&byte| byte == b'.')?;
    let (whole, digits) = (&text[..point], &text[point + 1..]);
    let whole = if whole.is_empty() { 0 } else { unsigned(whole)? };
    let used = digits.iter().rposition(|&byte| byte != b'0').map_or(0, |last| last + 1);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) || used > 9 {
        return None;
    }
    let parts = unsigned(&digits[..used]).unwrap_or(0).checked_mul(unit)?;
    let per = 10_u64.pow(used as u32);
    (parts % per == 0).then(|| whole.checked_mul(unit)?.checked_add(parts / per)).flatten()
}

pub(super) fn kind(text: &[u8]) -> Option<MarketDataKind> {
    Some(match text {
        b"trade" => MarketDataKind::Trade,
        b"quote" => MarketDataKind::Quote,
        b"add" => MarketDataKind::Add,
        b"modify" => MarketDataKind::Modify,
        b"cancel" => MarketDataKind::Cancel,
        b"fill" => MarketDataKind::Fill,
        b"clear" => MarketDataKind::Clear,
        b"status" => MarketDataKind::Status,
        b"none" => MarketDataKind::Nothing,
        _ => return None,
    })
}

pub(super) fn truth(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" | b"1" => Some(true),
        b"false" | b"False" | b"FALSE" | b"0" => Some(false),
        _ => None,
    }
}

pub(super) fn side(text: &[u8]) -> Option<Side> {
    const WORDS: [(&[u8], Side); 11] = [
        (b"bid", Side::Bid),
        (b"buy", Side::Bid),
        (b"b", Side::Bid),
        (b"ask", Side::Ask),
        (b"sell", Side::Ask),
        (b"a", Side::Ask),
        (b"s", Side::Ask),
        (b"none", Side::None),
        (b"unknown", Side::None),
        (b"n", Side::None),
        (b"-", Side::None),
    ];
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|&(_, side)| side)
}
