//! One message of Binance, read without building anything: numbers and names go where they belong
//! while the text is passed over.
//!
//! Keys mean different things in different messages (`b` is a price, a list of levels, or the id of an
//! order), so values are kept by key and type, and looked at when the message is known.
//!
//! All but keys is read by `deserialize_any`: where the type is another than the one asked for, the
//! reader looks at the whole value for its message, nested as deep as it may be.

use super::key::{Key, KeySeed};
use super::level::LevelSeed;
use super::skip::Skip;
use super::symbols::Symbols;
use crate::csv::Scale;
use pitlane::event::fixed::ParseError;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What a message is, as its `e` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Event {
    /// It does not say: a REST snapshot, a quote of the spot market, an answer.
    #[default]
    None,
    Depth,
    Quote,
    Trade,
    AggTrade,
    /// Something else, such as a mark price.
    Other,
}

/// Which trades of a `trade` message go on in a book: what `X` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    #[default]
    Market,
    /// Of the insurance fund, by deleveraging, or none at all.
    Other,
}

/// Price and size, 1e-9.
pub(super) type Level = (i64, i64);

/// A number that may not have come, or not have been one.
pub(super) type Decimal = Result<i64, ParseError>;

/// What came under a key that is a price in some messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    /// `b` and `B`, `a` and `A`, `p` and `q`.
    pub(super) bid: (Decimal, Decimal),
    pub(super) ask: (Decimal, Decimal),
    pub(super) trade: (Decimal, Decimal),
    /// `E` and `T`, ns since 1970; 0 where they did not come.
    pub(super) sent: u64,
    pub(super) happened: u64,
    /// `U`, `u`, `pu`.
    pub(super) first: Option<u64>,
    pub(super) last: Option<u64>,
    pub(super) previous: Option<u64>,
    /// `t`, or `a` where it is a number.
    pub(super) trade_id: u64,
    pub(super) agg_id: u64,
    /// `m`.
    pub(super) buyer_is_maker: Option<bool>,
    pub(super) origin: Origin,
    pub(super) snapshot: Option<u64>,
    pub(super) event: Event,
    /// `s`, or what the stream's name says; 0 where neither came.
    pub(super) instrument: u32,
    /// Whether the stream is one of the best levels only.
    pub(super) partial: bool,
    /// Whether `b`, `a`, `bids` or `asks` was a list.
    pub(super) has_levels: bool,
    /// What was wrong with a level.
    pub(super) level: Option<ParseError>,
}

pub(super) const MISSING: Decimal = Err(ParseError::Empty);

impl Default for Fields {
    fn default() -> Self {
        Self {
            bid: (MISSING, MISSING),
            ask: (MISSING, MISSING),
            trade: (MISSING, MISSING),
            sent: 0,
            happened: 0,
            first: None,
            last: None,
            previous: None,
            trade_id: 0,
            agg_id: 0,
            buyer_is_maker: None,
            origin: Origin::Market,
            snapshot: None,
            event: Event::None,
            instrument: 0,
            partial: false,
            has_levels: false,
            level: None,
        }
    }
}

/// Reads messages; keeps the room for their levels.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: Fields,
    pub(super) bids: Vec<Level>,
    pub(super) asks: Vec<Level>,
    pub(super) symbols: Symbols,
}

impl Message {
    pub(super) fn new(symbols: Symbols) -> Self {
        Self { fields: Fields::default(), bids: Vec::new(), asks: Vec::new(), symbols }
    }

