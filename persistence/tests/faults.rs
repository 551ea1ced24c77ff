//! Disks that tear, flip, refuse and run full: each ends as documented.

mod common;

use common::{SMALL, event, events, journal, open, put, read_all, shared, whole};
use pitlane_persistence::{
    Check, Error, Fault, From, JournalOptions, JournalReader, JournalWriter, Simulated, SyncPolicy,
    repair, verify,
};
use std::io::ErrorKind;

const FIRST: &str = "00000000000000000000.journal";

#[test]
fn a_write_torn_at_any_byte_costs_only_its_own_batch() {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    put(&mut writer, 3);
    put(&mut writer, 2);
    let before = storage.contents(FIRST);
    writer.append(&events(5, 3)).expect("an append");
    let after = storage.contents(FIRST);
    let frame = 64 * (1 + 4 + 3)..64 * (1 + 4 + 3 + 4);
    assert!(before[frame.clone()].iter().all(|byte| *byte == 0));
    for cut in 0..=frame.len() {
        let torn = storage.killed();
        torn.tamper(FIRST, |bytes| {
            bytes[frame.start + cut..].copy_from_slice(&before[frame.start + cut..]);
        });
        // The frame may end in bytes that are zero anyway.
        let whole = torn.contents(FIRST) == after;
        let (_, recovered) = open(&torn).expect("a torn tail is no error");
        let left = after[frame.start..frame.start + cut].iter().rposition(|byte| *byte != 0);
        let aside = if whole { 0 } else { left.map_or(0, |last| last as u64 + 1) };
        assert_eq!(recovered.next, if whole { 8 } else { 5 }, "cut at {cut}");
        assert_eq!(recovered.set_aside.bytes, aside, "cut at {cut}");
        assert_eq!(read_all(&torn, Check::On).expect("a reader"), events(0, recovered.next));
    }
}

