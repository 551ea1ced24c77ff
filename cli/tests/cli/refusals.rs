//! What goes wrong ends with a sentence, its place, a remedy, and the right exit code.

use crate::support::{CONFIG, Folder};

#[test]
fn all_mistakes_of_a_config_are_told_with_their_places() {
    let folder = Folder::with_session(10);
    let config = CONFIG.replace("fast: 5", "fats: 5").replace("steps: [orders]", "steps: [ordres]");
    folder.write("session.yaml", &config);
    for command in ["check", "replay", "graph"] {
        folder
            .run([command, "session.yaml"])
            .assert_code(2)
            .assert_says("error[PL-CONFIG-010]: session.yaml:5:")
            .assert_says("`fast`")
            .assert_says("session.yaml:")
            .assert_says("ordres");
    }
    assert!(!folder.path("runs").exists(), "nothing was begun");
}

#[test]
fn mistakes_are_also_told_as_json() {
    let folder = Folder::with_session(10);
    folder.write("session.yaml", &CONFIG.replace("fast: 5", "fast: 0"));
    let object = folder.run(["check", "session.yaml", "--json"]).assert_code(2).json();
    assert_eq!((&object["ok"], &object["mistakes"][0]["line"]), (&false.into(), &5.into()));
}

/// The keys of every error, in their order.
const KEYS: [&str; 8] = ["code", "error", "origin", "line", "column", "message", "help", "details"];

