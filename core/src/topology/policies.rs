//! Whether what components say about failures can be kept.

use super::check::{Problem, Problems};
use super::graph::{Graph, Stage};
use super::lower::Lowering;
use crate::Tier;
use crate::middleware::{Layer, LayerKind};
use crate::route::Route;
use crate::stage::{OnError, Retry, Runs};

/// Notes policies that cannot be kept.
pub(super) fn check_policies(graph: &Graph, problems: &mut Problems) {
    for stage in &graph.stages {
        check_restart(stage, problems);
        check_retry(stage, problems);
        check_reliable(stage, problems);
        check_breaker(stage, problems);
    }
}

/// What acts on failures sees none where the first one stops the topology.
fn check_breaker(stage: &Stage, problems: &mut Problems) {
    let acts = |layer: &Layer| match &layer.0 {
        LayerKind::Runs(make) => {
            let made = make();
            made.is_of_components().then(|| made.name().to_owned())
        }
        LayerKind::OnError(_) | LayerKind::Authorize(_) => None,
    };
    let acting = stage.component.consumer.layers.iter().find_map(acts);
    let halts = stage.component.policy.on_error == OnError::Halt && stage.copy_of.is_none();
    if let (Some(name), true) = (acting, halts) {
        problems.push(Problem::warning(
            "PL-TOPOLOGY-060",
            format!("components.{}.middleware", stage.name),
            format!(
                "`{name}` around `{}` never acts: its first failure stops the topology",
                stage.name
            ),
            "add `on_error: skip` or `on_error: restart` to the component, or take it out",
        ));
    }
}

/// A courier calls plain stages: it knows each event's outcome, so nothing may hold one back or share
/// it out.
fn check_reliable(stage: &Stage, problems: &mut Problems) {
    if stage.tier != Some(Tier::Reliable) {
        return;
    }
    let at = format!("components.{}", stage.name);
    let consumer = &stage.component.consumer;
    let (entry, has_layers) = (stage.name.split_once(".around"), !consumer.layers.is_empty());
    let what = match entry {
        // Told of what it is a copy of.
        _ if stage.copy_of.is_some() => return,
        _ if !stage.copies.is_empty() => format!("`{}` is partitioned", stage.name),
        Some((name, _)) if has_layers => format!("middleware stands around the route to `{name}`"),
        _ if has_layers => format!("middleware stands around `{}`", stage.name),
        _ if stage.courier.is_none() => {
            problems.error(
                "PL-TOPOLOGY-049",
                at,
                format!("`{}` takes events by their topics, which is no reliable route", stage.name),
                "subscribe on the standard tier, or route the source under `routing` with `tier: reliable`",
            );
            return;
        }
        _ if consumer.runs != Runs::Placed => {
            format!("`{}` says where it runs, by `consumer`", stage.name)
        }
        _ => return,
    };
    let at = entry.map_or(at, |(name, _)| format!("components.{name}"));
    problems.error(
        "PL-TOPOLOGY-048",
        at,
        format!("{what}, which no reliable route allows: each event's outcome must be known"),
        "do that on the standard tier, and make the route of what comes out reliable",
    );
}

fn check_restart(stage: &Stage, problems: &mut Problems) {
    let policy = &stage.component.policy;
    if !matches!(policy.on_error, OnError::Restart { .. }) {
        return;
    }
    let (why, help) = match (policy.never_restarted, &policy.rebuild) {
        (Some(why), _) => (why, "let it `skip` or `halt`"),
        (None, None) => (
            "there is no way to make it again",
            "make it with `restartable`, or let it `skip` or `halt`",
        ),
        (None, Some(_)) => return,
    };
    let at = format!("components.{}.on_error", stage.name);
    let message = format!("`{}` cannot be restarted: {why}", stage.name);
    problems.error("PL-TOPOLOGY-030", at, message, help);
}

fn check_retry(stage: &Stage, problems: &mut Problems) {
    let Some(retry) = stage.component.policy.retry else { return };
    if !(1..=Retry::MOST_ATTEMPTS).contains(&retry.attempts) {
        problems.error(
            "PL-TOPOLOGY-031",
            format!("components.{}.retry.attempts", stage.name),
            format!("`{}` tries an event {} times", stage.name, retry.attempts),
            format!("let it be 1 to {}, the first time counted", Retry::MOST_ATTEMPTS),
        );
    }
    if matches!(stage.tier, Some(Tier::Fast { .. })) {
        problems.error(
            "PL-TOPOLOGY-032",
            format!("components.{}.retry", stage.name),
            format!("`{}` is on the fast tier, where nothing waits to be tried again", stage.name),
            "route to it on the standard tier, or leave `retry` out",
        );
    }
}

impl Lowering<'_> {
    pub(super) fn warn_of_branch(&mut self, target: &Route, at: &str) {
        if let Route::To(name) = target
            && let Some(&stage) = self.by_name.get(name)
        {
            warn_of_branch(&self.graph.stages[stage], at, self.problems);
        }
    }
}

/// Later steps of a pipeline see all events that a branch before them failed on.
fn warn_of_branch(stage: &Stage, at: &str, problems: &mut Problems) {
    let on_error = stage.component.policy.on_error;
    if on_error.leaves_events_out() {
        problems.push(Problem::warning(
            "PL-TOPOLOGY-033",
            at,
            format!(
                "`{}` is a target beside the pipeline: later steps also see the events it fails on \
                 and leaves out (`on_error: {}`)",
                stage.name,
                on_error.name()
            ),
            "make it a step of its own where it is to hold them back",
        ));
    }
}
