//! Which files a config names, and what their names say.

use super::decode::Ground;
use super::file::CsvFile;
use super::layout::{Columns, Form, Role};
use super::options::{CsvOptions, FileOptions, TimeFrom};
use super::preset::Preset;
use super::snapshots::{SnapshotFile, SnapshotOptions};
use crate::capture::{CaptureFile, CaptureOptions};
use crate::error::{about, at_path, read_failed};
use crate::files::{FileList, Gathered};
use crate::time::{self, Day, Iso};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A source of CSV files. `resolve` makes a path as written one that can be opened.
///
/// Several files are merged into one order, see [`Merge::of_files`](crate::Merge::of_files).
///
/// # Errors
/// Where options contradict each other, miss something, or name files that are not there. What is
/// in the files is only looked at when they are read.
pub fn csv_source(
    options: &CsvOptions,
    instruments: &Instruments,
    resolve: impl Fn(&str) -> PathBuf,
) -> Result<Box<dyn Source>, SourceError> {
    let form = Form::new(options)?;
    let zone = zone(options)?;
    let mut gathered = Gathered::new(instruments, options.reorder_window.as_deref())?;
    for file in list(options).expand()? {
        let path = resolve(&file.path);
        if options.preset == Some(Preset::BinanceRaw) {
            gathered.add(path.clone(), 0..u64::MAX, capture(options, instruments, &file, path)?);
            continue;
        }
        if options.preset == Some(Preset::TardisBookSnapshot) {
            check_file(&path)?;
            let FileOptions { entry, symbol, .. } = file;
            let of_rows = SnapshotOptions { entry, symbol, on_bad_row: options.on_bad_row };
            let source = SnapshotFile::new(path.clone(), of_rows, instruments);
            gathered.add(path, 0..u64::MAX, Box::new(source));
            continue;
        }
        let (span, source) = source(options, &form, &zone, instruments, &file, path.clone())?;
        gathered.add(path, span, Box::new(source));
    }
    Ok(gathered.source())
}

/// A raw capture; it says of itself what a preset says of rows.
fn capture(
    options: &CsvOptions,
    instruments: &Instruments,
    file: &FileOptions,
    path: PathBuf,
) -> Result<Box<dyn Source>, SourceError> {
    check_file(&path)?;
    let capture = CaptureOptions {
        entry: file.entry.clone(),
        symbol: file.symbol.clone(),
        else_symbol: symbol_for_tools(&path),
        on_bad_row: options.on_bad_row,
    };
    Ok(Box::new(CaptureFile::new(path, capture, instruments)))
}

fn check_file(path: &Path) -> Result<(), SourceError> {
    let metadata = std::fs::metadata(path).map_err(|error| read_failed(path, &error))?;
    match metadata.is_dir() {
        true => Err(at_path(path, "this is a folder", "name a file in it")),
        false => Ok(()),
    }
}

/// A file that is not there yet, for what reads from memory.
#[cfg(any(test, fuzzing))]
pub(super) fn in_memory(
    options: &CsvOptions,
    instruments: &Instruments,
) -> Result<CsvFile, SourceError> {
    let (form, zone) = (Form::new(options)?, zone(options)?);
    let day = options.date.as_deref().map(date).transpose()?.and_then(|date| Day::new(date, &zone));
    let ground = Ground {
        instrument: options.symbol.as_deref().map_or(0, |symbol| instruments.intern(symbol)),
        day: day.unwrap_or_else(Day::time_of_day),
        iso: Iso::new(zone),
        instruments: instruments.clone(),
    };
    Ok(CsvFile::new("a.csv".into(), None, form, ground, options.on_bad_row))
}

fn list(options: &CsvOptions) -> FileList {
    FileList {
        path: options.path.clone(),
        paths: options.paths.clone(),
        files: options.files.clone(),
        entry: options.entry.clone(),
        symbol: options.symbol.clone(),
        symbols: options.symbols.clone(),
        date: options.date.clone(),
        dates: options.dates.clone(),
    }
}

