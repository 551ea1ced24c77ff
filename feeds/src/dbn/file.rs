//! One DBN file as a source.

use super::convert::{BadRecord, Made, convert, size};
use super::header::{self, Opened};
use super::mbo;
use super::names::Names;
use super::options::Venues;
use super::place;
use crate::bytes::Bytes;
use crate::csv::OnBadRow;
use crate::depth::{Depth, Told};
use crate::error::at_path;
use crate::held::Held;
use dbn::Mbp10Msg;
use dbn::decode::dbn::fsm::{DbnFsm, ProcessResult};
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::io::{self, Read};
use std::path::PathBuf;

/// Bad records that are reported in full.
const SAMPLES: usize = 5;

/// What a file's records do not say themselves.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) symbol: Option<String>,
    pub(super) venues: Venues,
    pub(super) instruments: Instruments,
}

/// One DBN file. Opened when first read, closed at its end.
pub(crate) struct DbnFile {
    path: PathBuf,
    ground: Ground,
    on_bad_row: OnBadRow,
    /// Time before which nothing is wanted; 0 = all is.
    from: u64,
    open: Option<Box<Open>>,
    done: bool,
    /// Records seen, from where reading began.
    records: u64,
    last_time: u64,
    report: SourceReport,
}

/// What an open file needs.
struct Open {
    bytes: Bytes,
    fsm: DbnFsm,
    names: Names,
    ten: Ten,
    /// Events of the last record that the batch had no room for.
    held: Held,
}

/// Records of ten levels.
#[derive(Default)]
struct Ten {
    depth: Depth,
    told: Told,
}

impl Ten {
    /// Appends what a record comes to, given what it comes to besides its levels.
    fn spread(&mut self, made: Made, record: &Mbp10Msg, out: &mut Vec<MarketData>) {
        let of_record = match made {
            Made::One(quote) => (quote, None),
            Made::Two(quote, trade) => (quote, Some(trade)),
            Made::Other(_) => return,
        };
        let Told { bids, asks } = &mut self.told;
        bids.clear();
        bids.extend(record.levels.iter().map(|level| (level.bid_px, size(level.bid_sz))));
        asks.clear();
        asks.extend(record.levels.iter().map(|level| (level.ask_px, size(level.ask_sz))));
        self.depth.spread(of_record, u64::from(record.sequence), &mut self.told, out);
    }
}

/// What decoding came to.
enum Decoded {
    /// The batch is full.
    Full,
    /// More bytes are needed.
    Empty,
}

impl DbnFile {
    pub(super) fn new(path: PathBuf, ground: Ground, on_bad_row: OnBadRow) -> Self {
        let bytes_total = std::fs::metadata(&path).map_or(0, |file| file.len());
        Self {
            path,
            ground,
            on_bad_row,
            from: 0,
            open: None,
            done: false,
            records: 0,
            last_time: 0,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        }
    }

