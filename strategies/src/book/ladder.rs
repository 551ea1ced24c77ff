//! The levels of one side of a book, best first.
//!
//! Levels lie sorted in blocks of 32, the best at the end of the last one; the blocks stand in order
//! in an array beside their least keys. A level is found by two binary searches, the best one by its
//! place; adding or removing one moves at most a block's levels. Blocks that fell empty are used
//! again, so that a book whose size is steady allocates nothing.

use pitlane::event::Side;

/// Levels in a block.
const BLOCK: usize = 32;

/// Two neighbors that hold no more than this together become one.
const FEW: usize = BLOCK / 2;

/// What stands at a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    /// Sum of all that rests here, 1e-9.
    pub(super) size: i128,
    /// Orders in the queue; 0 in books of levels.
    pub(super) orders: u32,
    /// First and last of the queue in the table of orders; of no meaning without orders.
    pub(super) first: u32,
    pub(super) last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    keys: [i64; BLOCK],
    levels: [Level; BLOCK],
    len: usize,
}

const EMPTY: Block = Block {
    keys: [0; BLOCK],
    levels: [Level { size: 0, orders: 0, first: 0, last: 0 }; BLOCK],
    len: 0,
};

impl Block {
    fn keys(&self) -> &[i64] {
        &self.keys[..self.len]
    }

    fn insert(&mut self, at: usize, key: i64, level: Level) {
        self.keys.copy_within(at..self.len, at + 1);
        self.levels.copy_within(at..self.len, at + 1);
        self.keys[at] = key;
        self.levels[at] = level;
        self.len += 1;
    }

    fn remove(&mut self, at: usize) -> Level {
        let level = self.levels[at];
        self.keys.copy_within(at + 1..self.len, at);
        self.levels.copy_within(at + 1..self.len, at);
        self.len -= 1;
        level
    }

    /// Moves its levels from `at` on to the end of another block.
    fn move_to(&mut self, at: usize, other: &mut Block) {
        let (count, end) = (self.len - at, other.len);
        other.keys[end..end + count].copy_from_slice(&self.keys[at..self.len]);
        other.levels[end..end + count].copy_from_slice(&self.levels[at..self.len]);
        other.len += count;
        self.len = at;
    }
}

/// Where a key is, or would be.
#[derive(Clone, Copy)]
struct Place {
    /// Position in `order`.
    block: usize,
    /// Position in the block.
    at: usize,
}

/// The levels of one side.
#[derive(Debug)]
pub(super) struct Ladder {
    side: Side,
    /// All blocks, in no order.
    blocks: Vec<Block>,
    /// Blocks in use, by ascending keys.
    order: Vec<u32>,
    /// The least key of each of them.
    least: Vec<i64>,
    /// Blocks not in use.
    free: Vec<u32>,
    len: usize,
}

impl Ladder {
    /// Bids or asks, with room for so many levels.
    pub(super) fn new(side: Side, levels: usize) -> Self {
        // Blocks are half full at worst but for the ones about to be joined.
        let blocks = 2 * levels.div_ceil(BLOCK);
        let mut ladder = Self {
            side,
            blocks: Vec::new(),
            order: Vec::with_capacity(blocks),
            least: Vec::with_capacity(blocks),
            free: Vec::with_capacity(blocks),
            len: 0,
        };
        ladder.blocks.resize(blocks, EMPTY);
        ladder.free.extend((0..blocks as u32).rev());
        ladder
    }

