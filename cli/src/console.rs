//! Standard output and standard error, either of which may be closed.

use crate::failure::Failure;
use std::io::{self, ErrorKind, Write};

/// Prints a result to standard output. A reader that went away is no failure: it saw what it wanted.
pub(crate) fn show(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.or_else(unless_closed)
}

/// Passes over the error of a reader that went away.
pub(crate) fn unless_closed(error: io::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::output(&error)),
    }
}

/// Prints a line to standard error, if anyone listens.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
