//! `pitlane bench promises`.

use super::words::markdown;
use super::{exit, failed, machine_json, status};
use crate::console;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use pitlane_bench::Machine;
use pitlane_bench::promises::{Promise, measure};
use serde_json::{Value, json};

/// Arguments of `bench promises`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Say nothing of what is going on.
    #[arg(long)]
    quiet: bool,
}

pub(super) fn run(args: &Args, interrupts: &Interrupts) -> Result<Exit, Failure> {
    let machine = Machine::look();
    let promises = measured(args.quiet, interrupts)?;
    let shown = match args.json {
        true => {
            let promises = list(&promises);
            let (machine, interrupted) = (machine_json(&machine), interrupts.came());
            let object = json!({
                "schema": 1,
                "bench": "promises",
                "machine": machine,
                "promises": promises,
                "interrupted": interrupted,
            });
            format!("{object:#}\n")
        }
        false => format!("{machine}{}", page(&promises)),
    };
    console::show(&shown)?;
    Ok(exit(interrupts))
}

pub(super) fn measured(quiet: bool, interrupts: &Interrupts) -> Result<Vec<Promise>, Failure> {
    let line = status(quiet);
    let promises = measure(|step| {
        line.set_message(format!("promises: {step}"));
        !interrupts.came()
    });
    line.finish_and_clear();
    promises.map_err(failed)
}

pub(super) fn page(promises: &[Promise]) -> String {
    let number = |value: Option<f64>| match value {
        None => "-".into(),
        Some(value) if value >= 1000.0 => crate::text::thousands(value.round() as u64),
        Some(value) => format!("{value:.2}"),
    };
    let row = |promise: &Promise| {
        let kept = match promise.is_kept() {
            None => "",
            Some(true) => "kept",
            Some(false) => "not kept",
        };
        let cells = [number(promise.promised), number(promise.measured)];
        let [promised, measured] = cells;
        let (what, unit, how) = (promise.what.into(), promise.unit.into(), promise.how.into());
        vec![what, promised, measured, unit, kept.into(), how]
    };
    let header = ["", "promised, at most", "measured", "", "", "how"];
    let rows: Vec<_> = promises.iter().map(row).collect();
    format!("\n## Promises\n\n{}", markdown(&header, &rows))
}

pub(super) fn list(promises: &[Promise]) -> Value {
    let one = |promise: &Promise| {
        json!({
            "what": promise.what,
            "promised": promise.promised,
            "measured": promise.measured,
            "unit": promise.unit,
            "kept": promise.is_kept(),
            "how": promise.how,
        })
    };
    promises.iter().map(one).collect()
}
