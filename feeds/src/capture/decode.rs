//! Lines of a capture to events.

use super::chain::{Chain, Snapshot, Span, Update};
use super::message::{Event, Level, Message, Origin, nanoseconds};
use super::plain;
use super::symbols::Symbols;
use crate::codes;
use crate::csv::{unsigned, whole};
use pitlane::error::Code;
use pitlane::event::fixed::{NULL, ParseError};
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use std::collections::BTreeMap;

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It begins with neither a time nor a message.
    Time,
    /// The message is no JSON, or a value is of another type than it should be.
    Json(String),
    /// The message lacks something.
    Missing(&'static str),
    /// A number is none, or cannot be held exactly.
    Number(&'static str, ParseError),
    /// A message does not say of which instrument it is.
    NoSymbol,
    /// One symbol was given for a capture of several.
    SeveralSymbols,
}

impl Problem {
    pub(super) fn message(&self) -> String {
        match self {
            Problem::Time => "the line does not begin with a time and a JSON object".into(),
            Problem::Json(error) => format!("the message is no JSON of Binance: {error}"),
            Problem::Missing(what) => format!("the message has no {what}"),
            Problem::Number(what, error) => format!("the {what} cannot be read: {error}"),
            Problem::NoSymbol => "the message does not say of which instrument it is".into(),
            Problem::SeveralSymbols => {
                "a symbol was given, but the capture is of several instruments".into()
            }
        }
    }

    pub(super) fn code(&self) -> Code {
        match self {
            Problem::Time | Problem::Json(_) => codes::ROW_SHAPE,
            Problem::Missing(_) | Problem::NoSymbol | Problem::SeveralSymbols => codes::ROW_LACKS,
            Problem::Number(..) => codes::ROW_VALUE,
        }
    }

    pub(super) fn help(&self) -> &'static str {
        match self {
            Problem::Time => {
                "a line is the time of its capture in ns, a space, and the message as it came"
            }
            Problem::NoSymbol => {
                "give `symbol`; or keep captures of several instruments with their streams' names"
            }
            Problem::SeveralSymbols => "leave the symbol out: the messages name theirs",
            _ => "",
        }
    }
}

/// What is counted besides events.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) gaps: u64,
    pub(super) known: u64,
    pub(super) old_snapshots: u64,
    pub(super) partial: u64,
    pub(super) off_book: u64,
    pub(super) twice: u64,
    pub(super) others: u64,
}

impl Tally {
    /// Counts by what they are called in reports.
    pub(super) fn named(&self) -> [(&'static str, u64); 7] {
        [
            ("gaps in depth updates", self.gaps),
            ("depth updates already known", self.known),
            ("snapshots older than the updates kept", self.old_snapshots),
            ("partial depth beside full depth", self.partial),
            ("trades of insurance fund or deleveraging", self.off_book),
            ("trades and aggregated trades of the same", self.twice),
            ("messages that are no events", self.others),
        ]
    }
}

/// What is known of an instrument.
#[derive(Debug, Default)]
struct Book {
    chain: Chain,
    has_depth: bool,
    /// Which of `trade` and `aggTrade` its trades are taken from: the one that came first.
    trades: Option<Event>,
}

/// Turns lines into events.
#[derive(Debug)]
pub(super) struct Decoder {
    message: Message,
    books: BTreeMap<u32, Book>,
    has_symbol: bool,
    pub(super) tally: Tally,
}

/// Where the events of one message go.
struct Out<'a> {
    events: &'a mut Vec<MarketData>,
    instrument: u32,
    ts_event: u64,
    ts_recv: u64,
    flags: u8,
}

impl Out<'_> {
    #[inline]
    fn push(&mut self, mut event: MarketData) {
        event.header.ts_recv = self.ts_recv;
        event.header.flags |= self.flags;
        self.events.push(event);
    }

    #[inline]
    fn level(&mut self, side: Side, (price, size): Level, update: u64) {
        let kind = if size == 0 { MarketDataKind::Cancel } else { MarketDataKind::Modify };
        let (instrument, time) = (self.instrument, self.ts_event);
        let event = MarketData::book(kind, instrument, time, side, (price, size), 0);
        self.push(event.with_venue_sequence(update));
    }

    fn clear(&mut self, side: Side, price: i64, update: u64) {
        let event = MarketData::clear(self.instrument, self.ts_event, side, price);
        self.push(event.with_venue_sequence(update));
    }
}

impl Decoder {
    pub(super) fn new(symbols: Symbols, has_symbol: bool) -> Self {
        let books = BTreeMap::new();
        Self { message: Message::new(symbols), books, has_symbol, tally: Tally::default() }
    }

