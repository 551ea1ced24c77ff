//! Lanes, rings, latency, names.

use super::Desk;
use crate::codes;
use crate::nearest::did_you_mean;
use crate::raw::{self, LaneWord, Sampling, WaitWord};
use pitlane::topology::{LaneSpec, Lanes, Latency};
use pitlane::wait::Wait;

/// Most slots of a ring: 64 MiB of events.
const MAX_CAPACITY: usize = 1 << 20;

pub(super) fn lanes(lanes: &raw::Lanes, desk: &mut Desk<'_>) -> Lanes {
    let lanes = match lanes {
        raw::Lanes::Word(LaneWord::Auto) => Lanes::Auto,
        raw::Lanes::Word(LaneWord::Fused) => Lanes::Fused,
        raw::Lanes::Word(LaneWord::Count(count)) => Lanes::Count(*count),
        raw::Lanes::List(list) => Lanes::List(list_of_lanes(list, desk)),
    };
    desk.options.lanes.clone().unwrap_or(lanes)
}

fn list_of_lanes(lanes: &[raw::Lane], desk: &mut Desk<'_>) -> Vec<LaneSpec> {
    let known = desk.names("components");
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let mut specs: Vec<LaneSpec> = Vec::new();
    for (at, lane) in lanes.iter().enumerate() {
        if let Some(first) = specs.iter().position(|other| other.name == lane.name) {
            let message = format!("two lanes are named `{}`", lane.name);
            let help = format!("rename this one or lanes[{first}]");
            desk.blame(codes::BAD_VALUE, &format!("lanes[{at}].name"), message, help);
        }
        for (stage, name) in lane.stages.iter().enumerate() {
            let path = format!("lanes[{at}].stages[{stage}]");
            let taken = specs.iter().find(|other| other.stages.contains(name));
            if !known.contains(&name.as_str()) {
                let message = format!("there is no component `{name}`");
                let help = did_you_mean(name, "component", known.iter().copied());
                desk.blame(codes::UNKNOWN_COMPONENT, &path, message, help);
            } else if let Some(taken) = taken {
                let message = format!("`{name}` stands on the lane `{}` already", taken.name);
                let help = "a component runs on one lane: leave it out on the other".to_owned();
                desk.blame(codes::BAD_VALUE, &path, message, help);
            }
        }
        specs.push(LaneSpec {
            name: lane.name.clone(),
            cpu: lane.cpu,
            wait: lane.wait.map(wait),
            stages: lane.stages.clone(),
        });
    }
    specs
}

fn wait(word: WaitWord) -> Wait {
    match word {
        WaitWord::BusySpin => Wait::BusySpin,
        WaitWord::SpinYield => Wait::SpinYield,
        WaitWord::Backoff => Wait::Backoff,
        WaitWord::Park => Wait::Park,
    }
}

/// Sizes; those that will not do are replaced, so that the rest can be checked.
pub(super) fn rings(rings: &raw::Rings, desk: &mut Desk<'_>) -> raw::Rings {
    let defaults = raw::Rings::default();
    let mut checked = raw::Rings { streams: rings.streams.clone(), ..defaults };
    if slots_will_do(rings.capacity, "rings.capacity", desk) {
        checked.capacity = rings.capacity;
    }
    checked.streams.retain(|stream, slots| {
        slots_will_do(*slots, &format!("rings.streams.{stream}"), desk)
    });
    if rings.batch > 0 {
        checked.batch = rings.batch;
    } else {
        let message = "`batch` is 0, so no stage could handle anything".to_owned();
        desk.blame(codes::BAD_VALUE, "rings.batch", message, "the least is 1".to_owned());
    }
    if let Some(capacity) = desk.options.capacity {
        checked.capacity = capacity;
        checked.streams.clear();
    }
    checked.batch = desk.options.batch.unwrap_or(checked.batch);
    checked
}

fn slots_will_do(slots: usize, path: &str, desk: &mut Desk<'_>) -> bool {
    let will_do = slots.is_power_of_two() && (2..=MAX_CAPACITY).contains(&slots);
    if !will_do {
        let near = slots.clamp(2, MAX_CAPACITY).next_power_of_two();
        let message = format!("{slots} slots will not do for a ring");
        let help = format!("write a power of two from 2 to {MAX_CAPACITY}: {near}");
        desk.blame(codes::BAD_VALUE, path, message, help);
    }
    will_do
}

pub(super) fn latency(sampling: Sampling, desk: &Desk<'_>) -> Latency {
    let latency = match sampling {
        Sampling::Off => Latency::Off,
        Sampling::OneIn(n) => Latency::OneIn(n),
    };
    desk.options.latency.unwrap_or(latency)
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
            let mistake = crate::mistake::Mistake::new(codes::BAD_NAME, key.span, message, help);
            desk.mistakes.push(mistake);
        }
    }
}
