//! Known forms of CSV files.

use super::layout::Role;
use super::options::{Column, TimeFrom, TimeUnit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A known form of CSV file. In configs `_`, `-` and capitals make no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// QuantConnect Lean's equity trades: `ms since midnight New York, price x 10000, size,
    /// exchange, sale condition, suspicious`.
    LeanEquityTrade,
    /// QuantConnect Lean's equity quotes: `ms since midnight New York, bid x 10000, bid size,
    /// ask x 10000, ask size, exchange, condition, suspicious`; each row one side of one exchange.
    LeanEquityQuote,
    /// QuantConnect Lean's currency quotes: `ms since midnight, bid, ask`.
    LeanForexQuote,
    /// Binance's aggregated trades, of spot (eight columns) and futures (seven), with and without a
    /// header line, times in ms or, since 2025, us.
    BinanceAggTrades,
    /// Binance's single trades, of spot (seven columns) and futures (six), with and without a header
    /// line, times as those of aggregated trades.
    BinanceTrades,
    /// Binance's best bid and ask of futures.
    BinanceBookTicker,
    /// Tardis's `trades`.
    TardisTrades,
    /// Tardis's `quotes` and `book_ticker`.
    TardisQuotes,
    /// Tardis's `incremental_book_L2`.
    #[serde(rename = "tardis-incremental-book-l2")]
    TardisIncrementalBookL2,
    /// Tardis's `book_snapshot_5` and `book_snapshot_25`.
    TardisBookSnapshot,
    /// Raw captures of Binance, one message per line behind its local time; JSON, no CSV.
    BinanceRaw,
    /// A header line that names the columns.
    Plain,
}

const NAMES: [&str; 12] = {
    let mut names = [""; 12];
    let mut at = 0;
    while at < names.len() {
        names[at] = Preset::ALL[at].name();
        at += 1;
    }
    names
};

impl Preset {
    /// All presets.
    pub const ALL: [Preset; 12] = [
        Preset::LeanEquityTrade,
        Preset::LeanEquityQuote,
        Preset::LeanForexQuote,
        Preset::BinanceAggTrades,
        Preset::BinanceTrades,
        Preset::BinanceBookTicker,
        Preset::TardisTrades,
        Preset::TardisQuotes,
        Preset::TardisIncrementalBookL2,
        Preset::TardisBookSnapshot,
        Preset::BinanceRaw,
        Preset::Plain,
    ];

    /// The word in configs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Preset::LeanEquityTrade => "lean-equity-trade",
            Preset::LeanEquityQuote => "lean-equity-quote",
            Preset::LeanForexQuote => "lean-forex-quote",
            Preset::BinanceAggTrades => "binance-agg-trades",
            Preset::BinanceTrades => "binance-trades",
            Preset::BinanceBookTicker => "binance-book-ticker",
            Preset::TardisTrades => "tardis-trades",
            Preset::TardisQuotes => "tardis-quotes",
            Preset::TardisIncrementalBookL2 => "tardis-incremental-book-l2",
            Preset::TardisBookSnapshot => "tardis-book-snapshot",
            Preset::BinanceRaw => "binance-raw",
            Preset::Plain => "plain",
        }
    }

    /// What it says where the options say nothing.
    pub(crate) fn defaults(self) -> Defaults {
        let lean = Defaults {
            time_unit: TimeUnit::Ms,
            time_from: TimeFrom::Midnight,
            ..Defaults::default()
        };
        match self {
            Preset::LeanEquityTrade => Defaults { price_scale: 10_000, ..lean },
            Preset::LeanEquityQuote => Defaults { price_scale: 10_000, one_sided: true, ..lean },
            Preset::LeanForexQuote => lean,
            Preset::BinanceAggTrades | Preset::BinanceTrades | Preset::BinanceBookTicker => {
                Defaults { time_unit: TimeUnit::MsOrUs, ..Defaults::default() }
            }
            Preset::TardisTrades | Preset::TardisQuotes | Preset::TardisIncrementalBookL2 => {
                Defaults { time_unit: TimeUnit::Us, ..Defaults::default() }
            }
            Preset::TardisBookSnapshot | Preset::BinanceRaw | Preset::Plain => Defaults::default(),
        }
    }

    /// Where its columns are.
    pub(crate) fn shape(self) -> Shape {
        use Role::{
            AskPrice, AskSize, BidPrice, BidSize, BuyerIsMaker, Exchange, Price, Size, Skip,
            TsEvent, VenueSequence,
        };
        match self {
            Preset::LeanEquityTrade => Shape::Fixed(&[TsEvent, Price, Size, Exchange, Skip, Skip]),
            Preset::LeanEquityQuote => {
                Shape::Fixed(&[TsEvent, BidPrice, BidSize, AskPrice, AskSize, Exchange, Skip, Skip])
            }
            Preset::LeanForexQuote => Shape::Fixed(&[TsEvent, BidPrice, AskPrice]),
            Preset::BinanceAggTrades => {
                Shape::Open(&[VenueSequence, Price, Size, Skip, Skip, TsEvent, BuyerIsMaker])
            }
            Preset::BinanceTrades => {
                Shape::Open(&[VenueSequence, Price, Size, Skip, TsEvent, BuyerIsMaker])
            }
            Preset::BinanceBookTicker => {
                Shape::Open(&[Skip, BidPrice, BidSize, AskPrice, AskSize, TsEvent])
            }
            Preset::TardisTrades => Shape::Named(&[
                ("ts_event", "timestamp"),
                ("ts_recv", "local_timestamp"),
                ("symbol", "symbol"),
                ("side", "side"),
                ("price", "price"),
                ("size", "amount"),
            ]),
            Preset::TardisQuotes => Shape::Named(&[
                ("ts_event", "timestamp"),
                ("ts_recv", "local_timestamp"),
                ("symbol", "symbol"),
                ("bid_price", "bid_price"),
                ("bid_size", "bid_amount"),
                ("ask_price", "ask_price"),
                ("ask_size", "ask_amount"),
            ]),
            Preset::TardisIncrementalBookL2 => Shape::Named(&[
                ("ts_event", "timestamp"),
                ("ts_recv", "local_timestamp"),
                ("symbol", "symbol"),
                ("is_snapshot", "is_snapshot"),
                ("side", "side"),
                ("price", "price"),
                ("size", "amount"),
            ]),
            Preset::TardisBookSnapshot | Preset::BinanceRaw | Preset::Plain => Shape::Header,
        }
    }
}

