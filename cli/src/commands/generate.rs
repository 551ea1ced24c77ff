//! `pitlane generate`.

use crate::args::time;
use crate::console;
use crate::failure::{BAD_VALUE, Exit, Failure, NOT_WRITTEN};
use crate::text::thousands;
use pitlane::Instruments;
use pitlane_feeds::{GenerateOptions, Session, format_time, write_csv};
use std::path::PathBuf;

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to write, packed as its extension says: .csv, .csv.gz, .csv.zst or .zip.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The same number gives the same session.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many events.
    #[arg(long, default_value_t = 100_000)]
    events: u64,
    /// Instruments, the busiest first, with commas between.
    #[arg(long, value_delimiter = ',', value_name = "SYMBOL,...")]
    symbols: Vec<String>,
    /// Time of the session's begin.
    #[arg(long, value_name = "TIME", value_parser = time)]
    start: Option<u64>,
    /// Events per second on average.
    #[arg(long, value_name = "NUMBER")]
    rate: Option<String>,
    /// Price about which instruments begin.
    #[arg(long, value_name = "PRICE")]
    price: Option<String>,
    /// Smallest step of prices.
    #[arg(long, value_name = "STEP")]
    tick: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut options =
        GenerateOptions { seed: args.seed, events: args.events, ..GenerateOptions::default() };
    if !args.symbols.is_empty() {
        options.symbols.clone_from(&args.symbols);
    }
    if let Some(start) = args.start {
        options.start = format_time(start);
    }
    for (given, option) in [
        (&args.rate, &mut options.rate),
        (&args.price, &mut options.price),
        (&args.tick, &mut options.tick),
    ] {
        if let Some(given) = given {
            *option = given.as_str().into();
        }
    }
    let instruments = Instruments::new();
    let mut session = Session::new(&options, &instruments)
        .map_err(|error| Failure::caused(Exit::Usage, BAD_VALUE, &error))?;
    let written = write_csv(&args.output, &mut session, &instruments)
        .map_err(|error| Failure::caused(Exit::Failed, NOT_WRITTEN, &error))?;
    let (events, path) = (thousands(written), args.output.display());
    console::note(&format!("{path}: {events} events of {}", options.symbols.join(", ")));
    Ok(Exit::Done)
}
