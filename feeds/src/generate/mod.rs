//! Generated sessions: quotes and trades of several instruments, without a file.
//!
//! The same options give the same events on every machine: ChaCha with 8 rounds, integers only.
//! What they look like:
//!
//! * **Time**: waiting times are exponential; now and then a burst of some 64 events on one
//!   instrument comes 16 times as fast. About a fifth of all events are in bursts.
//! * **Price**: bids and asks on a tick grid; the spread widens with volatility, and volatility
//!   comes in clusters: a move raises it, calm lets it sink back.
//! * **Trades**: at the bid or ask, with the aggressor's side; buyers follow buyers. A trade takes
//!   from the size that stands there, and moves the price when it takes all.
//! * **Activity**: the first symbol is the busiest, the second half as busy, the third a third.

mod model;
mod options;

pub use options::{GenerateOptions, Number};

use crate::error::about;
use model::Model;
use pitlane::Instruments;
use pitlane::event::{MarketData, fixed};
use pitlane::source::{Source, SourceError, SourceReport};

/// A generated session as a source.
///
/// ```
/// use pitlane::{Instruments, source::Source};
/// use pitlane_feeds::{GenerateOptions, Session};
///
/// let options = GenerateOptions { events: 100, ..GenerateOptions::default() };
/// let mut session = Session::new(&options, &Instruments::new())?;
/// let mut events = Vec::with_capacity(256);
/// while session.read(&mut events)? {}
/// assert_eq!(events.len(), 100);
/// # Ok::<(), pitlane::source::SourceError>(())
/// ```
pub struct Session {
    model: Model,
    left: u64,
    report: SourceReport,
}

impl Session {
    /// A session as the options say.
    ///
    /// # Errors
    /// Where an option's value makes no sense; the message names it.
    pub fn new(options: &GenerateOptions, instruments: &Instruments) -> Result<Self, SourceError> {
        let positive = |number: &Number, name: &str| match fixed::parse(number.0.as_bytes()) {
            Ok(value) if value > 0 => Ok(value),
            Ok(_) => Err(about(format!("`{name}` is not above 0"), "give a positive number")),
            Err(error) => Err(about(format!("`{name}` cannot be `{}`: {error}", number.0), "")),
        };
        let start = crate::time::parse_time(&options.start).ok_or_else(|| {
            let message = format!("`start` cannot be `{}`", options.start);
            about(message, "give a time such as 2024-01-02T14:30:00Z")
        })?;
        if options.symbols.is_empty() {
            return Err(about("`symbols` is empty", "name one or more"));
        }
        if options.symbols.len() > options::MOST_SYMBOLS {
            let most = options::MOST_SYMBOLS;
            return Err(about(format!("`symbols` has more than {most}"), "name fewer"));
        }
        if options.trade_percent > 100 {
            return Err(about("`trade_percent` is above 100", "give 0 to 100"));
        }
        let tick = positive(&options.tick, "tick")?;
        let price = positive(&options.price, "price")?;
        if !(options::LEAST_PRICE_TICKS..=options::MOST_PRICE_TICKS).contains(&(price / tick)) {
            let message = "`price` must be 100 to 100,000,000 times `tick`";
            return Err(about(message, "change one of them"));
        }
        let lot = positive(&options.lot, "lot")?;
        if price > i64::MAX / 16 || lot > options::MOST_LOT {
            return Err(about("`price` or `lot` is too large", "give smaller ones"));
        }
        let ids = options.symbols.iter().map(|symbol| instruments.intern(symbol)).collect();
        let rate = positive(&options.rate, "rate")?;
        let world = model::World {
            seed: options.seed,
            start,
            mean_gap: (i128::from(fixed::SCALE) * i128::from(fixed::SCALE) / i128::from(rate))
                as u64,
            tick,
            price_ticks: price / tick,
            lot,
            trade_percent: u64::from(options.trade_percent),
        };
        let bytes_total = options.events.saturating_mul(EVENT_BYTES);
        Ok(Self {
            model: Model::new(&world, ids),
            left: options.events,
            report: SourceReport { bytes_total, ..SourceReport::default() },
        })
    }
}

/// A generated event counts as the bytes that it has in memory, so that progress can be shown.
const EVENT_BYTES: u64 = pitlane::event::SLOT_BYTES as u64;

impl Source for Session {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let room = (batch.capacity() - batch.len()) as u64;
        let count = room.min(self.left);
        for _ in 0..count {
            batch.push(self.model.next());
        }
        self.left -= count;
        self.report.events += count;
        self.report.bytes_read = self.report.events.saturating_mul(EVENT_BYTES);
        Ok(self.left > 0)
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }
}

#[cfg(test)]
mod tests;
