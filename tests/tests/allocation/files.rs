//! CSV files, read and replayed.

use crate::counting::{Allocated, allocated};
use pitlane::Instruments;
use pitlane::topology::{Latency, Plan};
use pitlane_bench::{FEED, Prepared, Settings, topologies};
use pitlane_feeds::{OpenOptions, Preset, Replay, ReplayOptions, open_file};
use std::io::Write;
use std::path::Path;

const FEW: u64 = 50_000;
const MANY: u64 = 400_000;

/// Rows as Lean's trade files have them.
fn lean_trades(rows: u64) -> Vec<u8> {
    let mut text = Vec::new();
    for (row, slot) in Prepared::trades(rows as usize).events().iter().enumerate() {
        let event: &pitlane::event::MarketData = slot.view();
        let price = event.as_trade().expect("trades only").price() / 100_000;
        writeln!(text, "{},{price},100,P,20002020,0", 34_200_000 + row / 20).expect("to memory");
    }
    text
}

fn write_zip(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path)?);
    zip.start_file("ticks.csv", zip::write::SimpleFileOptions::default())?;
    zip.write_all(text)?;
    zip.finish()?;
    Ok(())
}

fn replay_of(path: &Path, instruments: &Instruments) -> Replay {
    let options = OpenOptions {
        preset: Some(Preset::LeanEquityTrade),
        date: Some("2013-10-07".into()),
        symbol: Some("IBM.NYSE".into()),
        ..OpenOptions::default()
    };
    let source = open_file(path, &options, instruments).expect("written above");
    Replay::new(vec![(FEED.into(), source)], ReplayOptions::default())
}

fn plan(instruments: &Instruments) -> Plan {
    let settings = Settings { digests: true, latency: Latency::OneIn(64), ..Settings::FUSED };
    let condition = r#"symbol == "IBM" and venue == "NYSE" and size >= 1"#;
    let mut plan = topologies::filtered_replay(condition, &settings);
    plan.instruments(instruments.clone());
    plan
}

fn read(name: &str, rows: u64, write: impl Fn(&Path, &[u8]) -> std::io::Result<()>) -> Allocated {
    let folder = tempfile::tempdir().expect("a folder for the rows");
    let path = folder.path().join(name);
    write(&path, &lean_trades(rows)).expect("room for the rows");
    let instruments = Instruments::new();
    allocated(rows, || plan(&instruments), || replay_of(&path, &instruments))
}

#[test]
fn rows_of_a_plain_file_allocate_nothing() {
    let run = |rows| read("20131007_trade.csv", rows, |path, text| std::fs::write(path, text));
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0));
    assert_eq!(few.whole_run, many.whole_run);
}

#[test]
fn rows_out_of_a_zip_allocate_nothing() {
    let run = |rows| read("20131007_trade.zip", rows, write_zip);
    let (few, many) = (run(FEW), run(MANY));
    assert_eq!((few.running, many.running), (0, 0));
    assert_eq!(few.whole_run, many.whole_run);
}
