//! CSV files, read and replayed.

use crate::counting::{Allocated, Counting};
use pitlane::Instruments;
use pitlane::topology::{Latency, Plan};
use pitlane_bench::{Prepared, Settings, rows, topologies};
use std::path::Path;

const FEW: u64 = 50_000;
const MANY: u64 = 400_000;

fn plan(instruments: &Instruments) -> Plan {
    let settings = Settings { digests: true, latency: Latency::OneIn(64), ..Settings::FUSED };
    let condition = r#"symbol == "IBM" and venue == "NYSE" and size >= 1"#;
    let mut plan = topologies::filtered_replay(condition, &settings);
    plan.instruments(instruments.clone());
    plan
}

fn read(
    counting: &Counting,
    name: &str,
    events: u64,
    write: impl Fn(&Path, &[u8]) -> std::io::Result<()>,
) -> Allocated {
    let folder = tempfile::tempdir().expect("a folder for the rows");
    let path = folder.path().join(name);
    write(&path, &rows::lean_trades(&Prepared::trades(events as usize)))
        .expect("room for the rows");
    let instruments = Instruments::new();
    let input = || rows::replay(rows::open_lean(&path, &instruments));
    counting.allocated(events, || plan(&instruments), input)
}

#[test]
fn rows_of_a_plain_file_allocate_nothing() {
    let counting = Counting::alone();
    let run = |count| {
        read(&counting, "20131007_trade.csv", count, |path, text| std::fs::write(path, text))
    };
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0));
    assert_eq!(few.whole_run, many.whole_run);
}

#[test]
fn rows_out_of_a_zip_allocate_nothing() {
    let counting = Counting::alone();
    let run = |count| read(&counting, "20131007_trade.zip", count, rows::write_zip);
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0));
    assert_eq!(few.whole_run, many.whole_run);
}

/// A market-by-order file of so many orders.
fn write_orders(path: &Path, orders: u64) {
    use dbn::encode::EncodeRecord;
    let metadata = dbn::Metadata::builder()
        .dataset("GLBX.MDP3")
        .schema(Some(dbn::Schema::Mbo))
        .start(1)
        .stype_in(Some(dbn::SType::RawSymbol))
        .stype_out(dbn::SType::InstrumentId)
        .build();
    let out = std::io::BufWriter::new(std::fs::File::create(path).expect("room for the orders"));
    let mut encoder = dbn::encode::DbnEncoder::new(out, &metadata).expect("good metadata");
    for at in 0..orders {
        let order = dbn::MboMsg {
            hd: dbn::RecordHeader::new::<dbn::MboMsg>(dbn::rtype::MBO, 1, (at % 5) as u32, at),
            action: b'A' as _,
            side: b'B' as _,
            ts_recv: at + 1,
            size: 1,
            price: 1,
            ..dbn::MboMsg::default()
        };
        encoder.encode_record(&order).expect("room for the orders");
    }
}

/// Allocations while a file is read to its end, and the bytes that took.
fn allocated_by(path: &Path) -> (usize, usize) {
    let (count, bytes) = (crate::counting::allocations(), crate::counting::bytes());
    let options = pitlane_feeds::OpenOptions::default();
    let opened = pitlane_feeds::open_file(path, &options, &Instruments::new());
    let mut source = opened.expect("a file");
    let mut batch = Vec::with_capacity(1024);
    while let Ok(true) = source.read(&mut batch) {
        batch.clear();
    }
    (crate::counting::allocations() - count, crate::counting::bytes() - bytes)
}

#[test]
fn memory_stays_flat_however_long_a_dbn_file_is() {
    let _counting = Counting::alone();
    let folder = tempfile::tempdir().expect("a folder for the orders");
    let path = folder.path().join("a.mbo.dbn");
    let run = |orders| {
        write_orders(&path, orders);
        let tries = (0..3).map(|_| allocated_by(&path));
        tries.min().expect("more than no tries")
    };
    assert_eq!(run(FEW), run(MANY));
}

#[test]
fn a_header_that_states_a_gigabyte_takes_none() {
    let _counting = Counting::alone();
    let folder = tempfile::tempdir().expect("a folder for the header");
    let path = folder.path().join("a.dbn");
    let mut text = b"DBN\x03".to_vec();
    text.extend((1_u32 << 30).to_le_bytes());
    text.extend([0; 100]);
    std::fs::write(&path, text).expect("room for the header");
    let (_, bytes) = (0..3).map(|_| allocated_by(&path)).min().expect("more than no tries");
    assert!(bytes < 1 << 20, "{bytes} bytes");
}
