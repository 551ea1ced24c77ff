//! A recording: names that are durable before what they name, sessions, retention, a topology on top.

mod common;

use common::{SMALL, event, shared};
use pitlane::Instruments;
use pitlane::durable::{Log, LogError, LogReader};
use pitlane::event::{Header, Slot};
use pitlane_persistence::{
    Error, Fault, From, JournalReader, Manifest, NewSession, Recording, Retention, Simulated,
    StreamEntry,
};
use std::io::ErrorKind;
use std::time::Duration;

fn stream(name: &str) -> StreamEntry {
    let (source, event) = (name.to_owned(), "Signal".to_owned());
    StreamEntry { tag: 0, name: name.into(), source, event, event_id: 2, enters: false }
}

fn session(streams: &[&str], instruments: &Instruments) -> NewSession {
    NewSession {
        session: None,
        streams: streams.iter().map(|name| stream(name)).collect(),
        names: vec!["feed".into()],
        instruments: instruments.clone(),
        config: serde_json::Value::Null,
    }
}

fn begin(storage: &Simulated, streams: &[&str], known: &Instruments) -> Recording {
    let session = session(streams, known);
    Recording::begin(shared(storage), SMALL, None, &session).expect("it opens").0
}

fn manifest(storage: &Simulated) -> Manifest {
    Manifest::read(shared(storage).as_ref()).expect("it is whole").expect("it is there")
}

fn of(instrument: u32) -> Slot {
    Slot { header: Header { instrument, ..Header::default() }, ..event(instrument.into()) }
}

#[test]
fn sessions_are_counted_up_and_tags_keep_their_meaning() {
    let (storage, none) = (Simulated::new(), Instruments::new());
    let first = begin(&storage, &["a", "b"], &none);
    assert_eq!((first.tags(), first.session()), (&[1, 2][..], 1));
    drop(first);
    let second = begin(&storage, &["c", "b"], &none);
    assert_eq!((second.tags(), second.session()), (&[3, 2][..], 2));
    drop(second);
    // Whatever a crash takes, the number is not given again.
    let crashed = storage.crash(|_| 0);
    assert_eq!(begin(&crashed, &["a"], &none).session(), 3);
}

#[test]
fn a_manifest_is_there_before_the_first_event_and_knows_each_instrument_before_it_is_used() {
    let (storage, instruments) = (Simulated::new(), Instruments::new());
    let _ = instruments.intern("IBM");
    let mut recording = begin(&storage, &["a"], &instruments);
    let tag = recording.tags()[0];
    // Nothing was synced since: what a crash leaves is what was durable before.
    assert_eq!(manifest(&storage.crash(|_| 0)).instruments, ["IBM"]);
    recording.append(tag, &[of(1)]).expect("an append");
    assert_eq!(manifest(&storage).instruments, ["IBM"]);
    for (number, symbol) in [(2, "AAPL"), (3, "MSFT")] {
        assert_eq!(instruments.intern(symbol), number);
        recording.append(tag, &[of(number)]).expect("an append");
        assert_eq!(manifest(&storage.crash(|_| 0)).symbol(number), Some(symbol));
    }
}

#[test]
fn an_instrument_whose_name_cannot_be_kept_is_not_appended() {
    let (storage, instruments) = (Simulated::new(), Instruments::new());
    let mut recording = begin(&storage, &["a"], &instruments);
    let number = instruments.intern("IBM");
    storage.set_fault(Some(Fault::Write { after: 0, kept: 0, kind: ErrorKind::StorageFull }));
    let refused = recording.append(1, &[of(number)]).expect_err("the disk is full");
    assert!(matches!(refused, LogError::Full(_)), "{refused}");
    storage.set_fault(None);
    assert_eq!(recording.append(1, &[of(number)]), Ok(1));
    assert_eq!(manifest(&storage).instruments, ["IBM"]);
}

#[test]
fn instruments_keep_their_numbers_over_sessions_or_the_session_is_refused() {
    let (storage, instruments) = (Simulated::new(), Instruments::new());
    let _ = (instruments.intern("IBM"), instruments.intern("AAPL"));
    drop(begin(&storage, &["a"], &instruments));
    let others = Instruments::new();
    let _ = others.intern("MSFT");
    let refused = Recording::begin(shared(&storage), SMALL, None, &session(&["a"], &others));
    let Err(Error::Manifest(said)) = refused else { panic!("it was taken") };
    assert!(said.contains("instrument 1 is IBM, and here it is MSFT"), "{said}");
    let known = Instruments::new();
    manifest(&storage).know(&known);
    assert_eq!((known.intern("AAPL"), known.intern("MSFT")), (2, 3));
    drop(begin(&storage, &["a"], &known));
    assert_eq!(manifest(&storage).instruments, ["IBM", "AAPL", "MSFT"]);
}

