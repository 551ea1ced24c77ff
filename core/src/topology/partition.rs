//! Partitions: copies of a stage, each with its share of the instruments.
//!
//! ```text
//!                /--[share 0 of 3]--> sma#1 --its stream--\
//!  feed --------+---[share 1 of 3]--> sma#2 --its stream---+--> sma (joins) --> strategy/sma
//!                \--[share 2 of 3]--> sma#3 --its stream--/
//! ```
//!
//! Each copy reads the whole input and handles the events of its instruments: those whose number leaves
//! the copy's when divided by their count. What copies emit goes to streams of their own, in which
//! the place of the source's number is taken by a *tag*: which of the events of its root, in the order
//! in which one copy would see them, the emission descends from. The stage's own name stands for
//! the one that joins them, by root and tag, so that what it publishes is what one copy would publish,
//! byte by byte, where a stage keeps state per instrument only. Names of copies have no number: those of
//! all others are what they are without the partition.

use super::check::Problem;
use super::graph::{Stage, Stream};
use super::lower::{Lowering, View};
use crate::Tier;
use crate::event::Slot;
use crate::route::{MOST_REPLICAS, Route};
use crate::stage::{Component, join};

/// What a link takes of its stream: the share of one copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// The copy, counted from 0.
    pub(crate) copy: u32,
    /// How many copies there are.
    pub(crate) of: u32,
}

impl Share {
    /// Whether an event is one of this copy's.
    #[inline]
    pub(crate) fn has(self, event: &Slot) -> bool {
        event.header.instrument % self.of == self.copy
    }
}

impl Lowering<'_> {
    /// As [`Lowering::walk`], for copies of a component.
    pub(super) fn partition(
        &mut self,
        replicas: usize,
        target: &Route,
        view: &View,
        tier: Tier,
        at: &str,
        followed: bool,
    ) -> View {
        let Some(copies) = self.copies_of(replicas, target, at) else { return view.clone() };
        let target_at = format!("{at}.target");
        for (number, &copy) in copies.iter().enumerate() {
            let name = self.graph.stages[copy].name.clone();
            if self.connect(&name, view, tier, &target_at).is_none() {
                // What is wrong with one is wrong with all.
                return view.clone();
            }
            let share = Share { copy: number as u32, of: copies.len() as u32 };
            let links = self.graph.stages[copy].links.iter_mut();
            links.rev().take(view.links.len()).for_each(|link| link.share = Some(share));
        }
        let Route::To(name) = target else { return view.clone() };
        let joins = self.by_name[name];
        self.graph.stages[joins].tier = Some(tier);
        let component = &self.graph.stages[copies[0]].component;
        let leaves_out = component.policy.on_error.leaves_events_out();
        if followed && (component.may_stop || leaves_out) {
            let what = if component.may_stop { "may stop events" } else { "may leave events out" };
            self.problems.error(
                "PL-TOPOLOGY-056",
                at.into(),
                format!("`{name}` {what}, and steps stand behind its partition"),
                "make the partition the last step of its pipeline",
            );
        }
        let mut after = view.clone();
        for link in &mut after.links {
            if !link.is_lossy() {
                link.after.clear();
            }
            link.after.extend(&copies);
        }
        after
    }

    /// The copies of a component, made now where there are none yet.
    fn copies_of(&mut self, replicas: usize, target: &Route, at: &str) -> Option<Vec<usize>> {
        let mut refuse = |code, at: String, message: String, help: String| {
            self.problems.error(code, at, message, help);
            None
        };
        let Route::To(name) = target else {
            let message = "`target` of a partition names a component, not a route".to_owned();
            let help = "put the partition into the route".to_owned();
            return refuse("PL-TOPOLOGY-055", format!("{at}.target"), message, help);
        };
        if !(1..=MOST_REPLICAS).contains(&replicas) {
            let message = format!("a partition of {replicas} replicas");
            let help = format!("let it be 1 to {MOST_REPLICAS}");
            return refuse("PL-TOPOLOGY-055", format!("{at}.replicas"), message, help);
        }
        // The message is that of any other route.
        let Some(&index) = self.by_name.get(name) else {
            self.unknown(name, &format!("{at}.target"));
            return None;
        };
        let stage = &self.graph.stages[index];
        if !stage.copies.is_empty() {
            if stage.copies.len() == replicas {
                return Some(stage.copies.clone());
            }
            let message = format!("`{name}` has {} replicas elsewhere", stage.copies.len());
            let help = "let it be as many here, or name a second component".to_owned();
            return refuse("PL-TOPOLOGY-055", format!("{at}.replicas"), message, help);
        }
        if stage.places > 0 {
            let message = format!("`{name}` stands in a partition here, and elsewhere without");
            let help = "name a second component of the same type".to_owned();
            return refuse("PL-TOPOLOGY-055", format!("{at}.target"), message, help);
        }
        match self.copy_component(index, replicas) {
            Ok(copies) => Some(copies),
            Err(why) => {
                let message = format!("`{name}` cannot be copied: {why}");
                let help = "make it with `restartable`, or let it stand alone";
                let at = format!("{at}.target");
                self.problems.push(Problem {
                    severity: super::Severity::Error,
                    ..Problem::warning("PL-TOPOLOGY-057", at, message, help)
                });
                None
            }
        }
    }

    /// Puts a stage that joins in the place of a component, and copies of the component beside it.
    fn copy_component(&mut self, index: usize, replicas: usize) -> Result<Vec<usize>, String> {
        let original = &self.graph.stages[index].component;
        if let Some(why) = original.policy.never_restarted {
            return Err(why.into());
        }
        if !original.stage.may_share() {
            return Err("it takes events in a way of its own".into());
        }
        let mut components = Vec::new();
        for _ in 1..replicas {
            components.push(original.copy().map_err(|fault| fault.to_string())?);
        }
        let joins = join(original);
        let stage = &mut self.graph.stages[index];
        let name = stage.name.clone();
        components.insert(0, std::mem::replace(&mut stage.component, joins));
        stage.joins = true;
        let publics = stage.outputs.clone();
        let mut copies = Vec::new();
        for (number, component) in components.into_iter().enumerate() {
            copies.push(self.add_copy(
                index,
                format!("{name}#{}", number + 1),
                component,
                &publics,
            ));
        }
        self.graph.stages[index].copies.clone_from(&copies);
        Ok(copies)
    }

    fn add_copy(
        &mut self,
        joins: usize,
        name: String,
        component: Component,
        publics: &[usize],
    ) -> usize {
        let copy = self.graph.stages.len();
        let mut outputs = Vec::new();
        for &public in publics {
            let base = self.graph.streams[public].clone();
            outputs.push(self.graph.streams.len());
            let name = name.clone();
            let stream = Stream { name, writer: Some(copy), of_copy: true, gather: None, ..base };
            self.graph.streams.push(stream);
        }
        let links = outputs.iter().map(|&stream| super::graph::Link::to(stream));
        self.graph.stages[joins].links.extend(links);
        self.by_name.insert(name.clone(), copy);
        let copy_of = Some(joins);
        self.graph.stages.push(Stage { component, outputs, copy_of, ..Stage::new(name) });
        copy
    }
}
