//! Rows, headers and bad input, from text in memory and through buffers of any size.

use super::decode::Ground;
use super::file::CsvFile;
use super::layout::Form;
use super::lines::{BUFFER, LONGEST_LINE};
use super::options::{Column, CsvOptions, OnBadRow, TimeFrom, TimeUnit};
use super::preset::Preset;
use crate::time::{Day, Iso, zone};
use pitlane::Instruments;
use pitlane::event::fixed::{NULL, SCALE};
use pitlane::event::{MarketData, MarketDataKind, Side};
use pitlane::source::{Source, SourceError, SourceReport};
use proptest::prelude::*;
use std::path::PathBuf;

struct Outcome {
    events: Vec<MarketData>,
    error: Option<SourceError>,
    report: SourceReport,
    instruments: Instruments,
}

fn preset(preset: Preset) -> CsvOptions {
    CsvOptions { preset: Some(preset), ..CsvOptions::default() }
}

fn read(options: &CsvOptions, text: &[u8], buffer: usize) -> Outcome {
    let instruments = Instruments::new();
    let instrument = options.symbol.as_ref().map_or(0, |symbol| instruments.intern(symbol));
    let ground = Ground {
        instrument,
        day: Day::time_of_day(),
        iso: Iso::new(zone("UTC").unwrap()),
        instruments: instruments.clone(),
    };
    let form = Form::new(options).unwrap();
    let file = CsvFile::new(PathBuf::from("x.csv"), None, form, ground, options.on_bad_row);
    let mut outcome =
        Outcome { events: Vec::new(), error: None, report: SourceReport::default(), instruments };
    let mut file = match file.in_memory(text.to_vec(), buffer) {
        Ok(file) => file,
        Err(error) => return Outcome { error: Some(error), ..outcome },
    };
    let mut batch = Vec::with_capacity(3);
    loop {
        let more = file.read(&mut batch);
        outcome.events.append(&mut batch);
        batch.reserve_exact(3);
        match more {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                outcome.error = Some(error);
                break;
            }
        }
    }
    outcome.report = file.report();
    outcome
}

fn trades(text: &str) -> Outcome {
    read(&with_symbol(preset(Preset::LeanEquityTrade)), text.as_bytes(), BUFFER)
}

fn with_symbol(options: CsvOptions) -> CsvOptions {
    CsvOptions { symbol: Some("IBM.NYSE".into()), ..options }
}

fn plain(text: &str) -> Outcome {
    read(&preset(Preset::Plain), text.as_bytes(), BUFFER)
}

fn error(outcome: &Outcome) -> &SourceError {
    outcome.error.as_ref().expect("an error")
}

const GOOD: &str = "1000,1815200,283,P,2000,0\n";

#[test]
fn line_ends_of_all_kinds_and_blank_lines_make_no_difference() {
    let plain = trades("1000,1815200,283,P,2000,0\n2000,1815300,1,P,2000,0\n");
    assert_eq!(plain.error, None);
    for text in [
        "1000,1815200,283,P,2000,0\r\n2000,1815300,1,P,2000,0\r\n",
        "1000,1815200,283,P,2000,0\r\n2000,1815300,1,P,2000,0",
        "\u{feff}1000,1815200,283,P,2000,0\n\n\r\n2000,1815300,1,P,2000,0\n\n",
        "\n1000,\"1815200\",283,P,\"20,00\",0\n2000,1815300,1,P,\"20\"\"00\",0",
    ] {
        let outcome = trades(text);
        assert_eq!(outcome.error, None, "{text:?}");
        assert_eq!(outcome.events, plain.events, "{text:?}");
        assert_eq!(outcome.report.bad_rows, 0);
    }
}

#[test]
fn an_empty_lean_file_has_no_events_and_is_no_error() {
    for text in ["", "\n", "\u{feff}"] {
        let outcome = trades(text);
        assert_eq!((outcome.events.len(), outcome.error), (0, None));
    }
}

#[test]
fn stops_at_a_bad_row_and_names_it() {
    let outcome = trades(&format!("{GOOD}\n2000,18x5200,283,P,2000,0\n{GOOD}"));
    assert_eq!(outcome.events.len(), 1, "what came before stands");
    let error = error(&outcome);
    assert_eq!((error.line, error.column), (3, 2));
    assert_eq!(error.text, "2000,18x5200,283,P,2000,0");
    assert_eq!(error.message, "`price`: not a decimal number");
    assert_eq!(
        error.to_string(),
        "x.csv:3:2: `price`: not a decimal number in `2000,18x5200,283,P,2000,0`"
    );
    assert!(error.help.contains("on_bad_row: skip"), "{}", error.help);
}

