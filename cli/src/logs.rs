//! Logs, to standard error.

use crate::failure::{BAD_VALUE, Failure};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is logged where nobody says. A fault of a stage ends the run and is told as its error: no
/// need to log it as well.
const DEFAULT: &str = "warn,pitlane::topology::monitor=off";

/// The same for `--quiet`, which says that there are to be no warnings.
const QUIET: &str = "error,pitlane::topology::monitor=off";

/// The variable that says what is logged.
const VARIABLE: &str = "PITLANE_LOG";

/// Starts logging as the option or the environment says.
pub(crate) fn start(filter: Option<&str>, quiet: bool) -> Result<(), Failure> {
    let from_environment = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let (name, text) = match (filter, &from_environment) {
        (Some(text), _) => ("--log", text),
        (None, Some(text)) => (VARIABLE, text.as_str()),
        (None, None) => ("", if quiet { QUIET } else { DEFAULT }),
    };
    let filter = EnvFilter::try_new(text).map_err(|error| {
        let message = format!("{name}: `{text}` is no filter of logs: {error}");
        let help = "write a level (error, warn, info, debug, trace), or `warn,pitlane=debug`";
        Failure::usage(BAD_VALUE, message, help)
    })?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .log_internal_errors(false)
        .finish();
    // An embedding program may have its own subscriber already, and keeps it.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
