//! Sets of positions that mostly lie side by side.

use std::collections::BTreeMap;

/// A set of positions, kept as ranges: start to one past the end.
#[derive(Debug, Default)]
pub(crate) struct Ranges(BTreeMap<u64, u64>);

impl Ranges {
    /// Adds a position behind all there are.
    pub(crate) fn push(&mut self, position: u64) {
        match self.0.last_entry() {
            Some(mut last) if *last.get() == position => {
                last.insert(position + 1);
            }
            _ => {
                self.0.insert(position, position + 1);
            }
        }
    }

    pub(crate) fn remove(&mut self, position: u64) {
        let Some((&start, &end)) = self.0.range(..=position).next_back() else { return };
        if position >= end {
            return;
        }
        self.0.remove(&start);
        if start < position {
            self.0.insert(start, position);
        }
        if position + 1 < end {
            self.0.insert(position + 1, end);
        }
    }

    pub(crate) fn contains(&self, position: u64) -> bool {
        self.0.range(..=position).next_back().is_some_and(|(_, end)| position < *end)
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.0.first_key_value().map(|(start, _)| *start)
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_are_a_set(operations in prop::collection::vec((any::<bool>(), 0_u64..40), 0..200)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            let mut next = 0;
            for (push, number) in operations {
                if push {
                    next += 1 + number / 20;
                    ranges.push(next);
                    set.insert(next);
                } else {
                    ranges.remove(number);
                    set.remove(&number);
                }
                prop_assert_eq!(ranges.first(), set.first().copied());
                prop_assert_eq!(ranges.len(), set.len() as u64);
                prop_assert!((0..next + 2).all(|n| ranges.contains(n) == set.contains(&n)));
            }
        }
    }
}
