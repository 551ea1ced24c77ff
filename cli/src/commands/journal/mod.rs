//! `pitlane journal`.

mod ls;
mod read;
mod tend;

use crate::failure::{Exit, Failure};
use pitlane::registry::Registry;
use std::path::PathBuf;

/// What `journal` does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// What a journal holds: segments, streams, runs.
    Ls(Object),
    /// Print its events: a CSV row each, or with --json an object per line.
    Cat(read::CatArgs),
    /// Print its last events; with -f, go on as more are written.
    Tail(read::TailArgs),
    /// Read and check everything, and change nothing. May run while it is written.
    Verify(Object),
    /// Cut a damaged journal at the first damage. What was there is kept, in files *.aside.
    Repair(Object),
    /// Write its events to a file: CSV, or .bin for NumPy (docs/journal-format.md has the dtype).
    Export(read::ExportArgs),
}

/// A journal, and how to tell about it.
#[derive(Debug, clap::Args)]
pub(crate) struct Object {
    /// The journal's folder.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(what: &What, registry: &Registry) -> Result<Exit, Failure> {
    match what {
        What::Ls(object) => ls::ls(&object.folder, object.json),
        What::Cat(args) => read::cat(args, registry),
        What::Tail(args) => read::tail(args, registry),
        What::Verify(object) => tend::verify(&object.folder, object.json),
        What::Repair(object) => tend::repair(&object.folder, object.json),
        What::Export(args) => read::export(args, registry),
    }
}
