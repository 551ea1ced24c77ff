//! Stages of a topology that is traced.

use super::checked::Checked;
use super::graph::Link;
use crate::event::EventType;
use crate::metrics::{Entered, EntryClock};
use crate::stage::Erased;
use crate::sync::Arc;
use crate::trace::{Traced, TracedInput};

/// What a stage reads and writes.
pub(super) struct Around<'a> {
    pub(super) name: &'a str,
    pub(super) takes: &'a [EventType],
    pub(super) links: &'a [Link],
    /// Streams it emits to, then that of what it lets pass.
    pub(super) outputs: Vec<usize>,
}

/// The stage, traced where the topology is. Its links are then numbered, not its types.
pub(super) fn traced(
    checked: &Checked,
    stage: Box<dyn Erased>,
    around: &Around<'_>,
    entries: Option<&Arc<EntryClock>>,
) -> Box<dyn Erased> {
    let Some(trace) = checked.trace.clone() else { return stage };
    let name = |stream: usize| checked.graph.streams[stream].name.as_str().into();
    let input = |link: &Link| {
        let stream = &checked.graph.streams[link.stream];
        let event = stream.event.event;
        let handler = around.takes.iter().position(|input| *input == event);
        TracedInput {
            handler: handler.expect("input types were checked"),
            stream: name(link.stream),
            event: event.name.into(),
            enters: stream.writer.is_none() && stream.relay.is_none(),
        }
    };
    Box::new(Traced {
        name: around.name.into(),
        stage,
        inputs: around.links.iter().map(input).collect(),
        outputs: around.outputs.iter().map(|&stream| name(stream)).collect(),
        clock: checked.clock.clone(),
        entered: entries.map(|entries| Entered::new(entries.clone())),
        steps: Vec::new(),
        trace,
    })
}
