//! Sweeps.

use crate::support::Folder;

#[test]
fn each_combination_has_a_row_and_a_folder_that_a_replay_would_have_made() {
    let folder = Folder::with_session(3000);
    let args = [
        "sweep",
        "session.yaml",
        "--out",
        "out",
        "--json",
        "--vary",
        "components.sma.fast=3,5",
        "--vary",
        "components.sma.slow=20,30",
    ];
    let object = folder.run(args).assert_code(0).json();
    let runs = object["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 4);
    assert_eq!(runs[1]["parameters"]["components.sma.slow"], "30");
    let alone = [
        "replay",
        "session.yaml",
        "--out",
        "alone",
        "--json",
        "--set",
        "components.sma.fast=3",
        "--set",
        "components.sma.slow=30",
    ];
    let alone = folder.run(alone).assert_code(0).json();
    assert_eq!(runs[1]["result"]["streams"], alone["streams"]);
    assert_eq!(folder.read("out/002/orders.csv"), folder.read("alone/orders.csv"));
    assert_eq!(folder.read("out/sweep.csv").lines().count(), 5);

    let table =
        folder.run(["sweep", "session.yaml", "--vary", "components.sma.fast=3,5"]).assert_code(0);
    assert!(table.stdout.contains("components.sma.fast"), "{table:#?}");
    assert!(folder.path("runs/latest/001/manifest.json").exists());
}

#[test]
fn a_combination_that_makes_no_sense_is_left_out_and_told() {
    let folder = Folder::with_session(1000);
    let args = ["sweep", "session.yaml", "--out", "out", "--vary", "components.sma.fast=5,50"];
    let ended = folder.run(args).assert_code(0);
    assert!(ended.stdout.contains("refused"), "{ended:#?}");
    assert!(ended.stdout.contains("002: "), "with the reason: {ended:#?}");
    assert!(!folder.path("out/002").exists());
}

#[test]
fn a_sweep_of_nothing_that_can_run_says_why() {
    let folder = Folder::with_session(1000);
    let args = ["sweep", "session.yaml", "--out", "out", "--vary", "components.smaa.fast=5,50"];
    folder.run(args).assert_code(2).assert_says("sma");
    assert!(!folder.path("out").exists());
}

#[test]
fn a_sweep_replaces_an_earlier_one_whole() {
    let folder = Folder::with_session(100);
    let sweep = |values: &str| {
        let vary = format!("components.sma.fast={values}");
        folder.run(["sweep", "session.yaml", "--out", "out", "--vary", &vary]).assert_code(0);
    };
    sweep("2,3,4");
    sweep("2");
    assert!(folder.path("out/001").exists() && !folder.path("out/002").exists());
}
