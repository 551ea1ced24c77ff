//! Measures feeds: generates a session, writes Lean trades to a zip, reads them back; the same rows dealt
//! out to 50 files, merged into one order again.
//!
//! `cargo run --release -p pitlane-feeds --example decode`

use pitlane::Instruments;
use pitlane::event::{EventType, MarketData, Slot};
use pitlane::source::Source;
use pitlane::topology::{Entry, Flow, Input, Port};
use pitlane_feeds::{
    GenerateOptions, OpenOptions, Preset, ReadAhead, Replay, ReplayOptions, Session, open_file,
    open_files,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

const ROWS: u64 = 3_000_000;

/// Files that are merged.
const FILES: usize = 50;

struct Take;

impl Entry for Take {
    fn port(&self, _: &str, _: EventType) -> Option<Port> {
        Some(Port::new(0))
    }

    fn room(&mut self) -> usize {
        4096
    }

    fn enter(&mut self, _: Port, events: &[Slot]) -> usize {
        std::hint::black_box(events);
        events.len()
    }
}

fn measure(what: &str, run: impl Fn() -> u64) {
    let best = (0..3)
        .map(|_| {
            let start = Instant::now();
            let events = run();
            events as f64 / start.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max);
    println!("{what:<44} {:>8.2} M/s", best / 1e6);
}

fn drain(mut source: Box<dyn Source>) -> u64 {
    let mut batch: Vec<MarketData> = Vec::with_capacity(1024);
    let mut events = 0;
    loop {
        let more = source.read(&mut batch).expect("good data");
        events += std::hint::black_box(&batch).len() as u64;
        batch.clear();
        if !more {
            return events;
        }
    }
}

fn replay(sources: Vec<(String, Box<dyn Source>)>) -> u64 {
    let mut replay = Replay::new(sources, ReplayOptions::default());
    while replay.poll(&mut Take).expect("good data") != Flow::Done {}
    replay.entered()
}

/// Rows like those of Lean's trade files.
fn write_lean(folder: &Path) -> std::io::Result<()> {
    let options =
        GenerateOptions { events: ROWS, trade_percent: 100, ..GenerateOptions::default() };
    let mut session = Session::new(&options, &Instruments::new()).expect("good options");
    let mut text = Vec::new();
    let mut batch = Vec::with_capacity(4096);
    while session.read(&mut batch).expect("generated") || !batch.is_empty() {
        for event in batch.drain(..) {
            let trade = event.as_trade().expect("a trade");
            let (price, size) = (trade.price() / 100_000, trade.size() / 1_000_000_000);
            let ms = (event.header.ts_event / 1_000_000) % 86_400_000;
            writeln!(text, "{ms},{price},{size},P,20002020,0")?;
        }
    }
    std::fs::write(folder.join("plain_20131007_trade.csv"), &text)?;
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.join("20131007_trade.zip"))?);
    zip.start_file("ticks.csv", zip::write::SimpleFileOptions::default())?;
    zip.write_all(&text)?;
    zip.finish()?;
    deal_out(folder, &text)
}

/// One row after the other to each of the files, so that every row is of another file than the one
/// before.
fn deal_out(folder: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut files = vec![Vec::new(); FILES];
    for (at, row) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        files[at % FILES].extend_from_slice(row);
    }
    for (file, text) in parts(folder).iter().zip(files) {
        std::fs::write(file, text)?;
    }
    Ok(())
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    (0..FILES).map(|at| folder.join(format!("part{at}_20131007_trade.csv"))).collect()
}

fn main() -> std::io::Result<()> {
    let folder = std::env::temp_dir().join(format!("pitlane-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    write_lean(&folder)?;
    let options = OpenOptions {
        preset: Some(Preset::LeanEquityTrade),
        date: Some("2013-10-07".into()),
        ..OpenOptions::default()
    };
    let open = |name: &str| {
        open_file(&folder.join(name), &options, &Instruments::new()).expect("written above")
    };
    measure("decode lean trades, plain file", || drain(open("plain_20131007_trade.csv")));
    measure("decode lean trades, zip", || drain(open("20131007_trade.zip")));
    measure("replay lean trades, zip", || replay(vec![("a".into(), open("20131007_trade.zip"))]));
    measure("replay lean trades, zip, read ahead", || {
        let ahead = ReadAhead::new(open("20131007_trade.zip"));
        replay(vec![("a".into(), Box::new(ahead))])
    });
    measure("replay lean trades, plain and zip merged", || {
        let plain = open("plain_20131007_trade.csv");
        replay(vec![("a".into(), open("20131007_trade.zip")), ("b".into(), plain)])
    });
    measure("decode 50 files, one after the other", || {
        let open = |part: &PathBuf| open_file(part, &options, &Instruments::new());
        parts(&folder).iter().map(|part| drain(open(part).expect("written above"))).sum()
    });
    measure("decode 50 files, merged", || {
        drain(open_files(&parts(&folder), &options, &Instruments::new()).expect("written above"))
    });
    let options = GenerateOptions { events: ROWS, ..GenerateOptions::default() };
    let session = || {
        let session = Session::new(&options, &Instruments::new()).expect("good options");
        Box::new(session) as Box<dyn Source>
    };
    measure("generate", || drain(session()));
    measure("replay generated", || replay(vec![("a".into(), session())]));
    std::fs::remove_dir_all(&folder)
}
