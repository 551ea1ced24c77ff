//! `pitlane describe`.

mod bus;
mod data;
mod routes;
mod text;

use crate::args::ConfigArgs;
use crate::failure::{Exit, Failure, print_mistakes};
use crate::{config, console};
use pitlane::registry::Registry;
use pitlane_config::{check, read};

/// Arguments of `describe`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Print it as one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let file = &args.config.config;
    let ready = check(&read(file)?, file, registry, &config::options(&args.config))?;
    let described = data::describe(&ready, registry);
    if args.json {
        console::show(&format!("{described:#}\n"))?;
        return Ok(Exit::Done);
    }
    if !ready.setup.warnings.is_empty() {
        print_mistakes(&ready.setup.warnings);
    }
    console::show(&text::page(&file.display().to_string(), &described))?;
    Ok(Exit::Done)
}
