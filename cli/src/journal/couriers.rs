//! Gives a topology with reliable routes what it needs beside its journal.

use crate::failure::Failure;
use pitlane::delivery::Couriers;
use pitlane::durable::{LogBatch, LogError, LogReader};
use pitlane::topology::Checked;
use pitlane_persistence::{Disk, Error, From, JournalReader, bounds};
use pitlane_retries::Queue;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The journal's readers, and the queue that decides what is delivered when.
pub(crate) fn give_couriers(topology: &mut Checked, folder: &Path) {
    if topology.is_reliable() {
        let folder = folder.to_owned();
        topology.couriers(Couriers::new(
            move |position| open(&folder, position),
            |terms, steps| Box::new(Queue::new(terms, steps)),
        ));
    }
}

fn open(folder: &Path, position: u64) -> Result<Box<dyn LogReader>, LogError> {
    let failed =
        |error: &dyn std::fmt::Display| LogError::Failed(format!("{}: {error}", folder.display()));
    let disk = Disk::new(folder).map_err(|error| failed(&error))?;
    let oldest = bounds(&disk).map_err(|error| failed(&error))?.first;
    let from = From::Sequence(position.max(oldest));
    let reader = JournalReader::open(Arc::new(disk), from).map_err(|error| failed(&error))?;
    Ok(Box::new(Passing { reader, folder: folder.to_owned() }))
}

/// A reader that passes what a repair cut out, and says so: there is nothing there to deliver.
struct Passing {
    reader: JournalReader,
    folder: PathBuf,
}

impl LogReader for Passing {
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError> {
        match self.reader.next_until(limit) {
            Ok(batch) => Ok(batch.map(|batch| LogBatch {
                first: batch.first,
                tag: batch.tag,
                appended: batch.appended,
                events: batch.events,
            })),
            Err(error @ Error::Lost { .. }) => {
                tracing::warn!("{}: {error}", self.folder.display());
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn position(&self) -> u64 {
        self.reader.position()
    }
}

/// Where a run keeps its journal: where the config says, else in its own folder.
pub(crate) fn place(setup: &mut pitlane_config::Setup, run: &Path) {
    if setup.journal.is_needed && !setup.journal.persists {
        setup.journal.path = run.join(OWN);
    }
}

/// The folder of a journal that belongs to a run.
pub(crate) const OWN: &str = "journal";

/// Removes the journal of an earlier run from its folder.
///
/// # Errors
/// Where it holds deliveries that are not settled: they would be lost.
pub(crate) fn clear_own(run: &Path) -> Result<(), Failure> {
    let folder = run.join(OWN);
    let opened = match super::Opened::at(&folder) {
        Ok(opened) => opened,
        // None that was written by a run.
        Err(_) => return Ok(()),
    };
    let left = super::Ledger::read(&opened)?.unsettled();
    if left > 0 {
        let message =
            format!("{}: {left} deliveries are durable and not settled", folder.display());
        let help = "name another folder; or give the config `journal: { path: ... }` with this one, and \
                    a replay delivers them";
        return Err(Failure::usage(crate::failure::FOLDER_REFUSED, message, help));
    }
    drop(opened);
    std::fs::remove_dir_all(&folder).map_err(|error| Failure::write(&folder, &error))
}
