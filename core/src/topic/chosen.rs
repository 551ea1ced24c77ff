//! The events that patterns ask for, as bits.

use super::Interest;
use super::interest::{ALL_KINDS, Symbols};
use crate::Instruments;
use crate::condition::{Quick, Rest, Test, fuse};
use crate::event::Header;

/// Instruments that there is room for from the start; for more of them, the bits grow when the symbol
/// comes.
const ROOM: usize = 1 << 14;

/// Which events of a stream are asked for: a bit by kind, and a bit by instrument.
pub(crate) struct Chosen {
    parts: Vec<Part>,
}

struct Part {
    kinds: u32,
    /// `None` where the instrument does not matter.
    instruments: Option<Wanted>,
}

/// Instruments that are wanted, as bits.
pub(crate) struct Wanted {
    bits: Vec<u64>,
    /// Instruments below this number were matched.
    matched: u32,
    /// Texts, sorted.
    texts: Vec<String>,
    instruments: Instruments,
}

impl Chosen {
    pub(crate) fn new(interest: &Interest, instruments: &Instruments) -> Self {
        let part = |(kinds, symbols): &(u32, Symbols)| Part {
            kinds: *kinds,
            instruments: match symbols {
                Symbols::All => None,
                Symbols::Of(texts) => Some(Wanted::new(texts.clone(), instruments.clone())),
            },
        };
        Self { parts: interest.parts.iter().map(part).collect() }
    }

    /// Makes of it what is asked in place, and what is left to ask by a call.
    pub(crate) fn into_quick(mut self) -> (Quick, Option<Test>) {
        if self.parts.len() != 1 {
            return (Quick::all(), Some(self.into_test(Rest::Nothing)));
        }
        let Part { kinds, instruments } = self.parts.remove(0);
        (Quick::of(kinds, instruments), None)
    }

    /// Makes of it a test, the shortest that will do, and what comes after it.
    pub(crate) fn into_test(mut self, rest: Rest) -> Test {
        if self.parts.len() > 1 {
            let mut any =
                move |header: &Header| self.parts.iter_mut().any(|part| part.holds(header));
            return fuse(move |event| any(&event.header), rest);
        }
        match self.parts.pop() {
            None => fuse(|_| false, rest),
            Some(Part { kinds: ALL_KINDS, instruments: None }) => fuse(|_| true, rest),
            Some(Part { kinds: ALL_KINDS, instruments: Some(mut wanted) }) => {
                fuse(move |event| wanted.has(event.header.instrument), rest)
            }
            Some(Part { kinds, instruments: None }) => {
                fuse(move |event| has(kinds, &event.header), rest)
            }
            Some(Part { kinds, instruments: Some(mut wanted) }) => fuse(
                move |event| has(kinds, &event.header) && wanted.has(event.header.instrument),
                rest,
            ),
        }
    }
}

#[inline]
fn has(kinds: u32, header: &Header) -> bool {
    kinds >> (header.kind & 31) & 1 != 0
}

impl Part {
    #[inline]
    fn holds(&mut self, header: &Header) -> bool {
        let Self { kinds, instruments } = self;
        let of_kind = *kinds == ALL_KINDS || has(*kinds, header);
        of_kind && instruments.as_mut().is_none_or(|wanted| wanted.has(header.instrument))
    }
}

impl Wanted {
    fn new(texts: Vec<String>, instruments: Instruments) -> Self {
        // Number 0 is no instrument, and never wanted.
        let mut wanted = Self { bits: vec![0; ROOM / 64], matched: 1, texts, instruments };
        wanted.match_up_to(u32::try_from(wanted.instruments.len()).unwrap_or(u32::MAX));
        wanted
    }

    #[inline]
    pub(crate) fn has(&mut self, id: u32) -> bool {
        if id >= self.matched {
            return self.has_new(id);
        }
        self.bits[id as usize / 64] >> (id % 64) & 1 != 0
    }

    /// The first event of an instrument that came later: it is matched now, and those that came with it.
    /// A number that was never given is no instrument.
    #[cold]
    fn has_new(&mut self, id: u32) -> bool {
        self.match_up_to(u32::try_from(self.instruments.len()).unwrap_or(u32::MAX));
        id < self.matched && self.has(id)
    }

    fn match_up_to(&mut self, last: u32) {
        let words = last as usize / 64 + 1;
        if words > self.bits.len() {
            self.bits.resize(words.next_power_of_two(), 0);
        }
        let new = (last as usize + 1).saturating_sub(self.matched as usize);
        if self.texts.len() < new {
            // Few symbols of many instruments.
            let ids = self.texts.iter().filter_map(|text| self.instruments.id(text));
            for id in ids.filter(|id| (self.matched..=last).contains(id)) {
                self.bits[id as usize / 64] |= 1 << (id % 64);
            }
            self.matched = last.saturating_add(1);
            return;
        }
        for id in self.matched..=last {
            let Some(text) = self.instruments.text(id) else { continue };
            let wanted = self.texts.binary_search_by(|other| (**other).cmp(&text)).is_ok();
            self.bits[id as usize / 64] |= u64::from(wanted) << (id % 64);
        }
        self.matched = self.matched.max(last.saturating_add(1));
    }
}
