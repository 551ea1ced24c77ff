//! Keeps back what was seen before.

use super::{Due, Middleware, Passing, Verdict};
use crate::condition::Fields;
use crate::event::{EventType, FieldKind, Slot};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// Most fields in a key.
const MOST_FIELDS: usize = 4;

/// The values of the key's fields, and the event's type.
type Key = (u8, [u64; MOST_FIELDS]);

/// Keeps back events whose key is that of one that passed within a window of event time before.
#[derive(Clone, Debug)]
pub struct Dedupe {
    fields: Vec<String>,
    window: u64,
    /// Where the key lies in events of the type seen last.
    known: Option<(EventType, Vec<FieldKind>)>,
    seen: HashSet<Key>,
    /// What was seen, the oldest first, and when it is forgotten.
    forgotten: VecDeque<(u64, Key)>,
}

impl Dedupe {
    /// By 1 to 4 fields, named as in conditions: `["symbol", "order_id"]`.
    #[must_use]
    pub fn new<T: Into<String>>(fields: impl IntoIterator<Item = T>, window: Duration) -> Self {
        Self {
            fields: fields.into_iter().map(Into::into).collect(),
            window: u64::try_from(window.as_nanos()).unwrap_or(u64::MAX),
            known: None,
            seen: HashSet::with_capacity(1 << 12),
            forgotten: VecDeque::with_capacity(1 << 12),
        }
    }

    fn key(&mut self, event: &Passing<'_>) -> Key {
        if self.known.as_ref().is_none_or(|(known, _)| *known != event.event.event) {
            let named = |name: &String| event.event.fields.iter().find(|field| field.name == *name);
            let kinds = self.fields.iter().filter_map(named).map(|field| field.kind).collect();
            self.known = Some((event.event.event, kinds));
        }
        let mut values = [0; MOST_FIELDS];
        if let Some((_, kinds)) = &self.known {
            for (value, kind) in values.iter_mut().zip(kinds) {
                *value = read(event.slot, *kind);
            }
        }
        (event.event.event.id, values)
    }
}

/// A field's bits. Where the kind of an event does not have the field, it is null: all ones.
fn read(slot: &Slot, kind: FieldKind) -> u64 {
    let bytes: &[u8] = bytemuck::bytes_of(slot);
    let load = |byte: usize, count: usize| {
        let mut word = [0; 8];
        word[..count].copy_from_slice(&bytes[byte..byte + count]);
        u64::from_le_bytes(word)
    };
    let has = |kinds: u32| kinds >> (slot.header.kind & 31) & 1 != 0;
    match kind {
        FieldKind::Decimal { byte, kinds } if has(kinds) => load(byte, 8),
        FieldKind::Integer { byte, bytes, kinds } if has(kinds) => load(byte, bytes),
        FieldKind::Decimal { .. } | FieldKind::Integer { .. } => u64::MAX,
        FieldKind::Float { byte } => load(byte, 8),
        FieldKind::Choice { byte, mask, .. } => u64::from(bytes[byte] & mask),
        FieldKind::Symbol | FieldKind::Venue => u64::from(slot.header.instrument),
        FieldKind::Source => u64::from(slot.header.source),
        FieldKind::Component { byte } => load(byte, 2),
    }
}

impl Middleware for Dedupe {
    fn name(&self) -> &str {
        "dedupe"
    }

    fn before(&mut self, event: &Passing<'_>, _: &mut Due) -> Verdict {
        while let Some((at, key)) = self.forgotten.front()
            && *at <= event.now
        {
            self.seen.remove(key);
            self.forgotten.pop_front();
        }
        let key = self.key(event);
        if !self.seen.insert(key) {
            return Verdict::Hold;
        }
        self.forgotten.push_back((event.now.saturating_add(self.window), key));
        Verdict::Pass
    }

    fn check(&self, event: &Fields) -> Result<(), (String, String)> {
        if self.fields.is_empty() || self.fields.len() > MOST_FIELDS {
            let message = format!("the key of `dedupe` has {} fields", self.fields.len());
            return Err((message, format!("name 1 to {MOST_FIELDS} of them")));
        }
        let known = || event.fields.iter().map(|field| field.name).filter(|name| *name != "venue");
        for name in &self.fields {
            if known().any(|known| known == name) {
                continue;
            }
            let help = match crate::topology::nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
            };
            return Err((
                format!("`dedupe` has no field `{name}` of {} to go by", event.event),
                help,
            ));
        }
        Ok(())
    }
}
