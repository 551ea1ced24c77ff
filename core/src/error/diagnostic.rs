//! An error as data.

use super::Code;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt;

/// A number or text that belongs to an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// A count, position, size.
    Number(u64),
    /// A name, a cause.
    Text(String),
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Detail::Number(number) => number.fmt(f),
            Detail::Text(text) => f.write_str(text),
        }
    }
}

impl From<u64> for Detail {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Detail {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Code> for Detail {
    fn from(code: Code) -> Self {
        Self::Text(code.name().into())
    }
}

/// Details of an error by their names, in the order in which they were told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<(&'static str, Detail)>);

impl Details {
    /// With one more; its name does not change from version to version.
    #[must_use]
    pub fn with(mut self, name: &'static str, detail: impl Into<Detail>) -> Self {
        self.0.push((name, detail.into()));
        self
    }

    /// The detail of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Detail> {
        self.iter().find(|(known, _)| *known == name).map(|(_, detail)| detail)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Detail)> {
        self.0.iter().map(|(name, detail)| (*name, detail))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, detail) in &self.0 {
            map.serialize_entry(name, detail)?;
        }
        map.end()
    }
}

/// An error, or a warning, as every crate tells it: the command prints it, and gives it as JSON
/// with these keys.
///
/// Its text is `error[CODE]: PLACE: SENTENCE`, without remedy and details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The stable code: `PL-CONFIG-012`.
    pub code: &'static str,
    /// Whether it is an error; otherwise it is a warning, and what was asked can be done.
    pub error: bool,
    /// The file, option, or path in the config that it is about; empty where there is none.
    pub origin: String,
    /// Line in it, counted from 1; 0 where there is none.
    pub line: usize,
    /// Column, counted from 1: of characters, or in a table of fields; 0 where there is none.
    pub column: usize,
    /// What is wrong: a sentence.
    pub message: String,
    /// What would be right: a sentence; may be empty.
    pub help: String,
    /// Numbers and names that belong to it; `cause` is the code of the error behind it.
    pub details: Details,
}

impl Diagnostic {
    /// An error without place, remedy, details.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.name(),
            error: true,
            origin: String::new(),
            line: 0,
            column: 0,
            message: message.into(),
            help: String::new(),
            details: Details::default(),
        }
    }

    /// `FILE:LINE:COLUMN`, as far as it is known.
    #[must_use]
    pub fn place(&self) -> String {
        let numbers = [self.line, self.column].into_iter().take_while(|number| *number > 0);
        numbers.fold(self.origin.clone(), |place, number| format!("{place}:{number}"))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.error { "error" } else { "warning" };
        write!(f, "{kind}[{}]: ", self.code)?;
        if !self.origin.is_empty() {
            write!(f, "{}: ", self.place())?;
        }
        f.write_str(&self.message)
    }
}
