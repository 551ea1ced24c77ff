//! Captures: every message, every mistake.

use super::{CaptureFile, CaptureOptions};
use crate::csv::OnBadRow;
use pitlane::Instruments;
use pitlane::event::fixed::{NULL, SCALE};
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use pitlane::source::{Source, SourceError, SourceReport};
use std::path::PathBuf;

const KNOWN: &str = "depth updates already known";
const GAPS: &str = "gaps in depth updates";

struct Read {
    events: Vec<MarketData>,
    report: SourceReport,
    error: Option<SourceError>,
    instruments: Instruments,
}

impl Read {
    fn note(&self, name: &str) -> u64 {
        self.report.notes.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count)
    }

    /// Kind, side, price and size of all book changes, in units of one.
    fn changes(&self) -> Vec<(MarketDataKind, Side, i64, i64)> {
        let events = self.events.iter();
        let changes = events.filter_map(|e| Some((e, e.as_book_change().or(e.as_clear())?)));
        let unit = |value| if value == NULL { NULL } else { value / SCALE };
        changes
            .map(|(e, c)| (e.kind().unwrap(), c.side(), unit(c.price()), unit(c.size())))
            .collect()
    }
}

fn read_with(text: &str, options: CaptureOptions, batch: usize) -> Read {
    let instruments = Instruments::new();
    let options = CaptureOptions { else_symbol: "FILE".into(), ..options };
    let file = CaptureFile::new(PathBuf::from("capture"), options, &instruments);
    let mut file = file.in_memory(text.into());
    let (mut events, mut error) = (Vec::new(), None);
    let mut room = Vec::with_capacity(batch);
    loop {
        let more = file.read(&mut room);
        events.append(&mut room);
        match more {
            Ok(true) => {}
            Ok(false) => break,
            Err(found) => {
                error = Some(found);
                break;
            }
        }
    }
    Read { events, report: file.report(), error, instruments }
}

fn read(text: &str) -> Read {
    let read = read_with(text, CaptureOptions::default(), 512);
    assert_eq!(read.error, None);
    read
}

fn refused(text: &str) -> SourceError {
    read_with(text, CaptureOptions::default(), 512).error.expect("an error")
}

/// A futures update with one bid and one ask.
fn update(previous: u64, first: u64, last: u64, bid: (u32, u32), ask: (u32, u32)) -> String {
    format!(
        r#"1700000000000000{last:03} {{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1700000000001,"T":1700000000000,"s":"BTCUSDT","U":{first},"u":{last},"pu":{previous},"b":[["{}","{}"]],"a":[["{}.0","{}.00"]]}}}}
"#,
        bid.0, bid.1, ask.0, ask.1
    )
}

fn snapshot(taken: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"1700000000000000999 {{"lastUpdateId":{taken},"E":1700000000001,"T":1700000000000,"bids":{bids},"asks":{asks}}}
"#
    )
}

#[test]
fn a_depth_update_is_one_atomic_event_of_levels() {
    let read = read(&update(1, 2, 7, (100, 2), (101, 0)));
    let (bid, ask) = ((Side::Bid, 100, 2), (Side::Ask, 101, 0));
    assert_eq!(
        read.changes(),
        [
            (MarketDataKind::Modify, bid.0, bid.1, bid.2),
            (MarketDataKind::Cancel, ask.0, ask.1, ask.2)
        ]
    );
    let [first, last] = read.events.as_slice() else { panic!("two levels") };
    assert_eq!(first.header.flags & Flags::LAST, 0);
    assert_ne!(last.header.flags & Flags::LAST, 0);
    assert_eq!(first.as_book_change().unwrap().venue_sequence(), 7);
    assert_eq!(first.header.ts_event, 1_700_000_000_000_000_000);
    assert_eq!(first.header.ts_recv, 1_700_000_000_000_000_007);
    assert_eq!(read.instruments.text(first.header.instrument).as_deref(), Some("BTCUSDT"));
}

