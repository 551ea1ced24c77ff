//! What is recorded, and where.

use super::words::{Duration, Size};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where recorded streams go: those with `record: true`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Journal {
    /// The folder, counted from the config's; made where it does not exist, gone on with where it does.
    pub(crate) path: String,
    /// When what is written is made durable, where a stream does not say: `batch` (at once, one sync for
    /// all that waits), `{ interval: 5ms }` (at most so long after), `os` (when the system likes).
    pub(crate) sync: SyncWord,
    /// Bytes of a segment, at least 4KiB: `64MiB`.
    pub(crate) segment_size: Size,
    /// Which segments may go; by default all stay.
    pub(crate) retention: Retention,
    /// What happens when the disk has no room.
    pub(crate) on_journal_full: OnJournalFullWord,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            path: "journal".into(),
            sync: SyncWord::default(),
            segment_size: Size(64 << 20),
            retention: Retention::default(),
            on_journal_full: OnJournalFullWord::default(),
        }
    }
}

/// When what is written is made durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Sync")]
pub(crate) enum SyncWord {
    /// At once, with one sync for all that waits.
    #[default]
    Batch,
    /// At most so long after it was written.
    Interval(Duration),
    /// When the system likes.
    Os,
}

/// Which segments may go: the oldest, as soon as one of these demands it. What a reader that
/// acknowledges still needs always stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    /// Most bytes of all segments together: `10GiB`.
    pub(crate) size: Option<Size>,
    /// Longest time since a segment's last append: `7d`.
    pub(crate) age: Option<Duration>,
    /// Whether segments go as soon as all that is in them is durable and acknowledged.
    pub(crate) acknowledged: bool,
}

/// What happens when the disk has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OnJournalFull")]
pub(crate) enum OnJournalFullWord {
    /// The run stops and says why.
    #[default]
    Halt,
    /// All that is recorded waits until there is room; nothing is lost.
    Block,
}

/// Whether a stream is recorded.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename = "$shape")]
pub(crate) enum Record {
    #[serde(rename = "scalar")]
    Flag(bool),
    #[serde(rename = "map")]
    Options(RecordOptions),
}

impl Default for Record {
    fn default() -> Self {
        Record::Flag(false)
    }
}

/// How a stream is recorded.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RecordOptions {
    /// When what is written of it is made durable; by default as `journal` says.
    pub(crate) sync: Option<SyncWord>,
}
