//! The journal as core's recorder wants it: a writer, its manifest, and what need not be kept.

use crate::error::Error;
use crate::manifest::{Manifest, NewSession};
use crate::options::{JournalOptions, Recovered, Retention};
use crate::reader::JournalReader;
use crate::storage::Storage;
use crate::survey::segments;
use crate::writer::JournalWriter;
use pitlane::Instruments;
use pitlane::durable::{Log, LogBatch, LogError, LogReader};
use pitlane::event::Slot;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A journal that a topology is recorded into: give it to
/// [`Journal::new`](pitlane::durable::Journal::new).
///
/// Names are durable before what they name: the manifest is written before the first event, and again
/// before the first event of an instrument that it does not know yet.
pub struct Recording {
    writer: JournalWriter,
    storage: Arc<dyn Storage>,
    manifest: Manifest,
    instruments: Instruments,
    /// The greatest instrument the manifest knows.
    known: u32,
    retention: Option<Retention>,
    retained: Option<Instant>,
    tags: Vec<u32>,
}

/// Most events of a frame: so many that its header costs nothing, and so few that a reader of one frame
/// at a time takes little memory. The last frame of a segment takes what room is left.
const MOST: usize = 1024;

/// How often it is looked whether anything is too old or too much.
const RETAIN: Duration = Duration::from_secs(10);

impl Recording {
    /// Opens the journal of a folder, or begins one, and notes a new session in its manifest.
    ///
    /// # Errors
    /// Those of [`JournalWriter::open`], and [`Error::Manifest`].
    pub fn begin(
        storage: Arc<dyn Storage>,
        options: JournalOptions,
        retention: Option<Retention>,
        session: &NewSession,
    ) -> Result<(Self, Recovered), Error> {
        let (writer, recovered) = JournalWriter::open(Arc::clone(&storage), options)?;
        let mut manifest = Manifest::read(storage.as_ref())?.unwrap_or_default();
        let oldest = segments(storage.as_ref())?.first().copied().unwrap_or(0);
        let tags = manifest.begin(session, writer.written(), oldest, (options.clock)())?;
        manifest.write(storage.as_ref())?;
        let (instruments, known) = (session.instruments.clone(), count(&manifest));
        let retained = None;
        let recording =
            Self { writer, storage, manifest, instruments, known, retention, retained, tags };
        Ok((recording, recovered))
    }

    /// The tags of the session's streams, in their order.
    #[must_use]
    pub fn tags(&self) -> &[u32] {
        &self.tags
    }

    /// What its numbers mean.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The session's number in order ids.
    #[must_use]
    pub fn session(&self) -> u16 {
        self.manifest.last().map_or(0, |session| session.session)
    }

    #[cold]
    fn learn(&mut self) -> Result<(), Error> {
        self.manifest.learn(&self.instruments)?;
        if count(&self.manifest) > self.known {
            self.manifest.write(self.storage.as_ref())?;
            self.known = count(&self.manifest);
        }
        Ok(())
    }

    fn retain(&mut self, needed: u64) -> Result<(), Error> {
        let Some(retention) = self.retention else { return Ok(()) };
        if self.retained.is_some_and(|last| last.elapsed() < RETAIN) && !self.writer.take_rolled() {
            return Ok(());
        }
        self.retained = Some(Instant::now());
        let acknowledged = retention.acknowledged.unwrap_or(u64::MAX).min(needed);
        self.writer.retain(&Retention { acknowledged: Some(acknowledged), ..retention })?;
        Ok(())
    }
}

fn count(manifest: &Manifest) -> u32 {
    u32::try_from(manifest.instruments.len()).unwrap_or(u32::MAX)
}

impl Log for Recording {
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError> {
        let most = events.iter().map(|event| event.header.instrument).max().unwrap_or(0);
        if most > self.known && self.instruments.len() > self.known as usize {
            self.learn()?;
        }
        Ok(self.writer.append_tagged(tag, events)?)
    }

    fn commit(&mut self) -> Result<u64, LogError> {
        Ok(self.writer.sync()?)
    }

    fn most(&self) -> usize {
        match self.writer.room() {
            0 => MOST.min(self.writer.most()),
            room => MOST.min(room),
        }
    }

    fn written(&self) -> u64 {
        self.writer.written()
    }

    fn tend(&mut self, needed: u64) -> Result<(), LogError> {
        self.writer.mark()?;
        Ok(self.retain(needed)?)
    }

    fn close(&mut self) -> Result<u64, LogError> {
        let durable = self.writer.sync()?;
        match self.writer.mark() {
            // All is durable: that there is no room to say so costs nothing of it.
            Ok(()) | Err(Error::Full { .. }) => Ok(durable),
            Err(error) => Err(error.into()),
        }
    }
}

impl Log for JournalWriter {
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError> {
        Ok(self.append_tagged(tag, events)?)
    }

    fn commit(&mut self) -> Result<u64, LogError> {
        Ok(self.sync()?)
    }

    fn most(&self) -> usize {
        JournalWriter::most(self)
    }

    fn written(&self) -> u64 {
        JournalWriter::written(self)
    }

    fn tend(&mut self, _needed: u64) -> Result<(), LogError> {
        Ok(self.mark()?)
    }
}

impl LogReader for JournalReader {
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError> {
        let batch = self.next_until(limit)?;
        Ok(batch.map(|batch| LogBatch {
            first: batch.first,
            tag: batch.tag,
            appended: batch.appended,
            events: batch.events,
        }))
    }

    fn position(&self) -> u64 {
        JournalReader::position(self)
    }
}

impl From<Error> for LogError {
    fn from(error: Error) -> Self {
        match error {
            Error::Full { .. } => LogError::Full(error.to_string()),
            error => LogError::Failed(error.to_string()),
        }
    }
}
