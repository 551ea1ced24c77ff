//! Sets of variants, by name.

use crate::rounds::{Variant, Work};
use crate::{Prepared, Settings, bus, limits, lossy, rows, shapes, topologies};
use pitlane::topology::{Input, Latency, Plan};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Events of a run.
    pub events: u64,
    /// Events in memory, over which a run goes as often as it takes.
    pub prepared: usize,
    /// Rows of the session that is read from a file.
    pub rows: u64,
}

impl Size {
    /// Runs of so many events, and no more of them in memory or files than that.
    #[must_use]
    pub fn of(events: u64) -> Self {
        let prepared = usize::try_from(events).unwrap_or(usize::MAX);
        Self { events, rows: events, prepared: prepared.min(Self::default().prepared) }
    }
}

impl Default for Size {
    /// 2 M events a run, from 64 MiB of them: more than caches hold; 5 M rows.
    fn default() -> Self {
        Self { events: 1 << 21, prepared: 1 << 20, rows: 5_000_000 }
    }
}

/// A set of variants that belong beside each other; ratios are against the first.
#[derive(Debug)]
pub struct Set {
    /// What one asks for it by.
    pub name: &'static str,
    /// What it shows: a sentence.
    pub about: &'static str,
    /// Its variants.
    pub variants: fn(Size) -> Vec<Variant>,
}

/// All sets.
pub const SETS: [Set; 22] = [
    Set {
        name: "replay",
        about: "Trades in memory through sma_cross and mean_reversion, risk_gate, null; fused.",
        variants: replay,
    },
    Set {
        name: "recording",
        about: "The fused replay with what may be recorded.",
        variants: recording,
    },
    Set {
        name: "counting",
        about: "Fused pipelines of 3 stages, batches of 64, with what is counted; a third of the difference is for one stage.",
        variants: counting,
    },
    Set { name: "batch", about: "The fused replay by batch limit.", variants: batch },
    Set {
        name: "capacity",
        about: "The fused replay by capacity of its rings.",
        variants: capacity,
    },
    Set {
        name: "stages",
        about: "Fused pipelines of stages that add up a price; divide by the stages, or see what one more costs.",
        variants: stages,
    },
    Set {
        name: "chains",
        about: "Fused chains of stages that each write every event to a ring of their own.",
        variants: chains,
    },
    Set {
        name: "hop",
        about: "From the input's thread over a ring to a stage on another lane; against the same fused.",
        variants: shapes::hop,
    },
    Set {
        name: "shapes",
        about: "Pipeline, broadcast, diamond, many to one; ratios are against the fused pipeline.",
        variants: shapes::shapes,
    },
    Set {
        name: "conditions",
        about: "A condition on the way to one fused stage; of the demo session, a fifth trades.",
        variants: shapes::conditions,
    },
    Set {
        name: "routing",
        about: "Kinds of routes to the same two fused stages.",
        variants: shapes::routing,
    },
    Set {
        name: "topics",
        about: "A topic, and a condition behind it, on the way to one fused stage; against a plain link.",
        variants: bus::topics,
    },
    Set {
        name: "many-routes",
        about: "10 and 1000 fused subscriptions, of which each event meets 10.",
        variants: bus::many_routes,
    },
    Set {
        name: "emission",
        about: "Events emitted eagerly and lazily, with and without a subscriber.",
        variants: bus::emission,
    },
    Set {
        name: "consumers",
        about: "Slices, conditions and partitions against events one by one; fused.",
        variants: bus::consumers,
    },
    Set {
        name: "middleware",
        about: "Each middleware around one fused stage; against none.",
        variants: bus::middleware,
    },
    Set {
        name: "emitting",
        about: "Authorisation and tracing of what is emitted; against a stage that emits, and a sink.",
        variants: bus::emitting,
    },
    Set {
        name: "rings",
        about: "A ring between two threads, each on a core, without a topology; against raw lines.",
        variants: shapes::rings,
    },
    Set {
        name: "ping-pong",
        about: "An event to and fro over two rings, one way, on two cores; against a bare word.",
        variants: shapes::ping_pong,
    },
    Set {
        name: "lossy",
        about: "A ring of 4096 slots written in batches of 64, beside a lossy reader; the writer's time.",
        variants: |size| lossy::variants(size.events),
    },
    Set {
        name: "csv",
        about: "Rows of Lean's trade files out of a zip through the replay, fused; from disk cache.",
        variants: csv,
    },
    Set {
        name: "session",
        about: "A generated session out of a CSV file through both strategies and the gate, fused.",
        variants: session,
    },
];

/// A topology run from start to stop; building it is part of it, and far below a millisecond.
pub(crate) fn running<I: Input + 'static>(
    name: impl Into<String>,
    plan: impl Fn() -> Plan + 'static,
    input: impl Fn() -> I + 'static,
    threads: Threads,
) -> Variant {
    Variant::new(name, move || {
        let checked = plan().check().expect("a sound plan");
        let mut input = input();
        let run = || {
            let report = checked.run(&mut input).expect("it runs");
            assert!(report.is_complete(), "{report:?}");
            report.events
        };
        match threads {
            Threads::One => Work::time(run),
            Threads::More => Work::time_of_all(run),
        }
    })
}

/// How many threads take part.
#[derive(Clone, Copy)]
pub(crate) enum Threads {
    One,
    More,
}

