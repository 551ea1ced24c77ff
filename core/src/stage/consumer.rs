//! How a component takes its events: on which lane, in which slices, which of them, and through what.

use super::{Builder, Component};
use crate::middleware::{Layer, LayerKind};

/// What a component says about how it takes events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumer {
    pub(crate) runs: Runs,
    /// Conditions that events must meet.
    pub(crate) when: Vec<String>,
    /// Most events in a slice.
    pub(crate) most: Option<usize>,
    /// What stands around it, the first outermost.
    pub(crate) layers: Vec<Layer>,
}

/// Where a component runs, where no lane names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runs {
    /// Where the topology's lanes put it.
    #[default]
    Placed,
    /// On the lane of whoever writes what it reads, right behind it in the same duty cycle: no thread is
    /// between them. What reads what enters runs with the first other reader, or on the first lane.
    Inline,
    /// On a lane of its own, whose thread sleeps when there is nothing to do.
    Worker,
}

impl Component {
    /// Where it runs; a lane that names it goes before, and where all is fused, so is it.
    #[must_use]
    pub fn runs(mut self, runs: Runs) -> Self {
        self.consumer.runs = runs;
        self
    }

    /// It takes only events that meet a condition, wherever it stands; several must all be met.
    #[must_use]
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        self.consumer.when.push(condition.into());
        self
    }

    /// Most events in a slice, of a stage that takes slices ([`super::OnBatch`]); by default a poll's.
    #[must_use]
    pub fn slices_of(mut self, most: usize) -> Self {
        self.consumer.most = Some(most);
        self
    }

    /// The component with middleware around it, inside what was put around it before.
    #[must_use]
    pub fn around(mut self, layer: impl Into<Layer>) -> Self {
        let layer = layer.into();
        match layer.0 {
            LayerKind::OnError(on_error) => self.policy.on_error = on_error,
            LayerKind::Runs(_) => {
                // What is held back goes no further.
                self.may_stop = true;
                self.consumer.layers.push(layer);
            }
            LayerKind::Authorize(_) => self.consumer.layers.push(layer),
        }
        self
    }
}

impl<S: super::Stage + 'static> Builder<S> {
    /// See [`Component::runs`].
    pub fn runs(self, runs: Runs) -> Component {
        self.build().runs(runs)
    }

    /// See [`Component::when`].
    pub fn when(self, condition: impl Into<String>) -> Component {
        self.build().when(condition)
    }

    /// See [`Component::around`].
    pub fn around(self, layer: impl Into<Layer>) -> Component {
        self.build().around(layer)
    }
}
