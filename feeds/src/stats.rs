//! What a file holds, by instrument.

use pitlane::event::{MarketData, MarketDataKind, fixed};
use pitlane::source::{Source, SourceError};

/// Counts and sums of one instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstrumentStats {
    /// Id of the instrument, see [`pitlane::Instruments`].
    pub instrument: u32,
    /// Events by the number of their kind.
    kinds: [u64; 16],
    /// Earliest `ts_event` (`ts_recv` where there is none), ns since 1970.
    pub first: u64,
    /// Latest `ts_event` (`ts_recv` where there is none), ns since 1970.
    pub last: u64,
    /// Sum of the sizes of trades, 1e-9; unknown sizes are left out.
    pub volume: i128,
    /// Quotes whose bid is above their ask.
    pub crossed: u64,
    /// Quotes whose bid equals their ask.
    pub locked: u64,
    /// Sum of price x size of trades, 1e-18; `None` where it is beyond 128 bits.
    notional: Option<i128>,
}

impl InstrumentStats {
    /// Events of a kind.
    #[must_use]
    pub fn count(&self, kind: MarketDataKind) -> u64 {
        self.kinds[usize::from(kind as u8)]
    }

    /// Events of all kinds.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.kinds.iter().sum()
    }

    /// Volume-weighted average price of trades, 1e-9, rounded half away from zero; `None` without
    /// volume.
    #[must_use]
    pub fn vwap(&self) -> Option<i128> {
        let notional = self.notional?;
        (self.volume > 0).then(|| {
            let (quotient, rest) = (notional / self.volume, notional % self.volume);
            let up = rest.unsigned_abs() >= self.volume.unsigned_abs() - rest.unsigned_abs();
            quotient + if up { notional.signum() } else { 0 }
        })
    }

    #[inline]
    fn add(&mut self, event: &MarketData) {
        let header = &event.header;
        let time = if header.ts_event != 0 { header.ts_event } else { header.ts_recv };
        if self.events() == 0 {
            (self.first, self.last) = (time, time);
        }
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.kinds[usize::from(header.kind & 15)] += 1;
        if let Some(trade) = event.as_trade()
            && trade.size() != fixed::NULL
        {
            self.volume += i128::from(trade.size());
            let notional = i128::from(trade.price()) * i128::from(trade.size());
            self.notional = self.notional.and_then(|sum| sum.checked_add(notional));
        }
        if let Some(quote) = event.as_quote() {
            let (bid, ask) = (quote.bid_price(), quote.ask_price());
            if bid != fixed::NULL && ask != fixed::NULL {
                self.crossed += u64::from(bid > ask);
                self.locked += u64::from(bid == ask);
            }
        }
    }
}

/// What a file holds, by instrument.
///
/// ```
/// use pitlane::event::{MarketData, MarketDataKind, Side, fixed::SCALE};
/// use pitlane_feeds::TickStats;
///
/// let mut stats = TickStats::default();
/// stats.add(&MarketData::trade(1, 5, 10 * SCALE, SCALE, Side::None));
/// stats.add(&MarketData::trade(1, 6, 11 * SCALE, 2 * SCALE, Side::None));
/// let one = &stats.instruments()[0];
/// assert_eq!(one.count(MarketDataKind::Trade), 2);
/// assert_eq!(one.vwap(), Some(10_666_666_667));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickStats {
    /// In the order in which they came first.
    stats: Vec<InstrumentStats>,
    /// Place in `stats` by instrument, plus 1.
    places: Vec<u32>,
}

impl TickStats {
    /// Takes in an event.
    pub fn add(&mut self, event: &MarketData) {
        let instrument = event.header.instrument as usize;
        if instrument >= self.places.len() {
            self.places.resize(instrument + 1, 0);
        }
        if self.places[instrument] == 0 {
            self.stats.push(InstrumentStats {
                instrument: event.header.instrument,
                notional: Some(0),
                ..InstrumentStats::default()
            });
            self.places[instrument] = self.stats.len() as u32;
        }
        self.stats[self.places[instrument] as usize - 1].add(event);
    }

    /// Takes in all that a source has, and gives how many events that were.
    ///
    /// # Errors
    /// The source's; what came before is taken in.
    pub fn add_all(&mut self, source: &mut dyn Source) -> Result<u64, SourceError> {
        let mut events = 0;
        crate::write::for_each_batch(source, |batch| {
            events += batch.len() as u64;
            batch.iter().for_each(|event| self.add(event));
            Ok(true)
        })?;
        Ok(events)
    }

    /// By instrument, in the order in which they came first.
    #[must_use]
    pub fn instruments(&self) -> &[InstrumentStats] {
        &self.stats
    }
}
