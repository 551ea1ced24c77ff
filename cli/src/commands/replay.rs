//! `pitlane replay`.

use crate::args::{ConfigArgs, time};
use crate::failure::{Exit, Failure};
use crate::interrupt::Interrupts;
use crate::session::{self, Folder, Job, NewFolder, State, summary, table};
use crate::{config, console};
use pitlane::registry::Registry;
use pitlane_config::LoadOptions;
use pitlane_feeds::{Pace, ReplayOptions};
use std::path::{Path, PathBuf};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    shape: Shape,
    /// Where stages run: `auto`, `fused`, or a number of lanes.
    #[arg(long, value_name = "auto|fused|N")]
    lanes: Option<String>,
    /// How fast: `max`, `recorded`, or a multiple of the recorded speed such as 10x, 0.5x.
    #[arg(long, value_name = "max|recorded|Nx", default_value = "max")]
    speed: Pace,
    /// Folder for the results; replaces an earlier run, refuses anything else.
    /// Default: runs/CONFIG-TIME.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the results as one JSON object.
    #[arg(long)]
    json: bool,
    /// No progress bar and no warnings.
    #[arg(long)]
    quiet: bool,
}

/// What part of the data is replayed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Window {
    /// Leave out what comes before this time: ISO-8601 (UTC unless it has an offset), or ns since
    /// 1970.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<u64>,
    /// Stop at this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<u64>,
    /// Stop after so many events.
    #[arg(long, value_name = "EVENTS")]
    limit: Option<u64>,
}

impl Window {
    pub(crate) fn at(&self, pace: Pace) -> ReplayOptions {
        ReplayOptions { from: self.from, to: self.to, limit: self.limit, pace }
    }
}

/// Sizes of rings and batches, and what is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Shape {
    /// Most events a stage handles before the next one's turn.
    #[arg(long, value_name = "EVENTS")]
    batch: Option<usize>,
    /// Slots of every ring, a power of two.
    #[arg(long, value_name = "SLOTS")]
    capacity: Option<usize>,
    /// For how many events latency is measured: `off`, `every`, or one in N such as 1/64.
    #[arg(long, value_name = "off|every|1/N")]
    latency: Option<String>,
}

impl Shape {
    pub(crate) fn apply(&self, options: &mut LoadOptions) {
        (options.batch, options.capacity) = (self.batch, self.capacity);
        options.latency.clone_from(&self.latency);
    }
}

/// A config's name without its folder and extension.
pub(crate) fn stem(config: &Path) -> String {
    config.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let interrupts = Interrupts::listen()?;
    let name = stem(&args.config.config);
    let folder = Folder::choose(NewFolder { out: args.out.as_deref(), name: &name })?;
    let mut options = config::options(&args.config);
    args.shape.apply(&mut options);
    options.lanes.clone_from(&args.lanes);
    let checked = config::for_replay(&args.config, &options, registry)?;
    let job = Job {
        config: args.config.config.clone(),
        checked,
        replay: args.window.at(args.speed),
        folder,
        bar: !args.quiet,
        warn: !args.quiet,
    };
    let outcome = session::run(job, &interrupts)?;
    if args.json {
        console::show(&format!("{:#}\n", summary(&outcome)))?;
    } else {
        console::show(&table(&outcome, &args.config.config.display().to_string()))?;
    }
    match &outcome.failure {
        Some(failure) => failure.print(),
        None if outcome.state == State::Interrupted => {
            console::note(&format!(
                "interrupted: what was done is in {}",
                outcome.folder.display()
            ));
        }
        None => {}
    }
    Ok(outcome.exit())
}