fn replaying(
    name: impl Into<String>,
    events: &Prepared,
    size: Size,
    settings: Settings,
) -> Variant {
    let events = events.clone();
    let plan = move || topologies::replay(&settings);
    running(name, plan, move || events.input(size.events), Threads::One)
}

fn replay(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let session = Prepared::session(size.prepared);
    vec![
        replaying("trades", &trades, size, Settings::FUSED),
        replaying("demo session: 1 trade, 4 quotes", &session, size, Settings::FUSED),
        limits::rules_by_hand(&trades, size.events),
        limits::reading(&trades, size.events),
        limits::copying(&trades, size.events),
    ]
}

fn recording(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let with = |digests, latency| Settings { digests, latency, ..Settings::FUSED };
    vec![
        replaying("nothing", &trades, size, Settings::FUSED),
        replaying("latency of 1 in 64", &trades, size, with(false, Latency::OneIn(64))),
        replaying("latency of every event", &trades, size, with(false, Latency::OneIn(1))),
        replaying("digests", &trades, size, with(true, Latency::Off)),
        replaying("digests, latency of 1 in 64", &trades, size, with(true, Latency::OneIn(64))),
    ]
}

fn counting(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |name: &str, counters, latency| {
        let settings = Settings { counters, latency, batch_limit: Some(64), ..Settings::FUSED };
        let (plan, events) = (topologies::pipeline_of, trades.clone());
        let plan = move || plan(3, &settings);
        running(name, plan, move || events.input(size.events), Threads::One)
    };
    vec![
        variant("nothing counted", false, Latency::Off),
        variant("counters", true, Latency::Off),
        variant("counters, latency of 1 in 64", true, Latency::OneIn(64)),
        variant("counters, latency of every event", true, Latency::OneIn(1)),
    ]
}

fn batch(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let limit = |events| Settings { batch_limit: Some(events), ..Settings::FUSED };
    let variant = |events| replaying(format!("limit {events}"), &trades, size, limit(events));
    let default = replaying("default", &trades, size, Settings::FUSED);
    std::iter::once(default).chain([1, 16, 64, 128, 256, 512, 1000].map(variant)).collect()
}

fn capacity(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let slots = |slots| Settings { capacity: Some(slots), ..Settings::FUSED };
    let variant = |n| replaying(format!("capacity {n}"), &trades, size, slots(n));
    let default = replaying("default", &trades, size, Settings::FUSED);
    let capacities = [64, 128, 256, 512, 1024, 4096, 16_384, 65_536];
    std::iter::once(default).chain(capacities.map(variant)).collect()
}

fn stages(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |stages| {
        let events = trades.clone();
        let plan = move || topologies::pipeline_of(stages, &Settings::FUSED);
        running(format!("stages: {stages}"), plan, move || events.input(size.events), Threads::One)
    };
    let mut variants: Vec<_> = [1, 3, 5, 10].map(variant).into();
    variants.push(limits::reading(&trades, size.events));
    // As from a feed that has just written them: what the lane costs, and not the memory.
    let few = Prepared::trades(CACHED.min(size.prepared));
    let cached = |stages| {
        let events = few.clone();
        let plan = move || topologies::pipeline_of(stages, &Settings::FUSED);
        let name = format!("stages: {stages}, events in a cache");
        running(name, plan, move || events.input(size.events), Threads::One)
    };
    variants.extend([1, 3, 10].map(cached));
    variants
}

/// Events that a second-level cache holds: 256 KiB.
const CACHED: usize = 4096;

fn chains(size: Size) -> Vec<Variant> {
    let trades = Prepared::trades(size.prepared);
    let variant = |(stages, slots): (usize, Option<usize>)| {
        let events = trades.clone();
        let settings = Settings { capacity: slots, ..Settings::FUSED };
        let capacity = slots.map_or("default".into(), |slots| slots.to_string());
        let name = format!("forwarders: {stages}, capacity {capacity}");
        let plan = move || topologies::chain_of(stages, &settings);
        running(name, plan, move || events.input(size.events), Threads::One)
    };
    let capacities = [64, 128, 256, 512, 1024, 4096, 16_384].map(|slots| (5, Some(slots)));
    [0, 1, 3, 5].map(|stages| (stages, None)).into_iter().chain(capacities).map(variant).collect()
}

fn csv(size: Size) -> Vec<Variant> {
    let count = size.events.min(1 << 20);
    let file = rows::LeanZip::write(&Prepared::trades(count as usize));
    let variant = |name: &str, read_ahead, settings: Settings| {
        let file = file.clone();
        let threads = if read_ahead { Threads::More } else { Threads::One };
        let plan = move || topologies::replay(&settings);
        running(name, plan, move || file.replay(read_ahead), threads)
    };
    let decode = file.clone();
    vec![
        variant("zip, fused, on one thread", false, Settings::FUSED),
        variant("zip, fused, read ahead on a second thread", true, Settings::FUSED),
        Variant::new("decoding alone, no engine", move || Work::time(|| decode.drain())),
    ]
}

fn session(size: Size) -> Vec<Variant> {
    let file = rows::SessionFile::write(size.rows);
    let decode = file.clone();
    let plan = || topologies::replay(&Settings::FUSED);
    let name = format!("{} rows, fused", size.rows);
    vec![
        running(name, plan, move || file.replay(), Threads::One),
        Variant::new("decoding alone, no engine", move || Work::time(|| decode.drain())),
    ]
}
