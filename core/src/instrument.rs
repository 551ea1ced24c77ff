//! Instruments: symbols interned to small numbers.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The instruments of this process: text `SYMBOL.VENUE` to and from small numbers.
///
/// Shared by all that read or print symbols; clones are handles to the same table. Feeds intern a
/// symbol once, when they first see it; nothing on the hot path looks here. Numbers count from 1
/// and mean nothing outside the process.
#[derive(Clone, Debug, Default)]
pub struct Instruments(Arc<RwLock<Table>>);

#[derive(Debug, Default)]
struct Table {
    texts: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, u32>,
}

impl Instruments {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of an instrument, given now where it had none.
    #[must_use]
    pub fn intern(&self, text: &str) -> u32 {
        if let Some(id) = self.id(text) {
            return id;
        }
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = table.ids.get(text) {
            return id;
        }
        let text: Arc<str> = text.into();
        table.texts.push(text.clone());
        let id = u32::try_from(table.texts.len()).expect("fewer than 2^32 instruments");
        table.ids.insert(text, id);
        id
    }

    /// The number of an instrument that has one.
    #[must_use]
    pub fn id(&self, text: &str) -> Option<u32> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).ids.get(text).copied()
    }

    /// The text of a number; `None` for 0 and for numbers never given.
    #[must_use]
    pub fn text(&self, id: u32) -> Option<Arc<str>> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.texts.get((id as usize).checked_sub(1)?).cloned()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Symbol and venue of a text: the venue is what follows the last dot, empty where there is none.
    #[must_use]
    pub fn split(text: &str) -> (&str, &str) {
        text.rsplit_once('.').unwrap_or((text, ""))
    }
}
