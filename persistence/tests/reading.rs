//! From where a reader begins, what it waits for, and what is kept for it.

mod common;

use common::{SMALL, event, events, journal, open, put, read_all, shared, whole};
use pitlane_persistence::{
    Check, Error, From, JournalOptions, JournalReader, JournalWriter, Retention, Simulated,
    Storage, StorageFile, SyncPolicy, bounds,
};
use std::cell::Cell;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

/// The first event a reader gives, and the number of those that follow.
fn first_and_rest(storage: &Simulated, from: From) -> Option<(u64, usize)> {
    let mut reader = JournalReader::open(shared(storage), from).expect("a reader");
    let mut all: Vec<u64> = Vec::new();
    while let Some(batch) = reader.next().expect("a batch") {
        all.extend(batch.events.iter().map(|event| event.words[0]));
    }
    all.first().map(|first| (*first, all.len()))
}

#[test]
fn a_reader_begins_at_any_sequence() {
    let storage = journal(&[7; 40]);
    for from in 0..280 {
        let expected = Some((from, 280 - from as usize));
        assert_eq!(first_and_rest(&storage, From::Sequence(from)), expected);
    }
    assert_eq!(first_and_rest(&storage, From::Sequence(280)), None);
}

#[test]
fn a_reader_begins_at_any_event_time() {
    let storage = journal(&[7; 40]);
    for n in 0..280 {
        let expected = Some((n, 280 - n as usize));
        assert_eq!(first_and_rest(&storage, From::TsEvent(10 * n)), expected);
    }
    assert_eq!(first_and_rest(&storage, From::TsEvent(2_791)), None);
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

fn ticking() -> JournalOptions {
    JournalOptions { clock: || NOW.with(|now| now.replace(now.get() + 1)), ..SMALL }
}

#[test]
fn a_reader_begins_at_any_append_time() {
    let storage = Simulated::new();
    let (mut writer, _) = JournalWriter::open(shared(&storage), ticking()).expect("a journal");
    let mut times = Vec::new();
    for _ in 0..60 {
        NOW.with(|now| now.set(now.get() + 5));
        let at = writer.written();
        put(&mut writer, 3);
        let mut reader = JournalReader::open(shared(&storage), From::Sequence(at)).expect("one");
        times.push((reader.next().expect("a batch").expect("a batch").appended, at));
    }
    for (time, at) in times {
        assert_eq!(first_and_rest(&storage, From::Appended(time)).map(|found| found.0), Some(at));
        assert_eq!(first_and_rest(&storage, From::Appended(time - 1)).map(|f| f.0), Some(at));
    }
}

#[test]
fn a_reader_waits_for_what_comes_and_keeps_to_its_limit() {
    let storage = Simulated::new();
    let mut early = JournalReader::open(shared(&storage), From::Oldest).expect("a reader");
    assert!(early.next().expect("nothing yet").is_none());
    let options = JournalOptions { sync: SyncPolicy::Os, ..SMALL };
    let (mut writer, _) = JournalWriter::open(shared(&storage), options).expect("a journal");
    for n in 0..100 {
        assert!(early.next().expect("nothing yet").is_none());
        writer.append_tagged(3, &[event(n)]).expect("an append");
        assert!(early.next_until(n).expect("a limit").is_none());
        let batch = early.next_until(n + 1).expect("a batch").expect("a batch");
        assert_eq!((batch.first, batch.tag, batch.events), (n, 3, &[event(n)][..]));
    }
    assert_eq!(early.position(), 100);
}

#[test]
fn the_interval_decides_when_a_commit_syncs() {
    NOW.with(|now| now.set(0));
    let storage = Simulated::new();
    let sync = SyncPolicy::Interval(Duration::from_nanos(1_000));
    let options = JournalOptions { sync, ..ticking() };
    let (mut writer, _) = JournalWriter::open(shared(&storage), options).expect("a journal");
    writer.append(&[event(0)]).expect("an append");
    assert_eq!(writer.commit().expect("a commit"), 0);
    NOW.with(|now| now.set(2_000));
    assert_eq!(writer.commit().expect("a commit"), 1);
}

#[test]
fn retention_by_position_size_and_age_keeps_what_is_needed() {
    let storage = Simulated::new();
    NOW.with(|now| now.set(0));
    let (mut writer, _) = JournalWriter::open(shared(&storage), ticking()).expect("a journal");
    for _ in 0..30 {
        put(&mut writer, 20);
    }
    let found = whole(&storage).expect("a whole journal");
    assert_eq!((found.first, found.next, found.segments.len()), (0, 600, 10));
    let mut retain = |keep: Retention| writer.retain(&keep).expect("retention");
    assert_eq!(retain(Retention { acknowledged: Some(59), ..Retention::default() }), 0);
    assert_eq!(retain(Retention { acknowledged: Some(130), ..Retention::default() }), 120);
    assert_eq!(retain(Retention { bytes: Some(6 * 4096), ..Retention::default() }), 240);
    let held = Retention { bytes: Some(4096), acknowledged: Some(310), ..Retention::default() };
    assert_eq!(retain(held), 300, "size never takes what a reader needs");
    let age = Some(Duration::from_secs(1));
    assert_eq!(retain(Retention { age, ..Retention::default() }), 300, "nothing is so old");
    NOW.with(|now| now.set(5_000_000_000));
    assert_eq!(retain(Retention { age, ..Retention::default() }), 540, "all but the last");

    let gone = JournalReader::open(shared(&storage), From::Sequence(3)).map(drop);
    assert!(matches!(gone, Err(Error::Gone { wanted: 3, oldest: 540 })));
    assert_eq!(first_and_rest(&storage, From::Oldest), Some((540, 60)));
    drop(writer);
    assert_eq!(open(&storage).expect("a restart").1.next, 600);
}

#[test]
fn a_journal_goes_on_after_many_restarts() {
    let storage = Simulated::new();
    for n in 0..200 {
        let (mut writer, recovered) = open(&storage).expect("a restart");
        assert_eq!((recovered.next, recovered.set_aside.bytes), (n, 0));
        put(&mut writer, 1);
        if n % 2 == 0 {
            writer.close().expect("a close");
        }
    }
    assert_eq!(read_all(&storage, Check::On).expect("a reader"), events(0, 200));
}

/// A storage in which a writer appends whenever a file is opened, and now and then removes what is old.
struct Busy {
    storage: Simulated,
    /// With how often a file was opened.
    writer: Mutex<(JournalWriter, u64)>,
}

impl Storage for Busy {
    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let (writer, opened) = &mut *self.writer.lock().expect("nobody panicked");
        put(writer, 1);
        put(writer, 1);
        *opened += 1;
        if opened.is_multiple_of(23) {
            let keep = Retention { bytes: Some(5 * 4096), ..Retention::default() };
            writer.retain(&keep).expect("retention");
        }
        self.storage.open(name)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.storage.create(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.storage.list()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.storage.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.storage.remove(name)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.storage.sync_names()
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        self.storage.lock()
    }
}

/// What is appended between two looks of a survey was taken for damage, since frames that told it to be durable stood behind
/// a place where nothing had stood before; a segment that retention removed meanwhile ended it as an error of the system.
#[test]
fn a_writer_at_work_is_never_taken_for_damage() {
    let storage = Simulated::new();
    let (writer, _) = open(&storage).expect("a new journal");
    let busy = Busy { storage, writer: Mutex::new((writer, 0)) };
    for _ in 0..300 {
        whole(&busy).expect("nothing is damaged");
        bounds(&busy).expect("nothing is damaged");
    }
}
