//! Files by preset, for tools that look at ticks without a config.

use super::files::{csv_source, symbol_for_tools};
use super::layout::Layout;
use super::lines::{Found, Lines};
use super::options::{CsvOptions, OnBadRow, UtcOffset};
use super::preset::{Preset, Shape};
use crate::bytes;
use crate::capture::is_capture;
use crate::error::{at_path, read_failed};
use crate::files::OpenOptions;
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::path::Path;

/// Opens one file by its preset, guessed where none is given.
pub(crate) fn open(
    path: &Path,
    options: &OpenOptions,
    instruments: &Instruments,
) -> Result<Box<dyn Source>, SourceError> {
    let mut csv = match &options.form {
        Some(form) => (**form).clone(),
        None => CsvOptions {
            preset: Some(match options.preset {
                Some(preset) => preset,
                None => guess(path, options.entry.as_deref())?,
            }),
            ..CsvOptions::default()
        },
    };
    overrule(&mut csv, options);
    let is_named = csv.symbol.is_some() || csv.preset == Some(Preset::BinanceRaw);
    if !is_named && !names_symbols(&csv, path) {
        csv.symbol = Some(symbol_for_tools(path));
    }
    csv_source(&csv, instruments, |_| path.to_owned())
}

/// What is said of this file goes before what its form says; which file it is, this one says.
fn overrule(csv: &mut CsvOptions, options: &OpenOptions) {
    csv.path = Some(String::new());
    (csv.paths, csv.files, csv.symbols, csv.dates) = Default::default();
    csv.entry = options.entry.clone().or(csv.entry.take());
    csv.symbol = options.symbol.clone().or(csv.symbol.take());
    csv.date = options.date.clone().or(csv.date.take());
    if options.utc_offset.is_some() || options.zone.is_some() {
        csv.utc_offset = options.utc_offset.clone().map(UtcOffset);
        csv.zone = options.zone.clone();
    }
    csv.nbbo |= options.nbbo;
    csv.ignore_unknown |= options.ignore_unknown;
    if options.on_bad_row == OnBadRow::Skip {
        csv.on_bad_row = OnBadRow::Skip;
    }
}

/// Whether rows name their instruments.
fn names_symbols(csv: &CsvOptions, path: &Path) -> bool {
    match (&csv.columns, csv.preset.unwrap_or(Preset::Plain).shape()) {
        (Some(columns), _) => columns.contains_key("symbol"),
        (None, Shape::Header | Shape::Named(_)) => header_names_symbols(path, csv.entry.as_deref()),
        (None, _) => false,
    }
}

/// The form of a file by its first line: a time and a JSON object are a raw capture; a header of Tardis
/// or Binance is theirs, one of known columns is `plain`; without one, six to eight fields with a truth value are Binance's trades, aggregated or
/// not, and 6, 8 and 3 fields of numbers are Lean's trades and quotes where the name does not speak against
/// it.
///
/// # Errors
/// Where the file cannot be read, or is none of them.
pub fn guess_preset(path: &Path) -> Result<Preset, SourceError> {
    guess(path, None)
}

fn guess(path: &Path, entry: Option<&str>) -> Result<Preset, SourceError> {
    let line = first_line(path, entry)?;
    if is_capture(&line) {
        return Ok(Preset::BinanceRaw);
    }
    let text = String::from_utf8_lossy(&line);
    let fields: Vec<String> = text.split(',').map(|field| field.trim().to_owned()).collect();
    if let Some(preset) = by_header(&fields) {
        return Ok(preset);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let numbers = fields[0].bytes().all(|byte| byte.is_ascii_digit()) && !fields[0].is_empty();
    let is_truth = |at: usize| {
        fields.get(at).is_some_and(|field| matches!(&*field.to_lowercase(), "true" | "false"))
    };
    match fields.len() {
        6 | 7 if numbers && is_truth(5) => Ok(Preset::BinanceTrades),
        7 | 8 if numbers && is_truth(6) => Ok(Preset::BinanceAggTrades),
        7 if numbers && name.contains("bookticker") => Ok(Preset::BinanceBookTicker),
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

/// The form that a header line speaks of.
fn by_header(fields: &[String]) -> Option<Preset> {
    let has = |name: &str| fields.iter().any(|field| field == name);
    let is_tardis = has("local_timestamp") && has("exchange");
    Some(match () {
        () if is_tardis && has("is_snapshot") => Preset::TardisIncrementalBookL2,
        () if is_tardis && has("asks[0].price") => Preset::TardisBookSnapshot,
        () if is_tardis && has("bid_amount") => Preset::TardisQuotes,
        () if is_tardis && has("side") && has("id") => Preset::TardisTrades,
        () if has("quote_qty") && has("is_buyer_maker") => Preset::BinanceTrades,
        () if has("agg_trade_id") => Preset::BinanceAggTrades,
        () if has("best_bid_price") && has("transaction_time") => Preset::BinanceBookTicker,
        () if Layout::from_header(fields, true).is_ok() => Preset::Plain,
        () => return None,
    })
}

/// Whether a header names a column of symbols.
fn header_names_symbols(path: &Path, entry: Option<&str>) -> bool {
    first_line(path, entry).is_ok_and(|line| {
        String::from_utf8_lossy(&line).split(',').any(|field| field.trim() == "symbol")
    })
}

fn first_line(path: &Path, entry: Option<&str>) -> Result<Vec<u8>, SourceError> {
    const ENOUGH: usize = 4096;
    let mut bytes = bytes::open(path, entry)?;
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
