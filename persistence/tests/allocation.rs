//! Appending and reading allocate nothing once they run.

mod common;

use common::{SMALL, events};
use pitlane_persistence::{Disk, From, JournalOptions, JournalReader, JournalWriter, Storage};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn allocations(act: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    act();
    let change = region.change();
    change.allocations + change.reallocations
}

// One test, so that no other allocates beside it.
#[test]
fn appends_commits_and_reads_allocate_nothing_and_the_count_would_show_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage: Arc<dyn Storage> = Arc::new(Disk::new(folder.path()).expect("a folder"));
    let options = JournalOptions { segment_bytes: 1 << 20, ..SMALL };
    let (mut writer, _) = JournalWriter::open(Arc::clone(&storage), options).expect("a journal");
    let batch = events(0, 50);
    writer.append(&batch).expect("an append");
    let appending = allocations(|| {
        for _ in 0..100 {
            writer.append(&batch).expect("an append");
            writer.commit().expect("a commit");
        }
    });
    assert_eq!(appending, 0);

    // The chunk grows to its largest before the count begins.
    let mut reader = JournalReader::open(storage, From::Oldest).expect("a reader");
    let mut give = |batches: usize| {
        for _ in 0..batches {
            assert!(reader.next().expect("a batch").is_some());
        }
    };
    give(95);
    assert_eq!(allocations(|| give(5)), 0);
    assert!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}
