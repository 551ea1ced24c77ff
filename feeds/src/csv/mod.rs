//! CSV files as market data.
//!
//! ```text
//!  bytes --> Lines --> Marks --> Decoder --> MarketData
//!            buffer    fields    row by row, by the columns' roles
//! ```
//!
//! | module | what |
//! |---|---|
//! | [`options`] | what a config may say |
//! | `preset` | forms that are known by name |
//! | `layout` | what each column is: presets, headers, maps |
//! | `levels` | rows that are levels of a book: snapshots, ends of messages |
//! | `lines` | lines from a large buffer, no copy |
//! | `marks` | where fields and rows end, 64 bytes at a time |
//! | `field` | numbers and words of known bounds |
//! | `fast`, `out` | plain rows by their marks, all others left to `decode`; where events go |
//! | `decode`, `number`, `clock`, `words`, `book` | rows to events, no allocation per row |
//! | `file` | one file as a source; bad rows |
//! | `files` | which files a config names; what their names say |
//! | `open` | one file by preset, for tools |
//!
//! A source holds one buffer of 64 KiB per file that is open, whatever the files' length, and
//! opens a file of a dated list only when the order has come to its date.

mod book;
mod clock;
mod decode;
mod fast;
mod field;
mod file;
mod files;
mod layout;
mod levels;
mod lines;
mod marks;
mod number;
mod open;
pub(crate) mod options;
mod out;
mod preset;
mod problem;
mod snapshots;
mod words;

pub(crate) use field::{decimal, whole};
pub(crate) use file::fill;
pub use files::csv_source;
pub(crate) use lines::{BUFFER, Found, Lines};
pub(crate) use number::{Scale, unsigned};
pub use open::guess_preset;
pub(crate) use open::open;
pub use options::{Column, CsvOptions, FileOptions, OnBadRow, TimeFrom, TimeUnit, UtcOffset};
pub use preset::Preset;
#[cfg(any(test, fuzzing))]
pub(crate) use snapshots::{SnapshotFile, SnapshotOptions};
pub(crate) use words::Words;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;

/// A file whose text is in memory, read through a buffer of so many bytes.
#[cfg(any(test, fuzzing))]
pub(crate) fn in_memory(
    options: &CsvOptions,
    text: Vec<u8>,
    buffer: usize,
) -> Result<file::CsvFile, pitlane::source::SourceError> {
    files::in_memory(options, &pitlane::Instruments::new())?.in_memory(text, buffer)
}
