//! What patterns ask of the events of one stream.

/// All kinds.
pub(super) const ALL_KINDS: u32 = u32::MAX;

/// What patterns ask of the events of one stream: any of these kinds and symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interest {
    /// Kinds, as bits, and the symbols that are wanted of these kinds.
    pub(super) parts: Vec<(u32, Symbols)>,
    /// As written.
    patterns: Vec<String>,
}

/// Symbols that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbols {
    All,
    /// Texts of instruments, sorted.
    Of(Vec<String>),
}

impl Interest {
    pub(super) fn new(pattern: &str, kinds: u32, symbols: Symbols) -> Self {
        Self { parts: vec![(kinds, symbols)], patterns: vec![pattern.into()] }
    }

    /// What either of them asks.
    pub(crate) fn or(mut self, other: Interest) -> Interest {
        self.patterns.extend(other.patterns);
        for (kinds, symbols) in other.parts {
            match self.parts.iter_mut().find(|(known, _)| *known == kinds) {
                None => self.parts.push((kinds, symbols)),
                Some((_, known)) => match (&mut *known, symbols) {
                    (Symbols::All, _) => {}
                    (known, Symbols::All) => *known = Symbols::All,
                    (Symbols::Of(known), Symbols::Of(new)) => {
                        known.extend(new);
                        known.sort_unstable();
                        known.dedup();
                    }
                },
            }
        }
        self
    }

    /// Whether it asks for events of this kind and symbol.
    pub(crate) fn holds(&self, kind: u8, symbol: &str) -> bool {
        self.parts.iter().any(|(kinds, symbols)| {
            let of_kind = *kinds == ALL_KINDS || kinds >> (kind & 31) & 1 != 0;
            let of_symbol = match symbols {
                Symbols::All => true,
                Symbols::Of(texts) => texts.iter().any(|text| text == symbol),
            };
            of_kind && of_symbol
        })
    }

    /// Whether it asks for named symbols alone.
    pub(crate) fn is_by_symbol(&self) -> bool {
        self.parts.iter().all(|(_, symbols)| matches!(symbols, Symbols::Of(_)))
    }

    /// The symbols that it names, each with the kinds it is asked for.
    pub(crate) fn named(&self) -> Vec<(&str, u32)> {
        let mut named = Vec::new();
        for (kinds, symbols) in &self.parts {
            if let Symbols::Of(texts) = symbols {
                named.extend(texts.iter().map(|text| (text.as_str(), *kinds)));
            }
        }
        named
    }

    /// Whether it asks for every event.
    pub(crate) fn is_everything(&self) -> bool {
        self.parts.contains(&(ALL_KINDS, Symbols::All))
    }
}

impl std::fmt::Display for Interest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.patterns.join(", "))
    }
}
