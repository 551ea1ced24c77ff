//! Streams, stages and links: what the routes of a plan come to.

use crate::Tier;
use crate::condition::Fields;
use crate::stage::Component;
use std::time::Duration;

/// Streams, stages and links: what the routes come to.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) streams: Vec<Stream>,
    pub(super) stages: Vec<Stage>,
    /// Every condition written, with its place and the type of the events it is for.
    pub(super) conditions: Vec<WrittenCondition>,
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
    /// Whether it carries what its writer let pass, not what it emitted.
    pub(super) pass: bool,
    /// `batch` and `max_wait` of the fast routes it is carried by, the least of each.
    pub(super) gather: Option<(usize, Duration)>,
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
    /// Whether events can reach it; the others are left out.
    pub(super) runs: bool,
}

/// What a stage reads.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) stream: usize,
    /// Conditions that events must meet.
    pub(super) conditions: Vec<String>,
    /// Stages that see an event of the stream before.
    pub(super) after: Vec<usize>,
    /// Whether what the stage lets pass goes on to later steps.
    pub(super) passes: bool,
}

impl Link {
    pub(super) fn to(stream: usize) -> Self {
        Self { stream, conditions: Vec::new(), after: Vec::new(), passes: false }
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

    /// Indices of streams in the order of reports; those of stages that never run are left out.
    pub(super) fn stream_order(&self) -> impl Iterator<Item = usize> {
        let streams = &self.streams;
        let ingresses = (0..streams.len()).filter(|&i| streams[i].writer.is_none());
        let runs = |stage: usize| self.stages[stage].runs;
        let others = (0..streams.len()).filter(move |&i| streams[i].writer.is_some_and(runs));
        ingresses.chain(others)
    }
}