    /// Forgets the message before.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.fields = Fields::default();
        self.bids.clear();
        self.asks.clear();
    }

    /// Takes in a text that is no decimal.
    #[inline]
    pub(super) fn text(&mut self, key: Key, text: &str) {
        match key {
            Key::Event => self.fields.event = event(text),
            Key::Symbol => self.fields.instrument = self.symbols.find(text),
            Key::Origin if text != "MARKET" => self.fields.origin = Origin::Other,
            Key::Stream => stream(text, self),
            _ => {}
        }
    }

    /// Takes in a text that is a decimal, or should be.
    #[inline]
    pub(super) fn decimal(&mut self, key: Key, number: Decimal) {
        let fields = &mut self.fields;
        match key {
            Key::Bid => fields.bid.0 = number,
            Key::BidSize => fields.bid.1 = number,
            Key::Ask => fields.ask.0 = number,
            Key::AskSize => fields.ask.1 = number,
            Key::Price => fields.trade.0 = number,
            Key::Size => fields.trade.1 = number,
            _ => {}
        }
    }

    /// Takes in a whole number.
    #[inline]
    pub(super) fn number(&mut self, key: Key, number: u64) {
        let fields = &mut self.fields;
        match key {
            Key::Sent => fields.sent = nanoseconds(number),
            Key::Happened => fields.happened = nanoseconds(number),
            Key::First => fields.first = Some(number),
            Key::Last => fields.last = Some(number),
            Key::Previous => fields.previous = Some(number),
            Key::TradeId => fields.trade_id = number,
            Key::Ask => fields.agg_id = number,
            Key::Snapshot => fields.snapshot = Some(number),
            _ => {}
        }
    }

    /// Takes in a truth value.
    #[inline]
    pub(super) fn truth(&mut self, key: Key, value: bool) {
        if let Key::BuyerIsMaker = key {
            self.fields.buyer_is_maker = Some(value);
        }
    }

    /// Where levels go that come under a key, and what is wrong with one; `None` where lists under it
    /// are no levels.
    #[inline]
    pub(super) fn levels(
        &mut self,
        key: Key,
    ) -> Option<(&mut Vec<Level>, &mut Option<ParseError>)> {
        let levels = match key {
            Key::Bid | Key::Bids => &mut self.bids,
            Key::Ask | Key::Asks => &mut self.asks,
            _ => return None,
        };
        self.fields.has_levels = true;
        Some((levels, &mut self.fields.level))
    }

    /// Reads one message in the place of the one before.
    pub(super) fn read<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        self.clear();
        Object { message: self, is_outer: true }.deserialize(json)
    }
}

/// The message, or the `data` in it.
struct Object<'a> {
    message: &'a mut Message,
    /// Not yet in `data`: there is no `data` in `data`, so that nothing nests without end.
    is_outer: bool,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(KeySeed)? {
            match key {
                Key::Unknown => map.next_value_seed(Skip::ALL)?,
                Key::Data if self.is_outer => map.next_value_seed(Inner(self.message))?,
                Key::Data => map.next_value_seed(Skip::ALL)?,
                key => map.next_value_seed(Value { key, message: self.message })?,
            }
        }
        Ok(())
    }
}

/// What stands under `data`: a message, or something else that is passed over.
struct Inner<'a>(&'a mut Message);

impl<'de> DeserializeSeed<'de> for Inner<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message, or several")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Object { message: self.0, is_outer: false }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        Skip::ALL.visit_seq(seq)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
}

/// The value of a key that is looked at.
struct Value<'a> {
    key: Key,
    message: &'a mut Message,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if self.key.is_decimal() {
            self.message.decimal(self.key, Scale::ONE.parse(text.as_bytes()));
        } else {
            self.message.text(self.key, text);
        }
        Ok(())
    }

    #[inline]
    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.message.number(self.key, number);
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.message.truth(self.key, value);
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((levels, error)) = self.message.levels(self.key) else {
            while seq.next_element_seed(Skip::ALL)?.is_some() {}
            return Ok(());
        };
        while let Some(level) = seq.next_element_seed(LevelSeed { error: &mut *error })? {
            levels.push(level);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Skip::ALL.visit_map(map)
    }
}

fn event(text: &str) -> Event {
    match text {
        "depthUpdate" => Event::Depth,
        "bookTicker" => Event::Quote,
        "trade" => Event::Trade,
        "aggTrade" => Event::AggTrade,
        _ => Event::Other,
    }
}

/// A stream's name, such as `btcusdt@depth20@100ms`: its symbol, and whether it is of the best levels
/// only. Numbers behind `depth` are levels, those behind a further `@` are times.
fn stream(text: &str, message: &mut Message) {
    let Some((symbol, rest)) = text.split_once('@') else { return };
    let kind = rest.split('@').next().unwrap_or_default();
    let fields = &mut message.fields;
    fields.partial = kind.strip_prefix("depth").is_some_and(|levels| !levels.is_empty());
    if fields.instrument == 0 && !symbol.is_empty() && !symbol.starts_with('!') {
        fields.instrument = message.symbols.find_stream(symbol);
    }
}

/// Milliseconds, microseconds or nanoseconds since 1970 as nanoseconds. Binance sends either of the
/// first two, captures have all three; as numbers they do not meet between 1973 and 5138.
#[inline]
pub(super) fn nanoseconds(number: u64) -> u64 {
    match number {
        0..100_000_000_000_000 => number.saturating_mul(1_000_000),
        100_000_000_000_000..100_000_000_000_000_000 => number.saturating_mul(1_000),
        _ => number,
    }
}
