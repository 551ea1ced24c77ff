//! The orders of a book by their ids, queued by level.

use super::ladder::Level;
use foldhash::fast::RandomState;
use pitlane::event::Side;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A resting order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestingOrder {
    /// The venue's id.
    pub id: u64,
    /// Price, 1e-9.
    pub price: i64,
    /// Size that is left, 1e-9.
    pub size: i64,
    /// Bid or ask.
    pub side: Side,
}

/// An order and its neighbors in the queue of its level.
#[derive(Clone, Copy, Debug)]
struct Node {
    order: RestingOrder,
    /// The next behind it; of a free node, the next free one.
    next: u32,
    before: u32,
}

/// No node.
const NONE: u32 = u32::MAX;

/// All orders of a book. Nodes of orders that left are used again; ids are only ever looked up, so
/// that the order of the hash map shows nowhere.
#[derive(Debug)]
pub(super) struct Orders {
    nodes: Vec<Node>,
    by_id: HashMap<u64, u32, RandomState>,
    free: u32,
}

impl Orders {
    /// No orders, with room for so many.
    pub(super) fn new(orders: usize) -> Self {
        // Twice the room, so that places of ids that left are cleaned up in place.
        let by_id = HashMap::with_capacity_and_hasher(2 * orders, RandomState::default());
        Self { nodes: Vec::with_capacity(orders), by_id, free: NONE }
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    #[inline]
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    #[inline]
    pub(super) fn order(&self, node: u32) -> &RestingOrder {
        &self.nodes[node as usize].order
    }

    /// Takes in an order that has no queue yet; `None` where its id is there.
    pub(super) fn insert(&mut self, order: RestingOrder) -> Option<u32> {
        let Entry::Vacant(place) = self.by_id.entry(order.id) else { return None };
        let node = Node { order, next: NONE, before: NONE };
        let at = if self.free == NONE {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        } else {
            let at = self.free;
            self.free = self.nodes[at as usize].next;
            self.nodes[at as usize] = node;
            at
        };
        place.insert(at);
        Some(at)
    }

    /// Forgets an order that has no queue any more.
    pub(super) fn remove(&mut self, node: u32) {
        let id = self.order(node).id;
        self.by_id.remove(&id);
        self.nodes[node as usize].next = self.free;
        self.free = node;
    }

    /// Writes what changed of an order that stands in no queue.
    pub(super) fn set(&mut self, node: u32, order: RestingOrder) {
        self.nodes[node as usize].order = order;
    }

    /// Changes the size of an order where it stands.
    pub(super) fn resize(&mut self, node: u32, size: i64, level: &mut Level) {
        let order = &mut self.nodes[node as usize].order;
        level.size += i128::from(size) - i128::from(order.size);
        order.size = size;
    }

    /// Puts an order at the end of a level's queue.
    pub(super) fn queue(&mut self, node: u32, level: &mut Level) {
        let before = if level.orders == 0 { NONE } else { level.last };
        match before {
            NONE => level.first = node,
            before => self.nodes[before as usize].next = node,
        }
        let own = &mut self.nodes[node as usize];
        (own.before, own.next) = (before, NONE);
        level.last = node;
        level.orders += 1;
        level.size += i128::from(own.order.size);
    }

    /// Takes an order out of its level's queue.
    pub(super) fn unqueue(&mut self, node: u32, level: &mut Level) {
        let Node { order, next, before } = self.nodes[node as usize];
        match before {
            NONE => level.first = next,
            before => self.nodes[before as usize].next = next,
        }
        match next {
            NONE => level.last = before,
            next => self.nodes[next as usize].before = before,
        }
        level.orders -= 1;
        level.size -= i128::from(order.size);
    }

    /// Forgets all orders of a level that was taken out of its side.
    pub(super) fn forget(&mut self, level: &Level) {
        let mut node = level.first;
        for _ in 0..level.orders {
            let next = self.nodes[node as usize].next;
            self.remove(node);
            node = next;
        }
    }

    /// The orders of a level by their priority.
    pub(super) fn of(&self, level: &Level) -> impl Iterator<Item = &RestingOrder> {
        let mut node = level.first;
        (0..level.orders).map(move |_| {
            let found = &self.nodes[node as usize];
            node = found.next;
            &found.order
        })
    }
}
