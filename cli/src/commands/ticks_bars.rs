//! `pitlane ticks bars`.

use super::ticks_files::Files;
use crate::console::{self, unless_closed};
use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::text::thousands;
use pitlane::Instruments;
use pitlane::event::fixed::{Decimal, WideDecimal};
use pitlane::event::{MarketData, Ohlc};
use pitlane::source::{Source, SourceError};
use pitlane_strategies::Amount;
use pitlane_strategies::bars::{BarOptions, Bars, Built, Clock, Of, Span};
use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

/// Events that are looked at to see whether there are trades.
const LOOK_AHEAD: usize = 65_536;

/// Arguments of `ticks bars`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    length: Length,
    /// What bars are made of: `trades` or `quotes`. Default: trades, where there is one among the first
    /// 65,536 events.
    #[arg(long, value_name = "trades|quotes", value_parser = of)]
    of: Option<Of>,
    /// Which time of an event counts: `event`, the venue's, or `recv`, that of the capture.
    #[arg(long, value_name = "event|recv", default_value = "event", value_parser = clock)]
    clock: Clock,
    /// How long after its end a time bar waits for late events.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = wait)]
    wait: u64,
    /// Write CSV, which is the only form there is.
    #[arg(long)]
    csv: bool,
}

/// How long a bar is.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Length {
    /// By time: a whole number and one of ns, us, ms, s, m, h, d, such as 1m.
    #[arg(long, value_name = "TIME")]
    every: Option<Span>,
    /// By number of trades or quotes.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// By volume of trades; the one that reaches it ends the bar.
    #[arg(long, value_name = "SIZE", value_parser = volume)]
    volume: Option<i64>,
}

fn of(text: &str) -> Result<Of, String> {
    match text {
        "trades" => Ok(Of::Trades),
        "quotes" => Ok(Of::Quotes),
        _ => Err("write `trades` or `quotes`".into()),
    }
}

fn clock(text: &str) -> Result<Clock, String> {
    match text {
        "event" => Ok(Clock::Event),
        "recv" => Ok(Clock::Recv),
        _ => Err("write `event` or `recv`".into()),
    }
}

fn wait(text: &str) -> Result<u64, String> {
    match text.parse::<Span>() {
        Ok(Span::Time(ns)) => Ok(ns),
        _ if text == "0" => Ok(0),
        Err(error) => Err(error),
        Ok(_) => Err("write a length of time".into()),
    }
}

fn volume(text: &str) -> Result<i64, String> {
    let volume: Amount = text.parse().map_err(|error| format!("{error}"))?;
    if volume.is_positive() { Ok(volume.units()) } else { Err("it must be more than 0".into()) }
}

impl Length {
    fn span(&self) -> Span {
        let count = self.count.map(Span::Count);
        let given = self.every.or(count).or(self.volume.map(Span::Volume));
        given.unwrap_or(Span::Count(1))
    }
}

/// Why bars are written no further.
enum Stop {
    Output(io::Error),
    Input(SourceError),
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let instruments = Instruments::new();
    let mut source = args.files.open(&instruments)?;
    let mut ahead = Vec::new();
    let mut failed = None;
    let of = match args.of {
        Some(of) => of,
        None => {
            failed = look_ahead(&mut *source, &mut ahead).err();
            let has_trades = ahead.iter().any(|event| event.as_trade().is_some());
            if has_trades { Of::Trades } else { Of::Quotes }
        }
    };
    let span = args.length.span();
    if matches!((span, of), (Span::Volume(_), Of::Quotes)) {
        let help = "use --every or --count, or --of trades";
        return Err(Failure::usage(BAD_VALUE, "quotes have no volume", help));
    }
    let options = BarOptions { span, of, clock: args.clock, wait: args.wait };
    let out = BufWriter::new(io::stdout().lock());
    let mut writer =
        Writer { out, of, instruments: &instruments, symbols: HashMap::new(), bars: 0 };
    let mut bars = Bars::new(options);
    let written = write(&mut *source, ahead, failed, (options, &mut bars), &mut writer);
    let flushed = writer.out.flush();
    if written.is_ok() && writer.bars == 0 {
        let what = if of == Of::Trades { "trade" } else { "quote" };
        console::note(&format!("there is no {what} with a price in the files, so there is no bar"));
    }
    if bars.late() > 0 {
        let late = thousands(bars.late());
        console::note(&format!(
            "{late} events came after their bar was done and are in none: raise --wait"
        ));
    }
    match written {
        Err(Stop::Input(error)) => {
            flushed.or_else(unless_closed)?;
            Err(Failure::data(&error))
        }
        Err(Stop::Output(error)) => unless_closed(error).map(|()| Exit::Done),
        Ok(()) => flushed.or_else(unless_closed).map(|()| Exit::Done),
    }
}

