//! `pitlane init`.

use super::new::{empty_folder, write_all};
use crate::console;
use crate::failure::{Exit, Failure, NOT_WRITTEN};
use pitlane::Instruments;
use pitlane_feeds::{GenerateOptions, Session, write_csv};
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder; it must be new or empty.
    dir: PathBuf,
}

const EVENTS: u64 = 200_000;
const TICKS: &str = "ticks.csv.gz";
const FILES: &[(&str, &str)] = &[
    ("session.yaml", include_str!("../../templates/init/session.yaml")),
    (".gitignore", "/runs/\n"),
];

pub(crate) fn run(args: &Args) -> Result<Exit, Failure> {
    empty_folder(&args.dir)?;
    write_all(&args.dir, FILES.iter().map(|(name, text)| (*name, (*text).to_owned())))?;
    let instruments = Instruments::new();
    let options = GenerateOptions { events: EVENTS, ..GenerateOptions::default() };
    let written = Session::new(&options, &instruments)
        .and_then(|mut session| write_csv(&args.dir.join(TICKS), &mut session, &instruments));
    written.map_err(|error| Failure::caused(Exit::Failed, NOT_WRITTEN, &error))?;
    let dir = args.dir.display();
    console::show(&format!(
        "made {dir}: session.yaml, and {EVENTS} generated ticks in {TICKS}\n\
         next:\n  pitlane replay {dir}/session.yaml\n"
    ))?;
    Ok(Exit::Done)
}
