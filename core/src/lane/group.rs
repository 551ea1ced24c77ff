//! Nodes that read one stream, each the events of some instruments: they share a reader.
//!
//! ```text
//!               by instrument      +--> hand AAPL --> the nodes that ask for AAPL
//!  stream --> reader --> table ----+--> hand MSFT --> ...     only nodes that were dealt something are polled
//!                                  +--> hand ...
//! ```
//!
//! Many subscriptions by symbol on one stream would each look at every event to find that it is for
//! another. A group looks once: its table says to which *hands* the events of an instrument go, and nodes whose
//! hand has nothing are not called. Nodes that ask for the same have the same hand, so that an event is
//! copied once for all of them.
//!
//! Hands lie side by side on one *table top*, which each node is lent while it is polled. Nothing more is
//! dealt before all that was dealt is handled: who is held up holds up the group, and the group the
//! writer. The more nodes share an event's way, the more events are dealt at once where they are there,
//! so that a node that is called has some to handle. What a node promises follows from what the group has looked at.
//! Nodes that nothing was dealt to are told of progress when the reader is drained, or after some
//! deals, and only if they emit.

use super::Node;
use super::dealt::TableTop;
use crate::Instruments;
use crate::event::{Header, Slot};
use crate::ring::{CLOSED, Reader, prefetch};
use crate::stage::{Fault, Tally};
use crate::topic::Interest;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Deals after which all nodes are told of progress, drained or not.
const MOST_UNTOLD: u32 = 16;

/// Events that a node has on average when it is called, where so many are there: what a call costs
/// beside an event is then lost among them.
const WORTH_A_CALL: usize = 64;

/// Symbols that a node asks for, each with the kinds.
type Asked = Vec<(String, u32)>;

/// What is dealt to the nodes that ask for the same.
struct Hand {
    nodes: Range<usize>,
    /// Its events: while they are counted, how many; then where on the table top the next one goes.
    fill: usize,
    count: usize,
}

/// Nodes that share a reader.
pub(crate) struct Group {
    reader: Reader,
    nodes: Vec<Node>,
    table: Table,
    hands: Vec<Hand>,
    /// Hands that were dealt something.
    dealt: Vec<usize>,
    top: TableTop,
    /// The node that has the table top: while it is polled.
    lent: Option<usize>,
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
    /// Deals since all nodes wrote down what they count.
    uncounted: u32,
    bound: u64,
}