    /// Keys grow towards the best price.
    #[inline]
    fn key(&self, price: i64) -> i64 {
        if self.side == Side::Bid { price } else { !price }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The best price and what stands there.
    #[inline]
    pub(super) fn best(&self) -> Option<(i64, &Level)> {
        let block = &self.blocks[*self.order.last()? as usize];
        let at = block.len - 1;
        Some((self.key(block.keys[at]), &block.levels[at]))
    }

    /// What stands at a price.
    pub(super) fn get(&self, price: i64) -> Option<&Level> {
        let key = self.key(price);
        let place = self.find(key)?;
        let block = &self.blocks[self.order[place.block] as usize];
        (block.keys().get(place.at) == Some(&key)).then(|| &block.levels[place.at])
    }

    pub(super) fn get_mut(&mut self, price: i64) -> Option<&mut Level> {
        let key = self.key(price);
        let place = self.find(key)?;
        let block = &mut self.blocks[self.order[place.block] as usize];
        (block.keys().get(place.at) == Some(&key)).then(|| &mut block.levels[place.at])
    }

    /// What stands at a price, an empty level where nothing did. Gives whether it is new.
    pub(super) fn get_or_add(&mut self, price: i64) -> (&mut Level, bool) {
        let key = self.key(price);
        let Some(place) = self.find(key) else {
            self.open(0, key);
            return (self.add(Place { block: 0, at: 0 }, key), true);
        };
        let at = self.order[place.block] as usize;
        if self.blocks[at].keys().get(place.at) == Some(&key) {
            return (&mut self.blocks[at].levels[place.at], false);
        }
        let place = if self.blocks[at].len == BLOCK { self.split(place) } else { place };
        (self.add(place, key), true)
    }

    /// Takes out a level; `None` where there is none.
    pub(super) fn remove(&mut self, price: i64) -> Option<Level> {
        let key = self.key(price);
        let Place { block, at } = self.find(key)?;
        let index = self.order[block] as usize;
        if self.blocks[index].keys().get(at) != Some(&key) {
            return None;
        }
        let level = self.blocks[index].remove(at);
        self.len -= 1;
        match self.blocks[index].len {
            0 => self.close(block),
            len => {
                self.least[block] = self.blocks[index].keys[0];
                if len <= FEW / 2 {
                    self.join(block);
                }
            }
        }
        Some(level)
    }

    /// Takes out the best level where its price is `price` or better; of any price for `None`.
    pub(super) fn pop_to(&mut self, price: Option<i64>) -> Option<Level> {
        let (best, _) = self.best()?;
        if price.is_some_and(|price| self.key(best) < self.key(price)) {
            return None;
        }
        self.remove(best)
    }

    /// Prices and what stands there, best first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &Level)> {
        self.order.iter().rev().flat_map(|&index| {
            let block = &self.blocks[index as usize];
            (0..block.len).rev().map(|at| (self.key(block.keys[at]), &block.levels[at]))
        })
    }

    /// Where a key is or would be inserted; `None` where there is no block.
    #[inline]
    fn find(&self, key: i64) -> Option<Place> {
        let last = self.order.len().checked_sub(1)?;
        // Most changes are near the best.
        let block = if self.least[last] <= key {
            last
        } else {
            self.least.partition_point(|&least| least <= key).saturating_sub(1)
        };
        let keys = self.blocks[self.order[block] as usize].keys();
        Some(Place { block, at: keys.partition_point(|&k| k < key) })
    }

    fn add(&mut self, Place { block, at }: Place, key: i64) -> &mut Level {
        self.len += 1;
        let index = self.order[block] as usize;
        self.blocks[index].insert(at, key, Level::default());
        self.least[block] = self.blocks[index].keys[0];
        &mut self.blocks[index].levels[at]
    }

    /// Puts an empty block at a position.
    fn open(&mut self, position: usize, least: i64) -> usize {
        let index = self.free.pop().unwrap_or_else(|| {
            self.blocks.push(EMPTY);
            let blocks = self.blocks.capacity();
            self.free.reserve(blocks - self.free.len());
            (self.blocks.len() - 1) as u32
        });
        self.blocks[index as usize].len = 0;
        self.order.insert(position, index);
        self.least.insert(position, least);
        index as usize
    }

    /// Takes an empty block out of the order.
    fn close(&mut self, position: usize) {
        self.free.push(self.order.remove(position));
        self.least.remove(position);
    }