/// How many single flipped bits of a journal make it give other events without an error.
fn unnoticed_flips(check: Check) -> usize {
    let storage = journal(&[3, 1, 4]);
    let used = 64 * (1 + 4 + 2 + 5 + 1 + 2);
    let mut unnoticed = 0;
    for bit in 0..used * 8 {
        let flipped = storage.killed();
        flipped.tamper(FIRST, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        let options = JournalOptions { check, ..SMALL };
        let opened = JournalWriter::open(shared(&flipped), options).map(drop);
        let read = read_all(&flipped, check);
        let noticed = opened.is_err() || read.is_err();
        unnoticed += usize::from(!noticed && read.ok() != Some(events(0, 8)));
    }
    unnoticed
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    assert_eq!(unnoticed_flips(Check::On), 0);
}

#[test]
fn without_checksums_flipped_bits_would_go_unnoticed() {
    assert!(unnoticed_flips(Check::Off) > 1000);
}

#[test]
fn damage_below_the_durable_position_is_told_by_writer_reader_and_verify() {
    let storage = journal(&[3, 1, 4]);
    storage.tamper(FIRST, |bytes| bytes[64 * 6 + 40] ^= 1);
    let place = |error: Error| match error {
        Error::Damaged { file, offset, sequence, durable } => (file, offset, sequence, durable),
        other => panic!("damage is told, not: {other}"),
    };
    let expected = (FIRST.to_owned(), 64 * 5, 3, 8);
    assert_eq!(place(open(&storage).map(drop).expect_err("damage")), expected);
    assert_eq!(place(read_all(&storage, Check::On).expect_err("damage")), expected);
    assert_eq!(place(whole(&storage).expect_err("damage")), expected);
}

#[test]
fn damage_in_an_old_segment_is_told_by_reader_and_verify() {
    let storage = journal(&[20; 20]);
    assert!(whole(&storage).expect("a whole journal").segments.len() > 3);
    storage.tamper(FIRST, |bytes| bytes[700] ^= 1);
    assert!(matches!(read_all(&storage, Check::On), Err(Error::Damaged { sequence: 0, .. })));
    assert!(matches!(whole(&storage), Err(Error::Damaged { sequence: 0, .. })));
}

#[test]
fn a_missing_segment_is_damage() {
    let storage = journal(&[20; 20]);
    let shared = shared(&storage);
    let mut names = shared.list().expect("names");
    names.retain(|name| name.ends_with(".journal"));
    shared.remove(&names[1]).expect("a removal");
    assert!(matches!(read_all(&storage, Check::On), Err(Error::Damaged { .. })));
    assert!(matches!(whole(&storage), Err(Error::Damaged { .. })));
}

/// File (by its first event), offset, bytes, first missing event, first whole one of each damage.
fn damage(storage: &Simulated) -> Vec<(u64, u64, u64, u64, u64)> {
    let found = verify(storage).expect("a report").damage.into_iter();
    let number = |file: &str| file.trim_end_matches(".journal").parse().expect("a number");
    found.map(|it| (number(&it.file), it.offset, it.bytes, it.first, it.end)).collect()
}

#[test]
fn verify_tells_every_damage_and_what_is_whole_beside_it() {
    // Three frames of 20 events, 21 slots each, in a segment of 64.
    let storage = journal(&[20; 20]);
    let sound = whole(&storage).expect("a whole journal");
    let name = |first: u64| format!("{first:020}.journal");
    storage.tamper(FIRST, |bytes| bytes[700] ^= 1);
    storage.tamper(&name(120), |bytes| bytes[64 * 22 + 8..64 * 64].fill(0xff));
    storage.tamper(&name(240), |bytes| bytes[9] ^= 1);
    let shared = shared(&storage);
    shared.remove(&name(300)).expect("a removal");
    let frame = 64 * 21;
    let expected = [
        (0, 64, frame, 0, 20),
        (120, 64 + frame, 2 * frame, 140, 180),
        (240, 0, 64, 240, 240),
        (240, 64 + 3 * frame, 0, 300, 360),
    ];
    assert_eq!(damage(&storage), expected);
    let found = verify(&storage).expect("a report");
    assert_eq!((found.first, found.next, found.durable), (0, 400, 400));
    assert_eq!((found.events, found.frames), (400 - 20 - 40 - 60, sound.frames - 1 - 2 - 3));
    let events: Vec<_> = found.segments.iter().map(|part| (part.first, part.events)).collect();
    assert_eq!(events, [(0, 40), (60, 60), (120, 20), (180, 60), (240, 60), (360, 40)]);
}

#[test]
fn verify_and_the_next_writer_see_the_same_damage_wherever_a_byte_is_wrong() {
    let storage = journal(&[20, 20, 20, 3, 1, 4]);
    let next = format!("{:020}.journal", 60);
    for (file, used) in [(FIRST, 64 * 64), (next.as_str(), 64 * (1 + 1 + 4 + 2 + 5 + 2))] {
        for byte in (0..used).step_by(5) {
            let flipped = storage.killed();
            flipped.tamper(file, |bytes| bytes[byte] ^= 1);
            let writer = repair(&shared(&flipped.killed()), SMALL).expect("a repair");
            let found = verify(&flipped).expect("a report");
            let lost = found.damage.first().map(|damage| damage.first);
            let repaired = (writer.first_lost < writer.next || writer.set_aside.bytes > 0)
                .then_some(writer.first_lost);
            assert_eq!(lost, repaired, "byte {byte} of {file}");
            let missing: u64 = found.damage.iter().map(|it| it.end - it.first).sum();
            assert_eq!(found.events + missing, 68, "byte {byte} of {file}");
        }
    }
}

#[test]
fn a_repair_keeps_the_damaged_part_and_readers_are_told_of_the_loss() {
    let storage = journal(&[3, 1, 4]);
    let damaged = {
        storage.tamper(FIRST, |bytes| bytes[64 * 6 + 40] ^= 1);
        storage.contents(FIRST)
    };
    let repaired = repair(&shared(&storage), SMALL).expect("a repair");
    assert_eq!((repaired.first_lost, repaired.next), (3, 8));
    let kept = storage.contents(&repaired.set_aside.files[0]);
    assert_eq!(kept, damaged[64 * 5..64 * 5 + kept.len()]);
    assert_eq!(kept.len() as u64, repaired.set_aside.bytes);

    let (mut writer, recovered) = open(&storage).expect("a repaired journal opens");
    assert_eq!(recovered.next, 8);
    put(&mut writer, 2);
    let mut reader = JournalReader::open(shared(&storage), From::Oldest).expect("a reader");
    assert_eq!(reader.next().expect("a batch").expect("a batch").events, events(0, 3));
    assert!(matches!(reader.next(), Err(Error::Lost { first: 3, end: 8 })));
    assert_eq!(reader.next().expect("a batch").expect("a batch").events, events(8, 2));
    assert_eq!(whole(&storage).expect("a repaired journal is whole").lost, 5);
    let nothing = repair(&shared(&storage), SMALL);
    assert!(matches!(nothing, Err(Error::Locked { .. })), "the writer is still there");
    drop(writer);
    let nothing = repair(&shared(&storage), SMALL).expect("a repair");
    assert_eq!((nothing.first_lost, nothing.next), (10, 10), "there is nothing more to repair");
}

#[test]
fn a_failed_write_appends_nothing_and_may_be_tried_again() {
    for kept in (0..64 * 9).step_by(32) {
        let storage = Simulated::new();
        let (mut writer, _) = open(&storage).expect("a new journal");
        put(&mut writer, 2);
        storage.set_fault(Some(Fault::Write { after: 0, kind: ErrorKind::Other, kept }));
        assert!(matches!(writer.append(&events(2, 8)), Err(Error::Io { act: "write", .. })));
        assert!(writer.append(&events(2, 8)).is_err());
        storage.set_fault(None);
        assert_eq!(put(&mut writer, 1), 3, "a shorter batch in the place of the failed one");
        assert_eq!(put(&mut writer, 4), 7);
        assert_eq!(read_all(&storage, Check::On).expect("a reader"), events(0, 7));
        drop(writer);
        let (_, recovered) = open(&storage).expect("a restart");
        assert_eq!((recovered.next, recovered.set_aside.bytes), (7, 0));
    }
}

#[test]
fn a_failed_sync_is_final_and_a_restart_recovers() {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    put(&mut writer, 2);
    writer.append(&events(2, 2)).expect("an append");
    storage.set_fault(Some(Fault::Sync { after: 0 }));
    assert!(matches!(writer.commit(), Err(Error::SyncFailed { durable: 2, .. })));
    storage.set_fault(None);
    assert!(matches!(writer.append(&[event(4)]), Err(Error::SyncFailed { .. })));
    assert!(matches!(writer.commit(), Err(Error::SyncFailed { .. })));
    assert_eq!((writer.durable(), writer.positions().durable()), (2, 2));
    drop(writer);
    let (_, recovered) = open(&storage.crash(|_| 0)).expect("a restart");
    assert_eq!(recovered.next, 2, "what was acknowledged, and no more was left");
}

#[test]
fn a_full_disk_is_told_and_appending_goes_on_after_space_is_made() {
    let storage = Simulated::new();
    let (mut writer, _) = open(&storage).expect("a new journal");
    storage.set_fault(Some(Fault::Full));
    let mut refused = None;
    for _ in 0..20 {
        let batch = events(writer.written(), 9);
        if let Err(error) = writer.append(&batch) {
            refused = Some(error);
            break;
        }
        writer.commit().expect("a commit");
    }
    let refused = refused.expect("segments need room");
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    assert!(refused.to_string().contains("make room"));
    let safe = writer.durable();
    assert_eq!(read_all(&storage, Check::On).expect("a reader"), events(0, safe));
    storage.set_fault(None);
    assert_eq!(put(&mut writer, 9), safe + 9);
    assert_eq!(read_all(&storage, Check::On).expect("a reader"), events(0, safe + 9));
}

#[test]
fn a_hole_before_whole_frames_is_moved_aside_with_them() {
    let storage = Simulated::new();
    let options = JournalOptions { sync: SyncPolicy::Os, ..SMALL };
    let (mut writer, _) = JournalWriter::open(shared(&storage), options).expect("a new journal");
    put(&mut writer, 3);
    put(&mut writer, 3);
    put(&mut writer, 3);
    let holed = storage.killed();
    holed.tamper(FIRST, |bytes| bytes[64 * 5..64 * 9].fill(0));
    let (_, recovered) = open(&holed).expect("a hole in the tail is no error");
    assert_eq!((recovered.next, recovered.set_aside.files.len()), (3, 1));
    assert!(recovered.set_aside.bytes > 64 * 7);
}

#[test]
fn a_second_writer_is_refused() {
    let storage = Simulated::new();
    let (writer, _) = open(&storage).expect("a new journal");
    assert!(matches!(open(&storage), Err(Error::Locked { .. })));
    drop(writer);
    assert!(open(&storage).is_ok());
}

#[test]
fn a_batch_larger_than_a_segment_is_refused() {
    let (mut writer, _) = open(&Simulated::new()).expect("a new journal");
    assert!(matches!(
        writer.append(&events(0, 63)),
        Err(Error::TooLarge { events: 63, limit: 62 })
    ));
    assert_eq!(writer.append(&events(0, 62)).expect("it fits"), 62);
}
