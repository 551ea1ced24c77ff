//! Which stages share a reader: many on one lane that take events of a stream by symbol.

use super::checked::Checked;
use super::place::PlannedLane;
use super::rings::Ends;
use crate::lane::{AnyReader, Group, Polled};
use crate::topic::Interest;
use std::collections::{HashMap, HashSet};

/// Fewer than this many read by themselves: each then looks at a bit per event.
const FEWEST: usize = 8;

/// Readers of groups are known by numbers from here on, where those of stages are known by theirs.
pub(super) const GROUPS: usize = usize::MAX / 2;

/// Stages of a lane that share a reader of a stream.
pub(super) struct Grouped {
    pub(super) stream: usize,
    /// Their places in topological order.
    places: Vec<usize>,
    /// Their numbers in the plan.
    stages: HashSet<usize>,
}

impl Grouped {
    /// Whether a stage, by its number in the plan, is one of them.
    pub(super) fn has(&self, stage: usize) -> bool {
        self.stages.contains(&stage)
    }
}

/// The groups of all lanes.
pub(super) fn groups(checked: &Checked, lanes: &[PlannedLane]) -> Vec<Grouped> {
    let links = checked.graph.stages.iter().flat_map(|stage| &stage.links);
    let followed = links.flat_map(|link| link.after.iter().map(|&stage| (link.stream, stage)));
    let followed: HashSet<_> = followed.collect();
    let mut groups = Vec::new();
    for lane in lanes {
        let mut found: Vec<Grouped> = Vec::new();
        for &place in &lane.stages {
            let Some(stream) = shared_stream(checked, place, &followed) else { continue };
            let number = found.iter().position(|group| group.stream == stream);
            let number = number.unwrap_or_else(|| {
                found.push(Grouped { stream, places: Vec::new(), stages: HashSet::new() });
                found.len() - 1
            });
            found[number].places.push(place);
            found[number].stages.insert(checked.order[place]);
        }
        groups.extend(found.into_iter().filter(|group| group.places.len() >= FEWEST));
    }
    groups
}

/// The stream that a stage could read together with others, given which stages are followed on which
/// streams.
fn shared_stream(
    checked: &Checked,
    place: usize,
    followed: &HashSet<(usize, usize)>,
) -> Option<usize> {
    let number = checked.order[place];
    let stage = &checked.graph.stages[number];
    let [link] = stage.links.as_slice() else { return None };
    let by_symbol = link.topics.as_ref().is_some_and(|topics| topics.is_by_symbol());
    let alone = stage.courier.is_none()
        && link.after.is_empty()
        && link.share.is_none()
        && !link.is_lossy();
    // One that waits to try an event again would have the others wait.
    let tries_once = stage.component.policy.retry.is_none();
    let plain = by_symbol && alone && tries_once && stage.component.stage.may_share();
    (plain && !followed.contains(&(link.stream, number))).then_some(link.stream)
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
    let groups_of = groups
        .iter()
        .enumerate()
        .flat_map(|(number, group)| group.places.iter().map(move |&place| (place, number)));
    let groups_of: HashMap<usize, usize> = groups_of.collect();
    for &place in &lane.stages {
        let Some(&number) = groups_of.get(&place) else {
            polled.extend(nodes[place].take());
            continue;
        };
        let Grouped { stream, places, .. } = &groups[number];
        if nodes[place].is_none() || places.first() != Some(&place) {
            continue;
        }
        let members = places.iter().filter_map(|&place| {
            let Polled::Node(node) = nodes[place].take()? else { return None };
            Some((node, interests.get(place)?.clone()?))
        });
        let members = members.collect();
        if let Some(AnyReader::Gated(reader)) = rings[*stream].take_reader(GROUPS + number, 0) {
            let instruments = checked.instruments.clone();
            let group = Group::new(reader, members, instruments, checked.batch_limit);
            polled.push(Polled::Group(Box::new(group)));
        }
    }
    polled
}
