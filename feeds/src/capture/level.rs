//! Prices and sizes of levels.

use super::message::{Decimal, Level, MISSING};
use super::skip::Skip;
use crate::csv::Scale;
use pitlane::event::fixed::{NULL, ParseError};
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// `["61800.20","2.507"]`; what else stands in it is passed over.
pub(super) struct LevelSeed<'a> {
    pub(super) error: &'a mut Option<ParseError>,
}

impl<'de> DeserializeSeed<'de> for LevelSeed<'_> {
    type Value = Level;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Level, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LevelSeed<'_> {
    type Value = Level;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("price and size as texts")
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Level, A::Error> {
        let mut next = || Ok(seq.next_element_seed(NumberSeed)?.unwrap_or(MISSING));
        let level = (next()?, next()?);
        while seq.next_element_seed(Skip::ALL)?.is_some() {}
        match level {
            (Ok(price), Ok(size)) => Ok((price, size)),
            (Err(error), _) | (_, Err(error)) => {
                self.error.get_or_insert(error);
                Ok((NULL, NULL))
            }
        }
    }
}

struct NumberSeed;

impl<'de> DeserializeSeed<'de> for NumberSeed {
    type Value = Decimal;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Decimal, D::Error> {
        json.deserialize_any(self)
    }
}

impl Visitor<'_> for NumberSeed {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number as text")
    }

    #[inline]
    fn visit_str<E: Error>(self, text: &str) -> Result<Decimal, E> {
        Ok(Scale::ONE.parse(text.as_bytes()))
    }
}
