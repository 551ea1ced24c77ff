//! Shapes as topologies, placed as asked: the same work as [`crate::hops`] does by rings alone.
//!
//! ```text
//!  hop          feed --> a
//!  pipeline     feed --> a --> b --> c
//!  broadcast    feed --> a, b, c
//!  diamond      feed --> a, b --> c          c sees an event after both
//!  three-to-one p, q, r ==> ingress --> a    a ring for each of three threads, which the sequencer merges
//! ```

use crate::FEED;
use crate::hops::{Shape, Size};
use crate::line;
use crate::team::{Cores, Ran, Team, timed};
use pitlane::Tier;
use pitlane::event::{Event, MarketData, Slot};
use pitlane::ingress::IngressOptions;
use pitlane::route::{Route, broadcast, pipeline};
use pitlane::source::SourceError;
use pitlane::stage::{Component, Outbox, each};
use pitlane::topology::{Entry, Flow, Input, Lanes, Plan};
use std::sync::mpsc;

/// Most events handed over in one poll of the input, in batches of the size's.
const CHUNK: u64 = 256;

/// Threads that publish into an ingress.
const WRITERS: u64 = 3;

/// A topology of stages that add up all fields; it waits as lanes do, whatever `size.pause` says. Counters
/// are on, digests and latencies off. Nobody is pinned here but the lanes that are placed so. The threads are
/// there when the time begins, as those of rivals are; it ends when all is handled and the lanes have ended.
///
/// # Panics
/// Where a field arrived wrong.
#[must_use]
pub fn topology(lanes: Lanes, shape: Shape, size: Size) -> Ran {
    let Size { events, capacity, batch, .. } = size;
    let (said, heard) = mpsc::channel();
    let (names, route): (&[&str], Route) = match shape {
        Shape::Hop => (&["a"], Route::from("a")),
        Shape::Pipeline => (&["a", "b", "c"], pipeline(["a", "b", "c"])),
        Shape::Broadcast => (&["a", "b", "c"], broadcast(["a", "b", "c"])),
        Shape::Diamond => (&["a", "b", "c"], pipeline([broadcast(["a", "b"]), Route::from("c")])),
    };
    let cores = must_be_busy(&lanes);
    let plan = plan(names, route, lanes, events, capacity, &said);
    drop(said);
    let running = plan.check().expect("a sound plan").start().expect("it starts");
    let ran = timed(cores, events, || {
        let report = running.run(&mut Numbered { next: 0, events, batch });
        assert!(report.is_complete(), "{report:?}");
        report.events
    });
    let sums: Vec<_> = heard.iter().collect();
    assert_eq!(sums, vec![sum_of_entered(events); names.len()]);
    ran
}

/// Three threads publish into one ingress, from which one stage is fed; each publishes `size.events / 3`.
/// The topology's start is within the time.
///
/// # Panics
/// As [`topology`].
#[must_use]
pub fn three_to_one(cores: Option<Cores>, lanes: Lanes, size: Size) -> Ran {
    let each = size.events / WRITERS;
    let events = each * WRITERS;
    let (said, heard) = mpsc::channel();
    let plan = plan(&["a"], Route::from("a"), lanes, events, size.capacity, &said);
    drop(said);
    let mut checked = plan.check().expect("a sound plan");
    let options = IngressOptions {
        max_producers: WRITERS as usize,
        capacity: size.capacity,
        ..IngressOptions::default()
    };
    let ingress = checked.ingress::<MarketData>(FEED, options).expect("it is routed");
    let monitor = checked.monitor();
    // Asleep until the last event was handled, so it takes part in nothing.
    let ender = std::thread::spawn(move || {
        let sums = heard.recv();
        monitor.drain();
        sums
    });
    let mut team = Team::new();
    for index in 0..WRITERS as usize {
        let mut producer = ingress.producer().expect("one for each");
        let publish = move || {
            let mut batch: Vec<MarketData> = Vec::with_capacity(size.batch);
            for n in (0..each).step_by(size.batch) {
                batch.clear();
                batch.extend((n..each.min(n + size.batch as u64)).map(event));
                producer.publish_all(&batch).expect("it is drained only afterwards");
            }
            0
        };
        team = team.with(cores.map(|cores| cores.of(index + 1)), publish);
    }
    let serve = move || {
        let report = checked.start().expect("it starts").serve();
        assert!(report.is_complete(), "{report:?}");
        report.events
    };
    let (mut ran, _) = team.with(cores.map(|cores| cores.first), serve).run(events);
    // Threads that publish back off where there is no room.
    ran.cores = 0;
    let sums = ender.join().expect("it only waits").expect("told by the stage");
    // Roots are numbered over all three; the other words are those of one, three times.
    let mut expected = sum_of_entered(each).map(|sum| sum.wrapping_mul(WRITERS));
    expected[2] = sum_of_entered(events)[2];
    assert_eq!(sums, expected);
    ran
}

