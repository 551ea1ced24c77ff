//! What core asks of a journal.

use crate::event::Slot;

/// Where the recorder appends. One writer; positions are numbers of events, over all tags together.
pub trait Log: Send {
    /// Appends a batch as one piece, read whole or not at all, and gives the position behind it. The
    /// batch is *written* then. At most [`most`](Self::most) events. Takes no memory per event.
    ///
    /// # Errors
    /// [`LogError::Full`]: nothing was appended, the same batch may be tried again.
    /// [`LogError::Failed`]: this log takes no more.
    fn append(&mut self, tag: u32, events: &[Slot]) -> Result<u64, LogError>;

    /// Makes all that was appended durable, by one sync, and gives the durable position.
    ///
    /// # Errors
    /// [`LogError::Failed`]: nobody knows what is on the disk; this log takes no more.
    fn commit(&mut self) -> Result<u64, LogError>;

    /// Most events of the next append; at least one.
    fn most(&self) -> usize;

    /// The position behind what is appended.
    fn written(&self) -> u64;

    /// Rare work while nothing waits, and now and then otherwise: notes in the journal that its end is
    /// durable, removes what need not be kept. Nothing from position `needed` on may be removed.
    ///
    /// # Errors
    /// As for [`append`](Self::append).
    fn tend(&mut self, _needed: u64) -> Result<(), LogError> {
        Ok(())
    }

    /// Ends in good order: all durable, and noted as such. Called once, at the end.
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    fn close(&mut self) -> Result<u64, LogError> {
        self.commit()
    }
}

/// Why a log took nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// No room; the same may be tried again.
    #[error("{0}")]
    Full(String),
    /// It failed for good.
    #[error("{0}")]
    Failed(String),
}

/// Some events, as they were appended together.
#[derive(Clone, Copy, Debug)]
pub struct LogBatch<'a> {
    /// Position of the first of [`events`](Self::events).
    pub first: u64,
    /// The tag they were appended with.
    pub tag: u32,
    /// When they were appended, ns since 1970.
    pub appended: u64,
    /// The events.
    pub events: &'a [Slot],
}

/// Reads a log, and follows its end.
pub trait LogReader: Send {
    /// The next batch that lies before position `limit`, such as [`Durable::durable`]; `None` where there
    /// is none yet: it may be asked again.
    ///
    /// # Errors
    /// [`LogError::Failed`] where what should be there cannot be read.
    ///
    /// [`Durable::durable`]: super::Durable::durable
    fn next(&mut self, limit: u64) -> Result<Option<LogBatch<'_>>, LogError>;

    /// Position of the next event.
    fn position(&self) -> u64;
}
