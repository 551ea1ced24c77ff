//! Keys of messages.

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use std::fmt;

/// Keys that are looked at.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Event,
    Symbol,
    Sent,
    Happened,
    First,
    Last,
    Previous,
    Bid,
    Ask,
    BidSize,
    AskSize,
    Price,
    Size,
    TradeId,
    BuyerIsMaker,
    Origin,
    Snapshot,
    Bids,
    Asks,
    Stream,
    Data,
    Unknown,
}

impl Key {
    #[inline]
    pub(super) fn of(text: &[u8]) -> Self {
        match text {
            b"e" => Key::Event,
            b"s" | b"symbol" => Key::Symbol,
            b"E" => Key::Sent,
            b"T" => Key::Happened,
            b"U" => Key::First,
            b"u" => Key::Last,
            b"pu" => Key::Previous,
            b"b" => Key::Bid,
            b"a" => Key::Ask,
            b"B" => Key::BidSize,
            b"A" => Key::AskSize,
            b"p" => Key::Price,
            b"q" => Key::Size,
            b"t" => Key::TradeId,
            b"m" => Key::BuyerIsMaker,
            b"X" => Key::Origin,
            b"lastUpdateId" => Key::Snapshot,
            b"bids" => Key::Bids,
            b"asks" => Key::Asks,
            b"stream" => Key::Stream,
            b"data" => Key::Data,
            _ => Key::Unknown,
        }
    }

    /// Whether a text under it is a decimal.
    #[inline]
    pub(super) fn is_decimal(self) -> bool {
        use Key::{Ask, AskSize, Bid, BidSize, Price, Size};
        matches!(self, Bid | BidSize | Ask | AskSize | Price | Size)
    }
}

/// Reads a key.
pub(super) struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Key, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
        Ok(Key::of(text.as_bytes()))
    }
}
