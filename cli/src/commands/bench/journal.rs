//! `pitlane bench journal`.

use super::words::count;
use super::{exit, machine_json, status};
use crate::console;
use crate::failure::{Exit, Failure, NOT_WRITTEN};
use crate::interrupt::Interrupts;
use crate::session::percentiles;
use pitlane_bench::Machine;
use pitlane_bench::journal::{BATCH, Figure, Measured, Page, measure, own};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `bench journal`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A folder on the disk to be measured; what is written there is removed again.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Rounds; the journal and the raw loops take turns within each.
    #[arg(long, default_value_t = 7, value_name = "ROUNDS", value_parser = count)]
    rounds: u64,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Say nothing of what is going on.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args, interrupts: &Interrupts) -> Result<Exit, Failure> {
    let machine = Machine::look();
    let line = status(args.quiet);
    let rounds = usize::try_from(args.rounds).unwrap_or(usize::MAX);
    let measured = measure(&own(), &args.folder, rounds, |round| {
        line.set_message(format!("journal: round {round} of {rounds}"));
        !interrupts.came()
    });
    line.finish_and_clear();
    let measured = measured.map_err(|error| {
        let message = format!("{}: cannot be measured: {error}", args.folder.display());
        Failure::failed(NOT_WRITTEN, message, "name a folder that can be written by `--folder`")
    })?;
    let shown = match args.json {
        true => format!("{:#}\n", object(args, &machine, &measured, interrupts.came())),
        false => format!("{machine}\n{}", Page(&measured)),
    };
    console::show(&shown)?;
    Ok(exit(interrupts))
}

fn object(args: &Args, machine: &Machine, measured: &[Measured], interrupted: bool) -> Value {
    let figure = |own: &[f64], raw: &[f64]| {
        Figure::of(own, raw).map(|Figure { rate, ratio: [least, median, most] }| {
            json!({
                "records_per_second": rate,
                "ratio": { "least": least, "median": median, "most": most },
            })
        })
    };
    let loops = measured.iter().map(|own| {
        let raw = &measured[0];
        json!({
            "name": own.name,
            "durable": figure(&own.durable, &raw.durable),
            "written": figure(&own.written, &raw.written),
            "read": figure(&own.read, &raw.read),
            "to_durable_ns": percentiles(&own.to_durable),
        })
    });
    json!({
        "schema": 1,
        "bench": "journal",
        "machine": machine_json(machine),
        "folder": args.folder.display().to_string(),
        "batch": BATCH,
        "rounds": measured.first().map_or(0, |raw| raw.durable.len()),
        "loops": loops.collect::<Vec<_>>(),
        "interrupted": interrupted,
    })
}
