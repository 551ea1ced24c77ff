//! The results of a sweep as JSON, CSV and a table.

use super::Args;
use super::row::{Ran, Row, RowResult};
use crate::record::quoted;
use crate::session::{Folder, aligned};
use crate::text::{grouped, product, thousands};
use pitlane::event::fixed::WideDecimal;
use serde_json::{Map, Value, json};
use std::fmt::Display;

pub(super) fn manifest(args: &Args, rows: &[Row]) -> Value {
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

pub(super) fn results(args: &Args, folder: &Folder, rows: &[Row]) -> Value {
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

pub(super) fn csv(args: &Args, rows: &[Row]) -> String {
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

pub(super) fn table(args: &Args, rows: &[Row]) -> String {
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
