//! `pitlane replay`.

use crate::args::{Changes, ConfigArgs, time};
use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::interrupt::Interrupts;
use crate::journal::{JournalInput, Opened, playback};
use crate::session::{self, Folder, Job, NewFolder, State, summary, table};
use crate::{config, console};
use pitlane::registry::Registry;
use pitlane_config::{LoadOptions, Setup};
use pitlane_feeds::{Pace, ReplayOptions};
use std::path::{Path, PathBuf};

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The config, a YAML file. May be left out with --from-journal: then the recorded streams are
    /// counted and hashed as they are, and nothing is run.
    #[arg(required_unless_present = "from_journal")]
    config: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Replay what was recorded in this journal: what had entered enters again, in the same order, in
    /// place of the config's sources. Nothing is recorded then.
    #[arg(long, value_name = "DIR", conflicts_with = "inputs")]
    from_journal: Option<PathBuf>,
    /// The run of the journal, as `pitlane journal ls` numbers them. Default: the last one.
    #[arg(long, value_name = "RUN", requires = "from_journal")]
    run: Option<u64>,
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
    let opened = args.from_journal.as_deref().map(Opened::at).transpose()?;
    let Some(config) = args.config.clone() else { return play_back(args, opened) };
    let config = ConfigArgs { config, changes: args.changes.clone() };
    let name = stem(&config.config);
    let folder = Folder::choose(NewFolder { out: args.out.as_deref(), name: &name })?;
    let mut options = config::options(&config);
    args.shape.apply(&mut options);
    options.lanes.clone_from(&args.lanes);
    let replay = args.window.at(args.speed);
    let journal = match &opened {
        Some(opened) => Some(from_journal(opened, args, &replay, &mut options, registry)?),
        None => None,
    };
    let mut checked = config::for_replay(&config, &options, registry)?;
    if let Some(opened) = &opened {
        all_in_the_journal(opened, &checked.setup)?;
        checked.plan.record_nothing();
    }
    let job = Job {
        config: config.config.clone(),
        checked,
        journal,
        replay,
        folder,
        bar: !args.quiet,
        warn: !args.quiet,
    };
    let outcome = session::run(job, &interrupts)?;
    if args.json {
        console::show(&format!("{:#}\n", summary(&outcome)))?;
    } else {
        console::show(&table(&outcome, &config.config.display().to_string()))?;
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

/// The streams of a run as they were recorded: without a config there is nothing to run.
fn play_back(args: &Args, opened: Option<Opened>) -> Result<Exit, Failure> {
    let Some(opened) = opened else { return Ok(Exit::Done) };
    let told = playback(&opened, args.run)?;
    let text = if args.json { format!("{:#}\n", told.json()) } else { told.text() };
    console::show(&text)?;
    Ok(Exit::Done)
}

/// What had entered in the run, and what belongs to it: numbers of instruments, number of the session.
fn from_journal(
    opened: &Opened,
    args: &Args,
    replay: &ReplayOptions,
    options: &mut LoadOptions,
    registry: &Registry,
) -> Result<JournalInput, Failure> {
    if replay.pace != Pace::Max {
        let message = "a journal is replayed as fast as possible";
        return Err(Failure::usage(BAD_VALUE, message, "leave `--speed` out"));
    }
    let input = JournalInput::open(opened, args.run, replay.clone(), registry)?;
    options.known_numbers = None;
    options.instruments.clone_from(&opened.manifest.instruments);
    options.fed = input.sources();
    options.session = Some(opened.session(args.run)?.0.session);
    Ok(input)
}

/// A source that was not recorded would enter at other places than it had.
fn all_in_the_journal(opened: &Opened, setup: &Setup) -> Result<(), Failure> {
    let Some((source, _)) = setup.sources.first() else { return Ok(()) };
    let message = format!("{}: the source `{source}` was not recorded", opened.folder.display());
    let help = format!(
        "record it: `record: true` under `routing.{source}`; without a config, `--from-journal` \
         gives the streams that were"
    );
    Err(Failure::usage(BAD_VALUE, message, help))
}
