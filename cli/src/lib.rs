//! The `pitlane` command, as a library: give [`run`] a registry with components of your own, and
//! every command knows them.
//!
//! ```text
//!  arguments --> config --> plan + recorders --> run --> folder, table, JSON --> exit code
//!                               |                 |
//!                               graph, check      progress bar, Ctrl-C
//! ```
//!
//! | module | what |
//! |---|---|
//! | `args` | the command line |
//! | `commands` | one module per command |
//! | `config` | from arguments to a checked config |
//! | `session` | one run: folder, recorders, progress, manifest, results |
//! | `record` | stages that write signals and orders, positions, marks |
//! | `graph` | drawings of a topology |
//! | `journal` | journals: recording, replaying, rows |
//! | `codes`, `failure` | what went wrong: codes, sentences, exit codes |
//! | `console`, `interrupt`, `logs` | standard output, Ctrl-C, logs |
//!
//! Results go to standard output; progress, logs and errors to standard error. Exit codes: 0 done, 1
//! the run failed, 2 usage or config, 3 bad data, 130 Ctrl-C.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     let mut registry = pitlane_cli::registry();
//!     // registry.component("mine", "What it does.", |parameters: Mine, context| ...);
//!     pitlane_cli::run(registry)
//! }
//! ```
#![forbid(unsafe_code)]

mod args;
mod codes;
mod commands;
mod config;
mod console;
mod failure;
mod graph;
mod interrupt;
mod journal;
mod logs;
mod panics;
mod record;
mod session;
mod text;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches};
use failure::{Exit, Failure};
use pitlane::error::Code;
use pitlane::registry::Registry;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// A registry with everything that ships: formats, strategies, risk gate, gateways, sinks.
#[must_use]
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    pitlane_feeds::register(&mut registry);
    pitlane_strategies::register(&mut registry);
    pitlane_strategies::drill::register(&mut registry, &pitlane_strategies::Handles::default());
    registry
}

/// Does what the process's arguments say, with the components of a registry.
#[must_use]
pub fn run(registry: Registry) -> ExitCode {
    run_with(registry, std::env::args_os())
}

/// As [`run`], with arguments of one's own; the first one is the program's name.
#[must_use]
pub fn run_with(registry: Registry, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panics::speak_of_panics();
    let arguments: Vec<_> = arguments.into_iter().collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let (as_json, quiet) = (has("--json"), has("--quiet"));
    let parsed = Cli::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                return misused(&error, as_json).into();
            }
            // Help goes to standard output, which may be closed: nothing to be said about it.
            let _ = error.print();
            return Exit::Done.into();
        }
    };
    let done =
        logs::start(cli.log.as_deref(), quiet).and_then(|()| dispatch(&cli.command, &registry));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            if as_json {
                failure.print_json();
            }
            failure.exit().into()
        }
    }
}

/// The command line cannot be understood: clap says why, and draws it better than we could.
fn misused(error: &clap::Error, as_json: bool) -> Exit {
    let text = error.render();
    let drawn = match std::io::stderr().is_terminal() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    let coded = format!("error[{}]:", codes::COMMAND_LINE);
    console::note(drawn.trim_end().replacen("error:", &coded, 1).as_str());
    let text = text.to_string();
    let said = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    let (message, help) = said.split_once("\n\n").unwrap_or((said, ""));
    let failure = Failure::usage(codes::COMMAND_LINE, message, help);
    if as_json {
        failure.print_json();
    }
    failure.exit()
}

/// The codes of all errors of all crates, by crate, in the order of `docs/errors.md`.
#[must_use]
pub fn error_codes() -> Vec<(&'static str, &'static [Code])> {
    vec![
        ("core", pitlane::error::codes::ALL),
        ("configs", pitlane_config::codes::ALL),
        ("feeds", pitlane_feeds::codes::ALL),
        ("strategies", pitlane_strategies::codes::ALL),
        ("persistence", pitlane_persistence::codes::ALL),
        ("cli", codes::ALL),
    ]
}

fn dispatch(command: &Command, registry: &Registry) -> Result<Exit, Failure> {
    use commands::{
        bench, check, components, describe, dlq, errors, generate, graph, init, journal, new,
        replay, schema, sweep, ticks, trace,
    };
    match command {
        Command::Replay(args) => replay::run(args, registry),
        Command::Sweep(args) => sweep::run(args, registry),
        Command::Check(args) => check::run(args, registry),
        Command::Graph(args) => graph::run(args, registry),
        Command::Ticks(args) => ticks::run(args),
        Command::Journal(what) => journal::run(what, registry),
        Command::Dlq(what) => dlq::run(what, registry),
        Command::Generate(args) => generate::run(args),
        Command::Bench(what) => bench::run(what),
        Command::Init(args) => init::run(args),
        Command::New(args) => new::run(args),
        Command::Components(args) => components::run(args, registry),
        Command::Describe(args) => describe::run(args, registry),
        Command::Trace(args) => trace::run(args),
        Command::Schema => schema::run(registry),
        Command::Errors(args) => errors::run(args),
    }
}

/// The examples of the manual, compiled as tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/cli.md")]
pub struct Manual;
