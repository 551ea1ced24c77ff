//! Mistakes: what is wrong with a config, where, and what would be right.

use crate::codes::Code;
use crate::tree::{Span, Texts};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity,
    SourceCode,
};
use pitlane::error::{self, Details};
use serde::Serialize;
use std::fmt;
use std::ops::Deref;

/// One mistake, or (as a warning) something odd: an error as all crates tell it, which knows where it stands in
/// the config's texts. It can be read as the diagnostic, and has its keys as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Mistake {
    diagnostic: error::Diagnostic,
    #[serde(skip)]
    pub(crate) span: Option<Span>,
}

impl Mistake {
    pub(crate) fn new(
        code: Code,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let diagnostic = error::Diagnostic::error(code, message);
        Self::at(span, error::Diagnostic { help: help.into(), ..diagnostic })
    }

    /// An error of another crate, at its place.
    pub(crate) fn at(span: Span, diagnostic: error::Diagnostic) -> Self {
        let Span { line, column, .. } = span;
        Self { diagnostic: error::Diagnostic { line, column, ..diagnostic }, span: Some(span) }
    }

    /// In the shape of all errors.
    #[must_use]
    pub fn diagnostic(&self) -> &error::Diagnostic {
        &self.diagnostic
    }

    pub(crate) fn with(mut self, details: Details) -> Self {
        self.diagnostic.details = details;
        self
    }

    pub(crate) fn warning(mut self) -> Self {
        self.diagnostic.error = false;
        self
    }
}

impl Deref for Mistake {
    type Target = error::Diagnostic;

    fn deref(&self) -> &error::Diagnostic {
        &self.diagnostic
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        let kind = if self.error { "error" } else { "warning" };
        write!(f, ": {kind} [{}]: {}", self.code, self.message)?;
        if !self.help.is_empty() {
            write!(f, "; {}", self.help)?;
        }
        Ok(())
    }
}

/// All mistakes of a config in the order of their places, with the texts they stand in.
#[derive(Clone, Debug, Default)]
pub struct Mistakes {
    list: Vec<Mistake>,
    texts: Texts,
}

impl Mistakes {
    pub(crate) fn new(mut list: Vec<Mistake>, texts: Texts) -> Self {
        for mistake in &mut list {
            if let Some(span) = mistake.span {
                mistake.diagnostic.origin = texts.name(span).to_owned();
            }
        }
        list.sort_by_key(|mistake| {
            (mistake.span.map(|span| (span.text, span.start)), !mistake.error)
        });
        list.dedup();
        Self { list, texts }
    }

    /// A mistake that has no place in a text: a file that cannot be read.
    pub(crate) fn placeless(code: Code, origin: String, message: String, help: String) -> Self {
        let diagnostic = error::Diagnostic::error(code, message);
        let diagnostic = error::Diagnostic { origin, help, ..diagnostic };
        let mistake = Mistake { diagnostic, span: None };
        Self { list: vec![mistake], texts: Texts::default() }
    }

    /// The mistakes, as data.
    #[must_use]
    pub fn list(&self) -> &[Mistake] {
        &self.list
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether one of them keeps the config from running.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|mistake| mistake.error)
    }

    /// For people: each mistake with the lines it stands in, a mark at its place, and a way out.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let theme =
            if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
        let mut out = String::new();
        for mistake in &self.list {
            let shown = Shown {
                mistake,
                source: mistake.span.map(|span| {
                    NamedSource::new(self.texts.name(span), self.texts.text(span).to_owned())
                }),
            };
            if handler.render_report(&mut out, &shown).is_err() {
                out.push_str(&format!("{mistake}\n"));
            }
        }
        out
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.list.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// One mistake as miette draws it.
#[derive(Debug)]
struct Shown<'a> {
    mistake: &'a Mistake,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.source.is_none() {
            write!(f, "{}: ", self.mistake.origin)?;
        }
        f.write_str(&self.mistake.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.mistake.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(if self.mistake.error { Severity::Error } else { Severity::Warning })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.mistake.help.is_empty()).then(|| Box::new(&self.mistake.help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.mistake.span?;
        let label =
            LabeledSpan::new(Some("here".into()), span.start, (span.end - span.start).max(1));
        Some(Box::new(std::iter::once(label)))
    }
}
