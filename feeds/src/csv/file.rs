//! One CSV file as a source.

use super::decode::{Decoder, Ground, header_fields};
use super::layout::{Columns, Form, Layout, Role};
use super::lines::{BUFFER, Found, LONGEST_LINE, Lines};
use super::options::OnBadRow;
use super::problem::{Problem, RowError};
use crate::bytes::{self, Bytes};
use crate::error::{at_path, shown};
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::path::{Path, PathBuf};

/// Skipped rows that are reported in full.
const SAMPLES: usize = 5;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One CSV file. Opened when first read, closed at its end.
pub(crate) struct CsvFile {
    path: PathBuf,
    entry: Option<String>,
    form: Form,
    ground: Ground,
    on_bad_row: OnBadRow,
    buffer: usize,
    open: Option<Open>,
    done: bool,
    last_time: u64,
    report: SourceReport,
}

/// What an open file needs.
struct Open {
    bytes: Bytes,
    lines: Lines,
    decoder: Decoder,
}

impl CsvFile {
    pub(crate) fn new(
        path: PathBuf,
        entry: Option<String>,
        form: Form,
        ground: Ground,
        on_bad_row: OnBadRow,
    ) -> Self {
        let bytes_total = std::fs::metadata(&path).map_or(0, |file| file.len());
        Self {
            path,
            entry,
            form,
            ground,
            on_bad_row,
            buffer: BUFFER,
            open: None,
            done: false,
            last_time: 0,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        }
    }

    /// A file whose text is in memory, read through a buffer of so many bytes.
    #[cfg(test)]
    pub(crate) fn in_memory(mut self, text: Vec<u8>, buffer: usize) -> Result<Self, SourceError> {
        self.buffer = buffer;
        let bytes = Bytes::Memory(bytes::counted(std::io::Cursor::new(text)));
        self.open = Some(self.start(bytes)?);
        Ok(self)
    }

    /// Bytes of memory that it holds for text.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.open.as_ref().map_or(0, |open| open.lines.memory())
    }

    fn open_file(&self) -> Result<Open, SourceError> {
        self.start(bytes::open(&self.path, self.entry.as_deref())?)
    }

    /// Reads up to and with the header line.
    fn start(&self, mut bytes: Bytes) -> Result<Open, SourceError> {
        let mut lines = Lines::new(self.buffer);
        while lines.held() < BOM.len() && !lines.at_end() {
            fill(&mut lines, &mut bytes, &self.path, 0)?;
        }
        lines.skip(BOM);
        let layout = match &self.form.columns {
            Columns::Fixed { layout, header } => {
                if *header {
                    next_line(&mut lines, &mut bytes, &self.path)?;
                }
                layout.clone()
            }
            Columns::Header | Columns::Map(_) => {
                let Some((start, end)) = next_line(&mut lines, &mut bytes, &self.path)? else {
                    let help =
                        "its first line names the columns, such as ts_event,symbol,price,size";
                    return Err(at_path(&self.path, "the file has no header line", help));
                };
                self.layout(lines.text(start, end), lines.count)?
            }
        };
        if self.ground.instrument == 0 && !layout.has(Role::Symbol) {
            let help = "set `symbol`, such as `symbol: IBM.NYSE`, or add a column `symbol`";
            let message = "the file does not say which instrument it is of";
            return Err(at_path(&self.path, message, help));
        }
        let decoder = Decoder::new(&self.form, layout, self.ground.clone());
        Ok(Open { bytes, lines, decoder })
    }

    fn layout(&self, header: &[u8], line: u64) -> Result<Layout, SourceError> {
        let names = header_fields(header, self.form.delimiter)
            .map_err(|error| self.error(header, line, error))?;
        let layout = match &self.form.columns {
            Columns::Map(map) => Layout::from_map(map, Some(&names)),
            _ => Layout::from_header(&names, self.form.ignore_unknown),
        };
        layout.map_err(|error| SourceError {
            path: Some(self.path.clone()),
            line,
            text: shown(header),
            ..error
        })
    }

    fn error(&self, text: &[u8], line: u64, error: RowError) -> SourceError {
        let mut help = error.problem.help().to_owned();
        if !help.is_empty() {
            help.push_str("; ");
        }
        help.push_str("or leave such rows out with `on_bad_row: skip`, which counts them");
        if error.problem.help().is_empty() {
            help = help.replacen("or leave", "correct the row, or leave", 1);
        }
        SourceError {
            code: error.problem.code(),
            path: Some(self.path.clone()),
            line,
            column: error.column as u64,
            text: shown(text),
            message: error.problem.message(),
            help,
        }
    }

    /// Decodes rows until the batch is full or the buffer has no line left.
    fn decode(
        &mut self,
        open: &mut Open,
        batch: &mut Vec<MarketData>,
    ) -> Result<Found, SourceError> {
        let mut last_time = self.last_time;
        let mut out_of_order = 0;
        let before = batch.len();
        let mut result = Ok(Found::Empty);
        while batch.len() < batch.capacity() {
            let (start, end, ended) = match open.lines.next() {
                Found::Line { start, end, ended } => (start, end, ended),
                other => {
                    result = Ok(other);
                    break;
                }
            };
            let line = open.lines.text(start, end);
            match open.decoder.decode(line) {
                Ok(event) => {
                    let time = crate::merge::time(&event);
                    out_of_order += u64::from(time < last_time);
                    last_time = time;
                    batch.push(event);
                }
                Err(_) if line.is_empty() => {}
                Err(error) => {
                    if let Err(error) = bad_row(self, line, open.lines.count, error, ended) {
                        result = Err(error);
                        break;
                    }
                }
            }
        }
        self.last_time = last_time;
        self.report.out_of_order += out_of_order;
        self.report.events += (batch.len() - before) as u64;
        result
    }

    fn end(&mut self) {
        self.open = None;
        self.done = true;
        self.report.bytes_read = self.report.bytes_total;
    }
}