/// Reads some events, up to the first trade at least where there is one.
fn look_ahead(source: &mut dyn Source, ahead: &mut Vec<MarketData>) -> Result<(), SourceError> {
    let mut batch = Vec::with_capacity(4096);
    while ahead.len() < LOOK_AHEAD {
        let more = source.read(&mut batch);
        let is_trade = batch.iter().any(|event| event.as_trade().is_some());
        ahead.append(&mut batch);
        if !more? || is_trade {
            break;
        }
    }
    Ok(())
}

fn write<W: Write>(
    source: &mut dyn Source,
    ahead: Vec<MarketData>,
    failed: Option<SourceError>,
    (options, bars): (BarOptions, &mut Bars),
    writer: &mut Writer<'_, W>,
) -> Result<(), Stop> {
    writer.header().map_err(Stop::Output)?;
    let mut due = u64::MAX;
    let mut done = Vec::new();
    let mut take = |events: &mut Vec<MarketData>, writer: &mut Writer<'_, W>, bars: &mut Bars| {
        for event in events.drain(..) {
            if let Span::Time(length) = options.span {
                let time = options.clock.time(&event);
                if time >= due {
                    bars.advance(time, |built| done.push(built));
                    due = bars.next_done();
                }
                let until = (time - time % length).saturating_add(length);
                due = due.min(until.saturating_add(options.wait));
            }
            bars.push(&event, |built| done.push(built));
            for built in done.drain(..) {
                writer.bar(&built).map_err(Stop::Output)?;
            }
        }
        Ok(())
    };
    let mut batch = ahead;
    take(&mut batch, writer, bars)?;
    let mut end = failed.map(Err);
    batch.reserve(4096);
    while end.is_none() {
        match source.read(&mut batch) {
            Ok(true) => {}
            Ok(false) => end = Some(Ok(())),
            Err(error) => end = Some(Err(error)),
        }
        take(&mut batch, writer, bars)?;
    }
    bars.finish(|built| done.push(built));
    for built in done.drain(..) {
        writer.bar(&built).map_err(Stop::Output)?;
    }
    end.unwrap_or(Ok(())).map_err(Stop::Input)
}

/// Bars as rows.
struct Writer<'a, W> {
    out: W,
    of: Of,
    instruments: &'a Instruments,
    symbols: HashMap<u32, Arc<str>>,
    /// How many were written.
    bars: u64,
}

impl<W: Write> Writer<'_, W> {
    fn header(&mut self) -> io::Result<()> {
        let columns = match self.of {
            Of::Quotes => {
                "bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close,count"
            }
            Of::Trades => "open,high,low,close,volume,count",
        };
        writeln!(self.out, "ts,symbol,{columns}")
    }

    fn bar(&mut self, built: &Built) -> io::Result<()> {
        let bar = &built.bar;
        self.bars += 1;
        let symbol = self.symbols.entry(bar.instrument).or_insert_with(|| {
            let text = self.instruments.text(bar.instrument).unwrap_or_default();
            pitlane_feeds::csv_field(&text)
        });
        write!(self.out, "{},{symbol},", bar.start)?;
        match self.of {
            Of::Quotes => {
                prices(&mut self.out, &bar.bid)?;
                prices(&mut self.out, &bar.ask)?;
            }
            Of::Trades => {
                prices(&mut self.out, &bar.trades)?;
                write!(self.out, "{},", WideDecimal(built.volume))?;
            }
        }
        writeln!(self.out, "{}", bar.count)
    }
}

/// Four prices, each with a comma behind it; nothing where there is none.
fn prices(out: &mut impl Write, ohlc: &Ohlc) -> io::Result<()> {
    let [open, high, low, close] = [ohlc.open, ohlc.high, ohlc.low, ohlc.close].map(Decimal);
    write!(out, "{open},{high},{low},{close},")
}
