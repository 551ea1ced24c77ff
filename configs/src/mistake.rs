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

/// One mistake, or (as a warning) something odd. As JSON it has the keys of an [`error::Diagnostic`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// A stable code, see [`crate::codes`]; `PL-TOPOLOGY-nnn` where the topology check found it.
    pub code: &'static str,
    /// Whether it keeps the config from running.
    pub error: bool,
    /// The file, or the option (`--set ...`) that the text came from.
    pub origin: String,
    /// Line in it, counted from 1; 0 where there is no place.
    pub line: usize,
    /// Column, counted from 1 in characters; 0 where there is no place.
    pub column: usize,
    /// What is wrong: a sentence.
    pub message: String,
    /// What would be right: a sentence; may be empty.
    pub help: String,
    /// Numbers and names that belong to it; `cause` is the code of the error behind it.
    pub details: Details,
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
        Self::coded(code.name(), span, message, help)
    }

    pub(crate) fn coded(
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            error: true,
            origin: String::new(),
            line: span.line,
            column: span.column,
            message: message.into(),
            help: help.into(),
            details: Details::default(),
            span: Some(span),
        }
    }

    /// The same in the shape of all errors.
    #[must_use]
    pub fn diagnostic(&self) -> error::Diagnostic {
        let Self { code, error, line, column, .. } = *self;
        let (origin, message, help) =
            (self.origin.clone(), self.message.clone(), self.help.clone());
        let details = self.details.clone();
        error::Diagnostic { code, error, origin, line, column, message, help, details }
    }

    pub(crate) fn warning(mut self) -> Self {
        self.error = false;
        self
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
                mistake.origin = texts.name(span).to_owned();
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
        let mistake = Mistake {
            code: code.name(),
            error: true,
            origin,
            line: 0,
            column: 0,
            message,
            help,
            details: Details::default(),
            span: None,
        };
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
