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
use crate::session::feed_port;
use crate::team::{Cores, Ran, Team, timed};
use pitlane::Tier;
use pitlane::event::{MarketData, Slot};
use pitlane::ingress::IngressOptions;
use pitlane::route::{Route, broadcast, pipeline};
use pitlane::source::SourceError;
use pitlane::stage::{BatchFault, Fault, On, OnBatch, Outbox, Stage, component};
use pitlane::topology::{Entry, Flow, Input, Lanes, Plan, Port};
use std::sync::mpsc;

/// Most events handed over in one poll of the input, in batches of the size's.
const CHUNK: u64 = 256;

/// Threads that publish into an ingress.
const WRITERS: u64 = 3;

/// How stages take events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// One by one, with an outbox.
    Events,
    /// Slices of the ring, as batch consumers do.
    Slices,
}

/// A topology of stages that add up all fields; it waits as lanes do, whatever `size.pause` says. Counters
/// are on, digests and latencies off. Nobody is pinned here but the lanes that are placed so. The threads are
/// there when the time begins, as those of rivals are; it ends when all is handled and the lanes have ended.
///
/// # Panics
/// Where a field arrived wrong.
#[must_use]
pub fn topology(lanes: Lanes, take: Take, shape: Shape, size: Size) -> Ran {
    let Size { events, capacity, batch, .. } = size;
    let (said, heard) = mpsc::channel();
    let (names, route): (&[&str], Route) = match shape {
        Shape::Hop => (&["a"], Route::from("a")),
        Shape::Pipeline => (&["a", "b", "c"], pipeline(["a", "b", "c"])),
        Shape::Broadcast => (&["a", "b", "c"], broadcast(["a", "b", "c"])),
        Shape::Diamond => (&["a", "b", "c"], pipeline([broadcast(["a", "b"]), Route::from("c")])),
    };
    let cores = must_be_busy(&lanes);
    let plan = plan(names, route, lanes, take, capacity, &said);
    drop(said);
    let running = plan.check().expect("a sound plan").start().expect("it starts");
    let ran = timed(cores, events, || {
        let report = running.run(&mut Numbered { next: 0, events, batch, port: None });
        assert!(report.is_complete(), "{report:?}");
        report.events
    });
    let sums: Vec<_> = heard.iter().collect();
    assert_eq!(sums.len(), names.len());
    assert!(sums.iter().all(|heard| heard.sum == sum_of_entered(events, 1, heard.feed)));
    ran
}

