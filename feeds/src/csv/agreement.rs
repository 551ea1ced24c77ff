//! Both ways of reading rows give the same: by their marks, as far as that goes, and by lines alone.
//!
//! Rows are made as each form has them, then a few characters are changed, put in or taken out; events,
//! instruments, errors with their places, counts and samples must be equal, whatever buffer and batch.

use super::file::CsvFile;
use super::files;
use super::options::{Column, CsvOptions, OnBadRow, TimeFrom, TimeUnit};
use super::preset::Preset;
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use proptest::prelude::*;

/// All that a file gives.
#[derive(Debug, PartialEq)]
struct Outcome {
    events: Vec<MarketData>,
    error: Option<SourceError>,
    report: SourceReport,
    /// Symbols in the order in which they came into the process.
    symbols: Vec<String>,
}

fn read(options: &CsvOptions, text: &[u8], sizes: (usize, usize), by_lines: bool) -> Outcome {
    let (buffer, batch) = sizes;
    let instruments = Instruments::new();
    let file = files::in_memory(options, &instruments).expect("sound options");
    let mut outcome =
        Outcome { events: Vec::new(), error: None, report: <_>::default(), symbols: Vec::new() };
    let mut file: CsvFile = match file.in_memory(text.to_vec(), buffer) {
        Ok(file) if by_lines => file.by_lines(),
        Ok(file) => file,
        Err(error) => return Outcome { error: Some(error), ..outcome },
    };
    let mut room = Vec::with_capacity(batch);
    loop {
        let more = file.read(&mut room);
        outcome.events.append(&mut room);
        room.reserve_exact(batch);
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
    let names = (1..).map_while(|id| instruments.text(id));
    outcome.symbols = names.map(|name| name.to_string()).collect();
    outcome
}

/// Forms: options, header, and how fields of a row are made.
fn forms() -> Vec<(CsvOptions, &'static str, &'static str)> {
    let of = |preset| CsvOptions {
        preset: Some(preset),
        symbol: Some("A".into()),
        date: Some("2014-03-09".into()),
        ..CsvOptions::default()
    };
    let named = |preset| CsvOptions { symbol: None, ..of(preset) };
    let mapped = CsvOptions {
        columns: Some(
            [("ts_event", 2), ("price", 1), ("size", 4), ("side", 3)]
                .map(|(field, at)| (field.to_owned(), Column::Position(at)))
                .into(),
        ),
        delimiter: Some(';'),
        time_unit: Some(TimeUnit::S),
        time_from: Some(TimeFrom::Midnight),
        symbol: Some("A".into()),
        ..CsvOptions::default()
    };
    vec![
        (of(Preset::LeanEquityTrade), "", "m,w,w,x,x,x"),
        (
            CsvOptions { date: Some("2014-03-10".into()), ..of(Preset::LeanEquityTrade) },
            "",
            "m,w,w,x,x,x",
        ),
        (CsvOptions { nbbo: true, ..of(Preset::LeanEquityQuote) }, "", "m,w,w,w,w,x,x,x"),
        (of(Preset::LeanForexQuote), "", "m,d,d"),
        (of(Preset::BinanceAggTrades), "", "w,d,d,w,w,e,b,b"),
        (of(Preset::BinanceBookTicker), "", "w,d,d,d,d,e,e"),
        (
            named(Preset::TardisTrades),
            "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n",
            "x,y,u,u,x,s,d,d",
        ),
        (
            named(Preset::TardisIncrementalBookL2),
            "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n",
            "x,y,u,u,b,s,d,d",
        ),
        (
            named(Preset::Plain),
            "ts_event,symbol,kind,side,price,size,bid_price,ask_price,order_id,venue_sequence,flags,ts_recv\n",
            "t,y,k,s,d,d,d,d,w,w,f,t",
        ),
        (named(Preset::Plain), "symbol,price,ts_recv,buyer_is_maker,side\n", "y,d,t,b,s"),
        (mapped, "", "d;m;s;w;x"),
    ]
}

/// A field of a kind, by some random bits.
fn field(kind: char, bits: u64) -> String {
    let of = |words: &[&str]| words[bits as usize % words.len()].to_owned();
    let whole = bits % 10_u64.pow((bits >> 40) as u32 % 12);
    match kind {
        'm' => (bits % 86_500_000).to_string(),
        'u' => (1_585_699_200_245_000 + bits % 1_000_000_000).to_string(),
        'e' if bits.is_multiple_of(3) => (1_723_075_200_037_000 + bits % 1000).to_string(),
        'e' => (1_723_075_200_037 + bits % 1000).to_string(),
        't' if bits.is_multiple_of(5) => format!("2024-01-02T10:00:00.{:03}Z", bits % 1000),
        't' => (1_704_186_000_000_000_000 + bits % 1_000_000_000).to_string(),
        'w' => whole.to_string(),
        'd' if bits.is_multiple_of(7) => of(&["-1.5", "1e-3", "+2", ".5", "7.", "", "0", "00.10"]),
        'd' => format!("{whole}.{}", (bits >> 20) % 10_u64.pow((bits >> 50) as u32 % 10 + 1)),
        'b' => of(&["true", "false", "1", "TRUE", "", "False"]),
        's' => of(&["bid", "ask", "buy", "sell", "Sell", "b", "none", ""]),
        'k' => of(&["trade", "quote", "add", "modify", "cancel", "clear", "", "trade"]),
        'y' => {
            of(&["BTC-PERPETUAL", "A", "ETHUSDT", "AN-INSTRUMENT-OF-A-LONG-NAME", "BB", "CCC", ""])
        }
        'f' => (bits % 300).to_string(),
        _ => of(&["P", "deribit", "", "20002020", "0"]),
    }
}

fn row(form: &str, bits: &[u64]) -> String {
    let kinds = form.chars().enumerate();
    kinds
        .map(|(at, kind)| match kind {
            ',' | ';' => kind.to_string(),
            kind => field(kind, bits[at % bits.len()].rotate_left(at as u32)),
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn rows_by_marks_are_rows_by_lines(
        which in 0..forms().len(),
        rows in prop::collection::vec(prop::collection::vec(any::<u64>(), 1..12), 0..30),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..4_u8, prop::sample::select(b",;\"\r\n.-+e 059x\xff\0".to_vec())),
            0..3,
        ),
        crlf in any::<bool>(),
        skip in any::<bool>(),
        sizes in (1_usize..300, 1_usize..9),
    ) {
        let (options, header, form) = forms().swap_remove(which);
        let end = if crlf { "\r\n" } else { "\n" };
        let lines: Vec<String> = rows.iter().map(|bits| row(form, bits) + end).collect();
        let mut text = lines.concat().into_bytes();
        for (at, what, by) in edits.into_iter().filter(|_| !rows.is_empty()) {
            let at = at.index(text.len());
            match what {
                0 => text[at] = by,
                1 => text.insert(at, by),
                2 => text.truncate(at + 1),
                _ => drop(text.remove(at)),
            }
            if text.is_empty() {
                break;
            }
        }
        let text = [header.as_bytes(), &text].concat();
        let on_bad_row = if skip { OnBadRow::Skip } else { OnBadRow::Stop };
        let options = CsvOptions { on_bad_row, ..options };
        let by_marks = read(&options, &text, sizes, false);
        prop_assert_eq!(by_marks, read(&options, &text, sizes, true), "{}", String::from_utf8_lossy(&text));
    }
}
