//! Where stages may stand: those that replace or stop events in one place, and all where events come.

use super::check::Problem;
use super::graph::{Link, Stage, Stream, WrittenCondition};
use super::lower::{Lowering, NOT_DENIED, View};
use crate::event::{Event, Order};

impl Lowering<'_> {
    /// A stage that replaces or stops events can do so in one place only: there is one stream of
    /// what it leaves.
    pub(super) fn claim_place(&mut self, stage: usize, at: &str, what: &str) {
        let stage = &mut self.graph.stages[stage];
        if let Some(other) = stage.replaces_at.replace(at.into()) {
            self.problems.error(
                "PL-TOPOLOGY-008",
                at.into(),
                format!("`{}` {what} here and at {other}", stage.name),
                "name a second component of the same type",
            );
        }
    }

    pub(super) fn pass_view(&mut self, stage: usize, view: &View) -> View {
        let name = &self.graph.stages[stage].name;
        let (passed, source) = (format!("{name}.passed"), name.clone());
        let stream = Stream { pass: true, ..Stream::new(passed, source, view.event, Some(stage)) };
        self.graph.streams.push(stream);
        let stream = self.graph.streams.len() - 1;
        self.graph.stages[stage].pass = Some(stream);
        View { event: view.event, links: vec![Link::to(stream)] }
    }

    pub(super) fn check_places(&mut self) {
        for stage in self.graph.stages.iter().filter(|stage| stage.places > 1) {
            let Some(at) = &stage.transforms_at else { continue };
            self.problems.error(
                "PL-TOPOLOGY-008",
                at.clone(),
                format!("`{}` transforms events here and stands elsewhere, too", stage.name),
                "name a second component of the same type",
            );
        }
        self.graph.mark_what_runs();
        let never = |stage: &&Stage| !stage.runs && stage.copies.is_empty();
        for stage in self.graph.stages.iter().filter(never) {
            self.problems.push(Problem::warning(
                "PL-TOPOLOGY-009",
                format!("components.{}", stage.name),
                format!("no events reach `{}`: it will never run", stage.name),
                "route events to it, or take it out",
            ));
        }
    }

    /// Adds the links of a view to a stage, with what its component says of the events it takes.
    pub(super) fn add_links(&mut self, index: usize, view: &View) {
        let stage = &mut self.graph.stages[index];
        stage.places += 1;
        let gateway = stage.component.gateway && view.event.event == Order::TYPE;
        let when = stage.component.consumer.when.clone();
        for link in &view.links {
            let mut link = link.clone();
            if gateway {
                link.conditions.push(NOT_DENIED.into());
            }
            link.conditions.extend(when.iter().cloned());
            stage.links.push(link);
        }
        let of = stage.copy_of.unwrap_or(index);
        let at_when = format!("components.{}.consumer.when", self.graph.stages[of].name);
        self.graph.conditions.extend(when.into_iter().map(|text| {
            let at = at_when.clone();
            WrittenCondition { text, at, event: view.event }
        }));
    }
}
