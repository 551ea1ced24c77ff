//! The files of one source.

use super::Reorder;
use crate::error::about;
use crate::merge::{File, Merge};
use crate::time::parse_duration;
use pitlane::Instruments;
use pitlane::source::{Source, SourceError};
use std::ops::Range;
use std::path::PathBuf;

/// Files of one source while they are named.
pub(crate) struct Gathered {
    instruments: Instruments,
    /// How far events may be moved back, ns; 0 = none is moved.
    window: u64,
    files: Vec<File>,
}

impl Gathered {
    /// None yet. The window is as options have it.
    pub(crate) fn new(
        instruments: &Instruments,
        reorder_window: Option<&str>,
    ) -> Result<Self, SourceError> {
        let window = match reorder_window {
            None => 0,
            Some(text) => parse_duration(text).ok_or_else(|| {
                let message = format!("`reorder_window` cannot be `{text}`");
                about(message, "give a number and a unit such as `5ms` or `1s`")
            })?,
        };
        Ok(Self { instruments: instruments.clone(), window, files: Vec::new() })
    }

    /// Adds a file that has no event outside of a span of time, where that is known.
    pub(crate) fn add(&mut self, path: PathBuf, span: Range<u64>, source: Box<dyn Source>) {
        let source =
            if self.window > 0 { Box::new(Reorder::new(source, self.window)) } else { source };
        self.files.push(File { path, span, source });
    }

    /// All of them as one source.
    pub(crate) fn source(mut self) -> Box<dyn Source> {
        if self.files.len() == 1 {
            return self.files.remove(0).source;
        }
        Box::new(Merge::of_named_files(self.files, &self.instruments))
    }
}
