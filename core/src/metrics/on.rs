//! What a lane is on.

use super::Counter;
use crate::sync::Arc;

/// The words in which a lane says what it is on: a stage and the root of the first of the few events that the stage
/// was handed last. Clones are handles to the same words.
///
/// The root is written per stride, the stage per run of events: two words that are not of one moment. Who
/// watches a stage that takes its time finds both as they stay.
#[derive(Clone, Debug, Default)]
pub(crate) struct On(Arc<Line>);

/// A cache line pair of its own: it is written often.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line {
    /// The stage's number and 1; 0 between stages.
    stage: Counter,
    root: Counter,
}

impl On {
    /// The lane is on a stage; stages are counted in topological order.
    #[inline]
    pub(crate) fn set_stage(&self, stage: usize) {
        self.0.stage.set(stage as u64 + 1);
    }

    /// The stage is on an event of this root, or on one of those handed over with it.
    #[inline]
    pub(crate) fn set_root(&self, root: u64) {
        self.0.root.set(root);
    }

    /// The lane is between two stages.
    #[inline]
    pub(crate) fn clear(&self) {
        self.0.stage.set(0);
    }

    /// Stage and root; `None` while the lane is between stages.
    pub(crate) fn get(&self) -> Option<(usize, u64)> {
        let (stage, root) = (self.0.stage.get() as usize, self.0.root.get());
        Some((stage.checked_sub(1)?, root))
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn it_names_stage_and_root() {
        let on = On::default();
        assert_eq!(on.get(), None);
        on.set_stage(0);
        on.set_root(7);
        assert_eq!(on.get(), Some((0, 7)));
        on.set_stage(300);
        on.set_root(1 << 60);
        assert_eq!(on.get(), Some((300, 1 << 60)));
        on.clear();
        assert_eq!(on.get(), None);
    }
}
