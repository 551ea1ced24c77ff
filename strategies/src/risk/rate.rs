//! A limit of so many in any second.

const SECOND: u64 = 1_000_000_000;

/// Times of the last orders that passed: as many as may pass in a second.
#[derive(Debug)]
pub(super) struct Rate {
    passed: Box<[u64]>,
    /// Place of the next time, and of the oldest once all are there.
    next: usize,
    missing: usize,
}

impl Rate {
    pub(super) fn new(most: usize) -> Self {
        Self { passed: vec![0; most].into(), next: 0, missing: most }
    }

    /// Whether one more passes at `now`, ns, which never steps back: unless as many as may did in
    /// (now - 1 s, now]. One that passes is counted.
    #[inline]
    pub(super) fn admits(&mut self, now: u64) -> bool {
        if self.missing > 0 {
            self.missing -= 1;
        } else if now - self.passed[self.next] < SECOND {
            return false;
        }
        self.passed[self.next] = now;
        self.next = if self.next + 1 == self.passed.len() { 0 } else { self.next + 1 };
        true
    }

    pub(super) fn bytes(most: usize) -> usize {
        size_of::<Self>() + most * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_window_is_open_at_its_old_end() {
        let mut rate = Rate::new(2);
        assert!(rate.admits(10) && rate.admits(20));
        assert!(!rate.admits(10 + SECOND - 1), "10 and 20 are within the second");
        assert!(rate.admits(10 + SECOND), "10 is a whole second ago");
        assert!(!rate.admits(20 + SECOND - 1));
        assert!(rate.admits(20 + SECOND));
    }

    proptest! {
        #[test]
        fn equals_a_count_over_all_that_passed(
            most in 1_usize..6,
            steps in prop::collection::vec(0_u64..700_000_000, 1..100),
        ) {
            let (mut rate, mut passed, mut now) = (Rate::new(most), Vec::new(), 0_u64);
            for step in steps {
                now += step;
                let recent = passed.iter().filter(|&&t| t + SECOND > now).count();
                prop_assert_eq!(rate.admits(now), recent < most);
                if recent < most {
                    passed.push(now);
                }
            }
        }
    }
}
