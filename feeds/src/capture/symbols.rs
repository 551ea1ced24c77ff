//! Instruments of a capture, by the names that its messages use.

use crate::csv::Words;
use pitlane::Instruments;

/// Symbols as messages and streams have them, and the numbers of their instruments.
#[derive(Debug)]
pub(super) struct Symbols {
    instruments: Instruments,
    /// The instrument that every symbol stands for, where one was given.
    given: Option<u32>,
    /// Symbols in capitals, each once, in the order in which they came.
    names: Vec<Box<str>>,
    /// By what messages say.
    symbols: Words,
    /// By what streams are called: the same in lower case.
    streams: Words,
}

impl Symbols {
    pub(super) fn new(instruments: &Instruments, given: Option<&str>) -> Self {
        Self {
            instruments: instruments.clone(),
            given: given.map(|symbol| instruments.intern(symbol)),
            names: Vec::new(),
            symbols: Words::default(),
            streams: Words::default(),
        }
    }

    /// Every symbol stands for this instrument from here on.
    pub(super) fn give(&mut self, instrument: u32) {
        self.given = Some(instrument);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The instrument that a message without a symbol is of, where there is only one.
    pub(super) fn only(&self) -> Option<u32> {
        match (self.given, self.names.as_slice()) {
            (Some(given), _) => Some(given),
            (None, [only]) => self.instruments.id(only),
            _ => None,
        }
    }

    /// The number of a message's symbol; 0 for an empty one.
    #[inline]
    pub(super) fn find(&mut self, text: &str) -> u32 {
        let Self { instruments, given, names, symbols, .. } = self;
        symbols.get(text.as_bytes(), |_, _| add(instruments, *given, names, text)).unwrap_or(0)
    }

    /// The number of a symbol as streams are called by it; 0 for an empty one.
    #[inline]
    pub(super) fn find_stream(&mut self, text: &str) -> u32 {
        let Self { instruments, given, names, streams, .. } = self;
        streams.get(text.as_bytes(), |_, _| add(instruments, *given, names, text)).unwrap_or(0)
    }
}

#[cold]
fn add(
    instruments: &Instruments,
    given: Option<u32>,
    names: &mut Vec<Box<str>>,
    text: &str,
) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let name = text.to_ascii_uppercase();
    let id = given.unwrap_or_else(|| instruments.intern(&name));
    if !names.iter().any(|known| **known == *name) {
        names.push(name.into());
    }
    Some(id)
}