#[test]
fn a_manifest_that_is_none_is_refused_and_named() {
    let storage = Simulated::new();
    drop(begin(&storage, &["a"], &Instruments::new()));
    storage.tamper("manifest.json", |bytes| bytes[0] = b'x');
    let read = Manifest::read(shared(&storage).as_ref());
    assert!(
        read.expect_err("it is none")
            .to_string()
            .starts_with("manifest.json of the journal is not")
    );
}

/// Appends, synced, frames of ten events to small segments.
fn fill(recording: &mut Recording, frames: u64) {
    for _ in 0..frames {
        let events: Vec<Slot> = (0..10).map(event).collect();
        recording.append(1, &events).expect("an append");
        recording.commit().expect("a sync");
    }
}

fn oldest(storage: &Simulated) -> u64 {
    let mut reader = JournalReader::open(shared(storage), From::Oldest).expect("a reader");
    reader.next().expect("it can be read").expect("an event").first
}

#[test]
fn retention_by_acknowledgement_never_removes_what_is_still_needed() {
    let storage = Simulated::new();
    let session = session(&["a"], &Instruments::new());
    let keep = Some(Retention { bytes: None, age: None, acknowledged: None });
    let (mut recording, _) =
        Recording::begin(shared(&storage), SMALL, keep, &session).expect("it opens");
    fill(&mut recording, 40);
    recording.tend(0).expect("rare work");
    assert_eq!(oldest(&storage), 0, "all is needed");
    fill(&mut recording, 10);
    recording.tend(300).expect("rare work");
    let kept = oldest(&storage);
    assert!(kept > 0 && kept <= 300, "{kept}");
}

#[test]
fn retention_by_size_and_by_age_gives_way_to_what_is_needed() {
    let keeps = [
        Retention { bytes: Some(3 * 4096), age: None, acknowledged: None },
        Retention { bytes: None, age: Some(Duration::ZERO), acknowledged: None },
    ];
    for keep in keeps {
        let storage = Simulated::new();
        let session = session(&["a"], &Instruments::new());
        let clocked = pitlane_persistence::JournalOptions {
            clock: || std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos() as u64),
            ..SMALL
        };
        let (mut recording, _) =
            Recording::begin(shared(&storage), clocked, Some(keep), &session).expect("it opens");
        fill(&mut recording, 60);
        recording.tend(100).expect("rare work");
        let held = oldest(&storage);
        assert!(held <= 100, "{keep:?} removed what was needed: {held}");
        fill(&mut recording, 6);
        recording.tend(u64::MAX).expect("rare work");
        assert!(oldest(&storage) > held, "{keep:?} kept all");
    }
}

#[test]
fn a_log_reader_gives_what_lies_before_its_limit_and_no_more() {
    let storage = Simulated::new();
    let mut recording = begin(&storage, &["a", "b"], &Instruments::new());
    recording.append(1, &[event(0), event(1)]).expect("an append");
    recording.append(2, &[event(2)]).expect("an append");
    let reader = JournalReader::open(shared(&storage), From::Oldest).expect("a reader");
    let mut reader: Box<dyn LogReader> = Box::new(reader);
    assert!(reader.next(1).expect("it can be read").is_none(), "a batch is whole or not there");
    let batch = reader.next(2).expect("it can be read").expect("a batch");
    assert_eq!((batch.first, batch.tag, batch.events), (0, 1, &[event(0), event(1)][..]));
    assert!(reader.next(2).expect("it can be read").is_none());
    let batch = reader.next(3).expect("it can be read").expect("a batch");
    assert_eq!((batch.first, batch.tag), (2, 2));
    assert_eq!(reader.position(), 3);
}

#[test]
fn frames_fill_segments_to_their_end() {
    let storage = Simulated::new();
    let mut recording = begin(&storage, &["a"], &Instruments::new());
    let all: Vec<Slot> = (0..200).map(event).collect();
    let mut left = all.as_slice();
    while !left.is_empty() {
        let most = recording.most().min(left.len());
        recording.append(1, &left[..most]).expect("an append");
        left = &left[most..];
    }
    // 64 slots a segment: its header, a frame's header, 62 events.
    let first = storage.contents("00000000000000000062.journal");
    assert!(first.ends_with(bytemuck::bytes_of(&event(123))), "the segment is not full");
}
