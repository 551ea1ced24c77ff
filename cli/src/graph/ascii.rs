//! For a terminal: a tree per ingress.
//!
//! ```text
//! feed (MarketData)
//! +- sma [fast]
//! |  `- strategy/sma (Signal)
//! |     `- gate [fast] if strength > 0.1, with strategy/revert
//! |        `- risk/gate (Order)
//! |           `- orders [standard] if status != "denied"
//! `- revert [fast]
//!    `- strategy/revert (Signal)
//!       `- gate [fast] if strength > 0.1 (see above)
//! ```
//! What a link does when its stage is too slow stands beside the tier (`[fast, conflate]`), unless the
//! writer waits. A stage that comes after others in a pipeline hangs below the last of them: `then`. A stage is
//! drawn with what follows where it is met first; anywhere else it is only named.

use super::Drawing;
use pitlane::route::OnFull;
use pitlane::topology::{LinkInfo, StageInfo, StreamInfo};
use std::collections::HashSet;

/// The drawing, with a line feed after each line.
pub(crate) fn ascii(drawing: &Drawing) -> String {
    let mut pen = Pen { drawing, drawn: HashSet::new(), text: String::new() };
    for ingress in drawing.ingresses() {
        pen.text += &format!("{} ({})\n", ingress.name, ingress.event);
        pen.readers(ingress, None, "");
    }
    pen.text
}

struct Pen<'a> {
    drawing: &'a Drawing,
    drawn: HashSet<&'a str>,
    text: String,
}

/// A stage and the link by which it is met.
type Met<'a> = (&'a StageInfo, &'a LinkInfo);

impl<'a> Pen<'a> {
    /// Stages that read a stream: those that come right after `after` in their pipelines, or first.
    fn met(&self, stream: &StreamInfo, after: Option<&str>) -> Vec<Met<'a>> {
        let reads = |link: &&LinkInfo| link.stream == stream.name && link.event == stream.event;
        let mut met = Vec::new();
        for stage in &self.drawing.stages {
            for link in stage.inputs.iter().filter(reads) {
                if self.last_before(link) == after {
                    met.push((stage, link));
                }
            }
        }
        met
    }

    /// Of the stages that come before on a link, the last one in topological order.
    fn last_before(&self, link: &'a LinkInfo) -> Option<&'a str> {
        let place = |name: &&String| self.drawing.stages.iter().position(|s| s.name == **name);
        link.after.iter().max_by_key(place).map(String::as_str)
    }

    fn readers(&mut self, stream: &StreamInfo, after: Option<&str>, indent: &str) {
        let met = self.met(stream, after);
        for (at, (stage, link)) in met.iter().enumerate() {
            let last = at + 1 == met.len();
            self.stage(stage, link, stream, Branch { indent, last, then: after.is_some() });
        }
    }

    fn stage(
        &mut self,
        stage: &'a StageInfo,
        link: &LinkInfo,
        stream: &StreamInfo,
        at: Branch<'_>,
    ) {
        let first = self.drawn.insert(&stage.name);
        let on_full = match link.on_full {
            OnFull::Block => String::new(),
            lossy => format!(", {lossy}"),
        };
        let tier = stage.tier.name();
        let mut line = format!("{}{} [{tier}{on_full}]", at.word(), stage.name);
        if let Some(topics) = &link.topics {
            line += &format!(" of {topics}");
        }
        if !link.conditions.is_empty() {
            line += &format!(" if {}", link.conditions.join(" && "));
        }
        let others = stage.inputs.iter().filter(|other| other.stream != link.stream);
        let mut others: Vec<_> = others.map(|other| other.stream.as_str()).collect();
        others.dedup();
        match (first, others.as_slice()) {
            (false, _) => line += " (see above)",
            (true, []) => {}
            (true, others) => line += &format!(", with {}", others.join(", ")),
        }
        self.text += &format!("{}{}{line}\n", at.indent, at.mark());
        let below = at.below();
        let outputs: Vec<_> = if first { self.outputs(stage) } else { Vec::new() };
        let follows = !self.met(stream, Some(&stage.name)).is_empty();
        for (number, output) in outputs.iter().enumerate() {
            let last = number + 1 == outputs.len() && !follows;
            let branch = Branch { indent: &below, last, then: false };
            self.text += &format!("{below}{}{} ({})\n", branch.mark(), output.name, output.event);
            self.readers(output, None, &branch.below());
        }
        self.readers(stream, Some(&stage.name), &below);
    }

    fn outputs(&self, stage: &StageInfo) -> Vec<&'a StreamInfo> {
        let streams = self.drawing.streams.iter();
        streams.filter(|stream| stream.writer.as_deref() == Some(&stage.name)).collect()
    }
}

/// Where a line hangs.
#[derive(Clone, Copy)]
struct Branch<'a> {
    indent: &'a str,
    /// Nothing comes below it on the same level.
    last: bool,
    /// It comes after another stage.
    then: bool,
}

impl Branch<'_> {
    fn mark(&self) -> &'static str {
        if self.last { "`- " } else { "+- " }
    }

    fn word(&self) -> &'static str {
        if self.then { "then " } else { "" }
    }

    fn below(&self) -> String {
        format!("{}{}", self.indent, if self.last { "   " } else { "|  " })
    }
}
