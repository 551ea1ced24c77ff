//! Streams, stages and links: what the routes of a plan come to.

use super::lossy::Lossy;
use super::partition::Share;
use super::reliable::CourierSpec;
use crate::Tier;
use crate::condition::Fields;
use crate::event::{Event, Slot};
use crate::route::OnFull;
use crate::stage::{Component, pass_on};
use crate::topic::Interest;
use std::time::Duration;

/// Streams, stages and links: what the routes come to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) streams: Vec<Stream>,
    pub(super) stages: Vec<Stage>,
    /// Every condition written, with its place and the type of the events it is for.
    pub(super) conditions: Vec<WrittenCondition>,
    /// Routes that may lose events.
    pub(super) lossy: Vec<Lossy>,
    /// Reliable routes, those that share stages together.
    pub(super) couriers: Vec<CourierSpec>,
}

/// A condition as written.
#[derive(Debug)]
pub(super) struct WrittenCondition {
    pub(super) text: String,
    pub(super) at: String,
    pub(super) event: Fields,
}

/// A stream to be.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) name: String,
    pub(super) source: String,
    pub(super) event: Fields,
    /// The stage that writes it; `None` for an ingress.
    pub(super) writer: Option<usize>,
    /// Whether it carries what a copy of a partition emits, to the stage that joins it.
    pub(super) of_copy: bool,
    /// Whether it carries what its writer let pass, not what it emitted.
    pub(super) pass: bool,
    /// `batch` and `max_wait` of the fast routes it is carried by, the least of each.
    pub(super) gather: Option<(usize, Duration)>,
    /// Where it is what a relay hands on of another stream, of the same writer.
    pub(super) relay: Option<Relayed>,
}

/// What a relay takes of a stream.
#[derive(Clone, Debug)]
pub(super) struct Relayed {
    /// The stream it hangs on.
    pub(super) of: usize,
    pub(super) on_full: OnFull,
    /// What events it is for, where it does not take all.
    pub(super) topics: Option<Interest>,
    /// Conditions that events must meet.
    pub(super) conditions: Vec<String>,
}

/// A stage to be.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) name: String,
    pub(super) component: Component,
    pub(super) tier: Option<Tier>,
    pub(super) links: Vec<Link>,
    /// Streams it emits to, in the order of its component's outputs.
    pub(super) outputs: Vec<usize>,
    pub(super) pass: Option<usize>,
    /// Where it takes the place of events or may stop them: that must be one place.
    pub(super) replaces_at: Option<String>,
    /// Where it transforms, and in how many places it stands: that must be one, too.
    pub(super) transforms_at: Option<String>,
    pub(super) places: usize,
    /// The copies of the component whose place it takes.
    pub(super) copies: Vec<usize>,
    /// Whether it joins these.
    pub(super) joins: bool,
    /// The stage that joins what it emits, where it is a copy.
    pub(super) copy_of: Option<usize>,
    /// Whether events can reach it; the others are left out.
    pub(super) runs: bool,
    /// The courier that it is, or that calls it.
    pub(super) courier: Option<usize>,
}

/// What a stage reads.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) stream: usize,
    /// What events it is for, where it does not take all.
    pub(super) topics: Option<Interest>,
    /// What of them is a copy's, in a partition.
    pub(super) share: Option<Share>,
    /// Conditions that events must meet.
    pub(super) conditions: Vec<String>,
    /// Stages that see an event of the stream before.
    pub(super) after: Vec<usize>,
    /// Whether what the stage lets pass goes on to later steps.
    pub(super) passes: bool,
    /// Whether the writer waits for it, or it loses the oldest; what relays do comes before links.
    pub(super) on_full: OnFull,
}

impl Link {
    pub(super) fn to(stream: usize) -> Self {
        let (conditions, after) = (Vec::new(), Vec::new());
        let (topics, share, passes) = (None, None, false);
        Self { stream, topics, share, conditions, after, passes, on_full: OnFull::Block }
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.on_full == OnFull::DropOldest
    }
}

