//! Why something cannot be made.

use crate::error::{Code, codes};

/// Why a factory refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BuildError {
    /// A stable code, see [`codes!`](crate::codes).
    pub code: Code,
    /// The parameter at fault, where it is one.
    pub parameter: Option<String>,
    /// What is wrong and what would be right: a sentence.
    pub message: String,
}

impl BuildError {
    /// The component as a whole cannot be built.
    pub fn new(message: impl Into<String>) -> Self {
        Self { code: codes::BUILD_REFUSED, parameter: None, message: message.into() }
    }

    /// A parameter's value will not do.
    pub fn parameter(name: impl Into<String>, message: impl Into<String>) -> Self {
        let code = codes::PARAMETER_REFUSED;
        Self { code, parameter: Some(name.into()), message: message.into() }
    }

    /// The same error with another code.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }
}
