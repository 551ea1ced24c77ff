//! `ticks bars` and `ticks book`.

use crate::support::Folder;

const CAPTURE: &str = r#"1700000000000000001 {"lastUpdateId":10,"T":1700000000000,"bids":[["99.5","1"],["99","2"]],"asks":[["100.25","0.5"]]}
1700000000000000002 {"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1700000000001,"T":1700000000001,"s":"BTCUSDT","U":9,"u":12,"pu":8,"b":[["99.75","3"]],"a":[["101","7"]]}}
1700000000000000003 {"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000002,"T":1700000000002,"s":"BTCUSDT","t":1,"p":"100.25","q":"0.5","m":false}}
1700000000000000004 {"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1700000000003,"T":1700000000003,"s":"BTCUSDT","U":13,"u":14,"pu":12,"b":[],"a":[["100.25","0"]]}}
"#;

#[test]
fn a_book_is_printed_as_json_with_exactly_these_fields() {
    let folder = Folder::empty();
    folder.write("capture.txt", CAPTURE);
    let args = ["ticks", "book", "capture.txt", "--preset", "binance-raw", "--at", "end"];
    let ended = folder.run(args.into_iter().chain(["--levels", "2", "--json"])).assert_code(0);
    let book = ended.json();
    let keys: Vec<&String> = book.as_object().unwrap().keys().collect();
    let expected = ["symbol", "ts", "sequence", "bid_levels", "ask_levels", "bids", "asks"];
    assert_eq!(keys, expected);
    assert_eq!(book["symbol"], "BTCUSDT");
    assert_eq!(book["ts"], 1_700_000_000_000_000_004_u64);
    assert_eq!(
        (&book["sequence"], &book["bid_levels"], &book["ask_levels"]),
        (&14.into(), &3.into(), &1.into())
    );
    assert_eq!(book["bids"].to_string(), "[[99.75,3],[99.5,1]]");
    assert_eq!(book["asks"].to_string(), "[[101,7]]");
    // The best ask before its last order was taken out.
    let args = ["ticks", "book", "capture.txt", "--at", "1700000000000000003", "--json"];
    let before = folder.run(args).assert_code(0).json();
    assert_eq!(before["asks"].to_string(), "[[100.25,0.5],[101,7]]");
    let table = folder.run(["ticks", "book", "capture.txt"]).assert_code(0).stdout;
    assert!(table.contains("BTCUSDT") && table.contains("99.75"), "{table}");
}

#[test]
fn several_books_are_a_list_and_one_can_be_chosen() {
    let folder = Folder::empty();
    let rows = "ts_event,symbol,kind,side,price,size,order_id\n\
                1,A.X,add,bid,10,5,7\n\
                2,B.X,add,ask,11,6,7\n\
                3,A.X,add,bid,10,5,8\n";
    folder.write("t.csv", rows);
    let books = folder.run(["ticks", "book", "t.csv", "--json"]).assert_code(0).json();
    assert_eq!(books[0]["bids"].to_string(), "[[10,10]]");
    assert_eq!(books[1]["symbol"], "B.X");
    let args = ["ticks", "book", "t.csv", "--json", "--only", "B.X"];
    assert_eq!(folder.run(args).assert_code(0).json()["symbol"], "B.X");
    let args = ["ticks", "book", "t.csv", "--only", "C.X"];
    folder.run(args).assert_code(2).assert_says("there are A.X, B.X");
}

#[test]
fn a_book_that_is_not_complete_at_the_end_is_the_one_before() {
    let folder = Folder::empty();
    let rows = "ts_event,symbol,kind,side,price,size,flags\n\
                1,A.X,modify,bid,10,5,128\n\
                2,A.X,modify,bid,11,5,0\n";
    folder.write("t.csv", rows);
    let ended = folder.run(["ticks", "book", "t.csv", "--json"]).assert_code(0);
    let ended = ended.assert_says("not complete");
    assert_eq!(ended.json()["bids"].to_string(), "[[10,5]]");
    folder.write("t.csv", &rows.replace("128", "0"));
    let ended = folder.run(["ticks", "book", "t.csv", "--json"]).assert_code(0);
    let ended = ended.assert_says("taken as it stands");
    assert_eq!(ended.json()["bids"].to_string(), "[[11,5],[10,5]]");
}

#[test]
fn files_without_a_book_are_an_error() {
    let folder = Folder::empty();
    folder.write("t.csv", "ts_event,symbol,price\n1,A.X,10\n");
    folder.run(["ticks", "book", "t.csv"]).assert_code(3).assert_says("no change of a book");
    let bars = ["ticks", "bars", "t.csv", "--every", "1s", "--of", "quotes"];
    let bars = folder.run(bars).assert_code(0).assert_says("there is no quote with a price");
    assert_eq!(bars.stdout.lines().count(), 1);
    folder.write("q.csv", "ts_event,symbol,bid_price,ask_price\n1,A.X,10,11\n");
    folder.run(["ticks", "book", "q.csv"]).assert_code(3).assert_says("only quotes");
}

#[test]
fn bars_of_trades_and_of_quotes_have_their_columns() {
    let folder = Folder::empty();
    folder.write(
        "trades.csv",
        "ts_event,symbol,price,size\n60000000000,A.X,10,1\n119999999999,A.X,12.5,2\n120000000000,A.X,11,4\n",
    );
    let bars = folder.run(["ticks", "bars", "trades.csv", "--every", "1m", "--csv"]);
    let expected = "ts,symbol,open,high,low,close,volume,count\n\
                    60000000000,A.X,10,12.5,10,12.5,3,2\n\
                    120000000000,A.X,11,11,11,11,4,1\n";
    assert_eq!(bars.assert_code(0).stdout, expected);
    folder.write(
        "quotes.csv",
        "ts_event,symbol,bid_price,ask_price\n5000000000,B.X,1,2\n5000000001,B.X,0.5,\n",
    );
    let bars =
        folder.run(["ticks", "bars", "quotes.csv", "--every", "1s", "--preset", "plain", "--csv"]);
    let expected = "ts,symbol,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close,count\n\
                    5000000000,B.X,1,1,0.5,0.5,2,2,2,2,2\n";
    assert_eq!(bars.assert_code(0).stdout, expected);
    let both = ["ticks", "bars", "quotes.csv", "trades.csv", "--every", "1d"];
    let bars = folder.run(both).assert_code(0).stdout;
    assert!(bars.contains("A.X,10,12.5,10,11,7,3") && !bars.contains("B.X"), "{bars}");
    let by_count =
        folder.run(["ticks", "bars", "trades.csv", "--count", "2"]).assert_code(0).stdout;
    assert_eq!(by_count.lines().count(), 3);
    let by_volume = ["ticks", "bars", "trades.csv", "--volume", "2.5"];
    assert_eq!(folder.run(by_volume).assert_code(0).stdout.lines().count(), 3);
    folder.run(["ticks", "bars", "trades.csv"]).assert_code(2).assert_says("--every");
    let bad = ["ticks", "bars", "trades.csv", "--every", "soon"];
    folder.run(bad).assert_code(2).assert_says("such as 1m");
    let quotes = ["ticks", "bars", "quotes.csv", "--volume", "5"];
    folder.run(quotes).assert_code(2).assert_says("quotes have no volume");
}

#[test]
fn events_that_come_too_late_for_their_bar_are_told() {
    let folder = Folder::empty();
    let rows = "ts_event,symbol,price,size\n1000000000,A.X,10,1\n500000000000,A.X,12,2\n1000000001,A.X,11,4\n";
    folder.write("t.csv", rows);
    let args = ["ticks", "bars", "t.csv", "--every", "1s"];
    let ended =
        folder.run(args).assert_code(0).assert_says("1 events came after their bar was done");
    assert_eq!(ended.stdout.lines().count(), 3);
    let waiting = folder.run(args.into_iter().chain(["--wait", "1h"])).assert_code(0);
    assert!(waiting.stdout.contains(",10,11,10,11,5,2"), "{}", waiting.stdout);
}

#[test]
fn books_and_bars_run_in_a_session() {
    let folder = Folder::empty();
    folder.write("capture.txt", CAPTURE);
    folder.write(
        "session.yaml",
        "sources:\n  feed: { format: csv, preset: binance-raw, path: capture.txt }\n\
         components:\n  book: { type: book }\n  bars: { type: bars, every: 1s }\n  rows: { type: file, path: out.csv }\n\
         routing:\n  feed:\n    MarketData: [book, bars]\n  book:\n    MarketData: [rows]\n  bars:\n    MarketData: [rows]\n",
    );
    let object = folder.run(["replay", "session.yaml", "--quiet", "--json"]).assert_code(0).json();
    let count = |name: &str| {
        let streams = object["streams"].as_array().unwrap();
        streams.iter().find(|stream| stream["name"] == name).unwrap()["count"].clone()
    };
    assert_eq!((count("book"), count("bars")), (3.into(), 2.into()), "{object:#}");
}
