//! Texts of a column and their numbers.

use std::collections::HashMap;

/// Texts seen so far. Looking one up that is known allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Words {
    last: Vec<u8>,
    last_number: u32,
    known: HashMap<Box<[u8]>, u32>,
}

impl Words {
    /// The number of a text; where it is new, `number` gives it.
    #[inline]
    pub(crate) fn get(
        &mut self,
        text: &[u8],
        number: impl FnOnce(&[u8], usize) -> Option<u32>,
    ) -> Option<u32> {
        if self.last == text && !text.is_empty() {
            return Some(self.last_number);
        }
        let found = match self.known.get(text) {
            Some(&found) => found,
            None => {
                let new = number(text, self.known.len())?;
                self.known.insert(text.into(), new);
                new
            }
        };
        self.last.clear();
        self.last.extend_from_slice(text);
        self.last_number = found;
        Some(found)
    }
}
