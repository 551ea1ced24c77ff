//! Ticks: statistics, and copies that read back.

use crate::support::Folder;

#[test]
fn statistics_are_per_instrument() {
    let folder = Folder::empty();
    folder.write(
        "t.csv",
        "ts_event,symbol,kind,price,size,bid_price,ask_price\n\
         1000000000,A.X,trade,10,1,,\n\
         2000000000,A.X,trade,11,2,,\n\
         3000000000,B.X,quote,,,5,4\n\
         3000000000,B.X,quote,,,5,5\n\
         4000000000,B.X,quote,,,5,6\n",
    );
    let object = folder.run(["ticks", "stats", "t.csv", "--json"]).assert_code(0).json();
    let (a, b) = (&object["instruments"][0], &object["instruments"][1]);
    assert_eq!(
        (&a["symbol"], &a["volume"], &a["vwap"]),
        (&"A.X".into(), &"3".into(), &"10.666666667".into())
    );
    assert_eq!(
        (&a["first"], &a["last"]),
        (&"1970-01-01T00:00:01Z".into(), &"1970-01-01T00:00:02Z".into())
    );
    assert_eq!(
        (&b["kinds"]["quote"], &b["crossed"], &b["locked"]),
        (&3.into(), &1.into(), &1.into())
    );
    let table = folder.run(["ticks", "stats", "t.csv", "--preset", "plain"]).assert_code(0).stdout;
    assert!(table.contains("10.666666667"), "{table}");
}

#[test]
fn a_copy_reads_back_the_same() {
    let folder = Folder::with_session(2000);
    let first = folder.run(["ticks", "cat", "ticks.csv"]).assert_code(0).stdout;
    assert_eq!(first, folder.read("ticks.csv"));
    let head = folder.run(["ticks", "cat", "ticks.csv", "--limit", "7"]).assert_code(0).stdout;
    assert_eq!(head.lines().count(), 8);
    folder.write("head.csv", &head);
    assert_eq!(folder.run(["ticks", "cat", "head.csv"]).assert_code(0).stdout, head);
}

#[test]
fn a_generated_session_depends_on_its_seed_alone() {
    let folder = Folder::empty();
    for (seed, name) in [("1", "a.csv"), ("1", "b.csv.gz"), ("2", "c.csv")] {
        let args =
            ["generate", "--seed", seed, "--events", "500", "--symbols", "X.Y,Z.Y", "-o", name];
        folder.run(args).assert_code(0);
    }
    let cat = |name: &str| folder.run(["ticks", "cat", name]).assert_code(0).stdout;
    assert_eq!(cat("a.csv"), cat("b.csv.gz"));
    assert_ne!(cat("a.csv"), cat("c.csv"));
    assert!(cat("a.csv").contains("Z.Y"));
}

#[test]
fn a_form_under_presets_of_a_config_can_be_named() {
    let folder = Folder::empty();
    folder.write(
        "forms.yaml",
        "presets:\n  mine:\n    columns: { ts_event: When, price: Px, size: Qty }\n    delimiter: \";\"\n    time_unit: us\n\
         \u{20}   symbol: OWN.X\n  other: { format: csv, preset: lean-equity-trade, zone: UTC }\n",
    );
    folder.write("t.csv", "When;Px;Qty\n1700000000000001;10.5;2\n");
    let args = ["ticks", "stats", "t.csv", "--json", "--preset", "forms.yaml#mine"];
    let stats = folder.run(args).assert_code(0).json();
    let one = &stats["instruments"][0];
    assert_eq!((&one["symbol"], &one["vwap"]), (&"OWN.X".into(), &"10.500000000".into()));
    assert_eq!(one["first"], "2023-11-14T22:13:20.000001Z");
    // What the command line says goes before what the form says.
    let renamed = folder.run(args.into_iter().chain(["--symbol", "B.X"])).assert_code(0).json();
    assert_eq!(renamed["instruments"][0]["symbol"], "B.X");
    let args = ["ticks", "bars", "t.csv", "--every", "1m", "--preset", "forms.yaml#mine"];
    assert!(folder.run(args).assert_code(0).stdout.contains(",OWN.X,10.5,"));
    folder.write("l.csv", "3600000,105000,2,T,0,0\n");
    let args = [
        "ticks",
        "stats",
        "l.csv",
        "--json",
        "--preset",
        "forms.yaml#other",
        "--date",
        "2024-01-02",
    ];
    let stats = folder.run(args).assert_code(0).json();
    assert_eq!(stats["instruments"][0]["first"], "2024-01-02T01:00:00Z", "in UTC, not in New York");
    let refused = |preset: &str, says: &str| {
        let args = ["ticks", "stats", "t.csv", "--preset", preset];
        folder.run(args).assert_code(2).assert_says(says);
    };
    refused("forms.yaml#mnie", "did you mean `mine`?");
    refused("forms.yaml", "#mine, #other");
    refused("none.yaml#mine", "there is no such file");
    refused("mine", "FILE.yaml#NAME");
    folder.write("wrong.yaml", "presets:\n  mine: { delimeter: \";\" }\n");
    refused("wrong.yaml", "wrong.yaml:2:11");
    folder.write("empty.yaml", "sources: {}\n");
    refused("empty.yaml", "there are no `presets`");
}