impl Stage {
    /// A stage that nothing is known of but its name.
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            component: pass_on(Slot::TYPE),
            tier: None,
            links: Vec::new(),
            outputs: Vec::new(),
            pass: None,
            replaces_at: None,
            transforms_at: None,
            places: 0,
            copies: Vec::new(),
            joins: false,
            copy_of: None,
            runs: false,
            courier: None,
        }
    }
}

impl Stream {
    /// A stream of what a stage emits, or of what enters.
    pub(super) fn new(name: String, source: String, event: Fields, writer: Option<usize>) -> Self {
        let (of_copy, pass, gather, relay) = (false, false, None, None);
        Self { name, source, event, writer, of_copy, pass, gather, relay }
    }

    /// Whether routes may name it: by its source, or by a topic.
    pub(super) fn is_public(&self) -> bool {
        !self.pass && self.relay.is_none() && !self.of_copy
    }
}

impl Graph {
    /// Marks the stages that events can reach: from an ingress, over stages that run.
    pub(super) fn mark_what_runs(&mut self) {
        loop {
            let reached = |stage: &Stage| {
                stage.links.iter().any(|link| match self.streams[link.stream].writer {
                    None => true,
                    Some(writer) => self.stages[writer].runs,
                })
            };
            let new = self.stages.iter().position(|stage| !stage.runs && reached(stage));
            let Some(new) = new else { return };
            self.stages[new].runs = true;
        }
    }

    /// Indices of streams in the order of reports; those of stages that never run are left out, and
    /// those of relays, which are parts of others.
    pub(super) fn stream_order(&self) -> impl Iterator<Item = usize> {
        let streams = &self.streams;
        let own = move |&i: &usize| streams[i].relay.is_none();
        let ingresses = (0..streams.len()).filter(|&i| streams[i].writer.is_none()).filter(own);
        let runs = |stage: usize| self.stages[stage].runs;
        let others = (0..streams.len()).filter(move |&i| streams[i].writer.is_some_and(runs));
        ingresses.chain(others.filter(own))
    }

    /// Indices of streams in the order of their rings' counters: as in reports, then the relays'.
    pub(super) fn ring_order(&self) -> impl Iterator<Item = usize> {
        let runs = |stream: &Stream| stream.writer.is_none_or(|stage| self.stages[stage].runs);
        let relays = self.streams.iter().enumerate();
        let relays = relays.filter(move |(_, stream)| stream.relay.is_some() && runs(stream));
        self.stream_order().chain(relays.map(|(i, _)| i))
    }

    /// Whether a stage is called by a courier, and reads no ring itself.
    pub(super) fn is_called(&self, stage: usize) -> bool {
        self.couriers.iter().any(|courier| courier.members.contains(&stage))
    }

    /// The stream that a relay hangs on; any other stream itself.
    pub(super) fn source_of(&self, stream: usize) -> usize {
        self.streams[stream].relay.as_ref().map_or(stream, |relay| relay.of)
    }

    /// The relays that hang on a stream.
    pub(super) fn relays_of(&self, stream: usize) -> impl Iterator<Item = usize> {
        let hangs = move |i: &usize| {
            self.streams[*i].relay.as_ref().is_some_and(|relay| relay.of == stream)
        };
        (0..self.streams.len()).filter(hangs)
    }
}

impl Link {
    /// Whether it comes after a stage, be it by way of others.
    pub(super) fn follows(&self, stage: usize, stages: &[Stage]) -> bool {
        let (mut seen, mut ahead) = (vec![false; stages.len()], self.after.clone());
        while let Some(other) = ahead.pop() {
            if !std::mem::replace(&mut seen[other], true) {
                let links = stages[other].links.iter().filter(|link| link.stream == self.stream);
                ahead.extend(links.flat_map(|link| &link.after));
            }
        }
        seen[stage]
    }
}
