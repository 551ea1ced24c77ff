//! The command as a user meets it: what it prints, what it writes, how it ends.
#![forbid(unsafe_code)]

mod bench;
mod books_and_bars;
#[path = "../../../tests/tests/common/data.rs"]
mod data;
mod discovery;
mod dlq;
mod drawings;
mod interrupts;
mod journal;
mod orders_of_dbn;
mod pipes;
mod real_data;
mod refusals;
mod replay;
mod scaffold;
mod support;
mod sweep;
mod ticks;
mod traces;
