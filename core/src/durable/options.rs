//! What may be chosen about recording.

use super::Log;
use std::time::Duration;

/// When what was written becomes durable, and with it may be acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncPolicy {
    /// As soon as it is written: one sync for all that waits. Acknowledged means durable.
    #[default]
    Batch,
    /// At most so long after it is written. A power failure costs at most what was written since; a
    /// killed process costs nothing.
    Interval(Duration),
    /// When the system likes, or a stream beside it is synced. Acknowledged means written.
    Os,
}

/// What happens when the journal has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnJournalFull {
    /// The topology halts, and its report says why.
    #[default]
    Halt,
    /// The recorder keeps its place: rings fill and hold their writers back, and it goes on when there is
    /// room. Nothing is lost.
    Block,
}

impl OnJournalFull {
    /// All of them.
    pub const ALL: [OnJournalFull; 2] = [OnJournalFull::Halt, OnJournalFull::Block];

    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OnJournalFull::Halt => "halt",
            OnJournalFull::Block => "block",
        }
    }
}

/// A journal for a topology: where its recorded streams go.
pub struct Journal {
    pub(crate) log: Box<dyn Log>,
    pub(crate) sync: SyncPolicy,
    pub(crate) on_full: OnJournalFull,
    pub(crate) tags: Vec<u32>,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("sync", &self.sync).finish_non_exhaustive()
    }
}

impl Journal {
    /// This log, synced by batch; full, it halts; streams have the tags 1, 2, 3 ...
    #[must_use]
    pub fn new(log: Box<dyn Log>) -> Self {
        let (sync, on_full) = (SyncPolicy::default(), OnJournalFull::default());
        Self { log, sync, on_full, tags: Vec::new() }
    }

    /// When streams that do not say so themselves become durable.
    #[must_use]
    pub fn sync(self, sync: SyncPolicy) -> Self {
        Self { sync, ..self }
    }

    /// What happens when it has no room.
    #[must_use]
    pub fn on_full(self, on_full: OnJournalFull) -> Self {
        Self { on_full, ..self }
    }

    /// The tags of the streams, in the order of [`Checked::recorded`](crate::topology::Checked::recorded).
    #[must_use]
    pub fn tags(self, tags: Vec<u32>) -> Self {
        Self { tags, ..self }
    }
}
