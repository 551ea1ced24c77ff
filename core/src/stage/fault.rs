//! Why a stage could not go on.

use crate::error::{Code, codes};
use std::borrow::Cow;
use std::fmt;

/// What kind of fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The stage said so.
    Stage,
    /// The stage panicked.
    Panic,
    /// It emitted more for one event than it had declared.
    TooManyEmissions,
    /// It emitted a type that it had not declared.
    UndeclaredEmission,
    /// It stopped an event and had not declared that it may.
    UndeclaredStop,
}

impl FaultKind {
    /// The code of faults of this kind that say no other.
    fn code(self) -> Code {
        match self {
            FaultKind::Stage => codes::STAGE_FAULT,
            FaultKind::Panic => codes::STAGE_PANIC,
            FaultKind::TooManyEmissions => codes::STAGE_TOO_MANY,
            FaultKind::UndeclaredEmission => codes::STAGE_UNDECLARED,
            FaultKind::UndeclaredStop => codes::STAGE_STOPS,
        }
    }
}

/// A stage's failure: a sentence, what kind it was, and a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    code: Code,
    message: Cow<'static, str>,
}

impl Fault {
    /// A fault of the stage's own; a sentence that says what went wrong.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(FaultKind::Stage, message)
    }

    pub(crate) fn of_kind(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, code: kind.code(), message: message.into() }
    }

    /// The same fault, with a remark behind its sentence.
    pub(crate) fn with_note(&self, note: impl fmt::Display) -> Self {
        Self { message: format!("{}; {note}", self.message).into(), ..self.clone() }
    }

    /// The same fault, with a code of the stage's own, see [`codes!`](crate::codes).
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    pub(crate) fn of_code(&self) -> Code {
        self.code
    }

    /// What kind it was.
    #[must_use]
    pub fn kind(&self) -> FaultKind {
        self.kind
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<&'static str> for Fault {
    fn from(message: &'static str) -> Self {
        Self::new(message)
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}
