//! Tests of an instrument's symbol or venue: one look into a table per event.

use super::typed::Part;
use crate::Instruments;

/// Instruments that a table has room for from the start, so that it need not grow while events run
/// unless a session has more.
const ROOM: usize = 1 << 14;

const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

/// Whether an instrument's text is one of those a condition names.
pub(super) fn is_wanted(part: Part, text: &str, wanted: &str) -> bool {
    let (symbol, venue) = Instruments::split(text);
    match part {
        Part::Symbol => symbol == wanted || text == wanted,
        Part::Venue => venue == wanted && !venue.is_empty(),
    }
}

/// What a leaf thinks of each instrument, by its number: found out once, when it first comes.
pub(super) struct Verdicts {
    table: Vec<u8>,
    instruments: Instruments,
    part: Part,
    wanted: Vec<String>,
    negated: bool,
}

impl Verdicts {
    pub(super) fn new(
        instruments: Instruments,
        part: Part,
        wanted: Vec<String>,
        negated: bool,
    ) -> Self {
        let known = instruments.len();
        let mut table = vec![UNKNOWN; (2 * (known + 1)).next_power_of_two().max(ROOM)];
        table[0] = NO;
        let mut verdicts = Self { table, instruments, part, wanted, negated };
        for id in 1..=known {
            verdicts.find(id as u32);
        }
        verdicts
    }

    /// Whether the test holds for the instrument; never for none.
    #[inline]
    pub(super) fn holds(&mut self, id: u32) -> bool {
        match self.table.get(id as usize) {
            Some(&YES) => true,
            Some(&NO) => false,
            _ => self.find(id),
        }
    }

    /// A number that was never given is no instrument, and is not remembered.
    #[cold]
    fn find(&mut self, id: u32) -> bool {
        let Some(text) = self.instruments.text(id) else { return false };
        let listed = self.wanted.iter().any(|wanted| is_wanted(self.part, &text, wanted));
        let absent = self.part == Part::Venue && Instruments::split(&text).1.is_empty();
        let holds = !absent && listed != self.negated;
        let id = id as usize;
        if id >= self.table.len() {
            self.table.resize((id + 1).next_power_of_two(), UNKNOWN);
        }
        self.table[id] = if holds { YES } else { NO };
        holds
    }
}
