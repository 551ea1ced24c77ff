//! Shapes as topologies, placed as asked: the same work as [`crate::hops`] does by rings alone.

use crate::FEED;
use crate::hops::Shape;
use crate::line;
use crate::team::{Ran, Team};
use pitlane::Tier;
use pitlane::event::{Event, MarketData, Slot};
use pitlane::route::{broadcast, pipeline};
use pitlane::source::SourceError;
use pitlane::stage::{Component, Outbox, each};
use pitlane::topology::{Entry, Flow, Input, Lanes, Plan};
use std::sync::mpsc;

/// Events handed over at a time.
const CHUNK: u64 = 256;

/// A topology of stages that add up all fields. Counters are on, digests and latencies off. Nobody
/// is pinned here but the lanes that are placed so; what is timed is a whole run, start and stop too.
///
/// # Panics
/// Where a field arrived wrong, or for a diamond, which as a topology is another thing: two stages that emit.
#[must_use]
pub fn topology(lanes: Lanes, shape: Shape, events: u64, capacity: usize) -> Ran {
    let (said, heard) = mpsc::channel();
    let names: &[&str] = if shape == Shape::Hop { &["a"] } else { &["a", "b", "c"] };
    let mut plan = Plan::new();
    for name in names {
        plan.component(name, adder(events, &said));
    }
    drop(said);
    match shape {
        Shape::Hop | Shape::Pipeline => {
            plan.route::<MarketData>(FEED, Tier::FAST, pipeline(names.iter().copied()));
        }
        Shape::Broadcast => {
            plan.route::<MarketData>(FEED, Tier::FAST, broadcast(names.iter().copied()));
        }
        Shape::Diamond => panic!("stages of a diamond emit"),
    }
    let fused = lanes == Lanes::Fused;
    plan.lanes(lanes).capacity(capacity);
    let checked = plan.check().expect("a sound plan");
    let work = move || {
        let report = checked.run(&mut Numbered { next: 0, events }).expect("it runs");
        assert!(report.is_complete(), "{report:?}");
        report.events
    };
    let (mut ran, _) = Team::new().with(None, work).run(events);
    ran.cores = if fused { 1 } else { 2 };
    let sums: Vec<_> = heard.iter().collect();
    assert_eq!(sums, vec![sum_of_entered(events); names.len()]);
    ran
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

/// Enters numbered events.
struct Numbered {
    next: u64,
    events: u64,
}

impl Input for Numbered {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let port = entry.port(FEED, MarketData::TYPE).expect("it is routed");
        let count = (self.events - self.next).min(CHUNK).min(entry.room() as u64);
        let events: [Slot; CHUNK as usize] =
            std::array::from_fn(|at| line::numbered(self.next + at as u64));
        self.next += entry.enter(port, &events[..count as usize]) as u64;
        Ok(if self.next == self.events { Flow::Done } else { Flow::More })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placement_delivers_every_field() {
        for shape in [Shape::Hop, Shape::Pipeline, Shape::Broadcast] {
            for lanes in [Lanes::Fused, Lanes::Auto] {
                assert_eq!(topology(lanes, shape, 1_000, 64).events, 1_000);
            }
        }
    }
}