/// Three threads publish into one ingress, from which one stage is fed; each publishes `size.events / 3`.
/// The topology's start is within the time.
///
/// # Panics
/// As [`topology`].
#[must_use]
pub fn three_to_one(cores: Option<Cores>, lanes: Lanes, take: Take, size: Size) -> Ran {
    let each = size.events / WRITERS;
    let events = each * WRITERS;
    let (said, heard) = mpsc::channel();
    let plan = plan(&["a"], Route::from("a"), lanes, take, size.capacity, &said);
    drop(said);
    let mut checked = plan.check().expect("a sound plan");
    let options = IngressOptions {
        max_producers: WRITERS as usize,
        capacity: size.capacity,
        ..IngressOptions::default()
    };
    let ingress = checked.ingress::<MarketData>(FEED, options).expect("it is routed");
    let monitor = checked.monitor();
    // Asleep until the last thread has published, so that it takes part in nothing.
    let (publishing, published) = mpsc::channel::<()>();
    let ender = std::thread::spawn(move || {
        let _ = published.recv();
        monitor.drain();
    });
    let mut team = Team::new();
    for index in 0..WRITERS as usize {
        let mut producer = ingress.producer().expect("one for each");
        let publishing = publishing.clone();
        let publish = move || {
            let _ended = publishing;
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
    drop(publishing);
    let serve = move || {
        let report = checked.start().expect("it starts").serve();
        assert!(report.is_complete(), "{report:?}");
        report.events
    };
    let (mut ran, _) = team.with(cores.map(|cores| cores.first), serve).run(events);
    // Threads that publish back off where there is no room.
    ran.cores = 0;
    ender.join().expect("it only waits");
    let heard = heard.recv().expect("told by the stage");
    assert_eq!(heard.sum, sum_of_entered(each, WRITERS, heard.feed));
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
    take: Take,
    capacity: usize,
    said: &mpsc::Sender<Heard>,
) -> Plan {
    let mut plan = Plan::new();
    for name in names {
        let adder = Adder { sum: 0, said: said.clone() };
        let adder = component(adder);
        plan.component(
            name,
            match take {
                Take::Events => adder.on::<MarketData>(),
                Take::Slices => adder.on_batch::<MarketData>(),
            },
        );
    }
    plan.route::<MarketData>(FEED, Tier::FAST, route);
    plan.lanes(lanes).capacity(capacity);
    plan
}

/// Adds up all words of all events, as rivals' threads do, and says at the end what it got.
struct Adder {
    sum: u64,
    said: mpsc::Sender<Heard>,
}

/// What a stage got, and the number of its events' source, which the sequencer wrote.
#[derive(Debug)]
struct Heard {
    sum: u64,
    feed: u16,
}

impl Stage for Adder {
    fn on_stop(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        let feed = out.names().id(FEED).expect("it is routed");
        self.said.send(Heard { sum: self.sum, feed }).expect("somebody waits");
        Ok(())
    }
}

impl On<MarketData> for Adder {
    fn on(&mut self, event: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
        self.sum = self.sum.wrapping_add(line::sum(Slot::of(event)));
        Ok(())
    }
}

impl OnBatch<MarketData> for Adder {
    fn on_batch(&mut self, events: &[MarketData]) -> Result<usize, BatchFault> {
        let words = events.iter().map(|event| line::sum(Slot::of(event)));
        self.sum = words.fold(self.sum, u64::wrapping_add);
        Ok(events.len())
    }
}

/// The words of `events` events, each entered by so many writers, added up: roots are numbered over all of
/// them.
fn sum_of_entered(events: u64, writers: u64, feed: u16) -> u64 {
    let entered = |n| {
        let mut event = line::numbered(n);
        (event.header.root, event.header.source) = (0, feed);
        line::sum(&event)
    };
    let words = (0..events).map(entered).fold(0, u64::wrapping_add).wrapping_mul(writers);
    (1..=events * writers).fold(words, u64::wrapping_add)
}

fn event(n: u64) -> MarketData {
    *line::numbered(n).view()
}

/// Enters numbered events.
struct Numbered {
    next: u64,
    events: u64,
    batch: usize,
    port: Option<Port>,
}

impl Input for Numbered {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = feed_port(&mut self.port, entry)?;
        let end = self.events.min(self.next + CHUNK);
        while self.next < end {
            let (mut next, count) = (self.next, self.batch.min((end - self.next) as usize));
            let entered = entry.enter_with(port, count, &mut |slots| {
                slots.iter_mut().zip(next..).for_each(|(slot, n)| line::write(slot, n));
                next += slots.len() as u64;
            });
            if entered == 0 {
                break;
            }
            self.next = next;
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
        // The larger ones are streamed where they go to another lane.
        for (capacity, batch, events) in [(64, 7, 999), (1024, 64, 9999)] {
            for (lanes, take) in [
                (Lanes::Fused, Take::Events),
                (Lanes::Auto, Take::Events),
                (Lanes::Auto, Take::Slices),
            ] {
                let size = Size { events, capacity, batch, pause: Pause::Yield };
                for shape in [Shape::Hop, Shape::Pipeline, Shape::Broadcast, Shape::Diamond] {
                    assert_eq!(topology(lanes.clone(), take, shape, size).events, events);
                }
                assert_eq!(three_to_one(None, lanes, take, size).events, events);
            }
        }
    }
}
