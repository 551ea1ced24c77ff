//! What is recorded, and where.

use super::Desk;
use crate::codes;
use crate::raw::{self, OnJournalFullWord, Record, SyncWord};
use pitlane::condition::Fields;
use pitlane::durable::{OnJournalFull, SyncPolicy};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where recorded streams go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalSetup {
    /// The folder.
    pub path: PathBuf,
    /// When what is written is made durable, where a stream does not say.
    pub sync: SyncPolicy,
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Most bytes of all segments together.
    pub keep_bytes: Option<u64>,
    /// Longest time since a segment's last append.
    pub keep_age: Option<Duration>,
    /// Whether segments go as soon as all that is in them is acknowledged.
    pub drop_acknowledged: bool,
    /// What happens when the disk has no room.
    pub on_full: OnJournalFull,
}

/// What a journal that exists knows of numbers, so that they stay what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNumbers {
    /// Symbols in the order of their numbers, which count from 1.
    pub instruments: Vec<String>,
}

/// Streams that are recorded: source, event type, when they become durable.
pub(super) type RecordedTopic = (String, Fields, Option<SyncPolicy>);

pub(super) fn setup(journal: &raw::Journal, base: &Path, desk: &mut Desk<'_>) -> JournalSetup {
    if journal.path.is_empty() {
        let help = "name a folder; it is made where it does not exist".to_owned();
        desk.blame(codes::BAD_VALUE, "journal.path", "`path` is empty".into(), help);
    }
    let segment_bytes = journal.segment_size.0;
    if !(4096..=1 << 36).contains(&segment_bytes) {
        let message = format!("a segment of {segment_bytes} bytes");
        let help = "let it be 4KiB to 64GiB, such as `64MiB`".to_owned();
        desk.blame(codes::BAD_VALUE, "journal.segment_size", message, help);
    }
    let raw::Retention { size, age, acknowledged } = journal.retention;
    JournalSetup {
        path: base.join(&journal.path),
        sync: sync(journal.sync),
        segment_bytes,
        keep_bytes: size.map(|size| size.0),
        keep_age: age.map(|age| age.0),
        drop_acknowledged: acknowledged,
        on_full: match journal.on_journal_full {
            OnJournalFullWord::Halt => OnJournalFull::Halt,
            OnJournalFullWord::Block => OnJournalFull::Block,
        },
    }
}

/// Gives instruments the numbers they have in the journal, before others get any.
pub(super) fn know(path: &Path, desk: &mut Desk<'_>) {
    let Some(known) = desk.options.known_numbers else { return };
    match known(path) {
        Ok(KnownNumbers { instruments }) => {
            for symbol in &instruments {
                let _ = desk.instruments.intern(symbol);
            }
        }
        Err(message) => {
            let help = "name another folder, or see what `pitlane journal ls` says".to_owned();
            desk.blame(codes::BAD_JOURNAL, "journal", message, help);
        }
    }
}

pub(super) fn is_recorded(topic: &raw::Topic) -> Option<Option<SyncPolicy>> {
    let raw::Topic::Long(long) = topic else { return None };
    match long.record {
        Record::Flag(false) => None,
        Record::Flag(true) => Some(None),
        Record::Options(options) => Some(options.sync.map(sync)),
    }
}

/// All topics that are recorded.
pub(super) fn recorded(config: &raw::Config, desk: &Desk<'_>) -> Vec<RecordedTopic> {
    let all = config.routing.iter();
    let all = all.flat_map(|(source, topics)| topics.iter().map(move |topic| (source, topic)));
    let recorded = all.filter_map(|(source, (event, topic))| {
        let sync = is_recorded(topic)?;
        let fields = desk.registry.events().iter().find(|fields| fields.event.name == event)?;
        Some((source.clone(), *fields, sync))
    });
    recorded.collect()
}

fn sync(word: SyncWord) -> SyncPolicy {
    match word {
        SyncWord::Batch => SyncPolicy::Batch,
        SyncWord::Interval(longest) => SyncPolicy::Interval(longest.0),
        SyncWord::Os => SyncPolicy::Os,
    }
}
