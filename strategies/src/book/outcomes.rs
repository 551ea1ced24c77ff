//! What became of changes that are no plain ones.

use crate::Counts;

/// What is counted of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A clear of the book or a part of it: done.
    Clear,
    /// A snapshot began: its changes are applied as any others.
    Snapshot,
    /// The best bid was above the best ask when the book was shown: left as the venue says.
    Crossed,
    /// The best bid was the best ask when the book was shown: left as the venue says.
    Locked,
    /// A Modify of an order that is not there: taken as an Add.
    UnknownModify,
    /// A Cancel of an order or level that is not there: left out.
    UnknownCancel,
    /// An Add of an order that is there: it takes the earlier one's place.
    Duplicate,
    /// A Cancel of more than is there: all of it left.
    OverCancel,
    /// A Modify that changes an order's side: it changed.
    SideChange,
    /// A change of a level in a book of orders, or of an order in a book of levels: left out.
    Mixed,
    /// A change without side or price, or of a size that makes no sense: left out.
    Unusable,
    /// The flag that something was lost before came up: the book is kept, and says so.
    Doubtful,
}

impl Outcome {
    /// All of them, in the order of their numbers.
    pub const ALL: [Outcome; 12] = [
        Outcome::Clear,
        Outcome::Snapshot,
        Outcome::Crossed,
        Outcome::Locked,
        Outcome::UnknownModify,
        Outcome::UnknownCancel,
        Outcome::Duplicate,
        Outcome::OverCancel,
        Outcome::SideChange,
        Outcome::Mixed,
        Outcome::Unusable,
        Outcome::Doubtful,
    ];

    /// Counts of these names, in the order of their numbers.
    #[must_use]
    pub fn counts() -> Counts {
        Counts::new(Self::ALL.map(Self::name))
    }

    /// Its name in counts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Clear => "clears",
            Outcome::Snapshot => "snapshots",
            Outcome::Crossed => "crossed",
            Outcome::Locked => "locked",
            Outcome::UnknownModify => "unknown_modifies",
            Outcome::UnknownCancel => "unknown_cancels",
            Outcome::Duplicate => "duplicates",
            Outcome::OverCancel => "over_cancels",
            Outcome::SideChange => "side_changes",
            Outcome::Mixed => "mixed",
            Outcome::Unusable => "unusable",
            Outcome::Doubtful => "doubtful",
        }
    }
}

/// How often each outcome occurred.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    own: [u64; Outcome::ALL.len()],
    /// The counts of all books of a component.
    shared: Option<Counts>,
}

impl Tally {
    pub(super) fn shared(counts: Option<Counts>) -> Self {
        Self { shared: counts, ..Self::default() }
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.own[outcome as usize] += 1;
        if let Some(counts) = &self.shared {
            counts.add_one(outcome as usize);
        }
    }

    pub(super) fn of(&self, outcome: Outcome) -> u64 {
        self.own[outcome as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_stand_at_their_numbers_and_have_names_of_their_own() {
        for (number, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, number);
            let same = Outcome::ALL.iter().filter(|other| other.name() == outcome.name());
            assert_eq!(same.count(), 1);
        }
    }
}
