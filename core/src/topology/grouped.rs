//! Which stages share a reader: many on one lane that take events of a stream by symbol.

use super::checked::Checked;
use super::graph::Link;
use super::place::PlannedLane;
use super::rings::Ends;
use crate::lane::{AnyReader, Group, Polled};
use crate::topic::Interest;

/// Fewer than this many read by themselves: each then looks at a bit per event.
const FEWEST: usize = 8;

/// Readers of groups are known by numbers from here on, where those of stages are known by theirs.
pub(super) const GROUPS: usize = usize::MAX / 2;

/// Stages of a lane that share a reader of a stream.
pub(super) struct Grouped {
    pub(super) stream: usize,
    /// Their places in topological order.
    places: Vec<usize>,
}

impl Grouped {
    /// Whether a stage, by its number in the plan, is one of them.
    pub(super) fn has(&self, checked: &Checked, stage: usize) -> bool {
        self.places.iter().any(|&place| checked.order[place] == stage)
    }
}

/// The groups of all lanes.
pub(super) fn groups(checked: &Checked, lanes: &[PlannedLane]) -> Vec<Grouped> {
    let mut groups = Vec::new();
    for lane in lanes {
        let mut found: Vec<Grouped> = Vec::new();
        for &place in &lane.stages {
            let Some(stream) = shared_stream(checked, place) else { continue };
            match found.iter_mut().find(|group| group.stream == stream) {
                Some(group) => group.places.push(place),
                None => found.push(Grouped { stream, places: vec![place] }),
            }
        }
        groups.extend(found.into_iter().filter(|group| group.places.len() >= FEWEST));
    }
    groups
}

/// The stream that a stage could read together with others.
fn shared_stream(checked: &Checked, place: usize) -> Option<usize> {
    let number = checked.order[place];
    let stage = &checked.graph.stages[number];
    let [link] = stage.links.as_slice() else { return None };
    let by_symbol = link.topics.as_ref().is_some_and(|topics| topics.is_by_symbol());
    let alone = stage.courier.is_none()
        && link.after.is_empty()
        && link.share.is_none()
        && !link.is_lossy();
    let follows = |other: &Link| other.stream == link.stream && other.after.contains(&number);
    let is_followed = || checked.graph.stages.iter().flat_map(|other| &other.links).any(follows);
    // One that waits to try an event again would have the others wait.
    let tries_once = stage.component.policy.retry.is_none();
    let plain = by_symbol && alone && tries_once && stage.component.stage.may_share();
    (plain && !is_followed()).then_some(link.stream)
}

/// What each stage, by its place, asks of its one stream, where it does by topics.
pub(super) fn interests(checked: &Checked) -> Vec<Option<Interest>> {
    let interest = |&stage: &usize| {
        let links = &checked.graph.stages[stage].links;
        links.first().and_then(|link| link.topics.clone())
    };
    checked.order.iter().map(interest).collect()
}

/// What a lane polls: its nodes, those of a group where the first of them stands.
pub(super) fn polled(
    checked: &Checked,
    lane: &PlannedLane,
    interests: &[Option<Interest>],
    groups: &[Grouped],
    nodes: &mut [Option<Polled>],
    rings: &mut [Ends],
) -> Vec<Polled> {
    let mut polled = Vec::new();
    for &place in &lane.stages {
        let group = groups.iter().position(|group| group.places.contains(&place));
        let Some(number) = group else {
            polled.extend(nodes[place].take());
            continue;
        };
        let Grouped { stream, places } = &groups[number];
        if nodes[place].is_none() || places.first() != Some(&place) {
            continue;
        }
        let members = places.iter().filter_map(|&place| {
            let Polled::Node(node) = nodes[place].take()? else { return None };
            Some((node, interests.get(place)?.clone()?))
        });
        let members = members.collect();
        let mut readers = rings[*stream].readers.iter_mut();
        let reader = readers.find(|reader| reader.0 == GROUPS + number);
        if let Some(AnyReader::Gated(reader)) = reader.and_then(|reader| reader.2.take()) {
            let instruments = checked.instruments.clone();
            let group = Group::new(reader, members, instruments, checked.batch_limit);
            polled.push(Polled::Group(Box::new(group)));
        }
    }
    polled
}
