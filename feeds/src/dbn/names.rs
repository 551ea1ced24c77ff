//! Which instrument a number in a file stands for.
//!
//! Databento's numbers are unique within a dataset and a day only. A file says in its metadata which
//! symbol a number stands for from when to when; a live capture says it by records on the way, a
//! file of definitions by them. A number that nobody names is its own symbol.
//!
//! Looking one up that was seen lately is one comparison in a small table; nothing is allocated but
//! for new instruments.

use super::options::Venues;
use dbn::{Dataset, Metadata, Publisher, Schema, TsSymbolMap};
use pitlane::Instruments;
use std::collections::HashMap;

/// Places of the table that is looked at first; a power of two.
const LATELY: usize = 1024;

/// An answer, and when it holds.
#[derive(Clone, Copy)]
struct Known {
    id: u32,
    publisher: u16,
    /// First ns since 1970, and one past the last.
    from: u64,
    to: u64,
    instrument: u32,
}

const NOBODY: Known = Known { id: 0, publisher: 0, from: 0, to: 0, instrument: 0 };

impl Known {
    #[inline]
    fn answers(&self, id: u32, publisher: u16, ts: u64) -> bool {
        self.id == id && self.publisher == publisher && self.from <= ts && ts < self.to
    }
}

/// Numbers of a file to instruments.
pub(super) struct Names {
    instruments: Instruments,
    /// Instrument of all records; 0 = as the file says.
    fixed: u32,
    by_venue: bool,
    /// Span of bars that do not say it themselves, ns.
    bars: Option<u64>,
    dated: TsSymbolMap,
    /// What records on the way said.
    said: HashMap<u32, Box<str>>,
    lately: Vec<Known>,
    known: HashMap<u32, Vec<Known>>,
}

impl Names {
    pub(super) fn new(
        metadata: Option<&Metadata>,
        symbol: Option<&str>,
        venues: Venues,
        instruments: &Instruments,
    ) -> Self {
        let dated = metadata.and_then(|metadata| TsSymbolMap::from_metadata(metadata).ok());
        Self {
            instruments: instruments.clone(),
            fixed: symbol.map_or(0, |symbol| instruments.intern(symbol)),
            by_venue: match venues {
                Venues::Always => true,
                Venues::Never => false,
                Venues::Auto => metadata.is_some_and(has_venues),
            },
            bars: metadata.and_then(|metadata| metadata.schema).and_then(bars),
            dated: dated.unwrap_or_default(),
            said: HashMap::new(),
            lately: vec![NOBODY; LATELY],
            known: HashMap::new(),
        }
    }

    /// Span of bars that do not say it themselves, ns.
    pub(super) fn bars(&self) -> Option<u64> {
        self.bars
    }

    /// The instrument of a number that a publisher used at a time (ns since 1970).
    #[inline]
    pub(super) fn instrument(&mut self, id: u32, publisher: u16, ts: u64) -> u32 {
        let known = &self.lately[id as usize & (LATELY - 1)];
        if known.answers(id, publisher, ts) {
            known.instrument
        } else {
            self.find(id, publisher, ts)
        }
    }

    #[cold]
    fn find(&mut self, id: u32, publisher: u16, ts: u64) -> u32 {
        if self.fixed != 0 {
            self.lately[id as usize & (LATELY - 1)] =
                Known { id, publisher, from: 0, to: u64::MAX, instrument: self.fixed };
            return self.fixed;
        }
        let before = self
            .known
            .get(&id)
            .and_then(|all| all.iter().find(|known| known.answers(id, publisher, ts)).copied());
        let known = before.unwrap_or_else(|| {
            let found = self.look_up(id, publisher, ts);
            self.known.entry(id).or_default().push(found);
            found
        });
        self.lately[id as usize & (LATELY - 1)] = known;
        known.instrument
    }

    fn look_up(&self, id: u32, publisher: u16, ts: u64) -> Known {
        let (from, to, dated) = self.dated(id, ts);
        let number;
        let symbol = match (dated, self.said.get(&id)) {
            (Some(symbol), _) => symbol,
            (None, Some(symbol)) => symbol,
            (None, None) => {
                number = id.to_string();
                &number
            }
        };
        let instrument = if self.by_venue {
            self.instruments.intern(&format!("{symbol}.{}", venue(publisher)))
        } else {
            self.instruments.intern(symbol)
        };
        Known { id, publisher, from, to, instrument }
    }

    /// What the metadata say of a number at a time, and from when to when they say the same.
    fn dated(&self, id: u32, ts: u64) -> (u64, u64, Option<&str>) {
        let all = self.dated.inner().get(&id).map_or(&[][..], |all| all.intervals());
        let next = all.partition_point(|one| one.start_ts <= ts);
        let to = all.get(next).map_or(u64::MAX, |one| one.start_ts);
        match next.checked_sub(1).map(|last| &all[last]) {
            Some(one) if ts < one.end_ts => (one.start_ts, one.end_ts, Some(&one.symbol)),
            Some(one) => (one.end_ts, to, None),
            None => (0, to, None),
        }
    }

    /// A record said which symbol a number stands for from here on.
    pub(super) fn say(&mut self, id: u32, symbol: &str) {
        if symbol.is_empty() || self.said.get(&id).is_some_and(|known| &**known == symbol) {
            return;
        }
        self.said.insert(id, symbol.into());
        self.known.remove(&id);
        self.lately[id as usize & (LATELY - 1)] = NOBODY;
    }
}

fn bars(schema: Schema) -> Option<u64> {
    let seconds = match schema {
        Schema::Ohlcv1S => 1,
        Schema::Ohlcv1M => 60,
        Schema::Ohlcv1H => 3600,
        Schema::Ohlcv1D => 24 * 3600,
        _ => return None,
    };
    Some(seconds * 1_000_000_000)
}

/// Whether records of the dataset come from several venues, each with a book of its own.
fn has_venues(metadata: &Metadata) -> bool {
    metadata.dataset.parse::<Dataset>().is_ok_and(|dataset| dataset.publishers().len() > 1)
}

/// The venue of a publisher by its name, or the publisher's number.
fn venue(publisher: u16) -> String {
    Publisher::try_from(publisher)
        .map_or_else(|_| publisher.to_string(), |known| known.venue().to_string())
}
