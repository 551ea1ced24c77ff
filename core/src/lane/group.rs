//! Nodes that read one stream, each the events of some instruments: they share a reader.
//!
//! ```text
//!               by instrument      +--> node AAPL
//!  stream --> reader --> table ----+--> node MSFT        only nodes that were dealt something are polled
//!                                  +--> node ...
//! ```
//!
//! Many subscriptions by symbol on one stream would each look at every event to find that it is for
//! another. A group looks once: its table says to which nodes the events of an instrument go, and the others are
//! not called.
//!
//! Events are copied to the nodes and released at once, and nothing more is dealt before all that was
//! dealt is handled: who is held up holds up the group, and the group the writer. What a node promises
//! follows from what the group has looked at. Nodes that nothing was dealt to are told of progress when
//! the reader is drained, or after some deals, and only if they emit.

use super::Node;
use crate::Instruments;
use crate::event::Header;
use crate::ring::{CLOSED, Reader};
use crate::stage::{Fault, Tally};
use crate::topic::Interest;
use std::collections::HashMap;

/// Deals after which all nodes are told of progress, drained or not.
const MOST_UNTOLD: u32 = 16;

/// Nodes that share a reader.
pub(crate) struct Group {
    reader: Reader,
    nodes: Vec<Node>,
    table: Table,
    /// Most events looked at in one poll.
    limit: usize,
    /// Nodes to poll: they were dealt events, or have something left to do.
    ready: Vec<usize>,
    is_ready: Vec<bool>,
    /// The node that was called last: whose fault or panic it is.
    current: usize,
    /// Nodes that emit.
    emitting: Vec<usize>,
    /// The bound that all nodes know of.
    told: u64,
    /// Deals since then.
    untold: u32,
    bound: u64,
}

