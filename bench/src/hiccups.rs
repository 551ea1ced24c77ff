//! The machine's own hiccups: the latencies an empty program would show.
//!
//! As Gil Tene's jHiccup, but by threads that spin instead of sleeping: what they notice is
//! only what kept them off their cores, and not how late a sleeper is woken. Each thread has a plan as
//! an open loop has, and records how late it noticed each planned moment; so a pause counts for every
//! event that would have fallen into it, and percentiles can be held against a program's own.

use crate::openloop::{Since, histogram};
use hdrhistogram::Histogram;
use pitlane::affinity::{allowed_cores, pin_to};
use std::time::Duration;

/// Most moments per second: looking at the clock takes some ns itself.
const MOST_PER_SECOND: f64 = 1e6;

/// Listens on as many cores at once for this long; planned moments per second as given, up to a
/// million.
#[must_use]
pub fn listen(cores: usize, rate: f64, time: Duration) -> Histogram<u64> {
    let step = (1e9 / rate.clamp(1.0, MOST_PER_SECOND)) as u64;
    let until = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let allowed = allowed_cores();
    let ears = (0..cores.max(1)).map(|ear| {
        let core = allowed.get(allowed.len().wrapping_sub(ear + 1)).copied();
        std::thread::spawn(move || {
            // One that cannot be pinned hears as well, if less of one core.
            let _ = core.map(pin_to);
            hear(step, until)
        })
    });
    let ears: Vec<_> = ears.collect();
    let mut heard = histogram();
    for ear in ears {
        heard += ear.join().expect("listening does not panic");
    }
    heard
}

/// Records how late each of the moments was noticed.
fn hear(step: u64, until: u64) -> Histogram<u64> {
    let mut heard = histogram();
    let since = Since::now();
    let mut planned = 0;
    while planned < until {
        let now = since.ns();
        while planned <= now && planned < until {
            heard.saturating_record((now - planned).max(1));
            planned += step;
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_planned_moment_counts_once_however_late_it_was_noticed() {
        assert_eq!(hear(1000, 1_000_000).len(), 1000);
        assert_eq!(listen(2, 1e9, Duration::from_millis(2)).len(), 2 * 2000);
    }
}
