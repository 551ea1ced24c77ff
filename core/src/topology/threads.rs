//! The threads of lanes: started together, ended within a limit.

use super::{RunError, Shared};
use crate::lane::{Lane, LaneOutcome};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, mpsc};
use crate::wait::{Bed, Wait, Waiter};
use std::time::{Duration, Instant};

/// A lane's thread and what it will leave.
pub(super) struct LaneThread {
    /// Lets it go, once all lanes have started their stages.
    go: mpsc::Sender<()>,
    pub(super) outcome: mpsc::Receiver<LaneOutcome>,
    pub(super) thread: JoinHandle<()>,
}

/// Starts a thread per lane and waits until all have pinned themselves and started their stages.
pub(super) fn start_threads(
    lanes: Vec<Lane>,
    shared: &Arc<Shared>,
) -> Result<Vec<LaneThread>, RunError> {
    let (ready, started) = mpsc::channel();
    let mut threads = Vec::new();
    for mut lane in lanes {
        let ready = ready.clone();
        let (leave, outcome) = mpsc::channel();
        let (go, all_started) = mpsc::channel();
        let name = lane.name.clone();
        let body = move || {
            let result =
                lane.pin().map_err(|error| RunError::Pin { lane: lane.name.clone(), error });
            let result = result.and_then(|()| lane.start().map_err(RunError::from_start));
            let _ = ready.send(result);
            drop(ready);
            if all_started.recv().is_ok() {
                lane.run();
            }
            let _ = leave.send(lane.outcome());
            lane.bury();
        };
        let spawned = thread::Builder::new().name(name.replace('\0', " ")).spawn(body);
        let thread = spawned
            .map_err(|error| RunError::Thread { lane: name.clone(), error: error.to_string() });
        match thread {
            Ok(thread) => threads.push(LaneThread { go, outcome, thread }),
            Err(error) => {
                shared.halt();
                return Err(error);
            }
        }
    }
    drop(ready);
    let mut first_error = None;
    for result in started {
        if let Err(error) = result {
            first_error.get_or_insert(error);
        }
    }
    let Some(error) = first_error else {
        for lane in &threads {
            let _ = lane.go.send(());
        }
        return Ok(threads);
    };
    shared.halt();
    for LaneThread { go, thread, .. } in threads {
        drop(go);
        let _ = thread.join();
    }
    Err(error)
}

pub(super) fn finish_inline(lane: &mut Lane, deadline: Option<Instant>) {
    let mut waiter = Waiter::new(Wait::Backoff, Bed::new());
    while !lane.is_over() {
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            lane.shared.halt();
        }
        if lane.cycle() {
            waiter.reset();
        } else {
            waiter.idle(lane.may_rest());
        }
    }
}

/// How long lanes may take to notice a halt before they count as stuck.
pub(super) const GRACE: Duration = Duration::from_millis(200);

/// What each lane leaves; `None` for one that is stuck and left behind.
pub(super) fn finish_threads(
    threads: Vec<LaneThread>,
    shared: &Shared,
    deadline: Option<Instant>,
) -> Vec<Option<LaneOutcome>> {
    let finish = |lane: LaneThread| {
        let outcome = match deadline {
            None => lane.outcome.recv().ok(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                let in_time = lane.outcome.recv_timeout(left).ok();
                in_time.or_else(|| {
                    shared.halt();
                    lane.outcome.recv_timeout(GRACE).ok()
                })
            }
        };
        if outcome.is_some() {
            let _ = lane.thread.join();
        }
        outcome
    };
    threads.into_iter().map(finish).collect()
}