#[test]
fn quotes_and_trades_of_futures_and_spot_are_read() {
    let read = read(
        r#"1 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5,"s":"BTCUSDT","b":"10.5","B":"1","a":"11","A":"2.25","T":1700000000000,"E":1700000000001}}
2 {"stream":"btcusdt@bookTicker","data":{"u":400900217,"s":"BTCUSDT","b":"0","B":"0","a":"11","A":"2.25"}}
3 {"e":"trade","E":1700000000002000,"s":"BTCUSDT","t":12,"p":"10.5","q":"3","b":88,"a":50,"T":1700000000001000,"m":true,"M":true}
4 {"e":"trade","E":1700000000002,"T":1700000000001,"s":"BTCUSDT","t":13,"p":"10.5","q":"3","X":"INSURANCE_FUND","m":false}
5 {"e":"aggTrade","E":1700000000002,"s":"ETHUSDT","a":26129,"p":"2","q":"4","f":100,"l":105,"T":1700000000001,"m":false,"M":true}
6 {"e":"aggTrade","E":1700000000002,"s":"BTCUSDT","a":26129,"p":"2","q":"4","f":100,"l":105,"T":1700000000001,"m":false,"M":true}
{"result":null,"id":1}
7 {"stream":"btcusdt@markPrice","data":{"e":"markPriceUpdate","p":"99999999999999.1","s":"BTCUSDT"}}
"#,
    );
    let quotes: Vec<_> = read.events.iter().filter_map(MarketData::as_quote).collect();
    assert_eq!(quotes[0].bid_price(), 10_500_000_000);
    assert_eq!(quotes[0].ask_size(), 2_250_000_000);
    assert_eq!((quotes[1].bid_price(), quotes[1].bid_size()), (NULL, NULL), "no bid");
    assert_eq!(read.events[1].header.ts_event, 0, "spot quotes have no time of the venue");
    let trades: Vec<_> = read.events.iter().filter_map(MarketData::as_trade).collect();
    assert_eq!((trades[0].aggressor(), trades[0].venue_sequence()), (Side::Ask, 12));
    assert_eq!(read.events[2].header.ts_event, 1_700_000_000_001_000_000, "microseconds");
    assert_eq!((trades[1].aggressor(), trades[1].venue_sequence()), (Side::Bid, 26129));
    assert_eq!((read.events.len(), trades.len()), (4, 2));
    assert_eq!(read.note("trades of insurance fund or deleveraging"), 1);
    assert_eq!(read.note("trades and aggregated trades of the same"), 1);
    assert_eq!(read.note("messages that are no events"), 2);
    assert!(read.events.iter().all(|event| event.header.is_last()));
}

