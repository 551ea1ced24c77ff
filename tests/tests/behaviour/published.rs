//! Books and bars of real files, against published figures.

use crate::data::data;
use pitlane::Instruments;
use pitlane::event::fixed::parse;
use pitlane::event::{MarketData, MarketDataKind, Side};
use pitlane_feeds::{OpenOptions, Preset, TickStats, open_file};
use pitlane_strategies::bars::{BarOptions, Bars, Built, Clock, Of, Span};
use pitlane_strategies::book::{Books, Outcome};
use std::io::Read;

fn events(path: &std::path::Path, options: &OpenOptions) -> Vec<MarketData> {
    let mut source = open_file(path, options, &Instruments::new()).expect("it opens");
    let (mut events, mut batch) = (Vec::new(), Vec::with_capacity(4096));
    while source.read(&mut batch).expect("it is good") || !batch.is_empty() {
        events.append(&mut batch);
    }
    assert_eq!(source.report().notes, [], "no gap, nothing left out");
    events
}

#[test]
fn the_book_and_the_trades_of_a_raw_capture_are_as_published() {
    let Some(path) = data("usdm_btcusdt_20240808.gz") else { return };
    for preset in [None, Some(Preset::BinanceRaw)] {
        let events = events(&path, &OpenOptions { preset, ..OpenOptions::default() });
        let mut stats = TickStats::default();
        let mut books = Books::default();
        for event in &events {
            stats.add(event);
            books.apply(event);
            assert!(event.header.ts_event != 0 && event.header.ts_recv != 0, "both clocks");
        }
        let stats = &stats.instruments()[0];
        assert_eq!(stats.count(MarketDataKind::Trade), 21_313);
        assert_eq!(stats.count(MarketDataKind::Quote), 66_089);
        assert_eq!(stats.volume, 2_429_366_000_000);
        assert_eq!(stats.vwap(), Some(61_680_982_153_286));
        let book = books.get(stats.instrument).expect("a book");
        assert!(book.is_complete() && !book.is_doubtful());
        assert_eq!((book.level_count(Side::Bid), book.level_count(Side::Ask)), (5_019, 4_578));
        let unit = |text: &str| parse(text.as_bytes()).unwrap();
        let (bid, ask) = (book.best_bid().unwrap(), book.best_ask().unwrap());
        assert_eq!((bid.price, bid.size), (unit("61659.7"), unit("1.486").into()));
        assert_eq!((ask.price, ask.size), (unit("61659.8"), unit("0.981").into()));
        assert_eq!((book.count(Outcome::Snapshot), book.count(Outcome::Crossed)), (1, 0));
    }
}

/// The rows of a file of reference bars: `ms, bid OHLC, bid size, ask OHLC, ask size`.
fn reference(path: &std::path::Path) -> Vec<(u64, [i64; 4], [i64; 4])> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let rows = text.lines().filter(|line| !line.is_empty()).map(|line| {
        let fields: Vec<&str> = line.trim_end().split(',').collect();
        let price = |at: usize| parse(fields[at].as_bytes()).unwrap();
        let four = |at: usize| [price(at), price(at + 1), price(at + 2), price(at + 3)];
        (fields[0].parse::<u64>().unwrap() * 1_000_000, four(1), four(6))
    });
    rows.collect()
}

#[test]
fn bars_of_euro_quotes_equal_the_published_ones() {
    let Some(path) = data("forex_fxcm_eurusd_20140501_quote.zip") else { return };
    let options = OpenOptions {
        preset: Some(Preset::LeanForexQuote),
        date: Some("2014-05-01".into()),
        utc_offset: Some("-05:00".into()),
        ..OpenOptions::default()
    };
    let events = events(&path, &options);
    // Midnight of 2014-05-01 at UTC-5, ns since 1970.
    const MIDNIGHT: u64 = 1_398_920_400_000_000_000;
    for (name, length, count) in [
        ("ref_minute_fxcm_eurusd_20140501_quote.zip", "1m", 1_426),
        ("ref_second_fxcm_eurusd_20140501_quote.zip", "1s", 17_421),
    ] {
        let Some(path) = data(name) else { continue };
        let span: Span = length.parse().unwrap();
        let options = BarOptions { span, of: Of::Quotes, clock: Clock::Event, wait: 0 };
        let (mut bars, mut made) = (Bars::new(options), Vec::<Built>::new());
        for event in &events {
            bars.push(event, |built| made.push(built));
        }
        bars.finish(|built| made.push(built));
        let rows = made.iter().map(|built| {
            let four = |ohlc: &pitlane::event::Ohlc| [ohlc.open, ohlc.high, ohlc.low, ohlc.close];
            (built.bar.start - MIDNIGHT, four(&built.bar.bid), four(&built.bar.ask))
        });
        let rows: Vec<_> = rows.collect();
        assert_eq!((rows.len(), bars.late()), (count, 0), "{name}");
        assert_eq!(rows, reference(&path), "{name}");
        assert_eq!(made.iter().map(|built| built.bar.count).sum::<u64>(), 51_053);
    }
}
