//! Questions about what came of what.

use super::Step;
use crate::event::{Event, Order, OrderKind};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

/// An event's identity: its stream and its place in it.
type Identity<'a> = (&'a str, u64);

/// A line of an answer: a step, with how deep it lies below the event that entered.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// 0 for what handled the event that entered.
    pub depth: usize,
    /// What was handled, by whom, and what came of it.
    pub step: &'a Step,
    /// Ns between the emission of the event (or its entry) and the moment the stage began with it;
    /// `None` where the entry is not known.
    pub waited: Option<u64>,
}

impl Line<'_> {
    /// Ns in the stage.
    #[must_use]
    pub fn took(&self) -> u64 {
        self.step.ended.saturating_sub(self.step.begun)
    }
}

/// Steps, to be asked: see [`Lineage::of_order`] and [`Lineage::of_root`].
#[derive(Debug)]
pub struct Lineage<'a> {
    /// Steps that handled an event, in the order in which they began.
    handled: HashMap<Identity<'a>, Vec<&'a Step>>,
    /// The step that emitted an event.
    parents: HashMap<Identity<'a>, &'a Step>,
    steps: &'a [Step],
}

fn identity(step: &Step) -> Identity<'_> {
    (&step.stream, step.sequence)
}

fn children(step: &Step) -> impl Iterator<Item = Identity<'_>> {
    step.emitted.iter().flat_map(|(stream, from, to)| (*from..*to).map(|at| (&**stream, at)))
}

fn as_order(step: &Step) -> Option<&Order> {
    (*step.event == *Order::TYPE.name).then(|| step.slot.view::<Order>())
}

impl<'a> Lineage<'a> {
    /// Of these steps.
    #[must_use]
    pub fn new(steps: &'a [Step]) -> Self {
        let mut handled: HashMap<_, Vec<&Step>> = HashMap::new();
        let mut parents = HashMap::new();
        for step in steps {
            handled.entry(identity(step)).or_default().push(step);
            parents.extend(children(step).map(|child| (child, step)));
        }
        handled.values_mut().for_each(|steps| steps.sort_by_key(|step| step.begun));
        Self { handled, parents, steps }
    }

    /// The chain of an order: the ticks and signals it came of, the order itself, its reports, and what
    /// came of these. Empty for an order that is not among the steps.
    #[must_use]
    pub fn of_order(&self, client_order_id: u64) -> Vec<Line<'a>> {
        let is_it = |step: &&Step| {
            as_order(step).is_some_and(|order| order.client_order_id == client_order_id)
        };
        let mut wanted: HashSet<Identity<'a>> = HashSet::new();
        for step in self.steps.iter().filter(is_it) {
            let mut at = identity(step);
            // What descends of it; what it descends of.
            let mut below = vec![at];
            while let Some(event) = below.pop() {
                if wanted.insert(event) {
                    let handled = self.handled.get(&event).into_iter().flatten();
                    below.extend(handled.flat_map(|step| children(step)));
                }
            }
            while let Some(parent) = self.parents.get(&at) {
                at = identity(parent);
                wanted.insert(at);
            }
        }
        self.lines(&wanted)
    }

    /// All that descended from the event that entered with this root.
    #[must_use]
    pub fn of_root(&self, root: u64) -> Vec<Line<'a>> {
        let of_it = self.steps.iter().filter(|step| step.slot.header.root == root);
        self.lines(&of_it.flat_map(|step| children(step).chain([identity(step)])).collect())
    }

    /// Ids of all orders among the steps.
    #[must_use]
    pub fn orders(&self) -> Vec<u64> {
        let new = self.steps.iter().filter_map(as_order);
        let new = new.filter(|order| order.kind() == Some(OrderKind::New));
        new.map(|order| order.client_order_id).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The steps that handled or emitted one of these events, each below the one it came of.
    fn lines(&self, wanted: &HashSet<Identity<'a>>) -> Vec<Line<'a>> {
        let is_first = |event: &&Identity<'a>| {
            self.parents.get(*event).is_none_or(|parent| !wanted.contains(&identity(parent)))
        };
        let mut firsts: Vec<_> = wanted.iter().filter(is_first).copied().collect();
        let root = |event: &Identity<'a>| {
            self.handled.get(event).map_or(0, |steps| steps[0].slot.header.root)
        };
        firsts.sort_by_key(|event| (root(event), *event));
        let mut lines = Vec::new();
        let mut way: Vec<_> = firsts.into_iter().rev().map(|event| (event, 0)).collect();
        let mut seen = HashSet::new();
        while let Some((event, depth)) = way.pop() {
            if !seen.insert(event) {
                continue;
            }
            for step in self.handled.get(&event).into_iter().flatten().copied() {
                let wants = children(step).filter(|child| wanted.contains(child));
                let mut below: Vec<_> = wants.map(|child| (child, depth + 1)).collect();
                // Of what entered, only the stages that made something of what is asked for.
                if below.is_empty() && !self.parents.contains_key(&event) {
                    continue;
                }
                let since = match self.parents.get(&event) {
                    Some(parent) => Some(parent.ended),
                    None => step.entered,
                };
                let waited = since.map(|since| step.begun.saturating_sub(since));
                lines.push(Line { depth, step, waited });
                below.reverse();
                way.extend(below);
            }
        }
        lines
    }
}

/// `feed 17 MarketData -> sma, waited 1234 ns, took 56 ns -> strategy/sma 3`, by depth.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { stage, stream, sequence, event, .. } = self.step;
        write!(f, "{:indent$}{stream} {sequence} {event}", "", indent = 2 * self.depth)?;
        if let Some(order) = as_order(self.step) {
            let status = order.status().map_or("?", |status| status.name());
            write!(f, " {} {status}", order.client_order_id)?;
        }
        write!(f, " -> {stage}: ")?;
        match self.waited {
            Some(waited) => write!(f, "waited {waited} ns")?,
            None => f.write_str("waited an unknown time")?,
        }
        write!(f, ", took {} ns", self.took())?;
        for (stream, from, to) in &self.step.emitted {
            match to - from {
                1 => write!(f, " -> {stream} {from}")?,
                _ => write!(f, " -> {stream} {from} to {}", to - 1)?,
            }
        }
        Ok(())
    }
}
