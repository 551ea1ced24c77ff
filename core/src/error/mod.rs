//! Errors, in one shape for every crate: a stable code, a sentence, a remedy, its place, details.
//!
//! ```text
//!  codes! { ... }  ->  Code     PL-FEED-003, what it stands for, what to do   (docs/errors.md)
//!  any error       ->  Coded    code(), details(), help()
//!                   ->  Diagnostic   the same as data: printed by the command, given as JSON
//! ```
//!
//! | prefix | crate | whose errors |
//! |---|---|---|
//! | `PL-TOPOLOGY`, `PL-CONDITION` | core | a plan that cannot run, [`Problem`](crate::topology::Problem) |
//! | `PL-RUN`, `PL-STAGE`, `PL-INGRESS` | core | what runs: its start, its stages, its ways in |
//! | `PL-BUILD`, `PL-SOURCE`, `PL-VALUE`, `PL-ORDER` | core | factories, sources, values, the life of orders |
//! | `PL-CONFIG` | configs | what is wrong with a YAML file |
//! | `PL-FEED` | feeds | files of market data, and how they are described |
//! | `PL-STRATEGY` | strategies | parameters and faults of the components that ship |
//! | `PL-JOURNAL` | persistence | the journal |
//! | `PL-CLI` | cli | the command |
//!
//! A code never changes its meaning and is never used again for another. How to add one is told at
//! the head of `docs/errors.md`.
//!
//! ```
//! use pitlane::error::Coded;
//!
//! let error = pitlane::event::fixed::parse(b"12x").unwrap_err();
//! assert_eq!(error.code().name(), "PL-VALUE-002");
//! assert_eq!(
//!     error.diagnostic().to_string(),
//!     "error[PL-VALUE-002]: not a decimal number"
//! );
//! ```

pub mod codes;
mod diagnostic;
mod of_core;

pub use diagnostic::{Detail, Details, Diagnostic};

use std::fmt;

/// What a code stands for.
#[derive(Debug)]
pub struct Entry {
    /// The code as printed: `PL-CONFIG-012`.
    pub name: &'static str,
    /// What it stands for: a sentence.
    pub doc: &'static str,
    /// What usually helps: a sentence.
    pub remedy: &'static str,
}

/// A stable code, such as `PL-CONFIG-012`. Made by [`codes!`](crate::codes).
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

impl Code {
    /// A code of an entry.
    #[must_use]
    pub const fn new(entry: &'static Entry) -> Self {
        Self(entry)
    }

    /// The code as printed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// What it stands for: a sentence.
    #[must_use]
    pub const fn doc(self) -> &'static str {
        self.0.doc
    }

    /// What usually helps: a sentence.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.0.remedy
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Code {}

/// An error that has a code.
pub trait Coded: std::error::Error {
    /// The code.
    fn code(&self) -> Code;

    /// What was found, by names that do not change: numbers and texts that the sentence is made of.
    fn details(&self) -> Details {
        Details::default()
    }

    /// What would be right: a sentence; empty where the error's own sentence says it.
    fn help(&self) -> String {
        String::new()
    }

    /// The error as data.
    fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            help: self.help(),
            details: self.details(),
            ..Diagnostic::error(self.code(), self.to_string())
        }
    }
}

/// Declares codes: a constant for each, and `ALL` of them for docs and tests.
///
/// ```
/// mod codes {
///     pitlane::codes! {
///         /// Errors of the crate `mine`.
///         NO_GATEWAY "PL-MINE-001"
///             "The gateway does not answer."
///             "Look whether it runs.";
///     }
/// }
/// assert_eq!(codes::NO_GATEWAY.name(), "PL-MINE-001");
/// assert_eq!(codes::ALL.len(), 1);
/// ```
#[macro_export]
macro_rules! codes {
    ($(#[$about:meta])* $($ident:ident $name:literal $doc:literal $remedy:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $doc, " ", $remedy)]
            pub const $ident: $crate::error::Code = $crate::error::Code::new(
                &$crate::error::Entry { name: $name, doc: $doc, remedy: $remedy },
            );
        )*
        $(#[$about])*
        pub const ALL: &[$crate::error::Code] = &[$($ident),*];
    };
}
