//! How depth updates and snapshots of one instrument hang together.
//!
//! Each depth update says which of the venue's numbered changes it holds and (futures) where the one
//! before it ended; a snapshot says up to which change it was taken. It is asked for while updates
//! come in, so it is usually older than the last of them:
//!
//! ```text
//!  updates   [1 3][4 6][7 9]          [10 12][13 15]
//!  snapshot                 of 5 <- comes here: it lacks the changes 6 to 9, which are applied again
//!  events    ...  ...  ...  Clear levels 4..6 7..9   10..12  ...
//! ```
//!
//! | what comes | outcome |
//! |---|---|
//! | an update that continues the last one | applied |
//! | one that begins later than it should: a gap | applied, counted; the book is doubtful until a snapshot |
//! | one that is wholly known: before the snapshot, or a repetition | dropped, counted |
//! | a snapshot | its range of prices is cleared (all, after a gap or where it is newer than every update); its levels; what came since it was taken |
//! | a snapshot older than what is kept of the updates | dropped where the book is sound; else applied, and the book stays doubtful |

use super::message::Level;
use std::collections::VecDeque;

/// Changes of levels that are kept, to be applied again upon a snapshot.
const KEPT: usize = 8192;

/// One change of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Last change of the venue in the update it came with.
    pub(super) update: u64,
    pub(super) is_bid: bool,
    pub(super) level: Level,
}

/// Which changes of the venue an update holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// `U`
    pub(super) first: u64,
    /// `u`
    pub(super) last: u64,
    /// `pu`, which spot has not.
    pub(super) previous: Option<u64>,
}

impl Span {
    /// The change that it continues.
    fn continues(self) -> u64 {
        self.previous.unwrap_or(self.first.saturating_sub(1))
    }
}

/// What becomes of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    /// Applied.
    Next,
    /// Applied after a gap.
    Gap,
    /// Dropped: all of it is known.
    Known,
}

/// What becomes of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// What is known beyond its range of prices stands.
    Range,
    /// It is all that is known.
    Whole,
    /// As `Whole`, but updates are missing that came after it was taken.
    Gap,
    /// Dropped.
    Old,
}

/// Where the updates of one instrument stand.
#[derive(Debug, Default)]
pub(super) struct Chain {
    /// Last change of the venue that was applied.
    last: Option<u64>,
    /// Whether the next update is the first one after a snapshot.
    after_snapshot: bool,
    /// All updates after this change are kept, none is missing.
    whole_from: u64,
    /// Whether a snapshot came and no update was missing since.
    is_sound: bool,
    /// Whether an update was missing since the last snapshot.
    had_gap: bool,
    kept: VecDeque<Kept>,
}

impl Chain {
    /// Whether a book made of what came so far may be wrong.
    pub(super) fn is_doubtful(&self) -> bool {
        !self.is_sound
    }

    /// Takes an update in.
    pub(super) fn update(&mut self, span: Span) -> Update {
        let Some(last) = self.last else {
            self.begin(span);
            return Update::Next;
        };
        // A futures update that ends where a snapshot was taken is one to begin with.
        let is_known = match span.previous {
            Some(_) if self.after_snapshot => span.last < last,
            _ => span.last <= last,
        };
        if is_known {
            return Update::Known;
        }
        self.after_snapshot = false;
        if span.continues() <= last {
            self.last = Some(span.last);
            return Update::Next;
        }
        (self.is_sound, self.had_gap) = (false, true);
        self.begin(span);
        Update::Gap
    }

    fn begin(&mut self, span: Span) {
        self.last = Some(span.last);
        self.whole_from = span.continues();
        self.kept.clear();
    }

    /// Keeps the levels of an update that was applied.
    pub(super) fn keep(&mut self, update: u64, is_bid: bool, levels: &[Level]) {
        for &level in levels {
            if self.kept.len() == KEPT
                && let Some(oldest) = self.kept.pop_front()
            {
                self.whole_from = oldest.update;
            }
            self.kept.push_back(Kept { update, is_bid, level });
        }
    }

    /// Takes a snapshot in. What is to be applied after it, [`Chain::since`] gives.
    pub(super) fn snapshot(&mut self, taken: u64) -> Snapshot {
        if self.last.is_none_or(|last| taken > last) {
            // Whether an update is missing before it, nobody knows: what was there before goes.
            *self = Self { last: Some(taken), after_snapshot: true, ..Self::default() };
            (self.whole_from, self.is_sound) = (taken, true);
            return Snapshot::Whole;
        }
        if taken < self.whole_from {
            return if self.is_sound { Snapshot::Old } else { Snapshot::Gap };
        }
        self.is_sound = true;
        if std::mem::take(&mut self.had_gap) { Snapshot::Whole } else { Snapshot::Range }
    }

