//! What a config may say of a generated session.

use crate::csv::options::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub(super) const MOST_SYMBOLS: usize = 10_000;
pub(super) const LEAST_PRICE_TICKS: i64 = 100;
pub(super) const MOST_PRICE_TICKS: i64 = 100_000_000;
/// A hundred thousand, 1e-9: sizes are at most a few hundred lots.
pub(super) const MOST_LOT: i64 = 100_000 * pitlane::event::fixed::SCALE;

/// A decimal number as written, `0.01` or `"0.01"`, read exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("type" = ["number", "string"]))]
pub struct Number(#[schemars(with = "String")] pub String);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Text).map(Number)
    }
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Options of the format `generate`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GenerateOptions {
    /// What the session is drawn from: the same number gives the same session. Default: 1.
    #[schemars(extend("unit" = "none"))]
    pub seed: u64,
    /// Instruments, the busiest first. Default: ALFA.SIM, BRAVO.SIM, CHARLIE.SIM.
    pub symbols: Vec<String>,
    /// How many events. Default: 1,000,000.
    #[schemars(extend("unit" = "events"))]
    pub events: u64,
    /// Time of the session's begin, ISO-8601 or ns since 1970. Default: 2024-01-02T14:30:00Z.
    pub start: String,
    /// Events per second on average, over all instruments. Default: 1000.
    #[schemars(extend("unit" = "events per second"))]
    pub rate: Number,
    /// Smallest step of prices. Default: 0.01.
    #[schemars(extend("unit" = "units of the currency"))]
    pub tick: Number,
    /// Price about which instruments begin: each between half and one and a half of it. Default:
    /// 100.
    #[schemars(extend("unit" = "units of the currency"))]
    pub price: Number,
    /// Sizes are multiples of this. Default: 100.
    #[schemars(extend("unit" = "units of the instrument"))]
    pub lot: Number,
    /// How many of 100 events are trades; the others are quotes. Default: 20.
    #[schemars(extend("unit" = "percent"))]
    pub trade_percent: u8,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            symbols: ["ALFA.SIM", "BRAVO.SIM", "CHARLIE.SIM"].map(String::from).to_vec(),
            events: 1_000_000,
            start: "2024-01-02T14:30:00Z".into(),
            rate: "1000".into(),
            tick: "0.01".into(),
            price: "100".into(),
            lot: "100".into(),
            trade_percent: 20,
        }
    }
}
