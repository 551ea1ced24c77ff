//! Our own rings between cores: the shapes that `bench/peers` does with rivals, and `pitlane bench`
//! by itself. Threads and rings alone, no topology; every stage adds up all fields, and the sums are
//! checked.
//!
//! ```text
//!  hop          p ==> a
//!  ping-pong    p ==> a ==> p
//!  pipeline     p ==> a --> b --> c            one ring; a later reader follows an earlier one
//!  broadcast    p ==> a, b, c
//!  diamond      p ==> a, b --> c
//!  three-to-one p ==> a, q ==> a, r ==> a      a ring for each writer
//! ```

use crate::line::{self, Line};
use crate::team::{Cores, Pause, Ran, Team};
use pitlane::ring::{Producer, Reader, RingBuilder};

/// Most events taken in one poll.
const MOST: usize = 256;

/// How much goes over which rings.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Events of a run.
    pub events: u64,
    /// Slots of each ring.
    pub capacity: usize,
    /// Events published at a time.
    pub batch: usize,
    /// How threads wait.
    pub pause: Pause,
}

/// Readers of one ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One.
    Hop,
    /// Three in a row.
    Pipeline,
    /// Three beside each other.
    Broadcast,
    /// Two beside each other, and one that follows both.
    Diamond,
}

impl Shape {
    /// For each reader those it follows.
    fn follows(self) -> &'static [&'static [usize]] {
        match self {
            Self::Hop => &[&[]],
            Self::Pipeline => &[&[], &[0], &[1]],
            Self::Broadcast => &[&[], &[], &[]],
            Self::Diamond => &[&[], &[], &[0, 1]],
        }
    }
}

/// One writer and the shape's readers, each on a thread, on the two cores in turn; unpinned where there
/// are `None`.
///
/// # Panics
/// Where the capacity is none, or a field arrived wrong.
#[must_use]
pub fn ring(cores: Option<Cores>, shape: Shape, size: Size) -> Ran {
    let mut builder = RingBuilder::<Line>::new(size.capacity).expect("a power of two");
    let mut keys = Vec::new();
    for others in shape.follows() {
        let others: Vec<_> = others.iter().map(|&other| keys[other]).collect();
        keys.push(builder.reader_after(&others));
    }
    let (producer, readers) = builder.build();
    let core = |index| cores.map(|cores| cores.of(index));
    // Kept until the time is over: giving megabytes back to the system is not part of the work.
    let (mut written, mut read) = (None, Vec::new());
    read.resize_with(readers.len(), || None);
    let mut team = Team::new().with(core(0), || {
        written = Some(write(producer, 0, size));
        0
    });
    for (index, (reader, read)) in readers.into_iter().zip(&mut read).enumerate() {
        team = team.with(core(index + 1), move || {
            let (reader, sum) = add_up(reader, size);
            *read = Some(reader);
            sum
        });
    }
    let (ran, sums) = team.run(size.events);
    drop((written, read));
    assert!(sums[1..].iter().all(|&sum| sum == line::sum_of_first(size.events)), "{sums:?}");
    ran
}

/// Publishes the events from the `first` on; gives the producer back.
fn write(mut producer: Producer<Line>, first: u64, size: Size) -> Producer<Line> {
    let end = first + size.events;
    if size.batch == 1 {
        producer.singly(|events| {
            for n in first..end {
                size.pause
                    .until(|| events.try_publish_with(|event| line::write(event, n)).then_some(()));
            }
        });
        return producer;
    }
    let mut n = first;
    while n < end {
        let count = (end - n).min(size.batch as u64) as usize;
        n += size.pause.until(|| publish(&mut producer, n, count)) as u64;
    }
    producer
}

/// Publishes up to `count` events in one batch; gives how many.
fn publish(producer: &mut Producer<Line>, first: u64, count: usize) -> Option<usize> {
    let mut claim = producer.claim(count)?;
    let (head, tail) = claim.slots();
    head.iter_mut().zip(first..).for_each(|(slot, n)| line::write(slot, n));
    let next = first + head.len() as u64;
    tail.iter_mut().zip(next..).for_each(|(slot, n)| line::write(slot, n));
    let len = claim.len();
    claim.publish();
    Some(len)
}

