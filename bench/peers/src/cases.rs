//! What is compared: every rival, ourselves and the machine's limits, by shape and batch.

use crate::lmax::Lmax;
use crate::queues::{Array, Crossbeam, Flume, Kanal, Queue, Rtrb, RtrbPop, Std};
use crate::{rings, shapes};
use pitlane::topology::Lanes;
use pitlane_bench::hops::{self, Shape, Size};
use pitlane_bench::placed::{self, Take};
use pitlane_bench::raw;
use pitlane_bench::team::{Cores, Pause, Ran};
use std::cell::RefCell;
use std::rc::Rc;

/// One contestant in one contest.
pub struct Case {
    /// The contest: only cases of the same one are compared.
    pub contest: String,
    /// Who.
    pub who: String,
    /// The capacities to choose from.
    pub capacities: Vec<usize>,
    /// Runs it once, at a capacity.
    pub run: Box<dyn Fn(usize) -> Ran>,
}

/// How much a run moves.
#[derive(Clone, Copy)]
pub struct Amount {
    /// Events where two threads have a core each.
    pub events: u64,
    /// Round trips of a ping-pong.
    pub round_trips: u64,
}

const CAPACITIES: &[usize] = &[64, 256, 1024, 4096, 16_384, 65_536];
const SMALL: &[usize] = &[1, 2, 8, 64, 1024];
const BATCHES: [usize; 5] = [1, 4, 16, 64, 256];
/// By the names of contests, and those that `Lmax.java` knows.
const SHAPES: [(&str, &str, Shape); 3] = [
    ("pipeline of 3", "pipeline", Shape::Pipeline),
    ("broadcast to 3", "broadcast", Shape::Broadcast),
    ("diamond", "diamond", Shape::Diamond),
];

/// Where the stages of topologies run, and how they take events.
const PLACED: [(&str, Lanes, Take); 4] = [
    ("auto", Lanes::Auto, Take::Events),
    ("fused", Lanes::Fused, Take::Events),
    ("auto, slices", Lanes::Auto, Take::Slices),
    ("fused, slices", Lanes::Fused, Take::Slices),
];

/// Events published at a time where threads outnumber cores.
const CROWDED_BATCH: usize = 64;

/// All cases, the first of each contest being what ratios are against.
pub fn all(cores: Cores, amount: Amount, lmax: Option<Rc<RefCell<Lmax>>>) -> Vec<Case> {
    let mut cases = Cases { list: Vec::new(), cores, amount, lmax };
    BATCHES.into_iter().for_each(|batch| cases.hop(batch));
    cases.ping_pong();
    for (name, at_lmax, shape) in SHAPES {
        cases.crowded(name, at_lmax, shape);
    }
    cases.three_to_one();
    cases.spinning();
    cases.copy();
    cases.list
}

struct Cases {
    list: Vec<Case>,
    cores: Cores,
    amount: Amount,
    lmax: Option<Rc<RefCell<Lmax>>>,
}

impl Cases {
    fn add(
        &mut self,
        contest: &str,
        who: impl Into<String>,
        capacities: &'static [usize],
        run: impl Fn(usize) -> Ran + 'static,
    ) {
        let (contest, who, run) = (contest.to_owned(), who.into(), Box::new(run));
        let capacities = capacities.to_vec();
        self.list.push(Case { contest, who, capacities, run });
    }