/// The cores that are busy all the time: one where all runs on one thread; lanes rest where nothing is there.
fn must_be_busy(lanes: &Lanes) -> usize {
    usize::from(*lanes == Lanes::Fused)
}

fn plan(
    names: &[&str],
    route: Route,
    lanes: Lanes,
    events: u64,
    capacity: usize,
    said: &mpsc::Sender<[u64; 8]>,
) -> Plan {
    let mut plan = Plan::new();
    for name in names {
        plan.component(name, adder(events, said));
    }
    plan.route::<MarketData>(FEED, Tier::FAST, route);
    plan.lanes(lanes).capacity(capacity);
    plan
}

/// Adds up all words of all events, each word by itself, and says what it got after the last one.
fn adder(events: u64, said: &mpsc::Sender<[u64; 8]>) -> Component {
    let (said, mut sums) = (said.clone(), [0_u64; 8]);
    let add = each(move |event: &MarketData, _: &mut Outbox| {
        let words: &[u64; 8] = bytemuck::cast_ref(event);
        for (sum, word) in sums.iter_mut().zip(words) {
            *sum = sum.wrapping_add(*word);
        }
        if event.header.root == events {
            let mut sums = sums;
            // The source's number, which the sequencer writes, is its own.
            sums[3] = 0;
            said.send(sums).expect("somebody waits");
        }
        Ok(())
    });
    add.into()
}

/// The sums by word: the third is the root, which counts from 1; the fourth is left out.
fn sum_of_entered(events: u64) -> [u64; 8] {
    let below = events * events.saturating_sub(1) / 2;
    std::array::from_fn(|at| match at {
        2 => below + events,
        3 => 0,
        at => below + at as u64 * events,
    })
}

fn event(n: u64) -> MarketData {
    *line::numbered(n).view()
}

/// Enters numbered events.
struct Numbered {
    next: u64,
    events: u64,
    batch: usize,
}

impl Input for Numbered {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = entry.port(FEED, MarketData::TYPE).expect("it is routed");
        let count = (self.events - self.next).min(CHUNK).min(entry.room() as u64);
        let events: [Slot; CHUNK as usize] =
            std::array::from_fn(|at| line::numbered(self.next + at as u64));
        for batch in events[..count as usize].chunks(self.batch) {
            self.next += entry.enter(port, batch) as u64;
        }
        Ok(if self.next == self.events { Flow::Done } else { Flow::More })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::Pause;

    #[test]
    fn every_placement_delivers_every_field() {
        for lanes in [Lanes::Fused, Lanes::Auto] {
            let size = Size { events: 999, capacity: 64, batch: 7, pause: Pause::Yield };
            for shape in [Shape::Hop, Shape::Pipeline, Shape::Broadcast, Shape::Diamond] {
                assert_eq!(topology(lanes.clone(), shape, size).events, 999);
            }
            assert_eq!(three_to_one(None, lanes, size).events, 999);
        }
    }
}
