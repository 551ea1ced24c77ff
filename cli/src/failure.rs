//! What went wrong: a sentence, its place, a remedy, an exit code.

use crate::console;
use pitlane::source::SourceError;
use pitlane::topology::{RunError, StageFault};
use pitlane_config::{Mistake, Mistakes};
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

macro_rules! codes {
    ($($ident:ident $name:literal $doc:literal)*) => {
        $(#[doc = $doc] pub(crate) const $ident: &str = $name;)*
        #[cfg(test)]
        const ALL: &[&str] = &[$($name),*];
    };
}

codes! {
    BAD_VALUE "PL-CLI-001" "A value on the command line makes no sense."
    NO_INPUT "PL-CLI-002" "A source is routed and nothing feeds it."
    FOLDER_REFUSED "PL-CLI-003" "A folder holds something else than what would be replaced."
    NOT_WRITTEN "PL-CLI-004" "A file or folder cannot be written."
    NOT_STARTED "PL-CLI-005" "The topology could not start."
    STAGE_FAILED "PL-CLI-006" "A stage failed while the topology ran."
    BAD_DATA "PL-CLI-007" "A file of market data cannot be read on."
    LANE_STUCK "PL-CLI-008" "A lane did not end in time."
    NO_RUN "PL-CLI-009" "None of the runs of a sweep can start."
    NO_JOURNAL "PL-CLI-011" "There is no journal where one is named."
    BAD_JOURNAL "PL-CLI-012" "A journal cannot be read or written: it is damaged, in use, or its disk is full."
    NOT_INSTALLED "PL-CLI-010" "The system refused something that is needed."
}

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The config is wrong; each mistake has its place.
    Config(Mistakes),
    /// Anything else: exit code, stable code, sentence, remedy.
    Other { exit: Exit, code: &'static str, message: String, help: String },
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::Config(mistakes)
    }
}

impl Failure {
    /// The command line is wrong.
    pub(crate) fn usage(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::Other { exit: Exit::Usage, code, message: message.into(), help: help.into() }
    }

    /// The work failed.
    pub(crate) fn failed(
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self::Other { exit: Exit::Failed, code, message: message.into(), help: help.into() }
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
        let help = match error {
            RunError::Pin { .. } => "give `cpu` of that lane one of these cores, or leave it out",
            _ => "",
        };
        Self::failed(NOT_STARTED, error.to_string(), help)
    }

    /// A stage failed.
    pub(crate) fn stage(fault: &StageFault) -> Self {
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
    }

    /// The data cannot be read on.
    pub(crate) fn data(error: &SourceError) -> Self {
        let (message, help) = (error.to_string(), error.help.clone());
        Self::Other { exit: Exit::Data, code: BAD_DATA, message, help }
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
            Failure::Other { message, .. } => message.clone(),
        }
    }

    /// Says it on standard error.
    pub(crate) fn print(&self) {
        match self {
            Failure::Config(mistakes) => print_mistakes(mistakes),
            Failure::Other { code, message, help, .. } => {
                console::note(&format!("error[{code}]: {message}"));
                if !help.is_empty() {
                    console::note(&format!("  help: {help}"));
                }
            }
        }
    }
}

/// Says what is wrong or odd about a config: drawn on a terminal, plain anywhere else.
pub(crate) fn print_mistakes(mistakes: &Mistakes) {
    if std::io::stderr().is_terminal() {
        console::note(mistakes.render(true).trim_end());
    } else {
        mistakes.list().iter().for_each(print_mistake);
    }
}

fn print_mistake(mistake: &Mistake) {
    let kind = if mistake.error { "error" } else { "warning" };
    let is_option = mistake.origin.starts_with("--");
    let place = match mistake.line {
        line if line > 0 && !is_option => format!("{}:{line}:{}", mistake.origin, mistake.column),
        _ => mistake.origin.clone(),
    };
    console::note(&format!("{kind}[{}]: {place}: {}", mistake.code, mistake.message));
    if !mistake.help.is_empty() {
        console::note(&format!("  help: {}", mistake.help));
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn codes_are_unique() {
        for (at, code) in ALL.iter().enumerate() {
            assert!(code.starts_with("PL-CLI-") && !ALL[..at].contains(code), "{code}");
        }
    }
}
