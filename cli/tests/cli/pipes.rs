//! A reader that goes away is no failure; results and chatter do not mix.

use crate::support::{Ended, Folder};
use std::process::Stdio;

/// Runs with a standard output that nobody reads.
fn with_closed_stdout<'a>(folder: &Folder, args: impl IntoIterator<Item = &'a str>) -> Ended {
    let mut child = folder
        .command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    child.wait_with_output().expect("it ends").into()
}

#[test]
fn a_closed_standard_output_ends_quietly() {
    let folder = Folder::with_session(20_000);
    for args in [
        &["ticks", "cat", "ticks.csv"][..],
        &["ticks", "stats", "ticks.csv"],
        &["replay", "session.yaml", "--out", "out"],
        &["replay", "session.yaml", "--out", "out", "--json"],
        &["graph", "session.yaml"],
        &["components"],
        &["schema"],
        &["--help"],
    ] {
        let ended = with_closed_stdout(&folder, args.iter().copied()).assert_code(0);
        assert_eq!(ended.stderr, "", "{args:?}");
    }
    assert_eq!(folder.json("out/summary.json")["events"], 20_000, "the run itself was done");
}

#[test]
fn head_gets_what_it_wants() {
    let folder = Folder::with_session(20_000);
    let script = format!("'{}' ticks cat ticks.csv | head -n 3", env!("CARGO_BIN_EXE_pitlane"));
    let mut shell = std::process::Command::new("sh");
    let output =
        shell.args(["-c", &script]).current_dir(folder.path("")).output().expect("a shell");
    let ended = Ended::from(output).assert_code(0);
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (3, ""));
}

#[test]
fn a_closed_standard_error_is_no_failure() {
    let folder = Folder::with_session(100);
    let mut child = folder
        .command(["replay", "none.yaml"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
}

#[test]
fn nothing_but_the_object_is_printed_with_json() {
    let folder = Folder::with_session(100);
    let ended = folder.run(["replay", "session.yaml", "--json", "--log", "debug"]).assert_code(0);
    assert_eq!(ended.json()["events"], 100);
    assert!(ended.stderr.contains(" DEBUG "), "{ended:#?}");
    assert!(!ended.stderr.contains('\u{1b}'), "colours are for terminals: {ended:#?}");
}
