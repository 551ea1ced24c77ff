//! Files on disk: packings, several files, names, registered formats, damage.

mod common;

use common::{read_all, read_good};
use pitlane::Instruments;
use pitlane::event::fixed::{NULL, SCALE};
use pitlane::event::{MarketData, MarketDataKind as Kind, Side};
use pitlane::registry::{Context, Registry};
use pitlane::source::{Source, SourceError};
use pitlane_feeds::{
    EventWriter, GenerateOptions, OpenOptions, Preset, ReadAhead, Session, guess_preset,
    merge_time, open_file, register, write_csv,
};
use std::io::Write;
use std::path::Path;

fn make(
    format: &str,
    options: serde_json::Value,
    base: &Path,
) -> Result<(Box<dyn Source>, Instruments), String> {
    let mut registry = Registry::new();
    register(&mut registry);
    let context = Context { base: base.to_owned(), ..Context::default() };
    let mut deserializer = <dyn erased_serde::Deserializer>::erase(options);
    let source = registry.formats()[format].make(&mut deserializer, &context);
    source.map(|source| (source, context.instruments)).map_err(|error| error.to_string())
}

fn session(events: u64, instruments: &Instruments) -> Session {
    let options = GenerateOptions { events, ..GenerateOptions::default() };
    Session::new(&options, instruments).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zip_of(path: &Path, entries: &[(&str, &str)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, text) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

const HEADER: &str = "ts_event,symbol,price,size\n";

#[test]
fn what_is_written_in_any_packing_is_read_back_event_by_event() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.csv", "a.csv.gz", "a.csv.zst", "a.zip"] {
        let path = folder.path().join(name);
        let instruments = Instruments::new();
        assert_eq!(write_csv(&path, &mut session(5000, &instruments), &instruments), Ok(5000));
        let mut source = open_file(&path, &OpenOptions::default(), &instruments).unwrap();
        let total = std::fs::metadata(&path).unwrap().len();
        assert_eq!(source.report().bytes_total, total);
        assert_eq!(read_good(&mut *source), read_good(&mut session(5000, &instruments)), "{name}");
        assert_eq!(source.report().bytes_read, total, "{name}");
    }
}

#[test]
fn members_and_frames_in_a_row_are_one_text() {
    let folder = tempfile::tempdir().unwrap();
    let parts = [HEADER, "1,A,1,1\n2,A,", "1,1\n"];
    let gz = folder.path().join("a.gz");
    std::fs::write(&gz, parts.map(|part| gzip(part.as_bytes())).concat()).unwrap();
    let zst = folder.path().join("a.zst");
    let frames = parts.map(|part| zstd::encode_all(part.as_bytes(), 0).unwrap());
    std::fs::write(&zst, frames.concat()).unwrap();
    for path in [gz, zst] {
        let mut source = open_file(&path, &OpenOptions::default(), &Instruments::new()).unwrap();
        assert_eq!(read_good(&mut *source).len(), 2, "{}", path.display());
    }
}

#[test]
fn damaged_packing_is_an_error_after_the_good_rows() {
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..50_000).map(|n| format!("{n},A,{},{}\n", n % 977, n % 13)).collect();
    let text = format!("{HEADER}{text}");
    let zip = folder.path().join("whole.zip");
    zip_of(&zip, &[("a.csv", &text)]);
    let mut torn_zip = std::fs::read(&zip).unwrap();
    let middle = torn_zip.len() / 2;
    torn_zip[middle] ^= 0x55;
    let gz = gzip(text.as_bytes());
    let zst = zstd::encode_all(text.as_bytes(), 0).unwrap();
    for (name, bytes) in [
        ("cut.gz", gz[..gz.len() / 2].to_vec()),
        ("cut.zst", zst[..zst.len() / 2].to_vec()),
        ("flipped.zip", torn_zip),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let options = OpenOptions { preset: Some(Preset::Plain), ..OpenOptions::default() };
        let mut source = open_file(&path, &options, &Instruments::new()).unwrap();
        let (events, error) = read_all(&mut *source);
        let error = error.expect(name);
        assert_eq!(error.path.as_deref(), Some(path.as_path()));
        // A flipped bit may also end in a row that is no row.
        assert!(error.message.contains("damaged or cut off after") || error.line > 1, "{error}");
        assert!(events.len() < 50_000, "{name}");
        assert_eq!(read_all(&mut *source), (vec![], None), "nothing comes after an error");
    }
}

