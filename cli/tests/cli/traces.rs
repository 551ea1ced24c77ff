//! Which event came of which, asked of the folder of a run.

use crate::support::Folder;

fn traced() -> Folder {
    let folder = Folder::with_session(20_000);
    let run = ["replay", "session.yaml", "--set", "trace=on", "--out", "out", "--json"];
    folder.run(run).assert_code(0);
    folder
}

/// The first order: its root and id.
fn first_order(folder: &Folder) -> (String, String) {
    let orders = folder.read("out/orders.csv");
    let row: Vec<_> = orders.lines().nth(1).expect("an order").split(',').collect();
    (row[0].to_owned(), row[2].to_owned())
}

#[test]
fn the_chain_of_an_order_goes_from_tick_over_signal_to_order() {
    let folder = traced();
    let (root, id) = first_order(&folder);
    let chain = folder.run(["trace", "out", &id, "--json"]).assert_code(0).json();
    let lines = chain["lines"].as_array().expect("lines");
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    let place = |event: &str| events.iter().position(|one| *one == event).expect("it is there");
    assert_eq!(place("MarketData"), 0);
    assert!(place("MarketData") < place("Signal") && place("Signal") < place("Order"));
    let number: u64 = root.parse().expect("a root is a number");
    assert!(lines.iter().all(|line| line["root"].as_u64() == Some(number)), "{chain:#}");
    assert!(lines.iter().all(|line| line["took_ns"].is_u64()), "{chain:#}");
    // Each hop is told but that of an entry that is no longer known.
    assert!(lines[1..].iter().all(|line| line["waited_ns"].is_u64()), "{chain:#}");
    let all = folder.run(["trace", "out", "--root", &root, "--json"]).assert_code(0).json();
    assert!(all["lines"].as_array().is_some_and(|all| all.len() >= lines.len()));
    let shown = folder.run(["trace", "out", &id]).assert_code(0).stdout;
    assert!(shown.contains("waited") && shown.contains("took"), "{shown}");
}

#[test]
fn a_traced_run_writes_the_same_streams_as_one_that_is_not() {
    let folder = traced();
    folder.run(["replay", "session.yaml", "--out", "plain"]).assert_code(0);
    let (traced, plain) = (folder.json("out/summary.json"), folder.json("plain/summary.json"));
    assert_eq!(traced["streams"], plain["streams"]);
    assert!(!folder.path("plain/trace.csv").exists());
}

#[test]
fn what_cannot_be_traced_is_told_with_a_way_out() {
    let folder = traced();
    folder.run(["trace", "out", "987654"]).assert_code(2).assert_says("there are ");
    folder.run(["trace", "out", "--root", "987654"]).assert_code(2).assert_says("root 987654");
    folder.run(["trace", "nowhere", "1"]).assert_code(2).assert_says("trace: on");
    folder.run(["replay", "session.yaml", "--set", "trace=maybe"]).assert_code(2);
}
