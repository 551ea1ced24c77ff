//! Files that `pitlane ticks` reads, and how.

use crate::failure::Failure;
use pitlane::Instruments;
use pitlane::source::Source;
use pitlane_config::preset;
use pitlane_feeds::{FileFormat, OnBadRow, OpenOptions, Preset, open_files};
use std::path::PathBuf;

/// The form of files.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Known(Preset),
    /// One under `presets:` of a config; the only one there is where none is named.
    Own {
        path: PathBuf,
        name: Option<String>,
    },
}

fn form(text: &str) -> Result<Form, String> {
    if let Some((path, name)) = text.split_once('#') {
        return Ok(Form::Own { path: path.into(), name: Some(name.into()) });
    }
    let lower = text.to_ascii_lowercase();
    if lower.ends_with(".yaml") || lower.ends_with(".yml") {
        return Ok(Form::Own { path: text.into(), name: None });
    }
    text.parse().map(Form::Known).map_err(|error: String| {
        format!("{error}; one of your own is FILE.yaml#NAME, a form under `presets:` of a config")
    })
}

/// The forms that are known, for the help.
pub(super) fn presets() -> String {
    let names = Preset::ALL.map(Preset::name).join("\n  ");
    format!(
        "Forms of CSV files and captures (--preset), guessed where none is given:\n  {names}\n  \
         FILE.yaml#NAME (a form of your own under `presets:` of a config)"
    )
}

/// Files and what they do not say themselves.
#[derive(Debug, clap::Args)]
pub(super) struct Files {
    /// Files: CSV or captures (plain, .gz, .zst, .zip) or DBN; several are merged in order of time.
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The form of the files: lean-equity-trade, lean-equity-quote, lean-forex-quote, binance-raw,
    /// binance-agg-trades, binance-trades, binance-book-ticker, tardis-trades, tardis-quotes,
    /// tardis-incremental-book-l2, tardis-book-snapshot, plain; or FILE.yaml#NAME, a form of one's own under `presets:` of a
    /// config. Default: guessed.
    #[arg(long, value_parser = form)]
    preset: Option<Form>,
    /// The file in a zip archive that holds several.
    #[arg(long, value_name = "NAME")]
    entry: Option<String>,
    /// Date that times since midnight count from; without it they stay times of day.
    #[arg(long)]
    date: Option<String>,
    /// Instrument of all rows.
    #[arg(long)]
    symbol: Option<String>,
    /// Offset from UTC of the file's times: -05:00, or whole hours.
    #[arg(long, allow_hyphen_values = true)]
    utc_offset: Option<String>,
    /// Time zone of the file's times.
    #[arg(long, conflicts_with = "utc_offset")]
    zone: Option<String>,
    /// For quotes by exchange: the best of all.
    #[arg(long)]
    nbbo: bool,
    /// The format of the files: csv, dbn ... Default: what their names say.
    #[arg(long)]
    format: Option<FileFormat>,
    /// Mend events that step back in time by up to so much: 5ms, 1s.
    #[arg(long, value_name = "DURATION")]
    reorder_window: Option<String>,
    /// Leave out rows that cannot be read, and count them.
    #[arg(long)]
    skip_bad_rows: bool,
}

impl Files {
    pub(super) fn open(&self, instruments: &Instruments) -> Result<Box<dyn Source>, Failure> {
        let (preset, own) = match &self.preset {
            None => (None, None),
            Some(Form::Known(preset)) => (Some(*preset), None),
            Some(Form::Own { path, name }) => (None, Some(preset(path, name.as_deref())?)),
        };
        let options = OpenOptions {
            preset,
            form: own,
            entry: self.entry.clone(),
            date: self.date.clone(),
            symbol: self.symbol.clone(),
            utc_offset: self.utc_offset.clone(),
            zone: self.zone.clone(),
            nbbo: self.nbbo,
            format: self.format,
            reorder_window: self.reorder_window.clone(),
            on_bad_row: if self.skip_bad_rows { OnBadRow::Skip } else { OnBadRow::Stop },
            ..OpenOptions::default()
        };
        open_files(&self.paths, &options, instruments).map_err(|error| Failure::data(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_known_or_stands_in_a_config() {
        assert_eq!(form("binance_aggTrades"), Ok(Form::Known(Preset::BinanceAggTrades)));
        let own =
            |name: Option<&str>| Form::Own { path: "a/b.yaml".into(), name: name.map(Into::into) };
        assert_eq!(form("a/b.yaml#mine"), Ok(own(Some("mine"))));
        assert_eq!(form("a/b.yaml"), Ok(own(None)));
        assert!(form("mine").unwrap_err().contains("FILE.yaml#NAME"));
    }
}
