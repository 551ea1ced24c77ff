//! Real processes on a real disk: killed at any moment, reading each other, refusing each other.

mod common;

use pitlane_persistence::{
    Disk, Error, From, JournalOptions, JournalReader, JournalWriter, Storage,
};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Kills in the short form; `JOURNAL_KILLS` asks for more.
const KILLS: u64 = 12;

/// The example, which Cargo builds beside the tests.
fn child() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/TEST");
    let child = folder.join("examples/journal_child");
    assert!(child.is_file(), "cargo build -p pitlane-persistence --examples makes {child:?}");
    child
}

fn appending(folder: &Path) -> (Child, impl Iterator<Item = String>) {
    let mut child = Command::new(child())
        .arg("append")
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example runs");
    let out = child.stdout.take().expect("it was asked for");
    (child, BufReader::new(out).lines().map_while(Result::ok))
}

/// The next event and the bytes set aside, as the child tells them when it has opened the journal.
fn opened(line: Option<String>) -> (u64, u64) {
    let line = line.expect("a child that opens its journal says so");
    let words: Vec<&str> = line.split(' ').collect();
    assert_eq!(words[0], "open", "{line}");
    (words[1].parse().expect("a number"), words[3].parse().expect("a number"))
}

fn disk(folder: &Path) -> Arc<dyn Storage> {
    Arc::new(Disk::new(folder).expect("a folder"))
}

#[test]
fn killed_at_any_moment_a_writer_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let kills = std::env::var("JOURNAL_KILLS").ok().and_then(|text| text.parse().ok());
    let mut acknowledged = 0;
    for kill in 0..kills.unwrap_or(KILLS) {
        let (mut process, mut lines) = appending(folder.path());
        let (next, _) = opened(lines.next());
        assert!(next >= acknowledged, "{acknowledged} were acknowledged, {next} are there");
        // A few acknowledgements, then a moment that falls anywhere in an append, a sync, a roll.
        let wanted = 1 + kill * 7 % 23;
        for line in lines.by_ref().take(wanted as usize) {
            acknowledged = line.parse().expect("a position");
        }
        std::thread::sleep(std::time::Duration::from_micros(kill * 7919 % 3000));
        process.kill().expect("a kill");
        process.wait().expect("its end");
        for line in lines {
            // The last line may be torn; a shorter number says less, never more.
            acknowledged = acknowledged.max(line.parse().unwrap_or(0));
        }
    }
    let verified = common::whole(disk(folder.path()).as_ref()).expect("a whole journal");
    assert!(verified.next >= acknowledged && acknowledged > 0);
    let read = Command::new(child())
        .args(["read".as_ref(), folder.path().as_os_str(), acknowledged.to_string().as_ref()])
        .status();
    assert!(read.expect("the example runs").success(), "all events are what was appended");
}

#[test]
fn another_process_reads_while_the_writer_appends() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, mut lines) = appending(folder.path());
    opened(lines.next());
    let mut reader = Command::new(child())
        .args(["read".as_ref(), folder.path().as_os_str(), "20000".as_ref()])
        .spawn()
        .expect("the example runs");
    // Segments of 64 KiB take less than 1023 events: the reader crosses many.
    let far = lines.any(|line| line.parse::<u64>().is_ok_and(|position| position > 20_000));
    assert!(far, "the writer goes on");
    assert!(reader.wait().expect("its end").success());
    process.kill().expect("a kill");
    process.wait().expect("its end");
}

#[test]
fn a_second_process_may_not_write_until_the_first_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut process, mut lines) = appending(folder.path());
    opened(lines.next());
    let refused = JournalWriter::open(disk(folder.path()), JournalOptions::default());
    match refused.map(drop) {
        Err(Error::Locked { holder }) => {
            assert!(holder.contains(&format!("process {}", process.id())), "{holder}");
        }
        other => panic!("a second writer is refused, not: {other:?}"),
    }
    process.kill().expect("a kill");
    process.wait().expect("its end");
    assert!(JournalWriter::open(disk(folder.path()), JournalOptions::default()).is_ok());
}

#[test]
fn another_thread_reads_while_the_writer_appends() {
    const END: u64 = 50_000;
    let folder = tempfile::tempdir().expect("a folder");
    let options = JournalOptions {
        segment_bytes: 128 * 1024,
        sync: pitlane_persistence::SyncPolicy::Os,
        ..JournalOptions::default()
    };
    let storage = disk(folder.path());
    let (mut writer, _) = JournalWriter::open(Arc::clone(&storage), options).expect("a journal");
    let positions = writer.positions();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut reader = JournalReader::open(storage, From::Oldest).expect("a reader");
            let mut expected = 0;
            while expected < END {
                let Some(batch) = reader.next().expect("a batch") else {
                    std::thread::yield_now();
                    continue;
                };
                assert_eq!(batch.events, common::events(expected, batch.events.len() as u64));
                expected += batch.events.len() as u64;
            }
            assert!(positions.written() <= END && positions.durable() <= positions.written());
        });
        while writer.written() < END {
            let count = (1 + writer.written() % 37).min(END - writer.written());
            let batch = common::events(writer.written(), count);
            writer.append(&batch).expect("an append");
        }
    });
    assert_eq!(writer.close().expect("a close"), END);
}
