//! A source for what reads sources.

use crate::event::MarketData;
use crate::source::{Source, SourceError, SourceReport};
use std::collections::VecDeque;

/// A source that gives the market data it was given, in its order, and then, if told so, fails.
///
/// ```
/// use pitlane::event::{MarketData, Side};
/// use pitlane::source::Source;
/// use pitlane::testing::ScriptedSource;
///
/// let mut source = ScriptedSource::new([MarketData::trade(1, 0, 100, 1, Side::Bid)]);
/// let mut batch = Vec::with_capacity(64);
/// assert!(!source.read(&mut batch)?, "that was all");
/// assert_eq!(batch.len(), 1);
/// # Ok::<(), pitlane::source::SourceError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScriptedSource {
    events: VecDeque<MarketData>,
    failure: Option<SourceError>,
    report: SourceReport,
}

impl ScriptedSource {
    /// A source of these events.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = MarketData>) -> Self {
        Self { events: events.into_iter().collect(), ..Self::default() }
    }

    /// After its events it fails.
    #[must_use]
    pub fn failing_with(mut self, error: SourceError) -> Self {
        self.failure = Some(error);
        self
    }
}

impl Source for ScriptedSource {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let room = batch.capacity() - batch.len();
        let count = room.min(self.events.len());
        batch.extend(self.events.drain(..count));
        self.report.events += count as u64;
        match &self.failure {
            _ if !self.events.is_empty() => Ok(true),
            Some(error) => Err(error.clone()),
            None => Ok(false),
        }
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }
}