#[test]
fn skipped_rows_are_counted_and_the_first_few_shown() {
    let options =
        CsvOptions { on_bad_row: OnBadRow::Skip, ..with_symbol(preset(Preset::LeanEquityTrade)) };
    let text = format!("{GOOD}{}{GOOD}", "bad\n".repeat(8));
    let outcome = read(&options, text.as_bytes(), BUFFER);
    assert_eq!(outcome.error, None);
    assert_eq!((outcome.report.events, outcome.report.bad_rows), (2, 8));
    assert_eq!(outcome.report.bad_row_samples.len(), 5);
    assert!(outcome.report.bad_row_samples[0].starts_with("x.csv:2:1: `ts_event` is not a time"));
}

#[test]
fn a_last_line_that_is_cut_off_has_its_own_message() {
    let outcome = trades(&format!("{GOOD}2000,18153"));
    assert_eq!(
        error(&outcome).message,
        "the last line is cut off: it has no newline and 2 fields where 6 are expected"
    );
    let whole = trades(&format!("2000,18153\n{GOOD}"));
    assert_eq!(error(&whole).message, "the row has 2 fields where 6 are expected");
    let more = trades("2000,18153,1,P,0,0,7\n");
    assert_eq!(error(&more).message, "the row has 7 fields where 6 are expected");
}

#[test]
fn each_kind_of_bad_field_is_told_apart() {
    let header = "ts_event,symbol,kind,side,price,size,order_id,flags\n";
    for (row, column, message) in [
        ("noon,A,,,1,1,,", 1, "`ts_event` is not a time"),
        ("1,A,bar,,1,1,,", 3, "`kind` is none of trade, quote, add"),
        ("1,A,,up,1,1,,", 4, "`side` is none of bid, ask"),
        ("1,A,,,0.0000000001,1,,", 5, "`price`: more than 9 digits"),
        ("1,A,,,99999999999,1,,", 5, "`price`: beyond 9,223,372,036"),
        ("1,A,,,1,-1,,", 6, "`size` is negative"),
        ("1,A,add,bid,1,1,x,", 7, "`order_id` is not a whole number"),
        ("1,A,,,1,1,,256", 8, "`flags` is not a number below 256"),
        (",A,,,1,1,,", 0, "the row has no time"),
        ("1,,,,1,1,,", 0, "the row has no symbol"),
        ("1,A,trade,,,1,,", 0, "the row has no price"),
        ("1,A,,,,1,,", 0, "the row has neither"),
        ("1,\"A,,,1,1,,", 2, "a quoted field does not end"),
    ] {
        let outcome = plain(&format!("{header}{row}\n"));
        let error = error(&outcome);
        assert!(error.message.starts_with(message), "{row}: {}", error.message);
        assert_eq!((error.line, error.column), (2, column), "{row}");
    }
}

#[test]
fn bytes_that_are_no_text_are_shown_without_harm() {
    let outcome = read(
        &with_symbol(preset(Preset::LeanEquityTrade)),
        b"\xff\x00\x1b[31m,1,1,P,0,0\n",
        BUFFER,
    );
    let text = &error(&outcome).text;
    assert!(!text.contains('\u{1b}') && text.contains('\u{fffd}'), "{text:?}");
    let outcome = read(&preset(Preset::Plain), b"ts_event,symbol,price\n1,\xff,2\n", BUFFER);
    assert_eq!(error(&outcome).message, "`symbol` is not UTF-8 text");
}

#[test]
fn a_line_without_end_is_an_error_and_memory_stays_bounded() {
    let outcome = trades(&"1".repeat(3 * LONGEST_LINE));
    assert!(error(&outcome).message.starts_with("a line is longer than"));
}

#[test]
fn headers_are_checked() {
    for (header, message, help) in [
        ("ts_event,symbol,prise,size", "no column is called `prise`", "did you mean `price`?"),
        ("symbol,price", "no column is a time", "ts_event"),
        ("ts_event,symbol,size", "no column is a price", "bid_price"),
        ("ts_event,symbol,price,price", "two columns are `price`", "once"),
        ("ts_event,price", "the file does not say which instrument", "symbol"),
        ("", "the file has no header line", "names the columns"),
    ] {
        let outcome = plain(&format!("{header}\n"));
        let error = error(&outcome);
        assert!(error.message.starts_with(message), "{header}: {}", error.message);
        assert!(error.help.contains(help), "{header}: {}", error.help);
    }
    let ignoring = CsvOptions { ignore_unknown: true, ..preset(Preset::Plain) };
    let outcome = read(&ignoring, b"ts_event,symbol,venue,price\n1,A,X,2\n", BUFFER);
    assert_eq!(outcome.events.len(), 1);
}

