//! Appending and reading allocate nothing once they run.

mod common;

use common::{SMALL, events};
use pitlane::Instruments;
use pitlane::durable::Journal;
use pitlane::event::{MarketData, Side};
use pitlane::topology::Plan;
use pitlane_persistence::{
    Disk, From, JournalOptions, JournalReader, JournalWriter, NewSession, Recording, Storage,
};
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
    recording_allocates_nothing();
    assert!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}

/// A topology that records, its recorder and its journal included.
fn recording_allocates_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage: Arc<dyn Storage> = Arc::new(Disk::new(folder.path()).expect("a folder"));
    let mut plan = Plan::new();
    plan.record::<MarketData>("feed", None).capacity(1024);
    let mut checked = plan.check().expect("no mistakes");
    let instruments = Instruments::new();
    let _ = instruments.intern("IBM");
    let session = NewSession {
        session: None,
        streams: Vec::new(),
        names: Vec::new(),
        instruments,
        config: serde_json::Value::Null,
    };
    let options = JournalOptions { segment_bytes: 4 << 20, ..SMALL };
    let begun = Recording::begin(storage, options, None, &session).expect("a journal");
    let durable = checked.journal(Journal::new(Box::new(begun.0)));
    let mut running = checked.start().expect("it starts");
    let port = running.port::<MarketData>("feed").expect("it enters");
    let trades: Vec<_> = (0..500).map(|n| MarketData::trade(1, n, 5, 1, Side::Bid)).collect();
    let mut publish = |batches: u64| {
        let until = durable.durable() + batches * 500;
        for _ in 0..batches {
            running.publish_to(port, &trades).expect("it runs");
        }
        while durable.durable() < until {
            std::thread::yield_now();
        }
    };
    // The frame grows to its largest first.
    publish(40);
    assert_eq!(allocations(|| publish(40)), 0);
    assert!(running.stop().is_complete());
}
