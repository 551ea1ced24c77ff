//! Making errors: sentences that name the place and the remedy.

use crate::codes;
use pitlane::source::SourceError;
use std::io;
use std::path::Path;

/// Characters of a bad line that are shown.
const SHOWN: usize = 80;

/// An error about a file as a whole.
pub(crate) fn at_path(
    path: &Path,
    message: impl Into<String>,
    help: impl Into<String>,
) -> SourceError {
    SourceError {
        code: codes::OTHER_FILE,
        path: Some(path.to_owned()),
        message: message.into(),
        help: help.into(),
        ..SourceError::default()
    }
}

/// An error about options, no file.
pub(crate) fn about(message: impl Into<String>, help: impl Into<String>) -> SourceError {
    let (message, help) = (message.into(), help.into());
    SourceError { code: codes::OPTION, message, help, ..SourceError::default() }
}

/// The system would not let a file be read.
pub(crate) fn read_failed(path: &Path, error: &io::Error) -> SourceError {
    let help = match error.kind() {
        io::ErrorKind::NotFound => {
            "check the path; relative paths count from the config's folder, or from the current one on the command line"
        }
        io::ErrorKind::PermissionDenied => "check who may read it",
        _ => "",
    };
    let code = match error.kind() {
        // What unpacks says so of bytes that make no sense to it.
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::Other => codes::DAMAGED,
        _ => codes::UNREADABLE,
    };
    at_path(path, format!("the file cannot be read: {error}"), help).coded(code)
}

/// A line as shown in messages: no control characters, not too long.
pub(crate) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(4 * SHOWN)]);
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c })
        .take(SHOWN)
        .collect();
    if shown.len() < line.len() && text.chars().count() > SHOWN {
        shown.push_str("...");
    }
    shown
}

/// A sentence of an error and its remedy, as one text.
pub(crate) fn with_help(error: &SourceError) -> String {
    if error.help.is_empty() { error.to_string() } else { format!("{error}; {}", error.help) }
}
