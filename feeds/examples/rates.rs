//! Measures readers against the crates that others use, in one run.
//!
//! `cargo run --release -p pitlane-feeds --example rates [-- RECORDS [NAME...]]`; names are `dbn`, `csv` or
//! parts of what is printed
//!
//! * DBN, market by order, plain and zstd: records to events, against the `dbn` crate's decoder, which
//!   hands out references to records.
//! * CSV, Lean's and Binance's trades and Tardis's levels: rows to events, against a loop over the
//!   `csv` crate's `ByteRecord` that parses the same fields with the standard library.
//!
//! Rounds are interleaved; what is printed are medians, and the median of the rounds' ratios. Times are
//! those that the thread was on its core, reading the file included; both sides use one thread.

use dbn::decode::{DbnDecoder, DecodeRecordRef};
use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{FlagSet, MappingInterval, MboMsg, Metadata, SType, Schema, SymbolMapping};
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane_feeds::{OpenOptions, Preset, open_file};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Records or rows in each file.
const RECORDS: u64 = 3_000_000;

const ROUNDS: usize = 7;

/// First time, ns since 1970.
const START: u64 = 1_704_186_000_000_000_000;

/// A small generator, the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// Time that this thread was on a core, s.
fn on_core() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn seconds(run: impl FnOnce()) -> f64 {
    let start = on_core();
    run();
    on_core() - start
}