    /// Whether an instrument is known that a message without a symbol is of, or several are.
    pub(super) fn knows_symbols(&self) -> bool {
        self.message.symbols.len() > 0 || self.message.symbols.only().is_some()
    }

    /// Takes in the names of a line, nothing else; it will be decoded all the same.
    pub(super) fn look_at(&mut self, line: &[u8]) {
        if let Some((_, json)) = split(line) {
            // What is wrong with it will be told when it is decoded.
            let _ = self.message.read(&mut sonic_rs::Deserializer::from_slice(json));
        }
    }

    /// Messages without a symbol are of this instrument from here on.
    pub(super) fn name(&mut self, instrument: u32) {
        self.message.symbols.give(instrument);
    }

    /// Appends the events of a line to the batch where there is surely room for them, else to `spill`.
    pub(super) fn decode(
        &mut self,
        line: &[u8],
        batch: &mut Vec<MarketData>,
        spill: &mut Vec<MarketData>,
    ) -> Result<(), Problem> {
        let (ts_recv, json) = split(line).ok_or(Problem::Time)?;
        if plain::read(line, line.len() - json.len(), &mut self.message).is_none() {
            let mut json = sonic_rs::Deserializer::from_slice(json);
            self.message.read(&mut json).map_err(|error| Problem::Json(reason(&error)))?;
            json.end().map_err(|error| Problem::Json(reason(&error)))?;
        }
        let fields = &self.message.fields;
        let is_snapshot = fields.event == Event::None && fields.snapshot.is_some();
        let is_quote = fields.event == Event::None && fields.bid.0.is_ok() && fields.ask.0.is_ok();
        let event = if is_quote { Event::Quote } else { fields.event };
        if !is_snapshot && matches!(event, Event::None | Event::Other) {
            self.tally.others += 1;
            return Ok(());
        }
        if self.has_symbol && self.message.symbols.len() > 1 {
            return Err(Problem::SeveralSymbols);
        }
        let instrument = match fields.instrument {
            0 => self.message.symbols.only().ok_or(Problem::NoSymbol)?,
            instrument => instrument,
        };
        let most = match fields.snapshot {
            None => self.message.bids.len() + self.message.asks.len() + 1,
            Some(_) => usize::MAX,
        };
        let events = if most <= batch.capacity() - batch.len() { batch } else { spill };
        let ts_event = if fields.happened != 0 { fields.happened } else { fields.sent };
        let mut out = Out { events, instrument, ts_event, ts_recv, flags: 0 };
        let before = out.events.len();
        let done = match event {
            Event::Quote => self.quote(&mut out),
            Event::Trade | Event::AggTrade => self.trade(event, &mut out),
            _ => self.depth(&mut out),
        };
        if let Err(problem) = done {
            events.truncate(before);
            return Err(problem);
        }
        if let Some(last) = events[before..].last_mut() {
            last.header.flags |= Flags::LAST;
        }
        Ok(())
    }

    fn quote(&mut self, out: &mut Out<'_>) -> Result<(), Problem> {
        let fields = &self.message.fields;
        let number = |name, value: Result<i64, ParseError>| {
            value.map_err(|error| Problem::Number(name, error))
        };
        let bid = (number("bid price", fields.bid.0)?, number("bid size", fields.bid.1)?);
        let ask = (number("ask price", fields.ask.0)?, number("ask size", fields.ask.1)?);
        // A side without orders comes as price and size 0.
        let side = |level: Level| if level == (0, 0) { (NULL, NULL) } else { level };
        out.push(MarketData::quote(out.instrument, out.ts_event, side(bid), side(ask)));
        Ok(())
    }

    fn trade(&mut self, event: Event, out: &mut Out<'_>) -> Result<(), Problem> {
        let fields = &self.message.fields;
        if fields.origin == Origin::Other {
            self.tally.off_book += 1;
            return Ok(());
        }
        let number = |name, value: Result<i64, ParseError>| {
            value.map_err(|error| Problem::Number(name, error))
        };
        let (price, size) = (number("price", fields.trade.0)?, number("size", fields.trade.1)?);
        let is_maker = fields.buyer_is_maker.ok_or(Problem::Missing("side of its maker (`m`)"))?;
        let side = if is_maker { Side::Ask } else { Side::Bid };
        let id = if event == Event::Trade { fields.trade_id } else { fields.agg_id };
        let book = self.books.entry(out.instrument).or_default();
        if *book.trades.get_or_insert(event) != event {
            self.tally.twice += 1;
            return Ok(());
        }
        let trade = MarketData::trade(out.instrument, out.ts_event, price, size, side);
        out.push(trade.with_venue_sequence(id));
        Ok(())
    }

