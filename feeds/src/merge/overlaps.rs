//! Files of one source that overlap: a day given twice, or files cut at the wrong place.
//!
//! Events of one instrument and one kind (trades, quotes, changes of books) should come from one file
//! after the other. Where a file has more of them after another one has had its turn, both overlap.

use crate::time::format_time;
use pitlane::Instruments;
use pitlane::event::{MarketData, MarketDataKind};
use std::path::{Path, PathBuf};

/// Overlaps that are told apart; more are only counted.
const MOST: usize = 20;

/// Kinds that are looked at apart, by what they are called.
const CLASSES: [&str; 3] = ["trades", "quotes", "other events"];

/// Two files, the first one before the second.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Overlap {
    files: (usize, usize),
    instrument: u32,
    class: usize,
    /// Times of the first and the last event that show it.
    times: (u64, u64),
}

/// Looks for files that overlap.
pub(super) struct Overlaps {
    paths: Vec<PathBuf>,
    instruments: Instruments,
    /// By instrument and class, the file of the last event, plus 1.
    turns: Vec<[u32; CLASSES.len()]>,
    /// By instrument and class, the files whose turn has been, one bit each.
    been: Vec<[Vec<u64>; CLASSES.len()]>,
    found: Vec<Overlap>,
    others: u64,
}

impl Overlaps {
    pub(super) fn new(paths: Vec<PathBuf>, instruments: Instruments) -> Self {
        Self {
            paths,
            instruments,
            turns: Vec::new(),
            been: Vec::new(),
            found: Vec::new(),
            others: 0,
        }
    }

    /// Looks at a run of events of a file.
    #[inline]
    pub(super) fn look_at(&mut self, file: usize, run: &[MarketData]) {
        for event in run {
            let instrument = event.header.instrument as usize;
            if instrument >= self.turns.len() {
                self.turns.resize(instrument + 1, [0; CLASSES.len()]);
                self.been.resize_with(instrument + 1, Default::default);
            }
            let class = class(event);
            let turn = &mut self.turns[instrument][class];
            let before = std::mem::replace(turn, file as u32 + 1);
            if before != file as u32 + 1 && before != 0 {
                self.turn(before as usize - 1, file, class, event);
            }
        }
    }

    /// The turn goes from one file to another.
    #[cold]
    fn turn(&mut self, from: usize, to: usize, class: usize, event: &MarketData) {
        let instrument = event.header.instrument;
        let been = &mut self.been[instrument as usize][class];
        if been.is_empty() {
            been.resize(self.paths.len().div_ceil(64), 0);
        }
        been[from / 64] |= 1 << (from % 64);
        if been[to / 64] & 1 << (to % 64) == 0 {
            return;
        }
        let (files, time) = ((from.min(to), from.max(to)), super::time(event));
        let known = self.found.iter().position(|one| {
            one.files == files && one.instrument == instrument && one.class == class
        });
        match known {
            Some(known) => self.found[known].times.1 = time,
            None if self.found.len() < MOST => {
                self.found.push(Overlap { files, instrument, class, times: (time, time) });
            }
            None => self.others += 1,
        }
    }

    /// What was found, for people.
    pub(super) fn sentences(&self) -> impl Iterator<Item = String> {
        let others = (self.others > 0).then(|| "and more files that overlap".to_owned());
        self.found.iter().map(|one| self.sentence(one)).chain(others)
    }

    fn sentence(&self, one: &Overlap) -> String {
        let name = |file: usize| Path::display(&self.paths[file]).to_string();
        let instrument = self.instruments.text(one.instrument).unwrap_or_default();
        let (first, last) = one.times;
        format!(
            "{} and {} both have {} of {instrument} from {} to {}",
            name(one.files.0),
            name(one.files.1),
            CLASSES[one.class],
            format_time(first),
            format_time(last),
        )
    }
}

fn class(event: &MarketData) -> usize {
    match event.header.kind {
        kind if kind == MarketDataKind::Trade as u8 => 0,
        kind if kind == MarketDataKind::Quote as u8 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::Side;

    fn trades(times: &[u64]) -> Vec<MarketData> {
        times.iter().map(|&time| MarketData::trade(1, time, 1, 1, Side::None)).collect()
    }

    fn overlaps() -> Overlaps {
        let instruments = Instruments::new();
        let _ = instruments.intern("IBM.NYSE");
        Overlaps::new(vec!["a.csv".into(), "b.csv".into()], instruments)
    }

    #[test]
    fn one_file_after_the_other_is_as_it_should_be() {
        let mut overlaps = overlaps();
        overlaps.look_at(0, &trades(&[1, 2]));
        overlaps.look_at(1, &trades(&[2, 3]));
        overlaps.look_at(0, &[MarketData::quote(1, 4, (1, 1), (2, 2))]);
        assert_eq!(overlaps.sentences().count(), 0);
    }

    #[test]
    fn a_file_that_goes_on_after_another_one_began_is_named() {
        let mut overlaps = overlaps();
        for (file, time) in [(0, 1), (1, 2), (0, 3), (1, 4), (1, 5), (0, 6), (0, 7)] {
            overlaps.look_at(file, &trades(&[time * 1_000_000_000]));
        }
        let sentences: Vec<_> = overlaps.sentences().collect();
        assert_eq!(
            sentences,
            ["a.csv and b.csv both have trades of IBM.NYSE from 1970-01-01T00:00:03Z to \
              1970-01-01T00:00:06Z"]
        );
    }
}
