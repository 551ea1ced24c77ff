//! One capture as a source.

use super::decode::{Decoder, Problem};
use super::symbols::Symbols;
use crate::bytes::{self, Bytes};
use crate::csv::{BUFFER, Found, Lines, OnBadRow, fill};
use crate::error::shown;
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
    /// Events of the message that did not fit into the last batch, from `at` on.
    events: Vec<MarketData>,
    at: usize,
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
            events: Vec::new(),
            at: 0,
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

    /// Moves events into the batch, as many as fit.
    fn hand_out(&mut self, batch: &mut Vec<MarketData>) {
        let count = (batch.capacity() - batch.len()).min(self.events.len() - self.at);
        let events = &self.events[self.at..self.at + count];
        for event in events {
            let time = crate::merge::time(event);
            self.report.out_of_order += u64::from(time < self.last_time);
            self.last_time = time;
        }
        batch.extend_from_slice(events);
        self.report.events += count as u64;
        self.at += count;
        if self.at == self.events.len() {
            self.events.clear();
            self.at = 0;
        }
    }

    /// Decodes lines until there are events or the buffer has no line left.
    fn decode(&mut self, lines: &mut Lines) -> Result<Found, SourceError> {
        while self.events.is_empty() {
            let (start, end) = match lines.next() {
                Found::Line { start, end, .. } => (start, end),
                other => return Ok(other),
            };
            let line = lines.text(start, end);
            if line.is_empty() {
                continue;
            }
            match self.decoder.decode(line, &mut self.events) {
                Ok(()) if self.held.is_some() => self.release()?,
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

    /// Decodes the snapshot that was held back, as if it had come now: the updates before it are
    /// applied again where they are newer.
    fn release(&mut self) -> Result<(), SourceError> {
        let Some(line) = self.held.take_if(|_| self.decoder.knows_symbols()) else { return Ok(()) };
        let before = self.events.len();
        if let Err(problem) = self.decoder.decode(&line, &mut self.events) {
            let error = self.error(&line, 0, &problem);
            return self.bad_row(error);
        }
        let now = self.events[..before].last().map_or(0, |event| event.header.ts_recv);
        for event in &mut self.events[before..] {
            event.header.ts_recv = event.header.ts_recv.max(now);
        }
        Ok(())
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

    /// Decodes until there are events or the end; `false` at the end.
    fn fill_events(&mut self) -> Result<bool, SourceError> {
        let (mut bytes, mut lines) = match self.open.take() {
            Some(open) => open,
            None => {
                let bytes = bytes::open(&self.path, self.options.entry.as_deref())?;
                (bytes, Lines::new(BUFFER))
            }
        };
        let more = loop {
            match self.decode(&mut lines)? {
                Found::End => break false,
                _ if !self.events.is_empty() => break true,
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

impl Source for CaptureFile {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        loop {
            self.hand_out(batch);
            if batch.len() == batch.capacity() {
                return Ok(true);
            }
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            if self.done {
                return Ok(false);
            }
            match self.fill_events() {
                Ok(more) => self.done = !more,
                Err(error) => {
                    self.done = true;
                    self.failed = Some(error);
                }
            }
        }
    }

    fn report(&self) -> SourceReport {
        let mut report = self.report.clone();
        for (name, count) in self.decoder.tally.named() {
            report.note(name, count);
        }
        report
    }
}
