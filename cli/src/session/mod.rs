//! One run: from a checked config to a folder, a table and an exit code.
//!
//! ```text
//!  Checked --recorders--> topology --run, watched by bar and Ctrl-C--> Outcome
//!                                                                        |
//!     manifest.json  summary.json  latency.hgrm  positions.csv <---------+--> table, --json
//!     dead_letters.csv
//!     signals.csv  orders.csv <-- written while it runs
//! ```
//!
//! | module | what |
//! |---|---|
//! | `folder` | where results go; what may be replaced |
//! | `manifest` | what was run, on what, with what |
//! | `inputs`, `machine` | files read, with hashes; the machine |
//! | `ahead` | which sources are read on threads of their own |
//! | `progress` | the bar |
//! | `outcome` | what came of it |
//! | `reliable` | what reliable routes did, and what waits |
//! | `traces` | which event came of which, as CSV |
//! | `summary`, `table`, `hgrm`, `positions`, `dead_letters` | the same as JSON, text, HDR percentiles, CSV |

mod ahead;
mod dead_letters;
mod folder;
mod hgrm;
mod inputs;
mod losses;
mod machine;
mod manifest;
mod middleware;
mod outcome;
mod positions;
mod progress;
mod reliable;
mod summary;
mod table;
mod traces;

pub(crate) use folder::{Folder, NewFolder};
pub(crate) use hgrm::section as hgrm_section;
pub(crate) use manifest::write_json;
pub(crate) use outcome::{Outcome, State};
pub(crate) use summary::{percentiles, summary};
pub(crate) use table::{aligned, table};
pub(crate) use traces::{FILE as TRACE_FILE, read as read_trace};

use crate::console;
use crate::failure::{Failure, print_mistakes};
use crate::interrupt::Interrupts;
use crate::journal::{self, JournalInput};
use crate::record::{Marked, Recorders, mentions_recorder, write_headers};
use hdrhistogram::Histogram;
use manifest::Manifest;
use pitlane::source::{SourceError, SourceReport};
use pitlane::topology::{Entry, Flow, Input, Latency};
use pitlane_config::{Checked, Ready, Setup};
use pitlane_feeds::{ProgressHandle, Replay, ReplayOptions};
use progress::Bar;
use std::path::PathBuf;

/// Latency is measured for one root in this many where neither config nor command line says.
const LATENCY: Latency = Latency::OneIn(64);

/// A run to be.
pub(crate) struct Job {
    /// The config's file.
    pub(crate) config: PathBuf,
    /// The config.
    pub(crate) checked: Checked,
    /// A recorded session that enters in place of the sources.
    pub(crate) journal: Option<JournalInput>,
    /// What of the sources is entered, and how fast.
    pub(crate) replay: ReplayOptions,
    /// Where results go.
    pub(crate) folder: Folder,
    /// Whether a progress bar is drawn.
    pub(crate) bar: bool,
    /// Whether warnings are told.
    pub(crate) warn: bool,
}

