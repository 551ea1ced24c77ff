//! Texts of a column and their numbers.

use std::collections::HashMap;

/// Texts that are found without asking the table.
const RECENT: usize = 64;

/// A text of at most 16 bytes, so that it can be compared at once, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short {
    first: u64,
    last: u64,
    length: usize,
}

impl Short {
    /// No text.
    const NONE: Short = Short { first: 0, last: 0, length: usize::MAX };

    /// The same for two texts only where they are the same; `None` for long ones and the empty one.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        let four = |bytes: &[u8; 4]| u64::from(u32::from_le_bytes(*bytes));
        let (first, last) = match text {
            [] => return None,
            [byte] => (u64::from(*byte), 0),
            [a, b] => (u64::from(*a), u64::from(*b)),
            [a, b, c] => (u64::from(*a), u64::from(*b) << 8 | u64::from(*c)),
            _ if text.len() > 16 => return None,
            _ => match (text.first_chunk(), text.last_chunk()) {
                (Some(first), Some(last)) => {
                    (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
                }
                _ => (four(text.first_chunk()?), four(text.last_chunk()?)),
            },
        };
        Some(Self { first, last, length: text.len() })
    }

    /// Its place among the recent ones.
    #[inline]
    fn place(self) -> usize {
        let mixed = (self.first ^ self.last.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 58) as usize % RECENT
    }
}

/// Texts seen so far. Looking one up that is known allocates nothing.
#[derive(Debug)]
pub(crate) struct Words {
    recent: Box<[(Short, u32); RECENT]>,
    known: HashMap<Box<[u8]>, u32>,
}

impl Default for Words {
    fn default() -> Self {
        Self { recent: Box::new([(Short::NONE, 0); RECENT]), known: HashMap::new() }
    }
}

impl Words {
    /// The number of a text; where it is new, `number` gives it.
    #[inline]
    pub(crate) fn get(
        &mut self,
        text: &[u8],
        number: impl FnOnce(&[u8], usize) -> Option<u32>,
    ) -> Option<u32> {
        let Some(short) = Short::of(text) else { return self.look_up(text, number) };
        let place = short.place();
        let (known, found) = self.recent[place];
        if known == short {
            return Some(found);
        }
        let found = self.look_up(text, number)?;
        self.recent[place] = (short, found);
        Some(found)
    }

    #[inline(never)]
    fn look_up(
        &mut self,
        text: &[u8],
        number: impl FnOnce(&[u8], usize) -> Option<u32>,
    ) -> Option<u32> {
        if let Some(&found) = self.known.get(text) {
            return Some(found);
        }
        let new = number(text, self.known.len())?;
        self.known.insert(text.into(), new);
        Some(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_text_keeps_its_number(texts in prop::collection::vec("[ab\\x00]{0,18}", 0..300)) {
            let (mut words, mut plain) = (Words::default(), HashMap::new());
            for text in &texts {
                let next = plain.len();
                let expected = *plain.entry(text.clone()).or_insert(next as u32);
                prop_assert_eq!(words.get(text.as_bytes(), |_, known| Some(known as u32)), Some(expected));
            }
        }
    }

    #[test]
    fn a_text_without_a_number_is_asked_for_again() {
        let mut words = Words::default();
        assert_eq!(words.get(b"A", |_, _| None), None);
        assert_eq!(words.get(b"A", |_, _| Some(7)), Some(7));
        assert_eq!(words.get(b"A", |_, _| None), Some(7));
    }
}
