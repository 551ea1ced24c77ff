//! Inner values: of lists, mappings, enums.

use super::fail::Fail;
use super::placeholder::Placeholder;
use super::reader::Reader;
use super::scalar::wrong;
use crate::tree::{Entry, Node, Value};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// An empty value in place of a missing or a spent one. From here on this attempt has failed, so
/// that nobody takes what is wrong with such values for a mistake of the config.
fn stand_in<'de, T: DeserializeSeed<'de>>(within: Reader<'_>, seed: T) -> Result<T::Value, Fail> {
    let failed = within.ledger.fail();
    seed.deserialize(Placeholder::default()).map_err(|_| failed)
}

/// Items of a list.
pub(super) struct Items<'t> {
    list: Reader<'t>,
    items: std::slice::Iter<'t, Node>,
}

impl<'t> Items<'t> {
    pub(super) fn new(list: Reader<'t>, items: &'t [Node]) -> Self {
        Self { list, items: items.iter() }
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Fail;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fail> {
        match self.items.next() {
            Some(item) if self.list.ledger.is_spent(item) => stand_in(self.list, seed).map(Some),
            Some(item) => self.list.inner(item, None).seed(seed).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// Keys and values of a mapping, those that are missing, those that are spent.
pub(super) struct Keys<'t> {
    map: Reader<'t>,
    steps: std::vec::IntoIter<Step<'t>>,
    value: Option<Step<'t>>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Written(&'t Entry),
    Missing(&'static str),
}

impl<'t> Keys<'t> {
    pub(super) fn new(map: Reader<'t>, entries: Vec<&'t Entry>) -> Self {
        let missing = map.ledger.missing(map.node).into_iter().map(Step::Missing);
        // Types may refuse the stand-in of a spent value, so these come last.
        let (spent, good): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| map.ledger.is_spent(&entry.value));
        let good = good.into_iter().map(Step::Written);
        let spent = spent.into_iter().map(Step::Written);
        let steps: Vec<Step<'t>> = good.chain(missing).chain(spent).collect();
        Self { map, steps: steps.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Keys<'_> {
    type Error = Fail;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fail> {
        self.value = self.steps.next();
        match self.value {
            None => Ok(None),
            Some(Step::Written(entry)) => self.map.inner(&entry.key, None).seed(seed).map(Some),
            Some(Step::Missing(key)) => {
                let key: StrDeserializer<'_, Fail> = key.into_deserializer();
                seed.deserialize(key).map(Some).map_err(|_| self.map.ledger.fail())
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        match self.value.take() {
            Some(Step::Written(entry)) if !self.map.ledger.is_spent(&entry.value) => {
                self.map.inner(&entry.value, Some(entry.name())).seed(seed)
            }
            _ => stand_in(self.map, seed),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.steps.len())
    }
}

/// A variant of an enum and its content.
pub(super) struct Variant<'t> {
    of: Reader<'t>,
    /// The name, and the node it is written in, where it is.
    name: &'t str,
    written: Option<&'t Node>,
    content: Option<&'t Node>,
}

impl<'t> Variant<'t> {
    /// `word`, or `{ word: content }`.
    pub(super) fn of_word(of: Reader<'t>) -> Result<Self, Fail> {
        match &of.node.value {
            Value::Scalar { text, .. } if !text.is_empty() => {
                Ok(Self { of, name: text, written: Some(of.node), content: None })
            }
            Value::Map(entries) if entries.len() == 1 => Ok(Self {
                of,
                name: entries[0].name(),
                written: Some(&entries[0].key),
                content: Some(&entries[0].value),
            }),
            _ => Err(wrong(of.node, "one word")),
        }
    }

    /// The variant that is named after the shape of the node.
    pub(super) fn of_shape(of: Reader<'t>, shapes: &'static [&'static str]) -> Result<Self, Fail> {
        let name = match &of.node.value {
            _ if of.node.is_null() && shapes.contains(&"map") => "map",
            Value::Scalar { .. } => "scalar",
            Value::List(_) => "list",
            Value::Map(_) => "map",
        };
        if shapes.contains(&name) {
            return Ok(Self { of, name, written: None, content: Some(of.node) });
        }
        let wanted: Vec<&str> = shapes
            .iter()
            .map(|shape| match *shape {
                "scalar" => "a word",
                "list" => "a list",
                _ => "a mapping",
            })
            .collect();
        Err(wrong(of.node, &wanted.join(" or ")))
    }

    fn content(&self) -> Result<Reader<'t>, Fail> {
        match self.content {
            Some(node) => Ok(self.of.inner(node, None)),
            None => Err(Fail::Value {
                message: format!("`{}` wants a value of its own", self.name),
                help: format!("write `{{ {}: ... }}`", self.name),
            }),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Fail;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Fail> {
        let variant = match self.written {
            Some(node) => seed.deserialize(self.of.inner(node, None))?,
            None => {
                let name: StrDeserializer<'_, Fail> = self.name.into_deserializer();
                seed.deserialize(name)?
            }
        };
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        match self.content {
            Some(node) if !node.is_null() => Err(Fail::Value {
                message: format!("`{}` takes no value", self.name),
                help: format!("write the word alone: `{}`", self.name),
            }),
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fail> {
        self.content()?.seed(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.content()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}
