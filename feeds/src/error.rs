//! Making errors: sentences that name the place and the remedy.

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
        path: Some(path.to_owned()),
        message: message.into(),
        help: help.into(),
        ..SourceError::default()
    }
}

/// An error about options, no file.
pub(crate) fn about(message: impl Into<String>, help: impl Into<String>) -> SourceError {
    SourceError { message: message.into(), help: help.into(), ..SourceError::default() }
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
    at_path(path, format!("the file cannot be read: {error}"), help)
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
