//! One run of a sweep, and what is kept of it.

use crate::failure::{Exit, Failure};
use crate::session::{Outcome, summary};
use serde_json::Value;

/// One run of the sweep.
pub(super) struct Row {
    /// Its folder's name.
    pub(super) name: String,
    /// A value per axis.
    pub(super) values: Vec<String>,
    pub(super) result: RowResult,
}

pub(super) enum RowResult {
    NotRun,
    /// It cannot start as it is configured.
    Refused(Failure),
    Ran(Box<Ran>),
}

/// What is kept of a run.
pub(super) struct Ran {
    pub(super) exit: Exit,
    pub(super) state: &'static str,
    pub(super) events: u64,
    pub(super) signals: u64,
    pub(super) passed: u64,
    pub(super) denied: u64,
    /// Over all instruments.
    pub(super) position: i128,
    pub(super) turnover: Option<i128>,
    pub(super) pnl: Option<i128>,
    pub(super) refusals: Vec<(String, u64)>,
    pub(super) summary: Value,
}

impl Ran {
    pub(super) fn of(outcome: &Outcome) -> Self {
        let ledger = &outcome.recorded.ledger;
        let marked = || ledger.positions().map(|(id, position)| (position, outcome.marks.of(id)));
        let sum = |sum: i128, value: Option<i128>| sum.checked_add(value?);
        Self {
            exit: outcome.exit(),
            state: outcome.state.name(),
            events: outcome.report.events,
            signals: outcome.recorded.signals,
            passed: ledger.passed(),
            denied: ledger.denied(),
            position: marked().fold(0, |sum, (one, _)| sum.saturating_add(one.quantity)),
            turnover: marked().try_fold(0, |all, (one, _)| sum(all, one.turnover())),
            pnl: marked().try_fold(0, |all, (one, mark)| sum(all, one.pnl(mark))),
            refusals: ledger.refusals().map(|(why, count)| (why.to_string(), count)).collect(),
            summary: summary(outcome),
        }
    }
}

/// The first failure counts; then whether it was interrupted.
pub(super) fn exit(rows: &[Row], interrupted: bool) -> Exit {
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