fn keys(error: &serde_json::Value) -> Vec<&str> {
    error.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn errors_have_the_same_shape_in_json_whoever_makes_them() {
    let folder = Folder::with_session(10);
    folder.write("session.yaml", CONFIG);
    let from_clap = folder
        .run(["replay", "session.yaml", "--no-such", "--json"])
        .assert_code(2)
        .assert_says("error[PL-CLI-011]: unexpected argument '--no-such'");
    let from_command = folder.run(["errors", "PL-NONE", "--json"]).assert_code(2);
    let ticks = folder.read("ticks.csv").replacen(",bid,", ",bit,", 1);
    folder.write("ticks.csv", &ticks);
    let from_data = folder
        .run(["replay", "session.yaml", "--json"])
        .assert_code(3)
        .assert_says("  cause: PL-FEED-011");
    folder.write("session.yaml", &CONFIG.replace("fast: 5", "fast: 0"));
    let from_config = folder.run(["replay", "session.yaml", "--json"]).assert_code(2);
    let checked = folder.run(["check", "session.yaml", "--json"]).assert_code(2).json();

    let error = |run: &crate::support::Ended| run.json()["errors"][0].clone();
    for (run, code) in [
        (&from_clap, "PL-CLI-011"),
        (&from_command, "PL-CLI-012"),
        (&from_data, "PL-CLI-007"),
        (&from_config, "PL-CONFIG-030"),
    ] {
        let error = error(run);
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(keys(&error), KEYS, "{error}");
    }
    assert_eq!(error(&from_config), checked["mistakes"][0]);
    assert_eq!(error(&from_config)["details"]["cause"], "PL-STRATEGY-001");
    assert_eq!(error(&from_data)["details"]["cause"], "PL-FEED-011");
    assert_eq!(error(&from_data)["column"], 5);
}

#[test]
fn a_code_is_explained() {
    let folder = Folder::empty();
    let one = folder.run(["errors", "pl-config-012"]).assert_code(0);
    assert!(one.stdout.contains("Write a value of the kind"), "{one:#?}");
    let all = folder.run(["errors"]).assert_code(0);
    assert!(all.stdout.contains("PL-JOURNAL-004"), "{all:#?}");
}

#[test]
fn a_missing_config_and_a_missing_file_are_named() {
    let folder = Folder::empty();
    folder.run(["replay", "none.yaml"]).assert_code(2).assert_says("none.yaml");
    folder.write("session.yaml", CONFIG);
    folder
        .run(["replay", "session.yaml"])
        .assert_code(2)
        .assert_says("ticks.csv")
        .assert_says("cannot be read");
    folder
        .run(["ticks", "stats", "none.csv", "--preset", "plain"])
        .assert_code(3)
        .assert_says("none.csv");
}

#[test]
fn a_bad_row_ends_the_run_and_what_came_before_is_kept() {
    let folder = Folder::with_session(5000);
    let mut lines: Vec<_> = folder.read("ticks.csv").lines().map(str::to_owned).collect();
    lines[4000] = "1704205804000000000,,ALFA.SIM,trade,bid,12x.5,100,,,,,,,".into();
    folder.write("ticks.csv", &(lines.join("\n") + "\n"));
    folder
        .run(["replay", "session.yaml", "--out", "out"])
        .assert_code(3)
        .assert_says("error[PL-CLI-007]: ")
        .assert_says("ticks.csv:4001:")
        .assert_says("12x.5");
    let manifest = folder.json("out/manifest.json");
    assert_eq!((&manifest["state"], &manifest["exit_code"]), (&"failed".into(), &3.into()));
    let summary = folder.json("out/summary.json");
    assert_eq!(summary["events"], 3999);
    assert_eq!(
        summary["signals"].as_u64().unwrap() as usize,
        folder.read("out/signals.csv").lines().count() - 1
    );
    folder.run(["ticks", "stats", "ticks.csv"]).assert_code(3).assert_says("ticks.csv:4001:");
    let cat = folder.run(["ticks", "cat", "ticks.csv"]).assert_code(3);
    assert_eq!(cat.stdout.lines().count(), 4000, "a header and the rows before it");
}

#[test]
fn a_folder_that_is_no_run_is_left_alone() {
    let folder = Folder::with_session(10);
    std::fs::create_dir(folder.path("thesis")).unwrap();
    folder.write("thesis/chapter.tex", "words");
    for command in [
        &["replay", "session.yaml"][..],
        &["sweep", "session.yaml", "--vary", "components.sma.fast=3"],
    ] {
        folder
            .run([command, &["--out", "thesis"]].concat())
            .assert_code(2)
            .assert_says("error[PL-CLI-003]: thesis: ")
            .assert_says("help: ");
    }
    folder
        .run(["replay", "session.yaml", "--out", "ticks.csv"])
        .assert_code(2)
        .assert_says("a file");
    assert_eq!(std::fs::read_dir(folder.path("thesis")).unwrap().count(), 1);
}

#[test]
fn a_wrong_config_leaves_an_earlier_run_alone() {
    let folder = Folder::with_session(100);
    folder.run(["replay", "session.yaml", "--out", "out"]).assert_code(0);
    let args = ["replay", "session.yaml", "--out", "out", "--set", "components.sma.fast=x"];
    folder.run(args).assert_code(2);
    assert_eq!(folder.json("out/summary.json")["events"], 100);
}

#[test]
fn values_that_make_no_sense_say_what_would() {
    let folder = Folder::with_session(10);
    for (args, sentence) in [
        (&["--from", "noon"][..], "2013-10-07T13:30:00Z"),
        (&["--speed", "0x"], "10x"),
        (&["--set", "fast"], "components.sma.fast=20"),
        (&["--input", "feed"], "SOURCE=PATH"),
        (&["--input", "fed=x.csv"], "feed"),
        (&["--reliable-as", "quick"], "standard"),
        (&["--lanes", "many"], "fused"),
        (&["--capacity", "1000"], "--capacity: 1000 is no capacity of a ring"),
        (&["--latency", "1/3"], "1/4"),
        (&["--set", "components.smaa.fast=20"], "sma"),
        (&["--log", "a=b=c"], "--log"),
    ] {
        let args = [&["replay", "session.yaml"], args].concat();
        folder.run(args).assert_code(2).assert_says(sentence);
    }
    folder.run(["replay"]).assert_code(2).assert_says("CONFIG");
    folder.run(["repaly"]).assert_code(2).assert_says("replay");
    folder.run(["generate", "-o", "x.csv", "--rate", "fast"]).assert_code(2).assert_says("rate");
}

#[test]
fn a_core_that_is_not_there_fails_the_run_and_is_named() {
    let folder = Folder::with_session(10);
    let lanes = "\nlanes:\n  - { name: main, cpu: 900, stages: [sma, revert, gate] }\n";
    folder.write("session.yaml", &format!("{CONFIG}{lanes}"));
    folder
        .run(["replay", "session.yaml", "--out", "out"])
        .assert_code(1)
        .assert_says("error[PL-CLI-005]: lane `main`: core 900");
    assert_eq!(folder.json("out/manifest.json")["state"], "failed");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::with_session(10);
    folder
        .run(["replay", "session.yaml", "--out", "ticks.csv/out"])
        .assert_code(1)
        .assert_says("ticks.csv/out");
    folder
        .run(["generate", "-o", "no/such/ticks.csv"])
        .assert_code(1)
        .assert_says("no/such/ticks.csv");
}

#[test]
fn output_that_cannot_be_written_is_told() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let Ok(full) = full else {
        eprintln!("skipped: this system has no /dev/full");
        return;
    };
    let folder = Folder::with_session(10);
    let output = folder.command(["ticks", "cat", "ticks.csv"]).stdout(full).output().unwrap();
    crate::support::Ended::from(output).assert_code(1).assert_says("standard output");
}

#[test]
fn help_and_version_are_results() {
    let folder = Folder::empty();
    assert!(folder.run(["--help"]).assert_code(0).stdout.contains("replay"));
    assert!(folder.run(["--version"]).assert_code(0).stdout.contains(env!("CARGO_PKG_VERSION")));
}