#[test]
fn a_late_snapshot_clears_its_range_and_is_followed_by_newer_updates() {
    let text = update(10, 11, 20, (90, 1), (120, 1))
        + &update(20, 21, 30, (100, 5), (101, 6))
        + &snapshot(25, r#"[["100","9"],["99","9"]]"#, r#"[["101","9"]]"#)
        + &update(30, 31, 40, (98, 1), (102, 1));
    let read = read(&text);
    use MarketDataKind::{Clear, Modify};
    use Side::{Ask, Bid};
    let expected = [
        (Modify, Bid, 90, 1),
        (Modify, Ask, 120, 1),
        (Modify, Bid, 100, 5),
        (Modify, Ask, 101, 6),
        (Clear, Bid, 99, 0),
        (Clear, Ask, 101, 0),
        (Modify, Bid, 100, 9),
        (Modify, Bid, 99, 9),
        (Modify, Ask, 101, 9),
        (Modify, Bid, 100, 5),
        (Modify, Ask, 101, 6),
        (Modify, Bid, 98, 1),
        (Modify, Ask, 102, 1),
    ];
    assert_eq!(read.changes(), expected);
    let flags: Vec<u8> = read.events.iter().map(|e| e.header.flags & !Flags::SIDE).collect();
    assert!(flags[..4].iter().all(|flags| flags & Flags::MAYBE_BAD_BOOK != 0));
    assert!(flags[4..11].iter().all(|flags| flags & Flags::SNAPSHOT != 0));
    assert!(flags[4..10].iter().all(|flags| flags & Flags::LAST == 0), "one atomic event");
    assert_eq!(flags[11..], [0, Flags::LAST]);
    assert_eq!(read.report.notes, []);
}

#[test]
fn gaps_and_repetitions_are_counted_and_a_snapshot_heals() {
    let text = update(10, 11, 20, (90, 1), (120, 1))
        + &update(10, 11, 20, (90, 1), (120, 1))
        + &update(29, 30, 35, (91, 1), (121, 1))
        + &snapshot(33, r#"[["90","9"]]"#, r#"[["101","9"]]"#);
    let read = read(&text);
    assert_eq!((read.note(GAPS), read.note(KNOWN)), (1, 1));
    let cleared = read.changes()[4];
    assert_eq!(cleared, (MarketDataKind::Clear, Side::None, NULL, 0), "all of the book");
}

#[test]
fn a_snapshot_before_any_symbol_waits_for_one() {
    let first = snapshot(20, r#"[["100","9"]]"#, r#"[["101","9"]]"#);
    let both = read(&(first.clone() + &update(18, 19, 25, (100, 1), (102, 1))));
    let ids: Vec<u32> = both.events.iter().map(|event| event.header.instrument).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(both.instruments.text(ids[0]).as_deref(), Some("BTCUSDT"));
    let bid_at_100 = both.changes().into_iter().rfind(|change| change.2 == 100);
    assert_eq!(bid_at_100.unwrap().3, 1, "the update is newer than the snapshot");
    let alone = read(&first);
    let id = alone.events[0].header.instrument;
    assert_eq!(alone.instruments.text(id).as_deref(), Some("FILE"));
}

#[test]
fn partial_depth_takes_the_place_of_the_book_unless_there_is_full_depth() {
    let partial = r#"1 {"stream":"bnbbtc@depth5@100ms","data":{"lastUpdateId":160,"bids":[["100","1"]],"asks":[["101","1"],["102","1"]]}}
"#;
    let alone = read(partial);
    assert_eq!(alone.changes()[0], (MarketDataKind::Clear, Side::None, NULL, 0));
    assert_eq!(alone.events.len(), 4);
    let symbol = alone.instruments.text(alone.events[0].header.instrument);
    assert_eq!(symbol.as_deref(), Some("BNBBTC"));
    let beside =
        read(&(update(1, 2, 7, (100, 2), (101, 0)) + &partial.replace("bnbbtc", "btcusdt")));
    assert_eq!(beside.events.len(), 2);
    assert_eq!(beside.note("partial depth beside full depth"), 1);
}

#[test]
fn batches_of_any_size_give_the_same_events() {
    let text = update(10, 11, 20, (90, 1), (120, 1))
        + &snapshot(20, r#"[["100","9"],["99","9"]]"#, r#"[["101","9"]]"#)
        + &update(20, 21, 30, (100, 5), (101, 6));
    let whole = read(&text).events;
    for batch in 1..8 {
        assert_eq!(read_with(&text, CaptureOptions::default(), batch).events, whole);
    }
}

#[test]
fn a_symbol_of_ones_own_takes_the_place_of_the_only_one() {
    let named = || CaptureOptions { symbol: Some("XBT.BIN".into()), ..CaptureOptions::default() };
    let one = update(10, 11, 20, (90, 1), (120, 1));
    let read = read_with(&one, named(), 16);
    let id = read.events[0].header.instrument;
    assert_eq!(read.instruments.text(id).as_deref(), Some("XBT.BIN"));
    let two = one.clone() + &one.replace("BTCUSDT", "ETHUSDT");
    let error = read_with(&two, named(), 16).error.unwrap();
    assert!(error.message.contains("several instruments"), "{error}");
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_line() {
    let good = update(10, 11, 20, (90, 1), (120, 1));
    for (bad, says) in [
        ("hello", "time and a JSON object"),
        ("17 [1]", "time and a JSON object"),
        (r#"1 {"e":"trade""#, "no JSON of Binance"),
        (r#"1 {"e":"trade","s":"A","p":"1","q":"1","m":true}}"#, "no JSON of Binance"),
        (r#"1 {"e":"trade","s":"A","p":"1x","q":"1","m":true}"#, "price cannot be read"),
        (r#"1 {"e":"trade","s":"A","p":"1","q":"1"}"#, "no side of its maker"),
        (r#"1 {"e":"depthUpdate","s":"A","U":1,"u":2}"#, "no levels"),
        (r#"1 {"e":"depthUpdate","s":"A","u":2,"b":[],"a":[]}"#, "no number of its first update"),
        (
            r#"1 {"e":"depthUpdate","s":"A","U":1,"u":2,"b":[["1"]],"a":[]}"#,
            "price or size of a level",
        ),
        (r#"1 {"e":"depthUpdate","s":"A","U":1,"u":2,"b":[[1,2]],"a":[]}"#, "no JSON of Binance"),
    ] {
        let error = refused(&format!("{good}{bad}\n"));
        assert!(error.message.contains(says), "{bad}: {}", error.message);
        assert_eq!(error.line, 2, "{bad}");
        let options = CaptureOptions { on_bad_row: OnBadRow::Skip, ..CaptureOptions::default() };
        let skipped = read_with(&format!("{good}{bad}\n{good}"), options, 4);
        assert_eq!((skipped.error, skipped.report.bad_rows), (None, 1), "{bad}");
        assert_eq!(skipped.report.bad_row_samples.len(), 1);
    }
}

#[test]
fn deeply_nested_lines_are_errors_or_nothing() {
    for (open, close) in [("[", "]"), (r#"{"data":"#, "}"), (r#"{"x":"#, "}")] {
        for inner in ["1", "", r#""b":"#] {
            let depth = 100_000;
            let text =
                format!("1 {{\"data\":{}{inner}{}}}\n", open.repeat(depth), close.repeat(depth));
            let read = read_with(&text, CaptureOptions::default(), 16);
            assert!(read.events.is_empty());
        }
    }
}

#[test]
fn crlf_blank_lines_and_a_last_line_without_end_are_nothing_special() {
    let one = update(10, 11, 20, (90, 1), (120, 1));
    let text =
        format!("\r\n{}\r\n\r\n{}", one.trim_end(), update(20, 21, 22, (1, 1), (2, 1)).trim_end());
    assert_eq!(read(&text).events.len(), 4);
}
