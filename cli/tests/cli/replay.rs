//! Replays: results, folders, windows.

use crate::support::{CONFIG, Ended, Folder};
use serde_json::Value;
use std::process::Stdio;

const FILES: [&str; 7] = [
    "manifest.json",
    "summary.json",
    "latency.hgrm",
    "positions.csv",
    "dead_letters.csv",
    "signals.csv",
    "orders.csv",
];

#[test]
fn writes_a_folder_with_a_link_to_it_and_prints_a_table() {
    let folder = Folder::with_session(5000);
    let ended = folder.run(["replay", "session.yaml"]).assert_code(0);
    for word in ["5,000 events", "sma", "revert", "gate", "orders", "assumed filled at order price"]
    {
        assert!(ended.stdout.contains(word), "{word}: {ended:#?}");
    }
    for name in FILES {
        assert!(!folder.read(format!("runs/latest/{name}")).is_empty(), "{name}");
    }
    let manifest = folder.json("runs/latest/manifest.json");
    assert_eq!((&manifest["state"], &manifest["exit_code"]), (&"done".into(), &0.into()));
    assert_eq!(manifest["inputs"][0]["bytes"], folder.read("ticks.csv").len());
    assert_eq!(manifest["inputs"][0]["xxh3"].as_str().map(str::len), Some(32));
    assert_eq!(manifest["components"][0]["parameters"]["scale"], 0.001, "defaults are written out");
    let link = std::fs::read_link(folder.path("runs/latest")).expect("a link");
    assert!(link.to_string_lossy().starts_with("session-20"), "{link:?}");
}

#[test]
fn prints_one_json_object_that_is_also_in_the_folder() {
    let folder = Folder::with_session(3000);
    let printed =
        folder.run(["replay", "session.yaml", "--json", "--out", "out"]).assert_code(0).json();
    assert_eq!(printed, folder.json("out/summary.json"));
    assert_eq!((&printed["schema"], &printed["events"]), (&1.into(), &3000.into()));
    let names: Vec<_> =
        printed["streams"].as_array().unwrap().iter().map(|stream| &stream["name"]).collect();
    assert_eq!(names, ["feed", "strategy/sma", "strategy/revert", "risk/gate"]);
    for key in ["elapsed_ns", "events_per_second", "stages", "refusals", "losses", "bad_rows"] {
        assert!(!printed[key].is_null(), "{key}");
    }
    let latency = &printed["latency_ns"];
    let in_order =
        ["min", "p50", "p90", "p99", "p99_9", "max"].map(|key| latency[key].as_u64().unwrap());
    assert!(in_order.is_sorted() && in_order[5] < 60_000_000_000, "{latency}");
}

#[test]
fn what_a_link_lost_is_told_everywhere() {
    let folder = Folder::with_session(20_000);
    let route = "targets: [sma, revert], on_full: drop_oldest";
    let config = CONFIG.replace("targets: [sma, revert]", route);
    folder.write(
        "session.yaml",
        &format!("{config}lanes: 1\nrings: {{ streams: {{ feed: 16 }} }}\n"),
    );
    let checked = folder.run(["check", "session.yaml"]).assert_code(0);
    assert!(checked.stderr.contains("PL-TOPOLOGY-027"), "{checked:#?}");
    let drawn = folder.run(["graph", "session.yaml"]).assert_code(0);
    assert!(drawn.stdout.contains("sma [fast, drop_oldest]"), "{drawn:#?}");
    let summary =
        folder.run(["replay", "session.yaml", "--json", "--out", "out"]).assert_code(0).json();
    let losses = &summary["losses"];
    assert_eq!(*losses, folder.json("out/manifest.json")["losses"]);
    for link in summary["links"].as_array().unwrap() {
        let of = |key: &str| link[key].as_u64().unwrap();
        let accounts = ["handled", "filtered", "skipped", "dropped", "conflated", "left"].map(of);
        assert_eq!(of("published"), accounts.iter().sum::<u64>(), "{link}");
        let name =
            format!("{} -> {}", link["stream"].as_str().unwrap(), link["stage"].as_str().unwrap());
        if link["on_full"] == "drop_oldest" {
            assert_eq!(losses[&name]["dropped"], link["dropped"], "{losses}");
        }
    }
    assert_eq!(losses.as_object().unwrap().len(), 2, "{losses}");
}

