//! One module per command: its arguments, and what it does.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod components;
pub(crate) mod describe;
pub(crate) mod dlq;
pub(crate) mod errors;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod init;
pub(crate) mod journal;
pub(crate) mod new;
pub(crate) mod replay;
pub(crate) mod schema;
pub(crate) mod sweep;
pub(crate) mod ticks;
pub(crate) mod ticks_bars;
pub(crate) mod ticks_book;
mod ticks_files;
pub(crate) mod trace;
