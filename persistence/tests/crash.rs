//! Power failures: any subset of what was not synced is lost, torn or kept.

mod common;

use common::{SMALL, events, open, read_all, shared};
use pitlane_persistence::{Check, Fault, JournalOptions, JournalWriter, Simulated, SyncPolicy};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

#[derive(Clone, Debug)]
enum Act {
    Append(u64),
    Commit,
    Sync,
    Reopen,
    Crash(Vec<usize>),
    /// A crash, and another one in the middle of the recovery, after so many of its syncs.
    CrashTwice(Vec<usize>, usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1..30u64).prop_map(Act::Append),
        3 => Just(Act::Commit),
        1 => Just(Act::Sync),
        1 => Just(Act::Reopen),
        2 => prop::collection::vec(0..1000usize, 1..40).prop_map(Act::Crash),
        1 => (prop::collection::vec(0..1000usize, 1..40), 0..8usize)
            .prop_map(|(choices, after)| Act::CrashTwice(choices, after)),
    ];
    prop::collection::vec(act, 1..60)
}

fn policies() -> impl Strategy<Value = SyncPolicy> {
    prop_oneof![Just(SyncPolicy::Batch), Just(SyncPolicy::Os)]
}

/// Lives a life of a journal; an error is a broken promise.
fn live(policy: SyncPolicy, acts: &[Act], fault: Option<Fault>) -> Result<(), String> {
    let options = JournalOptions { sync: policy, ..SMALL };
    let mut storage = Simulated::new();
    storage.set_fault(fault);
    let opened = JournalWriter::open(shared(&storage), options);
    let (mut writer, _) = opened.map_err(|error| error.to_string())?;
    let mut acknowledged = 0;
    for act in acts {
        match act {
            Act::Append(count) => {
                let batch = events(writer.written(), *count);
                writer.append(&batch).map_err(|error| error.to_string())?;
            }
            Act::Commit => acknowledged = writer.commit().map_err(|error| error.to_string())?,
            Act::Sync => acknowledged = writer.sync().map_err(|error| error.to_string())?,
            Act::Reopen | Act::Crash(_) | Act::CrashTwice(..) => {
                let written = writer.written();
                drop(writer);
                if let Act::Crash(choices) = act {
                    let mut next = choices.iter().cycle();
                    storage = storage.crash(|n| next.next().expect("a cycle") % n);
                    storage.set_fault(fault);
                }
                if let Act::CrashTwice(choices, after) = act {
                    let mut next = choices.iter().cycle();
                    let mut choose = |n| next.next().expect("a cycle") % n;
                    storage = storage.crash(&mut choose);
                    storage.set_fault(Some(Fault::Sync { after: *after }));
                    if let Ok((_, opened)) = JournalWriter::open(shared(&storage), options) {
                        acknowledged = acknowledged.max(opened.next);
                    }
                    storage = storage.crash(&mut choose);
                    storage.set_fault(fault);
                }
                let opened = JournalWriter::open(shared(&storage), options);
                let recovered;
                (writer, recovered) = opened.map_err(|error| error.to_string())?;
                let kept = read_all(&storage, Check::On).map_err(|error| error.to_string())?;
                let next = recovered.next;
                let least = if matches!(act, Act::Reopen) { written } else { acknowledged };
                if next < least || next > written || kept != events(0, next) {
                    return Err(format!("{least} of {written} were safe, {next} are there"));
                }
                acknowledged = next;
            }
        }
    }
    Ok(())
}

/// Lives of a run in the short form; `JOURNAL_LIVES` asks for more.
const LIVES: u32 = 1_500;

fn run(fault: Option<Fault>) -> Result<(), TestError<(SyncPolicy, Vec<Act>)>> {
    let lives = std::env::var("JOURNAL_LIVES").ok().and_then(|text| text.parse().ok());
    let config =
        Config { cases: lives.unwrap_or(LIVES), failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&(policies(), acts()), |(policy, acts)| {
        live(policy, &acts, fault).map_err(TestCaseError::fail)
    })
}

#[test]
fn nothing_acknowledged_is_lost_whatever_unsynced_writes_a_crash_drops() {
    run(None).expect("every life keeps its promises");
}

#[test]
fn without_syncs_the_same_lives_break_their_promises() {
    for twin in [Fault::IgnoredSyncs, Fault::IgnoredNameSyncs] {
        assert!(matches!(run(Some(twin)), Err(TestError::Fail(..))), "{twin:?} is not noticed");
    }
}

#[test]
fn short_writes_change_nothing() {
    run(Some(Fault::ShortWrites { limit: 100 })).expect("every life keeps its promises");
}

#[test]
fn a_kill_loses_nothing_that_was_written() {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    for _ in 0..40 {
        let batch = events(writer.written(), 5);
        writer.append(&batch).expect("an append");
    }
    let (_, recovered) = open(&storage.killed()).expect("a restart");
    assert_eq!((recovered.next, recovered.set_aside.bytes), (200, 0));
}

#[test]
fn what_a_kill_left_in_the_cache_is_synced_before_it_counts_as_durable() {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    writer.append(&events(0, 5)).expect("an append");
    let killed = storage.killed();
    let (again, _) = open(&killed).expect("a restart");
    assert_eq!(again.durable(), 5);
    let (_, recovered) = open(&killed.crash(|_| 0)).expect("a restart after a power failure");
    assert_eq!(recovered.next, 5);
}
