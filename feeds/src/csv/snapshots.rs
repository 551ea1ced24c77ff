//! Rows that have the best levels of a book as they are: Tardis's `book_snapshot_5` and `book_snapshot_25`.
//!
//! The header names them: `exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,
//! bids[0].price,bids[0].amount,...`; fields of levels that are not there are empty. What changed from one
//! row to the next of the same instrument is worked out by [`Depth`].

use super::file::fill;
use super::lines::{BUFFER, Found, Lines};
use super::number::{Scale, unsigned};
use super::options::OnBadRow;
use super::words::Words;
use crate::bytes::{self, Bytes};
use crate::codes;
use crate::depth::{Depth, Level, Told};
use crate::error::{at_path, shown};
use crate::held::Held;
use pitlane::Instruments;
use pitlane::error::Code;
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData};
use pitlane::source::{Source, SourceError, SourceReport};
use std::path::PathBuf;

/// Skipped rows that are reported in full.
const SAMPLES: usize = 5;

/// The most levels of a side.
const MOST_LEVELS: usize = 1000;

/// What a file does not say itself.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotOptions {
    /// The file in a zip archive that holds several.
    pub(crate) entry: Option<String>,
    /// Name of its instrument, in place of what its rows say.
    pub(crate) symbol: Option<String>,
    pub(crate) on_bad_row: OnBadRow,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Skip,
    Symbol,
    Event,
    Recv,
    Price { bid: bool, level: usize },
    Size { bid: bool, level: usize },
}

/// What is wrong with a row.
type Wrong = (Code, String);

/// One file. Opened when first read, closed at its end.
pub(crate) struct SnapshotFile {
    path: PathBuf,
    options: SnapshotOptions,
    instruments: Instruments,
    given: Option<u32>,
    open: Option<Open>,
    done: bool,
    last_time: u64,
    report: SourceReport,
}

/// What an open file needs.
struct Open {
    bytes: Bytes,
    lines: Lines,
    columns: Vec<Cell>,
    symbols: Words,
    depth: Depth,
    told: Told,
    held: Held,
}

impl SnapshotFile {
    pub(crate) fn new(path: PathBuf, options: SnapshotOptions, instruments: &Instruments) -> Self {
        let bytes_total = std::fs::metadata(&path).map_or(0, |file| file.len());
        let given = options.symbol.as_deref().map(|symbol| instruments.intern(symbol));
        Self {
            path,
            options,
            instruments: instruments.clone(),
            given,
            open: None,
            done: false,
            last_time: 0,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        }
    }

    /// A file whose text is in memory.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn in_memory(mut self, text: Vec<u8>) -> Result<Self, SourceError> {
        let bytes = Bytes::Memory(bytes::counted(std::io::Cursor::new(text)));
        self.open = Some(self.start(bytes)?);
        Ok(self)
    }

    /// Reads up to and with the header line.
    fn start(&self, mut bytes: Bytes) -> Result<Open, SourceError> {
        let mut lines = Lines::new(BUFFER);
        let columns = loop {
            match lines.next() {
                Found::Line { start, end, .. } if start < end => {
                    break columns(lines.text(start, end)).ok_or_else(|| {
                        let help = "its first line names symbol, timestamp, asks[0].price, \
                                    asks[0].amount, bids[0].price and so on";
                        at_path(&self.path, "the header is none of a book_snapshot", help)
                    })?;
                }
                Found::Line { .. } => {}
                Found::Empty => fill(&mut lines, &mut bytes, &self.path, 0)?,
                Found::End => return Err(at_path(&self.path, "the file has no header line", "")),
            }
        };
        Ok(Open {
            bytes,
            lines,
            columns,
            symbols: Words::default(),
            depth: Depth::default(),
            told: Told::default(),
            held: Held::default(),
        })
    }

    /// Decodes rows until the batch is full or the file ends; gives whether there may be more.
    fn read_on(
        &mut self,
        open: &mut Open,
        batch: &mut Vec<MarketData>,
    ) -> Result<bool, SourceError> {
        loop {
            open.held.hand_out(batch);
            if batch.len() == batch.capacity() {
                return Ok(true);
            }
            match open.lines.next() {
                Found::Line { start, end, .. } if start < end => self.take(open, start, end)?,
                Found::Line { .. } => {}
                Found::End => return Ok(false),
                Found::Empty => {
                    let rows = open.lines.count;
                    fill(&mut open.lines, &mut open.bytes, &self.path, rows)?;
                    self.report.bytes_read = open.bytes.disk_bytes().min(self.report.bytes_total);
                }
            }
        }
    }

    /// Takes in a row.
    fn take(&mut self, open: &mut Open, start: usize, end: usize) -> Result<(), SourceError> {
        let Open { lines, columns, symbols, depth, told, held, .. } = open;
        let line = lines.text(start, end);
        let named = |text: &[u8], _| {
            let symbol = std::str::from_utf8(text).ok().filter(|symbol| !symbol.is_empty())?;
            Some(self.instruments.intern(symbol))
        };
        let quote =
            row(line, columns, told, |text| self.given.or_else(|| symbols.get(text, named)));
        match quote {
            Ok(quote) => {
                depth.spread((quote, None), 0, told, &mut held.events);
                Ok(())
            }
            Err(wrong) => self.bad_row(self.error(line, lines.count, wrong)),
        }
    }

    fn error(&self, line: &[u8], number: u64, (code, message): Wrong) -> SourceError {
        let help =
            "correct the row, or leave such rows out with `on_bad_row: skip`, which counts them";
        SourceError {
            code,
            path: Some(self.path.clone()),
            line: number,
            column: 0,
            text: shown(line),
            message,
            help: help.into(),
        }
    }

    fn bad_row(&mut self, error: SourceError) -> Result<(), SourceError> {
        if self.options.on_bad_row == OnBadRow::Stop {
            return Err(error);
        }
        self.report.bad_rows += 1;
        if self.report.bad_row_samples.len() < SAMPLES {
            self.report.bad_row_samples.push(error.to_string());
        }
        Ok(())
    }

    fn count(&mut self, events: &[MarketData]) {
        self.report.events += events.len() as u64;
        for event in events {
            let time = crate::merge::time(event);
            self.report.out_of_order += u64::from(time < self.last_time);
            self.last_time = time;
        }
    }
}

