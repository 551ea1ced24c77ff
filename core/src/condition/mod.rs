//! Conditions: texts such as `strength > 0.7 && symbol == "AAPL"`, compiled once to closures.
//!
//! ```text
//!  text --lexer--> tokens --parser--> tree --check--> typed tree --compile--> closures
//!                                              |
//!                            fields of the event, names, instruments, predicates
//! ```
//! All mistakes of a text are found at once, each with its place and what would be right;
//! [`ConditionError::render`] draws them. [`Condition::matches`] is what runs per event: a few
//! nanoseconds, no allocation, no text.
//!
//! ```
//! use pitlane::condition::{Fields, Predicates, World, compile};
//! use pitlane::event::{Action, Event, Signal, Slot, fixed};
//! use pitlane::{Instruments, Names};
//!
//! let (mut names, instruments, predicates) = (Names::default(), Instruments::new(), Predicates::default());
//! names.intern("sma");
//! let apple = instruments.intern("AAPL.XNAS");
//! let world = World { names: &names, instruments: &instruments, predicates: &predicates };
//!
//! let text = r#"strength > 0.7 && symbol == "AAPL""#;
//! let mut condition = compile(text, &Fields::of::<Signal>(), &world).unwrap();
//! assert!(condition.warnings().is_empty());
//!
//! let mut signal = Signal::new(Action::Buy, 0.9, fixed::NULL);
//! signal.header.instrument = apple;
//! assert!(condition.matches(Slot::of(&signal)));
//!
//! let mistakes = compile("strenght > 0.7", &Fields::of::<Signal>(), &world).unwrap_err();
//! assert_eq!(mistakes[0].render("strenght > 0.7"), "\
//! `strenght` is neither a field nor a predicate of Signal
//!   |
//! 1 | strenght > 0.7
//!   | ^^^^^^^^ did you mean `strength`?");
//! ```
//!
//! # Grammar
//!
//! ```text
//! condition  = any
//! any        = all { ( "||" | "or" ) all }
//! all        = not { ( "&&" | "and" ) not }
//! not        = ( "!" | "not" ) not | comparison
//! comparison = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum | [ "not" ] "in" list ]
//! list       = "[" sum { "," sum } [ "," ] "]" | "(" sum { "," sum } [ "," ] ")"
//! sum        = product { ( "+" | "-" ) product }
//! product    = factor { ( "*" | "/" | "%" ) factor }
//! factor     = "-" factor | atom
//! atom       = number | text | "true" | "false" | name | "(" any ")"
//!
//! number     = ( digits [ "." digits ] | "." digits ) [ ( "e" | "E" ) [ "+" | "-" ] digits ]
//! digits     = digit { digit | "_" }
//! text       = '"' { any character but '"' and '\' | '\"' | '\\' } '"', or the same with '
//! name       = ( letter | "_" ) { letter | digit | "_" }
//! ```
//! `!` and `not` are the same and reach over a comparison: `!price > 5` is `!(price > 5)`. What
//! stands in a list is constant. White space, line breaks included, separates and means nothing.
//! Parentheses, `!` and `-` nest up to 64 deep and 256 arithmetic operators may depend on each
//! other, so that no text can exhaust the stack.
//!
//! # Meaning
//!
//! A *name* is a field of the event type (see [`Field`](crate::event::Field)) or a predicate of
//! [`Predicates`]; one that is both is a mistake.
//!
//! **Exact numbers.** Prices, sizes and integers are exact, in `i128` units of 1e-9, and so are the
//! literals beside them, `+`, `-`, `%` (its sign is the left side's) and every comparison of such:
//! `price == 0.1 + 0.2` holds at 0.3. A literal finer than 1e-9 beside an exact number is a mistake.
//! `*` and `/` are done in `f64`, as is whatever has a float field or such a product on either side.
//!
//! **Nulls.** A price that is not there, a field that events of this kind do not have, a NaN, an
//! event without instrument, a venue, source or component without name: all are null. Arithmetic
//! with null gives null, as does dividing by 0. A comparison with null is false, `!=`, `in` and
//! `not in` too. So `price != 5` holds for trades of another price, and never for quotes, while
//! `!(price == 5)` holds for both: truths have two values, not three.
//!
//! **Texts.** A field of few words (`kind`, `side`, `status` ...) is compared with those; another
//! word is a mistake. A number in the event that has no word differs from all words. A `symbol` is
//! `"AAPL"`, on every venue, or `"AAPL.XNAS"`; a text matches where it is all of the instrument's
//! text or all of its symbol, so `"BRK.B"` finds `BRK.B` and `BRK.B.XNYS`. Symbols and venues that
//! come later match from then on. Sources and components are names of the topology, which are all
//! known when it is built; two such fields can be compared with each other.
//!
//! **Truths** are compared with `==` and `!=`. `&&` and `||` stop as soon as the answer is known.
//!
//! # Files
//!
//! | file | what it holds |
//! |---|---|
//! | `condition` | [`compile`], [`Condition`] |
//! | `error` | mistakes and how they are drawn |
//! | `predicates` | [`Predicates`] |
//! | `lexer`, `number`, `parser`, `ast` | text to tree |
//! | `check/`, `typed` | tree to typed tree |
//! | `quick` | how a condition begins: tests that need no call |
//! | `compile`, `leaves`, `instruments` | the rest of the typed tree to closures |

mod ast;
mod check;
mod compile;
#[allow(clippy::module_inception, reason = "a condition is what this folder is about")]
mod condition;
mod error;
mod instruments;
mod leaves;
mod lexer;
mod number;
mod parser;
mod predicates;
mod quick;
#[cfg(test)]
mod tests;
mod typed;

pub(crate) use compile::{Rest, Test, fuse};
pub use condition::{Condition, Fields, World, compile};
pub use error::ConditionError;
pub use predicates::Predicates;
pub(crate) use quick::Quick;
