//! `pitlane graph`.

use crate::args::ConfigArgs;
use crate::failure::{Exit, Failure};
use crate::graph::{Drawing, ascii, dot, mermaid};
use crate::{config, console};
use pitlane::registry::Registry;
use pitlane_config::{check, read};

/// Arguments of `graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// The form of the drawing.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// A tree, for a terminal.
    #[default]
    Ascii,
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let file = &args.config.config;
    let ready = check(&read(file)?, file, registry, &config::options(&args.config))?;
    let drawing = Drawing { streams: ready.topology.streams(), stages: ready.topology.stages() };
    let text = match args.format {
        Format::Ascii => ascii(&drawing),
        Format::Dot => dot(&drawing),
        Format::Mermaid => mermaid(&drawing),
    };
    console::show(&text)?;
    Ok(Exit::Done)
}
