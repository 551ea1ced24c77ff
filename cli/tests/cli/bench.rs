//! `pitlane bench`: forms of its output, files it writes, refusals. No times: those are the machine's.

use crate::support::{Ended, Folder};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;

/// A latency bench as short as it may be.
fn latency(folder: &Folder, more: &[&str]) -> Ended {
    let short = ["bench", "latency", "--rate", "5k", "--duration", "100ms", "--warm-up", "20ms"];
    folder.run(short.into_iter().chain(more.iter().copied()))
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn latency_is_told_beside_the_machines_own_noise() {
    let folder = Folder::empty();
    let ended = latency(&folder, &[]).assert_code(0);
    for told in ["| kernel |", "latency at `s1`", "the machine's own hiccups", "p99.99", "lane-1"] {
        assert!(ended.stdout.contains(told), "no `{told}` in {ended:#?}");
    }
    assert_eq!(ended.stderr, "", "no progress where there is no terminal");
}

#[test]
fn every_topology_counts_each_event_that_was_planned() {
    let folder = Folder::empty();
    for (topology, ends) in
        [("hop", 1), ("pipeline", 1), ("broadcast", 3), ("diamond", 2), ("tick-to-order", 0)]
    {
        let more = ["--json", "--topology", topology, "--lanes", "fused"];
        let object = latency(&folder, &more).assert_code(0).json();
        assert_eq!(object["topology"], topology);
        assert_eq!(object["planned"], 500);
        assert_eq!(object["interrupted"], false);
        if ends > 0 {
            assert_eq!(object["latency_ns"]["count"], 500 * ends, "{topology}");
        }
    }
}

#[test]
fn the_object_has_what_the_manual_says() {
    let object = latency(&Folder::empty(), &["--json"]).assert_code(0).json();
    let expected = [
        "schema",
        "bench",
        "machine",
        "topology",
        "lanes_asked",
        "batch",
        "capacity",
        "duration_ns",
        "warm_up_ns",
        "rate",
        "planned",
        "entered",
        "events_per_second",
        "interrupted",
        "latency_ns",
        "ends",
        "sender_ns",
        "machine_ns",
        "context_switches",
        "lanes",
    ];
    assert_eq!(keys(&object), expected);
    let percentiles = ["count", "min", "p50", "p90", "p99", "p99_9", "p99_99", "max"];
    assert_eq!(keys(&object["ends"]["s1"]), percentiles);
    assert_eq!(keys(&object["machine_ns"]), percentiles);
    assert_eq!(object["duration_ns"], 100_000_000);
}

#[test]
fn distributions_and_a_drawing_are_written() {
    let folder = Folder::empty();
    latency(&folder, &["--hgrm", "l.hgrm", "--plot", "l.svg"]).assert_code(0);
    let text = folder.read("l.hgrm");
    assert!(text.contains("#[latency at `s1`, ns]") && text.contains("1/(1-Percentile)"), "{text}");
    assert!(text.contains("#[the machine's own hiccups, ns]"), "{text}");
    let drawing = folder.read("l.svg");
    assert!(drawing.starts_with("<svg ") && drawing.ends_with("</svg>\n"));
    assert_eq!(drawing.matches("<polyline").count(), 3);
    latency(&folder, &["--plot", "nowhere/l.svg"]).assert_code(1).assert_says("cannot be written");
}

#[test]
fn a_sweep_tells_rates_and_draws_them() {
    let folder = Folder::empty();
    // No event comes through in a nanosecond: the first rate is too much already.
    let more = ["--sweep", "--json", "--plot", "sweep.svg", "--bound", "1ns"];
    let object = latency(&folder, &more).assert_code(0).json();
    assert_eq!((&object["bound_ns"], &object["highest_within"]), (&1.into(), &Value::Null));
    assert_eq!(object["points"].as_array().expect("an array").len(), 1);
    assert_eq!(
        keys(&object["points"][0]),
        ["rate", "events_per_second", "latency_ns", "machine_ns", "within"]
    );
    assert!(folder.read("sweep.svg").contains("bound"));
    let page = latency(&folder, &["--sweep", "--bound", "1ns"]).assert_code(0).stdout;
    assert!(page.contains("p99 is not within 1 ns at any rate"), "{page}");
}

#[test]
fn throughput_runs_the_sets_asked_for() {
    let folder = Folder::empty();
    let run = |more: &[&str]| {
        let short = ["bench", "throughput", "--rounds", "1", "--events", "2000"];
        folder.run(short.into_iter().chain(more.iter().copied())).assert_code(0)
    };
    let page = run(&["stages", "session"]).stdout;
    for told in ["## stages", "| stages: 10 |", "## session", "| 2000 rows, fused |", "| ratio |"] {
        assert!(page.contains(told), "no `{told}` in {page}");
    }
    assert!(!page.contains("## replay") && !page.contains("## Promises"), "{page}");
    let object = run(&["--json", "conditions"]).json();
    let expected = [
        "schema",
        "bench",
        "machine",
        "rounds",
        "events",
        "rows",
        "sets",
        "promises",
        "interrupted",
    ];
    assert_eq!(keys(&object), expected);
    assert_eq!((&object["rounds"], &object["events"]), (&1.into(), &2000.into()));
    let variant = &object["sets"][0]["variants"][0];
    let expected =
        ["name", "ns", "one_thread", "wall_ns", "events_per_second", "ratio", "added_ns"];
    assert_eq!(keys(variant), expected);
    assert_eq!(variant["ratio"], 1.0);
}

#[test]
fn without_sets_all_of_them_and_the_promises_are_run() {
    let folder = Folder::empty();
    let all = ["bench", "throughput", "--rounds", "1", "--events", "500", "--json"];
    let object = folder.run(all).assert_code(0).json();
    let sets: Vec<_> = object["sets"].as_array().expect("an array").iter().collect();
    for name in ["replay", "hop", "shapes", "conditions", "routing", "csv", "session", "stages"] {
        let set = sets.iter().find(|set| set["name"] == name);
        let variants = set.and_then(|set| set["variants"].as_array()).expect(name);
        assert!(!variants.is_empty(), "{name}");
    }
    let promises = object["promises"].as_array().expect("an array");
    let loss = promises.iter().find(|promise| promise["what"] == "loss").expect("it is told");
    assert_eq!((&loss["measured"], &loss["kept"]), (&0.0.into(), &true.into()));
}

#[test]
fn promises_are_told_alone() {
    let page = Folder::empty().run(["bench", "promises"]).assert_code(0).stdout;
    for told in
        ["| dispatch | 5,000 |", "| memory per handler | 20,480 |", "| loss | 0.01 | 0.00 |"]
    {
        assert!(page.contains(told), "no `{told}` in {page}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_a_remedy() {
    let folder = Folder::empty();
    let refused = |args: &[&str], sentence: &str| {
        folder.run(args.iter().copied()).assert_code(2).assert_says(sentence);
    };
    let latency = |more: &[&str], sentence: &str| {
        refused(&[["bench", "latency"].as_slice(), more].concat(), sentence);
    };
    latency(&["--rate", "0"], "more than 0");
    latency(&["--rate", "fast"], "write events per second: 250000, 100k or 1.5M");
    latency(&["--duration", "5"], "write a number and a unit");
    latency(&["--duration", "1ms"], "less than 10ms says nothing");
    latency(&["--rate", "10", "--duration", "1s"], "give 10.0s or more");
    latency(&["--lanes", "10000"], "10000 lanes are more than the");
    latency(&["--lanes", "0"], "a number of lanes above 0");
    latency(&["--topology", "star"], "write one of hop, pipeline");
    latency(&["--capacity", "1000", "--duration", "20ms"], "power of two");
    latency(&["--bound", "5us"], "--sweep");
    refused(&["bench", "throughput", "everything"], "there are replay");
    refused(&["bench", "throughput", "--rounds", "0"], "above 0");
    refused(&["bench"], "Usage");
}

#[test]
fn an_interrupted_bench_tells_what_it_has() {
    let folder = Folder::empty();
    let interrupted = |args: &[&str]| {
        let mut command = folder.command(args.iter().copied());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.expect("the command starts");
        std::thread::sleep(Duration::from_millis(1500));
        crate::interrupts::interrupt(&child);
        let ended: Ended = child.wait_with_output().expect("it ends").into();
        ended.assert_code(130).assert_says("interrupted").json()
    };
    let object =
        interrupted(&["bench", "latency", "--duration", "1000s", "--warm-up", "1ms", "--json"]);
    assert_eq!(object["interrupted"], true);
    let object = interrupted(&[
        "bench",
        "throughput",
        "stages",
        "--events",
        "5000",
        "--rounds",
        "1000000000",
        "--json",
    ]);
    assert_eq!(object["interrupted"], true);
    let variants = object["sets"][0]["variants"].as_array().expect("an array");
    assert!(variants.iter().any(|variant| variant["name"] == "stages: 10"), "{object}");
}
