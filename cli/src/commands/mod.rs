//! One module per command: its arguments, and what it does.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod components;
pub(crate) mod errors;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod new;
pub(crate) mod replay;
pub(crate) mod schema;
pub(crate) mod sweep;
pub(crate) mod ticks;
