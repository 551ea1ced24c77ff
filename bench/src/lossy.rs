//! What lossy readers cost the writer of a ring.

use crate::rounds::{Variant, Work};
use pitlane::event::{MarketData, Side};
use pitlane::ring::{LossyReader, Producer, RingBuilder};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const CAPACITY: usize = 4096;
const BATCH: usize = 64;

/// How the reader beside the writer behaves.
#[derive(Clone, Copy)]
enum Reader {
    /// There is none: the ring is written in place.
    None,
    /// It is there and never polls.
    NeverPolls,
    /// It takes a batch, then does something else for this long.
    Takes(Duration),
}

/// Variants: the writer's time per event, on its core; ratios are against a reader that never polls.
pub(crate) fn variants(events: u64) -> Vec<Variant> {
    let variant = |name: &str, reader: Reader| {
        Variant::new(name, move || match reader {
            Reader::None => {
                let ring = RingBuilder::<MarketData>::new(CAPACITY).expect("a power of two");
                write(ring.build().0, events)
            }
            Reader::NeverPolls => write(lossy_ring().0, events),
            Reader::Takes(pause) => beside(pause, events),
        })
    };
    let us = |us| Reader::Takes(Duration::from_micros(us));
    vec![
        variant("a lossy reader that never polls", Reader::NeverPolls),
        variant("one that takes 64 events, then 1 ms for them", us(1000)),
        variant("one that takes 64 events, then 100 us for them", us(100)),
        variant("one that takes 64 events, then 10 us for them", us(10)),
        variant("one that takes as fast as it can", us(0)),
        variant("no reader, written in place", Reader::None),
    ]
}

fn lossy_ring() -> (Producer<MarketData>, LossyReader<MarketData>) {
    let mut ring = RingBuilder::<MarketData>::new(CAPACITY).expect("a power of two");
    ring.lossy_reader();
    let (producer, _, mut readers) = ring.build_with_lossy();
    (producer, readers.remove(0))
}

/// Writes, in batches; the time is the writer's alone.
fn write(mut producer: Producer<MarketData>, events: u64) -> Work {
    let mut event = MarketData::trade(1, 0, 0, 1, Side::Bid);
    Work::time(|| {
        let mut written = 0;
        while written < events {
            let mut claim = producer.claim(BATCH).expect("nobody holds the writer back");
            let (one, two) = claim.slots();
            for slot in one.iter_mut().chain(two) {
                written += 1;
                event.header.ts_event = written;
                *slot = event;
            }
            claim.publish();
        }
        written
    })
}

/// Writes beside a reader on another thread, which has begun before.
fn beside(pause: Duration, events: u64) -> Work {
    let (producer, mut reader) = lossy_ring();
    let (ready, begun) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let _ = ready.send(());
        let mut batch = [MarketData::trade(1, 0, 0, 1, Side::Bid); BATCH];
        while !reader.is_finished() {
            reader.take(&mut batch);
            let start = Instant::now();
            while start.elapsed() < pause {
                std::hint::spin_loop();
            }
        }
        (reader.read(), reader.lost())
    });
    let _ = begun.recv();
    let work = write(producer, events);
    let (read, lost) = reading.join().expect("the reader ends with the writer");
    assert_eq!(read + lost, work.events, "its gaps add up");
    work
}
