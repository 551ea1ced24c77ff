//! Lines of text from a large buffer.

use std::io::{self, Read};

/// Bytes held of a file's text.
pub(crate) const BUFFER: usize = 64 << 10;

/// The longest line there may be; the buffer grows up to that.
pub(crate) const LONGEST_LINE: usize = 1 << 20;

/// What a search for the next line found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A line in `Lines::text`, without its end.
    Line {
        /// First byte.
        start: usize,
        /// One past the last byte.
        end: usize,
        /// Whether it ended with a newline; only the last line of a file may not.
        ended: bool,
    },
    /// No line in the buffer: fill it.
    Empty,
    /// No line any more.
    End,
}

/// Splits text into lines. Holds one buffer, whatever the length of the text.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// Lines found so far, blank ones included.
    pub(crate) count: u64,
}

impl Lines {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { buffer: vec![0; capacity], start: 0, end: 0, ended: false, count: 0 }
    }

    /// The next line in the buffer, without `\n` or `\r\n`.
    #[inline]
    pub(crate) fn next(&mut self) -> Found {
        let rest = &self.buffer[self.start..self.end];
        let (length, ended) = match memchr::memchr(b'\n', rest) {
            Some(length) => (length, true),
            None if !self.ended => return Found::Empty,
            None if rest.is_empty() => return Found::End,
            None => (rest.len(), false),
        };
        let start = self.start;
        self.start += length + usize::from(ended);
        self.count += 1;
        let returned = length > 0 && rest[length - 1] == b'\r';
        Found::Line { start, end: start + length - usize::from(returned), ended }
    }

    /// The buffer from its begin to the end of its text; lines that were handed out are still there.
    #[inline]
    pub(crate) fn marked(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    /// Where in [`Lines::marked`] the next line begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// So many lines were taken from the buffer; the next one begins at a place of it.
    pub(crate) fn take_rows(&mut self, start: usize, lines: u64) {
        self.start = start;
        self.count += lines;
    }

    /// Bytes of the buffer, see [`Found::Line`].
    #[inline]
    pub(crate) fn text(&self, start: usize, end: usize) -> &[u8] {
        &self.buffer[start..end]
    }

    /// Reads more text. `Ok(false)` where a line is longer than the longest there may be.
    pub(crate) fn fill(&mut self, from: &mut impl Read) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            if self.buffer.len() >= LONGEST_LINE {
                return Ok(false);
            }
            let more = (2 * self.buffer.len()).clamp(1, LONGEST_LINE);
            self.buffer.resize(more, 0);
        }
        let read = loop {
            match from.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        self.ended = read == 0;
        Ok(true)
    }

    /// Passes over these bytes at the start of the text, where they are there.
    pub(crate) fn skip(&mut self, prefix: &[u8]) {
        if self.buffer[self.start..self.end].starts_with(prefix) {
            self.start += prefix.len();
        }
    }

    /// The next byte in the buffer that ends no line.
    pub(crate) fn peek(&self) -> Option<u8> {
        let rest = &self.buffer[self.start..self.end];
        rest.iter().copied().find(|byte| !matches!(byte, b'\n' | b'\r'))
    }

    /// Bytes that are in the buffer and not yet handed out.
    pub(crate) fn held(&self) -> usize {
        self.end - self.start
    }

    /// Bytes of memory it holds.
    #[cfg(test)]
    pub(crate) fn memory(&self) -> usize {
        self.buffer.capacity()
    }

    /// Whether the text has ended; what is in the buffer is all there is.
    pub(crate) fn at_end(&self) -> bool {
        self.ended
    }
}
