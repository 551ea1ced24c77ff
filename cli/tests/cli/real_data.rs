//! Figures of real files, where they are at hand.

use crate::data::data;
use crate::support::Folder;

/// A file of real data; `None`, with a note, where it is absent.
fn real(name: &str) -> Option<String> {
    let path = std::path::absolute(data(name)?).expect("a path");
    Some(path.to_str().expect("UTF-8").to_owned())
}

#[test]
fn statistics_of_ibm_trades_are_as_published() {
    let Some(file) = real("equity_ibm_20131007_trade.zip") else { return };
    let args = ["ticks", "stats", &file, "--preset", "lean-equity-trade", "--json"];
    let object = Folder::empty().run(args).assert_code(0).json();
    let ibm = &object["instruments"][0];
    assert_eq!(ibm["kinds"]["trade"], 24_293);
    assert_eq!((&ibm["volume"], &ibm["vwap"]), (&"3960352".into(), &"182.500506980".into()));
}

#[test]
fn statistics_of_euro_quotes_are_as_published() {
    let Some(file) = real("forex_fxcm_eurusd_20140501_quote.zip") else { return };
    let args = ["ticks", "stats", &file, "--preset", "lean-forex-quote", "--json"];
    let object = Folder::empty().run(args).assert_code(0).json();
    let euro = &object["instruments"][0];
    assert_eq!(euro["kinds"]["quote"], 51_053);
    assert_eq!((&euro["crossed"], &euro["locked"]), (&3_991.into(), &5_409.into()));
}

#[test]
fn ibm_trades_replay_with_the_same_digests_everywhere() {
    let Some(file) = real("equity_ibm_20131007_trade.zip") else { return };
    let folder = Folder::with_session(10);
    let input = format!("feed={file},preset=lean-equity-trade,symbol=IBM.NYSE,date=2013-10-07");
    let streams = |lanes: &str| {
        let args = [
            "replay",
            "session.yaml",
            "--json",
            "--out",
            "out",
            "--lanes",
            lanes,
            "--input",
            &input,
        ];
        folder.run(args).assert_code(0).json()["streams"].clone()
    };
    let fused = streams("fused");
    assert_eq!(fused[0]["count"], 24_293);
    for lanes in ["1", "2", "auto"] {
        assert_eq!(streams(lanes), fused, "{lanes}");
    }
}
