//! Which files a config names, and what their names say.

use super::decode::Ground;
use super::file::CsvFile;
use super::layout::{Columns, Form, Role};
use super::options::{CsvOptions, FileOptions, Preset, TimeFrom};
use crate::error::{about, at_path, read_failed};
use crate::merge::Merge;
use crate::time::{self, Day, Iso};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::path::{Path, PathBuf};

/// A source of CSV files. `resolve` makes a path as written one that can be opened.
///
/// Several files are merged into one order, see [`Merge::of_files`].
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
    let mut sources: Vec<(u64, Box<dyn Source>)> = Vec::new();
    for file in files(options)? {
        let path = resolve(&file.path);
        let (not_before, source) = source(options, &form, &zone, instruments, &file, path)?;
        sources.push((not_before, Box::new(source)));
    }
    if sources.len() == 1 {
        return Ok(sources.remove(0).1);
    }
    Ok(Box::new(Merge::of_files(sources)))
}

fn source(
    options: &CsvOptions,
    form: &Form,
    zone: &TimeZone,
    instruments: &Instruments,
    file: &FileOptions,
    path: PathBuf,
) -> Result<(u64, CsvFile), SourceError> {
    let metadata = std::fs::metadata(&path).map_err(|error| read_failed(&path, &error))?;
    if metadata.is_dir() {
        return Err(at_path(&path, "this is a folder", "name a file in it"));
    }
    let named = LeanName::of(&path);
    let symbol = file.symbol.clone().or_else(|| named.as_ref().map(|name| name.symbol.clone()));
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
    let not_before =
        if midnight && date.is_some() && !form.has(Role::TsRecv) { day.start() } else { 0 };
    let ground = Ground {
        instrument: symbol.map_or(0, |symbol| instruments.intern(&symbol)),
        day,
        iso: Iso::new(zone.clone()),
        instruments: instruments.clone(),
    };
    let entry = file.entry.clone();
    Ok((not_before, CsvFile::new(path, entry, form.clone(), ground, options.on_bad_row)))
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

/// All files that options name, each with its symbol and date where they say them.
fn files(options: &CsvOptions) -> Result<Vec<FileOptions>, SourceError> {
    let given = [options.path.is_some(), !options.paths.is_empty(), !options.files.is_empty()];
    match given.iter().filter(|given| **given).count() {
        1 => {}
        0 => {
            let help = "give `path`, `paths` or `files`";
            return Err(about("no file is named", help));
        }
        _ => return Err(about("files are named twice", "keep one of `path`, `paths` and `files`")),
    }
    let mut files = Vec::new();
    for path in options.path.iter().chain(&options.paths) {
        files.push(FileOptions { path: path.clone(), ..FileOptions::default() });
    }
    files.extend(options.files.iter().cloned());
    for file in &mut files {
        file.entry = file.entry.take().or_else(|| options.entry.clone());
        file.symbol = file.symbol.take().or_else(|| options.symbol.clone());
        file.date = file.date.take().or_else(|| options.date.clone());
    }
    let unused = |list: &[String], holders: &[&str]| {
        !list.is_empty() && !files.iter().any(|file| holders.iter().any(|h| file.path.contains(h)))
    };
    if unused(&options.dates, &["{date}"]) {
        return Err(about(
            "`dates` is given, but no path has `{date}`",
            "put it where the date stands",
        ));
    }
    if unused(&options.symbols, &["{symbol}", "{ticker}"]) {
        let help = "put it where the symbol stands, or use `symbol` for a single one";
        return Err(about("`symbols` is given, but no path has `{symbol}` or `{ticker}`", help));
    }
    files
        .iter()
        .map(|file| expand(file, options))
        .collect::<Result<Vec<_>, _>>()
        .map(|f| f.concat())
}

/// A file for each date and symbol that its path stands for; dates first, so that files of a day
/// stand together.
fn expand(file: &FileOptions, options: &CsvOptions) -> Result<Vec<FileOptions>, SourceError> {
    let mut files = vec![file.clone()];
    if file.path.contains("{date}") {
        let dates = either(&options.dates, file.date.as_ref(), "{date}", "dates")?;
        files = product(&files, &dates, |file, date| FileOptions {
            path: file.path.replace("{date}", date),
            date: Some(date.clone()),
            ..file.clone()
        });
    }
    if file.path.contains("{symbol}") || file.path.contains("{ticker}") {
        let symbols = either(&options.symbols, file.symbol.as_ref(), "{symbol}", "symbols")?;
        files = product(&files, &symbols, |file, symbol| {
            let ticker = Instruments::split(symbol).0.to_lowercase();
            FileOptions {
                path: file.path.replace("{symbol}", symbol).replace("{ticker}", &ticker),
                symbol: Some(symbol.clone()),
                ..file.clone()
            }
        });
    }
    Ok(files)
}

fn either(
    list: &[String],
    one: Option<&String>,
    placeholder: &str,
    option: &str,
) -> Result<Vec<String>, SourceError> {
    match (list, one) {
        ([], None) => {
            let message = format!("a path has `{placeholder}`, but `{option}` is not given");
            Err(about(message, format!("list what it stands for under `{option}`")))
        }
        ([], Some(one)) => Ok(vec![one.clone()]),
        (list, _) => Ok(list.to_vec()),
    }
}

fn product(
    files: &[FileOptions],
    values: &[String],
    make: impl Fn(&FileOptions, &String) -> FileOptions,
) -> Vec<FileOptions> {
    files.iter().flat_map(|file| values.iter().map(|value| make(file, value))).collect()
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
    let words: Vec<&str> = stem.split('_').collect();
    let dated = words.iter().position(|word| word.len() == 8 && time::date(word).is_some());
    match dated.and_then(|at| words.get(at.checked_sub(1)?)) {
        Some(symbol) if !symbol.is_empty() => symbol.to_uppercase(),
        _ if stem.is_empty() => name.into_owned(),
        _ => stem.to_owned(),
    }
}
