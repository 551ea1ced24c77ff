//! Reads Pitlane's YAML files and makes of them what can run.
//!
//! ```text
//!  text --tree--> places --raw--> what was written --checked--> what can run
//!                    \________________\_________________________ mistakes, all at once
//! ```
//!
//! * [`check`] makes a [`Ready`] topology of a text: names resolved by a
//!   [`Registry`](pitlane::registry::Registry), sources open, components built.
//! * [`LoadOptions`] is what a command line changes: `--set`, `--input`, lanes, sizes.
//! * [`Mistakes`] are all that is wrong, each with a code, file, line, column, a sentence, and a
//!   way out; printed with the lines they stand in, or given as data.
//! * [`schema()`] is the JSON Schema of the whole, for editors.
//!
//! Nothing is opened or built twice, and nothing runs here. Loading is not made to be fast.
//!
//! ```
//! use pitlane::registry::Registry;
//! use pitlane_config::{LoadOptions, check};
//! use std::path::Path;
//!
//! let text = "routing:\n  feed:\n    MarktData: [sma]\n";
//! let mistakes = check(text, Path::new("session.yaml"), &Registry::new(), &LoadOptions::default())
//!     .unwrap_err();
//! assert_eq!(
//!     mistakes.list()[0].to_string(),
//!     "session.yaml:3:5: error [PL-CONFIG-022]: there is no event type `MarktData`; \
//!      did you mean `MarketData`?"
//! );
//! ```
#![forbid(unsafe_code)]

mod checked;
pub mod codes;
mod interface;
mod mistake;
mod nearest;
mod options;
mod preset;
mod raw;
mod read;
#[cfg(test)]
mod reference;
mod schema;
mod tree;

pub use checked::shipped as shipped_middleware;
pub use checked::{Checked, Info, JournalSetup, KnownNumbers, Ready, Setup, check, load, read};
pub use interface::{Interface, interface};
pub use mistake::{Mistake, Mistakes};
pub use nearest::nearest;
pub use options::{Input, KnowNumbers, LoadOptions};
pub use preset::preset;
pub use schema::schema;

/// The example of the manual, compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/config.md")]
pub struct Manual;
