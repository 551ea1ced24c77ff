//! A journal to be read, and what its numbers mean.

use crate::failure::{Exit, Failure, NO_JOURNAL, UNKNOWN_NAME};
use pitlane::registry::Registry;
use pitlane_persistence::{Bounds, Disk, Error, Manifest, SessionEntry, Storage, bounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What went wrong with a journal, and how the command ends by it.
pub(crate) fn failure(folder: &Path, error: &Error) -> Failure {
    let (exit, help) = match error {
        Error::Damaged { .. } | Error::Lost { .. } | Error::Version { .. } | Error::Manifest(_) => {
            (
                Exit::Data,
                "`pitlane journal verify` tells more; `pitlane journal repair` cuts the damaged part out and keeps it",
            )
        }
        Error::Gone { .. } => (Exit::Usage, "`pitlane journal ls` tells what is there"),
        Error::Locked { .. } => (Exit::Failed, "wait until it has ended, or name another folder"),
        Error::Full { .. } => (Exit::Failed, ""),
        _ => (Exit::Failed, "check the folder and its permissions"),
    };
    Failure::journal(exit, folder, error, help)
}

/// A journal to be read.
pub(crate) struct Opened {
    pub(crate) folder: PathBuf,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) manifest: Manifest,
}

impl Opened {
    /// Opens the journal in a folder, which must be one.
    pub(crate) fn at(folder: &Path) -> Result<Self, Failure> {
        let missing = |why: &str| {
            let message = format!("{}: {why}", folder.display());
            let help = "name the folder that `journal: { path: ... }` of a config names";
            Failure::usage(NO_JOURNAL, message, help)
        };
        if !folder.is_dir() {
            return Err(missing("there is no such folder"));
        }
        let disk = Disk::new(folder).map_err(|error| missing(&error.to_string()))?;
        let names = disk.list().map_err(|error| missing(&error.to_string()))?;
        if !names.iter().any(|name| name.ends_with(".journal")) {
            return Err(missing("there is no journal in this folder"));
        }
        let manifest = Manifest::read(&disk).map_err(|error| failure(folder, &error))?;
        let manifest = manifest.unwrap_or_default();
        Ok(Self { folder: folder.to_owned(), storage: Arc::new(disk), manifest })
    }

    pub(crate) fn fail(&self, error: &Error) -> Failure {
        failure(&self.folder, error)
    }

    pub(crate) fn bounds(&self) -> Result<Bounds, Failure> {
        bounds(self.storage.as_ref()).map_err(|error| self.fail(&error))
    }

    /// The session of a start, the last one where none is asked for, and the positions it has.
    pub(crate) fn session(&self, start: Option<u64>) -> Result<(SessionEntry, u64, u64), Failure> {
        let sessions = &self.manifest.sessions;
        let found = match start {
            Some(start) => sessions.iter().find(|session| session.start == start),
            None => sessions.last(),
        };
        let Some(session) = found else {
            let known: Vec<_> = sessions.iter().map(|session| session.start.to_string()).collect();
            let message = match start {
                Some(start) => format!("{}: there is no run {start}", self.folder.display()),
                None => format!("{}: no run is noted here", self.folder.display()),
            };
            let help = match known.as_slice() {
                [] => "it was not written by a topology; `pitlane journal cat` shows what is in it"
                    .into(),
                known => format!("there are: {}", known.join(", ")),
            };
            return Err(Failure::usage(UNKNOWN_NAME, message, help));
        };
        let bounds = self.bounds()?;
        let end = self.manifest.end_of(session.start).unwrap_or(bounds.next);
        if session.first < bounds.first && bounds.first < end {
            let message = format!(
                "{}: the first {} events of run {} are no longer kept",
                self.folder.display(),
                bounds.first - session.first,
                session.start,
            );
            let help =
                "name a later run by `--run`; `journal: { retention: ... }` says what is kept";
            return Err(Failure::usage(UNKNOWN_NAME, message, help));
        }
        Ok((session.clone(), session.first, end))
    }

    /// The tag of a stream by its name, or `NAME:TYPE` where it has several types.
    pub(crate) fn tags(&self, names: &[String]) -> Result<Vec<u32>, Failure> {
        let mut tags = Vec::new();
        for name in names {
            let streams = self.manifest.streams.iter();
            let fits = |stream: &&pitlane_persistence::StreamEntry| {
                stream.name == *name || format!("{}:{}", stream.name, stream.event) == *name
            };
            let before = tags.len();
            tags.extend(streams.filter(fits).map(|stream| stream.tag));
            if tags.len() == before {
                let known: Vec<_> =
                    self.manifest.streams.iter().map(|stream| stream.name.as_str()).collect();
                let message = format!("{}: there is no stream `{name}`", self.folder.display());
                let help = format!("there are: {}", known.join(", "));
                return Err(Failure::usage(UNKNOWN_NAME, message, help));
            }
        }
        Ok(tags)
    }
}

/// The event type of a number, where it is registered.
pub(super) fn fields_of(registry: &Registry, id: u8) -> Option<pitlane::condition::Fields> {
    registry.events().iter().find(|fields| fields.event.id == id).copied()
}
