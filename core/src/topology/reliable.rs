//! Reliable routes: their stages are called by a courier, which reads the journal.

use super::graph::{Link, Stage, Stream};
use super::lower::{Lowering, View};
use super::plan::{PlannedRecord, PlannedRoute};
use crate::Tier;
use crate::condition::Fields;
use crate::delivery::{Settlement, Terms};
use crate::event::EventType;
use crate::stage::{Component, OnError, component};

/// A courier to be.
#[derive(Debug)]
pub(super) struct CourierSpec {
    /// The stage that stands for it in the graph: it reads the streams and writes the settlements.
    pub(super) stage: usize,
    /// The streams that it delivers.
    pub(super) streams: Vec<usize>,
    pub(super) event: EventType,
    /// The stages it calls, in the order of the plan.
    pub(super) members: Vec<usize>,
    /// The stream of settlements.
    pub(super) settled: usize,
    pub(super) terms: Terms,
}

/// The streams of a reliable topic and what it says.
#[derive(Debug)]
pub(super) struct Delivered {
    source: String,
    event: Fields,
    streams: Vec<usize>,
    terms: Terms,
}

impl Delivered {
    pub(super) fn new(route: &PlannedRoute, view: &View) -> Self {
        let streams = view.links.iter().map(|link| link.stream).collect();
        let PlannedRoute { source, event, terms, .. } = route;
        Self { source: source.clone(), event: *event, streams, terms: terms.clone() }
    }

    fn at(&self) -> String {
        format!("routing.{}.{}", self.source, self.event.event)
    }
}

/// Most stages that a courier calls: it notes which of them let an event pass in the bits of a word.
const MOST_STEPS: usize = 64;

/// A courier's name, of the topic it delivers: `risk.Order`.
fn name_of(source: &str, event: EventType) -> String {
    format!("{source}.{event}")
}