/// What a preset says where the options say nothing.
pub(crate) struct Defaults {
    pub(crate) time_unit: TimeUnit,
    pub(crate) time_from: TimeFrom,
    pub(crate) price_scale: u64,
    pub(crate) one_sided: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            time_unit: TimeUnit::Ns,
            time_from: TimeFrom::Epoch,
            price_scale: 1,
            one_sided: false,
        }
    }
}

/// Where the columns of a preset are.
pub(crate) enum Shape {
    /// At these places, no more and no fewer; no header line.
    Fixed(&'static [Role]),
    /// At these places, perhaps more; a header line is passed over where there is one.
    Open(&'static [Role]),
    /// Our field, and its name in the header line.
    Named(&'static [(&'static str, &'static str)]),
    /// The header line names them in our words.
    Header,
}

/// Names in a header as a config maps them.
pub(crate) fn map(names: &[(&str, &str)]) -> BTreeMap<String, Column> {
    let column = |&(field, name): &(&str, &str)| (field.into(), Column::Name(name.into()));
    names.iter().map(column).collect()
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name without what people write in different ways.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = bare(text);
        // Vendors put the number of levels behind it.
        let of_levels = wanted.strip_prefix("tardisbooksnapshot").unwrap_or("?");
        if of_levels.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Preset::TardisBookSnapshot);
        }
        Self::ALL
            .into_iter()
            .find(|preset| bare(preset.name()) == wanted)
            .ok_or_else(|| format!("there is no preset `{text}`; there are {}", NAMES.join(", ")))
    }
}

impl<'de> Deserialize<'de> for Preset {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;

        impl de::Visitor<'_> for Word {
            type Value = Preset;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a preset")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Preset, E> {
                text.parse().map_err(|_| E::unknown_variant(text, &NAMES))
            }
        }
        deserializer.deserialize_str(Word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_written_as_vendors_write_it() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
        }
        for (text, preset) in [
            ("binance_aggTrades", Preset::BinanceAggTrades),
            ("binance-bookTicker", Preset::BinanceBookTicker),
            ("tardis-incremental_book_L2", Preset::TardisIncrementalBookL2),
            ("tardis-book_snapshot_25", Preset::TardisBookSnapshot),
            ("tardis_book_snapshot_5", Preset::TardisBookSnapshot),
        ] {
            assert_eq!(text.parse(), Ok(preset));
        }
        assert!("tardis".parse::<Preset>().unwrap_err().contains("tardis-quotes"));
    }
}
