//! Symbols as they are written in CSV files.

use pitlane::Instruments;
use std::sync::Arc;

/// Symbols by instrument, looked up once each.
#[derive(Debug)]
pub(super) struct Symbols {
    instruments: Instruments,
    texts: Vec<Option<Arc<str>>>,
}

impl Symbols {
    pub(super) fn new(instruments: &Instruments) -> Self {
        Self { instruments: instruments.clone(), texts: Vec::new() }
    }

    /// The symbol of an instrument as a field; empty where it has none.
    #[inline]
    pub(super) fn text(&mut self, instrument: u32) -> &str {
        let at = instrument as usize;
        if self.texts.get(at).is_none_or(Option::is_none) {
            self.look_up(instrument);
        }
        self.texts.get(at).and_then(Option::as_deref).unwrap_or_default()
    }

    #[cold]
    fn look_up(&mut self, instrument: u32) {
        let Some(text) = self.instruments.text(instrument) else { return };
        let at = instrument as usize;
        if at >= self.texts.len() {
            self.texts.resize(at + 1, None);
        }
        self.texts[at] = Some(quoted(&text).into());
    }
}

/// A text as a field of a CSV file.
pub(crate) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_with_commas_stand_in_quotes() {
        let instruments = Instruments::new();
        let id = instruments.intern("A,\"B\".X");
        let mut symbols = Symbols::new(&instruments);
        assert_eq!(symbols.text(id), "\"A,\"\"B\"\".X\"");
        assert_eq!(symbols.text(0), "");
        assert_eq!(symbols.text(99), "", "never given");
    }
}
