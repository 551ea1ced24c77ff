//! Files of any format as one source.

use super::{FileFormat, Gathered};
use crate::csv::{self, CsvOptions, OnBadRow, Preset};
use crate::dbn;
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::path::{Path, PathBuf};

/// What may be said of a file that is opened without a config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// Its format; `None` takes what its name and its first bytes say.
    pub format: Option<FileFormat>,
    /// The form of a CSV file; `None` guesses, see [`crate::guess_preset`].
    pub preset: Option<Preset>,
    /// A form of one's own, of CSV files, in place of a preset. What is said here besides goes before
    /// what it says; the files it may name are not looked at.
    pub form: Option<Box<CsvOptions>>,
    /// The file in a zip archive that holds several, as `entry` in configs.
    pub entry: Option<String>,
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
    /// As `reorder_window` in configs.
    pub reorder_window: Option<String>,
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

/// Opens files, each of the format that it has, merged into one order. Where neither `symbol` nor
/// the files name the instrument, it is called after the file.
///
/// # Errors
/// Where a file cannot be read, or its form not be guessed.
pub fn open_files(
    paths: &[PathBuf],
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<Box<dyn Source>, SourceError> {
    let mut gathered = Gathered::new(instruments, options.reorder_window.as_deref())?;
    for path in paths {
        gathered.add(path.clone(), 0..u64::MAX, open(path, options, instruments)?);
    }
    Ok(gathered.source())
}

fn open(
    path: &Path,
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<Box<dyn Source>, SourceError> {
    let format = match options.format {
        Some(format) => format,
        None if options.form.is_some() => FileFormat::Csv,
        // What a pipe holds can be looked at only once.
        None if options.preset.is_some() => FileFormat::of_name(path),
        None => FileFormat::of(path)?,
    };
    match format {
        FileFormat::Csv => csv::open(path, options, instruments),
        FileFormat::Dbn => Ok(Box::new(dbn::open(path, options, instruments)?)),
    }
}
