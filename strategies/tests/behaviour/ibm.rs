//! The strategies on a real day of trades, against the same fresh windows.

use crate::data::data;
use crate::reference::{assert_same, mean_reversion, sma_cross};
use crate::support::{harness, signals};
use serde_json::json;
use std::io::{BufRead, BufReader};

/// Prices of IBM's trades on 2013-10-07, 1e-9; `None` where the file is not there.
fn prices() -> Option<Vec<i64>> {
    let file = std::fs::File::open(data("equity_ibm_20131007_trade.zip")?).expect("it can be read");
    let mut archive = zip::ZipArchive::new(file).expect("a zip");
    let rows = BufReader::new(archive.by_index(0).expect("one file in it"));
    let price = |row: std::io::Result<String>| {
        let row = row.expect("text");
        // In units of 1e-4.
        row.split(',').nth(1).expect("a price").parse::<i64>().expect("a number") * 100_000
    };
    let prices: Vec<i64> = rows.lines().map(price).collect();
    assert_eq!(prices.len(), 24_293);
    Some(prices)
}

#[test]
fn sma_cross_equals_an_independent_computation_signal_by_signal() {
    let Some(prices) = prices() else { return };
    for (fast, slow, at_least) in
        [(10, 50, 100), (1, 2, 100), (20, 200, 10), (5, 1000, 10), (999, 1000, 1)]
    {
        let mut stage = harness("sma_cross", json!({ "fast": fast, "slow": slow }));
        let got = signals(&mut stage, &prices);
        assert_same(&got, &sma_cross(&prices, fast, slow, 0.001));
        assert!(got.len() >= at_least, "{fast} and {slow} gave {} signals", got.len());
    }
}

#[test]
fn mean_reversion_equals_an_independent_computation_signal_by_signal() {
    let Some(prices) = prices() else { return };
    for (window, enter, exit) in [(100, 2.0, 0.5), (5, 1.5, 0.5), (20, 2.5, 1.0), (1000, 3.0, 0.1)]
    {
        let parameters = json!({ "window": window, "enter": enter, "exit": exit });
        let mut stage = harness("mean_reversion", parameters);
        let got = signals(&mut stage, &prices);
        assert_same(&got, &mean_reversion(&prices, window, enter, exit));
        assert!(got.len() >= 5, "{window} gave {} signals", got.len());
    }
}
