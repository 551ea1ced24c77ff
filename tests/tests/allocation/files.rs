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
