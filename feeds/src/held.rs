//! Events of one record or row that did not fit into the batch.

use pitlane::event::MarketData;

/// Events that wait for room in a batch.
#[derive(Debug, Default)]
pub(crate) struct Held {
    /// What waits, from `at` on; append here.
    pub(crate) events: Vec<MarketData>,
    at: usize,
}

impl Held {
    /// Moves events into the batch, as many as fit.
    pub(crate) fn hand_out(&mut self, batch: &mut Vec<MarketData>) {
        let waiting = &self.events[self.at..];
        let count = waiting.len().min(batch.capacity() - batch.len());
        batch.extend_from_slice(&waiting[..count]);
        self.at += count;
        if self.at == self.events.len() {
            self.events.clear();
            self.at = 0;
        }
    }
}
