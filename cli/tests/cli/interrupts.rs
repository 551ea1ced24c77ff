//! Ctrl-C: what was done so far is kept.

use crate::support::{CONFIG, Ended, Folder};
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts a replay that would take hours, and waits until it has begun.
fn slow_replay(folder: &Folder) -> Child {
    let args = ["replay", "session.yaml", "--out", "out", "--speed", "0.001x"];
    let child = folder.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    wait_for(|| folder.path("out/manifest.json").exists());
    // The manifest is written just before the topology starts.
    std::thread::sleep(Duration::from_millis(300));
    child.expect("the command starts")
}

fn wait_for(happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never happened");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill is there").success());
}

fn end(child: Child) -> Ended {
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn the_first_one_finishes_what_is_in_flight_and_keeps_the_run() {
    let folder = Folder::with_session(50_000);
    let child = slow_replay(&folder);
    interrupt(&child);
    let ended = end(child).assert_code(130).assert_says("interrupted");
    assert!(ended.stdout.contains("interrupted"), "{ended:#?}");
    let manifest = folder.json("out/manifest.json");
    assert_eq!((&manifest["interrupted"], &manifest["exit_code"]), (&true.into(), &130.into()));
    let events = folder.json("out/summary.json")["events"].as_u64().unwrap();
    assert!(events > 0 && events < 50_000, "{events}");
    for name in ["signals.csv", "orders.csv", "positions.csv", "latency.hgrm"] {
        assert!(folder.path("out").join(name).exists(), "{name}");
    }
    // A run that was interrupted is a run: it may be replaced.
    folder.run(["replay", "session.yaml", "--out", "out", "--limit", "1"]).assert_code(0);
}

#[test]
fn the_second_one_stops_at_once() {
    let folder = Folder::with_session(2000);
    let child = slow_replay(&folder);
    interrupt(&child);
    interrupt(&child);
    end(child).assert_code(130);
    assert_eq!(folder.json("out/manifest.json")["interrupted"], true);
}

#[test]
fn a_sweep_keeps_the_runs_that_have_finished() {
    let folder = Folder::with_session(10);
    // Sessions of very different lengths: the first is done long before the others.
    let config = CONFIG.replace(
        "{ format: csv, preset: plain, path: ticks.csv }",
        "{ format: generate, events: 1000 }",
    );
    folder.write("session.yaml", &config);
    let vary = "sources.feed.events=1000,4000000000,4000000000";
    let args = ["sweep", "session.yaml", "--out", "out", "--jobs", "2", "--json", "--vary", vary];
    let child = folder.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(|| folder.path("out/001/summary.json").exists());
    wait_for(|| folder.path("out/002/manifest.json").exists());
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let object = end(child).assert_code(130).json();
    let state = |run: usize| object["runs"][run]["state"].as_str().unwrap().to_owned();
    assert_eq!((state(0), state(1)), ("done".to_owned(), "interrupted".to_owned()));
    assert_eq!(folder.json("out/manifest.json")["interrupted"], true);
    assert_eq!(folder.json("out/summary.json"), object);
}

#[test]
fn before_there_is_anything_to_keep_it_just_ends() {
    let folder = Folder::with_session(10);
    let status = Command::new("mkfifo").arg(folder.path("pipe.yaml")).status();
    if !status.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this system has no mkfifo");
        return;
    }
    // Reading a pipe that nobody writes to takes for ever.
    let mut child =
        folder.command(["replay", "pipe.yaml"]).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
    assert_eq!(stderr, "");
}
