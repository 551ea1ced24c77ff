//! Empty values that stand in for missing ones.

use super::fail::Fail;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, VariantAccess, Visitor};

/// Deepest nesting of placeholders; types that contain themselves end here.
const MAX_DEPTH: u8 = 32;

/// An empty value of whatever type is wanted: one, no text, no items, the first variant.
#[derive(Clone, Copy, Default)]
pub(super) struct Placeholder {
    depth: u8,
}

impl Placeholder {
    fn inner(self) -> Result<Self, Fail> {
        if self.depth == MAX_DEPTH { Err(Fail::Known) } else { Ok(Self { depth: self.depth + 1 }) }
    }
}

macro_rules! placeholders {
    ($($method:ident => $visit:ident($($value:expr)?);)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fail> {
            visitor.$visit($($value)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Placeholder {
    type Error = Fail;

    placeholders! {
        deserialize_any => visit_unit();
        deserialize_bool => visit_bool(false);
        deserialize_i8 => visit_i8(1);
        deserialize_i16 => visit_i16(1);
        deserialize_i32 => visit_i32(1);
        deserialize_i64 => visit_i64(1);
        deserialize_i128 => visit_i128(1);
        deserialize_u8 => visit_u8(1);
        deserialize_u16 => visit_u16(1);
        deserialize_u32 => visit_u32(1);
        deserialize_u64 => visit_u64(1);
        deserialize_u128 => visit_u128(1);
        deserialize_f32 => visit_f32(1.0);
        deserialize_f64 => visit_f64(1.0);
        deserialize_char => visit_char(' ');
        deserialize_str => visit_str("");
        deserialize_string => visit_str("");
        deserialize_bytes => visit_bytes(&[]);
        deserialize_byte_buf => visit_bytes(&[]);
        deserialize_option => visit_none();
        deserialize_unit => visit_unit();
        deserialize_seq => visit_seq(Empty);
        deserialize_map => visit_map(Empty);
        deserialize_identifier => visit_str("");
        deserialize_ignored_any => visit_unit();
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_newtype_struct(self.inner()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_seq(Fields { keys: &[], left: length, inner: self.inner()? })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_map(Fields { keys: fields, left: fields.len(), inner: self.inner()? })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        visitor.visit_enum(First(variants.first().copied().unwrap_or(""), self.inner()?))
    }
}

/// Nothing in it.
struct Empty;

impl<'de> serde::de::SeqAccess<'de> for Empty {
    type Error = Fail;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Fail> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Empty {
    type Error = Fail;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Fail> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        seed.deserialize(Placeholder::default())
    }
}

/// A placeholder for each of some fields.
struct Fields {
    keys: &'static [&'static str],
    left: usize,
    inner: Placeholder,
}

impl<'de> serde::de::SeqAccess<'de> for Fields {
    type Error = Fail;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fail> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(self.inner).map(Some)
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Fail;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fail> {
        let Some((key, rest)) = self.keys.split_first() else { return Ok(None) };
        self.keys = rest;
        seed.deserialize(serde::de::value::StrDeserializer::<Fail>::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fail> {
        seed.deserialize(self.inner)
    }
}

/// The first variant of an enum.
struct First(&'static str, Placeholder);

impl<'de> EnumAccess<'de> for First {
    type Error = Fail;
    type Variant = Placeholder;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Placeholder), Fail> {
        let name = serde::de::value::StrDeserializer::<Fail>::new(self.0);
        Ok((seed.deserialize(name)?, self.1))
    }
}

impl<'de> VariantAccess<'de> for Placeholder {
    type Error = Fail;

    fn unit_variant(self) -> Result<(), Fail> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fail> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Fail> {
        self.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fail> {
        self.deserialize_struct("", fields, visitor)
    }
}
