//! Lanes, rings, latency, names.

use super::Desk;
use crate::codes;
use crate::mistake::Mistake;
use crate::raw::{self, LaneWord, Sampling, WaitWord};
use pitlane::topology::{LaneSpec, Lanes, Latency};
use pitlane::wait::Wait;

pub(super) fn lanes(lanes: &raw::Lanes) -> Lanes {
    match lanes {
        raw::Lanes::Word(LaneWord::Auto) => Lanes::Auto,
        raw::Lanes::Word(LaneWord::Fused) => Lanes::Fused,
        raw::Lanes::Word(LaneWord::Count(count)) => Lanes::Count(*count),
        raw::Lanes::List(list) => Lanes::List(list_of_lanes(list)),
    }
}

fn list_of_lanes(lanes: &[raw::Lane]) -> Vec<LaneSpec> {
    let spec = |lane: &raw::Lane| LaneSpec {
        name: lane.name.clone(),
        cpu: lane.cpu,
        wait: lane.wait.map(wait),
        stages: lane.stages.clone(),
    };
    lanes.iter().map(spec).collect()
}

fn wait(word: WaitWord) -> Wait {
    match word {
        WaitWord::BusySpin => Wait::BusySpin,
        WaitWord::SpinYield => Wait::SpinYield,
        WaitWord::Backoff => Wait::Backoff,
        WaitWord::Park => Wait::Park,
    }
}

pub(super) fn latency(sampling: Sampling) -> Latency {
    match sampling {
        Sampling::Off => Latency::Off,
        Sampling::OneIn(n) => Latency::OneIn(n),
    }
}

/// There is one version of the format so far.
pub(super) fn check_version(version: u32, desk: &mut Desk<'_>) {
    if version != 1 {
        let message = format!("this is a config of version {version}, which is not known here");
        let help = "write `pitlane: 1`, or use a newer Pitlane".to_owned();
        desk.blame(codes::BAD_VALUE, "pitlane", message, help);
    }
}

/// Names may not have the characters that streams (`strategy/sma`), topics (`md.feed.trade.IBM`)
/// and paths (`routes[0]`) need for themselves.
pub(super) fn check_names(desk: &mut Desk<'_>) {
    let mut keys = Vec::new();
    for section in ["sources", "components", "routing"] {
        if let Some(node) = desk.root.get(section) {
            keys.extend(node.entries().iter().map(|entry| entry.key.clone()));
        }
    }
    for component in desk.root.get("components").map_or(&[][..], |node| node.entries()) {
        keys.extend(component.value.get("emits").filter(|node| !node.is_null()).cloned());
    }
    for key in keys {
        let Some(name) = key.as_text() else { continue };
        let fine = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fine) {
            let message = format!("`{name}` will not do as a name");
            let better: String = name.chars().map(|c| if fine(c) { c } else { '_' }).collect();
            let help = if name.is_empty() {
                "write letters, digits, `_` and `-`".to_owned()
            } else {
                format!("write letters, digits, `_` and `-`: `{better}`")
            };
            let mistake = Mistake::new(codes::BAD_NAME, key.span, message, help);
            desk.mistakes.push(mistake);
        }
    }
}
