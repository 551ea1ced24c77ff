//! What the tests of the journal share.
#![allow(dead_code, reason = "each test binary uses its part")]

use pitlane::event::{Header, Slot};
use pitlane_persistence::{
    Check, Error, From, JournalOptions, JournalReader, JournalWriter, Recovered, Simulated,
    Storage, Verified, verify,
};
use std::sync::Arc;

/// Small segments, nothing made ahead, a clock that stands still.
pub(crate) const SMALL: JournalOptions = JournalOptions {
    sync: pitlane_persistence::SyncPolicy::Batch,
    segment_bytes: 4096,
    prepare_ahead: false,
    clock: || 1_000,
    check: Check::On,
};

/// The event with number `n`.
pub(crate) fn event(n: u64) -> Slot {
    let header = Header { ts_event: 10 * n, root: n + 1, ..Header::default() };
    Slot { header, words: [n, !n, n.wrapping_mul(0x9e37_79b9_7f4a_7c15), 7] }
}

pub(crate) fn events(first: u64, count: u64) -> Vec<Slot> {
    (first..first + count).map(event).collect()
}

pub(crate) fn shared(storage: &Simulated) -> Arc<dyn Storage> {
    Arc::new(storage.clone())
}

pub(crate) fn open(storage: &Simulated) -> Result<(JournalWriter, Recovered), Error> {
    JournalWriter::open(shared(storage), SMALL)
}

/// Appends the events that follow, and commits.
pub(crate) fn put(writer: &mut JournalWriter, count: u64) -> u64 {
    let batch = events(writer.written(), count);
    writer.append(&batch).expect("an append");
    writer.commit().expect("a commit")
}

/// A journal with these batches, each committed, closed in good order.
pub(crate) fn journal(batches: &[u64]) -> Simulated {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    for count in batches {
        put(&mut writer, *count);
    }
    writer.close().expect("a close");
    storage
}

/// All events a reader gives, from the oldest on.
pub(crate) fn read_all(storage: &Simulated, check: Check) -> Result<Vec<Slot>, Error> {
    let mut reader = JournalReader::open_with(shared(storage), From::Oldest, check)?;
    let mut all = Vec::new();
    while let Some(batch) = reader.next()? {
        assert_eq!(batch.first, all.len() as u64, "batches follow each other");
        all.extend_from_slice(batch.events);
    }
    Ok(all)
}

/// A report of a journal that must be sound.
pub(crate) fn whole(storage: &dyn Storage) -> Result<Verified, Error> {
    verify(storage).and_then(|verified| verified.check().map(|()| verified))
}