    /// Changes that came with updates that end after this change of the venue.
    pub(super) fn since(&self, taken: u64) -> impl Iterator<Item = &Kept> {
        self.kept.iter().filter(move |kept| kept.update > taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn futures(previous: u64, first: u64, last: u64) -> Span {
        Span { first, last, previous: Some(previous) }
    }

    fn spot(first: u64, last: u64) -> Span {
        Span { first, last, previous: None }
    }

    #[test]
    fn an_update_that_begins_too_late_is_a_gap() {
        let mut chain = Chain::default();
        assert_eq!(chain.update(futures(10, 15, 20)), Update::Next);
        assert_eq!(
            chain.update(futures(20, 33, 40)),
            Update::Next,
            "numbers of others lie between"
        );
        assert_eq!(chain.update(futures(41, 45, 50)), Update::Gap);
        assert_eq!(chain.update(futures(41, 45, 50)), Update::Known);
        let mut chain = Chain::default();
        assert_eq!(chain.update(spot(10, 20)), Update::Next);
        assert_eq!(chain.update(spot(21, 21)), Update::Next);
        assert_eq!(chain.update(spot(23, 24)), Update::Gap);
    }

    #[test]
    fn the_first_update_after_a_snapshot_must_reach_it() {
        let mut chain = Chain::default();
        assert_eq!(chain.snapshot(100), Snapshot::Whole);
        assert!(!chain.is_doubtful());
        assert_eq!(chain.update(futures(80, 85, 99)), Update::Known);
        assert_eq!(chain.update(futures(99, 100, 100)), Update::Next, "ends where it was taken");
        assert_eq!(chain.update(futures(100, 101, 105)), Update::Next);
        let mut chain = Chain::default();
        chain.snapshot(100);
        assert_eq!(chain.update(spot(90, 100)), Update::Known);
        assert_eq!(chain.update(spot(98, 103)), Update::Next);
        let mut chain = Chain::default();
        chain.snapshot(100);
        assert_eq!(chain.update(spot(102, 103)), Update::Gap);
        assert!(chain.is_doubtful());
    }

    #[test]
    fn a_late_snapshot_is_followed_by_what_came_since_it_was_taken() {
        let mut chain = Chain::default();
        for (span, price) in [(futures(10, 11, 20), 1), (futures(20, 21, 30), 2)] {
            chain.update(span);
            chain.keep(span.last, true, &[(price, 5)]);
        }
        assert!(chain.is_doubtful());
        assert_eq!(chain.snapshot(25), Snapshot::Range);
        assert!(!chain.is_doubtful());
        let since: Vec<_> = chain.since(25).collect();
        assert_eq!(since, [&Kept { update: 30, is_bid: true, level: (2, 5) }]);
        assert_eq!(chain.update(futures(30, 31, 40)), Update::Next);
    }

    #[test]
    fn a_snapshot_from_before_the_first_update_leaves_the_book_doubtful() {
        let mut chain = Chain::default();
        chain.update(futures(10, 11, 20));
        assert_eq!(chain.snapshot(9), Snapshot::Gap);
        assert!(chain.is_doubtful());
        assert_eq!(chain.snapshot(15), Snapshot::Range);
        assert_eq!(chain.snapshot(9), Snapshot::Old, "the book is sound without it");
    }

    #[test]
    fn after_a_gap_a_snapshot_is_all_that_is_known() {
        let mut chain = Chain::default();
        chain.update(futures(10, 11, 20));
        chain.snapshot(20);
        assert_eq!(chain.update(futures(25, 26, 30)), Update::Gap);
        assert_eq!(chain.snapshot(22), Snapshot::Gap, "taken before what is missing");
        assert_eq!(chain.snapshot(27), Snapshot::Whole);
        assert_eq!(chain.snapshot(28), Snapshot::Range);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let mut chain = Chain::default();
        for update in 1..=20_u64 {
            chain.update(spot(update, update));
            chain.keep(update, false, &[(1, 1); 1000]);
        }
        assert_eq!(chain.kept.len(), KEPT);
        assert_eq!(chain.snapshot(11), Snapshot::Gap, "updates after it were let go");
        assert_eq!(chain.snapshot(12), Snapshot::Range);
    }
}
