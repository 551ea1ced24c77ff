//! What went wrong: a sentence, its place, a remedy, an exit code.

pub(crate) use crate::codes::*;
use crate::console;
use pitlane::error::{Code, Coded, Details, Diagnostic};
use pitlane::source::SourceError;
use pitlane::topology::{RunError, StageFault};
use pitlane_config::Mistakes;
use serde_json::json;
use std::fmt::Display;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Done = 0,
    /// It could not, for a reason that is neither config nor data.
    Failed = 1,
    /// The command line or the config is wrong.
    Usage = 2,
    /// The data is wrong.
    Data = 3,
    /// It was interrupted, and kept what it had done.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The config is wrong; each mistake has its place.
    Config(Mistakes),
    /// Anything else.
    Other { exit: Exit, diagnostic: Box<Diagnostic> },
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::Config(mistakes)
    }
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::of(Exit::Usage, code, message, help)
    }

    /// The work failed.
    pub(crate) fn failed(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::of(Exit::Failed, code, message, help)
    }

    fn of(exit: Exit, code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        let diagnostic = Diagnostic { help: help.into(), ..Diagnostic::error(code, message) };
        Self::Other { exit, diagnostic: Box::new(diagnostic) }
    }

    /// With what belongs to it.
    fn with(mut self, details: Details) -> Self {
        if let Self::Other { diagnostic, .. } = &mut self {
            diagnostic.details = details;
        }
        self
    }

    /// A file or folder cannot be written.
    pub(crate) fn write(path: &Path, error: &impl Display) -> Self {
        let message = format!("{}: cannot be written: {error}", path.display());
        Self::failed(NOT_WRITTEN, message, "check the folder, its permissions and the disk's room")
    }

    /// Standard output cannot be written.
    pub(crate) fn output(error: &impl Display) -> Self {
        let message = format!("standard output cannot be written: {error}");
        Self::failed(NOT_WRITTEN, message, "check where it leads to")
    }

    /// The topology did not start.
    pub(crate) fn start(error: &RunError) -> Self {
        let details = error.details();
        let details = match details.get("cause") {
            Some(_) => details,
            None => details.with("cause", error.code()),
        };
        Self::failed(NOT_STARTED, error.to_string(), error.help()).with(details)
    }

    /// A stage failed.
    pub(crate) fn stage(fault: &StageFault) -> Self {
        let details = fault.details();
        let StageFault { stage, root, event, fault } = fault;
        let message = match (root, event) {
            (0, None) => format!("stage `{stage}` failed: {fault}"),
            (_, None) => format!("stage `{stage}` failed at root {root}: {fault}"),
            (_, Some(on)) => {
                let (event, sequence, stream) = (on.event, on.sequence, &on.stream);
                format!(
                    "stage `{stage}` failed at root {root}, on {event} {sequence} of `{stream}`: {fault}"
                )
            }
        };
        Self::failed(STAGE_FAILED, message, "what came before it is in the run folder")
            .with(details)
    }

    /// A journal cannot be read or written as it was asked.
    pub(crate) fn journal(exit: Exit, folder: &Path, error: &impl Coded, help: &str) -> Self {
        let message = format!("{}: {error}", folder.display());
        Self::of(exit, error.code(), message, help).with(error.details())
    }

    /// The data cannot be read on.
    pub(crate) fn data(error: &SourceError) -> Self {
        let code = BAD_DATA.name();
        let details = error.details().with("cause", error.code);
        let diagnostic = Diagnostic { code, details, ..error.diagnostic() };
        Self::Other { exit: Exit::Data, diagnostic: Box::new(diagnostic) }
    }

    /// The system or a file refused, or an option makes no sense: an error of a crate below, which
    /// becomes the cause of one of the command's own.
    pub(crate) fn caused(exit: Exit, code: Code, cause: &dyn Coded) -> Self {
        let inner = cause.diagnostic();
        let details = inner.details.clone().with("cause", cause.code());
        let diagnostic = Diagnostic { code: code.name(), error: true, details, ..inner };
        Self::Other { exit, diagnostic: Box::new(diagnostic) }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Config(_) => Exit::Usage,
            Failure::Other { exit, .. } => *exit,
        }
    }

    /// The sentence, without code and remedy.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Failure::Config(mistakes) => {
                let first = mistakes.list().iter().find(|mistake| mistake.error);
                first.map_or_else(|| mistakes.to_string(), |mistake| mistake.message.clone())
            }
            Failure::Other { diagnostic, .. } if diagnostic.origin.is_empty() => {
                diagnostic.message.clone()
            }
            Failure::Other { diagnostic, .. } => {
                format!("{}: {}", diagnostic.place(), diagnostic.message)
            }
        }
    }

    /// All of it as data.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        match self {
            Failure::Config(mistakes) => {
                mistakes.list().iter().map(|mistake| mistake.diagnostic().clone()).collect()
            }
            Failure::Other { diagnostic, .. } => vec![(**diagnostic).clone()],
        }
    }

    /// Says it on standard error.
    pub(crate) fn print(&self) {
        match self {
            Failure::Config(mistakes) => print_mistakes(mistakes),
            Failure::Other { diagnostic, .. } => print_diagnostic(diagnostic),
        }
    }

    /// Gives it as JSON on standard output, for those who asked for JSON.
    pub(crate) fn print_json(&self) {
        let object = json!({ "schema": 1, "ok": false, "errors": self.diagnostics() });
        // A reader that went away has no use for it.
        let _ = console::show(&format!("{object:#}\n"));
    }
}

/// Says what is wrong or odd about a config: drawn on a terminal, plain anywhere else.
pub(crate) fn print_mistakes(mistakes: &Mistakes) {
    if std::io::stderr().is_terminal() {
        console::note(mistakes.render(true).trim_end());
    } else {
        mistakes.list().iter().for_each(|mistake| print_diagnostic(mistake.diagnostic()));
    }
}

fn print_diagnostic(diagnostic: &Diagnostic) {
    let mut shown = diagnostic.clone();
    if shown.origin.starts_with("--") {
        // An option is its own place.
        shown.line = 0;
    }
    console::note(&shown.to_string());
    if !shown.help.is_empty() {
        console::note(&format!("  help: {}", shown.help));
    }
    if let Some(cause) = shown.details.get("cause") {
        console::note(&format!("  cause: {cause}"));
    }
}