#[test]
fn files_that_cannot_be_read_are_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("a.gz", b"1,2,3\n");
    write("a.xz", b"\xfd7zXZ\0\0\0");
    write("a.csv", b"\xff\xfet\0s\0");
    write("empty.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    zip_of(&folder.path().join("two.zip"), &[("b.csv", "1"), ("a.csv", "1"), ("read.me", "")]);
    for (name, message, help) in [
        ("missing.csv", "cannot be read", "check the path"),
        (".", "this is a folder", "name a file"),
        ("a.gz", "ends in .gz, but", "copied whole"),
        ("a.xz", "packed with xz", ".zst"),
        ("a.csv", "UTF-16", "UTF-8"),
        ("empty.zip", "holds no CSV", ""),
        ("two.zip", "holds 2 CSV files", "a.csv, b.csv"),
    ] {
        let options =
            OpenOptions { preset: Some(Preset::LeanForexQuote), ..OpenOptions::default() };
        let path = folder.path().join(name);
        let error: SourceError = match open_file(&path, &options, &Instruments::new()) {
            Err(error) => error,
            Ok(mut source) => read_all(&mut *source).1.expect(name),
        };
        assert!(error.message.contains(message), "{name}: {}", error.message);
        assert!(error.help.contains(help), "{name}: {}", error.help);
    }
}

#[test]
fn several_days_and_symbols_are_merged_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("20131007_ibm", "1000,10000,1,P,0,0\n3000,10000,2,P,0,0\n"),
        ("20131007_aapl", "2000,10000,3,P,0,0\n3000,10000,4,P,0,0\n"),
        ("20131008_ibm", "1000,10000,5,P,0,0\n"),
        ("20131008_aapl", "500,10000,6,P,0,0\n"),
    ] {
        std::fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
    }
    let options = serde_json::json!({
        "preset": "lean-equity-trade", "path": "{date}_{ticker}.csv",
        "dates": ["20131007", "20131008"], "symbols": ["IBM.NYSE", "AAPL.NASDAQ"],
    });
    let (mut source, instruments) = make("csv", options, folder.path()).unwrap();
    let events = read_good(&mut *source);
    let sizes: Vec<i64> = events.iter().map(|e| e.as_trade().unwrap().size() / SCALE).collect();
    assert_eq!(sizes, [1, 3, 2, 4, 6, 5]);
    assert!(events.windows(2).all(|w| merge_time(&w[0]) <= merge_time(&w[1])));
    assert_eq!(instruments.text(events[0].header.instrument).as_deref(), Some("IBM.NYSE"));
    let files = serde_json::json!({
        "preset": "lean-equity-trade",
        "files": [
            { "path": "20131008_ibm.csv", "symbol": "ON", "date": "2013-10-08" },
            { "path": "20131007_ibm.csv", "symbol": "TRUE", "date": "2013-10-07" },
        ],
    });
    let (mut source, _) = make("csv", files, folder.path()).unwrap();
    let sizes = read_good(&mut *source)
        .iter()
        .map(|e| e.as_trade().unwrap().size() / SCALE)
        .collect::<Vec<_>>();
    assert_eq!(sizes, [1, 2, 5]);
}

#[test]
fn leans_own_file_names_say_symbol_and_date() {
    let folder = tempfile::tempdir().unwrap();
    let ibm = folder.path().join("ibm");
    std::fs::create_dir(&ibm).unwrap();
    zip_of(&ibm.join("20131007_trade.zip"), &[("x.csv", "34200000,10000,1,P,0,0")]);
    let options =
        serde_json::json!({ "preset": "lean-equity-trade", "path": "ibm/20131007_trade.zip" });
    let (mut source, instruments) = make("csv", options, folder.path()).unwrap();
    let events = read_good(&mut *source);
    // 2013-10-07T13:30:00Z
    let expected = MarketData::trade(1, 1_381_152_600_000_000_000, SCALE, SCALE, Side::None);
    assert_eq!(events, [expected]);
    assert_eq!(instruments.text(1).as_deref(), Some("IBM"));
}

