//! `pitlane sweep`.
//!
//! | module | what |
//! |---|---|
//! | `row` | one run, and what is kept of it |
//! | `results` | manifest, JSON, CSV, table |

mod results;
mod row;

use super::replay::{Shape, Window, stem};
use crate::args::ConfigArgs;
use crate::failure::{Exit, Failure, NO_RUN};
use crate::interrupt::Interrupts;
use crate::session::{self, Folder, Job, NewFolder, write_json};
use crate::{config, console};
use indicatif::{ProgressBar, ProgressDrawTarget};
use pitlane::affinity::allowed_cores;
use pitlane::registry::Registry;
use pitlane_config::LoadOptions;
use pitlane_feeds::Pace;
use results::{csv, manifest, results, table};
use row::{Ran, Row, RowResult, exit};
use serde_json::json;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Arguments of `sweep`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    /// Values to try at a path of the config: `components.sma.fast=5,10,20`. Several of these make
    /// all combinations.
    #[arg(long, required = true, value_name = "PATH=VALUE,...", value_parser = axis)]
    vary: Vec<Axis>,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    shape: Shape,
    /// Runs at the same time. Default: one per core.
    #[arg(long, value_name = "RUNS")]
    jobs: Option<usize>,
    /// Folder for the results, one folder in it per run; replaces an earlier one, refuses anything
    /// else. Default: runs/sweep-CONFIG-TIME.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the results as one JSON object.
    #[arg(long)]
    json: bool,
    /// No progress bar.
    #[arg(long)]
    quiet: bool,
}

/// A path of the config and the values to try there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Axis {
    path: String,
    values: Vec<String>,
}

fn axis(text: &str) -> Result<Axis, String> {
    let (path, values) = crate::args::assignment(text)?;
    let values = split(&values);
    match values.iter().any(String::is_empty) {
        true => Err("a value is missing: write `components.sma.fast=5,10,20`".into()),
        false => Ok(Axis { path, values }),
    }
}

