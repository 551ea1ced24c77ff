//! Files by preset, for tools that look at ticks without a config.

use super::files::{csv_source, symbol_for_tools};
use super::layout::Layout;
use super::lines::{Found, Lines};
use super::options::{CsvOptions, OnBadRow, Preset, UtcOffset};
use crate::bytes;
use crate::error::{at_path, read_failed};
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::path::{Path, PathBuf};

/// What may be said of a file that is opened without a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Its form; `None` guesses, see [`guess_preset`].
    pub preset: Option<Preset>,
    /// Date that times since midnight count from; `None` takes what Lean's own file names say, else
    /// keeps times of day.
    pub date: Option<String>,
    /// Instrument of all rows; `None` takes what the file or its name says.
    pub symbol: Option<String>,
    /// Offset from UTC of wall-clock times, as `utc_offset` in configs.
    pub utc_offset: Option<String>,
    /// Time zone of wall-clock times, as `zone` in configs.
    pub zone: Option<String>,
    /// As `nbbo` in configs.
    pub nbbo: bool,
    /// As `on_bad_row` in configs.
    pub on_bad_row: OnBadRow,
    /// As `ignore_unknown` in configs.
    pub ignore_unknown: bool,
}

/// Opens one file, see [`open_files`].
///
/// # Errors
/// As [`open_files`].
pub fn open_file(
    path: &Path,
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<Box<dyn Source>, SourceError> {
    open_files(&[path.to_owned()], options, instruments)
}

/// Opens files of one form, merged into one order. Where neither `symbol` nor the rows name the
/// instrument, it is called after the file.
///
/// # Errors
/// Where a file cannot be read, or its form not be guessed.
pub fn open_files(
    paths: &[PathBuf],
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<Box<dyn Source>, SourceError> {
    let mut sources: Vec<(u64, Box<dyn Source>)> = Vec::new();
    for path in paths {
        let preset = match options.preset {
            Some(preset) => preset,
            None => guess_preset(path)?,
        };
        let named = preset == Preset::Plain && options.symbol.is_none();
        let symbol = options.symbol.clone().unwrap_or_else(|| symbol_for_tools(path));
        let csv = CsvOptions {
            preset: Some(preset),
            path: Some(String::new()),
            symbol: (!named || !names_symbols(path)).then_some(symbol),
            date: options.date.clone(),
            utc_offset: options.utc_offset.clone().map(UtcOffset),
            zone: options.zone.clone(),
            nbbo: options.nbbo,
            on_bad_row: options.on_bad_row,
            ignore_unknown: options.ignore_unknown,
            ..CsvOptions::default()
        };
        sources.push((0, csv_source(&csv, instruments, |_| path.clone())?));
    }
    if sources.len() == 1 {
        return Ok(sources.remove(0).1);
    }
    Ok(Box::new(crate::merge::Merge::of_files(sources)))
}

/// The form of a file by its first line: a header of known columns is `plain`; 6, 8 and 3 fields
/// of numbers are Lean's trades and quotes where the name does not speak against it.
///
/// # Errors
/// Where the file cannot be read, or is none of them.
pub fn guess_preset(path: &Path) -> Result<Preset, SourceError> {
    let line = first_line(path)?;
    let text = String::from_utf8_lossy(&line);
    let fields: Vec<String> = text.split(',').map(|field| field.trim().to_owned()).collect();
    if Layout::from_header(&fields, true).is_ok() {
        return Ok(Preset::Plain);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let numbers = fields[0].bytes().all(|byte| byte.is_ascii_digit()) && !fields[0].is_empty();
    match fields.len() {
        6 if numbers && !name.contains("quote") => Ok(Preset::LeanEquityTrade),
        8 if numbers && !name.contains("trade") => Ok(Preset::LeanEquityQuote),
        3 if numbers && !name.contains("trade") => Ok(Preset::LeanForexQuote),
        _ => {
            let presets = Preset::ALL.map(Preset::name).join(", ");
            let error = at_path(
                path,
                "the form of the file cannot be guessed from its first line",
                format!("name a preset: {presets}"),
            );
            Err(SourceError { line: 1, text: crate::error::shown(&line), ..error })
        }
    }
}

/// Whether a header names a column of symbols.
fn names_symbols(path: &Path) -> bool {
    first_line(path).is_ok_and(|line| {
        String::from_utf8_lossy(&line).split(',').any(|field| field.trim() == "symbol")
    })
}

fn first_line(path: &Path) -> Result<Vec<u8>, SourceError> {
    const ENOUGH: usize = 4096;
    let mut bytes = bytes::open(path, None)?;
    let mut lines = Lines::new(ENOUGH);
    let mut first = true;
    loop {
        match lines.next() {
            Found::Line { start, end, .. } if start < end => {
                return Ok(lines.text(start, end).to_vec());
            }
            Found::Line { .. } => {}
            Found::End => return Ok(Vec::new()),
            Found::Empty => match lines.fill(&mut bytes) {
                Ok(true) if first => {
                    first = false;
                    lines.skip(b"\xef\xbb\xbf");
                }
                Ok(true) => {}
                Ok(false) => return Ok(Vec::new()),
                Err(error) => return Err(read_failed(path, &error)),
            },
        }
    }
}
