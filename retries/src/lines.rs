//! Which deliveries wait for which.
//!
//! ```text
//!  line of an instrument:   express: [ cancel ]     line: [ head, next, cancel, next ]
//!                                      ^ first            ^ first where express is empty
//! ```
//!
//! Only the first of a line may be attempted. Express lie cancels that overtake what waits behind a
//! retry.

use std::collections::{HashMap, VecDeque};

/// What deliveries of a line have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// They are about one instrument.
    Instrument(u32),
    /// They are about one order.
    Order(u64),
    /// It waits for no other.
    Alone(u64),
}

/// Lines of deliveries, which are known by their positions.
#[derive(Debug, Default)]
pub(crate) struct Lines(HashMap<Key, Line>);

#[derive(Debug, Default)]
struct Line {
    express: VecDeque<u64>,
    line: VecDeque<u64>,
    /// Those in `line` that are cancels.
    cancels: Vec<u64>,
}

impl Line {
    fn first(&self) -> Option<u64> {
        self.express.front().or_else(|| self.line.front()).copied()
    }
}

impl Lines {
    pub(crate) fn first(&self, key: Key) -> Option<u64> {
        self.0.get(&key).and_then(Line::first)
    }

    /// Whether cancels have overtaken that have not left yet.
    pub(crate) fn has_express(&self, key: Key) -> bool {
        self.0.get(&key).is_some_and(|line| !line.express.is_empty())
    }

    /// All that are first.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = u64> {
        self.0.values().filter_map(Line::first)
    }

    /// Joins at the end.
    pub(crate) fn push(&mut self, key: Key, position: u64, is_cancel: bool) {
        let line = self.0.entry(key).or_default();
        line.line.push_back(position);
        if is_cancel {
            line.cancels.push(position);
        }
    }

    /// Leaves, from wherever it is.
    pub(crate) fn remove(&mut self, key: Key, position: u64) {
        let Some(line) = self.0.get_mut(&key) else { return };
        for queue in [&mut line.express, &mut line.line] {
            if let Some(at) = queue.iter().position(|other| *other == position) {
                queue.remove(at);
            }
        }
        line.cancels.retain(|other| *other != position);
        if line.line.is_empty() && line.express.is_empty() {
            self.0.remove(&key);
        }
    }

    /// Lets cancels overtake what waits behind a retry: to the place behind the last delivery about
    /// their own order, where one waits, else before all. `last_of` gives that delivery.
    pub(crate) fn promote(&mut self, key: Key, last_of: impl Fn(u64) -> Option<u64>) {
        let Some(line) = self.0.get_mut(&key) else { return };
        for cancel in std::mem::take(&mut line.cancels) {
            line.line.retain(|other| *other != cancel);
            let last = last_of(cancel);
            match last.and_then(|last| line.line.iter().position(|other| *other == last)) {
                Some(at) => line.line.insert(at + 1, cancel),
                None => line.express.push_back(cancel),
            }
        }
    }
}
