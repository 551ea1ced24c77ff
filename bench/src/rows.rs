//! Tick files to read, made of prepared events.

use crate::{FEED, Prepared};
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane::source::Source;
use pitlane_feeds::{
    GenerateOptions, OpenOptions, Preset, ReadAhead, Replay, ReplayOptions, Session, open_file,
    write_csv,
};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows as Lean's trade files have them.
#[must_use]
pub fn lean_trades(events: &Prepared) -> Vec<u8> {
    let mut text = Vec::new();
    for (row, slot) in events.events().iter().enumerate() {
        let Some(trade) = slot.view::<MarketData>().as_trade() else { continue };
        let price = trade.price() / 100_000;
        writeln!(text, "{},{price},100,P,20002020,0", 34_200_000 + row / 50).expect("to memory");
    }
    text
}

/// Writes a zip with one CSV file in it.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_zip(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path)?);
    zip.start_file("ticks.csv", zip::write::SimpleFileOptions::default())?;
    zip.write_all(text)?;
    zip.finish()?;
    Ok(())
}

/// Opens a file of Lean's trades.
///
/// # Panics
/// Where it cannot be read.
#[must_use]
pub fn open_lean(path: &Path, instruments: &Instruments) -> Box<dyn Source> {
    let options = OpenOptions {
        preset: Some(Preset::LeanEquityTrade),
        date: Some("2013-10-07".into()),
        symbol: Some("IBM.NYSE".into()),
        ..OpenOptions::default()
    };
    open_file(path, &options, instruments).expect("a readable file of Lean's trades")
}

/// A source as the input of the topologies here.
#[must_use]
pub fn replay(source: Box<dyn Source>) -> Replay {
    Replay::new(vec![(FEED.into(), source)], ReplayOptions::default())
}

/// A zip of Lean's trades in the system's folder for temporary files; gone with its last clone.
#[derive(Clone, Debug)]
pub(crate) struct LeanZip(Arc<Gone>);

#[derive(Debug)]
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl LeanZip {
    pub(crate) fn write(events: &Prepared) -> Self {
        let name = format!("pitlane-bench-{}_trade.zip", std::process::id());
        let path = std::env::temp_dir().join(name);
        write_zip(&path, &lean_trades(events)).expect("room for temporary files");
        Self(Arc::new(Gone(path)))
    }

    fn open(&self) -> Box<dyn Source> {
        open_lean(&self.0.0, &Instruments::new())
    }

    pub(crate) fn replay(&self, read_ahead: bool) -> Replay {
        let source = self.open();
        if !read_ahead {
            return replay(source);
        }
        replay(Box::new(ReadAhead::new(source)))
    }

    /// Decodes it all; gives how many events there were.
    pub(crate) fn drain(&self) -> u64 {
        drain(self.open())
    }
}

/// A generated session as CSV in the system's folder for temporary files; gone with its last clone.
#[derive(Clone, Debug)]
pub(crate) struct SessionFile(Arc<Gone>);

impl SessionFile {
    pub(crate) fn write(rows: u64) -> Self {
        let name = format!("pitlane-bench-{}_session.csv", std::process::id());
        let file = Self(Arc::new(Gone(std::env::temp_dir().join(name))));
        let options = GenerateOptions { seed: 7, events: rows, ..GenerateOptions::default() };
        let instruments = Instruments::new();
        let mut session = Session::new(&options, &instruments).expect("sound options");
        write_csv(&file.0.0, &mut session, &instruments).expect("room for temporary files");
        file
    }

    fn open(&self) -> Box<dyn Source> {
        let options = OpenOptions { preset: Some(Preset::Plain), ..OpenOptions::default() };
        open_file(&self.0.0, &options, &Instruments::new()).expect("it was written just now")
    }

    pub(crate) fn replay(&self) -> Replay {
        replay(self.open())
    }

    pub(crate) fn drain(&self) -> u64 {
        drain(self.open())
    }
}

fn drain(mut source: Box<dyn Source>) -> u64 {
    let mut batch: Vec<MarketData> = Vec::with_capacity(1024);
    let mut events = 0;
    while source.read(&mut batch).expect("good rows") || !batch.is_empty() {
        events += std::hint::black_box(&batch).len() as u64;
        batch.clear();
    }
    events
}
