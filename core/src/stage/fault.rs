//! Why a stage could not go on.

use std::borrow::Cow;
use std::fmt;

/// What kind of fault it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The stage said so.
    Stage,
    /// The stage said so, and that no further attempt will succeed.
    Permanent,
    /// The stage does not know whether it was done: it timed out after sending.
    Unknown,
    /// The stage panicked.
    Panic,
    /// It emitted more for one event than it had declared.
    TooManyEmissions,
    /// It emitted a type that it had not declared.
    UndeclaredEmission,
    /// It stopped an event and had not declared that it may.
    UndeclaredStop,
}

/// A stage's failure: a sentence, and what kind it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: FaultKind,
    message: Cow<'static, str>,
}

impl Fault {
    /// A fault of the stage's own; a sentence that says what went wrong.
    #[must_use]
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: FaultKind::Stage, message: message.into() }
    }

    /// A fault that no further attempt mends: the reliable tier makes the event a dead letter at once.
    #[must_use]
    pub fn permanent(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: FaultKind::Permanent, message: message.into() }
    }

    /// Nobody knows whether it was done: it timed out after sending. The reliable tier asks the stage
    /// first ([`Stage::reconcile`](super::Stage::reconcile)) before it delivers the event again.
    #[must_use]
    pub fn unknown(message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: FaultKind::Unknown, message: message.into() }
    }

    pub(crate) fn of_kind(kind: FaultKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The same fault, with a remark behind its sentence.
    pub(crate) fn with_note(&self, note: impl fmt::Display) -> Self {
        Self::of_kind(self.kind, format!("{}; {note}", self.message))
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
