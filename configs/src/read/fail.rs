//! Why an attempt failed, before it is known where.

use serde::de::{self, Expected, Unexpected};
use std::fmt::{self, Display};

/// Why an attempt failed. Errors pass through types of others on their way (`erased_serde` makes
/// text of them), so where they belong is noted in the ledger, not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// The ledger has it.
    Known,
    /// Of the wrong kind.
    Type { found: String, wanted: String },
    /// Of the right kind, but not acceptable.
    Value { message: String, help: String },
    /// A word that is none of the known ones.
    Word { found: String, known: Vec<&'static str> },
    /// A key is missing.
    Missing(&'static str),
}

impl Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fail::Known => f.write_str("see the mistakes above"),
            Fail::Type { found, wanted } => write!(f, "{wanted} is wanted, found {found}"),
            Fail::Value { message, .. } => f.write_str(message),
            Fail::Word { found, .. } => write!(f, "`{found}` is not known here"),
            Fail::Missing(key) => write!(f, "`{key}` is missing"),
        }
    }
}

impl std::error::Error for Fail {}

impl de::Error for Fail {
    fn custom<T: Display>(message: T) -> Self {
        // What others write is one sentence; ours have the way out after a semicolon.
        let text = message.to_string();
        let (message, help) = text.split_once("; ").unwrap_or((&text, ""));
        Fail::Value { message: message.into(), help: help.into() }
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Fail::Type { found: found.to_string(), wanted: wanted.to_string() }
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Unsigned(n) => format!("`{n}`"),
            Unexpected::Signed(n) => format!("`{n}`"),
            Unexpected::Float(n) => format!("`{n}`"),
            Unexpected::Str(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        Fail::Value { message: format!("{found} will not do"), help: format!("wanted: {wanted}") }
    }

    fn invalid_length(length: usize, wanted: &dyn Expected) -> Self {
        Fail::Value {
            message: format!("{length} items will not do"),
            help: format!("wanted: {wanted}"),
        }
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Fail::Word { found: variant.into(), known: known.to_vec() }
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Fail::Word { found: field.into(), known: known.to_vec() }
    }

    fn missing_field(field: &'static str) -> Self {
        Fail::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Fail::Value {
            message: format!("`{field}` is given twice, perhaps under another name"),
            help: "remove one of the two".into(),
        }
    }
}
