//! Random topologies give the streams that the order of DESIGN defines, however they are run.
//!
//! ```text
//!  feed a --\    +-> s0 --+--> s2 --+
//!            >---|        |         +--> s3 ...      up to 12 stages, fan-in, diamonds, pipelines,
//!  feed b --/    +-> s1 --+---------+                conditions, steps that stop events
//! ```
//! The oracle is the definition itself: root by root, stage by stage, input by input. It knows
//! nothing of rings, lanes or progress.

use pitlane::Tier;
use pitlane::event::{Action, Event, Header, Signal};
use pitlane::route::{Route, broadcast, filter_to, pipeline};
use pitlane::stage::{Component, Outbox, each};
use pitlane::testing::{Script, digest_of};
use pitlane::topology::{Checked, LaneSpec, Lanes, Plan, Report};
use pitlane::wait::Wait;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

const FEEDS: [&str; 2] = ["a", "b"];

/// A run that takes longer hangs.
const HANG: Duration = Duration::from_secs(30);

/// Most events a stage emits for one.
const MOST: u64 = 5;

/// A stage of a random graph.
#[derive(Clone, Debug)]
struct StageShape {
    /// Which feeds and earlier stages it reads, as bits over feeds, then stages.
    reads: u16,
    seed: u64,
    /// Whether it may keep events from the later steps of the pipelines it stands in.
    stops: bool,
    /// Reads only events with an even price.
    even_only: bool,
}

#[derive(Clone, Debug)]
struct Graph {
    stages: Vec<StageShape>,
    /// Per feed and stage: whether its readers stand in a pipeline or in a broadcast.
    in_pipeline: u16,
    roots: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Setting {
    lanes: Lanes,
    capacity: usize,
    batch: usize,
    per_poll: usize,
}

fn graphs() -> impl Strategy<Value = Graph> {
    let stage = (any::<u16>(), any::<u64>(), prop::bool::weighted(0.15), prop::bool::weighted(0.2))
        .prop_map(|(reads, seed, stops, even_only)| StageShape { reads, seed, stops, even_only });
    (prop::collection::vec(stage, 1..=12), any::<u16>(), prop::collection::vec(0_u8..2, 1..60))
        .prop_map(|(stages, in_pipeline, roots)| Graph { stages, in_pipeline, roots })
}

fn settings(stages: usize) -> impl Strategy<Value = Setting> {
    let lanes = prop_oneof![
        Just(Lanes::Fused),
        (1_usize..=3).prop_map(Lanes::Count),
        Just(Lanes::Auto),
        prop::collection::vec(0_usize..3, stages).prop_map(scattered),
    ];
    let capacity = prop_oneof![Just(1_usize), Just(2), Just(4), Just(8), Just(64)];
    let batch = prop_oneof![Just(1_usize), Just(2), Just(3), Just(7), Just(256)];
    let per_poll = prop_oneof![Just(1_usize), Just(3), Just(1000)];
    (lanes, capacity, batch, per_poll).prop_map(|(lanes, capacity, batch, per_poll)| Setting {
        lanes,
        capacity,
        batch,
        per_poll,
    })
}

/// Stages on three lanes without regard to their order.
fn scattered(places: Vec<usize>) -> Lanes {
    let waits = [Wait::Park, Wait::Backoff, Wait::SpinYield];
    let lane = |lane: usize| LaneSpec {
        name: format!("l{lane}"),
        cpu: None,
        wait: Some(waits[lane]),
        stages: (0..places.len()).filter(|&i| places[i] == lane).map(name).collect(),
    };
    Lanes::List((0..3).map(lane).collect())
}

fn name(stage: usize) -> String {
    format!("s{stage}")
}

fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// What a stage emits for an event: 0 to 5 events, fewer the deeper it stands. The price tells
/// events apart, the quantity is the depth.
fn emissions(seed: u64, event: &Signal) -> Vec<Signal> {
    let depth = event.quantity as u64;
    let word = mix(seed ^ mix(event.price as u64 ^ (event.header.root << 32)));
    let count =
        if word.is_multiple_of(2 + 2 * depth) { 1 + (word >> 8) % MOST } else { (word >> 16) % 2 };
    let count = if depth > 5 { 0 } else { count };
    let child = |n| {
        let price = (mix(word ^ n) >> 2) as i64;
        Signal::new(Action::Buy, 0.5, price).with_quantity(event.quantity + 1)
    };
    (0..count).map(child).collect()
}

fn stops(shape: &StageShape, event: &Signal) -> bool {
    shape.stops && mix(shape.seed ^ event.price as u64).is_multiple_of(3)
}

fn stage(shape: &StageShape) -> Component {
    let own = shape.clone();
    let stage = each(move |event: &Signal, out: &mut Outbox| {
        emissions(own.seed, event).into_iter().for_each(|signal| out.emit(signal));
        if stops(&own, event) {
            out.stop();
        }
        Ok(())
    });
    let stage = stage.emits::<Signal>().max_emissions(MOST as usize);
    if shape.stops { stage.may_stop().build() } else { stage.build() }
}

impl Graph {
    /// Stages that read a node (a feed or a stage), in their order.
    fn readers(&self, node: usize) -> Vec<usize> {
        let reads = |&i: &usize| {
            let reads = self.stages[i].reads & ((1 << (FEEDS.len() + i)) - 1);
            // Every stage reads something.
            let reads = if reads == 0 { 1 << (i % FEEDS.len()) } else { reads };
            reads & (1 << node) != 0
        };
        (0..self.stages.len()).filter(reads).collect()
    }

