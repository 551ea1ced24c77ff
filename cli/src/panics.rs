//! What is said of panics: mistakes of the program, or of a component of the user's.

use crate::codes::PANICKED;
use crate::console;
use std::collections::HashMap;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, PoisonError};

/// How often panics at one place are shown. A stage that skips what it fails on may panic at every event.
const SHOWN: u64 = 3;

/// A panic is one line that says where, and whom to tell; the same one over and over is not.
pub(crate) fn speak_of_panics() {
    let places = Mutex::new(Places::default());
    std::panic::set_hook(Box::new(move |info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let count = places.lock().unwrap_or_else(PoisonError::into_inner).count(&place);
        if let Some(line) = line(info, &place, count) {
            console::note(&line);
        }
    }));
}

/// How often there were panics, by their places.
#[derive(Default)]
struct Places(HashMap<String, u64>);

impl Places {
    /// One more at this place; gives how many there were.
    fn count(&mut self, place: &str) -> u64 {
        let count = self.0.entry(place.to_owned()).or_default();
        *count += 1;
        *count
    }
}

/// What is said of the `count`-th panic at a place, if anything.
fn line(info: &PanicHookInfo<'_>, place: &str, count: u64) -> Option<String> {
    if count > SHOWN {
        return None;
    }
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let message = info.payload_as_str().unwrap_or("no message");
    let mut line = format!(
        "error[{PANICKED}]: panic on thread `{thread}` at {place}: {message}\n  help: where this is \
         not in a component of your own, report it with the command and config at {}/issues",
        env!("CARGO_PKG_REPOSITORY"),
    );
    if count == SHOWN {
        line += "\n  note: more panics at this place are not shown; what they cost is counted as \
                 `failures` and dead letters";
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stage that skipped a million events flooded the terminal with two million lines.
    #[test]
    fn panics_at_one_place_are_shown_a_few_times_and_those_at_others_still() {
        let mut places = Places::default();
        let counts: Vec<_> = (0..5).map(|_| places.count("mine.rs:3:1")).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5]);
        assert_eq!(places.count("other.rs:3:1"), 1);
    }
}
