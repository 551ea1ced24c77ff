//! The life of an order: a finite state machine, one table.
//!
//! ```text
//!  new --> submitted --> accepted --> partially_filled --> filled
//!    \         \            \  \___ pending_cancel, pending_replace and back
//!     denied    rejected     canceled, expired
//! ```
//!
//! [`TABLE`] has for each of the eleven states all that may follow; what it does not have is refused, so
//! every pair of states has an answer. Six states are *open*: something may still come; five are *final*:
//! denied, rejected, filled, canceled, expired. `docs/orders.md` has the drawing that is made from the table.
//!
//! Choices, where FIX 4.4 (appendix D) and NautilusTrader leave any:
//! * Fills may come before the acceptance, since venues send them so; so may the end of an order that
//!   is never on the book (immediate or cancel, fill or kill).
//! * An order that is filled in part while a request is pending is `partially_filled` from then on, as
//!   in NautilusTrader; FIX would say `pending_cancel` and a fill beside it.
//! * A refused request leads back to `accepted` or `partially_filled`, whatever the venue says it is.
//! * Final states are final, as in FIX. NautilusTrader lets a fill follow a cancel, because reports
//!   of some venues overtake each other; here such a fill is refused and reported, so that a person
//!   hears of it.
//!
//! ```
//! use pitlane::event::OrderStatus::{Accepted, Canceled, Filled};
//!
//! assert_eq!(Accepted.next(Filled), Ok(Filled));
//! let refused = Filled.next(Canceled).unwrap_err();
//! assert_eq!(refused.to_string(), "an order that is `filled` cannot become `canceled`: that state is final");
//! ```

use super::OrderStatus::{self, *};
use crate::error::{Code, Coded, Details, codes};
use std::fmt;
use std::fmt::Write;

/// States of an order.
pub const STATES: usize = 11;

/// What may become of an order that the venue has, or may have by now.
const WORKING: &[OrderStatus] = &[
    Accepted,
    Rejected,
    PartiallyFilled,
    Filled,
    Canceled,
    Expired,
    PendingCancel,
    PendingReplace,
];

/// For each state, in the order of an order's life, the states that may follow it.
pub const TABLE: [(OrderStatus, &[OrderStatus]); STATES] = [
    (New, &[Denied, Submitted]),
    (Denied, &[]),
    (Submitted, WORKING),
    (Rejected, &[]),
    (Accepted, WORKING),
    (PendingReplace, WORKING),
    (
        PendingCancel,
        &[Accepted, Rejected, PendingCancel, PartiallyFilled, Filled, Canceled, Expired],
    ),
    (PartiallyFilled, &[PartiallyFilled, Filled, Canceled, Expired, PendingCancel, PendingReplace]),
    (Filled, &[]),
    (Canceled, &[]),
    (Expired, &[]),
];

/// The table by number: bit `to` of word `from`.
const NEXT: [u16; STATES + 1] = {
    let mut next = [0; STATES + 1];
    let mut row = 0;
    while row < TABLE.len() {
        let (from, to) = TABLE[row];
        let mut column = 0;
        while column < to.len() {
            next[from as usize] |= 1 << to[column] as usize;
            column += 1;
        }
        row += 1;
    }
    next
};

impl OrderStatus {
    /// The state after this one, if the life of an order may go there.
    ///
    /// # Errors
    /// Where it may not; both states are named.
    #[inline]
    pub fn next(self, to: OrderStatus) -> Result<OrderStatus, IllegalTransition> {
        if self.may_become(to) { Ok(to) } else { Err(IllegalTransition { from: self, to }) }
    }

    /// Whether `to` may follow this state.
    #[must_use]
    #[inline]
    pub const fn may_become(self, to: OrderStatus) -> bool {
        NEXT[self as usize] >> to as usize & 1 != 0
    }

    /// What may follow this state; empty for a final one.
    #[must_use]
    pub fn followers(self) -> &'static [OrderStatus] {
        TABLE.iter().find(|(from, _)| *from == self).map_or(&[], |(_, to)| to)
    }

    /// Whether nothing may follow: the order is denied, rejected, filled, canceled or expired.
    #[must_use]
    #[inline]
    pub const fn is_final(self) -> bool {
        NEXT[self as usize] == 0
    }
}

/// A step that the life of an order cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTransition {
    /// Where the order stands.
    pub from: OrderStatus,
    /// Where it cannot go.
    pub to: OrderStatus,
}

