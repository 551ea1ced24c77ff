//! Typed values from a tree, with all mistakes at once.
//!
//! serde ends at the first mistake; this deserializer does not. A value is read in *attempts*:
//!
//! ```text
//!  attempt 1   fast: ten <- mistake
//!  attempt 2   slow: 50, price: mdi <- mistake
//!  attempt 3   slow: 50, fast: 1, price: trade      nothing new: done, two mistakes
//! ```
//!
//! In place of what failed and has nothing new to say (*spent*), and of what is missing, the next
//! attempt reads some value of the wanted type, until an attempt brings no news. A value made
//! that way is never handed out. Unknown keys are found here, from the list of fields that serde
//! gives, and never reach the type.
//!
//! What a scalar means is decided by the type that is wanted, see [`scalar`]. Two names of types
//! have a meaning of their own: an enum named [`SHAPE`] takes its variant from the shape of the
//! node (`scalar`, `list`, `map`), and a struct whose name begins with [`OPEN`] leaves keys it does
//! not know to somebody else.

mod access;
mod fail;
mod ledger;
mod placeholder;
mod reader;
mod scalar;
#[cfg(test)]
mod tests;

pub(crate) use ledger::{What, attempts};
pub(crate) use scalar::{Guess, guess};

use crate::mistake::Mistake;
use crate::tree::Node;
use serde::de::DeserializeOwned;

/// Name of enums whose variants are shapes of nodes.
pub(crate) const SHAPE: &str = "$shape";

/// Begins the names of structs that leave unknown keys to somebody else.
pub(crate) const OPEN: &str = "$open";

/// Reads a node; `None` where that brought mistakes other than unknown keys.
pub(crate) fn read<T: DeserializeOwned>(node: &Node, mistakes: &mut Vec<Mistake>) -> Option<T> {
    let what = What { node, name: None, reserved: &[], complete: false };
    attempts(what, mistakes, |reader| T::deserialize(reader)).ok()
}