    fn hop(&mut self, batch: usize) {
        let contest = format!("hop, batch {batch}");
        let (cores, events) = (self.cores, self.amount.events);
        let capacities: &'static [usize] = if batch > 64 { &CAPACITIES[1..] } else { CAPACITIES };
        let size = move |capacity, pause| Size { events, capacity, batch, pause };
        self.add(&contest, "raw lines", capacities, move |lines| {
            raw::transfer(cores, events, lines, batch)
        });
        for pause in [Pause::Spin, Pause::Hint, Pause::Gather, Pause::Lag] {
            self.add(&contest, format!("Pitlane ring, {}", name_of(pause)), capacities, move |c| {
                hops::ring(Some(cores), Shape::Hop, size(c, pause))
            });
            self.add(&contest, format!("disruptor, {}", name_of(pause)), capacities, move |c| {
                rings::run(Some(cores), Shape::Hop, size(c, pause))
            });
        }
        self.queue_hops::<Rtrb>("rtrb", &contest, capacities, size);
        if batch == 1 {
            self.queue_hops::<RtrbPop>("rtrb, pop", &contest, capacities, size);
        }
        self.queue_hops::<Array>("ArrayQueue", &contest, capacities, size);
        self.queue_hops::<Crossbeam>("crossbeam-channel", &contest, capacities, size);
        self.queue_hops::<Std>("std mpsc", &contest, capacities, size);
        self.queue_hops::<Kanal>("kanal", &contest, capacities, size);
        self.queue_hops::<Flume>("flume", &contest, capacities, size);
        for wait in ["busy-spin", "yielding"] {
            self.lmax(&contest, "unicast", wait, batch);
        }
    }

