//! `pitlane sweep`.

use super::replay::{Shape, Window, stem};
use crate::args::ConfigArgs;
use crate::failure::{Exit, Failure, NO_RUN};
use crate::interrupt::Interrupts;
use crate::record::quoted;
use crate::session::{self, Folder, Job, NewFolder, Outcome, aligned, summary, write_json};
use crate::text::{grouped, product, thousands};
use crate::{config, console};
use indicatif::{ProgressBar, ProgressDrawTarget};
use pitlane::affinity::allowed_cores;
use pitlane::event::fixed::WideDecimal;
use pitlane::registry::Registry;
use pitlane_config::LoadOptions;
use pitlane_feeds::Pace;
use serde_json::{Map, Value, json};
use std::fmt::Display;
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

/// One run of the sweep.
struct Row {
    /// Its folder's name.
    name: String,
    /// A value per axis.
    values: Vec<String>,
    result: RowResult,
}

enum RowResult {
    NotRun,
    /// It cannot start as it is configured.
    Refused(Failure),
    Ran(Box<Ran>),
}

/// What is kept of a run.
struct Ran {
    exit: Exit,
    state: &'static str,
    events: u64,
    signals: u64,
    passed: u64,
    denied: u64,
    position: i128,
    turnover: Option<i128>,
    pnl: Option<i128>,
    refusals: Vec<(String, u64)>,
    summary: Value,
}

impl Ran {
    fn of(outcome: &Outcome) -> Self {
        let ledger = &outcome.recorded.ledger;
        let marked = || ledger.positions().map(|(id, position)| (position, outcome.marks.of(id)));
        Self {
            exit: outcome.exit(),
            state: outcome.state.name(),
            events: outcome.report.events,
            signals: outcome.recorded.signals,
            passed: ledger.passed(),
            denied: ledger.denied(),
            position: marked().map(|(position, _)| position.quantity).sum(),
            turnover: marked().map(|(position, _)| position.turnover()).sum(),
            pnl: marked().map(|(position, mark)| position.pnl(mark)).sum(),
            refusals: ledger.refusals().map(|(why, count)| (why.to_string(), count)).collect(),
            summary: summary(outcome),
        }
    }
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
    let job = Job {
        config: args.config.config.clone(),
        checked: config::for_replay(&args.config, &options(args, values), registry)?,
        replay: args.window.at(Pace::Max),
        folder,
        bar: false,
        warn: false,
    };
    session::run(job, interrupts).map(|outcome| Ran::of(&outcome))
}

/// The first failure counts; then whether it was interrupted.
fn exit(rows: &[Row], interrupted: bool) -> Exit {
    let ends = rows.iter().filter_map(|row| match &row.result {
        RowResult::Ran(ran) => Some(ran.exit),
        _ => None,
    });
    let failed = ends.clone().find(|exit| !matches!(exit, Exit::Done | Exit::Interrupted));
    let cut = ends.clone().any(|exit| exit == Exit::Interrupted);
    let skipped = rows.iter().any(|row| matches!(row.result, RowResult::NotRun));
    match failed {
        Some(exit) => exit,
        None if interrupted && (cut || skipped) => Exit::Interrupted,
        None => Exit::Done,
    }
}

fn manifest(args: &Args, rows: &[Row]) -> Value {
    let vary = args.vary.iter().map(|axis| (axis.path.clone(), json!(axis.values)));
    json!({
        "pitlane_run": 1,
        "kind": "sweep",
        "state": "running",
        "interrupted": false,
        "exit_code": null,
        "config_file": args.config.config.display().to_string(),
        "arguments": std::env::args().skip(1).collect::<Vec<_>>(),
        "vary": vary.collect::<Map<_, _>>(),
        "runs": rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
    })
}

fn results(args: &Args, folder: &Folder, rows: &[Row]) -> Value {
    let run = |row: &Row| {
        let paths = args.vary.iter().map(|axis| axis.path.clone());
        let values = row.values.iter().map(|value| json!(value));
        let (state, result) = match &row.result {
            RowResult::NotRun => ("not run", Value::Null),
            RowResult::Refused(_) => ("refused", Value::Null),
            RowResult::Ran(ran) => (ran.state, ran.summary.clone()),
        };
        let error = match &row.result {
            RowResult::Refused(failure) => json!(failure.sentence()),
            _ => Value::Null,
        };
        let parameters: Map<_, _> = paths.zip(values).collect();
        json!({
            "name": row.name,
            "parameters": parameters,
            "state": state,
            "error": error,
            "result": result,
        })
    };
    json!({
        "schema": 1,
        "runs": rows.iter().map(run).collect::<Value>(),
        "run_folder": folder.path().display().to_string(),
    })
}

fn csv(args: &Args, rows: &[Row]) -> String {
    let paths: Vec<_> = args.vary.iter().map(|axis| quoted(&axis.path)).collect();
    let mut csv = format!(
        "run,{},state,events,signals,orders_passed,orders_denied,position,turnover,pnl\n",
        paths.join(",")
    );
    for row in rows {
        let values: Vec<_> = row.values.iter().map(|value| quoted(value)).collect();
        csv += &format!("{},{},", row.name, values.join(","));
        csv += &match &row.result {
            RowResult::NotRun => "not run,,,,,,,".into(),
            RowResult::Refused(_) => "refused,,,,,,,".into(),
            RowResult::Ran(ran) => format!(
                "{},{},{},{},{},{},{},{}",
                ran.state,
                ran.events,
                ran.signals,
                ran.passed,
                ran.denied,
                WideDecimal(ran.position),
                or(ran.turnover.map(product), ""),
                or(ran.pnl.map(product), ""),
            ),
        };
        csv.push('\n');
    }
    csv
}

fn or(value: Option<impl Display>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
}

fn table(args: &Args, rows: &[Row]) -> String {
    let mut header = vec!["run"];
    header.extend(args.vary.iter().map(|axis| axis.path.as_str()));
    let left = header.len() + 1;
    header.extend([
        "state", "events", "signals", "passed", "denied", "position", "turnover", "PnL", "refusals",
    ]);
    let mut notes = String::new();
    let cells = rows.iter().map(|row| {
        let mut cells = vec![row.name.clone()];
        cells.extend(row.values.iter().cloned());
        match &row.result {
            RowResult::NotRun => cells.push("not run".into()),
            RowResult::Refused(failure) => {
                cells.push("refused".into());
                notes += &format!("{}: {}\n", row.name, failure.sentence());
            }
            RowResult::Ran(ran) => cells.extend(ran_cells(ran)),
        }
        cells.resize(header.len(), String::new());
        cells
    });
    let table = aligned(&header, cells.collect(), left);
    if notes.is_empty() { table } else { format!("{table}\n{notes}") }
}

fn ran_cells(ran: &Ran) -> [String; 9] {
    let money = |value: Option<i128>| or(value.map(|value| grouped(product(value))), "-");
    let refusals = ran.refusals.iter().map(|(why, count)| format!("{why} {}", thousands(*count)));
    [
        ran.state.into(),
        thousands(ran.events),
        thousands(ran.signals),
        thousands(ran.passed),
        thousands(ran.denied),
        grouped(WideDecimal(ran.position)),
        money(ran.turnover),
        money(ran.pnl),
        refusals.collect::<Vec<_>>().join(", "),
    ]
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