    fn nodes(&self) -> usize {
        FEEDS.len() + self.stages.len()
    }

    fn is_pipeline(&self, node: usize) -> bool {
        // A stage that stops events may stand in one pipeline only: that of the first node it reads.
        let readers = self.readers(node);
        let first = |stage: usize| (0..node).all(|other| !self.readers(other).contains(&stage));
        let stoppers = readers.iter().filter(|&&i| self.stages[i].stops);
        self.in_pipeline & (1 << node) != 0 && stoppers.copied().all(first)
    }

    fn plan(&self, setting: &Setting) -> Plan {
        let mut plan = Plan::new();
        FEEDS.iter().for_each(|feed| drop_ref(plan.source::<Signal>(feed)));
        for (i, shape) in self.stages.iter().enumerate() {
            plan.component(&name(i), stage(shape));
        }
        for node in 0..self.nodes() {
            let source = match FEEDS.get(node) {
                Some(feed) => (*feed).to_owned(),
                None => name(node - FEEDS.len()),
            };
            let target = |i: usize| -> Route {
                let to = Route::To(name(i));
                let even = self.stages[i].even_only && !self.is_pipeline(node);
                if even { filter_to("even", to) } else { to }
            };
            let targets = self.readers(node).into_iter().map(target);
            let route = if self.is_pipeline(node) { pipeline(targets) } else { broadcast(targets) };
            plan.route::<Signal>(&source, Tier::FAST, route);
        }
        let mut predicates = pitlane::condition::Predicates::default();
        predicates.add::<Signal, _>("even", "An even price.", |signal| signal.price % 2 == 0);
        plan.predicates(predicates);
        plan.digests(true).lanes(setting.lanes.clone());
        plan.capacity(setting.capacity).batch_limit(setting.batch);
        plan
    }

    fn script(&self, setting: &Setting) -> Script {
        let mut script = Script::new();
        script.per_poll(setting.per_poll);
        for (i, feed) in self.roots.iter().enumerate() {
            script.event(FEEDS[usize::from(*feed)], entering(i));
        }
        script
    }