/// Whether a comparison is asked for.
fn is_wanted(what: &str) -> bool {
    let names: Vec<String> = std::env::args().skip(2).collect();
    names.is_empty() || names.iter().any(|name| what.contains(name.as_str()))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Runs both in turns and prints their rates.
fn compare(what: &str, records: u64, ours: impl Fn() -> u64, theirs: impl Fn() -> u64) {
    if !is_wanted(what) {
        return;
    }
    assert_eq!(ours(), records, "{what}: ours");
    assert_eq!(theirs(), records, "{what}: theirs");
    let (mut our_times, mut their_times, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let our_time = seconds(|| _ = black_box(ours()));
        let their_time = seconds(|| _ = black_box(theirs()));
        our_times.push(our_time);
        their_times.push(their_time);
        ratios.push(their_time / our_time);
    }
    let rate = |times| records as f64 / median(times) / 1e6;
    let (ours, theirs, ratio) = (rate(our_times), rate(their_times), median(ratios));
    println!("{what:<28} {ours:>8.1} M/s   peer {theirs:>8.1} M/s   x {ratio:.2}");
}

fn read(path: &Path, options: &OpenOptions) -> u64 {
    let mut source = open_file(path, options, &Instruments::new()).expect("written above");
    let mut batch: Vec<MarketData> = Vec::with_capacity(1024);
    let mut events = 0;
    loop {
        let more = source.read(&mut batch).expect("good data");
        events += black_box(&batch).len() as u64;
        batch.clear();
        if !more {
            return events;
        }
    }
}

fn metadata() -> Metadata {
    let date =
        |day| time::Date::from_calendar_date(2024, time::Month::January, day).expect("a day");
    let mappings = (0..8).map(|id: u32| SymbolMapping {
        raw_symbol: format!("ES{id}"),
        intervals: vec![MappingInterval {
            start_date: date(1),
            end_date: date(31),
            symbol: id.to_string(),
        }],
    });
    Metadata::builder()
        .dataset("GLBX.MDP3")
        .schema(Some(Schema::Mbo))
        .start(START)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .mappings(mappings.collect())
        .build()
}

/// Orders that come, change and go, in eight books.
fn write_mbo(path: &Path, records: u64, out: impl Write) {
    let mut encoder = DbnEncoder::new(out, &metadata()).expect("room on the disk");
    let mut numbers = Numbers(7);
    for at in 0..records {
        let ts_event = START + at * 1_000 + numbers.below(1_000);
        let record = MboMsg {
            hd: dbn::RecordHeader::new::<MboMsg>(
                dbn::rtype::MBO,
                1,
                numbers.below(8) as u32,
                ts_event,
            ),
            order_id: numbers.below(1 << 40),
            price: 4_500_000_000_000 + 250_000_000 * numbers.below(400) as i64,
            size: numbers.below(100) as u32,
            flags: FlagSet::from(if numbers.below(3) == 0 { 0 } else { 128 }),
            channel_id: 0,
            action: b"ACMTF"[numbers.below(5) as usize] as _,
            side: b"AB"[numbers.below(2) as usize] as _,
            ts_recv: ts_event + 10_000,
            ts_in_delta: 100,
            sequence: at as u32,
        };
        encoder.encode_record(&record).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
}

fn dbn_plain(path: &Path) -> u64 {
    let mut decoder = DbnDecoder::from_file(path).expect("written above");
    let mut records = 0;
    while let Some(record) = decoder.decode_record_ref().expect("good data") {
        black_box(record);
        records += 1;
    }
    records
}

fn dbn_zstd(path: &Path) -> u64 {
    let mut decoder = DbnDecoder::from_zstd_file(path).expect("written above");
    let mut records = 0;
    while let Some(record) = decoder.decode_record_ref().expect("good data") {
        black_box(record);
        records += 1;
    }
    records
}

/// What the fields of a row are read as by the peer.
#[derive(Clone, Copy)]
enum Field {
    Whole(usize),
    Decimal(usize),
    Text(usize),
}

fn csv_rows(path: &Path, header: bool, fields: &[Field]) -> u64 {
    let file = File::open(path).expect("written above");
    let mut reader = csv::ReaderBuilder::new().has_headers(header).from_reader(file);
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record).expect("good data") {
        for field in fields {
            let text = |at: usize| std::str::from_utf8(&record[at]).expect("text");
            match *field {
                Field::Whole(at) => _ = black_box(text(at).parse::<u64>().expect("a number")),
                Field::Decimal(at) => _ = black_box(text(at).parse::<f64>().expect("a number")),
                Field::Text(at) => _ = black_box(text(at)),
            }
        }
        rows += 1;
    }
    rows
}

fn create(path: &Path) -> BufWriter<File> {
    BufWriter::new(File::create(path).expect("room on the disk"))
}

fn write_rows(
    path: &Path,
    header: &str,
    rows: u64,
    mut row: impl FnMut(u64, &mut Numbers) -> String,
) {
    let mut out = create(path);
    let mut numbers = Numbers(11);
    write!(out, "{header}").expect("room on the disk");
    for at in 0..rows {
        out.write_all(row(at, &mut numbers).as_bytes()).expect("room on the disk");
    }
    out.flush().expect("room on the disk");
}

fn compare_csv(folder: &Path, rows: u64) {
    use Field::{Decimal, Text, Whole};
    let options = |preset| OpenOptions {
        preset: Some(preset),
        symbol: Some("A".into()),
        date: Some("2024-01-02".into()),
        ..OpenOptions::default()
    };
    let path = folder.join("lean.csv");
    write_rows(&path, "", rows, |at, n| {
        format!("{},{},{},P,20002020,0\n", at / 50, 1_800_000 + n.below(9_999), 100 + n.below(900))
    });
    let ours = || read(&path, &options(Preset::LeanEquityTrade));
    compare("csv, Lean trades", rows, ours, || {
        csv_rows(&path, false, &[Whole(0), Whole(1), Whole(2)])
    });

    let path = folder.join("binance.csv");
    write_rows(&path, "", rows, |at, n| {
        let (price, size, maker) = (n.below(9_999), n.below(9_999), n.below(2) == 0);
        let time = 1_723_075_200_037 + at / 20;
        format!("{at},61{price:04}.{},0.{size:04},{at},{at},{time},{maker}\n", price % 10)
    });
    let ours = || read(&path, &options(Preset::BinanceAggTrades));
    let fields = [Whole(0), Decimal(1), Decimal(2), Whole(5), Text(6)];
    compare("csv, Binance aggTrades", rows, ours, || csv_rows(&path, false, &fields));

    let path = folder.join("tardis.csv");
    let header = "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n";
    write_rows(&path, header, rows, |at, n| {
        let (time, side) = (1_585_699_200_245_000 + at * 30, ["bid", "ask"][n.below(2) as usize]);
        let (price, amount) = (6_400 + n.below(50), n.below(9_999));
        format!("deribit,BTC-PERPETUAL,{time},{},false,{side},{price}.5,{amount}\n", time + 900)
    });
    let ours = || read(&path, &options(Preset::TardisIncrementalBookL2));
    let fields = [Text(1), Whole(2), Whole(3), Text(4), Text(5), Decimal(6), Decimal(7)];
    compare("csv, Tardis levels", rows, ours, || csv_rows(&path, true, &fields));
}

fn main() {
    let records = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(RECORDS);
    let folder: PathBuf =
        std::env::temp_dir().join(format!("pitlane-rates-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    let (plain, packed) = (folder.join("a.mbo.dbn"), folder.join("a.mbo.dbn.zst"));
    if is_wanted("dbn, mbo, zstd") {
        write_mbo(&plain, records, create(&plain));
        let zstd = zstd::Encoder::new(create(&packed), 0).expect("an encoder");
        write_mbo(&packed, records, zstd.auto_finish());
    }
    let any = OpenOptions::default();
    compare("dbn, mbo", records, || read(&plain, &any), || dbn_plain(&plain));
    compare("dbn, mbo, zstd", records, || read(&packed, &any), || dbn_zstd(&packed));
    compare_csv(&folder, records);
    std::fs::remove_dir_all(&folder).expect("its own folder");
}
