//! The formats that configs know by name.

use crate::csv::{CsvOptions, csv_source};
use crate::error::with_help;
use crate::generate::{GenerateOptions, Session};
use pitlane::registry::{BuildError, Context, Registry};
use pitlane::source::{Source, SourceError};

/// Adds the formats `csv` and `generate`.
///
/// ```
/// let mut registry = pitlane::registry::Registry::new();
/// pitlane_feeds::register(&mut registry);
/// assert!(registry.formats().contains_key("csv"));
/// ```
pub fn register(registry: &mut Registry) {
    registry.format(
        "csv",
        "Tick files: CSV, plain or packed, by preset or with columns of one's own.",
        |options: CsvOptions, context: &Context| {
            csv_source(&options, &context.instruments, |path| context.resolve(path))
                .map_err(|error| refused(&error))
        },
    );
    registry.format(
        "generate",
        "A generated session of quotes and trades, the same for the same seed everywhere.",
        |options: GenerateOptions, context: &Context| {
            let session =
                Session::new(&options, &context.instruments).map_err(|error| refused(&error))?;
            Ok(Box::new(session) as Box<dyn Source>)
        },
    );
}

fn refused(error: &SourceError) -> BuildError {
    BuildError::new(with_help(error)).coded(error.code)
}
