//! What a config may say of DBN files.

use super::file::{DbnFile, Ground};
use crate::csv::{FileOptions, OnBadRow};
use crate::error::{about, at_path, read_failed};
use crate::files::{FileList, Gathered, OpenOptions};
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Whether an instrument's text has its venue: `IBM.XNYS`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Venues {
    /// Where the dataset has several venues, so that each has instruments of its own.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: all venues of a symbol are one instrument.
    Never,
}

/// Options of the format `dbn`: files, and what they do not say themselves.
///
/// Files are given as one of `path`, `paths` and `files`; several are merged in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DbnOptions {
    /// Path of a file, relative to the config's folder: .dbn, .dbn.zst, .dbn.gz, a fragment
    /// (.dbn.frag), or .dbz. `{date}`, `{symbol}` and `{ticker}` stand for what they do in `csv`.
    pub path: Option<String>,
    /// Paths of several files, as `path`.
    pub paths: Vec<String>,
    /// Several files, each with its own symbol.
    pub files: Vec<FileOptions>,
    /// Instrument of all records. Default: what the metadata say of each number at its date; else
    /// what mappings and definitions among the records say; else the number.
    pub symbol: Option<String>,
    /// Symbols that `{symbol}` and `{ticker}` stand for.
    pub symbols: Vec<String>,
    /// Dates that `{date}` stands for: `2013-10-07` or `20131007`.
    pub dates: Vec<String>,
    /// Whether instruments are called `SYMBOL.VENUE`. Default: where the dataset has several venues.
    pub venues: Venues,
    /// What happens at a record that cannot be read. Default: stop.
    pub on_bad_row: OnBadRow,
    /// Mends records that step back in time by up to so much: `5ms`, `1s`. Default: none is moved.
    pub reorder_window: Option<String>,
}

/// A source of DBN files. `resolve` makes a path as written one that can be opened.
///
/// Several files are merged into one order, see [`crate::Merge::of_files`].
///
/// # Errors
/// Where options contradict each other, miss something, or name files that are not there.
pub fn dbn_source(
    options: &DbnOptions,
    instruments: &Instruments,
    resolve: impl Fn(&str) -> PathBuf,
) -> Result<Box<dyn Source>, SourceError> {
    let list = FileList {
        path: options.path.clone(),
        paths: options.paths.clone(),
        files: options.files.clone(),
        symbol: options.symbol.clone(),
        symbols: options.symbols.clone(),
        dates: options.dates.clone(),
        ..FileList::default()
    };
    let mut gathered = Gathered::new(instruments, options.reorder_window.as_deref())?;
    for file in list.expand()? {
        // A symbol that only says which file is meant does not rename what is in it.
        let symbol = file.symbol.filter(|_| options.symbols.is_empty());
        let ground = Ground {
            symbol: named(symbol)?,
            venues: options.venues,
            instruments: instruments.clone(),
        };
        let path = resolve(&file.path);
        let source = open_one(&path, ground, options.on_bad_row)?;
        gathered.add(path, 0..u64::MAX, Box::new(source));
    }
    Ok(gathered.source())
}

fn named(symbol: Option<String>) -> Result<Option<String>, SourceError> {
    match symbol.as_deref() {
        Some("") => Err(about("`symbol` is empty", "give one such as `symbol: ESH4.GLBX`")),
        _ => Ok(symbol),
    }
}

/// One file, for tools.
pub(crate) fn open(
    path: &Path,
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<DbnFile, SourceError> {
    let ground = Ground {
        symbol: named(options.symbol.clone())?,
        venues: Venues::Auto,
        instruments: instruments.clone(),
    };
    open_one(path, ground, options.on_bad_row)
}

fn open_one(path: &Path, ground: Ground, on_bad_row: OnBadRow) -> Result<DbnFile, SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| read_failed(path, &error))?;
    if metadata.is_dir() {
        return Err(at_path(path, "this is a folder", "name a file in it"));
    }
    Ok(DbnFile::new(path.to_owned(), ground, on_bad_row))
}
