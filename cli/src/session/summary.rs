//! The results as JSON: `summary.json`, and what `--json` prints.

use super::losses::losses;
use super::outcome::Outcome;
use crate::text::product;
use hdrhistogram::Histogram;
use pitlane::affinity::ranges;
use pitlane::durable::JournalReport;
use pitlane::event::fixed::{Decimal, WideDecimal};
use pitlane::topology::{LaneReport, StageReport, StuckStage};
use serde_json::{Map, Value, json};

/// Version of the form; grows when a key changes its meaning.
const SCHEMA: u32 = 1;

/// The results of a run as one object.
pub(crate) fn summary(outcome: &Outcome) -> Value {
    let report = &outcome.report;
    let ledger = &outcome.recorded.ledger;
    let streams = report.streams.iter().map(|stream| {
        json!({
            "name": stream.name,
            "type": stream.event.name,
            "count": stream.count,
            "digest": stream.digest.map(|digest| format!("{digest:032x}")),
        })
    });
    let refusals: Map<String, Value> =
        ledger.refusals().map(|(reason, count)| (reason.to_string(), count.into())).collect();
    json!({
        "schema": SCHEMA,
        "state": outcome.state.name(),
        "interrupted": outcome.is_interrupted(),
        "events": report.events,
        "elapsed_ns": u64::try_from(report.elapsed.as_nanos()).unwrap_or(u64::MAX),
        "events_per_second": outcome.events_per_second().round() as u64,
        "streams": streams.collect::<Value>(),
        "stages": outcome.stage_reports().map(|stage| stage_json(outcome, stage)).collect::<Value>(),
        "signals": outcome.recorded.signals,
        "orders": outcome.recorded.orders,
        "orders_passed": ledger.passed(),
        "orders_denied": ledger.denied(),
        "refusals": refusals,
        "losses": losses(report),
        "dead_letters": {
            "count": report.dead_letters.count,
            "not_kept": report.dead_letters.not_kept(),
        },
        "reliable": super::reliable::couriers(report),
        "bad_rows": outcome.bad_rows(),
        "sources": sources(outcome),
        "pace_error_ns": outcome.pace_error.as_ref().map_or(Value::Null, percentiles),
        "positions": positions(outcome),
        "latency_ns": percentiles(&outcome.latency()),
        "links": links(outcome),
        "stuck": report.stuck.iter().map(stuck_json).collect::<Value>(),
        "lanes": report.lanes.iter().map(|lane| lane_json(outcome, lane)).collect::<Value>(),
        "journal": report.journal.as_ref().map(journal_json),
        "run_folder": outcome.folder.display().to_string(),
        "error": outcome.failure.as_ref().map(crate::failure::Failure::sentence),
        "errors": outcome.errors(),
    })
}

/// What was recorded.
fn journal_json(journal: &JournalReport) -> Value {
    let streams = journal.streams.iter().map(|stream| {
        json!({
            "name": stream.stream,
            "type": stream.event.name,
            "tag": stream.tag,
            "published": stream.published,
            "written": stream.written,
            "durable": stream.durable,
            "lag": stream.lag(),
        })
    });
    json!({
        "appended": journal.appended(),
        "written": journal.written,
        "durable": journal.durable,
        "appends": journal.appends,
        "commits": journal.commits,
        "lag": journal.lag(),
        "stalls": journal.stalls,
        "stalled_ns": u64::try_from(journal.stalled.as_nanos()).unwrap_or(u64::MAX),
        "streams": streams.collect::<Value>(),
    })
}

fn stage_json(outcome: &Outcome, stage: &StageReport) -> Value {
    json!({
        "name": stage.name,
        "tier": outcome.tier(&stage.name),
        "lane": stage.lane,
        "in": stage.events_in,
        "out": stage.events_out,
        "filtered": stage.filtered,
        "stopped": stage.stops,
        "failures": stage.failures,
        "skipped": stage.skipped,
        "restarts": stage.restarts,
        "retries": stage.retries,
        "batches": stage.batches,
        "largest_batch": stage.largest_batch,
        "max_lag": stage.max_lag,
        "middleware": super::middleware::json(stage),
        "latency_ns": percentiles(&stage.latency),
    })
}

/// What became of each stream at each stage of the config that reads it.
fn links(outcome: &Outcome) -> Value {
    let links = outcome.report.links.iter();
    let links = links.filter(|link| !crate::record::is_recorder(&link.stage)).map(|link| {
        json!({
            "stream": link.stream,
            "stage": link.stage,
            "published": link.published,
            "handled": link.handled(),
            "filtered": link.filtered,
            "skipped": link.skipped,
            "on_full": link.on_full.name(),
            "dropped": link.dropped,
            "gaps": link.gaps,
            "conflated": link.conflated,
            "left": link.left(),
            "max_lag": link.max_lag,
        })
    });
    links.collect()
}

fn stuck_json(stuck: &StuckStage) -> Value {
    json!({
        "stage": stuck.stage,
        "lane": stuck.lane,
        "root": stuck.root,
        "held_ms": u64::try_from(stuck.held.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Percentiles of a histogram; null where nothing was measured.
pub(crate) fn percentiles(latency: &Histogram<u64>) -> Value {
    if latency.is_empty() {
        return Value::Null;
    }
    json!({
        "count": latency.len(),
        "min": latency.min(),
        "p50": latency.value_at_quantile(0.5),
        "p90": latency.value_at_quantile(0.9),
        "p99": latency.value_at_quantile(0.99),
        "p99_9": latency.value_at_quantile(0.999),
        "p99_99": latency.value_at_quantile(0.9999),
        "max": latency.max(),
    })
}

fn sources(outcome: &Outcome) -> Value {
    let source = |(name, report): &(String, pitlane::source::SourceReport)| {
        json!({
            "name": name,
            "events": report.events,
            "bad_rows": report.bad_rows,
            "bad_row_samples": report.bad_row_samples,
            "out_of_order": report.out_of_order,
            "notes": crate::text::notes_json(report),
            "overlaps": report.overlaps,
            "bytes_read": report.bytes_read,
        })
    };
    outcome.sources.iter().map(source).collect()
}

/// Decimals are text, so that no reader rounds them.
fn positions(outcome: &Outcome) -> Value {
    let rows = outcome.recorded.ledger.positions().map(|(instrument, position)| {
        let mark = outcome.marks.of(instrument);
        json!({
            "symbol": outcome.symbol(instrument),
            "orders": position.orders,
            "position": WideDecimal(position.quantity).to_string(),
            "turnover": position.turnover().map(|value| product(value).to_string()),
            "last_price": mark.map(|price| Decimal(price).to_string()),
            "pnl": position.pnl(mark).map(|value| product(value).to_string()),
            "basis": super::positions::BASIS,
        })
    });
    rows.collect()
}

fn lane_json(outcome: &Outcome, lane: &LaneReport) -> Value {
    let stages: Vec<_> =
        lane.stages.iter().filter(|stage| !crate::record::is_recorder(stage)).collect();
    json!({
        "name": lane.name,
        "cpu": lane.cpu,
        "cores_allowed": ranges(&lane.allowed),
        "wait": lane.wait.name(),
        "note": lane.note,
        "stages": stages,
        "cycles": lane.cycles,
        "busy_cycles": lane.busy_cycles,
        "busy_ratio": lane.busy_ratio(outcome.report.elapsed),
        "sleeps": lane.sleeps,
    })
}