    fn queue_hops<Q: Queue + 'static>(
        &mut self,
        who: &str,
        contest: &str,
        capacities: &'static [usize],
        size: impl Fn(usize, Pause) -> Size + Copy + 'static,
    ) {
        let cores = self.cores;
        for pause in [Pause::Spin, Pause::Hint, Pause::Gather, Pause::Lag] {
            self.add(contest, format!("{who}, {}", name_of(pause)), capacities, move |c| {
                shapes::run::<Q>(Some(cores), Shape::Hop, size(c, pause))
            });
        }
    }

    fn ping_pong(&mut self) {
        let contest = "ping-pong, one way";
        let (cores, trips) = (self.cores, self.amount.round_trips);
        self.add(contest, "raw word", &[1], move |_| raw::ping_pong(cores, trips));
        self.add(contest, "raw line and index", SMALL, move |c| {
            raw::line_ping_pong(cores, trips, c)
        });
        self.add(contest, "Pitlane ring", SMALL, move |c| hops::ping_pong(cores, trips, c));
        self.add(contest, "disruptor", SMALL, move |c| rings::ping_pong(cores, trips, c));
        self.queue_ping_pong::<Rtrb>("rtrb");
        self.queue_ping_pong::<Array>("ArrayQueue");
        self.queue_ping_pong::<Crossbeam>("crossbeam-channel");
        self.queue_ping_pong::<Std>("std mpsc");
        self.queue_ping_pong::<Kanal>("kanal");
        self.queue_ping_pong::<Flume>("flume");
    }

    fn queue_ping_pong<Q: Queue + 'static>(&mut self, who: &str) {
        let (cores, trips) = (self.cores, self.amount.round_trips);
        self.add("ping-pong, one way", who, SMALL, move |c| {
            shapes::ping_pong::<Q>(cores, trips, c)
        });
    }

    /// Four threads, two cores: they yield. Each contestant is tried pinned in turn and unpinned.
    fn crowded(&mut self, contest: &str, at_lmax: &'static str, shape: Shape) {
        let events = self.amount.events;
        let size =
            move |capacity| Size { events, capacity, batch: CROWDED_BATCH, pause: Pause::Yield };
        for (who, lanes, take) in PLACED {
            self.add(contest, format!("Pitlane topology, {who}"), CAPACITIES, move |c| {
                placed::topology(lanes.clone(), take, shape, size(c))
            });
        }
        for cores in [Some(self.cores), None] {
            let how = if cores.is_some() { "pinned" } else { "free" };
            self.add(contest, format!("Pitlane ring, {how}"), CAPACITIES, move |c| {
                hops::ring(cores, shape, size(c))
            });
            self.add(contest, format!("disruptor, {how}"), CAPACITIES, move |c| {
                rings::run(cores, shape, size(c))
            });
            self.add(contest, format!("rtrb, {how}"), CAPACITIES, move |c| {
                shapes::run::<Rtrb>(cores, shape, size(c))
            });
            self.add(contest, format!("crossbeam-channel, {how}"), CAPACITIES, move |c| {
                shapes::run::<Crossbeam>(cores, shape, size(c))
            });
        }
        let free = None;
        self.add(contest, "ArrayQueue, free", CAPACITIES, move |c| {
            shapes::run::<Array>(free, shape, size(c))
        });
        self.add(contest, "std mpsc, free", CAPACITIES, move |c| {
            shapes::run::<Std>(free, shape, size(c))
        });
        self.add(contest, "kanal, free", CAPACITIES, move |c| {
            shapes::run::<Kanal>(free, shape, size(c))
        });
        self.add(contest, "flume, free", CAPACITIES, move |c| {
            shapes::run::<Flume>(free, shape, size(c))
        });
        self.lmax(contest, at_lmax, "yielding", CROWDED_BATCH);
    }

    fn three_to_one(&mut self) {
        let (events, contest) = (self.amount.events, "three to one");
        let size =
            move |capacity| Size { events, capacity, batch: CROWDED_BATCH, pause: Pause::Yield };
        for (who, lanes, take) in PLACED {
            self.add(contest, format!("Pitlane topology, {who}"), CAPACITIES, move |c| {
                placed::three_to_one(None, lanes.clone(), take, size(c))
            });
        }
        for cores in [Some(self.cores), None] {
            let how = if cores.is_some() { "pinned" } else { "free" };
            let mut add = |who: &str, run: fn(Option<Cores>, Size) -> Ran| {
                self.add(contest, format!("{who}, {how}"), CAPACITIES, move |c| {
                    run(cores, size(c))
                });
            };
            add("Pitlane rings", hops::three_to_one);
            add("disruptor", rings::three_to_one);
            add("rtrb", shapes::three_to_one::<Rtrb>);
            add("ArrayQueue", shapes::three_to_one::<Array>);
            add("crossbeam-channel", shapes::three_to_one::<Crossbeam>);
            add("std mpsc", shapes::three_to_one::<Std>);
            add("kanal", shapes::three_to_one::<Kanal>);
            add("flume", shapes::three_to_one::<Flume>);
        }
        self.lmax(contest, "three", "yielding", CROWDED_BATCH);
    }

    /// What it would cost to spin where threads outnumber cores: of few events, since each wait may
    /// take until the scheduler acts.
    fn spinning(&mut self) {
        let contest = "pipeline of 3, busy spin";
        let events = self.amount.events / 20;
        let size = move |capacity, pause| Size { events, capacity, batch: CROWDED_BATCH, pause };
        for (who, pause) in [("busy-spin", Pause::Spin), ("yielding", Pause::Yield)] {
            self.add(contest, format!("disruptor, {who}"), &[1024], move |c| {
                rings::run(None, Shape::Pipeline, size(c, pause))
            });
            let Some(lmax) = self.lmax.clone() else { continue };
            self.add(contest, format!("LMAX Disruptor, {who}"), &[1024], move |c| {
                lmax.borrow_mut().run("pipeline", who, c, CROWDED_BATCH, events)
            });
        }
    }

    fn copy(&mut self) {
        let (cores, events) = (self.cores, self.amount.events);
        self.add("memcpy, one core", "memcpy", &[256], move |_| raw::copy(cores, events));
    }

    fn lmax(&mut self, contest: &str, shape: &'static str, wait: &'static str, batch: usize) {
        let Some(lmax) = self.lmax.clone() else { return };
        let events = self.amount.events;
        let capacities = if batch > 64 { &CAPACITIES[1..] } else { CAPACITIES };
        self.add(contest, format!("LMAX Disruptor, {wait}"), capacities, move |c| {
            lmax.borrow_mut().run(shape, wait, c, batch, events)
        });
    }
}

fn name_of(pause: Pause) -> &'static str {
    match pause {
        Pause::Spin => "spin",
        Pause::Hint => "hint",
        Pause::Gather => "gather",
        Pause::Lag => "lag",
        Pause::Yield => "yield",
    }
}
