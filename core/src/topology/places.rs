//! Where stages may stand: those that replace or stop events in one place, and all where events come.

use super::check::Problem;
use super::graph::{Link, Stage, Stream};
use super::lower::{Lowering, View};

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
}