/// Rows of a CSV file without its header.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn signals_orders_and_positions_agree_with_the_summary_and_each_other() {
    let folder = Folder::with_session(20_000);
    let summary =
        folder.run(["replay", "session.yaml", "--json", "--out", "out"]).assert_code(0).json();
    let signals = folder.read("out/signals.csv");
    assert!(
        signals
            .starts_with("root,ts_event,symbol,source,component,action,strength,price,quantity\n")
    );
    let of_component = |name: &str| rows(&signals).iter().filter(|row| row[4] == name).count();
    let count = |stream: usize| summary["streams"][stream]["count"].as_u64().unwrap() as usize;
    assert_eq!((of_component("sma"), of_component("revert")), (count(1), count(2)));
    assert!(count(1) > 20 && count(2) > 20, "a test of nothing: {summary:#}");
    let roots =
        |text: &str| -> Vec<u64> { rows(text).iter().map(|row| row[0].parse().unwrap()).collect() };
    assert!(roots(&signals).is_sorted());

    let orders = folder.read("out/orders.csv");
    assert!(orders.starts_with(
        "root,ts_event,client_order_id,symbol,side,type,time_in_force,price,quantity,status,reason,strategy\n"
    ));
    assert!(roots(&orders).is_sorted());
    assert_eq!(rows(&orders).len(), count(3));
    let denied = rows(&orders).iter().filter(|row| row[9] == "denied").count();
    assert!(denied > 0, "a test of nothing");
    assert_eq!(summary["refusals"]["max_position"], denied);
    assert!(rows(&orders).iter().all(|row| (row[9] == "denied") == (row[10] == "max_position")));

    for position in rows(&folder.read("out/positions.csv")) {
        let passed =
            rows(&orders).into_iter().filter(|row| row[3] == position[0] && row[9] != "denied");
        let signed = |row: &Vec<&str>| {
            let quantity: i64 = row[8].parse().unwrap();
            if row[4] == "buy" { quantity } else { -quantity }
        };
        let orders: Vec<_> = passed.collect();
        assert_eq!(position[1], orders.len().to_string());
        assert_eq!(position[2], orders.iter().map(signed).sum::<i64>().to_string());
        let turnover: f64 = orders.iter().map(|row| row[7].parse::<f64>().unwrap()).sum();
        assert!((position[3].parse::<f64>().unwrap() - turnover).abs() < 1e-6, "{position:?}");
        let cash: f64 =
            orders.iter().map(|row| -signed(row) as f64 * row[7].parse::<f64>().unwrap()).sum();
        let value = position[2].parse::<f64>().unwrap() * position[4].parse::<f64>().unwrap();
        assert!((position[5].parse::<f64>().unwrap() - cash - value).abs() < 1e-6, "{position:?}");
    }
}

fn digests(summary: &Value) -> Vec<String> {
    let streams = summary["streams"].as_array().expect("streams");
    streams.iter().map(|stream| stream["digest"].as_str().expect("a digest").to_owned()).collect()
}

#[test]
fn lanes_batches_and_capacities_change_nothing() {
    let folder = Folder::with_session(5000);
    let run = |args: &[&str]| {
        let args = [&["replay", "session.yaml", "--json", "--out", "out"], args].concat();
        let summary = folder.run(args).assert_code(0).json();
        (digests(&summary), folder.read("out/signals.csv"), folder.read("out/orders.csv"))
    };
    let fused = run(&["--lanes", "fused"]);
    assert!(fused.0.iter().all(|digest| digest.len() == 32));
    for args in [
        &["--lanes", "1"][..],
        &["--lanes", "2", "--batch", "1"],
        &["--lanes", "auto", "--batch", "7", "--capacity", "16"],
        &["--speed", "1000000x"],
    ] {
        assert_eq!(run(args), fused, "{args:?}");
    }
}

