//! A YAML text as a tree that knows the place of every key and value.
//!
//! ```text
//!  text --parse--> Tree --set--> Tree --read--> typed values, mistakes
//! ```
//!
//! A scalar stays the text it was written as: what it means is decided by the one who reads it, so
//! `symbol: ON` is a symbol and `0700` keeps its zero. Anchors, aliases and merge keys are resolved
//! here (up to a limit on the size of the whole); tags, several documents and keys that are not
//! plain words are refused.

mod node;
mod parse;
mod path;
#[cfg(test)]
mod tests;
mod texts;

pub(crate) use node::{Entry, Node, Value};
pub(crate) use parse::parse;
pub(crate) use path::{find, find_within, set};
pub(crate) use texts::{Span, Texts};
