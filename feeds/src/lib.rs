//! Tick files and generated sessions as Pitlane market data.
//!
//! ```text
//!  CSV file (plain, .gz, .zst, .zip) --+
//!  CSV file ---------------------------+--> Merge --> Replay --> sequencer
//!  generated session ------------------+    order     pace, from, to, limit
//! ```
//!
//! Files are streamed: what is held does not grow with their length. Nothing is allocated per row or
//! event. Bad input is never passed over silently: it stops the run with file, line, column and
//! text, or is counted where the config says so.
//!
//! | item | what |
//! |---|---|
//! | [`register`] | adds the formats `csv` and `generate` to a registry |
//! | [`csv_source`], [`open_file`], [`open_files`] | CSV files as a source |
//! | [`Session`] | a generated session as a source |
//! | [`Merge`] | several sources in one order |
//! | [`Replay`] | sources as the input of a topology: window, limit, pace, progress |
//! | [`ReadAhead`] | a source that is read on a thread of its own |
//! | [`TickStats`] | what a file holds, by instrument |
//! | [`EventWriter`], [`write_csv`], [`csv_field`] | events as CSV that the preset `plain` reads back |
#![forbid(unsafe_code)]

mod bytes;
mod capture;
pub mod codes;
mod csv;
mod dbn;
mod depth;
mod error;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod generate;
mod held;
mod merge;
mod read_ahead;
mod register;
mod replay;
mod stats;
mod time;
mod write;

pub use csv::{
    Column, CsvOptions, FileOptions, OnBadRow, Preset, TimeFrom, TimeUnit, UtcOffset, csv_source,
    guess_preset,
};
pub use dbn::{DbnOptions, Venues, dbn_source};
pub use files::{FileFormat, OpenOptions, Reorder, open_file, open_files};
pub use generate::{GenerateOptions, Number, Session};
pub use merge::{File, Merge, time as merge_time};
pub use read_ahead::ReadAhead;
pub use register::register;
pub use replay::{Pace, Progress, ProgressHandle, Replay, ReplayOptions};
pub use stats::{InstrumentStats, TickStats};
pub use time::{format_time, parse_duration, parse_time};
pub use write::{EventWriter, csv_field, write_csv};
