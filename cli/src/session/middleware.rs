//! What middleware did: for the table and the summary.

use crate::text::thousands;
use pitlane::middleware::MiddlewareReport;
use pitlane::topology::{Report, StageReport};
use serde_json::{Value, json};

/// Of each middleware around a stage what it held back, and what else it counted.
pub(crate) fn json(stage: &StageReport) -> Value {
    let layer = |layer: &MiddlewareReport| {
        let mut object = json!({ "name": layer.name, "held": layer.held });
        for (word, count) in &layer.counts {
            object[*word] = json!(count);
        }
        object
    };
    stage.middleware.iter().map(layer).collect()
}

/// Lines of the table; none where there is no middleware.
pub(crate) fn lines(report: &Report) -> String {
    let mut lines = String::new();
    for stage in &report.stages {
        for layer in &stage.middleware {
            let counts =
                layer.counts.iter().map(|(word, count)| format!(", {word} {}", thousands(*count)));
            let counts: String = counts.collect();
            let (held, name) = (thousands(layer.held), &layer.name);
            lines += &format!("around    {}: {name} held {held}{counts}\n", stage.name);
        }
    }
    lines
}
