//! What a new user makes with `init` and `new` runs at once.

use crate::support::Folder;
use std::path::Path;
use std::process::Command;

#[test]
fn init_makes_a_session_that_replays_with_the_command_it_prints() {
    let folder = Folder::empty();
    let ended = folder.run(["init", "mine"]).assert_code(0);
    let next = ended.stdout.lines().last().expect("a next command").trim().to_owned();
    let args = next.strip_prefix("pitlane ").expect("a command of ours");
    let ended = folder.run(args.split(' ')).assert_code(0);
    assert!(ended.stdout.contains("200,000 events"), "{ended:#?}");
    assert!(folder.read("runs/latest/orders.csv").lines().count() > 1, "there are orders");
}

#[test]
fn both_refuse_a_folder_with_something_in_it() {
    let folder = Folder::empty();
    std::fs::create_dir(folder.path("full")).unwrap();
    folder.write("full/x", "");
    for command in ["init", "new"] {
        folder.run([command, "full"]).assert_code(2).assert_says("full: the folder is not empty");
    }
    assert_eq!(std::fs::read_dir(folder.path("full")).unwrap().count(), 1);
}

#[test]
fn new_names_the_crate_after_its_folder_and_says_where_pitlane_is() {
    let folder = Folder::empty();
    folder.run(["new", "9lives"]).assert_code(2).assert_says("letter");
    folder
        .run(["new", "mine", "--pitlane", "."])
        .assert_code(2)
        .assert_says("no source of Pitlane");
    assert!(!folder.path("mine").exists());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_str().unwrap();
    folder.run(["new", "mine", "--pitlane", source]).assert_code(0);
    let cargo = folder.read("mine/Cargo.toml");
    assert!(cargo.contains("name = \"mine\"") && cargo.contains(source), "{cargo}");
}

/// Builds a whole crate, which takes a minute or more: run with
/// `cargo test --test cli -- --ignored`.
#[test]
#[ignore = "builds a crate of its own: cargo test --test cli -- --ignored"]
fn a_new_crate_passes_its_test_and_replays_its_config() {
    let folder = Folder::empty();
    folder.run(["new", "my-strategy"]).assert_code(0);
    // What the workspace has built of the registry's crates need not be built again: of the same versions.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    std::fs::copy(lock, folder.path("my-strategy/Cargo.lock")).expect("the workspace has one");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).current_dir(folder.path("my-strategy")).env("CARGO_TARGET_DIR", target);
        let output = command.output().expect("cargo starts");
        crate::support::Ended::from(output).assert_code(0)
    };
    let tested = cargo(&["test"]);
    assert!(tested.stdout.contains("3 passed"), "{tested:#?}");
    let replayed = cargo(&["run", "--", "replay", "config.yaml"]);
    assert!(replayed.stdout.contains("mine"), "{replayed:#?}");
    assert!(folder.read("my-strategy/runs/latest/orders.csv").lines().count() > 1);
    let listed = cargo(&["run", "--", "components", "follow_runs"]);
    assert!(listed.stdout.contains("Trades in a row that make a run."), "{listed:#?}");
}
