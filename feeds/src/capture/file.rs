//! One capture as a source.

use super::decode::{Decoder, Problem};
use super::symbols::Symbols;
use crate::bytes::{self, Bytes};
use crate::csv::{BUFFER, Found, Lines, OnBadRow, fill};
use crate::error::shown;
use crate::held::Held;
use pitlane::Instruments;
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::path::PathBuf;

/// Skipped lines that are reported in full.
const SAMPLES: usize = 5;

/// What a capture does not say itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CaptureOptions {
    /// The file in a zip archive that holds several.
    pub(crate) entry: Option<String>,
    /// Name of its only instrument, in place of what its messages say.
    pub(crate) symbol: Option<String>,
    /// Name of its only instrument where no message says it.
    pub(crate) else_symbol: String,
    pub(crate) on_bad_row: OnBadRow,
}

/// One capture. Opened when first read, closed at its end.
pub(crate) struct CaptureFile {
    path: PathBuf,
    options: CaptureOptions,
    instruments: Instruments,
    open: Option<(Bytes, Lines)>,
    decoder: Decoder,
    /// A snapshot that came before any message named an instrument.
    held: Option<Vec<u8>>,
    /// Events of the message that did not fit into the last batch.
    left: Held,
    done: bool,
    failed: Option<SourceError>,
    last_time: u64,
    report: SourceReport,
}

impl CaptureFile {
    pub(crate) fn new(path: PathBuf, options: CaptureOptions, instruments: &Instruments) -> Self {
        let bytes_total = std::fs::metadata(&path).map_or(0, |file| file.len());
        let symbols = Symbols::new(instruments, options.symbol.as_deref());
        let decoder = Decoder::new(symbols, options.symbol.is_some());
        Self {
            path,
            options,
            instruments: instruments.clone(),
            open: None,
            decoder,
            held: None,
            left: Held::default(),
            done: false,
            failed: None,
            last_time: 0,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        }
    }

    /// A capture whose text is in memory.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn in_memory(mut self, text: Vec<u8>) -> Self {
        let bytes = Bytes::Memory(bytes::counted(std::io::Cursor::new(text)));
        self.open = Some((bytes, Lines::new(BUFFER)));
        self
    }

    /// Takes note of events that go out.
    fn look_at(&mut self, events: &[MarketData]) {
        for event in events {
            let time = crate::merge::time(event);
            self.report.out_of_order += u64::from(time < self.last_time);
            self.last_time = time;
        }
        self.report.events += events.len() as u64;
    }

    /// Decodes lines until the batch is full, events are left over, or the buffer has no line left.
    fn decode(
        &mut self,
        lines: &mut Lines,
        batch: &mut Vec<MarketData>,
    ) -> Result<Found, SourceError> {
        while self.left.events.is_empty() && batch.len() < batch.capacity() {
            let (start, end) = match lines.next() {
                Found::Line { start, end, .. } => (start, end),
                other => return Ok(other),
            };
            let line = lines.text(start, end);
            if line.is_empty() {
                continue;
            }
            if self.held.is_some() {
                self.decoder.look_at(line);
                self.release()?;
            }
            let held_back = !self.left.events.is_empty();
            let decoded = if held_back {
                // The snapshot goes before what this line says.
                let mut none = Vec::new();
                self.decoder.decode(line, &mut none, &mut self.left.events)
            } else {
                self.decoder.decode(line, batch, &mut self.left.events)
            };
            match decoded {
                Ok(()) => {}
                Err(Problem::NoSymbol) if self.held.is_none() && !self.decoder.knows_symbols() => {
                    self.held = Some(line.to_vec());
                }
                Err(problem) => {
                    let error = self.error(line, lines.count, &problem);
                    self.bad_row(error)?;
                }
            }
        }
        Ok(Found::Empty)
    }

    /// Decodes the snapshot that was held back, where it is known now of which instrument it is.
    fn release(&mut self) -> Result<(), SourceError> {
        let Some(line) = self.held.take_if(|_| self.decoder.knows_symbols()) else { return Ok(()) };
        self.decoder.decode(&line, &mut Vec::new(), &mut self.left.events).or_else(|problem| {
            let error = self.error(&line, 0, &problem);
            self.bad_row(error)
        })
    }

    fn error(&self, line: &[u8], number: u64, problem: &Problem) -> SourceError {
        let skip = "leave such lines out with `on_bad_row: skip`, which counts them";
        let help = match problem.help() {
            "" => skip.to_owned(),
            help => format!("{help}; or {skip}"),
        };
        SourceError {
            code: problem.code(),
            path: Some(self.path.clone()),
            line: number,
            column: 0,
            text: shown(line),
            message: problem.message(),
            help,
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

    /// Decodes until the batch is full or events are left over; `false` at the end.
    fn fill_events(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let (mut bytes, mut lines) = match self.open.take() {
            Some(open) => open,
            None => {
                let bytes = bytes::open(&self.path, self.options.entry.as_deref())?;
                (bytes, Lines::new(BUFFER))
            }
        };
        let more = loop {
            match self.decode(&mut lines, batch)? {
                Found::End => break false,
                _ if !self.left.events.is_empty() || batch.len() == batch.capacity() => break true,
                _ => {
                    let count = lines.count;
                    fill(&mut lines, &mut bytes, &self.path, count)?;
                    self.report.bytes_read = bytes.disk_bytes().min(self.report.bytes_total);
                }
            }
        };
        if more {
            self.open = Some((bytes, lines));
            return Ok(true);
        }
        self.report.bytes_read = self.report.bytes_total;
        if self.held.is_some() {
            let symbol = self.options.else_symbol.clone();
            self.decoder.name(self.instruments.intern(&symbol));
            self.release()?;
        }
        Ok(false)
    }
}

impl CaptureFile {
    fn read_on(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        loop {
            self.left.hand_out(batch);
            if batch.len() == batch.capacity() {
                return Ok(true);
            }
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            if self.done {
                return Ok(false);
            }
            match self.fill_events(batch) {
                Ok(more) => self.done = !more,
                Err(error) => {
                    self.done = true;
                    self.failed = Some(error);
                }
            }
        }
    }
}

impl Source for CaptureFile {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let before = batch.len();
        let more = self.read_on(batch);
        self.look_at(&batch[before..]);
        more
    }

    fn report(&self) -> SourceReport {
        let mut report = self.report.clone();
        for (name, count) in self.decoder.tally.named() {
            report.note(name, count);
        }
        report
    }
}
