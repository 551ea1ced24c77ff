//! A node as serde's deserializer.

use super::access::{Items, Keys, Variant};
use super::fail::Fail;
use super::ledger::{Ledger, What};
use super::scalar::{self, Guess, wrong};
use super::{OPEN, SHAPE};
use crate::tree::{Entry, Node, Value};
use serde::de::{DeserializeSeed, Deserializer, Visitor};

/// A node to be read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'t> {
    pub(super) node: &'t Node,
    /// What messages call it.
    pub(super) name: Option<&'t str>,
    pub(super) ledger: &'t Ledger,
    /// Keys of this node that belong to somebody else.
    reserved: &'t [&'t str],
    /// Whether the value read from here is handed out, so that it must be free of mistakes.
    root: bool,
}

impl<'t> Reader<'t> {
    pub(super) fn root(what: What<'t>, ledger: &'t Ledger) -> Self {
        let What { node, name, reserved, .. } = what;
        Self { node, name, ledger, reserved, root: true }
    }

    /// A node within this one; without a name of its own it goes by this one's.
    pub(super) fn inner(&self, node: &'t Node, name: Option<&'t str>) -> Self {
        Self { node, name: name.or(self.name), ledger: self.ledger, reserved: &[], root: false }
    }

    /// Has a value made of this node; a failure that nothing in it has noted belongs to it.
    pub(super) fn seed<'de, T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fail> {
        self.guard(|| seed.deserialize(self))
    }

    fn guard<T>(self, visit: impl FnOnce() -> Result<T, Fail>) -> Result<T, Fail> {
        let before = (self.ledger.failures(), self.ledger.news());
        match visit() {
            Ok(_) if self.root && !self.ledger.may_hand_out() => Err(Fail::Known),
            Ok(value) => Ok(value),
            Err(fail) => Err(self.ledger.failed(self.node, self.name, before, fail)),
        }
    }

    /// Entries of a mapping that are not reserved.
    fn entries(&self) -> Result<Vec<&'t Entry>, Fail> {
        if !matches!(self.node.value, Value::Map(_)) && !self.node.is_null() {
            return Err(wrong(self.node, "a mapping"));
        }
        let wanted = |entry: &&Entry| {
            !self.reserved.contains(&entry.name()) && !self.ledger.is_spent(&entry.key)
        };
        Ok(self.node.entries().iter().filter(wanted).collect())
    }

    fn items(&self) -> Result<&'t [Node], Fail> {
        match &self.node.value {
            Value::List(items) => Ok(items),
            _ if self.node.is_null() => Ok(&[]),
            _ => Err(wrong(self.node, "a list")),
        }
    }

    fn refuse_all_keys(&self) -> Result<(), Fail> {
        for entry in self.entries()? {
            self.ledger.unknown_key(self.node, entry, self.name, &[], self.reserved);
        }
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            self.guard(|| {
                let (least, most) = (<$type>::MIN, <$type>::MAX);
                let number = scalar::integer(self.node, least as i128, i128::try_from(most).unwrap_or(i128::MAX))?;
                visitor.$visit(<$type>::try_from(number).expect("within bounds"))
            })
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fail;

    integers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        match &self.node.value {
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
            Value::Scalar { .. } => self.guard(|| match scalar::guess(self.node) {
                Guess::Null => visitor.visit_unit(),
                Guess::Bool(truth) => visitor.visit_bool(truth),
                Guess::Int(number) => match (u64::try_from(number), i64::try_from(number)) {
                    (Ok(number), _) => visitor.visit_u64(number),
                    (_, Ok(number)) => visitor.visit_i64(number),
                    _ => visitor.visit_str(self.node.as_text().unwrap_or_default()),
                },
                Guess::Float(number) => visitor.visit_f64(number),
                Guess::Text(text) => visitor.visit_str(text),
            }),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_bool(scalar::boolean(self.node)?))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_f64(scalar::float(self.node)?))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_str(scalar::text(self.node)?))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_bytes(scalar::text(self.node)?.as_bytes()))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| {
            if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
        })
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| {
            self.refuse_all_keys()?;
            visitor.visit_unit()
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_seq(Items::new(self, self.items()?)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.guard(|| visitor.visit_map(Keys::new(self, self.entries()?)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.guard(|| {
            let mut entries = self.entries()?;
            entries.retain(|entry| {
                let known = fields.contains(&entry.name());
                if !known && !name.starts_with(OPEN) {
                    self.ledger.unknown_key(self.node, entry, self.name, fields, self.reserved);
                }
                known
            });
            visitor.visit_map(Keys::new(self, entries))
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        if name == SHAPE {
            return self.guard(|| visitor.visit_enum(Variant::of_shape(self, variants)?));
        }
        self.guard(|| visitor.visit_enum(Variant::of_word(self)?))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }
}