/// What the columns of a header line hold; `None` where it has no levels.
fn columns(line: &[u8]) -> Option<Vec<Cell>> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let text = std::str::from_utf8(line).ok()?;
    let cells: Vec<Cell> = text.split(',').map(|name| cell(name.trim())).collect();
    let has = |wanted: &dyn Fn(&Cell) -> bool| cells.iter().any(wanted);
    let is_whole = has(&|cell| matches!(cell, Cell::Symbol))
        && has(&|cell| matches!(cell, Cell::Event | Cell::Recv))
        && has(&|cell| matches!(cell, Cell::Price { bid: true, .. }))
        && has(&|cell| matches!(cell, Cell::Price { bid: false, .. }));
    is_whole.then_some(cells)
}

fn cell(name: &str) -> Cell {
    match name {
        "symbol" => return Cell::Symbol,
        "timestamp" => return Cell::Event,
        "local_timestamp" => return Cell::Recv,
        _ => {}
    }
    let side = |prefix: &str| {
        let (level, what) = name.strip_prefix(prefix)?.split_once("].")?;
        Some((level.parse().ok().filter(|level| *level < MOST_LEVELS)?, what))
    };
    let (bid, (level, what)) = match (side("bids["), side("asks[")) {
        (Some(found), _) => (true, found),
        (None, Some(found)) => (false, found),
        (None, None) => return Cell::Skip,
    };
    match what {
        "price" => Cell::Price { bid, level },
        "amount" => Cell::Size { bid, level },
        _ => Cell::Skip,
    }
}

/// The quote of a row; its levels go into `told`.
fn row(
    line: &[u8],
    columns: &[Cell],
    told: &mut Told,
    mut instrument: impl FnMut(&[u8]) -> Option<u32>,
) -> Result<MarketData, Wrong> {
    told.bids.clear();
    told.asks.clear();
    let (mut found, mut id, mut event, mut recv) = (0, None, 0, 0);
    for (text, cell) in line.split(|byte| *byte == b',').zip(columns) {
        found += 1;
        match *cell {
            Cell::Skip => {}
            Cell::Symbol => id = instrument(text),
            Cell::Event => event = time(text)?,
            Cell::Recv => recv = time(text)?,
            Cell::Price { bid, level } => place(told, bid, level).0 = number(text)?,
            Cell::Size { bid, level } => place(told, bid, level).1 = number(text)?,
        }
    }
    if found < columns.len() || line.iter().filter(|byte| **byte == b',').count() >= columns.len() {
        let message = format!("the row has not the {} fields of the header", columns.len());
        return Err((codes::ROW_SHAPE, message));
    }
    let lacks = |what: &str| (codes::ROW_LACKS, format!("the row has no {what}"));
    let id = id.ok_or_else(|| lacks("symbol"))?;
    if event == 0 && recv == 0 {
        return Err(lacks("time"));
    }
    if let Some(level) = told.bids.iter().chain(&told.asks).find(|level| level.1 < 0) {
        return Err((codes::ROW_VALUE, format!("a size is negative: {}", level.1)));
    }
    let best = |side: &[Level]| side.first().copied().unwrap_or((NULL, NULL));
    let mut quote = MarketData::quote(id, event, best(&told.bids), best(&told.asks));
    quote.header.ts_recv = recv;
    quote.header.flags |= Flags::LAST;
    Ok(quote)
}

/// Where a level of a side is put.
fn place(told: &mut Told, bid: bool, level: usize) -> &mut Level {
    let side = if bid { &mut told.bids } else { &mut told.asks };
    if level >= side.len() {
        side.resize(level + 1, (NULL, NULL));
    }
    &mut side[level]
}

/// A time in us as ns; 0 where there is none.
fn time(text: &[u8]) -> Result<u64, Wrong> {
    if text.is_empty() {
        return Ok(0);
    }
    let time = unsigned(text).and_then(|time| time.checked_mul(1_000));
    time.ok_or_else(|| (codes::ROW_VALUE, format!("`{}` is no time in microseconds", shown(text))))
}

/// A number, null where there is none.
fn number(text: &[u8]) -> Result<i64, Wrong> {
    if text.is_empty() {
        return Ok(NULL);
    }
    let wrong = |error| (codes::ROW_VALUE, format!("`{}`: {error}", shown(text)));
    Scale::ONE.parse(text).map_err(wrong)
}

impl Source for SnapshotFile {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        if self.done {
            return Ok(false);
        }
        let opened = match self.open.take() {
            Some(open) => Ok(open),
            None => bytes::open(&self.path, self.options.entry.as_deref())
                .and_then(|bytes| self.start(bytes)),
        };
        let mut open = opened.inspect_err(|_| self.done = true)?;
        let before = batch.len();
        let more = self.read_on(&mut open, batch);
        self.count(&batch[before..]);
        match more {
            Ok(true) => self.open = Some(open),
            Ok(false) | Err(_) => {
                self.done = true;
                self.report.bytes_read = self.report.bytes_total;
            }
        }
        more
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }
}
