//! Where events come from: what feeds implement.

use crate::error::{Code, codes};
use crate::event::MarketData;
use std::fmt;
use std::path::PathBuf;

/// A named origin of market data that is read in its own order: a file, several, a generator.
///
/// Sources are read in batches off the lanes; the feeds crate merges several into one order and
/// hands them to the sequencer.
pub trait Source: Send {
    /// Appends the next events to `batch`, at most its free capacity, and says whether there may be
    /// more. An empty batch with `true` means that nothing is there yet.
    ///
    /// # Errors
    /// Where the data cannot be read or makes no sense; what was appended before stands.
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError>;

    /// What was read so far.
    fn report(&self) -> SourceReport;
}

/// What a source has read so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceReport {
    /// Events handed out.
    pub events: u64,
    /// Rows or records that could not be read and were skipped.
    pub bad_rows: u64,
    /// The first few of them, as sentences.
    pub bad_row_samples: Vec<String>,
    /// Events with a time before that of their predecessor.
    pub out_of_order: u64,
    /// Bytes read of `bytes_total`, as they lie on disk.
    pub bytes_read: u64,
    /// Bytes there are; 0 where unknown.
    pub bytes_total: u64,
}

/// Why a source cannot be read: where, what, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceError {
    /// A stable code, see [`codes!`](crate::codes).
    pub code: Code,
    /// The file, where there is one.
    pub path: Option<PathBuf>,
    /// Line, counted from 1; 0 where there is none.
    pub line: u64,
    /// Column (field) of the line, counted from 1; 0 where there is none.
    pub column: u64,
    /// The text of the line, shortened.
    pub text: String,
    /// What is wrong: a sentence.
    pub message: String,
    /// What to do about it: a sentence; may be empty.
    pub help: String,
}

impl Default for SourceError {
    fn default() -> Self {
        Self {
            code: codes::SOURCE_FAILED,
            path: None,
            line: 0,
            column: 0,
            text: String::new(),
            message: String::new(),
            help: String::new(),
        }
    }
}

impl SourceError {
    /// The same error with another code.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    /// What is wrong and in which text, without its place.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self.text.as_str() {
            "" => self.message.clone(),
            text => format!("{} in `{text}`", self.message),
        }
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}", path.display())?;
            if self.line > 0 {
                write!(f, ":{}", self.line)?;
            }
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for SourceError {}