impl Group {
    /// A group of nodes, each with what it asks for, of which each handles so many events in a poll.
    pub(crate) fn new(
        reader: Reader,
        members: Vec<(Node, Interest)>,
        instruments: Instruments,
        batch: usize,
    ) -> Self {
        let (mut nodes, hands, asked) = hands(members);
        nodes.iter_mut().for_each(Node::count_when_told);
        let emitting = (0..nodes.len()).filter(|&node| nodes[node].emits()).collect();
        let table = Table::new(&asked, instruments);
        let worth = WORTH_A_CALL * nodes.len() / nodes_per_symbol(&asked, &hands).max(1);
        let limit = worth.clamp(batch, reader.capacity().max(batch));
        let is_ready = vec![false; nodes.len()];
        Self {
            reader,
            top: TableTop::new(limit + table.most),
            table,
            dealt: Vec::with_capacity(hands.len()),
            hands,
            lent: None,
            limit,
            ready: Vec::with_capacity(nodes.len()),
            is_ready,
            current: 0,
            emitting,
            nodes,
            told: 0,
            untold: 0,
            uncounted: 0,
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
        self.take_back();
        let mut moved = self.deal();
        for number in 0..self.ready.len() {
            self.prefetch_after(number);
            let at = self.ready[number];
            self.current = at;
            let node = &mut self.nodes[at];
            if node.is_finished() {
                self.is_ready[at] = false;
                continue;
            }
            node.lend(&mut self.top);
            self.lent = Some(at);
            moved |= node.poll()?;
            self.is_ready[at] = node.has_more_to_do();
            self.take_back();
        }
        let is_ready = &self.is_ready;
        self.ready.retain(|&node| is_ready[node]);
        Ok(moved)
    }

    /// Asks for the memory of the nodes that are polled after this one: of many, none is in a cache.
    #[inline]
    fn prefetch_after(&self, number: usize) {
        if let Some(&node) = self.ready.get(number + 2) {
            prefetch(&self.nodes[node]);
        }
        if let Some(&node) = self.ready.get(number + 1) {
            self.nodes[node].prefetch();
        }
    }

    /// The table top from the node that has it, which may have failed or panicked meanwhile.
    #[inline]
    fn take_back(&mut self) {
        if let Some(node) = self.lent.take() {
            self.nodes[node].lend(&mut self.top);
        }
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
        let count = self.deal_out();
        self.reader.release(count);
        let next = self.reader.head().map(|slot| slot.header.root);
        self.bound = next.unwrap_or(bound);
        self.untold += u32::from(count > 0);
        if next.is_none() || self.untold >= MOST_UNTOLD {
            self.tell_if_news();
        }
        self.count_if_due(count == 0);
        let seen = self.reader.sequence();
        for &node in &self.ready {
            self.nodes[node].know(seen, self.bound);
        }
        count > 0
    }

    /// Has all nodes write down what they count: after some deals, or when there is time for it.
    fn count_if_due(&mut self, idle: bool) {
        self.uncounted += u32::from(!idle);
        if self.uncounted >= MOST_UNTOLD || (idle && self.uncounted > 0) {
            self.uncounted = 0;
            let (seen, bound) = (self.reader.sequence(), self.bound);
            for node in &mut self.nodes {
                node.know(seen, bound);
                node.count();
            }
        }
    }

    /// Puts the events that are there into hands, and the hands to their nodes: counts first, so that hands
    /// can lie side by side. Gives of how many events.
    fn deal_out(&mut self) -> usize {
        let Self { reader, table, hands, top, dealt, .. } = self;
        let first = reader.sequence();
        let slots = reader.visible_slice(self.limit.min(reader.available()));
        let most = top.len() - table.most.min(top.len());
        let (mut count, mut total) = (0, 0);
        for slot in slots {
            if total > most {
                break;
            }
            for hand in table.of(slot) {
                let fill = &mut hands[hand].fill;
                *fill += 1;
                total += 1;
                if *fill == 1 {
                    dealt.push(hand);
                }
            }
            count += 1;
        }
        let mut at = 0;
        for &hand in &*dealt {
            let hand = &mut hands[hand];
            hand.count = std::mem::replace(&mut hand.fill, at);
            at += hand.count;
        }
        for (slot, sequence) in slots[..count].iter().zip(first..) {
            for hand in table.of(slot) {
                let fill = &mut hands[hand].fill;
                top.put(*fill, slot, sequence);
                *fill += 1;
            }
        }
        for hand in dealt.drain(..) {
            let hand = &mut hands[hand];
            let to = std::mem::take(&mut hand.fill);
            for node in hand.nodes.clone() {
                self.nodes[node].deal(to - hand.count, to);
                self.is_ready[node] = true;
                self.ready.push(node);
            }
        }
        count
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
}

/// The nodes, those that ask for the same side by side; a hand for each set of them, and what it asks for.
fn hands(members: Vec<(Node, Interest)>) -> (Vec<Node>, Vec<Hand>, Vec<Asked>) {
    let (mut by_hand, mut asked) = (Vec::<Vec<Node>>::new(), Vec::new());
    let mut known = HashMap::new();
    for (node, interest) in members {
        let named = interest.named().into_iter();
        let mut named: Asked = named.map(|(symbol, kinds)| (symbol.to_owned(), kinds)).collect();
        named.sort_unstable();
        let hand = *known.entry(named.clone()).or_insert_with(|| {
            by_hand.push(Vec::new());
            asked.push(named);
            by_hand.len() - 1
        });
        by_hand[hand].push(node);
    }
    let mut to = 0;
    let hands = by_hand.iter().map(|nodes| {
        to += nodes.len();
        Hand { nodes: to - nodes.len()..to, fill: 0, count: 0 }
    });
    let hands = hands.collect();
    (by_hand.into_iter().flatten().collect(), hands, asked)
}

/// To how many nodes an event goes, over the symbols that are asked for.
fn nodes_per_symbol(asked: &[Asked], hands: &[Hand]) -> usize {
    let symbols: HashSet<&str> = asked.iter().flatten().map(|asked| &*asked.0).collect();
    let of_hand = |(asked, hand): (&Asked, &Hand)| asked.len() * hand.nodes.len();
    let ways = asked.iter().zip(hands).map(of_hand).sum::<usize>();
    ways / symbols.len().max(1)
}

/// To which hands the events of an instrument go, and of which kinds.
struct Table {
    /// By the text of the instrument.
    named: HashMap<String, Vec<(u32, u32)>>,
    /// By its number: where its hands begin and end.
    ranges: Vec<(u32, u32)>,
    hands: Vec<(u32, u32)>,
    /// To how many hands an event goes at most, of whatever instrument.
    most: usize,
    instruments: Instruments,
}

impl Table {
    fn new(asked: &[Asked], instruments: Instruments) -> Self {
        let mut named = HashMap::<String, Vec<(u32, u32)>>::new();
        for (hand, asked) in (0_u32..).zip(asked) {
            for (symbol, kinds) in asked {
                let hands = named.entry(symbol.clone()).or_default();
                match hands.last_mut().filter(|last| last.0 == hand) {
                    Some(last) => last.1 |= kinds,
                    None => hands.push((hand, *kinds)),
                }
            }
        }
        let most = named.values().map(Vec::len).max().unwrap_or(0);
        // Number 0 is no instrument.
        let mut table = Self { named, ranges: vec![(0, 0)], hands: Vec::new(), most, instruments };
        table.match_new();
        table
    }

    /// The hands that an event goes to.
    #[inline]
    fn of(&mut self, event: &Slot) -> impl Iterator<Item = usize> {
        let kind = event.header.kind & 31;
        let hands = self.of_instrument(&event.header).iter();
        hands.filter(move |(_, kinds)| kinds >> kind & 1 != 0).map(|(hand, _)| *hand as usize)
    }

    #[inline]
    fn of_instrument(&mut self, header: &Header) -> &[(u32, u32)] {
        if header.instrument as usize >= self.ranges.len() {
            self.match_new();
        }
        match self.ranges.get(header.instrument as usize) {
            Some(&(from, to)) => &self.hands[from as usize..to as usize],
            None => &[],
        }
    }

    /// The first event of an instrument that came later, or whose number was never given.
    #[cold]
    fn match_new(&mut self) {
        for id in self.ranges.len()..=self.instruments.len() {
            let text = self.instruments.text(id as u32);
            let wants = text.and_then(|text| self.named.get(&*text));
            let from = self.hands.len() as u32;
            self.hands.extend(wants.into_iter().flatten());
            self.ranges.push((from, self.hands.len() as u32));
        }
    }
}
