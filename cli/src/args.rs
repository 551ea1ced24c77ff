//! The command line.

use crate::commands::{
    bench, check, components, describe, dlq, errors, generate, graph, init, journal, new, replay,
    sweep, ticks, trace,
};
use clap::{Args, Parser, Subcommand};
use pitlane::Tier;
use pitlane_config::Input;
use std::path::PathBuf;

/// Replays market data through strategies and risk to orders, and shows what happened.
///
/// Exit codes: 0 done, 1 the run failed, 2 usage or config, 3 bad data, 130 Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "pitlane", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// What is logged, to standard error: a level (error, warn, info, debug, trace) or a filter such
    /// as `warn,pitlane::topology=debug`. Default: PITLANE_LOG, else warn.
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Replay files or generated sessions through a topology.
    Replay(replay::Args),
    /// Replay once per combination of varied values; one table, one run folder each.
    Sweep(sweep::Args),
    /// Say all that is wrong with a config, or what it comes to.
    Check(check::Args),
    /// Draw a config's topology.
    Graph(graph::Args),
    /// Look at tick files: statistics, or the ticks themselves as CSV.
    Ticks(ticks::Args),
    /// Look at journals of recorded streams: list, print, follow, check, repair, export.
    #[command(subcommand)]
    Journal(journal::What),
    /// Dead letters of reliable routes: list, show, deliver again, drop.
    #[command(subcommand)]
    Dlq(dlq::What),
    /// Write a generated session to a file.
    Generate(generate::Args),
    /// Measure latency and throughput on this machine.
    #[command(subcommand)]
    Bench(bench::What),
    /// Make a folder with a config and a session that replay at once.
    Init(init::Args),
    /// Make a crate with a strategy of one's own and all commands of `pitlane`.
    New(new::Args),
    /// List what configs can name: components, formats, routes, predicates, event types, with parameters.
    Components(components::Args),
    /// List a config's sources, streams, topics, routes and stages.
    Describe(describe::Args),
    /// Tell what an order came of and what became of it, or all that descended from a tick.
    Trace(trace::Args),
    /// Print the JSON Schema of configs, for editors.
    Schema,
    /// List the codes of all errors, or tell what one stands for and what to do.
    Errors(errors::Args),
}

/// A config and what the command line changes about it.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The config, a YAML file.
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

/// What the command line changes about a config.
#[derive(Clone, Debug, Args)]
pub(crate) struct Changes {
    /// A file for a source; options of its format may follow:
    /// `feed=ticks.zip,preset=lean-equity-trade,symbol=IBM`.
    #[arg(long = "input", value_name = "SOURCE=PATH")]
    pub(crate) inputs: Vec<Input>,
    /// A value at a path of the config: `components.sma.fast=20`.
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
    /// The tier that stands in for the reliable one: runs without a journal, and without its promises.
    #[arg(long, value_name = "TIER", value_parser = stand_in)]
    pub(crate) reliable_as: Option<Tier>,
}

/// `PATH=VALUE`; the value may have more of these signs.
pub(crate) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => Ok((path.into(), value.into())),
        _ => Err("write a path of the config and a value: `components.sma.fast=20`".into()),
    }
}

fn stand_in(text: &str) -> Result<Tier, String> {
    match text {
        "standard" => Ok(Tier::Standard),
        "fast" => Ok(Tier::FAST),
        _ => Err("write `standard` or `fast`".into()),
    }
}

/// A point in time: ISO-8601 or ns since 1970.
pub(crate) fn time(text: &str) -> Result<u64, String> {
    pitlane_feeds::parse_time(text).ok_or_else(|| {
        "write a date or date-time such as 2013-10-07T13:30:00Z (UTC unless it has an offset), or \
         nanoseconds since 1970"
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_value_may_have_equal_signs() {
        let parsed = assignment("a.condition=side == \"buy\"");
        assert_eq!(parsed, Ok(("a.condition".into(), "side == \"buy\"".into())));
        assert!(assignment("fast").is_err() && assignment("=3").is_err());
    }

    #[test]
    fn times_are_iso_or_nanoseconds() {
        assert_eq!(time("1970-01-01T00:00:01Z"), Ok(1_000_000_000));
        assert_eq!(time("1000"), Ok(1000));
        assert!(time("noon").unwrap_err().contains("2013-10-07T13:30:00Z"));
    }
}