    fn depth(&mut self, out: &mut Out<'_>) -> Result<(), Problem> {
        let Message { fields, bids, asks, .. } = &self.message;
        if let Some(error) = fields.level {
            return Err(Problem::Number("price or size of a level", error));
        }
        if !fields.has_levels {
            return Err(Problem::Missing("levels"));
        }
        let book = self.books.entry(out.instrument).or_default();
        let update = fields.snapshot.or(fields.last).ok_or(Problem::Missing("update number"))?;
        if fields.partial {
            if book.has_depth {
                self.tally.partial += 1;
                return Ok(());
            }
            out.flags = Flags::SNAPSHOT;
            out.clear(Side::None, NULL, update);
            levels(out, bids, asks, update);
            return Ok(());
        }
        let chain = &mut book.chain;
        if fields.snapshot.is_some() {
            return snapshot(chain, &mut self.tally, out, (bids, asks), update);
        }
        book.has_depth = true;
        let first = fields.first.ok_or(Problem::Missing("number of its first update (`U`)"))?;
        match chain.update(Span { first, last: update, previous: fields.previous }) {
            Update::Next => {}
            Update::Gap => self.tally.gaps += 1,
            Update::Known => {
                self.tally.known += 1;
                return Ok(());
            }
        }
        chain.keep(update, true, bids);
        chain.keep(update, false, asks);
        if chain.is_doubtful() {
            out.flags = Flags::MAYBE_BAD_BOOK;
        }
        levels(out, bids, asks, update);
        Ok(())
    }
}

fn levels(out: &mut Out<'_>, bids: &[Level], asks: &[Level], update: u64) {
    out.events.reserve(bids.len() + asks.len());
    bids.iter().for_each(|level| out.level(Side::Bid, *level, update));
    asks.iter().for_each(|level| out.level(Side::Ask, *level, update));
}

fn snapshot(
    chain: &mut Chain,
    tally: &mut Tally,
    out: &mut Out<'_>,
    (bids, asks): (&[Level], &[Level]),
    taken: u64,
) -> Result<(), Problem> {
    let outcome = chain.snapshot(taken);
    out.flags = Flags::SNAPSHOT;
    match outcome {
        Snapshot::Old => {
            tally.old_snapshots += 1;
            return Ok(());
        }
        Snapshot::Range => {
            if let Some(lowest) = bids.iter().map(|level| level.0).min() {
                out.clear(Side::Bid, lowest, taken);
            }
            if let Some(highest) = asks.iter().map(|level| level.0).max() {
                out.clear(Side::Ask, highest, taken);
            }
        }
        Snapshot::Whole | Snapshot::Gap => out.clear(Side::None, NULL, taken),
    }
    if outcome == Snapshot::Gap {
        tally.gaps += 1;
        out.flags |= Flags::MAYBE_BAD_BOOK;
    }
    levels(out, bids, asks, taken);
    for kept in chain.since(taken) {
        let side = if kept.is_bid { Side::Bid } else { Side::Ask };
        out.level(side, kept.level, kept.update);
    }
    Ok(())
}

/// The time of the capture and the message; a line may be a message alone.
#[inline]
fn split(line: &[u8]) -> Option<(u64, &[u8])> {
    if line.first() == Some(&b'{') {
        return Some((0, line));
    }
    let space = match line.get(NS_DIGITS) {
        Some(b' ') => NS_DIGITS,
        _ => memchr::memchr2(b' ', b'\t', line)?,
    };
    let json = line[space..].trim_ascii_start();
    let time = ns_digits(&line[..space]).or_else(|| unsigned(&line[..space]))?;
    (json.first() == Some(&b'{')).then_some((nanoseconds(time), json))
}

/// Digits of a time in ns since 1970, from 2001 to 2286.
const NS_DIGITS: usize = 19;

/// A number of so many digits.
#[inline]
fn ns_digits(text: &[u8]) -> Option<u64> {
    if text.len() != NS_DIGITS {
        return None;
    }
    Some(unsigned(&text[..3])? * 10_u64.pow(16) + whole(text, 3..NS_DIGITS)?)
}

/// Whether a line looks like one of a capture.
pub(crate) fn is_capture(line: &[u8]) -> bool {
    split(line).is_some()
}

/// The first line of an error: the others draw the text.
fn reason(error: &sonic_rs::Error) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_end();
    first.strip_suffix(':').unwrap_or(first).to_owned()
}
