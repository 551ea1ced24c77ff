//! `pitlane ticks`.

use super::ticks_files::Files;
use super::{ticks_bars, ticks_book};
use crate::console::{self, unless_closed};
use crate::failure::{Exit, Failure};
use crate::session::aligned;
use crate::text::{notes, notes_json, thousands};
use pitlane::Instruments;
use pitlane::event::MarketDataKind;
use pitlane::event::fixed::WideDecimal;
use pitlane::source::{Source, SourceError, SourceReport};
use pitlane_feeds::{EventWriter, InstrumentStats, TickStats, format_time};
use serde_json::{Map, Value, json};
use std::io::{self, BufWriter};

/// Arguments of `ticks`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::ticks_files::presets())]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Per instrument: events by kind, first and last time, volume, VWAP, crossed and locked quotes.
    Stats {
        #[command(flatten)]
        files: Files,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// The ticks as CSV that the preset `plain` reads back.
    Cat {
        #[command(flatten)]
        files: Files,
        /// Stop after so many.
        #[arg(long, value_name = "EVENTS")]
        limit: Option<u64>,
    },
    /// Bars of trades or quotes: by time, by count or by volume.
    Bars(ticks_bars::Args),
    /// The order book at a time or at the end.
    Book(ticks_book::Args),
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    match &args.what {
        What::Stats { files, json } => stats(files, *json),
        What::Cat { files, limit } => cat(files, *limit),
        What::Bars(args) => ticks_bars::run(args),
        What::Book(args) => ticks_book::run(args),
    }
}

fn stats(files: &Files, as_json: bool) -> Result<Exit, Failure> {
    let instruments = Instruments::new();
    let mut source = files.open(&instruments)?;
    let mut stats = TickStats::default();
    // What came before an error is shown all the same.
    let read = stats.add_all(&mut *source);
    let report = source.report();
    let text = if as_json {
        let all = stats.instruments().iter();
        let object = json!({
            "schema": 1,
            "instruments": all.map(|one| stats_json(one, &instruments)).collect::<Value>(),
            "bad_rows": report.bad_rows,
            "out_of_order": report.out_of_order,
            "notes": notes_json(&report),
            "overlaps": report.overlaps,
        });
        format!("{object:#}\n")
    } else {
        stats_text(&stats, &instruments) + &oddities(&report)
    };
    console::show(&text)?;
    read.map_err(|error| Failure::data(&error))?;
    Ok(Exit::Done)
}

fn oddities(report: &SourceReport) -> String {
    let mut text = String::new();
    if report.bad_rows > 0 {
        text += &format!("bad rows: {}\n", thousands(report.bad_rows));
    }
    if report.out_of_order > 0 {
        text += &format!("events that step back in time: {}\n", thousands(report.out_of_order));
    }
    notes(report).for_each(|note| text += &format!("{note}\n"));
    text
}

const KINDS: [(MarketDataKind, &str); 11] = [
    (MarketDataKind::Trade, "trade"),
    (MarketDataKind::Quote, "quote"),
    (MarketDataKind::Add, "add"),
    (MarketDataKind::Modify, "modify"),
    (MarketDataKind::Cancel, "cancel"),
    (MarketDataKind::Fill, "fill"),
    (MarketDataKind::Clear, "clear"),
    (MarketDataKind::Status, "status"),
    (MarketDataKind::Bar, "bar"),
    (MarketDataKind::Nothing, "none"),
    (MarketDataKind::BarEnd, "bar_end"),
];

/// Events by kind, those kinds only that there are.
fn kinds(stats: &InstrumentStats) -> impl Iterator<Item = (&'static str, u64)> {
    let counts = KINDS.map(|(kind, name)| (name, stats.count(kind)));
    counts.into_iter().filter(|(_, count)| *count > 0)
}

fn symbol(stats: &InstrumentStats, instruments: &Instruments) -> String {
    instruments.text(stats.instrument).map(|text| text.to_string()).unwrap_or_default()
}

/// A VWAP with all its nine places.
fn vwap(stats: &InstrumentStats) -> Option<String> {
    stats.vwap().map(|vwap| {
        let text = WideDecimal(vwap).to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        format!("{whole}.{fraction:0<9}")
    })
}

fn stats_json(stats: &InstrumentStats, instruments: &Instruments) -> Value {
    let counts: Map<String, Value> =
        kinds(stats).map(|(kind, count)| (kind.into(), count.into())).collect();
    json!({
        "symbol": symbol(stats, instruments),
        "events": stats.events(),
        "kinds": counts,
        "first": format_time(stats.first),
        "last": format_time(stats.last),
        "volume": WideDecimal(stats.volume).to_string(),
        "vwap": vwap(stats),
        "crossed": stats.crossed,
        "locked": stats.locked,
    })
}

fn stats_text(stats: &TickStats, instruments: &Instruments) -> String {
    let header = ["symbol", "kinds", "first", "last", "volume", "VWAP", "crossed", "locked"];
    let rows = stats.instruments().iter().map(|one| {
        let has_quotes = one.count(MarketDataKind::Quote) > 0;
        let of_quotes = |count| if has_quotes { thousands(count) } else { "-".into() };
        let kinds: Vec<_> =
            kinds(one).map(|(kind, count)| format!("{kind} {}", thousands(count))).collect();
        vec![
            symbol(one, instruments),
            kinds.join(", "),
            format_time(one.first),
            format_time(one.last),
            crate::text::grouped(WideDecimal(one.volume)),
            vwap(one).unwrap_or_else(|| "-".into()),
            of_quotes(one.crossed),
            of_quotes(one.locked),
        ]
    });
    aligned(&header, rows.collect(), 4)
}

/// Events taken from the files at once.
const BATCH: usize = 4096;

/// Why ticks are written no further.
enum Stop {
    Output(io::Error),
    Input(SourceError),
}

fn cat(files: &Files, limit: Option<u64>) -> Result<Exit, Failure> {
    let instruments = Instruments::new();
    let mut source = files.open(&instruments)?;
    let mut writer = EventWriter::new(BufWriter::new(io::stdout().lock()), &instruments);
    let copied = copy(&mut *source, limit.unwrap_or(u64::MAX), &mut writer);
    // What came before a bad row is written all the same.
    let finished = writer.finish().map(drop);
    match copied {
        Err(Stop::Input(error)) => {
            finished.or_else(unless_closed)?;
            Err(Failure::data(&error))
        }
        Err(Stop::Output(error)) => unless_closed(error).map(|()| Exit::Done),
        Ok(()) => finished.or_else(unless_closed).map(|()| Exit::Done),
    }
}

/// Bars are no ticks.
fn no_ticks() -> SourceError {
    SourceError {
        message: "the files hold bars, which are no ticks".into(),
        help: "`pitlane ticks stats` counts them".into(),
        ..SourceError::default()
    }
}

fn copy(
    source: &mut dyn Source,
    limit: u64,
    writer: &mut EventWriter<impl io::Write>,
) -> Result<(), Stop> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut left = limit;
    while left > 0 {
        let more = source.read(&mut batch);
        for event in batch.drain(..) {
            if left == 0 {
                return Ok(());
            }
            left -= 1;
            if matches!(event.kind(), Some(MarketDataKind::Bar | MarketDataKind::BarEnd)) {
                return Err(Stop::Input(no_ticks()));
            }
            writer.write(&event).map_err(Stop::Output)?;
        }
        if !more.map_err(Stop::Input)? {
            return Ok(());
        }
    }
    Ok(())
}
