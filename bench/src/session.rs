//! What is replayed: events from memory.

use crate::FEED;
use pitlane::Instruments;
use pitlane::event::{Event, MarketData, Slot};
use pitlane::source::{Source, SourceError};
use pitlane::topology::{Entry, Flow, Input, Port};
use pitlane_feeds::{GenerateOptions, Session};
use std::sync::Arc;

/// Events in memory. Clones share them.
#[derive(Clone, Debug)]
pub struct Prepared {
    events: Arc<[Slot]>,
    instruments: Instruments,
}

impl Prepared {
    /// Trades of one generated instrument.
    #[must_use]
    pub fn trades(events: usize) -> Self {
        Self::generated(&GenerateOptions {
            symbols: vec!["ALFA.SIM".into()],
            trade_percent: 100,
            events: events as u64,
            ..GenerateOptions::default()
        })
    }

    /// Trades of so many generated instruments, `S0.SIM` and so on.
    #[must_use]
    pub fn of_symbols(events: usize, symbols: usize) -> Self {
        Self::generated(&GenerateOptions {
            symbols: (0..symbols).map(|symbol| format!("S{symbol}.SIM")).collect(),
            trade_percent: 100,
            events: events as u64,
            ..GenerateOptions::default()
        })
    }

    /// A generated session as `configs/demo.yaml` has it: three instruments, four quotes to a trade.
    #[must_use]
    pub fn session(events: usize) -> Self {
        Self::generated(&GenerateOptions {
            seed: 7,
            events: events as u64,
            ..GenerateOptions::default()
        })
    }

    fn generated(options: &GenerateOptions) -> Self {
        let instruments = Instruments::new();
        let mut session = Session::new(options, &instruments).expect("sound options");
        let mut events: Vec<MarketData> = Vec::with_capacity(options.events as usize);
        while session.read(&mut events).expect("a generator does not fail") {}
        Self { events: events.into_iter().map(Slot::from_event).collect(), instruments }
    }

    /// The events.
    #[must_use]
    pub fn events(&self) -> &[Slot] {
        &self.events
    }

    /// The instruments they are of.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.instruments
    }

    /// An input that enters so many events, beginning anew where there are no more.
    #[must_use]
    pub fn input(&self, events: u64) -> Laps {
        Laps { events: self.clone(), at: 0, left: events, at_once: usize::MAX, port: None }
    }
}

/// Enters prepared events, over and over. See [`Prepared::input`].
#[derive(Debug)]
pub struct Laps {
    events: Prepared,
    at: usize,
    left: u64,
    at_once: usize,
    port: Option<Port>,
}

impl Laps {
    /// Enters at most so many events at once, which is one publication.
    #[must_use]
    pub fn at_once(mut self, events: usize) -> Self {
        self.at_once = events;
        self
    }
}

/// Where the feed's events enter: asked for once.
pub(crate) fn feed_port(
    known: &mut Option<Port>,
    entry: &mut dyn Entry,
) -> Result<Port, SourceError> {
    if known.is_none() {
        *known = entry.port(FEED, MarketData::TYPE);
    }
    known.ok_or_else(|| SourceError {
        message: format!("no route takes MarketData of `{FEED}`"),
        ..SourceError::default()
    })
}

impl Input for Laps {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = feed_port(&mut self.port, entry)?;
        let events = self.events.events();
        let left = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.at_once);
        let end = events.len().min(self.at.saturating_add(left));
        let entered = entry.enter(port, &events[self.at..end]);
        self.left -= entered as u64;
        self.at = if self.at + entered == events.len() { 0 } else { self.at + entered };
        Ok(if self.left == 0 { Flow::Done } else { Flow::More })
    }
}
