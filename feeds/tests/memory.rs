//! Memory stays flat however long the input is.
//!
//! ```text
//!  a short file --> peak of the process's memory
//!  one 20 times as long --> the same peak, within 2 MiB; each is tens of MiB of text
//! ```
//!
//! A binary of its own with one test, since the peak is the process's: whatever holds memory counts,
//! decompressors in C included. The last part shows that the measure sees what it should.
#![cfg(target_os = "linux")]

use dbn::encode::{DbnEncoder, EncodeRecord};
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane_feeds::{GenerateOptions, OpenOptions, Session, open_file, write_csv};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

const FEW: u64 = 20_000;
const MANY: u64 = 400_000;

/// What allocators may keep for themselves, KiB.
const SLACK: u64 = 2 << 10;

/// The highest memory of the process since it was last reset, KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux has it");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number of KiB")
}

fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("a process may reset its own peak");
}

/// Reads a file to its end and hands its batches out; gives the peak meanwhile.
fn peak_of(path: &Path, events: u64, mut each: impl FnMut(&[MarketData])) -> u64 {
    reset_peak();
    let opened = open_file(path, &OpenOptions::default(), &Instruments::new());
    let mut source = opened.expect("written above");
    let mut batch = Vec::with_capacity(1024);
    let mut count = 0;
    loop {
        let more = source.read(&mut batch).expect("it is good");
        count += batch.len() as u64;
        each(&batch);
        batch.clear();
        if !more {
            assert_eq!(count, events, "{}", path.display());
            return peak();
        }
    }
}

fn write_session(path: &Path, events: u64) {
    let instruments = Instruments::new();
    let options = GenerateOptions { events, ..GenerateOptions::default() };
    let mut session = Session::new(&options, &instruments).expect("sound options");
    write_csv(path, &mut session, &instruments).expect("room on the disk");
}

/// A file that is packed as its name says.
fn create(path: &Path) -> Box<dyn Write> {
    let file = BufWriter::new(File::create(path).expect("room on the disk"));
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => Box::new(flate2::write::GzEncoder::new(file, flate2::Compression::fast())),
        Some("zst") => Box::new(zstd::Encoder::new(file, 1).expect("an encoder").auto_finish()),
        _ => Box::new(file),
    }
}

fn write_orders(path: &Path, events: u64) {
    let metadata = dbn::Metadata::builder()
        .dataset("GLBX.MDP3")
        .schema(Some(dbn::Schema::Mbo))
        .start(1)
        .stype_in(Some(dbn::SType::RawSymbol))
        .stype_out(dbn::SType::InstrumentId)
        .build();
    let mut encoder = DbnEncoder::new(create(path), &metadata).expect("room on the disk");
    for at in 0..events {
        let order = dbn::MboMsg {
            hd: dbn::RecordHeader::new::<dbn::MboMsg>(dbn::rtype::MBO, 1, (at % 5) as u32, at),
            order_id: at,
            action: b'A' as _,
            side: b'B' as _,
            ts_recv: at + 1,
            size: 1,
            price: at as i64,
            ..dbn::MboMsg::default()
        };
        encoder.encode_record(&order).expect("room on the disk");
    }
}

/// Updates of two levels each, and a snapshot now and then.
fn write_capture(path: &Path, events: u64) {
    let mut out = create(path);
    for at in 0..events / 2 {
        let (time, before) = (1_700_000_000_000_000_000 + at, at + 99);
        let update = at + 100;
        writeln!(
            out,
            r#"{time} {{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":{update},"u":{update},"pu":{before},"b":[["{at}.5","1"]],"a":[["{at}.6","0.001"]]}}}}"#
        )
        .expect("room on the disk");
    }
    out.flush().expect("room on the disk");
}

/// Writes a file of so many events.
type WriteFile = fn(&Path, u64);

const FILES: [(&str, WriteFile); 8] = [
    ("a.csv", write_session),
    ("a.csv.gz", write_session),
    ("a.csv.zst", write_session),
    ("a.zip", write_session),
    ("a.mbo.dbn", write_orders),
    ("a.mbo.dbn.zst", write_orders),
    ("capture", write_capture),
    ("capture.gz", write_capture),
];

#[test]
fn a_file_of_any_length_takes_the_same_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let (few, many) = (folder.path().join("few"), folder.path().join("many"));
    for (part, events) in [(&few, FEW), (&many, MANY)] {
        std::fs::create_dir(part).expect("room on the disk");
        FILES.iter().for_each(|(name, write)| write(&part.join(name), events));
    }
    for (name, _) in FILES {
        let short = peak_of(&few.join(name), FEW, |_| {});
        let long = peak_of(&many.join(name), MANY, |_| {});
        assert!(long <= short + SLACK, "{name}: {short} KiB, then {long} KiB");
    }
    let short = peak_of(&few.join("a.csv"), FEW, |_| {});
    let mut kept = Vec::new();
    let long = peak_of(&many.join("a.csv"), MANY, |batch| kept.extend_from_slice(batch));
    assert!(long > short + 8 * SLACK, "what is kept is seen: {short} KiB, then {long} KiB");
}
