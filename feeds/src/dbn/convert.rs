//! Records to events.

use super::names::Names;
use dbn::enums::rtype;
use dbn::{
    BboMsg, CbboMsg, Cmbp1Msg, FlagSet, InstrumentDefMsg, MboMsg, Mbp1Msg, Mbp10Msg, OhlcvMsg,
    Record, RecordHeader, RecordRef, StatusMsg, SymbolMappingMsg, TradeMsg, UNDEF_ORDER_SIZE,
    UNDEF_TIMESTAMP, v1, v2,
};
use pitlane::event::fixed::{NULL, SCALE};
use pitlane::event::{Flags, MarketData, MarketDataKind, Ohlc, Side, TradingStatus};
use std::ffi::c_char;

/// ns.
const SECOND: u64 = 1_000_000_000;

/// What a record comes to.
pub(super) enum Made {
    /// One event.
    One(MarketData),
    /// Two of them, in this order.
    Two(MarketData, MarketData),
    /// No event: what it is counted as.
    Other(&'static str),
}

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadRecord {
    /// Of no known type.
    Type(u8),
    /// Shorter than a record of its type.
    Short(u8, usize),
    /// An action that no record of its type has.
    Action(u8),
}

impl BadRecord {
    pub(super) fn message(self) -> String {
        match self {
            BadRecord::Type(number) => {
                format!("a record has the type {number:#04x}, which is none")
            }
            BadRecord::Short(number, bytes) => {
                format!("a record of the type {number:#04x} is too short: {bytes} bytes")
            }
            BadRecord::Action(byte) => {
                format!("a record has the action `{}`", byte.escape_ascii())
            }
        }
    }
}

type Result<T> = std::result::Result<T, BadRecord>;

/// What a record comes to.
#[inline]
pub(super) fn convert(record: RecordRef<'_>, names: &mut Names) -> Result<Made> {
    match record.header().rtype {
        rtype::MBO => mbo(get(record)?, names),
        rtype::MBP_0 => trade(get(record)?, names),
        rtype::MBP_1 | rtype::TBBO => {
            let record: &Mbp1Msg = get(record)?;
            let [top] = &record.levels;
            let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
            let quote = seen.quote((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
            let change = (record.action, record.side, record.price, record.size, record.sequence);
            Ok(seen.with_trade(quote, change))
        }
        rtype::MBP_10 => {
            let record: &Mbp10Msg = get(record)?;
            let [top, ..] = &record.levels;
            let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
            let quote = seen.quote((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
            let change = (record.action, record.side, record.price, record.size, record.sequence);
            Ok(seen.with_trade(quote, change))
        }
        rtype::CMBP_1 | rtype::TCBBO => {
            let record: &Cmbp1Msg = get(record)?;
            let [top] = &record.levels;
            let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
            let quote = seen.quote((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
            Ok(seen.with_trade(quote, (record.action, record.side, record.price, record.size, 0)))
        }
        rtype::BBO_1S | rtype::BBO_1M => {
            let record: &BboMsg = get(record)?;
            let [top] = &record.levels;
            let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
            Ok(Made::One(seen.quote((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz))))
        }
        rtype::CBBO_1S | rtype::CBBO_1M => {
            let record: &CbboMsg = get(record)?;
            let [top] = &record.levels;
            let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
            Ok(Made::One(seen.quote((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz))))
        }
        rtype::STATUS => status(get(record)?, names),
        number @ (rtype::OHLCV_1S..=rtype::OHLCV_1D
        | rtype::OHLCV_EOD
        | rtype::OHLCV_DEPRECATED) => bar(get(record)?, number, names),
        _ => other(record, names),
    }
}

#[inline]
fn get<'a, T: dbn::HasRType<Header = RecordHeader>>(record: RecordRef<'a>) -> Result<&'a T> {
    record.try_get().map_err(|_| BadRecord::Short(record.header().rtype, record.record_size()))
}

/// What every event takes over from its record.
struct Seen {
    instrument: u32,
    ts_event: u64,
    ts_recv: u64,
    flags: u8,
}

impl Seen {
    #[inline]
    fn new(hd: &RecordHeader, ts_recv: u64, flags: FlagSet, names: &mut Names) -> Self {
        let (ts_event, ts_recv) = (known(hd.ts_event), known(ts_recv));
        let ts = if ts_recv != 0 { ts_recv } else { ts_event };
        Self {
            instrument: names.instrument(hd.instrument_id, hd.publisher_id, ts),
            ts_event,
            ts_recv,
            flags: flags.raw() & !Flags::SIDE,
        }
    }

    #[inline]
    fn stamp(&self, mut event: MarketData) -> MarketData {
        event.header.ts_recv = self.ts_recv;
        event.header.flags |= self.flags;
        event
    }

    #[inline]
    fn trade(&self, price: i64, amount: u32, by: c_char, sequence: u32) -> MarketData {
        let trade =
            MarketData::trade(self.instrument, self.ts_event, price, size(amount), side(by as u8));
        self.stamp(trade.with_venue_sequence(u64::from(sequence)))
    }

    #[inline]
    fn quote(&self, bid: (i64, u32), ask: (i64, u32)) -> MarketData {
        let level = |(price, amount): (i64, u32)| {
            if price == NULL { (NULL, NULL) } else { (price, size(amount)) }
        };
        self.stamp(MarketData::quote(self.instrument, self.ts_event, level(bid), level(ask)))
    }

    /// The quote, and the trade where the record is one. The book of such a record is that which the
    /// trade met, so the quote comes first; the trade ends the venue's event.
    #[inline]
    fn with_trade(
        &self,
        mut quote: MarketData,
        (action, by, price, size, sequence): (c_char, c_char, i64, u32, u32),
    ) -> Made {
        if action as u8 != b'T' {
            return Made::One(quote);
        }
        quote.header.flags &= !Flags::LAST;
        Made::Two(quote, self.trade(price, size, by, sequence))
    }
}

fn mbo(record: &MboMsg, names: &mut Names) -> Result<Made> {
    let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
    let level = (record.price, size(record.size));
    let what = (record.action as u8, side(record.side as u8), level, record.order_id);
    let event = mbo_event(seen.instrument, seen.ts_event, what)?;
    Ok(Made::One(seen.stamp(event.with_venue_sequence(u64::from(record.sequence)))))
}

/// What an order's action, side, price with size, and id come to.
#[inline]
pub(super) fn mbo_event(
    instrument: u32,
    ts_event: u64,
    (action, by, level, order_id): (u8, Side, (i64, i64), u64),
) -> Result<MarketData> {
    let kind = match action {
        b'A' => MarketDataKind::Add,
        b'C' => MarketDataKind::Cancel,
        b'M' => MarketDataKind::Modify,
        b'F' => MarketDataKind::Fill,
        b'R' => MarketDataKind::Clear,
        b'N' => MarketDataKind::Nothing,
        b'T' => return Ok(MarketData::trade(instrument, ts_event, level.0, level.1, by)),
        action => return Err(BadRecord::Action(action)),
    };
    Ok(MarketData::book(kind, instrument, ts_event, by, level, order_id))
}

fn trade(record: &TradeMsg, names: &mut Names) -> Result<Made> {
    let seen = Seen::new(&record.hd, record.ts_recv, record.flags, names);
    Ok(Made::One(seen.trade(record.price, record.size, record.side, record.sequence)))
}

fn status(record: &StatusMsg, names: &mut Names) -> Result<Made> {
    let seen = Seen::new(&record.hd, record.ts_recv, FlagSet::empty(), names);
    let answer = |letter: c_char| match letter as u8 {
        b'Y' => Some(true),
        b'N' => Some(false),
        _ => None,
    };
    let status = TradingStatus {
        action: record.action,
        reason: record.reason,
        event: record.trading_event,
        is_trading: answer(record.is_trading),
        is_quoting: answer(record.is_quoting),
        is_short_sell_restricted: answer(record.is_short_sell_restricted),
    };
    let mut event = MarketData::status(seen.instrument, seen.ts_event, status);
    event.header.flags |= Flags::LAST;
    Ok(Made::One(seen.stamp(event)))
}

/// A bar, known when its span is over, which is what its capture time says.
fn bar(record: &OhlcvMsg, number: u8, names: &mut Names) -> Result<Made> {
    let span = match number {
        rtype::OHLCV_1S => SECOND,
        rtype::OHLCV_1M => 60 * SECOND,
        rtype::OHLCV_1H => 3600 * SECOND,
        rtype::OHLCV_DEPRECATED => names.bars().unwrap_or(0),
        _ => 24 * 3600 * SECOND,
    };
    let until = if span == 0 { 0 } else { record.hd.ts_event.saturating_add(span) };
    let seen = Seen::new(&record.hd, until, FlagSet::empty(), names);
    let OhlcvMsg { open, high, low, close, .. } = *record;
    let volume = i64::try_from(record.volume).ok().and_then(|v| v.checked_mul(SCALE));
    let end = (volume.unwrap_or(NULL), 0, seen.ts_recv);
    let prices = Ohlc { open, high, low, close };
    let prices = MarketData::bar_prices(seen.instrument, seen.ts_event, Side::None, prices);
    let mut end = MarketData::bar_end(seen.instrument, seen.ts_event, end);
    end.header.flags |= Flags::LAST;
    Ok(Made::Two(seen.stamp(prices), seen.stamp(end)))
}

/// Records that make no event; what they say of symbols is taken in.
#[cold]
fn other(record: RecordRef<'_>, names: &mut Names) -> Result<Made> {
    let header = record.header();
    Ok(Made::Other(match header.rtype {
        rtype::INSTRUMENT_DEF => {
            let symbol = match record.record_size() {
                size if size >= size_of::<InstrumentDefMsg>() => {
                    get::<InstrumentDefMsg>(record)?.raw_symbol()
                }
                size if size >= size_of::<v2::InstrumentDefMsg>() => {
                    get::<v2::InstrumentDefMsg>(record)?.raw_symbol()
                }
                _ => get::<v1::InstrumentDefMsg>(record)?.raw_symbol(),
            };
            names.say(header.instrument_id, symbol.unwrap_or_default());
            "definition records"
        }
        rtype::SYMBOL_MAPPING => {
            let symbol = if record.record_size() >= size_of::<SymbolMappingMsg>() {
                get::<SymbolMappingMsg>(record)?.stype_out_symbol()
            } else {
                get::<v1::SymbolMappingMsg>(record)?.stype_out_symbol()
            };
            names.say(header.instrument_id, symbol.unwrap_or_default());
            "symbol mapping records"
        }
        rtype::STATISTICS => "statistics records",
        rtype::IMBALANCE => "imbalance records",
        rtype::ERROR => "error records",
        rtype::SYSTEM => "system records",
        number => return Err(BadRecord::Type(number)),
    }))
}

/// A time, 0 where it is unknown.
#[inline]
pub(super) fn known(ts: u64) -> u64 {
    if ts == UNDEF_TIMESTAMP { 0 } else { ts }
}

/// A size in units of 1e-9, null where it is unknown.
#[inline]
pub(super) fn size(amount: u32) -> i64 {
    if amount == UNDEF_ORDER_SIZE { NULL } else { i64::from(amount) * SCALE }
}

#[inline]
pub(super) fn side(letter: u8) -> Side {
    match letter {
        b'B' => Side::Bid,
        b'A' => Side::Ask,
        _ => Side::None,
    }
}