#[test]
fn plain_rows_are_what_their_columns_say() {
    let outcome = plain(
        "ts_event,ts_recv,symbol,kind,price,size,side,bid_price,bid_size,ask_price,ask_size,\
         order_id,venue_sequence,flags\n\
         5,7,ON,,1.5,2,buy,,,,,,9,128\n\
         6,,TRUE,,,,,1,2,3,,,,\n\
         ,8,0700,add,4,5,A,,,,,77,10,\n\
         2013-10-07T13:30:00Z,,ON,clear,,,,,,,,,,\n",
    );
    assert_eq!(outcome.error, None);
    let [trade, quote, add, clear] = &outcome.events[..] else { panic!("four events") };
    let id = |symbol| outcome.instruments.id(symbol).unwrap();
    let mut expected =
        MarketData::trade(id("ON"), 5, 3 * SCALE / 2, 2 * SCALE, Side::Bid).with_venue_sequence(9);
    expected.header.ts_recv = 7;
    expected.header.flags |= 128;
    assert_eq!(*trade, expected);
    assert_eq!(*quote, MarketData::quote(id("TRUE"), 6, (SCALE, 2 * SCALE), (3 * SCALE, NULL)));
    let level = (4 * SCALE, 5 * SCALE);
    let mut expected = MarketData::book(MarketDataKind::Add, id("0700"), 0, Side::Ask, level, 77)
        .with_venue_sequence(10);
    expected.header.ts_recv = 8;
    assert_eq!(*add, expected);
    assert_eq!(clear.kind(), Some(MarketDataKind::Clear));
    assert_eq!(clear.header.ts_event, 1_381_152_600_000_000_000);
}

#[test]
fn users_map_columns_of_their_own() {
    let named = CsvOptions {
        columns: Some(
            [("ts_event", "Time"), ("price", "Px"), ("size", "Qty")]
                .map(|(field, name)| (field.to_owned(), Column::Name(name.into())))
                .into(),
        ),
        delimiter: Some(';'),
        time_unit: Some(TimeUnit::S),
        price_scale: Some(100),
        ..with_symbol(CsvOptions::default())
    };
    let outcome = read(&named, b"Qty;Other;Time;Px\n3;x;1.5;1234\n", BUFFER);
    assert_eq!(
        outcome.events,
        [MarketData::trade(1, 1_500_000_000, 12_340_000_000, 3 * SCALE, Side::None)]
    );
    let positions = CsvOptions {
        columns: Some(
            [("ts_event", 2), ("price", 1)]
                .map(|(field, at)| (field.to_owned(), Column::Position(at)))
                .into(),
        ),
        time_unit: Some(TimeUnit::Us),
        time_from: Some(TimeFrom::Midnight),
        ..with_symbol(CsvOptions::default())
    };
    let outcome = read(&positions, b"7,2,more,fields\n", BUFFER);
    assert_eq!(outcome.events, [MarketData::trade(1, 2000, 7 * SCALE, NULL, Side::None)]);
    let outcome = read(&positions, b"7,86400000000\n", BUFFER);
    assert!(error(&outcome).message.contains("24 hours"));
}

#[test]
fn contradicting_options_are_refused_with_a_way_out() {
    let map = |field: &str, column| Some([(field.to_owned(), column)].into());
    for (options, message) in [
        (
            CsvOptions { columns: map("price", Column::Position(1)), ..preset(Preset::Plain) },
            "both `preset",
        ),
        (
            CsvOptions { columns: map("prize", Column::Position(1)), ..CsvOptions::default() },
            "`columns` has no field `prize`",
        ),
        (
            CsvOptions { columns: map("prize", Column::Name("x".into())), ..CsvOptions::default() },
            "`columns` has no field `prize`",
        ),
        (
            CsvOptions { columns: map("price", Column::Position(0)), ..CsvOptions::default() },
            "column 0",
        ),
        (CsvOptions { delimiter: Some('5'), ..CsvOptions::default() }, "`delimiter` cannot be"),
        (
            CsvOptions { price_scale: Some(0), ..CsvOptions::default() },
            "`price_scale` is out of range",
        ),
        (
            CsvOptions { header: Some(false), ..CsvOptions::default() },
            "`preset: plain` needs a header",
        ),
        (CsvOptions { nbbo: true, ..preset(Preset::LeanForexQuote) }, "`nbbo: true` needs"),
    ] {
        let error = Form::new(&options).expect_err(message);
        assert!(error.message.starts_with(message), "{}", error.message);
        assert!(!error.help.is_empty(), "{message}");
    }
}