/// Splits at commas that stand neither in brackets nor in quotes.
fn split(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let (mut depth, mut quote) = (0_i32, None);
    for c in text.chars() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('[' | '{' | '(', None) => depth += 1,
            (']' | '}' | ')', None) => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 && quote.is_none() {
            values.push(String::new());
        } else if let Some(value) = values.last_mut() {
            value.push(c);
        }
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

pub(crate) fn run(args: &Args, registry: &Registry) -> Result<Exit, Failure> {
    let interrupts = Interrupts::listen()?;
    let name = format!("sweep-{}", stem(&args.config.config));
    let mut folder = Folder::choose(NewFolder { out: args.out.as_deref(), name: &name })?;
    let mut rows = combinations(&args.vary);
    refuse_early(args, registry, &mut rows)?;

    folder.create()?;
    let mut manifest = manifest(args, &rows);
    write_json(&folder.path().join("manifest.json"), &manifest)?;
    interrupts.work();
    run_all(args, registry, &folder, &interrupts, &mut rows)?;

    let exit = exit(&rows, interrupts.came());
    manifest["state"] = json!(if exit == Exit::Interrupted { "interrupted" } else { "done" });
    manifest["interrupted"] = json!(exit == Exit::Interrupted);
    manifest["exit_code"] = json!(exit as u8);
    write_json(&folder.path().join("manifest.json"), &manifest)?;
    let object = results(args, &folder, &rows);
    write_json(&folder.path().join("summary.json"), &object)?;
    let path = folder.path().join("sweep.csv");
    std::fs::write(&path, csv(args, &rows)).map_err(|error| Failure::write(&path, &error))?;
    folder.point_latest();
    let text = match args.json {
        true => format!("{object:#}\n"),
        false => table(args, &rows) + &format!("\nresults in {}\n", folder.path().display()),
    };
    console::show(&text)?;
    Ok(exit)
}

/// All combinations; the last axis turns fastest.
fn combinations(axes: &[Axis]) -> Vec<Row> {
    let mut all = vec![Vec::new()];
    for axis in axes {
        let longer = |values: &Vec<String>| {
            let values = values.clone();
            axis.values
                .iter()
                .map(move |value| [values.as_slice(), std::slice::from_ref(value)].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    let row =
        |(at, values)| Row { name: format!("{:03}", at + 1), values, result: RowResult::NotRun };
    all.into_iter().enumerate().map(row).collect()
}

fn options(args: &Args, values: &[String]) -> LoadOptions {
    let mut options = config::options(&args.config);
    args.shape.apply(&mut options);
    options.lanes = Some("fused".into());
    let varied = args.vary.iter().zip(values);
    options.set.extend(varied.map(|(axis, value)| (axis.path.clone(), value.clone())));
    options
}

/// Looks at every combination before the first one runs. Those that make no sense are left out; it
/// is an error where none is left.
fn refuse_early(args: &Args, registry: &Registry, rows: &mut [Row]) -> Result<(), Failure> {
    for row in rows.iter_mut() {
        let options = options(args, &row.values);
        if let Err(failure) = config::for_replay(&args.config, &options, registry) {
            row.result = RowResult::Refused(failure);
        }
    }
    let refused = |row: &&mut Row| matches!(row.result, RowResult::Refused(_));
    if rows.iter_mut().filter(refused).count() < rows.len() {
        return Ok(());
    }
    let first = rows.iter_mut().find_map(|row| {
        match std::mem::replace(&mut row.result, RowResult::NotRun) {
            RowResult::Refused(failure) => Some(failure),
            _ => None,
        }
    });
    Err(first.unwrap_or_else(|| Failure::usage(NO_RUN, "there is nothing to run", "")))
}

/// Runs what is to run, so many at a time. A signal lets no more begin.
fn run_all(
    args: &Args,
    registry: &Registry,
    folder: &Folder,
    interrupts: &Interrupts,
    rows: &mut [Row],
) -> Result<(), Failure> {
    let to_run: Vec<&mut Row> =
        rows.iter_mut().filter(|row| matches!(row.result, RowResult::NotRun)).collect();
    let jobs = args.jobs.unwrap_or(allowed_cores().len()).clamp(1, to_run.len().max(1));
    let bar = match args.quiet {
        true => ProgressBar::hidden(),
        false => {
            ProgressBar::with_draw_target(Some(to_run.len() as u64), ProgressDrawTarget::stderr())
        }
    };
    let queue = Mutex::new(to_run.into_iter());
    let first_failure = Mutex::new(None);
    let work = || {
        while !interrupts.came() {
            let Some(row) = queue.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                break;
            };
            match run_one(args, registry, folder.inner(&row.name), interrupts, &row.values) {
                Ok(ran) => row.result = RowResult::Ran(Box::new(ran)),
                Err(failure) => {
                    first_failure
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(failure);
                }
            }
            bar.inc(1);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(work);
        }
        work();
    });
    bar.finish_and_clear();
    match first_failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn run_one(
    args: &Args,
    registry: &Registry,
    folder: Folder,
    interrupts: &Interrupts,
    values: &[String],
) -> Result<Ran, Failure> {
    let mut checked = config::for_replay(&args.config, &options(args, values), registry)?;
    // They would all write the same journal at the same time.
    checked.plan.record_nothing();
    let job = Job {
        journal: None,
        config: args.config.config.clone(),
        checked,
        replay: args.window.at(Pace::Max),
        folder,
        bar: false,
        warn: false,
    };
    session::run(job, interrupts).map(|outcome| Ran::of(&outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_combinations_are_made_the_last_axis_fastest() {
        let axes = [axis("a=1,2").unwrap(), axis("b=x,y,z").unwrap()];
        let values: Vec<_> = combinations(&axes).iter().map(|row| row.values.concat()).collect();
        assert_eq!(values, ["1x", "1y", "1z", "2x", "2y", "2z"]);
    }

    #[test]
    fn commas_in_brackets_and_quotes_belong_to_the_value() {
        assert_eq!(split("[A, B],[C]"), ["[A, B]", "[C]"]);
        assert_eq!(split("symbol in (\"A,B\"),x"), ["symbol in (\"A,B\")", "x"]);
        assert!(axis("a=1,,2").is_err() && axis("a").is_err());
    }
}
