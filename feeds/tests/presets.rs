//! Files in the forms of vendors, as their documentation shows them.

mod common;

use common::{read_all, read_good};
use pitlane::Instruments;
use pitlane::event::fixed::SCALE;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use pitlane_feeds::{OpenOptions, Preset, guess_preset, open_file};
use std::path::PathBuf;

/// A file of that name and text, its form guessed or given.
fn read(name: &str, preset: Option<Preset>, text: &str) -> (Vec<MarketData>, Instruments) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let instruments = Instruments::new();
    let options = OpenOptions { preset, ..OpenOptions::default() };
    let mut source = open_file(&path, &options, &instruments).unwrap();
    (read_good(&mut *source), instruments)
}

fn symbol(event: &MarketData, instruments: &Instruments) -> String {
    instruments.text(event.header.instrument).unwrap().to_string()
}

#[test]
fn binance_aggregated_trades_of_spot_and_futures() {
    // Spot: eight columns, no header; milliseconds until 2024, microseconds since.
    let old = "0,0.20000000,50.00000000,0,0,1704067200001,False,True\n";
    let new = "1,0.30000000,1.5,1,2,1735689600010866,True,True\n";
    let name = "BTCUSDT-aggTrades-2025-01-01.csv";
    let (spot, instruments) = read(name, None, &format!("{old}{new}"));
    assert_eq!(symbol(&spot[0], &instruments), "BTCUSDT");
    let first = MarketData::trade(1, 1_704_067_200_001_000_000, SCALE / 5, 50 * SCALE, Side::Bid);
    let second =
        MarketData::trade(1, 1_735_689_600_010_866_000, SCALE * 3 / 10, SCALE * 3 / 2, Side::Ask);
    assert_eq!(spot, [first, second.with_venue_sequence(1)], "a buyer who is maker was hit");

    // Futures: seven columns, with or without a header.
    let header =
        "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n";
    let row = "2315014437,61683.3,0.003,5232105,5232107,1723075200037,true\n";
    for text in [format!("{header}{row}"), row.to_owned()] {
        let (futures, _) = read("a.csv", None, &text);
        let (price, size) = (61_683 * SCALE + 3 * SCALE / 10, 3 * SCALE / 1000);
        let trade = MarketData::trade(1, 1_723_075_200_037_000_000, price, size, Side::Ask);
        assert_eq!(futures, [trade.with_venue_sequence(2_315_014_437)]);
    }
}

#[test]
fn binance_single_trades_of_spot_and_futures() {
    // Spot: seven columns; futures: six, with or without a header.
    let header = "id,price,qty,quote_qty,time,is_buyer_maker\n";
    let futures = "5232105,61683.3,0.003,185.0499,1723075200037,true\n";
    let spot = "7,61683.3,0.003,185.0499,1735689600010866,False,True\n";
    let name = "BTCUSDT-trades-2024-08-08.csv";
    let (price, size) = (61_683 * SCALE + 3 * SCALE / 10, 3 * SCALE / 1000);
    for text in [format!("{header}{futures}"), futures.to_owned()] {
        for preset in [None, Some(Preset::BinanceTrades)] {
            let (trades, instruments) = read(name, preset, &text);
            let trade = MarketData::trade(1, 1_723_075_200_037_000_000, price, size, Side::Ask);
            assert_eq!(trades, [trade.with_venue_sequence(5_232_105)]);
            assert_eq!(symbol(&trades[0], &instruments), "BTCUSDT");
        }
    }
    let (trades, _) = read(name, None, spot);
    let trade = MarketData::trade(1, 1_735_689_600_010_866_000, price, size, Side::Bid);
    assert_eq!(trades, [trade.with_venue_sequence(7)]);
}

#[test]
fn binance_book_tickers() {
    let text = "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,\
                event_time\n5204837583120,61659.7,1.486,61659.8,0.981,1723075200001,1723075200005\n";
    for preset in [None, Some(Preset::BinanceBookTicker)] {
        let (quotes, instruments) = read("BTCUSDT-bookTicker-2024-08-08.csv", preset, text);
        let bid = (61_659 * SCALE + 7 * SCALE / 10, SCALE * 1486 / 1000);
        let ask = (61_659 * SCALE + 8 * SCALE / 10, SCALE * 981 / 1000);
        assert_eq!(quotes, [MarketData::quote(1, 1_723_075_200_001_000_000, bid, ask)]);
        assert_eq!(symbol(&quotes[0], &instruments), "BTCUSDT");
    }
}