#[test]
fn steps_back_in_time_are_counted() {
    let outcome =
        trades("3000,1,1,P,0,0\n1000,1,1,P,0,0\n2000,1,1,P,0,0\n2000,1,1,P,0,0\n1999,1,1,P,0,0\n");
    assert_eq!((outcome.report.events, outcome.report.out_of_order), (5, 2));
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let form = Form::new(&with_symbol(preset(Preset::LeanEquityTrade))).unwrap();
    let ground = Ground {
        instrument: 1,
        day: Day::time_of_day(),
        iso: Iso::new(zone("UTC").unwrap()),
        instruments: Instruments::new(),
    };
    let file = CsvFile::new("x.csv".into(), None, form, ground, OnBadRow::Stop);
    let mut file = file.in_memory(GOOD.repeat(200_000).into_bytes(), 4096).unwrap();
    let mut batch = Vec::with_capacity(500);
    let (mut events, mut most) = (0, 0);
    while file.read(&mut batch).unwrap() {
        events += batch.len();
        most = most.max(file.memory());
        batch.clear();
    }
    assert_eq!(events + batch.len(), 200_000);
    assert_eq!(most, 4096);
}

/// A row of a plain file, and what it must become.
fn row() -> impl Strategy<Value = (u64, String, i64, u32, bool)> {
    (
        0..u64::MAX / 2,
        prop_oneof!["[A-Z]{1,6}(\\.[A-Z]{2,4})?", "[a-z,\" é]{1,5}"],
        -1_000_000_000_000_000_i64..1_000_000_000_000_000,
        0..1_000_000_u32,
        any::<bool>(),
    )
}

/// The line that a file of that form must begin with.
fn header_of(preset: Preset) -> &'static [u8] {
    match preset {
        Preset::TardisTrades => b"symbol,timestamp,local_timestamp,id,side,price,amount\n",
        Preset::TardisQuotes => {
            b"symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\n"
        }
        Preset::TardisIncrementalBookL2 => {
            b"symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
        }
        _ => b"",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// What the `csv` crate writes and reads is read the same, whatever the buffer.
    #[test]
    fn agrees_with_the_csv_crate_across_buffer_boundaries(
        rows in prop::collection::vec(row(), 0..40),
        crlf in any::<bool>(),
        newline_at_end in any::<bool>(),
        buffer in 1_usize..200,
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
        writer.write_record(["ts_event", "symbol", "price", "size", "side"]).unwrap();
        for (time, symbol, price, size, buys) in &rows {
            let price = pitlane::event::fixed::Decimal(*price).to_string();
            let side = if *buys { "buy" } else { "sell" };
            writer.write_record([&time.to_string(), symbol, &price, &size.to_string(), side]).unwrap();
        }
        let mut text = writer.into_inner().unwrap();
        if !newline_at_end {
            while text.last().is_some_and(|b| b"\r\n".contains(b)) { text.pop(); }
        }
        let outcome = read(&preset(Preset::Plain), &text, buffer);
        prop_assert_eq!(outcome.error, None);
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let expected: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(outcome.events.len(), expected.len());
        for ((event, record), row) in outcome.events.iter().zip(&expected).zip(&rows) {
            prop_assert_eq!(event.header.ts_event, record[0].parse::<u64>().unwrap());
            let symbol = outcome.instruments.text(event.header.instrument).unwrap();
            prop_assert_eq!(&*symbol, &record[1]);
            let trade = event.as_trade().unwrap();
            prop_assert_eq!(trade.price(), row.2);
            prop_assert_eq!(trade.size(), record[3].parse::<i64>().unwrap() * SCALE);
            prop_assert_eq!(trade.aggressor(), if &record[4] == "buy" { Side::Bid } else { Side::Ask });
        }
    }

    /// Any bytes at all end in events or an error, never a panic; skipping always reaches the end.
    #[test]
    fn no_input_makes_it_panic(
        text in prop::collection::vec(prop_oneof![
            Just(b','), Just(b'\n'), Just(b'"'), Just(b'.'), Just(b'-'), Just(b'\r'), b'0'..=b'9', any::<u8>()
        ], 0..300),
        buffer in 1_usize..64,
    ) {
        for which in Preset::ALL {
            let options = CsvOptions { on_bad_row: OnBadRow::Skip, ..with_symbol(preset(which)) };
            let header = header_of(which);
            let outcome = read(&options, &[header, &text].concat(), buffer);
            let may_refuse = matches!(which, Preset::Plain | Preset::BinanceRaw | Preset::TardisBookSnapshot);
            prop_assert!(may_refuse || outcome.error.is_none(), "{:?}", outcome.error);
            read(&CsvOptions { on_bad_row: OnBadRow::Stop, ..options }, &text, buffer);
        }
    }
}
