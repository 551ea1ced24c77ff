//! What links lost: for the table, the summary and the manifest.

use crate::text::thousands;
use pitlane::route::OnFull;
use pitlane::topology::{LinkReport, Report};
use serde_json::{Map, Value, json};

/// Links that may lose events.
fn lossy(report: &Report) -> impl Iterator<Item = &LinkReport> {
    report.links.iter().filter(|link| link.on_full != OnFull::Block)
}

fn name(link: &LinkReport) -> String {
    format!("{} -> {}", link.stream, link.stage)
}

/// Of each link that may lose events what it lost, by cause.
pub(crate) fn losses(report: &Report) -> Value {
    let link = |link: &LinkReport| {
        let what = json!({
            "on_full": link.on_full.name(),
            "dropped": link.dropped,
            "gaps": link.gaps,
            "conflated": link.conflated,
        });
        (name(link), what)
    };
    Value::Object(lossy(report).map(link).collect::<Map<_, _>>())
}

/// A line of the table.
pub(crate) fn line(report: &Report) -> String {
    if lossy(report).next().is_none() {
        return "losses    none: every link waits for its readers\n".into();
    }
    let mut lines = String::new();
    for link in lossy(report).filter(|link| link.lost() > 0) {
        let lost = thousands(link.lost());
        let of = thousands(link.published);
        let gaps = match link.gaps {
            0 => String::new(),
            gaps => format!(", in {} gaps", thousands(gaps)),
        };
        lines += &format!("losses    {}: {lost} of {of} ({}{gaps})\n", name(link), link.on_full);
    }
    if lines.is_empty() { "losses    none\n".into() } else { lines }
}
