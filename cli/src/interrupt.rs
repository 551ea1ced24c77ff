//! Ctrl-C: the first one finishes what is in flight, the second one stops at once.

use crate::console;
use crate::failure::{Exit, Failure, NOT_INSTALLED};
use pitlane::topology::Monitor;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::{Arc, Mutex, PoisonError};

/// Listens to SIGINT and SIGTERM on a thread of its own. Clones are handles to the same listener.
#[derive(Clone, Debug)]
pub(crate) struct Interrupts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    signals: u32,
    /// Something has begun whose results are to be kept.
    working: bool,
    running: Vec<(u64, Monitor)>,
    next: u64,
}

impl Interrupts {
    /// Begins to listen. Before [`Interrupts::work`] a signal ends the process at once.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::failed(NOT_INSTALLED, format!("Ctrl-C cannot be caught: {error}"), "")
        };
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(failed)?;
        let interrupts = Self(Arc::default());
        let listener = interrupts.clone();
        let body = move || signals.forever().for_each(|_| listener.signal());
        std::thread::Builder::new().name("signals".into()).spawn(body).map_err(failed)?;
        Ok(interrupts)
    }

    /// From here on there is something to keep.
    pub(crate) fn work(&self) {
        self.state(|state| state.working = true);
    }

    /// Whether a signal has come.
    pub(crate) fn came(&self) -> bool {
        self.state(|state| state.signals > 0)
    }

    /// Whether a second signal has come, so that what was in flight may not have been handled.
    pub(crate) fn came_twice(&self) -> bool {
        self.state(|state| state.signals > 1)
    }

    /// Ends this topology, too, when a signal comes; until the guard is dropped.
    pub(crate) fn watch(&self, monitor: Monitor) -> Watch {
        let key = self.state(|state| {
            match state.signals {
                0 => {}
                1 => monitor.drain(),
                _ => monitor.halt(),
            }
            state.next += 1;
            state.running.push((state.next, monitor));
            state.next
        });
        Watch { interrupts: self.clone(), key }
    }

    fn signal(&self) {
        let signals = self.state(|state| {
            state.signals += 1;
            for (_, monitor) in &state.running {
                if state.signals == 1 { monitor.drain() } else { monitor.halt() }
            }
            if state.working { state.signals } else { u32::MAX }
        });
        match signals {
            1 => console::note("interrupted: finishing what is in flight; once more stops at once"),
            2 => console::note("interrupted again: stopping"),
            _ => std::process::exit(Exit::Interrupted as i32),
        }
    }

    fn state<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A topology that a signal ends.
#[derive(Debug)]
pub(crate) struct Watch {
    interrupts: Interrupts,
    key: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.interrupts.state(|state| state.running.retain(|(key, _)| *key != self.key));
    }
}
