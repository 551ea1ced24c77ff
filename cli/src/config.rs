//! From arguments to a checked config.

use crate::args::ConfigArgs;
use crate::failure::{Failure, NO_INPUT};
use pitlane::registry::Registry;
use pitlane_config::{Checked, LoadOptions, Setup, load, read};

/// What the command line changes about a config.
pub(crate) fn options(args: &ConfigArgs) -> LoadOptions {
    LoadOptions {
        set: args.changes.set.clone(),
        inputs: args.changes.inputs.clone(),
        reliable_as: args.changes.reliable_as,
        known_numbers: Some(crate::journal::known_numbers),
        ..LoadOptions::default()
    }
}

/// Reads a config for a replay: one that is in order, with every source fed.
pub(crate) fn for_replay(
    args: &ConfigArgs,
    options: &LoadOptions,
    registry: &Registry,
) -> Result<Checked, Failure> {
    let text = read(&args.config)?;
    let checked = match load(&text, &args.config, registry, options) {
        Ok(checked) => checked,
        // The topology may have mistakes of its own: all of them at once.
        Err(mistakes) => {
            return Err(pitlane_config::check(&text, &args.config, registry, options)
                .err()
                .unwrap_or(mistakes)
                .into());
        }
    };
    all_fed(args, &options.fed, &checked.setup)?;
    Ok(checked)
}

fn all_fed(args: &ConfigArgs, fed: &[String], setup: &Setup) -> Result<(), Failure> {
    let unfed = setup.unfed.iter().filter(|source| !fed.contains(source));
    let unfed: Vec<&String> = unfed.collect();
    if unfed.is_empty() {
        return Ok(());
    }
    let quoted: Vec<_> = unfed.iter().map(|name| format!("`{name}`")).collect();
    let message = match quoted.as_slice() {
        [one] => format!("{}: nothing feeds the source {one}", args.config.display()),
        all => format!("{}: nothing feeds the sources {}", args.config.display(), all.join(", ")),
    };
    let inputs: Vec<_> = unfed.iter().map(|name| format!("--input {name}=PATH")).collect();
    let help = format!("give {}, or declare it under `sources:`", inputs.join(" "));
    Err(Failure::usage(NO_INPUT, message, help))
}
