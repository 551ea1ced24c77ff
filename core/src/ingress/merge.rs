//! The merge of rings: by arrival, or by time.

use super::handle::{Common, Order, Seat};
use crate::event::Slot;
use crate::ring::Reader;
use crate::topology::{Entry, Port};
use quanta::{Clock, Instant};
use std::time::Duration;

/// Most events of one ring that enter before those of the next, in the order of arrival.
const RUN: usize = 256;

/// Most events that enter per poll, in the order of time.
const MOST: usize = 1024;

/// The reading ends of all rings, and in which order they are read.
pub(super) struct Merge {
    rows: Box<[Row]>,
    order: Order,
    clock: Clock,
    /// By arrival: the ring whose turn it is.
    next: usize,
    /// By time: the latest `ts_event` that entered.
    latest: u64,
    /// By time: when the rings that are waited for need not be waited for any longer.
    waits: Duration,
}

/// The reading end of a ring.
struct Row {
    reader: Reader,
    /// Sequences from here on are not taken in.
    limit: u64,
    /// Sequence of the next event when it was closed.
    published: u64,
    /// Since when it is seen empty while a thread holds it.
    empty_since: Option<Instant>,
}

impl Row {
    /// Events that are there and may be taken in, as far as is known.
    fn available(&self) -> usize {
        let below_limit = self.limit.saturating_sub(self.reader.sequence());
        (self.reader.available() as u64).min(below_limit) as usize
    }

    /// Time of its first event that may be taken in, as far as is known.
    fn head(&self) -> Option<u64> {
        if self.available() == 0 { None } else { self.reader.head().map(time_of) }
    }

    /// Lets the first `count` events side by side enter, as far as there is room, and shows those
    /// that did.
    fn enter(
        &mut self,
        count: usize,
        entry: &mut dyn Entry,
        port: Port,
        show: impl FnOnce(&[Slot]),
    ) -> usize {
        let slots = self.reader.visible_slice(count);
        let entered = entry.enter(port, slots);
        show(&slots[..entered]);
        self.reader.release(entered);
        entered
    }
}

impl Merge {
    pub(super) fn new(readers: Vec<Reader>, order: Order, clock: Clock) -> Self {
        let row = |reader| Row { reader, limit: u64::MAX, published: 0, empty_since: None };
        let rows = readers.into_iter().map(row).collect();
        Self { rows, order, clock, next: 0, latest: 0, waits: Duration::MAX }
    }

    /// Lets some events enter. Gives whether any did.
    pub(super) fn poll(&mut self, common: &Common, entry: &mut dyn Entry, port: Port) -> bool {
        match self.order {
            Order::Arrival => self.poll_arrival(common, entry, port),
            Order::Time { max_wait } => self.poll_time(max_wait, common, entry, port),
        }
    }

    /// A run of each ring.
    fn poll_arrival(&mut self, common: &Common, entry: &mut dyn Entry, port: Port) -> bool {
        let mut moved = false;
        for _ in 0..self.rows.len() {
            let row = &mut self.rows[self.next];
            if row.available() < RUN {
                row.reader.look();
            }
            let count = row.available().min(RUN);
            if count > 0 {
                let entered = row.enter(count, entry, port, |_| {});
                common.seats[self.next].entered.add(entered as u64);
                if entered == 0 {
                    // No room: its turn comes again first.
                    return moved;
                }
                moved = true;
            }
            self.next = (self.next + 1) % self.rows.len();
        }
        moved
    }