/// Adds up all fields of all events of a run; gives the reader back.
fn add_up(mut reader: Reader<Line>, size: Size) -> (Reader<Line>, u64) {
    let (mut left, mut sum) = (size.events, 0);
    while left > 0 {
        left -= size.pause.until_some(|| take(&mut reader, &mut sum)) as u64;
    }
    (reader, sum)
}

/// Adds up what is there; gives how many events that were.
#[inline]
fn take(reader: &mut Reader<Line>, sum: &mut u64) -> usize {
    let mut batch = reader.poll(MOST);
    let len = batch.len();
    let (head, tail) = batch.slices();
    let mut add = |event| *sum = sum.wrapping_add(line::sum(event));
    head.iter().for_each(&mut add);
    tail.iter().for_each(&mut add);
    batch.release(len);
    len
}

/// Three writers, each with a ring of its own, and one reader of all; each writes `size.events / 3`.
///
/// # Panics
/// As [`ring`].
#[must_use]
pub fn three_to_one(cores: Option<Cores>, size: Size) -> Ran {
    let each = Size { events: size.events / 3, ..size };
    let core = |index| cores.map(|cores| cores.of(index));
    let mut team = Team::new();
    let mut readers = Vec::new();
    for writer in 0..3 {
        let (producer, reader) = pair(size.capacity);
        readers.push((reader, each.events));
        team = team.with(core(writer + 1), move || {
            write(producer, 0, each);
            0
        });
    }
    let merge = move || {
        let mut sum = 0;
        while readers.iter().any(|(_, left)| *left > 0) {
            size.pause.until_some(|| {
                let mut taken = 0;
                for (reader, left) in &mut readers {
                    let count = take(reader, &mut sum);
                    *left -= count as u64;
                    taken += count;
                }
                taken
            });
        }
        sum
    };
    let (ran, sums) = team.with(core(0), merge).run(3 * each.events);
    assert_eq!(sums[3], line::sum_of_first(each.events).wrapping_mul(3));
    ran
}

/// An event to and fro over two rings; `events` counts single ways.
///
/// # Panics
/// As [`ring`].
#[must_use]
pub fn ping_pong(cores: Cores, round_trips: u64, capacity: usize) -> Ran {
    let ((mut there, mut seen), (mut back, mut home)) = (pair(capacity), pair(capacity));
    let serve = move || {
        (0..round_trips).fold(0, |sum: u64, n| {
            send(&mut there, |event| line::write(event, n));
            sum.wrapping_add(receive(&mut home, line::sum))
        })
    };
    let answer = move || {
        (0..round_trips).fold(0, |sum: u64, _| {
            let answered = receive(&mut seen, |event| {
                send(&mut back, |answer| *answer = *event);
                line::sum(event)
            });
            sum.wrapping_add(answered)
        })
    };
    let team = Team::new().with(Some(cores.first), serve).with(Some(cores.second), answer);
    let (ran, sums) = team.run(2 * round_trips);
    assert_eq!(sums, [line::sum_of_first(round_trips); 2]);
    ran
}

#[inline]
fn send(producer: &mut Producer<Line>, fill: impl Fn(&mut Line)) {
    Pause::Spin.until(|| producer.try_publish_with(&fill).then_some(()));
}

/// What `each` gives of the next event.
#[inline]
fn receive(reader: &mut Reader<Line>, mut each: impl FnMut(&Line) -> u64) -> u64 {
    Pause::Spin.until(|| {
        let mut batch = reader.poll(1);
        if batch.is_empty() {
            return None;
        }
        let value = each(batch.get(0));
        batch.release(1);
        Some(value)
    })
}

fn pair(capacity: usize) -> (Producer<Line>, Reader<Line>) {
    let mut builder = RingBuilder::new(capacity).expect("a power of two");
    builder.reader();
    let (producer, mut readers) = builder.build();
    (producer, readers.pop().expect("one was named"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_delivers_every_field() {
        for (capacity, batch) in [(1, 1), (8, 1), (8, 8), (64, 3)] {
            let size = Size { events: 999, capacity, batch, pause: Pause::Yield };
            for shape in [Shape::Hop, Shape::Pipeline, Shape::Broadcast, Shape::Diamond] {
                assert_eq!(ring(None, shape, size).events, 999);
            }
            assert_eq!(three_to_one(None, size).events, 999);
        }
        if let Some(cores) = Cores::pick() {
            assert_eq!(ping_pong(cores, 100, 1).events, 200);
        }
    }
}