impl Lowering<'_> {
    pub(super) fn refuse_reliable_transform(&mut self, at: &str) {
        self.problems.error(
            "PL-TOPOLOGY-041",
            at.into(),
            "a reliable route delivers each event as it was recorded, so nothing may take its place",
            "transform on the standard tier, and make the route of what comes out reliable",
        );
    }

    /// Puts a courier before the stages of each reliable topic; topics that share stages share one.
    pub(super) fn couriers(&mut self, topics: Vec<Delivered>, recorded: &mut Vec<PlannedRecord>) {
        let mut groups: Vec<(Delivered, Vec<usize>)> = Vec::new();
        for topic in topics {
            let members = self.members(&topic.streams);
            let shares = |group: &(Delivered, Vec<usize>)| {
                let same =
                    (&group.0.source, group.0.event.event) == (&topic.source, topic.event.event);
                same || group.1.iter().any(|member| members.contains(member))
            };
            // The streams of a source are recorded whatever becomes of the route.
            let (source, event, sync) = (topic.source.clone(), topic.event, topic.terms.sync);
            recorded.push(PlannedRecord { source, event, sync });
            let Some(at) = groups.iter().position(shares) else {
                groups.push((topic, members));
                continue;
            };
            let (first, known) = &mut groups[at];
            let (terms, event) =
                (first.terms == topic.terms, first.event.event == topic.event.event);
            let new = |all: &[usize], one: &usize| !all.contains(one);
            let streams: Vec<_> = topic.streams.iter().filter(|s| new(&first.streams, s)).collect();
            first.streams.extend(streams);
            let members: Vec<_> = members.into_iter().filter(|m| new(known, m)).collect();
            known.extend(members);
            let other = first.at();
            self.check_shared(&topic.at(), &other, terms, event);
        }
        for (topic, members) in groups {
            self.courier(topic, members, recorded);
        }
    }

    /// Topics that share stages are delivered together.
    fn check_shared(&mut self, at: &str, other: &str, same_terms: bool, same_event: bool) {
        if !same_event {
            self.problems.error(
                "PL-TOPOLOGY-042",
                at.into(),
                format!("a component stands in this reliable route and in {other}, of another event type"),
                "name a second component of the same type",
            );
        } else if !same_terms {
            self.problems.error(
                "PL-TOPOLOGY-043",
                at.into(),
                format!("a component stands here and in {other}, and the two say different things about retries"),
                "let both say the same, or name a second component of the same type",
            );
        }
    }

    /// The stages that read these streams, and those behind them.
    fn members(&self, streams: &[usize]) -> Vec<usize> {
        let stages = &self.graph.stages;
        let mut members: Vec<usize> = Vec::new();
        loop {
            let reads = |stage: &Stage| {
                stage.tier == Some(Tier::Reliable)
                    && stage.links.iter().any(|link| {
                        let passed = members.iter().any(|&m| stages[m].pass == Some(link.stream));
                        streams.contains(&link.stream) || passed
                    })
            };
            let new = (0..stages.len()).find(|s| !members.contains(s) && reads(&stages[*s]));
            let Some(new) = new else { break };
            members.push(new);
        }
        members.sort_unstable();
        members
    }

    fn courier(
        &mut self,
        topic: Delivered,
        members: Vec<usize>,
        recorded: &mut Vec<PlannedRecord>,
    ) {
        if members.len() > MOST_STEPS {
            self.problems.error(
                "PL-TOPOLOGY-044",
                topic.at(),
                format!("this reliable route has {} components", members.len()),
                format!(
                    "let it have at most {MOST_STEPS}; later ones can read what the last one emits"
                ),
            );
        }
        for &member in &members {
            self.check_member(member);
        }
        let number = self.graph.couriers.len();
        let name = name_of(&topic.source, topic.event.event);
        let (stage, settled) = (self.graph.stages.len(), self.graph.streams.len());
        let event = Fields::of::<Settlement>();
        self.graph.streams.push(Stream {
            name: format!("{name}.settled"),
            source: format!("{name}.settled"),
            event,
            writer: Some(stage),
            of_copy: false,
            pass: false,
            gather: None,
            relay: None,
        });
        recorded.push(PlannedRecord {
            source: format!("{name}.settled"),
            event,
            sync: topic.terms.sync,
        });
        self.graph.stages.push(Stage {
            component: stands_for(topic.event.event),
            tier: Some(Tier::Reliable),
            links: topic.streams.iter().map(|&stream| Link::to(stream)).collect(),
            outputs: vec![settled],
            courier: Some(number),
            ..Stage::new(format!("{name}.courier"))
        });
        for &member in &members {
            self.graph.stages[member].courier = Some(number);
        }
        let Delivered { streams, terms, event, .. } = topic;
        let event = event.event;
        self.graph.couriers.push(CourierSpec { stage, streams, event, members, settled, terms });
    }

    /// What a component says about failures is said by the route here.
    fn check_member(&mut self, member: usize) {
        let stage = &self.graph.stages[member];
        let policy = &stage.component.policy;
        let at = format!("components.{}", stage.name);
        if let OnError::Restart { .. } = policy.on_error {
            self.problems.error(
                "PL-TOPOLOGY-045",
                format!("{at}.on_error"),
                format!(
                    "`{}` stands in a reliable route, whose components are not restarted",
                    stage.name
                ),
                "leave `on_error` out: what fails for good becomes a dead letter, and it goes on",
            );
        }
        if policy.retry.is_some() {
            self.problems.error(
                "PL-TOPOLOGY-046",
                format!("{at}.retry"),
                format!(
                    "`{}` stands in a reliable route, which has retries of its own",
                    stage.name
                ),
                "say `retry` beside `tier: reliable`",
            );
        }
    }
}

/// What stands for a courier in the graph.
fn stands_for(event: EventType) -> Component {
    let mut stands = component(Nothing).emits::<Settlement>().max_emissions(MOST_AT_ONCE).build();
    stands.inputs = vec![event];
    stands
}

/// Settlements that are written before it is looked whether there is room.
const MOST_AT_ONCE: usize = 16;

struct Nothing;

impl crate::stage::Stage for Nothing {}
