//! What may be chosen about a journal.

use crate::aside::SetAside;
use crate::format::{Check, UNIT};
use pitlane::durable::SyncPolicy;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a journal is written.
#[derive(Clone, Copy, Debug)]
pub struct JournalOptions {
    /// What [`commit`](crate::JournalWriter::commit) does: syncs, syncs if the last sync is at least so long
    /// ago, or leaves it to the system.
    pub sync: SyncPolicy,
    /// Bytes of a segment, at least 4096, a multiple of 64. Segments that exist keep theirs.
    pub segment_bytes: u64,
    /// Whether a thread makes the next segment before it is needed.
    pub prepare_ahead: bool,
    /// The time, ns since 1970.
    pub clock: fn() -> u64,
    #[doc(hidden)]
    pub check: Check,
}

impl Default for JournalOptions {
    /// Durable by batch, segments of 64 MiB made ahead, the system's clock.
    fn default() -> Self {
        let (sync, segment_bytes) = (SyncPolicy::Batch, 64 << 20);
        Self { sync, segment_bytes, prepare_ahead: true, clock: wall_clock, check: Check::On }
    }
}

impl JournalOptions {
    pub(crate) fn rounded(self) -> Self {
        Self { segment_bytes: self.segment_bytes.max(4096) / UNIT * UNIT, ..self }
    }
}

fn wall_clock() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Which segments may go. A segment goes when `bytes` or `age` demand it (where neither is set: as
/// soon as it may), never before all its events are below `acknowledged`, and the last one never.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retention {
    /// Most bytes of all segments together.
    pub bytes: Option<u64>,
    /// Longest time since a segment's last append.
    pub age: Option<Duration>,
    /// What readers still need is not below this; `None`: nobody needs anything.
    pub acknowledged: Option<u64>,
}

/// What opening a journal found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The sequence the next event will get.
    pub next: u64,
    /// What was behind the last whole frame: written, never acknowledged as durable.
    pub set_aside: SetAside,
}
