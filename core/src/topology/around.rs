//! Middleware around routes and components: what of it is a stage, what a component's own, and whether it
//! can work.
//!
//! ```text
//!  events --> sma.around (metrics, rate_limit, ...) --sma.around.passed--> the route
//! ```

use super::check::Problem;
use super::graph::Stage;
use super::lower::{Lowering, View};
use crate::Tier;
use crate::middleware::{Layer, LayerKind};
use crate::route::Route;
use crate::stage::{OnError, pass_on};
use crate::topic::Pattern;

impl Lowering<'_> {
    /// As [`Lowering::walk`], for a route with middleware around it.
    pub(super) fn around(
        &mut self,
        layers: &[Layer],
        route: &Route,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        let (entry, own): (Vec<_>, Vec<_>) = layers.iter().cloned().partition(stands_at_entry);
        let mut names = Vec::new();
        components_of(route, &mut names);
        for index in names.iter().filter_map(|name| self.by_name.get(name.as_str()).copied()) {
            let stage = &mut self.graph.stages[index];
            // What is said nearest goes before.
            let says = stage.component.policy.on_error;
            let component = std::mem::replace(&mut stage.component, pass_on(view.event.event));
            let component = own.iter().cloned().fold(component, |c, layer| c.around(layer));
            stage.component =
                if says == OnError::Halt { component } else { component.on_error(says) };
        }
        if entry.is_empty() {
            return self.walk(route, view, tier, at, followed);
        }
        let first = names.first().map_or("route", String::as_str);
        let numbers = (2..).map(|number| format!("{first}.around.{number}"));
        let mut free = std::iter::once(format!("{first}.around")).chain(numbers);
        let name = free.find(|name| !self.by_name.contains_key(name)).unwrap_or_default();
        let component = pass_on(view.event.event);
        let component = entry.into_iter().fold(component, |c, layer| c.around(layer));
        self.by_name.insert(name.clone(), self.graph.stages.len());
        self.graph.stages.push(Stage { component, ..Stage::new(name.clone()) });
        let passed = self.to(&name, view, tier, at, true);
        self.walk(route, &passed, tier, at, followed)
    }

    /// Notes middleware of a stage that cannot work with the events of a view.
    pub(super) fn check_layers(&mut self, index: usize, view: &View, at: &str) {
        let stage = &self.graph.stages[index];
        let own = format!("components.{}.middleware", stage.name);
        let mut found = Vec::new();
        for layer in &stage.component.consumer.layers {
            match &layer.0 {
                LayerKind::Runs(_) if !stage.component.stage.may_share() => found.push((
                    format!("`{}` takes events in a way of its own", stage.name),
                    "put the middleware around the route to it".to_owned(),
                )),
                LayerKind::Runs(make) => found.extend(make().check(&view.event).err()),
                LayerKind::Authorize(topics) => found.extend(topics.iter().filter_map(|text| {
                    text.parse::<Pattern>().err().map(|error| (error.message, error.help))
                })),
                LayerKind::OnError(_) => {}
            }
        }
        // What stands at the entry of a route is the route's; of the others, nearly all is the component's.
        let at = if stage.name.contains(".around") { at } else { &own };
        for (message, help) in found {
            self.problems.push(Problem {
                severity: super::Severity::Error,
                ..Problem::warning("PL-TOPOLOGY-058", at, message, help)
            });
        }
    }
}

/// Whether it stands where events come in, not around each component.
fn stands_at_entry(layer: &Layer) -> bool {
    match &layer.0 {
        LayerKind::Runs(make) => !make().is_of_components(),
        LayerKind::OnError(_) | LayerKind::Authorize(_) => false,
    }
}

fn components_of(route: &Route, names: &mut Vec<String>) {
    match route {
        Route::To(name) => names.push(name.clone()),
        Route::Inline(_) => {}
        Route::Pipeline(routes) | Route::Broadcast(routes) => {
            routes.iter().for_each(|route| components_of(route, names));
        }
        Route::Filter { target, .. } => {
            target.iter().for_each(|target| components_of(target, names));
        }
        Route::Transform { with, target } => {
            components_of(with, names);
            target.iter().for_each(|target| components_of(target, names));
        }
        Route::OnFull { route, .. }
        | Route::Partition { target: route, .. }
        | Route::Around { route, .. } => components_of(route, names),
    }
}
