//! One CSV file as a source.

use super::decode::{Decoder, Ground, header_fields};
use super::layout::{Columns, Form, Header, Layout, Role, Shape};
use super::levels::Levels;
use super::lines::{BUFFER, Found, LONGEST_LINE, Lines};
use super::marks::Marks;
use super::options::OnBadRow;
use super::out::{BookRows, Events, Order};
use super::problem::{Problem, RowError};
use crate::bytes::{self, Bytes};
use crate::error::{at_path, shown};
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::path::{Path, PathBuf};

/// Skipped rows that are reported in full.
const SAMPLES: usize = 5;

/// Rows after which the fast way is given up where none of them was plain.
const TRIES: u32 = 1000;

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
    /// Why it cannot be read on, once what came before is handed out.
    failed: Option<SourceError>,
    report: SourceReport,
}

/// What an open file needs.
struct Open {
    bytes: Bytes,
    lines: Lines,
    marks: Marks,
    decoder: Decoder,
    /// How many more rows that are not plain may come before no more is tried.
    fast: u32,
    /// Where rows are levels of a book.
    levels: Option<Levels>,
}

impl Open {
    /// Decodes rows by their marks, as far as that goes; gives whether there were any.
    fn rows(&mut self, batch: &mut Vec<MarketData>, order: &mut Order) -> bool {
        let Open { lines, marks, decoder, levels, .. } = self;
        let before = lines.count;
        match levels {
            None => decoder.decode_rows(lines, marks, &mut Events { batch, order }),
            Some(levels) => {
                let rows = levels.rows(batch);
                decoder.decode_rows(lines, marks, &mut BookRows { rows, order });
            }
        }
        lines.count > before
    }

    /// The next line; the marks go along.
    fn line(&mut self) -> Found {
        let found = self.lines.next();
        if self.marks.has_row() {
            self.marks.take_rows(1);
        } else {
            self.marks.begin(self.lines.start());
        }
        found
    }
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
            failed: None,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        }
    }

    /// A file whose text is in memory, read through a buffer of so many bytes.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn in_memory(mut self, text: Vec<u8>, buffer: usize) -> Result<Self, SourceError> {
        self.buffer = buffer;
        let bytes = Bytes::Memory(bytes::counted(std::io::Cursor::new(text)));
        self.open = Some(self.start(bytes)?);
        Ok(self)
    }

    /// Every row by its line, none by its marks.
    #[cfg(test)]
    pub(crate) fn by_lines(mut self) -> Self {
        self.open.iter_mut().for_each(|open| open.fast = 0);
        self
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
                let is_there = match header {
                    Header::None => false,
                    Header::There => true,
                    Header::Perhaps => begins_with_a_name(&mut lines, &mut bytes, &self.path)?,
                };
                if is_there {
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
        let levels = (layout.shape == Shape::Level).then(Levels::default);
        let decoder = Decoder::new(&self.form, layout, self.ground.clone());
        let mut marks = Marks::new();
        marks.begin(lines.start());
        Ok(Open { bytes, lines, marks, decoder, fast: TRIES, levels })
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
        let mut order = Order { last_time: self.last_time, steps_back: 0 };
        let (before, mut result) = (batch.len(), Ok(Found::Empty));
        while batch.len() < batch.capacity() {
            if let Some(event) = open.levels.as_mut().and_then(Levels::next) {
                batch.push(event);
                continue;
            }
            if let Some(error) = self.failed.take() {
                result = Err(error);
                break;
            }
            if open.fast > 0 {
                let any = open.rows(batch, &mut order);
                open.fast = if any { TRIES } else { open.fast - 1 };
                if batch.len() == batch.capacity() {
                    continue;
                }
            }
            let (start, end, ended) = match open.line() {
                Found::Line { start, end, ended } => (start, end, ended),
                Found::End if open.levels.as_mut().is_some_and(Levels::finish) => continue,
                other => {
                    result = Ok(other);
                    break;
                }
            };
            let line = open.lines.text(start, end);
            match open.decoder.decode(line) {
                Ok(event) => {
                    order.look_at(&event);
                    match &mut open.levels {
                        None => batch.push(event),
                        Some(levels) => levels.push(event),
                    }
                }
                Err(_) if line.is_empty() => {}
                Err(error) => {
                    if let Err(error) = bad_row(self, line, open.lines.count, error, ended) {
                        // What came before it goes out first.
                        if let Some(levels) = &mut open.levels {
                            levels.finish();
                        }
                        self.failed = Some(error);
                    }
                }
            }
        }
        self.last_time = order.last_time;
        self.report.out_of_order += order.steps_back;
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

/// Whether the text begins with something else than a number.
fn begins_with_a_name(
    lines: &mut Lines,
    bytes: &mut Bytes,
    path: &Path,
) -> Result<bool, SourceError> {
    while lines.held() == 0 && !lines.at_end() {
        fill(lines, bytes, path, 0)?;
    }
    Ok(lines.peek().is_some_and(|first| !first.is_ascii_digit() && first != b'"'))
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

/// Reads more text; an error where there is none to be had, with the number of rows that came.
pub(crate) fn fill(
    lines: &mut Lines,
    bytes: &mut Bytes,
    path: &Path,
    rows: u64,
) -> Result<(), SourceError> {
    match lines.fill(bytes) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let message = format!("a line is longer than {LONGEST_LINE} bytes");
            let error = at_path(path, message, "check whether this is a file of ticks in lines");
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
                    open.marks.begin(open.lines.start());
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
