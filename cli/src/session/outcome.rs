//! What came of a run.

use crate::failure::{Exit, Failure, LANE_STUCK, NOT_WRITTEN};
use crate::record::{Marks, Recorded, is_recorder};
use hdrhistogram::Histogram;
use pitlane::Instruments;
use pitlane::error::Diagnostic;
use pitlane::source::SourceReport;
use pitlane::topology::{DeadLetters, Report, RunError, StageInfo, StageReport};
use std::path::PathBuf;
use std::time::Duration;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The input came to its end and everything was handled.
    Done,
    /// Someone ended it; what was in flight was handled.
    Interrupted,
    /// It failed.
    Failed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Interrupted => "interrupted",
            State::Failed => "failed",
        }
    }
}

/// What a run leaves.
pub(super) struct Parts {
    pub(super) result: Result<Report, RunError>,
    /// Whether someone may have stopped it before what was in flight was handled.
    pub(super) halted: bool,
    pub(super) recorded: Recorded,
    pub(super) marks: Marks,
    pub(super) sources: Vec<(String, SourceReport)>,
    pub(super) instruments: Instruments,
    pub(super) stages: Vec<StageInfo>,
    pub(super) folder: PathBuf,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) state: State,
    /// Why it failed, where it did.
    pub(crate) failure: Option<Failure>,
    pub(crate) report: Report,
    pub(crate) recorded: Recorded,
    pub(crate) marks: Marks,
    /// What each source has read.
    pub(crate) sources: Vec<(String, SourceReport)>,
    pub(crate) instruments: Instruments,
    /// Stages as checked, recorders included.
    pub(crate) stages: Vec<StageInfo>,
    pub(crate) folder: PathBuf,
}

impl Outcome {
    pub(super) fn of(parts: Parts) -> Self {
        let Parts { result, halted, recorded, marks, sources, instruments, stages, folder } = parts;
        let (report, mut failure) = match result {
            Ok(report) => {
                let failure = failure_of(&report);
                (report, failure)
            }
            Err(error) => (empty_report(), Some(Failure::start(&error))),
        };
        if failure.is_none()
            && let Some(error) = &recorded.error
        {
            failure = Some(Failure::failed(NOT_WRITTEN, error.clone(), "check the disk's room"));
        }
        let state = match &failure {
            Some(_) => State::Failed,
            None if report.interrupted || halted => State::Interrupted,
            None => State::Done,
        };
        Self { state, failure, report, recorded, marks, sources, instruments, stages, folder }
    }

    pub(crate) fn exit(&self) -> Exit {
        match (&self.failure, self.state) {
            (Some(failure), _) => failure.exit(),
            (None, State::Interrupted) => Exit::Interrupted,
            (None, _) => Exit::Done,
        }
    }

    /// Why it failed, as data; empty where it did not.
    pub(crate) fn errors(&self) -> Vec<Diagnostic> {
        self.failure.as_ref().map(Failure::diagnostics).unwrap_or_default()
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.state == State::Interrupted
    }

    pub(crate) fn events_per_second(&self) -> f64 {
        let seconds = self.report.elapsed.as_secs_f64();
        if seconds > 0.0 { self.report.events as f64 / seconds } else { 0.0 }
    }

    /// Rows that could not be read and were skipped.
    pub(crate) fn bad_rows(&self) -> u64 {
        self.sources.iter().map(|(_, report)| report.bad_rows).sum()
    }

    /// Stages of the config, in topological order.
    pub(crate) fn stage_reports(&self) -> impl Iterator<Item = &StageReport> {
        self.report.stages.iter().filter(|stage| !is_recorder(&stage.name))
    }

    /// The word for the tier of a stage.
    pub(crate) fn tier(&self, stage: &str) -> &'static str {
        let info = self.stages.iter().find(|info| info.name == stage);
        info.map_or("", |info| info.tier.name())
    }

    /// Latency over all stages of the config, ns.
    pub(crate) fn latency(&self) -> Histogram<u64> {
        let mut stages = self.stage_reports();
        let Some(first) = stages.next() else { return empty() };
        let mut all = first.latency.clone();
        for stage in stages {
            // They have the same bounds: nothing is out of range.
            let _ = all.add(&stage.latency);
        }
        all
    }

    /// The symbol of an instrument; its number where it has none.
    pub(crate) fn symbol(&self, instrument: u32) -> String {
        let text = self.instruments.text(instrument);
        text.map_or_else(|| format!("#{instrument}"), |text| text.to_string())
    }
}

fn failure_of(report: &Report) -> Option<Failure> {
    if let Some(fault) = report.faults.first() {
        return Some(Failure::stage(fault));
    }
    if let Some(error) = &report.input_error {
        return Some(Failure::data(error));
    }
    let stuck = report.left_behind.first()?;
    let message = format!("lane `{}` did not end in time", stuck.lane);
    let help = match &stuck.on {
        Some((stage, root)) => format!("stage `{stage}` has not returned from root {root}"),
        None => format!("one of its stages does not return: {}", stuck.stages.join(", ")),
    };
    Some(Failure::failed(LANE_STUCK, message, help))
}

fn empty() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are within bounds")
}

fn empty_report() -> Report {
    Report {
        events: 0,
        elapsed: Duration::ZERO,
        ingresses: Vec::new(),
        streams: Vec::new(),
        stages: Vec::new(),
        links: Vec::new(),
        lanes: Vec::new(),
        faults: Vec::new(),
        dead_letters: DeadLetters::default(),
        survived: Vec::new(),
        input_error: None,
        interrupted: false,
        stuck: Vec::new(),
        left_behind: Vec::new(),
    }
}
