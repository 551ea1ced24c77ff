//! Instruments of a capture, by the names that its messages use.

use pitlane::Instruments;

/// Symbols as messages have them, and the numbers of their instruments.
#[derive(Debug)]
pub(super) struct Symbols {
    instruments: Instruments,
    /// Name that every symbol stands for, where one was given.
    given: Option<u32>,
    /// Texts and numbers, the one found last first.
    known: Vec<(Box<str>, u32)>,
}

impl Symbols {
    pub(super) fn new(instruments: &Instruments, given: Option<&str>) -> Self {
        let given = given.map(|symbol| instruments.intern(symbol));
        Self { instruments: instruments.clone(), given, known: Vec::new() }
    }

    /// Every symbol stands for this instrument from here on.
    pub(super) fn give(&mut self, instrument: u32) {
        self.given = Some(instrument);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The instrument that a message without a symbol is of, where there is only one.
    pub(super) fn only(&self) -> Option<u32> {
        match (self.given, self.known.as_slice()) {
            (Some(given), _) => Some(given),
            (None, [(_, only)]) => Some(*only),
            _ => None,
        }
    }

    /// The number of a symbol, in whatever case.
    #[inline]
    pub(super) fn find(&mut self, text: &str) -> u32 {
        match self.known.first() {
            Some((known, id)) if **known == *text => *id,
            _ => self.search(text),
        }
    }

    #[cold]
    fn search(&mut self, text: &str) -> u32 {
        let same = |(known, _): &(Box<str>, u32)| known.eq_ignore_ascii_case(text);
        if let Some(at) = self.known.iter().position(same) {
            self.known.swap(0, at);
            return self.known[0].1;
        }
        let upper = text.to_ascii_uppercase();
        let id = self.given.unwrap_or_else(|| self.instruments.intern(&upper));
        self.known.insert(0, (upper.into(), id));
        id
    }

    /// As `find`, for the name as streams have it, in lower case.
    #[inline]
    pub(super) fn find_stream(&mut self, text: &str) -> u32 {
        match self.known.first() {
            Some((known, id)) if known.eq_ignore_ascii_case(text) => *id,
            _ => self.search(text),
        }
    }
}
