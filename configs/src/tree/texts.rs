//! The texts that a config is made of, and places in them.

/// A place: a byte range in one of the texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// Which text: 0 is the file, others are options of the command line.
    pub(crate) text: usize,
    /// First byte.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
    /// Line, counted from 1.
    pub(crate) line: usize,
    /// Column, counted from 1 in characters.
    pub(crate) column: usize,
}

/// The file and the options that change it: name and text of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts(Vec<(String, String)>);

impl Texts {
    /// Adds a text and gives its number.
    pub(crate) fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> usize {
        self.0.push((name.into(), text.into()));
        self.0.len() - 1
    }

    pub(crate) fn name(&self, span: Span) -> &str {
        self.0.get(span.text).map_or("", |(name, _)| name)
    }

    pub(crate) fn text(&self, span: Span) -> &str {
        self.0.get(span.text).map_or("", |(_, text)| text)
    }

    /// A byte range of a text, with its line and column; moved onto the text where it lies outside.
    pub(crate) fn span(&self, text: usize, start: usize, end: usize) -> Span {
        let whole = self.0.get(text).map_or("", |(_, text)| text.as_str());
        let start = floor(whole, start);
        let end = floor(whole, end).max(start);
        let before = &whole[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Span { text, start, end, line, column }
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
