//! The results as text.

use super::outcome::{Outcome, State};
use super::positions::BASIS;
use crate::record::is_recorder;
use crate::text::{decimal, duration, grouped, product, rate, thousands};
use comfy_table::{CellAlignment, Table, presets};
use hdrhistogram::Histogram;
use pitlane::affinity::ranges;
use pitlane::event::fixed::WideDecimal;
use pitlane::topology::{LaneReport, StuckStage};

/// The table at the end of a replay.
pub(crate) fn table(outcome: &Outcome, config: &str) -> String {
    let report = &outcome.report;
    let end = match outcome.state {
        State::Done => "",
        State::Interrupted => ", interrupted",
        State::Failed => ", failed",
    };
    let elapsed = u64::try_from(report.elapsed.as_nanos()).unwrap_or(u64::MAX);
    let mut text = format!(
        "{config}: {} events in {}, {}{end}\n\n",
        thousands(report.events),
        duration(elapsed),
        rate(outcome.events_per_second()),
    );
    text += &stages(outcome);
    text += &counts(outcome);
    text += &positions(outcome);
    text += "\n";
    if let Some(journal) = &report.journal {
        let events = thousands(journal.appended());
        let (durable, commits) = (thousands(journal.durable), thousands(journal.commits));
        text += &format!(
            "journal: {events} events recorded by {commits} syncs, durable up to {durable}\n"
        );
    }
    for lane in &report.lanes {
        text += &lane_line(lane);
    }
    for StuckStage { stage, lane, root, held } in &report.stuck {
        let held = duration(u64::try_from(held.as_nanos()).unwrap_or(u64::MAX));
        text += &format!("stuck: `{stage}` held lane {lane} for {held} with root {root}\n");
    }
    text += &format!("\nresults in {}\n", outcome.folder.display());
    text
}

fn stages(outcome: &Outcome) -> String {
    let header =
        ["stage", "tier", "in", "out", "filtered", "stopped", "lag", "p50", "p99", "p99.9", "max"];
    let rows = outcome.stage_reports().map(|stage| {
        let at = |quantile: f64| quantile_text(&stage.latency, quantile);
        vec![
            stage.name.clone(),
            outcome.tier(&stage.name).into(),
            thousands(stage.events_in),
            thousands(stage.events_out),
            thousands(stage.filtered),
            thousands(stage.stops),
            thousands(stage.max_lag),
            at(0.5),
            at(0.99),
            at(0.999),
            at(1.0),
        ]
    });
    aligned(&header, rows.collect(), 2)
}

fn quantile_text(latency: &Histogram<u64>, quantile: f64) -> String {
    match latency.is_empty() {
        true => "-".into(),
        false => duration(latency.value_at_quantile(quantile)),
    }
}

fn counts(outcome: &Outcome) -> String {
    let recorded = &outcome.recorded;
    let ledger = &recorded.ledger;
    let mut text = format!(
        "\nsignals   {}\norders    {}: {} passed, {} denied\n",
        thousands(recorded.signals),
        thousands(recorded.orders),
        thousands(ledger.passed()),
        thousands(ledger.denied()),
    );
    let refusals: Vec<_> =
        ledger.refusals().map(|(reason, count)| format!("{reason} {}", thousands(count))).collect();
    let or_none = |list: Vec<String>| if list.is_empty() { "none".into() } else { list.join(", ") };
    text += &format!("refusals  {}\n", or_none(refusals));
    text += &super::losses::line(&outcome.report);
    text += &super::middleware::lines(&outcome.report);
    text += &dead_letters(outcome);
    text += &super::reliable::lines(&outcome.report);
    let bad: Vec<_> = outcome
        .sources
        .iter()
        .filter(|(_, report)| report.bad_rows > 0)
        .map(|(name, report)| format!("{name} {}", thousands(report.bad_rows)))
        .collect();
    text += &format!("bad rows  {}\n", or_none(bad));
    for (name, report) in outcome.sources.iter().filter(|(_, report)| report.out_of_order > 0) {
        let steps = thousands(report.out_of_order);
        text += &format!("out of order  {name}: {steps} events step back in time\n");
    }
    for (name, report) in &outcome.sources {
        for line in crate::text::notes(report) {
            text += &format!("{name}: {line}\n");
        }
    }
    text += &pace_error(outcome);
    for (_, report) in &outcome.sources {
        report.bad_row_samples.iter().for_each(|sample| text += &format!("  {sample}\n"));
    }
    text
}

/// How late events were entered, where they had to wait for their time.
fn pace_error(outcome: &Outcome) -> String {
    let Some(late) = outcome.pace_error.as_ref().filter(|late| !late.is_empty()) else {
        return String::new();
    };
    let [p50, p99] = [0.5, 0.99].map(|quantile| quantile_text(late, quantile));
    format!("pace      events late by p50 {p50}, p99 {p99}, max {}\n", duration(late.max()))
}

/// How many events were left out, by stage; nothing where none was.
fn dead_letters(outcome: &Outcome) -> String {
    let dead = &outcome.report.dead_letters;
    if dead.count == 0 {
        return String::new();
    }
    let stages = outcome.stage_reports().filter(|stage| stage.skipped > 0);
    let stages: Vec<_> =
        stages.map(|stage| format!("{} {}", stage.name, thousands(stage.skipped))).collect();
    let kept = match dead.not_kept() {
        0 => "kept in dead_letters.csv".to_owned(),
        more => format!("the last {} were not kept in dead_letters.csv", thousands(more)),
    };
    format!("dead letters  {}: {}; {kept}\n", thousands(dead.count), stages.join(", "))
}

fn positions(outcome: &Outcome) -> String {
    let rows: Vec<_> = outcome
        .recorded
        .ledger
        .positions()
        .map(|(instrument, position)| {
            let mark = outcome.marks.of(instrument);
            let money =
                |value: Option<i128>| value.map_or("-".into(), |value| grouped(product(value)));
            vec![
                outcome.symbol(instrument),
                thousands(position.orders),
                grouped(WideDecimal(position.quantity)),
                money(position.turnover()),
                mark.map_or("-".into(), decimal),
                money(position.pnl(mark)),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let header = ["symbol", "orders", "position", "turnover", "last", "PnL"];
    format!("\n{}({BASIS})\n", aligned(&header, rows, 1))
}

fn lane_line(lane: &LaneReport) -> String {
    let cpu = match lane.cpu {
        Some(core) => format!("pinned to core {core}"),
        None => "not pinned".into(),
    };
    let stages: Vec<_> =
        lane.stages.iter().filter(|stage| !is_recorder(stage)).map(String::as_str).collect();
    let stages = if stages.is_empty() { "recorders".into() } else { stages.join(", ") };
    let note = lane.note.iter().map(|note| format!(" ({note})")).collect::<String>();
    format!(
        "lane {}: {cpu} (allowed {}), {}: {stages}{note}\n",
        lane.name,
        ranges(&lane.allowed),
        lane.wait.name(),
    )
}

/// Rows in columns; the first `left` are flush left, the others right.
pub(crate) fn aligned(header: &[&str], rows: Vec<Vec<String>>, left: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.to_vec());
    table.add_rows(rows);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if at >= left {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