impl fmt::Display for IllegalTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "an order that is `{from}` cannot become `{to}`: ")?;
        match from.followers() {
            [] => f.write_str("that state is final"),
            followers => {
                let names: Vec<_> = followers.iter().map(|status| status.name()).collect();
                write!(f, "it may become {}", names.join(", "))
            }
        }
    }
}

impl std::error::Error for IllegalTransition {}

impl Coded for IllegalTransition {
    fn code(&self) -> Code {
        codes::ORDER_TRANSITION
    }

    fn details(&self) -> Details {
        Details::default().with("from", self.from.name()).with("to", self.to.name())
    }

    fn help(&self) -> String {
        self.code().remedy().into()
    }
}

/// The table as a state diagram of Mermaid, for `docs/orders.md`.
#[must_use]
pub fn diagram() -> String {
    let mut text = String::from("stateDiagram-v2\n    [*] --> new\n");
    for (from, followers) in TABLE {
        // Writing to a string does not fail.
        for to in followers {
            let _ = writeln!(text, "    {from} --> {to}");
        }
        if followers.is_empty() {
            let _ = writeln!(text, "    {from} --> [*]");
        }
    }
    text
}

/// The table as a matrix in Markdown: a row per state, a cross where the state of the column may follow.
#[must_use]
pub fn matrix() -> String {
    let mut text = String::from("| from \\ to |");
    for (to, _) in TABLE {
        let _ = write!(text, " {to} |");
    }
    let _ = write!(text, "\n|---|{}", ":-:|".repeat(STATES));
    for (from, _) in TABLE {
        let _ = write!(text, "\n| **{from}** |");
        for (to, _) in TABLE {
            text.push_str(if from.may_become(to) { " × |" } else { "  |" });
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_state_has_one_row_and_every_pair_an_answer() {
        let rows: BTreeSet<_> = TABLE.iter().map(|(from, _)| *from).collect();
        assert_eq!(rows, OrderStatus::ALL.iter().copied().collect());
        for (from, followers) in TABLE {
            for &to in OrderStatus::ALL {
                let listed = followers.contains(&to);
                assert_eq!(from.next(to).is_ok(), listed, "{from} -> {to}");
                assert_eq!(from.may_become(to), listed, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn every_life_begins_new_and_can_come_to_an_end() {
        let mut reached = BTreeSet::from([New]);
        while let Some(&next) =
            reached.iter().flat_map(|from| from.followers()).find(|to| !reached.contains(to))
        {
            reached.insert(next);
        }
        assert_eq!(reached.len(), STATES);
        assert!(OrderStatus::ALL.iter().all(|from| !from.may_become(New)));
        let finals: Vec<_> =
            OrderStatus::ALL.iter().copied().filter(|one| one.is_final()).collect();
        assert_eq!(finals, [Denied, Rejected, Filled, Canceled, Expired]);
        for open in OrderStatus::ALL.iter().filter(|one| !one.is_final()) {
            assert!(open.followers().iter().any(|to| to.is_final()), "{open} has no end");
        }
    }

    /// What the matrices of FIX 4.4, appendix D, show of orders that are not replaced by others.
    #[test]
    fn lives_that_venues_report_are_legal() {
        for life in [
            &[New, Submitted, Accepted, PartiallyFilled, PartiallyFilled, Filled][..],
            &[New, Submitted, Rejected],
            &[New, Submitted, Accepted, PendingCancel, Canceled],
            &[New, Submitted, Accepted, PendingCancel, PartiallyFilled, Canceled],
            &[New, Submitted, Accepted, PendingCancel, Accepted, Filled],
            &[New, Submitted, Accepted, PartiallyFilled, PendingCancel, Filled],
            &[
                New,
                Submitted,
                Accepted,
                PendingReplace,
                Accepted,
                PendingReplace,
                PendingCancel,
                Canceled,
            ],
            &[New, Submitted, PartiallyFilled, PendingReplace, PartiallyFilled, Expired],
            &[New, Submitted, Canceled],
            &[New, Denied],
        ] {
            for step in life.windows(2) {
                assert_eq!(step[0].next(step[1]), Ok(step[1]));
            }
        }
    }

    #[test]
    fn a_refusal_names_both_states_and_what_would_be_right() {
        let refused = New.next(Filled).unwrap_err();
        let said = "an order that is `new` cannot become `filled`: it may become denied, submitted";
        assert_eq!(refused.to_string(), said);
        let told = refused.diagnostic();
        assert_eq!(told.code, "PL-ORDER-001");
        assert_eq!(told.details.get("from"), Some(&"new".into()));
        assert_eq!(told.details.get("to"), Some(&"filled".into()));
    }
}
