//! What a lane is on.

use super::Counter;
use crate::sync::Arc;

/// Bits of a root that are shown; the stage's number lies above them.
const ROOT_BITS: u32 = 48;

/// The word in which a lane says what it is on: a stage and the root of the event it handles. Clones
/// are handles to the same word.
#[derive(Clone, Debug, Default)]
pub(crate) struct On(Arc<Line>);

/// A cache line pair of its own: it is written once per event.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line(Counter);

impl On {
    /// The tag by which a stage writes it; stages are counted in topological order.
    pub(crate) fn tag(stage: usize) -> u64 {
        (stage as u64 + 1) << ROOT_BITS
    }

    /// An event of this root is handled by the tagged stage.
    #[inline]
    pub(crate) fn set(&self, tag: u64, root: u64) {
        self.0.0.set(tag | (root & ((1 << ROOT_BITS) - 1)));
    }

    /// The lane is between two stages.
    #[inline]
    pub(crate) fn clear(&self) {
        self.0.0.set(0);
    }

    /// The word as it is, to see whether it changes.
    pub(crate) fn word(&self) -> u64 {
        self.0.0.get()
    }

    /// Stage and root of a word; `None` where the lane was between stages.
    pub(crate) fn decode(word: u64) -> Option<(usize, u64)> {
        let stage = (word >> ROOT_BITS) as usize;
        Some((stage.checked_sub(1)?, word & ((1 << ROOT_BITS) - 1)))
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_stage_and_root() {
        let on = On::default();
        assert_eq!(On::decode(on.word()), None);
        on.set(On::tag(0), 7);
        assert_eq!(On::decode(on.word()), Some((0, 7)));
        on.set(On::tag(300), 1 << 40);
        assert_eq!(On::decode(on.word()), Some((300, 1 << 40)));
        on.clear();
        assert_eq!(On::decode(on.word()), None);
    }
}
