//! Events to bars.

use super::span::Span;
use crate::by_id::ById;
use pitlane::event::fixed::NULL;
use pitlane::event::{Bar, MarketData, Quote, Trade};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What bars are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// Trades. Quotes are not looked at.
    #[default]
    Trades,
    /// Quotes: bid and ask, each for itself. Trades are not looked at.
    Quotes,
}

/// Which time of an event counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The venue's; that of the capture where it is unknown.
    #[default]
    Event,
    /// That of the capture; the venue's where it is unknown.
    Recv,
}

/// What bars are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarOptions {
    /// How long a bar is.
    pub span: Span,
    /// What they are made of.
    pub of: Of,
    /// Which time of an event counts.
    pub clock: Clock,
    /// How long after its end a time bar waits for late events, ns of event time.
    pub wait: u64,
}

/// A bar with its volume, however large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Built {
    /// The bar.
    pub bar: Bar,
    /// Its volume, 1e-9.
    pub volume: i128,
}

impl Built {
    fn new(instrument: u32, start: u64, until: u64) -> Self {
        Self { bar: Bar::empty(instrument, start, until), volume: 0 }
    }

    fn add_trade(&mut self, trade: &Trade) {
        self.bar.trades.push(trade.price());
        self.bar.count += 1;
        if trade.size() != NULL {
            self.volume += i128::from(trade.size());
        }
    }

    fn add_quote(&mut self, quote: &Quote) {
        self.bar.bid.push(quote.bid_price());
        self.bar.ask.push(quote.ask_price());
        self.bar.count += 1;
    }

    fn done(mut self) -> Self {
        self.bar.volume = i64::try_from(self.volume).unwrap_or(NULL);
        self
    }
}

/// The bars of an instrument that are not done.
#[derive(Debug, Default)]
struct Open {
    /// By their starts. One, unless bars wait for late events.
    bars: Vec<Built>,
    /// Latest time seen.
    now: u64,
}

/// Makes bars of events, for every instrument its own.
///
/// ```
/// use pitlane::event::{MarketData, Side};
/// use pitlane_strategies::bars::{BarOptions, Bars, Clock, Of, Span};
///
/// let (span, of, clock) = (Span::Time(60), Of::Trades, Clock::Event);
/// let mut bars = Bars::new(BarOptions { span, of, clock, wait: 0 });
/// let mut done = Vec::new();
/// for (time, price) in [(60, 5), (119, 7), (120, 6)] {
///     bars.push(&MarketData::trade(1, time, price, 1, Side::None), |built| done.push(built.bar));
/// }
/// assert_eq!((done[0].start, done[0].until, done[0].trades.close), (60, 120, 7));
/// ```
#[derive(Debug)]
pub struct Bars {
    options: BarOptions,
    open: ById<Open>,
    /// Instruments in the order in which they came.
    instruments: Vec<u32>,
    late: u64,
}

impl Bars {
    /// No bars yet.
    #[must_use]
    pub fn new(options: BarOptions) -> Self {
        let room = options.most_open().min(1024);
        let make = move || Open { bars: Vec::with_capacity(room), ..Open::default() };
        let open = ById::sized(size_of::<Open>() + room * size_of::<Built>(), make);
        Self { options, open, instruments: Vec::with_capacity(64), late: 0 }
    }

    /// Events that came when their bar was done: they are in none.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Instruments that have had an event.
    #[must_use]
    pub fn instruments(&self) -> usize {
        self.instruments.len()
    }

    /// Takes in an event. `done` is given the bars of its instrument that are done now, by their starts.
    /// Gives whether the event is in a bar: one without a price is in none.
    #[inline]
    pub fn push(&mut self, event: &MarketData, mut done: impl FnMut(Built)) -> bool {
        match self.options.of {
            Of::Trades => {
                let Some(trade) = event.as_trade() else { return false };
                if trade.price() == NULL {
                    return false;
                }
                self.add(event, &mut done, |bar| bar.add_trade(trade))
            }
            Of::Quotes => {
                let Some(quote) = event.as_quote() else { return false };
                if quote.bid_price() == NULL && quote.ask_price() == NULL {
                    return false;
                }
                self.add(event, &mut done, |bar| bar.add_quote(quote))
            }
        }
    }