    /// Makes room in a full block by moving its upper half into a new one; gives where the place is now.
    fn split(&mut self, Place { block, at }: Place) -> Place {
        const HALF: usize = BLOCK / 2;
        let from = self.order[block] as usize;
        let to = self.open(block + 1, self.blocks[from].keys[HALF]);
        self.move_levels(from, HALF, to);
        if at <= HALF { Place { block, at } } else { Place { block: block + 1, at: at - HALF } }
    }

    /// Joins a block that holds few levels with its lower or upper neighbor, where both fit into one.
    fn join(&mut self, block: usize) {
        for lower in [block.checked_sub(1), Some(block)].into_iter().flatten() {
            let Some(&from) = self.order.get(lower + 1) else { continue };
            let (to, from) = (self.order[lower] as usize, from as usize);
            if self.blocks[to].len + self.blocks[from].len <= FEW {
                self.move_levels(from, 0, to);
                self.close(lower + 1);
                return;
            }
        }
    }

    fn move_levels(&mut self, from: usize, at: usize, to: usize) {
        if let Ok([from, to]) = self.blocks.get_disjoint_mut([from, to]) {
            from.move_to(at, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    impl Ladder {
        /// Blocks in use hold levels, in order, and blocks are used or free.
        fn check(&self) {
            assert_eq!(self.order.len() + self.free.len(), self.blocks.len());
            let used = || self.order.iter().map(|&index| &self.blocks[index as usize]);
            assert!(used().all(|block| block.len > 0));
            assert!(used().zip(&self.least).all(|(block, least)| block.keys[0] == *least));
            assert!(used().flat_map(|block| block.keys()).is_sorted_by(|a, b| a < b));
            assert_eq!(used().map(|block| block.len).sum::<usize>(), self.len);
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(i64),
        Remove(i64),
        PopTo(Option<i64>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let price = prop_oneof![8 => -200_i64..200, 1 => any::<i64>(), 1 => Just(i64::MIN)];
        let step = prop_oneof![
            6 => price.clone().prop_map(Step::Add),
            4 => price.clone().prop_map(Step::Remove),
            1 => prop::option::of(price).prop_map(Step::PopTo),
        ];
        prop::collection::vec(step, 0..600)
    }

    proptest! {
        #[test]
        fn a_ladder_is_a_sorted_map(steps in steps(), ask in any::<bool>(), room in 0_usize..100) {
            let side = if ask { Side::Ask } else { Side::Bid };
            let mut ladder = Ladder::new(side, room);
            let mut model = BTreeMap::new();
            let key = |price: i64| if ask { !price } else { price };
            for (number, step) in steps.into_iter().enumerate() {
                let size = number as i128;
                match step {
                    Step::Add(price) => {
                        let (level, new) = ladder.get_or_add(price);
                        level.size = size;
                        prop_assert_eq!(new, model.insert(key(price), size).is_none());
                    }
                    Step::Remove(price) => {
                        let removed = ladder.remove(price).map(|level| level.size);
                        prop_assert_eq!(removed, model.remove(&key(price)));
                    }
                    Step::PopTo(price) => {
                        let best = model.last_key_value().map(|(k, _)| *k);
                        let expected = best.filter(|k| price.is_none_or(|price| *k >= key(price)));
                        let expected = expected.and_then(|k| model.remove(&k));
                        prop_assert_eq!(ladder.pop_to(price).map(|level| level.size), expected);
                    }
                }
                ladder.check();
                let best = model.last_key_value().map(|(k, size)| (key(*k), *size));
                prop_assert_eq!(ladder.best().map(|(price, level)| (price, level.size)), best);
            }
            prop_assert_eq!(ladder.len(), model.len());
            let all: Vec<_> = ladder.iter().map(|(price, level)| (key(price), level.size)).collect();
            prop_assert_eq!(all, model.iter().rev().map(|(k, size)| (*k, *size)).collect::<Vec<_>>());
            for price in -200..200 {
                let found = ladder.get(price).map(|level| level.size);
                prop_assert_eq!(found, model.get(&key(price)).copied());
            }
        }
    }
}