#[test]
fn options_that_will_not_do_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "").unwrap();
    for (options, message) in [
        (serde_json::json!({ "preset": "lean-forex-quote", "path": "a.csv" }), "set `symbol`"),
        (serde_json::json!({ "path": "b.csv" }), "cannot be read"),
        (serde_json::json!({}), "no file is named"),
        (serde_json::json!({ "path": "a.csv", "paths": ["a.csv"] }), "files are named twice"),
        (serde_json::json!({ "path": "{date}.csv" }), "`dates` is not given"),
        (serde_json::json!({ "path": "a.csv", "dates": ["2013-10-07"] }), "no path has `{date}`"),
        (
            serde_json::json!({ "path": "a.csv", "symbol": "A", "date": "7.10.2013" }),
            "is not a date",
        ),
        (serde_json::json!({ "path": "a.csv", "zone": "Mars" }), "no time zone `Mars`"),
        (serde_json::json!({ "path": "a.csv", "utc_offset": "x" }), "`utc_offset` cannot be"),
        (
            serde_json::json!({ "path": "a.csv", "zone": "UTC", "utc_offset": -5 }),
            "both `utc_offset`",
        ),
        (serde_json::json!({ "path": "a.csv", "pat": 1 }), "unknown field `pat`"),
        (serde_json::json!({ "preset": "lean", "path": "a.csv" }), "unknown variant `lean`"),
    ] {
        let error = make("csv", options.clone(), folder.path()).err().unwrap_or_default();
        assert!(error.contains(message), "{options}: {error}");
    }
    let error = make("generate", serde_json::json!({ "tick": 0 }), folder.path()).err().unwrap();
    assert!(error.contains("`tick`"), "{error}");
    let numbers = serde_json::json!({ "tick": 0.05, "price": 50, "rate": "2.5", "events": 10 });
    let (mut source, _) = make("generate", numbers, folder.path()).unwrap();
    assert_eq!(read_good(&mut *source).len(), 10);
}

#[test]
fn presets_are_guessed_from_the_first_line_only_where_it_is_clear() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, preset) in [
        ("a.csv", "\u{feff}symbol,ts_event,price,extra\n", Some(Preset::Plain)),
        ("b_trade.csv", "1,2,3,P,0,0\n", Some(Preset::LeanEquityTrade)),
        ("b_quote.csv", "1,2,3,0,0,P,0,0\n", Some(Preset::LeanEquityQuote)),
        ("c.csv", "1,1.2,1.3\r\n", Some(Preset::LeanForexQuote)),
        ("d_quote.csv", "1,2,3,P,0,0\n", None),
        ("e.csv", "hello\n", None),
        ("f.csv", "", None),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        assert_eq!(guess_preset(&path).ok(), preset, "{name}");
    }
}

#[test]
fn reading_ahead_changes_nothing_and_ends() {
    let instruments = Instruments::new();
    let expected = read_good(&mut session(50_000, &instruments));
    let mut ahead = ReadAhead::new(Box::new(session(50_000, &instruments)));
    assert_eq!(read_good(&mut ahead), expected);
    assert_eq!(ahead.report().events, 50_000);
    let mut dropped = ReadAhead::new(Box::new(session(u64::MAX, &instruments)));
    dropped.read(&mut Vec::with_capacity(1)).unwrap();
    drop(dropped);
}

#[test]
fn events_of_every_kind_are_written_and_read_back() {
    let instruments = Instruments::new();
    let odd = instruments.intern("A,\"B\".X");
    let mut events = vec![
        MarketData::trade(odd, 0, -SCALE, NULL, Side::None),
        MarketData::trade(odd, 5, SCALE, SCALE / 3, Side::Ask).with_venue_sequence(u64::MAX),
        MarketData::quote(odd, 6, (NULL, NULL), (NULL, NULL)),
        MarketData::quote(odd, 7, (i64::MAX - 1, 1), (0, NULL)),
    ];
    for kind in [Kind::Add, Kind::Modify, Kind::Cancel, Kind::Fill] {
        let change = MarketData::book(kind, odd, 8, Side::Bid, (SCALE, SCALE), u64::MAX);
        events.push(change.with_venue_sequence(3));
    }
    events.push(MarketData::book(Kind::Clear, odd, 9, Side::None, (0, 0), 0));
    for event in &mut events[1..] {
        event.header.ts_recv = 10;
        event.header.flags |= 0b1010_1000;
    }
    let mut writer = EventWriter::new(Vec::new(), &instruments);
    events.iter().for_each(|event| writer.write(event).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.csv");
    std::fs::write(&path, writer.finish().unwrap()).unwrap();
    let mut source = open_file(&path, &OpenOptions::default(), &instruments).unwrap();
    assert_eq!(read_good(&mut *source), events);
}

#[test]
fn every_option_is_described_with_its_type_in_the_schema() {
    let mut registry = Registry::new();
    register(&mut registry);
    for format in registry.formats().values() {
        let schema = format.schema(&mut schemars::SchemaGenerator::default());
        let options = schema.as_value()["properties"].as_object().expect("options");
        assert!(options.len() >= 9);
        for (name, option) in options {
            assert!(option["description"].is_string(), "{name}: {option}");
        }
    }
}
