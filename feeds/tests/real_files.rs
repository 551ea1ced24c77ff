//! Real files against figures from others and against the `csv` crate.

mod common;

use common::{data, read_good};
use pitlane::Instruments;
use pitlane::event::fixed::{self, NULL, SCALE, WideDecimal};
use pitlane::event::{MarketData, MarketDataKind};
use pitlane_feeds::{OpenOptions, Preset, TickStats, format_time, open_file};
use std::io::Read;
use std::path::Path;

const IBM_TRADES: &str = "equity_ibm_20131007_trade.zip";
const IBM_QUOTES: &str = "equity_ibm_20131007_quote.zip";
const EURUSD: &str = "forex_fxcm_eurusd_20140501_quote.zip";

fn events(path: &Path, options: &OpenOptions) -> (Vec<MarketData>, Instruments) {
    let instruments = Instruments::new();
    let mut source = open_file(path, options, &instruments).unwrap();
    (read_good(&mut *source), instruments)
}

fn stats(events: &[MarketData]) -> TickStats {
    let mut stats = TickStats::default();
    events.iter().for_each(|event| stats.add(event));
    stats
}

/// Rows as the `csv` and `zip` crates read them.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_index(0).unwrap().read_to_string(&mut text).unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(String::from).collect()).collect()
}

#[test]
fn ibm_trades_have_the_known_count_volume_and_vwap() {
    let Some(path) = data(IBM_TRADES) else { return };
    let (events, instruments) = events(&path, &OpenOptions::default());
    let stats = stats(&events);
    let [one] = stats.instruments() else { panic!("one instrument, not {stats:?}") };
    assert_eq!(one.count(MarketDataKind::Trade), 24_293);
    assert_eq!(one.events(), 24_293);
    assert_eq!(WideDecimal(one.volume).to_string(), "3960352");
    assert_eq!(one.vwap(), Some(182_500_506_980));
    assert_eq!(one.first, 14_430_270 * 1_000_000, "time of day without a date");
    assert_eq!(instruments.text(one.instrument).as_deref(), Some("IBM"));
}

#[test]
fn ibm_trades_with_a_date_have_new_york_times() {
    let Some(path) = data(IBM_TRADES) else { return };
    let options = OpenOptions {
        preset: Some(Preset::LeanEquityTrade),
        date: Some("2013-10-07".into()),
        symbol: Some("IBM.NYSE".into()),
        ..OpenOptions::default()
    };
    let (events, instruments) = events(&path, &options);
    assert_eq!(format_time(events[0].header.ts_event), "2013-10-07T08:00:30.27Z");
    assert_eq!(instruments.text(events[0].header.instrument).as_deref(), Some("IBM.NYSE"));
}

#[test]
fn ibm_trades_equal_those_of_the_csv_crate() {
    let Some(path) = data(IBM_TRADES) else { return };
    let (events, _) = events(&path, &OpenOptions::default());
    let rows = rows(&path);
    assert_eq!(events.len(), rows.len());
    for (event, row) in events.iter().zip(&rows) {
        let trade = event.as_trade().unwrap();
        assert_eq!(event.header.ts_event, row[0].parse::<u64>().unwrap() * 1_000_000);
        assert_eq!(trade.price(), row[1].parse::<i64>().unwrap() * 100_000);
        assert_eq!(trade.size(), row[2].parse::<i64>().unwrap() * SCALE);
    }
}

#[test]
fn eurusd_quotes_have_the_known_counts() {
    let Some(path) = data(EURUSD) else { return };
    let options = OpenOptions { preset: Some(Preset::LeanForexQuote), ..OpenOptions::default() };
    let (events, _) = events(&path, &options);
    let stats = stats(&events);
    let one = &stats.instruments()[0];
    assert_eq!(one.count(MarketDataKind::Quote), 51_053);
    assert_eq!((one.crossed, one.locked), (3_991, 5_409));
    assert_eq!(one.vwap(), None);
}

#[test]
fn eurusd_quotes_equal_those_of_the_csv_crate_at_an_offset() {
    let Some(path) = data(EURUSD) else { return };
    let options = OpenOptions {
        date: Some("20140501".into()),
        utc_offset: Some("-05:00".into()),
        ..OpenOptions::default()
    };
    let (events, _) = events(&path, &options);
    let rows = rows(&path);
    assert_eq!(events.len(), rows.len());
    // 2014-05-01T05:00:00Z
    let midnight = 1_398_920_400_000_000_000;
    for (event, row) in events.iter().zip(&rows) {
        let quote = event.as_quote().unwrap();
        assert_eq!(event.header.ts_event, midnight + row[0].parse::<u64>().unwrap() * 1_000_000);
        assert_eq!(quote.bid_price(), fixed::parse(row[1].as_bytes()).unwrap());
        assert_eq!(quote.ask_price(), fixed::parse(row[2].as_bytes()).unwrap());
        assert_eq!((quote.bid_size(), quote.ask_size()), (NULL, NULL));
    }
}

/// Bid or ask of an exchange: price and size as the file has them.
type Level = Option<(i64, i64)>;

/// Quotes of each row by a plain program of its own: each exchange's, and the best.
fn quotes_by_hand(rows: &[Vec<String>]) -> Vec<[(Level, Level); 2]> {
    let mut exchanges: Vec<(String, Level, Level)> = Vec::new();
    let mut all = Vec::new();
    for row in rows {
        let number = |at: usize| row[at].parse::<i64>().unwrap();
        if !exchanges.iter().any(|e| e.0 == row[5]) {
            exchanges.push((row[5].clone(), None, None));
        }
        let exchange = exchanges.iter_mut().find(|e| e.0 == row[5]).unwrap();
        if number(1) != 0 {
            exchange.1 = Some((number(1), number(2)));
        }
        if number(3) != 0 {
            exchange.2 = Some((number(3), number(4)));
        }
        let own = (exchange.1, exchange.2);
        let best = |levels: Vec<(i64, i64)>, price: Option<i64>| {
            price.map(|p| (p, levels.iter().filter(|l| l.0 == p).map(|l| l.1).sum()))
        };
        let bids: Vec<_> = exchanges.iter().filter_map(|e| e.1).collect();
        let asks: Vec<_> = exchanges.iter().filter_map(|e| e.2).collect();
        let (high, low) = (bids.iter().map(|l| l.0).max(), asks.iter().map(|l| l.0).min());
        all.push([own, (best(bids, high), best(asks, low))]);
    }
    all
}

#[test]
fn ibm_quotes_keep_each_exchanges_sides_and_find_the_best() {
    let Some(path) = data(IBM_QUOTES) else { return };
    let rows = rows(&path);
    let expected = quotes_by_hand(&rows);
    for (which, nbbo) in [(0, false), (1, true)] {
        let (events, _) = events(&path, &OpenOptions { nbbo, ..OpenOptions::default() });
        assert_eq!(events.len(), 109_067);
        for (at, (event, expected)) in events.iter().zip(&expected).enumerate() {
            let quote = event.as_quote().unwrap();
            let level = |level: Level| level.map_or((NULL, NULL), |l| (l.0 * 100_000, l.1 * SCALE));
            let (bid, ask) = expected[which];
            assert_eq!((quote.bid_price(), quote.bid_size()), level(bid), "row {at}");
            assert_eq!((quote.ask_price(), quote.ask_size()), level(ask), "row {at}");
        }
    }
}
