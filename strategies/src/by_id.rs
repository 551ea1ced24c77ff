//! State per instrument, or per anything else that has a small number.

use std::collections::BTreeMap;
use std::fmt;

/// Ids below this are found by position.
const NEAR: usize = 1 << 20;

/// How many items are laid in where nobody says.
const STOCK: usize = 16;

/// Bytes up to which items are laid in.
const STOCK_BYTES: usize = 64 << 20;

/// One `T` per id, made when the id first comes.
///
/// Made for ids that count up from 1, as those of instruments and components do: finding an item is
/// two array accesses. Ids from 1,048,576 up take the way through a tree. Items are laid in when the
/// table is made, and growing happens only when more ids come than were expected.
///
/// ```
/// use pitlane_strategies::ById;
///
/// let mut last_price = ById::new(|| 0_i64);
/// *last_price.get_mut(7) = 42;
/// assert_eq!((*last_price.get_mut(7), *last_price.get_mut(8)), (42, 0));
/// ```
pub struct ById<T> {
    /// Place of an id's item plus 1; 0 = none yet.
    near: Vec<u32>,
    far: BTreeMap<u32, u32>,
    items: Vec<T>,
    /// Items before this place belong to an id.
    used: usize,
    make: Box<dyn Fn() -> T + Send>,
}

impl<T> ById<T> {
    /// A table whose items are made by `make`; 16 of them are made now.
    #[must_use]
    pub fn new(make: impl Fn() -> T + Send + 'static) -> Self {
        Self::sized(size_of::<T>(), make)
    }

    /// As [`ById::new`], for items that hold `bytes` each with all they own: fewer are made now where
    /// 16 would take more than 64 MiB, though one at least.
    #[must_use]
    pub fn sized(bytes: usize, make: impl Fn() -> T + Send + 'static) -> Self {
        let mut table = Self {
            near: vec![0; 1024],
            far: BTreeMap::new(),
            items: Vec::new(),
            used: 0,
            make: Box::new(make),
        };
        table.lay_in(STOCK, bytes);
        table
    }

    /// Makes items for `count` ids in all now, as far as they take no more than 64 MiB at `bytes` each.
    pub fn lay_in(&mut self, count: usize, bytes: usize) {
        let count = count.min((STOCK_BYTES / bytes.max(1)).max(1));
        self.items.reserve(count.saturating_sub(self.items.len()));
        while self.items.len() < count {
            self.items.push((self.make)());
        }
        if self.near.len() <= count {
            self.near.resize((count + 1).min(NEAR), 0);
        }
    }

    /// The item of an id, made now where there was none.
    #[inline]
    pub fn get_mut(&mut self, id: u32) -> &mut T {
        let place = match self.near.get(id as usize) {
            Some(&place) if place != 0 => place,
            _ => self.find_or_add(id),
        };
        &mut self.items[place as usize - 1]
    }

    /// The item of an id that has one.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&T> {
        let place = self.near.get(id as usize).or_else(|| self.far.get(&id))?;
        self.items.get((*place as usize).checked_sub(1)?)
    }

    #[cold]
    fn find_or_add(&mut self, id: u32) -> u32 {
        if let Some(&place) = self.far.get(&id) {
            return place;
        }
        if self.used == self.items.len() {
            self.items.push((self.make)());
        }
        self.used += 1;
        let place = self.used as u32;
        if (id as usize) < NEAR {
            if self.near.len() <= id as usize {
                let len = (id as usize + 1).next_power_of_two().min(NEAR);
                self.near.resize(len, 0);
            }
            self.near[id as usize] = place;
        } else {
            self.far.insert(id, place);
        }
        place
    }
}

impl<T> fmt::Debug for ById<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ById").field("ids", &self.used).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_one_item_per_id_near_and_far() {
        let ids = [0, 1, 1023, 1024, 1_048_575, 1_048_576, u32::MAX];
        let mut table = ById::new(|| 0_u64);
        for id in ids {
            *table.get_mut(id) = u64::from(id) + 1;
        }
        for id in ids {
            assert_eq!(*table.get_mut(id), u64::from(id) + 1);
            assert_eq!(table.get(id), Some(&(u64::from(id) + 1)));
        }
        assert_eq!(table.get(5), None);
        assert_eq!(table.get(1_048_577), None);
    }

    #[test]
    fn makes_more_than_it_laid_in() {
        let mut table = ById::new(|| 1_u8);
        let sum: u32 = (0..1000).map(|id| u32::from(*table.get_mut(id))).sum();
        assert_eq!(sum, 1000);
    }

    #[test]
    fn lays_in_fewer_large_items_but_one_at_least() {
        assert_eq!(ById::sized(8 << 20, || 0).items.len(), 8);
        assert_eq!(ById::sized(1 << 30, || 0).items.len(), 1);
        let mut table = ById::new(|| 0);
        table.lay_in(100, 8);
        assert_eq!(table.items.len(), 100);
    }
}
