//! Which sources are read and decoded on threads of their own.
//!
//! A core is free where there are more of them than the caller's thread and the lanes need. Sources of
//! files take them, in the order of the config; what is generated costs less than handing it over.

use pitlane::affinity::allowed_cores;
use pitlane::source::Source;
use pitlane::topology::StageInfo;
use pitlane_config::Info;
use pitlane_feeds::ReadAhead;
use serde_json::Value;

type Sources = Vec<(String, Box<dyn Source>)>;

/// Has as many sources of files read ahead as there are free cores.
pub(super) fn read_ahead(
    sources: Sources,
    infos: &[Info],
    config: &Value,
    stages: &[StageInfo],
) -> Sources {
    let cores = allowed_cores().len();
    let mut free = free(cores, &config["lanes"], stages.len());
    let wrap = |(name, source): (String, Box<dyn Source>)| {
        let reads_files = infos.iter().any(|info| info.name == name && info.r#type != "generate");
        if !reads_files || free == 0 {
            return (name, source);
        }
        free -= 1;
        let ahead: Box<dyn Source> = Box::new(ReadAhead::new(source));
        (name, ahead)
    };
    sources.into_iter().map(wrap).collect()
}

/// Cores that neither the caller's thread nor a lane needs.
fn free(cores: usize, lanes: &Value, stages: usize) -> usize {
    let lanes = match lanes {
        Value::String(word) if word == "fused" => 0,
        Value::Number(count) => count.as_u64().map_or(0, |count| count as usize).min(stages),
        Value::Array(list) => list.len(),
        _ => stages.min(cores.saturating_sub(1)),
    };
    cores.saturating_sub(1 + lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_lanes_leave_is_free() {
        for (cores, lanes, stages, expected) in [
            (2, json!("fused"), 9, 1),
            (1, json!("fused"), 9, 0),
            (2, json!("auto"), 9, 0),
            (8, json!("auto"), 3, 4),
            (8, Value::Null, 3, 4),
            (4, json!(2), 9, 1),
            (4, json!([{}, {}, {}, {}]), 9, 0),
        ] {
            assert_eq!(free(cores, &lanes, stages), expected, "{cores} {lanes} {stages}");
        }
    }
}