#[test]
fn tardis_trades_and_quotes() {
    let text = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n\
                bitmex,XBTUSD,1585699200245000,1585699200257734,e9bbb2b7-2c69,sell,6425.5,30\n\
                bitmex,ETHUSD,1585699200245000,1585699200257734,,unknown,133.2,1e-7\n";
    let (trades, instruments) = read("a.csv", None, text);
    let (event, recv) = (1_585_699_200_245_000_000, 1_585_699_200_257_734_000);
    let mut first = MarketData::trade(1, event, 6425 * SCALE + SCALE / 2, 30 * SCALE, Side::Ask);
    first.header.ts_recv = recv;
    assert_eq!(trades[0], first);
    assert_eq!(symbol(&trades[1], &instruments), "ETHUSD");
    let second = trades[1].as_trade().unwrap();
    assert_eq!((second.aggressor(), second.size()), (Side::None, 100));

    let text = "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n\
         huobi-dm-swap,BTC-USD,1588291201099000,1588291201234268,8,8629.2,8629.1,65\n\
         huobi-dm-swap,BTC-USD,1588291201099000,1588291201234268,,,8629.1,65\n";
    let (quotes, _) = read("a.csv.gz.csv", None, text);
    let mut quote = MarketData::quote(
        1,
        1_588_291_201_099_000_000,
        (8629 * SCALE + SCALE / 10, 65 * SCALE),
        (8629 * SCALE + SCALE / 5, 8 * SCALE),
    );
    quote.header.ts_recv = 1_588_291_201_234_268_000;
    assert_eq!(quotes[0], quote);
    assert_eq!(quotes[1].as_quote().unwrap().ask_price(), pitlane::event::fixed::NULL);
}

const LEVELS: &str = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n\
    deribit,BTC-PERPETUAL,1585699200245000,1585699200250000,true,bid,6420,10\n\
    deribit,BTC-PERPETUAL,1585699200245000,1585699200250000,true,ask,6421,12\n\
    deribit,BTC-PERPETUAL,1585699200300000,1585699200310000,false,ask,6421,0\n\
    deribit,BTC-PERPETUAL,1585699200300000,1585699200310000,false,bid,6420,11.5\n\
    deribit,BTC-PERPETUAL,1585699200400000,1585699200410000,false,bid,6419,1\n";

#[test]
fn tardis_levels_are_messages_with_an_end_and_snapshots_with_a_begin() {
    for preset in [None, Some(Preset::TardisIncrementalBookL2)] {
        let (events, _) = read("a.csv", preset, LEVELS);
        let seen: Vec<_> = events
            .iter()
            .map(|e| (e.kind().unwrap(), e.header.side(), e.header.flags & !Flags::SIDE))
            .collect();
        use MarketDataKind::{Cancel, Clear, Modify};
        let shot = Flags::SNAPSHOT;
        let expected = [
            (Clear, Side::None, shot),
            (Modify, Side::Bid, shot),
            (Modify, Side::Ask, shot | Flags::LAST),
            (Cancel, Side::Ask, 0),
            (Modify, Side::Bid, Flags::LAST),
            (Modify, Side::Bid, Flags::LAST),
        ];
        assert_eq!(seen, expected);
        let change = events[4].as_book_change().unwrap();
        assert_eq!(
            (change.price(), change.size(), change.order_id()),
            (6420 * SCALE, 11 * SCALE + SCALE / 2, 0)
        );
        assert_eq!(events[0].header.ts_recv, 1_585_699_200_250_000_000);
    }
}

const SNAPSHOTS: &str = "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,\
    bids[0].price,bids[0].amount,asks[1].price,asks[1].amount,bids[1].price,bids[1].amount\n\
    deribit,BTC-PERPETUAL,1585699200245000,1585699200250000,6421,12,6420,10,6422.5,1,6419,3\n\
    deribit,BTC-PERPETUAL,1585699200300000,1585699200310000,6421,12,6420,11,6422.5,1,,\n\
    deribit,BTC-PERPETUAL,1585699200400000,1585699200410000,6421,12,6420,11,6422.5,1,,\n";

