//! Every file of Databento's own test data, against the `dbn` crate's own decoders.
//!
//! The crate decodes with its default policy, which turns records of old versions into new ones; what
//! events they should come to is worked out here from those, field by field.

mod common;

use common::{data, read_good};
use dbn::decode::{DbnMetadata, DecodeRecordRef, DynDecoder, dbn::RecordDecoder};
use dbn::{
    MboMsg, Metadata, OhlcvMsg, RecordRef, RecordRefEnum, StatusMsg, SymbolIndex, TsSymbolMap,
    VersionUpgradePolicy,
};
use pitlane::Instruments;
use pitlane::event::fixed::{NULL, SCALE};
use pitlane::event::{Bar, Flags, MarketData, MarketDataKind, Ohlc, Side, TradingStatus};
use pitlane_feeds::{OpenOptions, open_file};
use std::collections::BTreeMap;
use std::ffi::c_char;
use std::path::{Path, PathBuf};

/// What a record comes to, by hand.
#[derive(Default)]
struct Expected {
    events: Vec<(String, MarketData)>,
    others: u64,
    /// Seconds of each bar.
    bars: u64,
    /// Levels of bids and asks, one after each record of ten of them.
    books: Vec<Sides>,
}

fn size(amount: u32) -> i64 {
    if amount == u32::MAX { NULL } else { i64::from(amount) * SCALE }
}

fn side(letter: c_char) -> Side {
    match u8::try_from(letter).unwrap() {
        b'A' => Side::Ask,
        b'B' => Side::Bid,
        b'N' => Side::None,
        other => panic!("side {other}"),
    }
}

fn time(ts: u64) -> u64 {
    if ts == u64::MAX { 0 } else { ts }
}

type Level = (i64, u32);

/// Sizes of levels by price: of bids, of asks.
type Sides = [BTreeMap<i64, i64>; 2];

fn quote(ts: u64, bid: Level, ask: Level) -> MarketData {
    let level = |(price, amount)| if price == NULL { (NULL, NULL) } else { (price, size(amount)) };
    MarketData::quote(0, ts, level(bid), level(ask))
}

impl Expected {
    fn push(&mut self, symbol: &str, ts_recv: u64, flags: u8, mut event: MarketData) {
        event.header.ts_recv = time(ts_recv);
        event.header.flags |= flags & 0b1111_1100;
        self.events.push((symbol.to_owned(), event));
    }

    /// A record with a book, and the trade where it is one.
    fn top(
        &mut self,
        (symbol, ts_event, ts_recv, flags): (&str, u64, u64, u8),
        (bid, ask): (Level, Level),
        trade: Option<(i64, u32, c_char, u32)>,
    ) {
        let Some((price, amount, by, sequence)) = trade else {
            return self.push(symbol, ts_recv, flags, quote(ts_event, bid, ask));
        };
        self.push(symbol, ts_recv, flags & !Flags::LAST, quote(ts_event, bid, ask));
        let trade = MarketData::trade(0, ts_event, price, size(amount), side(by));
        self.push(symbol, ts_recv, flags, trade.with_venue_sequence(sequence.into()));
    }

    /// A message about one order of a book.
    fn by_order(&mut self, symbol: &str, ts: u64, r: &MboMsg) {
        let (by, level) = (side(r.side), (r.price, size(r.size)));
        let book = |kind| MarketData::book(kind, 0, ts, by, level, r.order_id);
        let event = match r.action().unwrap() {
            dbn::Action::Add => book(MarketDataKind::Add),
            dbn::Action::Cancel => book(MarketDataKind::Cancel),
            dbn::Action::Modify => book(MarketDataKind::Modify),
            dbn::Action::Clear => book(MarketDataKind::Clear),
            dbn::Action::Fill => book(MarketDataKind::Fill),
            dbn::Action::None => book(MarketDataKind::Nothing),
            dbn::Action::Trade => MarketData::trade(0, ts, r.price, size(r.size), by),
        };
        let event = event.with_venue_sequence(r.sequence.into());
        self.push(symbol, r.ts_recv, r.flags.raw(), event);
    }