    /// What each node's stream must hold: the definition of the order, spelled out.
    fn expected(&self, checked: &Checked) -> BTreeMap<String, Vec<Signal>> {
        let names = checked.names();
        let mut streams: Vec<Vec<Signal>> = vec![Vec::new(); self.nodes()];
        for (i, feed) in self.roots.iter().enumerate() {
            let root = i as u64 + 1;
            let mut of_root: Vec<Vec<Signal>> = vec![Vec::new(); self.nodes()];
            let feed = usize::from(*feed);
            let mut event = entering(i);
            stamp(&mut event, root, names.id(FEEDS[feed]));
            of_root[feed].push(event);
            for stage in 0..self.stages.len() {
                let component = names.id(&name(stage));
                let shape = &self.stages[stage];
                let mut emitted = Vec::new();
                for (node, causes) in of_root.iter().enumerate().take(FEEDS.len() + stage) {
                    let readers = self.readers(node);
                    if !readers.contains(&stage) {
                        continue;
                    }
                    for cause in causes {
                        let before = readers.iter().take_while(|&&other| other != stage);
                        let mut before = before.map(|&other| &self.stages[other]);
                        let stopped = self.is_pipeline(node) && before.any(|s| stops(s, cause));
                        let odd =
                            !self.is_pipeline(node) && shape.even_only && cause.price % 2 != 0;
                        if stopped || odd {
                            continue;
                        }
                        for mut signal in emissions(shape.seed, cause) {
                            stamp(&mut signal, root, component);
                            signal.header.ts_event = cause.header.ts_event;
                            signal.header.instrument = cause.header.instrument;
                            signal.stamp(component.unwrap_or(0));
                            emitted.push(signal);
                        }
                    }
                }
                of_root[FEEDS.len() + stage] = emitted;
            }
            streams.iter_mut().zip(of_root).for_each(|(stream, events)| stream.extend(events));
        }
        let node_name = |node: usize| match FEEDS.get(node) {
            Some(feed) => (*feed).to_owned(),
            None => name(node - FEEDS.len()),
        };
        streams.into_iter().enumerate().map(|(node, s)| (node_name(node), s)).collect()
    }
}

fn drop_ref<T>(_: &mut T) {}

fn entering(index: usize) -> Signal {
    let price = (mix(index as u64) >> 2) as i64;
    let mut signal = Signal::new(Action::Sell, 0.25, price).with_quantity(0);
    signal.header.ts_event = 1000 + index as u64;
    signal.header.instrument = 7;
    signal
}

fn stamp(signal: &mut Signal, root: u64, source: Option<u16>) {
    let header: &mut Header = signal.header_mut();
    header.root = root;
    header.source = source.unwrap_or(0);
}

/// Runs it on a thread of its own; a run that takes longer than a minute hangs.
fn run(graph: &Graph, setting: &Setting) -> (Report, BTreeMap<String, Vec<Signal>>) {
    let checked = graph.plan(setting).check().expect("a random graph has no mistakes");
    let expected = graph.expected(&checked);
    let mut script = graph.script(setting);
    let (done, result) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = done.send(checked.run(&mut script).expect("it starts"));
    });
    let report = result.recv_timeout(HANG).unwrap_or_else(|_| {
        let events: usize = expected.values().map(Vec::len).sum();
        panic!("{events} events hang under {setting:?}")
    });
    (report, expected)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn random_topologies_give_the_defined_streams_however_they_run(
        (graph, settings) in graphs().prop_flat_map(|graph| {
            let settings = prop::collection::vec(settings(graph.stages.len()), 4);
            (Just(graph), settings)
        }),
    ) {
        for setting in &settings {
            let (report, expected) = run(&graph, setting);
            prop_assert!(report.is_complete(), "{setting:?}: {:?}", report.faults);
            for (name, events) in &expected {
                let stream = report.stream(name).expect("every node has a stream");
                prop_assert_eq!(stream.count, events.len() as u64, "{} under {:?}", name, setting);
                prop_assert_eq!(stream.digest, Some(digest_of(events)), "{} under {:?}", name, setting);
            }
        }
    }
}

/// 300 graphs, each run four ways; `PITLANE_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PITLANE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300)
}