fn source(
    options: &CsvOptions,
    form: &Form,
    zone: &TimeZone,
    instruments: &Instruments,
    file: &FileOptions,
    path: PathBuf,
) -> Result<(Range<u64>, CsvFile), SourceError> {
    check_file(&path)?;
    let named = LeanName::of(&path);
    let by_name = || named.as_ref().map(|name| name.symbol.clone()).or_else(|| binance_name(&path));
    let symbol = file.symbol.clone().or_else(by_name);
    let symbol = symbol.filter(|_| file.symbol.is_some() || !names_symbols(form));
    if symbol.is_none() && !names_symbols(form) {
        let help = "set `symbol`, such as `symbol: IBM.NYSE`";
        return Err(at_path(&path, "the file does not say which instrument it is of", help));
    }
    if symbol.as_deref() == Some("") {
        return Err(at_path(&path, "`symbol` is empty", "give one such as `symbol: IBM.NYSE`"));
    }
    let midnight = form.time_from == TimeFrom::Midnight;
    let date = match &file.date {
        Some(text) => Some(date(text)?),
        None => named.map(|name| name.date).filter(|_| midnight),
    };
    let day = match date {
        None => Day::time_of_day(),
        Some(date) => Day::new(date, zone).ok_or_else(|| {
            at_path(&path, format!("the date {date} is out of range"), "give one from 1970 to 2554")
        })?,
    };
    let dated = midnight && date.is_some() && !form.has(Role::TsRecv);
    let span = if dated { day.start()..day.end() } else { 0..u64::MAX };
    let ground = Ground {
        instrument: symbol.map_or(0, |symbol| instruments.intern(&symbol)),
        day,
        iso: Iso::new(zone.clone()),
        instruments: instruments.clone(),
    };
    let entry = file.entry.clone();
    Ok((span, CsvFile::new(path, entry, form.clone(), ground, options.on_bad_row)))
}

impl Form {
    /// Whether the files have such a column, as far as is known before they are read.
    fn has(&self, role: Role) -> bool {
        match &self.columns {
            Columns::Fixed { layout, .. } => layout.has(role),
            Columns::Map(map) => map.contains_key(role.name()),
            Columns::Header => true,
        }
    }
}

/// Whether the files may name their symbols themselves. A `plain` file's header is not known yet;
/// its rows without a symbol are bad rows.
fn names_symbols(form: &Form) -> bool {
    form.has(Role::Symbol)
}

fn zone(options: &CsvOptions) -> Result<TimeZone, SourceError> {
    let equity = matches!(options.preset, Some(Preset::LeanEquityTrade | Preset::LeanEquityQuote));
    match (&options.utc_offset, &options.zone) {
        (Some(_), Some(_)) => {
            Err(about("both `utc_offset` and `zone` are given", "keep one of them"))
        }
        (Some(offset), None) => time::offset(&offset.0).map(TimeZone::fixed).ok_or_else(|| {
            let message = format!("`utc_offset` cannot be `{}`", offset.0);
            about(message, "give hours and minutes such as `-05:00`, or whole hours such as -5")
        }),
        (None, name) => {
            let name = name.as_deref().unwrap_or(if equity { "America/New_York" } else { "UTC" });
            time::zone(name).ok_or_else(|| {
                let message = format!("there is no time zone `{name}`");
                about(message, "give an IANA name such as `America/New_York`, or use `utc_offset`")
            })
        }
    }
}

fn date(text: &str) -> Result<Date, SourceError> {
    time::date(text).ok_or_else(|| {
        about(format!("`{text}` is not a date"), "give year, month and day such as 2013-10-07")
    })
}

/// What Lean's own file names say: `.../ibm/20131007_trade.zip`.
struct LeanName {
    symbol: String,
    date: Date,
}

impl LeanName {
    fn of(path: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_str()?;
        let (date, kind) = stem.split_once('_')?;
        let folder = path.parent()?.file_name()?.to_str()?;
        (date.len() == 8 && matches!(kind, "trade" | "quote")).then_some(())?;
        Some(Self { symbol: folder.to_uppercase(), date: time::date(date)? })
    }
}

/// A symbol for tools that only look at a file: what Lean's name says, or the word before the date
/// in its name (`equity_ibm_20131007_trade` -> IBM), or all of its name.
pub(super) fn symbol_for_tools(path: &Path) -> String {
    if let Some(name) = LeanName::of(path) {
        return name.symbol;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().unwrap_or_default();
    if let Some(symbol) = binance_symbol(stem) {
        return symbol;
    }
    let words: Vec<&str> = stem.split('_').collect();
    let dated = words.iter().position(|word| word.len() == 8 && time::date(word).is_some());
    match dated.and_then(|at| words.get(at.checked_sub(1)?)) {
        Some(symbol) if !symbol.is_empty() => symbol.to_uppercase(),
        _ if stem.is_empty() => name.into_owned(),
        _ => stem.to_owned(),
    }
}

fn binance_name(path: &Path) -> Option<String> {
    binance_symbol(path.file_name()?.to_str()?.split('.').next()?)
}

/// What Binance's own file names say: `BTCUSDT-aggTrades-2024-08-08`.
fn binance_symbol(stem: &str) -> Option<String> {
    let (symbol, rest) = stem.split_once('-')?;
    let known = ["aggTrades-", "bookTicker-", "trades-"].iter().any(|kind| rest.starts_with(kind));
    known.then(|| symbol.to_owned())
}