/// What becomes of a row that cannot be read.
#[cold]
fn bad_row(
    file: &mut CsvFile,
    line: &[u8],
    number: u64,
    mut error: RowError,
    ended: bool,
) -> Result<(), SourceError> {
    if let (Problem::Fields { found, expected }, false) = (error.problem, ended)
        && found < expected
    {
        error.problem = Problem::CutOff { found, expected };
    }
    match file.on_bad_row {
        OnBadRow::Stop => Err(file.error(line, number, error)),
        OnBadRow::Skip => {
            file.report.bad_rows += 1;
            if file.report.bad_row_samples.len() < SAMPLES {
                let sample = file.error(line, number, error).to_string();
                file.report.bad_row_samples.push(sample);
            }
            Ok(())
        }
    }
}

/// The first line that is not empty, without decoding it.
fn next_line(
    lines: &mut Lines,
    bytes: &mut Bytes,
    path: &Path,
) -> Result<Option<(usize, usize)>, SourceError> {
    loop {
        match lines.next() {
            Found::Line { start, end, .. } if start < end => return Ok(Some((start, end))),
            Found::Line { .. } => {}
            Found::End => return Ok(None),
            Found::Empty => fill(lines, bytes, path, 0)?,
        }
    }
}

fn fill(lines: &mut Lines, bytes: &mut Bytes, path: &Path, rows: u64) -> Result<(), SourceError> {
    match lines.fill(bytes) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = format!("a line is longer than {LONGEST_LINE} bytes");
            let error = at_path(path, message, "check whether this is a CSV file");
            Err(SourceError { line: lines.count + 1, ..error })
        }
        Err(error) => {
            let message = match bytes.packing() {
                Some(packing) => {
                    format!(
                        "the {packing} data is damaged or cut off after {rows} good rows: {error}"
                    )
                }
                None => format!("reading failed after {rows} good rows: {error}"),
            };
            let help = "check whether the file was copied whole";
            Err(SourceError { line: lines.count + 1, ..at_path(path, message, help) })
        }
    }
}

impl Source for CsvFile {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        if self.done {
            return Ok(false);
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.open_file().inspect_err(|_| self.done = true)?,
        };
        while batch.len() < batch.capacity() {
            let found = match self.decode(&mut open, batch) {
                Ok(found) => found,
                Err(error) => {
                    self.done = true;
                    return Err(error);
                }
            };
            match found {
                Found::End => {
                    self.end();
                    return Ok(false);
                }
                Found::Empty if batch.len() < batch.capacity() => {
                    let filled =
                        fill(&mut open.lines, &mut open.bytes, &self.path, self.report.events);
                    self.report.bytes_read = open.bytes.disk_bytes().min(self.report.bytes_total);
                    if let Err(error) = filled {
                        self.done = true;
                        return Err(error);
                    }
                }
                Found::Empty | Found::Line { .. } => {}
            }
        }
        self.open = Some(open);
        Ok(true)
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }
}
