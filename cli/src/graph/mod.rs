//! Drawings of a topology.
//!
//! | form | for |
//! |---|---|
//! | [`ascii`] | a terminal: a tree per ingress, each stage drawn once |
//! | [`dot`] | Graphviz |
//! | [`mermaid`] | Markdown that draws |

mod ascii;
mod dot;
mod mermaid;
#[cfg(test)]
mod tests;

pub(crate) use ascii::ascii;
pub(crate) use dot::dot;
pub(crate) use mermaid::mermaid;

use pitlane::route::OnFull;
use pitlane::topology::{LinkInfo, StageInfo, StreamInfo};

/// A topology to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Drawing {
    pub(crate) streams: Vec<StreamInfo>,
    /// In topological order.
    pub(crate) stages: Vec<StageInfo>,
}

/// A line from one box to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    /// A stage's name, or that of an ingress.
    from: String,
    from_stage: bool,
    to: String,
    /// Lines of its label: stream and type, conditions, tier.
    label: Vec<String>,
}

impl Drawing {
    fn stream(&self, link: &LinkInfo) -> Option<&StreamInfo> {
        self.streams.iter().find(|stream| stream.name == link.stream && stream.event == link.event)
    }

    /// Ingresses: streams that no stage writes.
    fn ingresses(&self) -> impl Iterator<Item = &StreamInfo> {
        self.streams.iter().filter(|stream| stream.writer.is_none())
    }

    /// Every link of every stage, in topological order.
    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for stage in &self.stages {
            for link in &stage.inputs {
                let writer = self.stream(link).and_then(|stream| stream.writer.clone());
                let from_stage = writer.is_some();
                let from = writer.unwrap_or_else(|| ingress_name(link));
                edges.push(Edge {
                    from,
                    from_stage,
                    to: stage.name.clone(),
                    label: label(stage, link),
                });
            }
        }
        edges
    }
}

/// What tells an ingress from others of the same source.
fn ingress_name(link: &LinkInfo) -> String {
    format!("{}.{}", link.stream, link.event)
}

fn label(stage: &StageInfo, link: &LinkInfo) -> Vec<String> {
    let mut label = vec![format!("{} {}", link.stream, link.event)];
    label.extend(link.topics.iter().map(|topics| format!("topic {topics}")));
    label.extend(link.conditions.iter().map(|condition| format!("if {condition}")));
    if !link.after.is_empty() {
        label.push(format!("after {}", link.after.join(", ")));
    }
    label.push(stage.tier.name().to_owned());
    label.extend((link.on_full != OnFull::Block).then(|| link.on_full.to_string()));
    label
}
