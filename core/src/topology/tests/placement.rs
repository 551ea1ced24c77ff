//! Where threads run.

use super::*;
use crate::affinity::allowed_cores;
use crate::source::SourceError;

/// Notes the cores that its thread may run on, and enters nothing.
struct Looks(Vec<usize>);

impl Input for Looks {
    fn poll(&mut self, _: &mut dyn Entry) -> Result<Flow, SourceError> {
        self.0 = allowed_cores();
        Ok(Flow::Done)
    }
}

#[test]
fn the_thread_that_brings_events_in_keeps_off_the_cores_of_lanes_while_it_does() {
    everywhere(|lanes| {
        let (before, mut input) = (allowed_cores(), Looks(Vec::new()));
        let mut plan = Plan::new();
        plan.component("echo", echo());
        plan.route::<MarketData>("feed", Tier::FAST, "echo");
        plan.lanes(lanes);
        let report = plan.check().expect("no mistakes").run(&mut input).expect("it starts");
        let pinned: Vec<_> = report.lanes.iter().filter_map(|lane| lane.cpu).collect();
        let others: Vec<_> = before.iter().copied().filter(|core| !pinned.contains(core)).collect();
        assert_eq!(input.0, if others.is_empty() { before.clone() } else { others });
        assert_eq!(allowed_cores(), before, "afterwards it may run where it could before");
    });
}
