//! `pitlane bench`: what it costs, on this machine.
//!
//! | module | what |
//! |---|---|
//! | `latency` | latencies at a planned rate, and the machine's own |
//! | `sweep` | the rate at which they leave a bound |
//! | `throughput` | variants side by side, in turns |
//! | `journal` | the journal beside raw loops of the disk |
//! | `promises` | what was promised, and what is |
//! | `words` | rates, times and lanes as one writes them; tables |

mod journal;
mod latency;
mod promises;
mod sweep;
mod throughput;
mod words;

use crate::failure::{Exit, Failure, NOT_STARTED, STAGE_FAILED};
use crate::interrupt::Interrupts;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pitlane_bench::Machine;
use pitlane_bench::latency::Failure as BenchFailure;
use serde_json::{Value, json};

/// What `bench` does.
#[derive(Debug, Subcommand)]
pub(crate) enum What {
    /// Latency at a planned rate, beside the hiccups of the machine itself.
    Latency(latency::Args),
    /// Time per event, of variants that take turns, as ratios.
    Throughput(throughput::Args),
    /// Appends and reads of the journal, beside the least the disk could do.
    Journal(journal::Args),
    /// What Pitlane promises, and what it does here.
    Promises(promises::Args),
}

pub(crate) fn run(what: &What) -> Result<Exit, Failure> {
    let interrupts = Interrupts::listen()?;
    interrupts.work();
    match what {
        What::Latency(args) => latency::run(args, &interrupts),
        What::Throughput(args) => throughput::run(args, &interrupts),
        What::Journal(args) => journal::run(args, &interrupts),
        What::Promises(args) => promises::run(args, &interrupts),
    }
}

/// How a bench ended.
fn exit(interrupts: &Interrupts) -> Exit {
    if interrupts.came() { Exit::Interrupted } else { Exit::Done }
}

/// One line that says what is going on, on standard error where that is a terminal. No thread draws
/// it: it changes only where nothing is being measured.
fn status(quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
        line.set_style(style);
    }
    line
}

/// Why nothing was measured, as a sentence.
fn failed(failure: BenchFailure) -> Failure {
    match failure {
        BenchFailure::Plan(problems) => {
            let help = "give other --lanes, --capacity or --batch";
            match problems.first() {
                Some(problem) => Failure::caused(Exit::Usage, NOT_STARTED, problem),
                None => Failure::usage(NOT_STARTED, "these settings make no topology", help),
            }
        }
        BenchFailure::Start(error) => Failure::start(&error),
        BenchFailure::Run(message) => Failure::failed(STAGE_FAILED, message, ""),
    }
}

/// Where it was measured.
fn machine_json(machine: &Machine) -> Value {
    json!({
        "cpu": machine.cpu,
        "kernel": machine.kernel,
        "toolchain": machine.toolchain,
        "profile": machine.profile,
        "commit": machine.commit,
        "load": machine.load,
    })
}
