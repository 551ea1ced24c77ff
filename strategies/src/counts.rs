//! Counts that a component writes and anyone may read.
#![allow(clippy::disallowed_types, reason = "the one place of this crate that has atomics")]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Named counts of one component. Clones are handles to the same counts.
///
/// Written by the component's lane alone, read from any thread: a count read while it runs is one
/// that stood there lately; several read together need not be of the same moment. After the run
/// they are exact.
#[derive(Clone)]
pub struct Counts(Arc<[Count]>);

struct Count {
    name: &'static str,
    value: AtomicU64,
}

impl Counts {
    /// Counts of these names, all 0.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self(names.into_iter().map(|name| Count { name, value: AtomicU64::new(0) }).collect())
    }

    /// One more at `place`, counted from 0 in the order of the names. To be called by one thread only.
    ///
    /// # Panics
    /// When there is no such place.
    #[inline]
    pub fn add_one(&self, place: usize) {
        let value = &self.0[place].value;
        value.store(value.load(Relaxed) + 1, Relaxed);
    }

    /// The count of a name; 0 for one that is not counted here.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.0.iter().find(|count| count.name == name).map_or(0, |count| count.value.load(Relaxed))
    }

    /// Names and counts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|count| (count.name, count.value.load(Relaxed)))
    }
}

/// `name=count` of all that are not 0.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, count) in self.iter().filter(|(_, count)| *count > 0) {
            write!(f, "{separator}{name}={count}")?;
            separator = " ";
        }
        Ok(())
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_see_the_same_counts() {
        let counts = Counts::new(["a", "b"]);
        let handle = counts.clone();
        counts.add_one(1);
        counts.add_one(1);
        assert_eq!((handle.of("a"), handle.of("b"), handle.of("c")), (0, 2, 0));
        assert_eq!(handle.to_string(), "b=2");
    }
}
