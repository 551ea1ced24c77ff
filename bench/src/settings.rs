//! How a topology is run.

use pitlane::topology::{Lanes, Latency, Plan};

/// How a topology is run. `None` is the default of the core.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where stages run.
    pub lanes: Lanes,
    /// Most events a stage handles in one poll.
    pub batch_limit: Option<usize>,
    /// Slots of each ring.
    pub capacity: Option<usize>,
    /// Whether the bytes of each stream are hashed.
    pub digests: bool,
    /// How many events have their latency measured.
    pub latency: Latency,
    /// Whether stages, links, lanes and rings count what they do.
    pub counters: bool,
}

impl Settings {
    /// Everything on one thread, nothing recorded.
    pub const FUSED: Settings = Settings {
        lanes: Lanes::Fused,
        batch_limit: None,
        capacity: None,
        digests: false,
        latency: Latency::Off,
        counters: true,
    };

    /// Gives a plan these settings.
    pub fn apply(&self, plan: &mut Plan) {
        plan.lanes(self.lanes.clone()).digests(self.digests).latency(self.latency);
        plan.counters(self.counters);
        if let Some(events) = self.batch_limit {
            plan.batch_limit(events);
        }
        if let Some(slots) = self.capacity {
            plan.capacity(slots);
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::FUSED
    }
}
