//! `pitlane dlq`: dead letters of reliable routes.

mod act;
mod show;

use crate::failure::{BAD_VALUE, Exit, Failure};
use crate::journal::{Ledger, OWN, Opened};
use pitlane::registry::Registry;
use std::path::{Path, PathBuf};

/// What `dlq` does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// List the dead letters: what could not be delivered, and why.
    Ls(Folder),
    /// Show one whole: the event, and the history of its attempts.
    Show(ShowArgs),
    /// Have some delivered again: each is appended to the journal as it was, with the id it had. The next
    /// start delivers them. Not while the journal is written.
    Requeue(ActArgs),
    /// Take some off the list for good. Not while the journal is written.
    Drop(ActArgs),
}

/// A journal.
#[derive(Debug, clap::Args)]
pub(crate) struct Folder {
    /// The journal's folder, or that of a run which has its journal in it.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Arguments of `dlq show`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    folder: Folder,
    /// Which one, as `pitlane dlq ls` numbers them.
    #[arg(value_name = "POSITION")]
    position: u64,
}

/// Arguments of `dlq requeue` and `dlq drop`.
#[derive(Debug, clap::Args)]
pub(crate) struct ActArgs {
    #[command(flatten)]
    folder: Folder,
    /// Which ones, as `pitlane dlq ls` numbers them.
    #[arg(value_name = "POSITION", required_unless_present = "all", conflicts_with = "all")]
    positions: Vec<u64>,
    /// All that are listed.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(what: &What, registry: &Registry) -> Result<Exit, Failure> {
    match what {
        What::Ls(folder) => show::ls(&open(&folder.folder)?, folder.json),
        What::Show(show) => {
            let opened = open(&show.folder.folder)?;
            show::show(&opened, show.position, show.folder.json, registry)
        }
        What::Requeue(act) => act::requeue(&open(&act.folder.folder)?, act),
        What::Drop(act) => act::drop(&open(&act.folder.folder)?, act),
    }
}

fn open(folder: &Path) -> Result<Opened, Failure> {
    let own = folder.join(OWN);
    Opened::at(if own.is_dir() { &own } else { folder })
}

/// There is no such dead letter.
fn unknown(opened: &Opened, ledger: &Ledger, position: u64) -> Failure {
    let folder = opened.folder.display();
    let message = format!("{folder}: there is no dead letter at position {position}");
    let known: Vec<_> = ledger.letters().map(|letter| letter.position.to_string()).collect();
    let help = match known.as_slice() {
        [] => "there is none in this journal".into(),
        known if known.len() <= 20 => format!("there are: {}", known.join(", ")),
        _ => "`pitlane dlq ls` lists them".into(),
    };
    Failure::usage(BAD_VALUE, message, help)
}