/// Runs a job and writes its folder. Once it runs, whatever ends it is part of the outcome, and what
/// was done so far is kept.
pub(crate) fn run(job: Job, interrupts: &Interrupts) -> Result<Outcome, Failure> {
    let Job { config, mut checked, journal, replay, mut folder, bar, warn } = job;
    checked.plan.digests(true);
    if checked.setup.config.get("latency").is_none() {
        checked.plan.latency(LATENCY);
    }
    let instruments = checked.setup.instruments.clone();
    let recorders = Recorders::add_to(&mut checked.plan, &instruments);
    let Ready { mut topology, mut setup } = checked.check()?;
    // What is odd about the recorders alone is none of the user's making.
    if warn && setup.warnings.list().iter().any(|warning| !mentions_recorder(&warning.message)) {
        print_mistakes(&setup.warnings);
    }

    folder.create()?;
    let mut manifest = Manifest::begin(&config, &setup, &replay);
    manifest.write(folder.path())?;
    recorders.know(topology.names(), folder.path());
    write_headers(folder.path()).map_err(|error| Failure::write(folder.path(), &error))?;
    let expected = expected_events(&setup, &replay);
    journal::place(&mut setup, folder.path());
    let journal_folder = setup.journal.path.clone();
    journal::begin(&mut topology, &setup, warn)?;
    interrupts.work();

    let stages = topology.stages();
    let monitor = topology.monitor();
    let trace = topology.trace();
    let watch = interrupts.watch(monitor.clone());
    let feed = match journal {
        Some(journal) => Feed::Journal(Box::new(journal)),
        None => {
            let sources =
                ahead::read_ahead(setup.sources, &setup.source_infos, &setup.config, &stages);
            Feed::Replay(Box::new(Replay::new(sources, replay)))
        }
    };
    let mut input = Marked::new(feed);
    let progress = input.input.progress().filter(|_| bar);
    let bar = progress.and_then(|progress| Bar::start(monitor.clone(), progress, expected));
    let result = topology.run(&mut input as &mut dyn Input);
    drop((bar, watch));

    let outcome = Outcome::of(outcome::Parts {
        result,
        halted: interrupts.came_twice(),
        recorded: recorders.recorded(),
        marks: input.marks,
        sources: input.input.reports(),
        pace_error: input.input.pace_error(),
        instruments,
        stages,
        folder: folder.path().to_owned(),
    });
    write_results(&outcome)?;
    if let Some(trace) = trace {
        let path = outcome.folder.join(TRACE_FILE);
        let written = std::fs::write(&path, traces::csv(trace.steps()));
        written.map_err(|error| Failure::write(&path, &error))?;
    }
    manifest.finish(&outcome);
    manifest.write(folder.path())?;
    folder.point_latest();
    if let Some(note) = reliable::note(&outcome, &journal_folder) {
        console::note(&note);
    }
    Ok(outcome)
}

/// What enters.
enum Feed {
    Replay(Box<Replay>),
    Journal(Box<JournalInput>),
}

impl Feed {
    fn progress(&self) -> Option<ProgressHandle> {
        match self {
            Feed::Replay(replay) => Some(replay.progress()),
            Feed::Journal(_) => None,
        }
    }

    /// How late events were, where a pace was asked for.
    fn pace_error(&self) -> Option<Histogram<u64>> {
        match self {
            Feed::Replay(replay) => replay.pace_error().cloned(),
            Feed::Journal(_) => None,
        }
    }

    fn reports(&self) -> Vec<(String, SourceReport)> {
        match self {
            Feed::Replay(replay) => replay.reports(),
            Feed::Journal(journal) => journal.reports(),
        }
    }
}

impl Input for Feed {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        match self {
            Feed::Replay(replay) => replay.poll(entry),
            Feed::Journal(journal) => journal.poll(entry),
        }
    }
}

fn write_results(outcome: &Outcome) -> Result<(), Failure> {
    write_json(&outcome.folder.join("summary.json"), &summary(outcome))?;
    for (name, text) in [
        ("latency.hgrm", hgrm::text(outcome)),
        ("positions.csv", positions::csv(outcome)),
        (dead_letters::FILE, dead_letters::csv(outcome)),
    ] {
        let path = outcome.folder.join(name);
        std::fs::write(&path, text).map_err(|error| Failure::write(&path, &error))?;
    }
    Ok(())
}

/// How many events will enter, where that is known beforehand: of generated sessions it is.
fn expected_events(setup: &Setup, replay: &ReplayOptions) -> Option<u64> {
    let generated = |info: &pitlane_config::Info| {
        (info.r#type == "generate").then(|| info.parameters.get("events")?.as_u64()).flatten()
    };
    let all: Option<u64> = setup.source_infos.iter().map(generated).sum();
    match (all, replay.limit) {
        (Some(all), Some(limit)) => Some(all.min(limit)),
        (all, _) => all,
    }
}
