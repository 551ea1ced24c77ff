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
