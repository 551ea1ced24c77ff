//! The last price of each instrument.

use pitlane::event::{Event, EventType, MarketData, Slot};
use pitlane::source::SourceError;
use pitlane::topology::{Entry, Flow, Input, Port};
use std::cell::RefCell;

/// The last price of each instrument: that of its last trade, or, where it never traded, the middle
/// of its last quote with both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// By instrument id.
    prices: Vec<Last>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    trade: Option<i64>,
    mid: Option<i64>,
}

impl Marks {
    /// Takes in an event.
    #[inline]
    fn take(&mut self, event: &MarketData) {
        let at = event.header.instrument as usize;
        if at >= self.prices.len() {
            self.prices.resize(at + 1, Last::default());
        }
        let last = &mut self.prices[at];
        if let Some(trade) = event.as_trade() {
            last.trade = Some(trade.price());
        } else if let Some(quote) = event.as_quote() {
            last.mid = quote.mid().or(last.mid);
        }
    }

    /// The last price of an instrument, 1e-9.
    pub(crate) fn of(&self, instrument: u32) -> Option<i64> {
        let last = self.prices.get(instrument as usize)?;
        last.trade.or(last.mid)
    }
}

/// An input whose market data is looked at as it enters.
#[derive(Debug)]
pub(crate) struct Marked<I> {
    /// The input itself.
    pub(crate) input: I,
    /// What was seen.
    pub(crate) marks: Marks,
    /// Ports of other events than market data.
    others: Vec<Port>,
}

impl<I> Marked<I> {
    pub(crate) fn new(input: I) -> Self {
        Self { input, marks: Marks::default(), others: Vec::new() }
    }
}

impl<I: Input> Input for Marked<I> {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let others = std::mem::take(&mut self.others);
        let mut watched = Watched { entry, marks: &mut self.marks, others: RefCell::new(others) };
        let flow = self.input.poll(&mut watched);
        self.others = watched.others.into_inner();
        flow
    }
}

/// An entry whose events are looked at. What comes from files and generators is market data; a journal
/// may have others.
struct Watched<'a> {
    entry: &'a mut dyn Entry,
    marks: &'a mut Marks,
    others: RefCell<Vec<Port>>,
}

impl Entry for Watched<'_> {
    fn port(&self, source: &str, event: EventType) -> Option<Port> {
        let port = self.entry.port(source, event);
        self.others.borrow_mut().extend(port.filter(|_| event != MarketData::TYPE));
        port
    }

    fn room(&mut self) -> usize {
        self.entry.room()
    }

    fn enter(&mut self, port: Port, events: &[Slot]) -> usize {
        let entered = self.entry.enter(port, events);
        if self.others.get_mut().contains(&port) {
            return entered;
        }
        for event in Slot::view_all::<MarketData>(&events[..entered]) {
            self.marks.take(event);
        }
        entered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{Side, fixed};

    #[test]
    fn a_trade_beats_a_quote_and_half_a_quote_says_nothing() {
        let mut marks = Marks::default();
        marks.take(&MarketData::quote(1, 0, (10, 1), (20, 1)));
        assert_eq!(marks.of(1), Some(15));
        marks.take(&MarketData::quote(1, 1, (30, 1), (fixed::NULL, fixed::NULL)));
        assert_eq!(marks.of(1), Some(15));
        marks.take(&MarketData::trade(1, 2, 12, 1, Side::None));
        marks.take(&MarketData::quote(1, 3, (30, 1), (40, 1)));
        assert_eq!(marks.of(1), Some(12));
        assert_eq!((marks.of(0), marks.of(7)), (None, None));
    }
}
