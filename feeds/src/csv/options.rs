//! What a config may say of CSV files.

use super::preset::Preset;
use schemars::JsonSchema;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// What happens at a row that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnBadRow {
    /// The run ends with the file, line, column and text of the row.
    #[default]
    Stop,
    /// The row is left out and counted; the first few are reported.
    Skip,
}

/// Unit of times that are numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// Nanoseconds.
    #[default]
    Ns,
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds; whole ones, or with up to nine digits after the point.
    S,
    /// Milliseconds or microseconds, whichever the number's length speaks for: from 100,000,000,000,000
    /// on, which is the year 5138 in one and 1973 in the other, microseconds.
    #[serde(rename = "ms-or-us")]
    MsOrUs,
}

impl TimeUnit {
    /// Ns in one; `None` where each number tells.
    pub(crate) fn ns(self) -> Option<u64> {
        match self {
            TimeUnit::Ns => Some(1),
            TimeUnit::Us => Some(1_000),
            TimeUnit::Ms => Some(1_000_000),
            TimeUnit::S => Some(1_000_000_000),
            TimeUnit::MsOrUs => None,
        }
    }
}

/// What times that are numbers count from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeFrom {
    /// The first second of 1970, UTC.
    #[default]
    Epoch,
    /// Midnight of `date` in `zone` or at `utc_offset`, as the wall clock there shows it.
    Midnight,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Column {
    /// Its position, counted from 1.
    Position(usize),
    /// Its name in the header line.
    Name(String),
}

/// An offset from UTC as written: text such as `-05:00`, `UTC-5`, or whole hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("type" = ["string", "integer"]))]
pub struct UtcOffset(#[schemars(with = "String")] pub String);

impl<'de> Deserialize<'de> for UtcOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text).map(UtcOffset)
    }
}

/// Takes text or a number as text.
pub(crate) struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

/// One file among several, with what it does not say itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileOptions {
    /// Path, relative to the config's folder.
    pub path: String,
    /// The CSV file in a zip archive that holds several. Default: the only one.
    #[serde(default)]
    pub entry: Option<String>,
    /// Instrument of all its rows. Default: that of the source.
    #[serde(default)]
    pub symbol: Option<String>,
    /// Date its times count from: `2013-10-07`. Default: that of the source.
    #[serde(default)]
    pub date: Option<String>,
}

/// Options of the format `csv`: files, what they do not say themselves, and their form.
///
/// Files are given as one of `path`, `paths` and `files`; several are merged in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// Form of the files. Default: `plain`, or none where `columns` is given.
    pub preset: Option<Preset>,
    /// Path of a file, relative to the config's folder: plain, .gz, .zst or .zip. `{date}` and
    /// `{symbol}` stand for each of `dates` and `symbols` as written there; `{ticker}` for the
    /// symbol without its venue in lower case.
    pub path: Option<String>,
    /// Paths of several files, as `path`.
    pub paths: Vec<String>,
    /// Several files, each with its own symbol and date.
    pub files: Vec<FileOptions>,
    /// The CSV file in a zip archive that holds several. Default: the only one.
    pub entry: Option<String>,
    /// Instrument of all rows, `SYMBOL.VENUE`, where the files do not name it. Default: what Lean's
    /// own file names say (`ibm/20131007_trade.zip`), else an error.
    pub symbol: Option<String>,
    /// Symbols that `{symbol}` and `{ticker}` stand for.
    pub symbols: Vec<String>,
    /// Date that times since midnight count from: `2013-10-07`. Default: what Lean's own file names
    /// say, else times stay times of day, on 1970-01-01.
    pub date: Option<String>,
    /// Dates that `{date}` stands for: `2013-10-07` or `20131007`.
    pub dates: Vec<String>,
    /// Offset from UTC of wall-clock times: `-05:00` or whole hours. Default: 0, or `zone`.
    #[schemars(extend("unit" = "hours, or hours and minutes"))]
    pub utc_offset: Option<UtcOffset>,
    /// Time zone of wall-clock times by its IANA name. Default: `America/New_York` for the equity
    /// presets, else UTC.
    pub zone: Option<String>,
    /// For one-sided quotes by exchange: quote the best of all exchanges, with the sizes of all that
    /// stand at the best price, instead of each exchange's own. Default: false.
    pub nbbo: bool,
    /// A quote's row has one side; a price of 0 says that the other one is not in this row and stays
    /// as it was (per instrument and exchange). Default: true for `lean-equity-quote`, else false.
    pub one_sided: Option<bool>,
    /// What happens at a row that cannot be read. Default: stop.
    pub on_bad_row: OnBadRow,
    /// Leave columns of the header that are not known unread instead of refusing them. Default:
    /// false.
    pub ignore_unknown: bool,
    /// A form of one's own: field -> position (from 1) or name in the header. Fields as in
    /// `plain`, and `exchange`.
    pub columns: Option<BTreeMap<String, Column>>,
    /// What stands between fields, one character. Default: `,`.
    pub delimiter: Option<char>,
    /// Whether the first line names the columns. Default: true for `plain` and where `columns`
    /// names any column, else false.
    pub header: Option<bool>,
    /// Unit of times that are numbers. Default: ns, or the preset's.
    pub time_unit: Option<TimeUnit>,
    /// What times that are numbers count from. Default: epoch, or the preset's.
    pub time_from: Option<TimeFrom>,
    /// Prices in the file are price x this. Default: 1, or the preset's (10000 for Lean equity).
    #[schemars(extend("unit" = "parts of 1"))]
    pub price_scale: Option<u64>,
    /// Sizes in the file are size x this. Default: 1.
    #[schemars(extend("unit" = "parts of 1"))]
    pub size_scale: Option<u64>,
    /// Mends rows that step back in time by up to so much: `5ms`, `1s`. Default: none is moved.
    pub reorder_window: Option<String>,
}