#[test]
fn tardis_snapshots_of_a_book_become_what_changed_between_them() {
    for preset in [None, Some(Preset::TardisBookSnapshot)] {
        let (events, instruments) = read("a.csv", preset, SNAPSHOTS);
        let seen: Vec<_> = events
            .iter()
            .map(|e| {
                let change =
                    e.as_book_change().map(|c| (c.side(), c.price() / SCALE, c.size() / SCALE));
                (e.kind().unwrap(), change, e.header.is_last())
            })
            .collect();
        use MarketDataKind::{Cancel, Clear, Modify, Quote};
        let level = |side, price, size| Some((side, price, size));
        let expected = [
            (Quote, None, false),
            (Clear, None, false),
            (Modify, level(Side::Bid, 6420, 10), false),
            (Modify, level(Side::Bid, 6419, 3), false),
            (Modify, level(Side::Ask, 6421, 12), false),
            (Modify, level(Side::Ask, 6422, 1), true),
            (Quote, None, false),
            (Cancel, level(Side::Bid, 6419, 0), false),
            (Modify, level(Side::Bid, 6420, 11), true),
            (Quote, None, true),
        ];
        assert_eq!(seen, expected);
        assert_eq!(events[6].header.ts_event, 1_585_699_200_300_000_000);
        assert_eq!(events[7].header.ts_recv, 1_585_699_200_310_000_000);
        let quote = events[6].as_quote().unwrap();
        assert_eq!((quote.bid_size(), quote.ask_price()), (11 * SCALE, 6421 * SCALE));
        assert_eq!(symbol(&events[0], &instruments), "BTC-PERPETUAL");
    }
}

#[test]
fn a_bad_row_of_a_snapshot_is_told_with_its_line() {
    for (row, says) in [
        ("deribit,B,1,2,6421,12,6420", "has not the 12 fields"),
        ("deribit,B,1,2,6421,12,6420,10,6422.5,1,6419,3,9", "has not the 12 fields"),
        ("deribit,B,1,2,x,12,6420,10,,,,", "`x`"),
        ("deribit,B,soon,2,1,12,6420,10,,,,", "`soon` is no time"),
        ("deribit,,1,2,1,12,6420,10,,,,", "no symbol"),
        ("deribit,B,1,2,1,-12,6420,10,,,,", "negative"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, format!("{SNAPSHOTS}{row}\n")).unwrap();
        let read = |on_bad_row| {
            let options = OpenOptions { on_bad_row, ..OpenOptions::default() };
            let mut source = open_file(&path, &options, &Instruments::new()).unwrap();
            (read_all(&mut *source), source.report())
        };
        let ((events, error), _) = read(pitlane_feeds::OnBadRow::Stop);
        let error = error.unwrap();
        assert_eq!((events.len(), error.line), (10, 5));
        assert!(error.message.contains(says), "{}", error.message);
        let ((events, error), report) = read(pitlane_feeds::OnBadRow::Skip);
        assert_eq!((events.len(), error, report.bad_rows), (10, None, 1));
    }
}

#[test]
fn what_came_before_a_bad_level_is_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, format!("{LEVELS}deribit,BTC-PERPETUAL,1,2,perhaps,bid,1,1\n")).unwrap();
    let mut source = open_file(&path, &OpenOptions::default(), &Instruments::new()).unwrap();
    let (events, error) = read_all(&mut *source);
    assert_eq!(events.len(), 6);
    assert!(events[5].header.is_last());
    let error = error.unwrap();
    assert_eq!((error.line, error.column), (7, 5), "{error}");
}

#[test]
fn forms_are_told_by_their_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    for (text, preset) in [
        (LEVELS, Preset::TardisIncrementalBookL2),
        (
            "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n",
            Preset::TardisQuotes,
        ),
        ("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n", Preset::TardisTrades),
        ("1,2,3,4,5,1723075200037,true\n", Preset::BinanceAggTrades),
        ("ts_event,price,exchange\n", Preset::Plain),
    ] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(guess_preset(&path), Ok(preset), "{text}");
    }
}
