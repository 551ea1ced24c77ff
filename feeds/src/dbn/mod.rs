//! Databento Binary Encoding (DBN) as market data.
//!
//! ```text
//!  bytes --> header --> Records --> convert --> MarketData
//!            metadata   frames      by schema, with Names: numbers of instruments to symbols
//! ```
//!
//! Records are framed and typed by the `dbn` crate, versions 1 to 3, as they lie in the file: the
//! records that events are made of have one layout in all three. What of them an event cannot carry
//! is listed in docs/feeds.md.
//!
//! | module | what |
//! |---|---|
//! | `options` | what a config may say |
//! | `header` | metadata, without trusting the lengths it states; fragments and DBZ |
//! | `names` | which symbol a number stands for at a time |
//! | `convert`, `mbo` | records to events |
//! | `file` | one file as a source; bad records |
//! | `place` | where in a plain file a time begins |

mod convert;
mod file;
mod header;
mod mbo;
mod names;
mod options;
mod place;

pub(crate) use options::open;
pub use options::{DbnOptions, Venues, dbn_source};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;

/// A file whose bytes are in memory.
#[cfg(any(test, fuzzing))]
pub(crate) fn in_memory(
    bytes: crate::bytes::Bytes,
    on_bad_row: crate::csv::OnBadRow,
) -> Result<file::DbnFile, pitlane::source::SourceError> {
    let instruments = pitlane::Instruments::new();
    let ground = file::Ground { symbol: None, venues: Venues::Auto, instruments };
    file::DbnFile::new("a.dbn".into(), ground, on_bad_row).in_memory(bytes)
}
