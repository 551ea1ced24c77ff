//! What conditions do, seen from outside, and against a second, slower understanding of them.
//!
//! | file | what it shows |
//! |---|---|
//! | `meaning` | what matches |
//! | `mistakes` | what is refused, where, in which words |
//! | `reading` | the tree of a text, and that any text is survived |
//! | `equivalence` | compiled conditions do as the `interpreter` does, on what `random` makes up |
//! | `guide` | that docs/conditions.md is right |
//! | `speed` | nanoseconds per event, when asked |

mod equivalence;
mod guide;
mod interpreter;
mod meaning;
mod mistakes;
mod random;
mod reading;
mod speed;

use super::{Condition, ConditionError, Fields, Predicates, World, compile};
use crate::event::{Event, MarketData, Order, Signal, Slot, fixed};
use crate::{Instruments, Names};

/// Instruments in the order of their numbers, from 1.
const INSTRUMENTS: [&str; 7] =
    ["AAPL.XNAS", "AAPL.XNYS", "MSFT.XNAS", "BRK.B", "BRK.B.XNYS", "EURUSD", "AAPL"];

/// Sources and components in the order of their numbers, from 1.
const NAMES: [&str; 4] = ["feed", "sma", "revert", "gate"];

/// Names, instruments and predicates that tests speak of.
struct Stable {
    names: Names,
    instruments: Instruments,
    predicates: Predicates,
}

impl Stable {
    fn new() -> Self {
        let (mut names, instruments) = (Names::default(), Instruments::new());
        let mut predicates = Predicates::default();
        NAMES.iter().for_each(|name| assert!(names.intern(name).is_some()));
        INSTRUMENTS.iter().for_each(|text| assert!(instruments.intern(text) > 0));
        predicates.add("is_large", "a trade of 100 or more", |event: &MarketData| {
            event.as_trade().is_some_and(|trade| trade.size() >= 100 * fixed::SCALE)
        });
        predicates.add("is_sell", "advises to sell", |event: &Signal| {
            event.action() == crate::event::Action::Sell
        });
        predicates.add("is_odd", "of an odd root", |event: &Slot| event.header.root % 2 == 1);
        predicates.add("ts_recv", "the name of a field", |order: &Order| order.is_denied());
        Self { names, instruments, predicates }
    }

    fn world(&self) -> World<'_> {
        let Self { names, instruments, predicates } = self;
        World { names, instruments, predicates }
    }

    fn compile<E: Event>(&self, text: &str) -> Result<Condition, Vec<ConditionError>> {
        compile(text, &Fields::of::<E>(), &self.world())
    }

    /// Whether an event matches a text that must be right.
    fn matches<E: Event>(&self, text: &str, event: &E) -> bool {
        match self.compile::<E>(text) {
            Ok(mut condition) => condition.matches(Slot::of(event)),
            Err(errors) => panic!("{}", errors[0].render(text)),
        }
    }

    /// The only mistake of a text.
    fn mistake<E: Event>(&self, text: &str) -> ConditionError {
        let mut errors = self.compile::<E>(text).expect_err(text);
        assert_eq!(errors.len(), 1, "{text}: {errors:#?}");
        errors.remove(0)
    }
}