    /// The earliest events of all rings, as long as it is known which they are.
    fn poll_time(
        &mut self,
        max_wait: Duration,
        common: &Common,
        entry: &mut dyn Entry,
        port: Port,
    ) -> bool {
        let mut left = MOST;
        while left > 0 {
            let Some((first, until)) = self.earliest(max_wait, common) else { break };
            let (row, latest) = (&mut self.rows[first], &mut self.latest);
            let count = row.count_before(until, left);
            let mut late = 0;
            let entered = row.enter(count, entry, port, |slots| {
                for slot in slots {
                    late += u64::from(slot.header.ts_event < *latest);
                    *latest = slot.header.ts_event.max(*latest);
                }
            });
            if entered == 0 {
                break;
            }
            common.seats[first].entered.add(entered as u64);
            common.late.add(late);
            left -= entered;
        }
        left < MOST
    }

    /// The ring with the earliest event, and the time before which its events come before all
    /// others'. `None` when all are empty, or one that is empty is waited for.
    fn earliest(&mut self, max_wait: Duration, common: &Common) -> Option<(usize, u64)> {
        let (mut now, mut may_wait) = (None, false);
        let (mut first, mut least, mut until) = (None, u64::MAX, u64::MAX);
        self.waits = Duration::MAX;
        for (index, row) in self.rows.iter_mut().enumerate() {
            match row.look(&common.seats[index]) {
                Head::At(time) if time < least => {
                    // The rings before lose ties no longer.
                    until = least;
                    (first, least) = (Some(index), time);
                }
                // Rings behind lose ties.
                Head::At(time) => until = until.min(time + 1),
                Head::MayCome => {
                    let now = *now.get_or_insert_with(|| self.clock.now());
                    let since = *row.empty_since.get_or_insert(now);
                    let waited = now.saturating_duration_since(since);
                    if waited < max_wait {
                        may_wait = true;
                        self.waits = self.waits.min(max_wait - waited);
                    }
                }
                Head::Nothing => {}
            }
        }
        if may_wait { None } else { Some((first?, until)) }
    }

    /// How long the merge waits for rings that are empty, at most.
    pub(super) fn waits(&self) -> Duration {
        self.waits
    }

    /// Closes all rings: what lies in them is taken in, or, where nothing may enter any more, left
    /// over.
    pub(super) fn close(&mut self, common: &Common, may_enter: bool) {
        for (row, seat) in self.rows.iter_mut().zip(&common.seats) {
            seat.door.close(|| {
                let entered = row.reader.sequence();
                let published = entered + row.reader.lag();
                row.published = published;
                row.limit = if may_enter { published } else { entered };
                row.limit
            });
        }
        self.count_left_over(common);
    }

    fn count_left_over(&self, common: &Common) {
        let left = |row: &Row| row.published - row.reader.sequence();
        common.left_over.set(self.rows.iter().map(left).sum());
    }

    /// After the close: whether all that is taken in has entered.
    pub(super) fn is_drained(&self, common: &Common) -> bool {
        self.count_left_over(common);
        self.rows.iter().all(|row| row.reader.sequence() == row.limit)
    }
}

/// What is known of the next event of a ring.
enum Head {
    /// Its time.
    At(u64),
    /// There is none; a thread holds the ring.
    MayCome,
    /// There is none, and nobody who would publish one.
    Nothing,
}

impl Row {
    fn look(&mut self, seat: &Seat) -> Head {
        if self.head().is_none() {
            // Before the ring: what the last holder published is there when nobody holds it.
            let may_come = seat.door.is_held() && self.limit == u64::MAX;
            self.reader.look();
            if self.head().is_none() {
                if may_come {
                    return Head::MayCome;
                }
                self.empty_since = None;
                return Head::Nothing;
            }
        }
        self.empty_since = None;
        self.head().map_or(Head::Nothing, Head::At)
    }

    /// Events side by side with times before `until`, at most `limit`.
    fn count_before(&self, until: u64, limit: usize) -> usize {
        let slots = self.reader.visible_slice(limit.min(self.available()));
        slots.iter().take_while(|slot| time_of(slot) < until).count()
    }
}

/// The time by which an event is merged; the last one there is stands for "before nothing".
fn time_of(slot: &Slot) -> u64 {
    slot.header.ts_event.min(u64::MAX - 1)
}
