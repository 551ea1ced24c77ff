//! Recording, replaying what was recorded, and `pitlane journal`.

use crate::support::{CONFIG, Ended, Folder};
use pitlane_persistence::{Disk, JournalOptions, JournalWriter};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The session, with everything recorded.
fn recording(text: &str) -> String {
    let text = text
        .replace("tier: fast\n      routes", "tier: fast\n      record: true\n      routes")
        .replace(
            "Order:\n      routes",
            "Order:\n      record: { sync: { interval: 5ms } }\n      routes",
        );
    assert_eq!(text.matches("record:").count(), 3, "{text}");
    text + "journal: { segment_size: 512KiB }\n"
}

fn folder(events: u32) -> Folder {
    let folder = Folder::with_session(events);
    folder.write("session.yaml", &recording(CONFIG));
    folder
}

/// Name, type, count and digest of each stream.
fn streams(ended: &Ended) -> Vec<Value> {
    ended.json()["streams"].as_array().expect("a list").clone()
}

fn replay(folder: &Folder, more: &[&str]) -> Vec<Value> {
    let args = ["replay", "session.yaml", "--json", "--quiet", "--out", "out"];
    streams(&folder.run(args.iter().chain(more).copied()).assert_code(0))
}

/// A folder with a journal of one run.
fn recorded(events: u32) -> Folder {
    let folder = folder(events);
    replay(&folder, &[]);
    folder
}

#[test]
fn a_journal_gives_the_recorded_streams_again_digest_by_digest() {
    let generated = "{ format: generate, seed: 3, events: 20000, symbols: [A.SIM, B.SIM] }";
    let csv = "{ format: csv, preset: plain, path: ticks.csv }";
    for source in [csv, generated] {
        let folder = folder(20_000);
        folder.write("session.yaml", &recording(&CONFIG.replace(csv, source)));
        for (run, lanes) in ["fused", "1", "2", "auto"].into_iter().enumerate() {
            let original = replay(&folder, &["--lanes", lanes]);
            assert_eq!(original.len(), 4, "{original:?}");
            let played = folder.run(["replay", "--from-journal", "journal", "--json"]);
            let played = played.assert_code(0);
            assert_eq!(streams(&played), original, "recorded on {lanes}");
            assert_eq!(played.json()["run"], run + 1);
            for lanes in ["fused", "2"] {
                let again = replay(&folder, &["--from-journal", "journal", "--lanes", lanes]);
                assert_eq!(again, original, "replayed on {lanes}");
            }
        }
        let first = folder.run(["replay", "--from-journal", "journal", "--run", "1", "--json"]);
        assert_eq!(first.assert_code(0).json()["first"], 0);
    }
}

#[test]
fn a_run_that_replays_a_journal_needs_no_file_and_records_nothing() {
    let folder = recorded(2_000);
    let listed = || folder.run(["journal", "ls", "journal", "--json"]).assert_code(0).json();
    let before = listed();
    std::fs::remove_file(folder.path("ticks.csv")).expect("it is there");
    let run = folder.run([
        "replay",
        "session.yaml",
        "--from-journal",
        "journal",
        "--json",
        "--out",
        "out",
    ]);
    let object = run.assert_code(0).json();
    assert_eq!((&object["events"], &object["journal"]), (&2_000.into(), &Value::Null));
    assert_eq!(listed(), before);
}

#[test]
fn what_was_recorded_is_told_with_the_results() {
    let folder = folder(3_000);
    let run = folder.run(["replay", "session.yaml", "--json", "--out", "out"]).assert_code(0);
    let object = run.json();
    let events: u64 = streams(&run).iter().filter_map(|stream| stream["count"].as_u64()).sum();
    let journal = &object["journal"];
    assert_eq!((&journal["appended"], &journal["durable"]), (&events.into(), &events.into()));
    assert_eq!((&journal["lag"], &journal["stalls"]), (&0.into(), &0.into()));
    let listed = folder.run(["journal", "ls", "journal"]).assert_code(0).stdout;
    for stream in ["feed", "strategy/sma", "strategy/revert", "risk/gate"] {
        assert!(listed.contains(stream), "{listed}");
    }
}

