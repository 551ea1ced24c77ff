//! The command with components of one's own, as crates made by `pitlane new` have it.

use pitlane::event::MarketData;
use pitlane::registry::Registry;
use pitlane::stage::{Fault, Outbox, each};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct FailAt {
    /// The event it fails on.
    event: u64,
    /// Whether it panics.
    #[serde(default)]
    panic: bool,
}

fn registry() -> Registry {
    let mut registry = pitlane_cli::registry();
    registry.component("fail_at", "Fails on an event.", |at: FailAt, _| {
        let mut seen = 0;
        let handle = move |_: &MarketData, _: &mut Outbox| {
            seen += 1;
            match (seen == at.event, at.panic) {
                (false, _) => Ok(()),
                (true, false) => Err(Fault::new("it was told to")),
                (true, true) => panic!("it was told to"),
            }
        };
        Ok(each(handle).into())
    });
    registry
}

const CONFIG: &str = "
sources:
  feed: { format: generate, events: 50000 }
components:
  sma:  { type: sma_cross, fast: 3, slow: 10, emits: strategy }
  mine: { type: fail_at, event: 30000 }
routing:
  feed: { MarketData: [sma, mine] }
";

fn replay(folder: &Path, more: &[&str]) -> ExitCode {
    fs::write(folder.join("session.yaml"), CONFIG).expect("the folder can be written");
    let text = |path: &str| OsString::from(folder.join(path));
    let mut args = vec!["pitlane".into(), "replay".into(), text("session.yaml")];
    args.extend(["--out".into(), text("out")]);
    args.extend(more.iter().map(OsString::from));
    pitlane_cli::run_with(registry(), args)
}

#[test]
fn a_stage_that_fails_ends_the_run_and_what_came_before_is_kept() {
    for lanes in ["fused", "2"] {
        for panic in ["false", "true"] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let set = format!("components.mine.panic={panic}");
            let ended = replay(folder.path(), &["--lanes", lanes, "--quiet", "--set", &set]);
            assert_eq!(ended, ExitCode::from(1), "{lanes} {panic}");
            let read =
                |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
            let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
            assert_eq!(manifest["state"], "failed");
            let error = manifest["error"].as_str().expect("a sentence");
            assert!(error.contains("stage `mine` failed at root 30000"), "{error}");
            let signals = read("signals.csv");
            let last = signals.lines().last().expect("signals from before");
            let root: u64 = last.split(',').next().unwrap().parse().expect("a whole row");
            assert!(root > 1000, "{last}");
        }
    }
}

/// Such a run is complete, and says what it left out.
#[test]
fn a_stage_that_skips_leaves_a_dead_letter_in_the_folder_and_the_run_goes_on() {
    for (lanes, on_error) in [("fused", "skip"), ("2", "restart")] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let set = format!("components.mine.on_error={on_error}");
        let more =
            ["--lanes", lanes, "--quiet", "--set", &set, "--set", "components.mine.panic=true"];
        assert_eq!(replay(folder.path(), &more), ExitCode::SUCCESS);
        let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
        assert_eq!((&summary["state"], &summary["events"]), (&"done".into(), &50_000.into()));
        assert_eq!(summary["dead_letters"], serde_json::json!({ "count": 1, "not_kept": 0 }));
        let dead = read("dead_letters.csv");
        let rows: Vec<Vec<_>> = dead.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(rows.len(), 2, "{dead}");
        assert_eq!(rows[1].len(), rows[0].len(), "{dead}");
        assert_eq!(rows[1][..5], ["30000", "mine", "feed", "29999", "MarketData"]);
        assert_eq!(rows[1].last().map(|event| event.len()), Some(128), "{dead}");
    }
}

#[test]
fn a_component_of_ones_own_is_checked_like_any_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ended = replay(folder.path(), &["--set", "components.mine.evnet=1"]);
    assert_eq!(ended, ExitCode::from(2));
    assert_eq!(replay(folder.path(), &["--limit", "100", "--quiet"]), ExitCode::SUCCESS);
}

/// The child of the next test: a stage of its own panics at every event.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn a_run_that_panics_at_every_event() {
    let mut registry = pitlane_cli::registry();
    registry.component("bad", "Panics.", |_: Nothing, _| {
        Ok(each(|_: &MarketData, _: &mut Outbox| panic!("always")).into())
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = "
sources: { feed: { format: generate, events: 1000 } }
components: { bad: { type: bad, on_error: skip } }
routing: { feed: { MarketData: [bad] } }
";
    fs::write(folder.path().join("session.yaml"), config).expect("the folder can be written");
    let text = |path: &str| OsString::from(folder.path().join(path));
    let args = ["pitlane".into(), "replay".into(), text("session.yaml")];
    let args = args.into_iter().chain(["--out".into(), text("out"), "--quiet".into()]);
    assert_eq!(pitlane_cli::run_with(registry, args), ExitCode::SUCCESS);
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// It said so two thousand times.
#[test]
fn a_stage_that_panics_at_every_event_is_named_a_few_times_not_at_every_event() {
    let child = std::process::Command::new(std::env::current_exe().expect("it runs"))
        .args(["--ignored", "--exact", "--nocapture", "a_run_that_panics_at_every_event"])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{said}");
    assert_eq!(said.matches("PL-CLI-099").count(), 3, "{said}");
    assert_eq!(said.matches("more panics at this place are not shown").count(), 1, "{said}");
}