    fn status(&mut self, symbol: &str, ts: u64, r: &StatusMsg) {
        let answer = |letter: c_char| match u8::try_from(letter).unwrap() {
            b'Y' => Some(true),
            b'N' => Some(false),
            _ => None,
        };
        let status = TradingStatus {
            action: r.action,
            reason: r.reason,
            event: r.trading_event,
            is_trading: answer(r.is_trading),
            is_quoting: answer(r.is_quoting),
            is_short_sell_restricted: answer(r.is_short_sell_restricted),
        };
        self.push(symbol, r.ts_recv, Flags::LAST, MarketData::status(0, ts, status));
    }

    fn bar(&mut self, symbol: &str, ts: u64, r: &OhlcvMsg) {
        let until = ts + self.bars * 1_000_000_000;
        let trades = Ohlc { open: r.open, high: r.high, low: r.low, close: r.close };
        let volume = i64::try_from(r.volume).unwrap() * SCALE;
        let bar = Bar { trades, volume, ..Bar::empty(0, ts, until) };
        let [prices, end] =
            <[MarketData; 2]>::try_from(bar.events().collect::<Vec<_>>()).expect("two events");
        self.push(symbol, until, 0, prices);
        self.push(symbol, until, Flags::LAST, end);
    }

    fn add(&mut self, symbol: &str, record: RecordRef<'_>) {
        let ts = time(record.header().ts_event);
        match record.as_enum().unwrap() {
            RecordRefEnum::Mbo(r) => self.by_order(symbol, ts, r),
            RecordRefEnum::Trade(r) => {
                let event = MarketData::trade(0, ts, r.price, size(r.size), side(r.side));
                let event = event.with_venue_sequence(r.sequence.into());
                self.push(symbol, r.ts_recv, r.flags.raw(), event);
            }
            RecordRefEnum::Mbp1(r) => {
                let [top] = &r.levels;
                let is_trade = r.action().unwrap() == dbn::Action::Trade;
                let trade = is_trade.then_some((r.price, r.size, r.side, r.sequence));
                let levels = ((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                self.top((symbol, ts, r.ts_recv, r.flags.raw()), levels, trade);
            }
            RecordRefEnum::Mbp10(r) => {
                let top = &r.levels[0];
                let is_trade = r.action().unwrap() == dbn::Action::Trade;
                let trade = is_trade.then_some((r.price, r.size, r.side, r.sequence));
                let levels = ((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                self.top((symbol, ts, r.ts_recv, r.flags.raw()), levels, trade);
                let there = |level: &Level| level.0 != NULL;
                let side = |levels: Vec<Level>| {
                    levels
                        .into_iter()
                        .filter(there)
                        .map(|(price, amount)| (price, size(amount)))
                        .collect()
                };
                self.books.push([
                    side(r.levels.iter().map(|level| (level.bid_px, level.bid_sz)).collect()),
                    side(r.levels.iter().map(|level| (level.ask_px, level.ask_sz)).collect()),
                ]);
            }
            RecordRefEnum::Cmbp1(r) => {
                let [top] = &r.levels;
                let is_trade = r.action().unwrap() == dbn::Action::Trade;
                let trade = is_trade.then_some((r.price, r.size, r.side, 0));
                let levels = ((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                self.top((symbol, ts, r.ts_recv, r.flags.raw()), levels, trade);
            }
            RecordRefEnum::Bbo(r) => {
                let [top] = &r.levels;
                let levels = ((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                self.top((symbol, ts, r.ts_recv, r.flags.raw()), levels, None);
            }
            RecordRefEnum::Cbbo(r) => {
                let [top] = &r.levels;
                let levels = ((top.bid_px, top.bid_sz), (top.ask_px, top.ask_sz));
                self.top((symbol, ts, r.ts_recv, r.flags.raw()), levels, None);
            }
            RecordRefEnum::Status(r) => self.status(symbol, ts, r),
            RecordRefEnum::Ohlcv(r) => self.bar(symbol, ts, r),
            _ => self.others += 1,
        }
    }
}

fn symbols(metadata: &Metadata) -> TsSymbolMap {
    TsSymbolMap::from_metadata(metadata).unwrap_or_default()
}

fn decode(path: &Path) -> Expected {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let spans = [("ohlcv-1s", 1), ("ohlcv-1m", 60), ("ohlcv-1h", 3600), ("ohlcv-1d", 24 * 3600)];
    let bars = spans.iter().find(|(schema, _)| name.contains(schema)).map_or(0, |(_, span)| *span);
    let mut expected = Expected { bars, ..Expected::default() };
    let upgrade = VersionUpgradePolicy::default();
    if name.contains(".frag") {
        let file = std::io::BufReader::new(std::fs::File::open(path).unwrap());
        let reader: Box<dyn std::io::Read> = if name.ends_with(".zst") {
            Box::new(zstd::Decoder::with_buffer(file).unwrap())
        } else {
            Box::new(file)
        };
        let version = match name.split('.').find(|part| part.starts_with('v')) {
            Some("v1") => 1,
            Some("v2") => 2,
            _ => 3,
        };
        let version = if name == "test_data.definition.dbn.frag.zst" { 1 } else { version };
        let mut decoder = RecordDecoder::with_version(reader, version, upgrade, false).unwrap();
        while let Some(record) = decoder.decode_record_ref().unwrap() {
            let symbol = record.header().instrument_id.to_string();
            expected.add(&symbol, record);
        }
        return expected;
    }
    let mut decoder = DynDecoder::from_file(path, upgrade).unwrap();
    let symbols = symbols(decoder.metadata());
    while let Some(record) = decoder.decode_record_ref().unwrap() {
        let number = record.header().instrument_id.to_string();
        let symbol = symbols.get_for_rec(&record).unwrap_or(&number).clone();
        expected.add(&symbol, record);
    }
    expected
}

fn files() -> Vec<PathBuf> {
    let Some(folder) = data("dbn") else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 80, "{}", files.len());
    files
}

/// Takes out the changes of levels, and compares what they come to after each record.
fn without_levels(events: &[MarketData], books: &[Sides]) -> Vec<MarketData> {
    let mut sides = Sides::default();
    let mut compared = 0;
    let mut rest: Vec<MarketData> = Vec::new();
    for (at, event) in events.iter().enumerate() {
        if event.as_clear().is_some() {
            sides = Sides::default();
        } else if let Some(change) = event.as_book_change() {
            let side = &mut sides[usize::from(change.side() == Side::Ask)];
            match event.kind().unwrap() {
                MarketDataKind::Modify => side.insert(change.price(), change.size()),
                MarketDataKind::Cancel => side.remove(&change.price()),
                kind => panic!("{kind:?}"),
            };
        } else {
            rest.push(*event);
        }
        let begins = |event: &MarketData| event.as_quote().is_some();
        if events.get(at + 1).is_none_or(begins) {
            assert_eq!(sides, books[compared]);
            compared += 1;
        }
    }
    assert_eq!(compared, books.len());
    rest
}

#[test]
fn every_file_gives_the_records_of_the_dbn_crate() {
    let mut records = 0;
    for path in files() {
        let expected = decode(&path);
        let instruments = Instruments::new();
        let mut source = open_file(&path, &OpenOptions::default(), &instruments).unwrap();
        let mut events = read_good(&mut *source);
        let report = source.report();
        assert_eq!(report.events, events.len() as u64);
        let is_deep = !expected.books.is_empty();
        if is_deep {
            events = without_levels(&events, &expected.books);
        }
        let others: u64 = report.notes.iter().map(|(_, count)| count).sum();
        assert_eq!(others, expected.others, "{}", path.display());
        assert_eq!(events.len(), expected.events.len(), "{}", path.display());
        for (found, (symbol, event)) in events.iter().zip(&expected.events) {
            let text = instruments.text(found.header.instrument).unwrap();
            let (base, _) = Instruments::split(&text);
            assert!(*text == **symbol || base == symbol, "{text} is {symbol}");
            let (mut found, mut event) = (*found, *event);
            found.header.instrument = 0;
            if is_deep {
                // The end of the record is its last change of a level.
                (found.header.flags, event.header.flags) =
                    (found.header.flags & !Flags::LAST, event.header.flags & !Flags::LAST);
            }
            assert_eq!(found, event, "{}", path.display());
        }
        assert_eq!(report.bytes_read, std::fs::metadata(&path).unwrap().len());
        records += events.len() as u64 + others;
    }
    assert!(records > 200 || data("dbn").is_none(), "{records}");
}