    fn add(
        &mut self,
        event: &MarketData,
        done: &mut impl FnMut(Built),
        add: impl FnOnce(&mut Built),
    ) -> bool {
        let instrument = event.header.instrument;
        if self.open.get(instrument).is_none() {
            self.instruments.push(instrument);
        }
        let open = self.open.get_mut(instrument);
        let time = self.options.clock.time(event);
        match self.options.span {
            Span::Time(length) => {
                let start = time - time % length;
                let until = start.saturating_add(length);
                if until.saturating_add(self.options.wait) <= open.now {
                    self.late += 1;
                    return false;
                }
                add(open.at(instrument, start, until));
                open.now = open.now.max(time);
                open.finish(self.options.wait, done);
            }
            Span::Count(most) => {
                add(open.only(instrument, time));
                open.end_where(|built| built.bar.count >= most, done);
            }
            Span::Volume(most) => {
                add(open.only(instrument, time));
                open.end_where(|built| built.volume >= i128::from(most), done);
            }
        }
        true
    }

    /// As if an event of every instrument had come at this time: `done` is given the time bars that are
    /// done now, by their starts.
    pub fn advance(&mut self, time: u64, mut done: impl FnMut(Built)) {
        if !matches!(self.options.span, Span::Time(_)) {
            return;
        }
        let mut all = Vec::new();
        for &instrument in &self.instruments {
            let open = self.open.get_mut(instrument);
            open.now = open.now.max(time);
            open.finish(self.options.wait, &mut |built| all.push(built));
        }
        all.sort_by_key(|built| built.bar.start);
        all.into_iter().for_each(&mut done);
    }

    /// The earliest time at which a bar that is open now will be done; `u64::MAX` where there is none.
    #[must_use]
    pub fn next_done(&self) -> u64 {
        let first = |id: &u32| Some(self.open.get(*id)?.bars.first()?.bar.until);
        let until = self.instruments.iter().filter_map(first).min();
        until.map_or(u64::MAX, |until| until.saturating_add(self.options.wait))
    }

    /// The end of the data: `done` is given all bars that are open, by their starts.
    pub fn finish(&mut self, mut done: impl FnMut(Built)) {
        let mut all = Vec::new();
        for &instrument in &self.instruments {
            all.append(&mut self.open.get_mut(instrument).bars);
        }
        all.sort_by_key(|built| built.bar.start);
        all.into_iter().for_each(|built| done(built.done()));
    }
}

impl BarOptions {
    /// Most bars of an instrument that are open at once.
    pub(super) fn most_open(&self) -> usize {
        match self.span {
            Span::Time(length) => (self.wait / length.max(1)).saturating_add(2) as usize,
            Span::Count(_) | Span::Volume(_) => 1,
        }
    }
}

impl Clock {
    /// The time of an event, ns since 1970.
    #[must_use]
    #[inline]
    pub fn time(self, event: &MarketData) -> u64 {
        let (ts_event, ts_recv) = (event.header.ts_event, event.header.ts_recv);
        match self {
            Clock::Event if ts_event != 0 => ts_event,
            Clock::Recv if ts_recv == 0 => ts_event,
            _ => ts_recv,
        }
    }
}

impl Open {
    /// The bar of a start, made where there is none.
    fn at(&mut self, instrument: u32, start: u64, until: u64) -> &mut Built {
        let at = self.bars.partition_point(|built| built.bar.start < start);
        if self.bars.get(at).is_none_or(|built| built.bar.start != start) {
            self.bars.insert(at, Built::new(instrument, start, until));
        }
        &mut self.bars[at]
    }

    /// The one bar that is open, made where there is none; it ends at this time so far.
    fn only(&mut self, instrument: u32, time: u64) -> &mut Built {
        if self.bars.is_empty() {
            self.bars.push(Built::new(instrument, time, time));
        }
        let built = &mut self.bars[0];
        built.bar.until = built.bar.until.max(time);
        built
    }

    /// Gives away the bars that are done.
    fn finish(&mut self, wait: u64, done: &mut impl FnMut(Built)) {
        let now = self.now;
        let is_done = |built: &Built| built.bar.until.saturating_add(wait) <= now;
        let count = self.bars.partition_point(is_done);
        for built in self.bars.drain(..count) {
            done(built.done());
        }
    }

    fn end_where(&mut self, is_done: impl Fn(&Built) -> bool, done: &mut impl FnMut(Built)) {
        if let Some(built) = self.bars.pop_if(|built| is_done(built)) {
            done(built.done());
        }
    }
}
