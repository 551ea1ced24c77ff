//! What is wrong with a condition, where, and what would be right.

use std::ops::Range;

/// A mistake in a condition's text, or something odd about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConditionError {
    /// Byte range in the text; empty and at the end where something is missing there.
    pub at: Range<usize>,
    /// What is wrong: a clause without full stop.
    pub message: String,
    /// What would be right; may be empty.
    pub help: String,
}

impl ConditionError {
    /// The message, the line of the text it speaks of with carets below, and the help:
    ///
    /// ```text
    /// `strenght` is neither a field nor a predicate of Signal
    ///   |
    /// 1 | strenght > 0.7
    ///   | ^^^^^^^^ did you mean `strength`?
    /// ```
    /// A range over several lines is marked on its first one. Carets count characters; control
    /// characters are shown as `�`. Any text and any range give some picture.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let start = text.floor_char_boundary(self.at.start.min(text.len()));
        let end = text.ceil_char_boundary(self.at.end.min(text.len())).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let number = (text[..line_start].matches('\n').count() + 1).to_string();
        let margin = " ".repeat(number.len());
        let line: String = text[line_start..line_end].chars().map(visible).collect();
        let indent: String =
            text[line_start..start].chars().map(|c| if c == '\t' { c } else { ' ' }).collect();
        let carets = "^".repeat(text[start..end.min(line_end).max(start)].chars().count().max(1));

        let lines = [
            self.message.clone(),
            format!("{margin} |"),
            format!("{number} | {line}"),
            format!("{margin} | {indent}{carets} {}", self.help),
        ];
        lines.map(|line| line.trim_end().to_owned()).join("\n")
    }
}

fn visible(c: char) -> char {
    if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }
}

/// What was found while a text is read: all of it, not just the first.
#[derive(Debug, Default)]
pub(super) struct Findings {
    errors: Vec<ConditionError>,
    warnings: Vec<ConditionError>,
    silent: bool,
}

impl Findings {
    pub(super) fn error(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if !self.silent {
            self.errors.push(finding(at, message, help));
        }
    }

    pub(super) fn warn(
        &mut self,
        at: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.warnings.push(finding(at, message, help));
    }

    /// Lets no more errors in: what follows would only be echoes of the last one.
    pub(super) fn give_up(&mut self) {
        self.silent = true;
    }

    /// The warnings if there are no errors, and otherwise these; by their places.
    pub(super) fn conclude(mut self) -> Result<Vec<ConditionError>, Vec<ConditionError>> {
        self.errors.sort_by_key(|error| error.at.start);
        self.warnings.sort_by_key(|warning| warning.at.start);
        if self.errors.is_empty() { Ok(self.warnings) } else { Err(self.errors) }
    }
}

fn finding(
    at: &Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> ConditionError {
    ConditionError { at: at.clone(), message: message.into(), help: help.into() }
}

/// The candidate most like `name`, if any is like it: at most one letter in three is wrong, missing,
/// too much or swapped with its neighbour, upper and lower case apart.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| *distance <= most && *distance < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}