fn rows(folder: &Folder, args: &[&str]) -> Vec<Value> {
    let all = ["journal", "cat", "journal", "--json"];
    let ended = folder.run(all.iter().chain(args).copied()).assert_code(0);
    ended.stdout.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn events_are_read_by_stream_from_a_position_and_from_a_time() {
    let folder = recorded(2_000);
    let all = rows(&folder, &[]);
    for (at, row) in all.iter().enumerate() {
        assert_eq!(row["position"], at, "positions have no holes");
    }
    let feed = rows(&folder, &["--stream", "feed"]);
    assert_eq!(feed.len(), 2_000);
    assert!(feed.iter().all(|row| row["stream"] == "feed" && row["event"] == "MarketData"));
    let later = rows(&folder, &["--from-sequence", "1500", "--limit", "10"]);
    assert_eq!(later, all[1500..1510]);

    let time = feed[1_234]["ts_event"].to_string();
    let from = rows(&folder, &["--stream", "feed", "--from", &time]);
    assert!(from[0]["ts_event"].as_u64() >= time.parse().ok(), "{} {time}", from[0]);
    let earlier = feed.iter().filter(|row| row["ts_event"].as_u64() < time.parse().ok()).count();
    assert!(from.len() <= feed.len() - earlier && !from.is_empty());

    let appended = all[1_900]["appended"].to_string();
    let from = rows(&folder, &["--appended-from", &appended]);
    let expected: Vec<_> =
        all.iter().filter(|row| row["appended"].as_u64() >= appended.parse().ok()).collect();
    assert_eq!(from.iter().collect::<Vec<_>>(), expected);
    assert_eq!(rows(&folder, &["--run", "1"]), all);
}

#[test]
fn of_a_stream_the_first_event_from_a_time_on_is_as_late() {
    let folder = recorded(3_000);
    let feed = rows(&folder, &["--stream", "feed"]);
    for at in (100..3_000).step_by(290) {
        // Signals and orders are appended before ticks that came before them.
        let time = feed[at]["ts_event"].to_string();
        let from = rows(&folder, &["--stream", "feed", "--from", &time]);
        assert!(from[0]["ts_event"].as_u64() >= time.parse().ok(), "{} {time}", from[0]);
    }
}

#[test]
fn a_run_leaves_no_more_than_retention_allows() {
    let folder = Folder::with_session(30_000);
    let text = recording(CONFIG).replace("512KiB }", "64KiB, retention: { size: 256KiB } }");
    folder.write("session.yaml", &text);
    replay(&folder, &[]);
    let listed = folder.run(["journal", "ls", "journal", "--json"]).assert_code(0).json();
    assert!(listed["bytes"].as_u64() <= Some(256 << 10), "{listed:#}");
    assert!(listed["first"].as_u64() > Some(0), "{listed:#}");
    folder.run(["journal", "verify", "journal"]).assert_code(0);
}

/// The count of a run that begins behind the end, of which the manifest of a later copy tells, was below nothing.
#[test]
fn a_journal_that_was_put_back_from_an_older_copy_is_listed() {
    let folder = recorded(500);
    let segment = folder.path("journal/00000000000000000000.journal");
    let older = std::fs::read(&segment).expect("it is there");
    replay(&folder, &[]);
    std::fs::write(&segment, older).expect("it can be written");
    let listed = folder.run(["journal", "ls", "journal"]).assert_code(0).stdout;
    let last = listed.lines().last().expect("a line");
    assert!(last.starts_with("2 ") && last.ends_with(" 0"), "{listed}");
}

#[test]
fn a_tail_follows_what_another_process_writes() {
    let folder = recorded(500);
    let before = rows(&folder, &[]).len();
    let mut tail = folder.command(["journal", "tail", "journal", "-n", "2", "-f", "--json"]);
    let mut tail = tail.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(tail.stdout.take().expect("a pipe")).lines();
    let mut position = || {
        let line = lines.next().expect("a line").expect("text");
        let row: Value = serde_json::from_str(&line).expect("an object");
        row["position"].as_u64().expect("a number") as usize
    };
    assert_eq!((position(), position()), (before - 2, before - 1));
    replay(&folder, &[]);
    for expected in before..2 * before {
        assert_eq!(position(), expected);
    }
    tail.kill().and_then(|()| tail.wait()).expect("it ends");
    let last = folder.run(["journal", "tail", "journal", "-n", "3", "--stream", "feed", "--json"]);
    assert_eq!(last.assert_code(0).stdout.lines().count(), 3);
}

#[test]
fn damage_is_told_with_file_and_place_and_a_repair_keeps_what_it_cuts_out() {
    let folder = recorded(5_000);
    folder.run(["journal", "verify", "journal"]).assert_code(0);
    let segment = folder.path("journal/00000000000000000000.journal");
    let file = std::fs::File::options().read(true).write(true).open(&segment).expect("it is there");
    let mut byte = [0];
    file.read_exact_at(&mut byte, 100_000).expect("it is long enough");
    file.write_all_at(&[byte[0] ^ 1], 100_000).expect("it can be written");

    let said = folder.run(["journal", "verify", "journal"]).assert_code(3);
    assert!(
        said.stderr.contains("PL-JOURNAL-004")
            && said.stderr.contains(".journal is damaged at byte")
            && said.stdout.contains("events missing"),
        "{said:?}"
    );
    let object = folder.run(["journal", "verify", "journal", "--json"]).assert_code(3).json();
    let [file] = object["files"].as_array().expect("a list").as_slice() else {
        panic!("one segment: {object:#}");
    };
    let damage = &file["damage"][0];
    let number = |value: &Value| value.as_u64().expect("a number");
    let place = number(&damage["offset"])..number(&damage["offset"]) + number(&damage["bytes"]);
    assert!(place.contains(&100_000), "{object:#}");
    let missing = number(&damage["end"]) - number(&damage["first"]);
    assert_eq!(
        (&object["ok"], &file["ok"], number(&object["missing"])),
        (&Value::Bool(false), &Value::Bool(false), missing)
    );
    assert_eq!(number(&object["events"]) + missing, number(&object["next"]), "the rest is whole");
    assert_eq!(object["errors"][0]["code"], "PL-JOURNAL-004");
    folder.run(["replay", "--from-journal", "journal"]).assert_code(3).assert_says("is damaged");
    folder.run(["replay", "session.yaml", "--out", "out"]).assert_code(3).assert_says("is damaged");

    let repaired = folder.run(["journal", "repair", "journal", "--json"]).assert_code(0).json();
    assert!(repaired["lost"].as_u64() > Some(0) && repaired["bytes_aside"].as_u64() > Some(0));
    let aside = repaired["files_aside"][0].as_str().expect("a name").to_owned();
    assert!(folder.path("journal").join(aside).exists());
    let verified = folder.run(["journal", "verify", "journal", "--json"]).assert_code(0).json();
    assert_eq!(verified["lost"], repaired["lost"]);
    let again = folder.run(["journal", "repair", "journal"]).assert_code(0);
    assert!(again.stdout.contains("nothing is damaged"), "{again:?}");
    replay(&folder, &[]);
}

#[test]
fn a_second_writer_is_refused_and_nothing_is_run() {
    let folder = recorded(100);
    let disk = Arc::new(Disk::new(folder.path("journal")).expect("a folder"));
    let writer = JournalWriter::open(disk, JournalOptions::default()).expect("it opens");
    let refused = folder.run(["replay", "session.yaml", "--out", "out"]);
    refused.assert_code(1).assert_says("has a writer already");
    // Readers are not.
    folder.run(["replay", "--from-journal", "journal"]).assert_code(0);
    folder.run(["journal", "verify", "journal"]).assert_code(0);
    drop(writer);
    replay(&folder, &[]);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_way_out() {
    let folder = recorded(100);
    let refused = |args: &[&str], sentence: &str| {
        folder.run(args.iter().copied()).assert_code(2).assert_says(sentence);
    };
    refused(&["journal", "ls", "nowhere"], "there is no such folder");
    refused(&["journal", "cat", "out"], "there is no journal in this folder");
    refused(&["journal", "cat", "journal", "--stream", "fed"], "there are: feed");
    refused(&["journal", "export", "journal", "-o", "x.bin"], "name one by `--stream`");
    refused(&["replay", "--from-journal", "journal", "--run", "7"], "there is no run 7");
    refused(&["replay", "session.yaml", "--set", "journal.sync=soon"], "`soon`");
    refused(&["replay", "session.yaml", "--set", "journal.segment_size=1KiB"], "4KiB");
    refused(&["replay", "session.yaml", "--set", "journal.on_journal_full=wait"], "`wait`");
    assert!(!folder.path("x.bin").exists());
}

/// The dtypes of docs/journal-format.md, as they stand there.
fn dtypes() -> String {
    let page = include_str!("../../../docs/journal-format.md");
    let at = page.find("# dtypes of events").expect("the page has the block");
    page[at..].split_once("```").expect("it ends").0.to_owned()
}

#[test]
fn numpy_reads_an_export_by_the_documented_dtype() {
    let folder = recorded(1_000);
    for (stream, file) in
        [("feed", "feed.bin"), ("strategy/sma", "sma.bin"), ("risk/gate", "orders.bin")]
    {
        let args = ["journal", "export", "journal", "--stream", stream, "-o", file];
        folder.run(args).assert_code(0);
    }
    let rows = rows(&folder, &["--stream", "risk/gate"]);
    let raw = std::fs::read(folder.path("orders.bin")).expect("it was written");
    assert_eq!(raw.len(), rows.len() * 64);
    let word = |row: usize, at: usize| {
        u64::from_le_bytes(raw[row * 64 + at..][..8].try_into().expect("eight bytes"))
    };
    for (at, row) in rows.iter().enumerate() {
        assert_eq!((&row["ts_event"], &row["root"]), (&word(at, 0).into(), &word(at, 16).into()));
        assert_eq!(row["client_order_id"], word(at, 32));
    }
    let script = format!(
        "{}\n\
         feed = numpy.fromfile('feed.bin', dtype=market_data)\n\
         sma = numpy.fromfile('sma.bin', dtype=signal)\n\
         orders = numpy.fromfile('orders.bin', dtype=order)\n\
         assert len(feed) == 1000 and (feed['root'] == numpy.arange(1, 1001)).all()\n\
         assert ((sma['action'] == 0) | (sma['action'] == 1) | (sma['action'] == 2)).all()\n\
         print(int(orders['client_order_id'].sum()), int(orders['quantity'].sum()), int(orders['root'].sum()))\n",
        dtypes()
    );
    let mut python = Command::new("python3");
    let ended = python.current_dir(folder.path(".")).args(["-c", &script]).output();
    let Ok(ended) = ended else { return eprintln!("skipped: no python3") };
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    if error.contains("No module named 'numpy'") {
        return eprintln!("skipped: python3 has no numpy");
    }
    assert!(ended.status.success(), "{error}");
    let sum = |at: usize| (0..rows.len()).map(|row| word(row, at)).sum::<u64>();
    let expected = format!("{} {} {}\n", sum(32), sum(48), sum(16));
    assert_eq!(String::from_utf8_lossy(&ended.stdout), expected);
}

#[test]
fn a_killed_run_leaves_a_journal_whose_streams_have_no_holes_and_the_next_one_goes_on() {
    let folder = folder(10);
    let endless = "{ format: generate, seed: 5, events: 100000000, symbols: [A.SIM, B.SIM] }";
    let csv = "{ format: csv, preset: plain, path: ticks.csv }";
    folder.write("session.yaml", &recording(&CONFIG.replace(csv, endless)));
    let mut runs = 0;
    for delay in [60, 150, 333] {
        let mut run = folder.command(["replay", "session.yaml", "--quiet", "--out", "out"]);
        let mut run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(std::time::Duration::from_millis(delay));
        run.kill().and_then(|()| run.wait()).expect("it ends");
        if !folder.path("journal/00000000000000000000.journal").exists() {
            continue;
        }
        folder.run(["journal", "verify", "journal"]).assert_code(0);
        let listed = folder.run(["journal", "ls", "journal", "--json"]).assert_code(0).json();
        let all = listed["runs"].as_array().expect("a list").len();
        if all == runs {
            continue;
        }
        runs = all;
        let number = runs.to_string();
        let args =
            ["journal", "export", "journal", "--stream", "feed", "--run", &number, "-o", "f.bin"];
        folder.run(args).assert_code(0);
        let feed = std::fs::read(folder.path("f.bin")).expect("it was written");
        for (at, event) in feed.chunks(64).enumerate() {
            let root = u64::from_le_bytes(event[16..24].try_into().expect("eight bytes"));
            assert_eq!(root, at as u64 + 1, "run {number}, killed after {delay} ms");
        }
    }
    assert!(runs > 0, "no run got as far as its journal");
    let again = ["replay", "session.yaml", "--json", "--out", "out", "--limit", "1000"];
    let original = streams(&folder.run(again).assert_code(0));
    let played = folder.run(["replay", "--from-journal", "journal", "--json"]).assert_code(0);
    assert_eq!(streams(&played), original);
}