impl Group {
    /// A group of nodes, each with what it asks for.
    pub(crate) fn new(
        reader: Reader,
        members: Vec<(Node, Interest)>,
        instruments: Instruments,
        limit: usize,
    ) -> Self {
        let (nodes, interests): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let emitting = (0..nodes.len()).filter(|&node| nodes[node].emits()).collect();
        let is_ready = vec![false; nodes.len()];
        Self {
            reader,
            table: Table::new(&interests, instruments),
            limit,
            ready: Vec::with_capacity(nodes.len()),
            is_ready,
            current: 0,
            emitting,
            nodes,
            told: 0,
            untold: 0,
            bound: 0,
        }
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node that was called last.
    pub(super) fn current(&self) -> &Node {
        &self.nodes[self.current]
    }

    pub(super) fn current_mut(&mut self) -> &mut Node {
        &mut self.nodes[self.current]
    }

    pub(super) fn start(&mut self) -> Result<(), Fault> {
        for node in 0..self.nodes.len() {
            self.current = node;
            self.nodes[node].start()?;
        }
        Ok(())
    }

    /// Deals what is there and polls the nodes that have something to do. Gives whether anything moved.
    /// Where one fails the others are polled the next time.
    pub(super) fn poll(&mut self) -> Result<bool, Fault> {
        let mut moved = self.deal();
        for number in 0..self.ready.len() {
            self.current = self.ready[number];
            let node = &mut self.nodes[self.current];
            if !node.is_finished() {
                moved |= node.poll()?;
            }
        }
        self.settle();
        Ok(moved)
    }

    /// Per stage: its place in topological order, the tallies of its streams.
    pub(super) fn tallies(&mut self) -> Vec<(usize, Vec<Tally>)> {
        let (seen, bound) = (self.reader.sequence(), self.bound);
        let nodes = self.nodes.iter_mut();
        let tallies = |node: &mut Node| {
            node.know(seen, bound);
            node.tallies()
        };
        nodes.map(tallies).collect()
    }

    /// Looks at the stream and deals what is there. Gives whether anything was.
    fn deal(&mut self) -> bool {
        if !self.ready.is_empty() {
            // Who holds the group up may wait for what the others can promise by now: without a look at how
            // far the stream is, rings of one slot hung.
            let bound = self.reader.look();
            self.bound = self.reader.head().map_or(bound, |slot| slot.header.root);
            self.tell_if_news();
            return false;
        }
        let bound = self.reader.look();
        let first = self.reader.sequence();
        let slots = self.reader.visible_slice(self.limit.min(self.reader.available()));
        for (slot, sequence) in slots.iter().zip(first..) {
            for &(node, kinds) in self.table.of(&slot.header) {
                if kinds >> (slot.header.kind & 31) & 1 == 0 {
                    continue;
                }
                let node = node as usize;
                self.nodes[node].deal(slot, sequence);
                if !std::mem::replace(&mut self.is_ready[node], true) {
                    self.ready.push(node);
                }
            }
        }
        let count = slots.len();
        self.reader.release(count);
        let next = self.reader.head().map(|slot| slot.header.root);
        self.bound = next.unwrap_or(bound);
        self.untold += u32::from(count > 0);
        if next.is_none() || self.untold >= MOST_UNTOLD {
            self.tell_if_news();
        }
        let seen = self.reader.sequence();
        for &node in &self.ready {
            self.nodes[node].know(seen, self.bound);
        }
        count > 0
    }

    /// Has nodes polled, so that they promise what follows from the bound: those that emit, and in the
    /// end all.
    fn tell_if_news(&mut self) {
        if self.told == self.bound {
            return;
        }
        (self.told, self.untold) = (self.bound, 0);
        if self.bound == CLOSED {
            self.emitting = (0..self.nodes.len()).collect();
        }
        let seen = self.reader.sequence();
        for &node in &self.emitting {
            self.nodes[node].know(seen, self.bound);
            if !std::mem::replace(&mut self.is_ready[node], true) {
                self.ready.push(node);
            }
        }
    }

    /// After they were polled: those that have something left to do are polled again.
    fn settle(&mut self) {
        let (nodes, is_ready) = (&self.nodes, &mut self.is_ready);
        self.ready.retain(|&node| {
            is_ready[node] = nodes[node].has_more_to_do();
            is_ready[node]
        });
    }
}

/// To which nodes the events of an instrument go, and of which kinds.
struct Table {
    /// By the text of the instrument.
    named: HashMap<String, Vec<(u32, u32)>>,
    /// By its number: where its nodes begin and end.
    ranges: Vec<(u32, u32)>,
    nodes: Vec<(u32, u32)>,
    instruments: Instruments,
}

impl Table {
    fn new(interests: &[Interest], instruments: Instruments) -> Self {
        let mut named = HashMap::<String, Vec<(u32, u32)>>::new();
        for (node, interest) in (0_u32..).zip(interests) {
            for (symbol, kinds) in interest.named() {
                let nodes = named.entry(symbol.to_owned()).or_default();
                match nodes.last_mut().filter(|last| last.0 == node) {
                    Some(last) => last.1 |= kinds,
                    None => nodes.push((node, kinds)),
                }
            }
        }
        // Number 0 is no instrument.
        let mut table = Self { named, ranges: vec![(0, 0)], nodes: Vec::new(), instruments };
        table.match_new();
        table
    }

    #[inline]
    fn of(&mut self, header: &Header) -> &[(u32, u32)] {
        if header.instrument as usize >= self.ranges.len() {
            self.match_new();
        }
        match self.ranges.get(header.instrument as usize) {
            Some(&(from, to)) => &self.nodes[from as usize..to as usize],
            None => &[],
        }
    }

    /// The first event of an instrument that came later, or whose number was never given.
    #[cold]
    fn match_new(&mut self) {
        for id in self.ranges.len()..=self.instruments.len() {
            let text = self.instruments.text(id as u32);
            let wants = text.and_then(|text| self.named.get(&*text));
            let from = self.nodes.len() as u32;
            self.nodes.extend(wants.into_iter().flatten());
            self.ranges.push((from, self.nodes.len() as u32));
        }
    }
}
