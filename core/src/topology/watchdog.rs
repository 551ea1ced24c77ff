//! Watches whether lanes go on.

use super::{Shared, StuckStage};
use crate::metrics::{Counter, LaneWord};
use crate::sync::Arc;
use crate::sync::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread that looks at what each lane is on, four times per limit; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Watchdog {
    ended: Arc<Counter>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Watches for stages that hold their lane longer than `limit`. That there is no thread for it
    /// is no reason not to run; it is logged.
    pub(super) fn start(shared: Arc<Shared>, limit: Duration) -> Self {
        let ended = Arc::new(Counter::default());
        let end = ended.clone();
        let ready = Arc::new(Counter::default());
        let is_ready = ready.clone();
        let body = move || {
            let mut lanes: Vec<_> = shared.lanes().iter().map(|_| Watch::new()).collect();
            ready.set(1);
            while end.get() == 0 {
                thread::park_timeout(limit / 4);
                for (number, watch) in lanes.iter_mut().enumerate() {
                    watch.look(&shared, number, limit);
                }
            }
        };
        match thread::Builder::new().name("watchdog".into()).spawn(body) {
            // Once it is there it allocates no more: the run is not disturbed by it.
            Ok(spawned) => {
                while is_ready.get() == 0 {
                    thread::yield_now();
                }
                Self { ended, thread: Some(spawned) }
            }
            Err(error) => {
                tracing::warn!(%error, "no watchdog");
                Self { ended, thread: None }
            }
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.ended.set(1);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// What was seen of a lane.
struct Watch {
    /// What it is on and its count of duty cycles: while both stay, it is on one event or on those handed over with it.
    seen: (Option<(usize, u64)>, u64),
    since: Instant,
}

impl Watch {
    fn new() -> Self {
        Self { seen: (None, 0), since: Instant::now() }
    }

    fn look(&mut self, shared: &Shared, number: usize, limit: Duration) {
        let lane = &shared.lanes()[number];
        let now = (lane.on.get(), shared.counters.lane(number).get(LaneWord::Cycles));
        if now != self.seen {
            *self = Self { seen: now, since: Instant::now() };
            return;
        }
        let held = self.since.elapsed();
        let Some((stage, root)) = now.0 else { return };
        if held < limit {
            return;
        }
        let stage = shared.stage_name(stage);
        let (lane, ms) = (lane.name.clone(), held.as_millis());
        tracing::warn!(stage, lane, root, "has held its lane for {ms} ms");
        shared.note_stuck(StuckStage { stage, lane, root, held });
    }
}