#[test]
fn replays_a_part_of_the_data() {
    let folder = Folder::with_session(2000);
    let events = |args: &[&str]| {
        let args = [&["replay", "session.yaml", "--json", "--out", "out"], args].concat();
        folder.run(args).assert_code(0).json()["events"].as_u64().expect("a number")
    };
    assert_eq!(events(&["--limit", "123"]), 123);
    let cut = "2024-01-02T14:30:01Z";
    let (before, after) = (events(&["--to", cut]), events(&["--from", cut]));
    assert!(before > 0 && after > 0, "a test of nothing: {before} {after}");
    assert_eq!(before + after, 2000);
    assert_eq!(events(&["--to", "2024-01-02T09:30:01-05:00"]), before);
}

#[test]
fn values_are_set_from_the_command_line() {
    let folder = Folder::with_session(2000);
    let args = ["replay", "session.yaml", "--out", "out", "--set", "components.sma.fast=7"];
    folder.run(args).assert_code(0);
    assert_eq!(folder.json("out/manifest.json")["components"][0]["parameters"]["fast"], 7);
}

#[test]
fn the_routing_form_takes_its_input_and_its_tier_from_the_command_line() {
    let folder = Folder::with_session(2000);
    let (sources, routed) = CONFIG.split_once("components:").expect("a section");
    assert!(sources.contains("sources:"));
    let routed = routed.replace("    Order:\n", "    Order:\n      tier: reliable\n");
    folder.write("bare.yaml", &format!("components:{routed}"));
    let unfed = ["replay", "bare.yaml", "--reliable-as", "standard"];
    folder.run(unfed).assert_code(2).assert_says("--input feed=PATH");
    let input = ["--input", "feed=ticks.csv,preset=plain", "--out", "out", "--json"];
    let bare = folder.run([&unfed[..], &input].concat()).assert_code(0).json();
    let args = ["replay", "session.yaml", "--out", "out", "--json"];
    assert_eq!(bare["streams"], folder.run(args).assert_code(0).json()["streams"]);
}

#[test]
fn an_earlier_run_is_replaced() {
    let folder = Folder::with_session(2000);
    folder.run(["replay", "session.yaml", "--out", "out"]).assert_code(0);
    let args = ["replay", "session.yaml", "--out", "out", "--limit", "10"];
    folder.run(args).assert_code(0);
    assert_eq!(folder.json("out/summary.json")["events"], 10);
    assert_eq!(folder.read("out/signals.csv").lines().count(), 1, "the earlier run's are gone");
}

#[test]
fn skipped_rows_are_counted_and_shown() {
    let folder = Folder::with_session(1000);
    let ticks = folder.read("ticks.csv").replacen("quote", "quark", 3);
    folder.write("ticks.csv", &ticks);
    let args = ["replay", "session.yaml", "--out", "out", "--set", "sources.feed.on_bad_row=skip"];
    let ended = folder.run(args).assert_code(0);
    assert!(ended.stdout.contains("bad rows  feed 3"), "{ended:#?}");
    assert!(ended.stdout.contains("ticks.csv:"), "with samples: {ended:#?}");
    assert_eq!(folder.json("out/summary.json")["bad_rows"], 3);
}

#[test]
fn runs_that_begin_in_the_same_second_have_folders_of_their_own() {
    let folder = Folder::with_session(100);
    let start =
        || folder.command(["replay", "session.yaml", "--json"]).stdout(Stdio::piped()).spawn();
    let children: Vec<_> = (0..4).map(|_| start().expect("it starts")).collect();
    let ended = children.into_iter().map(|child| child.wait_with_output().expect("it ends"));
    let mut folders: Vec<_> = ended
        .map(|output| Ended::from(output).assert_code(0).json()["run_folder"].to_string())
        .collect();
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), 4, "{folders:?}");
}
