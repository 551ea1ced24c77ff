//! Random topologies give the streams that the order of DESIGN defines, however they are run.
//!
//! ```text
//!  feed a --\    +-> s0 --+--> s2 --+
//!            >---|        |         +--> s3 ...      up to 12 stages, fan-in, diamonds, pipelines,
//!  feed b --/    +-> s1 --+---------+                conditions, steps that stop events
//! ```
//! Beside them stand lossy readers, of any stream and of every kind, with a stage behind each: what those see
//! differs from run to run, what the others see must not, and each account must be closed. Some stages run as
//! copies that share the instruments, and some read what they read by its topic: nothing may differ for that.
//!
//! The oracle is the definition itself: root by root, stage by stage, input by input. It knows
//! nothing of rings, lanes or progress.

use pitlane::Tier;
use pitlane::event::{Action, Event, Header, Signal};
use pitlane::ingress::IngressOptions;
use pitlane::route::{OnFull, Route, broadcast, filter_to, on_full, partition, pipeline};
use pitlane::stage::{Component, OnError, Outbox, each, restartable};
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
    /// Fails on some events and leaves them out, in the same state or as a fresh stage.
    fails: Option<OnError>,
}

#[derive(Clone, Debug)]
struct Graph {
    stages: Vec<StageShape>,
    /// Per feed and stage: whether its readers stand in a pipeline or in a broadcast.
    in_pipeline: u16,
    /// Per feed and stage: whether what it gives has a lossy reader.
    lossy: u16,
    roots: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Setting {
    lanes: Lanes,
    capacity: usize,
    batch: usize,
    per_poll: usize,
    /// Whether events enter by rings of their own, one per feed.
    by_ingress: bool,
    /// Whether what reads a node subscribes to its topic, or is routed.
    by_topic: bool,
    /// Copies that stages with these bits have, where they may.
    replicas: usize,
    partitioned: u16,
}

fn graphs() -> impl Strategy<Value = Graph> {
    let fails = prop_oneof![
        8 => Just(None),
        1 => Just(Some(OnError::Skip)),
        1 => Just(Some(OnError::Restart { limit: u32::MAX })),
    ];
    let stage =
        (any::<u16>(), any::<u64>(), prop::bool::weighted(0.15), prop::bool::weighted(0.2), fails)
            .prop_map(|(reads, seed, stops, even_only, fails)| StageShape {
                reads,
                seed,
                stops,
                even_only,
                fails,
            });
    let stages = prop::collection::vec(stage, 1..=12);
    let lossy = prop_oneof![Just(0), any::<u16>()];
    (stages, any::<u16>(), lossy, prop::collection::vec(0_u8..2, 1..60))
        .prop_map(|(stages, in_pipeline, lossy, roots)| Graph { stages, in_pipeline, lossy, roots })
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
    let shared = (any::<bool>(), 1..=3_usize, any::<u16>());
    (lanes, capacity, batch, per_poll, prop::bool::weighted(0.2), shared).prop_map(
        |(lanes, capacity, batch, per_poll, by_ingress, (by_topic, replicas, partitioned))| {
            Setting {
                lanes,
                capacity,
                batch,
                per_poll,
                by_ingress,
                by_topic,
                replicas,
                partitioned,
            }
        },
    )
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

fn fails(shape: &StageShape, event: &Signal) -> bool {
    shape.fails.is_some() && mix(shape.seed ^ event.price as u64 ^ 5).is_multiple_of(4)
}

fn stage(shape: &StageShape) -> Component {
    let own = shape.clone();
    let made = restartable(move || handles(&own));
    made.on_error(shape.fails.unwrap_or_default())
}

fn handles(shape: &StageShape) -> Component {
    let own = shape.clone();
    let stage = each(move |event: &Signal, out: &mut Outbox| {
        emissions(own.seed, event).into_iter().for_each(|signal| out.emit(signal));
        if stops(&own, event) {
            out.stop();
        }
        if fails(&own, event) { Err("it fails on this one".into()) } else { Ok(()) }
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
        // A stage that keeps events back may stand in one pipeline only: that of the first node it reads.
        let readers = self.readers(node);
        let first = |stage: usize| (0..node).all(|other| !self.readers(other).contains(&stage));
        let stoppers = readers.iter();
        let stoppers =
            stoppers.filter(|&&i| self.stages[i].stops || self.stages[i].fails.is_some());
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
                let to = self.to(i, setting);
                let even = self.stages[i].even_only && !self.is_pipeline(node);
                if even { filter_to("even", to) } else { to }
            };
            let targets = self.readers(node).into_iter().map(target);
            let route = if self.is_pipeline(node) { pipeline(targets) } else { broadcast(targets) };
            if setting.by_topic {
                plan.subscribe([format!("signal.{source}.>")], Tier::FAST, route);
            } else {
                plan.route::<Signal>(&source, Tier::FAST, route);
            }
            if self.lossy & (1 << node) != 0 {
                self.add_losses(&mut plan, node, &source);
            }
        }
        let mut predicates = pitlane::condition::Predicates::default();
        predicates.add::<Signal, _>("even", "An even price.", |signal| signal.price % 2 == 0);
        plan.predicates(predicates);
        plan.digests(true).lanes(setting.lanes.clone());
        plan.capacity(setting.capacity).batch_limit(setting.batch);
        plan
    }

    /// A stage, or copies of it: its streams are the same. One that keeps events back has none, since steps
    /// may stand behind it.
    fn to(&self, stage: usize, setting: &Setting) -> Route {
        let shape = &self.stages[stage];
        let may = !shape.stops && shape.fails.is_none();
        if may && setting.replicas > 1 && setting.partitioned & (1 << stage) != 0 {
            return partition(setting.replicas, name(stage));
        }
        Route::To(name(stage))
    }

    /// A lossy reader of a node's stream, which emits, and a stage that reads it.
    fn add_losses(&self, plan: &mut Plan, node: usize, source: &str) {
        let kinds = [OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate];
        let (some, behind) = (format!("some of {source}"), format!("behind {source}"));
        let fails = node.is_multiple_of(2).then_some(OnError::Skip);
        let shape = |seed| StageShape { reads: 0, seed, stops: false, even_only: false, fails };
        plan.component(&some, stage(&shape(1))).component(&behind, stage(&shape(2)));
        let lossy = on_full(kinds[node % 3], some.as_str());
        plan.route::<Signal>(source, Tier::Standard, lossy);
        plan.route::<Signal>(&some, Tier::Standard, behind.as_str());
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
                        let kept_back = |s: &StageShape| stops(s, cause) || fails(s, cause);
                        let stopped = self.is_pipeline(node) && before.any(kept_back);
                        let odd =
                            !self.is_pipeline(node) && shape.even_only && cause.price % 2 != 0;
                        if stopped || odd || fails(shape, cause) {
                            continue;
                        }
                        for mut signal in emissions(shape.seed, cause) {
                            stamp(&mut signal, root, component);
                            signal.header.ts_event = cause.header.ts_event;
                            signal.header.ts_recv = cause.header.ts_recv;
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
    // Where it is 0 an ingress stamps it with the clock.
    signal.header.ts_recv = 2000 + index as u64;
    signal.header.instrument = 1 + index as u32 % 5;
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
    let by_ingress = setting.by_ingress.then(|| graph.roots.clone());
    std::thread::spawn(move || {
        let report = match by_ingress {
            Some(feeds) => publish(checked, &feeds),
            None => checked.run(&mut script).expect("it starts"),
        };
        let _ = done.send(report);
    });
    let report = result.recv_timeout(HANG).unwrap_or_else(|_| {
        let events: usize = expected.values().map(Vec::len).sum();
        panic!("{events} events hang under {setting:?}")
    });
    (report, expected)
}

/// Enters the same events by a ring for each feed, in their order.
fn publish(mut checked: Checked, feeds: &[u8]) -> Report {
    let ingresses = FEEDS.map(|feed| {
        checked.ingress::<Signal>(feed, IngressOptions::default()).expect("it is there")
    });
    let mut producers = ingresses.map(|ingress| ingress.producer().expect("rings are free"));
    let mut running = checked.start().expect("it starts");
    for (i, feed) in feeds.iter().enumerate() {
        let producer = &mut producers[usize::from(*feed)];
        producer.publish(&entering(i)).expect("it runs");
        while producer.entered() < producer.position() {
            running.poll();
        }
    }
    running.stop()
}

/// Whether what was published on each link was handled, filtered, left out, or counted as lost.
fn accounts_are_closed(report: &Report) -> Result<(), TestCaseError> {
    for link in &report.links {
        let became = link.handled() + link.filtered + link.skipped + link.lost();
        prop_assert_eq!((link.left(), became), (0, link.published), "{:?}", link);
        prop_assert!(link.on_full != OnFull::Block || link.lost() == 0, "{:?}", link);
    }
    for stage in &report.stages {
        let links = report.links.iter().filter(|link| link.stage == stage.name);
        let handled: u64 = links.clone().map(|link| link.handled()).sum();
        prop_assert_eq!(handled, stage.events_in, "{}", &stage.name);
    }
    let skipped: u64 = report.stages.iter().map(|stage| stage.skipped).sum();
    prop_assert_eq!(skipped, report.dead_letters.count);
    Ok(())
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
            accounts_are_closed(&report)?;
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