    /// A file whose bytes are in memory.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn in_memory(mut self, bytes: Bytes) -> Result<Self, SourceError> {
        let opened = header::start(&self.path, bytes)?;
        self.open = Some(self.start(opened));
        Ok(self)
    }

    fn open_file(&mut self) -> Result<Box<Open>, SourceError> {
        let mut opened = header::open(&self.path)?;
        if self.from > 0 {
            place::go_to(&self.path, &mut opened, self.from)?;
        }
        Ok(self.start(opened))
    }

    fn start(&self, opened: Opened) -> Box<Open> {
        let Ground { symbol, venues, instruments } = &self.ground;
        let names = Names::new(opened.metadata.as_ref(), symbol.as_deref(), *venues, instruments);
        Box::new(Open {
            bytes: opened.bytes,
            fsm: opened.fsm,
            names,
            ten: Ten::default(),
            held: Held::default(),
        })
    }

    /// Makes events of the records in the buffer until the batch is full or the buffer has none.
    fn decode(
        &mut self,
        open: &mut Open,
        batch: &mut Vec<MarketData>,
    ) -> Result<Decoded, SourceError> {
        loop {
            open.held.hand_out(batch);
            self.orders(open, batch);
            if batch.len() == batch.capacity() {
                return Ok(Decoded::Full);
            }
            if begins_again(open.fsm.data()) {
                return Err(self.another_file());
            }
            // The `dbn` crate takes it for granted that records begin at multiples of eight bytes.
            if let [words, ..] = open.fsm.data()
                && words % 2 != 0
            {
                return Err(self.broken(&format!("a record has {} bytes", 4 * usize::from(*words))));
            }
            match open.fsm.process() {
                ProcessResult::Record(()) => {}
                ProcessResult::ReadMore(_) => return Ok(Decoded::Empty),
                ProcessResult::Metadata(_) => continue,
                ProcessResult::Err(error) => return Err(self.broken(&error.to_string())),
            }
            let Some(record) = open.fsm.last_record() else { continue };
            self.records += 1;
            match convert(record, &mut open.names) {
                Ok(made) if let Some(levels) = record.get::<Mbp10Msg>() => {
                    open.ten.spread(made, levels, &mut open.held.events);
                }
                Ok(Made::One(event)) => batch.push(event),
                Ok(Made::Two(first, second)) => open.held.events.extend([first, second]),
                Ok(Made::Other(what)) => self.report.note(what, 1),
                Err(problem) => self.bad_record(problem)?,
            }
        }
    }

    /// Makes events of the market-by-order records that come next, the fast way.
    fn orders(&mut self, open: &mut Open, batch: &mut Vec<MarketData>) {
        let data = open.fsm.data();
        let mut used = 0;
        while batch.len() < batch.capacity() {
            let Some((event, bytes)) = mbo::next(&data[used..], &mut open.names) else { break };
            batch.push(event);
            used += bytes;
            self.records += 1;
        }
        if used > 0 {
            open.fsm.skip(used);
        }
    }

    /// Reads more bytes; `false` at the end of the file.
    fn fill(&mut self, open: &mut Open) -> Result<bool, SourceError> {
        let read = loop {
            match open.bytes.read(open.fsm.space()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.report.bytes_read = open.bytes.disk_bytes().min(self.report.bytes_total);
        match read {
            Ok(0) => {
                if open.fsm.data().is_empty() {
                    return Ok(false);
                }
                self.records += 1;
                self.bad(format!(
                    "the last record is cut off after {} bytes",
                    open.fsm.data().len()
                ))?;
                Ok(false)
            }
            Ok(read) => {
                open.fsm.fill(read);
                Ok(true)
            }
            Err(error) => {
                let packing = open.bytes.packing().unwrap_or("file's");
                Err(self.broken(&format!("the {packing} data is damaged or cut off: {error}")))
            }
        }
    }

    #[cold]
    fn bad_record(&mut self, problem: BadRecord) -> Result<(), SourceError> {
        self.bad(problem.message())
    }

    fn bad(&mut self, message: String) -> Result<(), SourceError> {
        let message = format!("record {}: {message}", self.records);
        let help = "check whether the file was copied whole, or leave such records out with \
                    `on_bad_row: skip`, which counts them";
        let error = at_path(&self.path, message, help);
        if self.on_bad_row == OnBadRow::Stop {
            return Err(error);
        }
        self.report.bad_rows += 1;
        if self.report.bad_row_samples.len() < SAMPLES {
            self.report.bad_row_samples.push(error.to_string());
        }
        Ok(())
    }

    #[cold]
    fn another_file(&self) -> SourceError {
        let message =
            format!("after {} good records: metadata of another DBN file begin here", self.records);
        let help = "files that were put together in one cannot be read: give each by itself, they are \
                    merged in order of time";
        at_path(&self.path, message, help)
    }

    fn broken(&self, message: &str) -> SourceError {
        let message = format!("after {} good records: {message}", self.records);
        at_path(&self.path, message, "check whether the file was copied whole")
    }

    /// Reads until the batch is full or the file ends; gives whether there may be more.
    fn read_on(
        &mut self,
        open: &mut Open,
        batch: &mut Vec<MarketData>,
    ) -> Result<bool, SourceError> {
        loop {
            match self.decode(open, batch)? {
                Decoded::Full => return Ok(true),
                Decoded::Empty => {
                    if !self.fill(open)? {
                        self.report.bytes_read = self.report.bytes_total;
                        return Ok(false);
                    }
                }
            }
        }
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

/// Whether what follows is no record but the beginning of a file.
fn begins_again(data: &[u8]) -> bool {
    matches!(data, [b'D', b'B', b'N', 1..=3, ..])
}

impl Source for DbnFile {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        if self.done {
            return Ok(false);
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.open_file().inspect_err(|_| self.done = true)?,
        };
        let before = batch.len();
        let more = self.read_on(&mut open, batch);
        self.count(&batch[before..]);
        match more {
            Ok(true) => self.open = Some(open),
            Ok(false) | Err(_) => self.done = true,
        }
        more
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }

    fn skip_to(&mut self, time: u64) {
        self.from = time;
    }
}
