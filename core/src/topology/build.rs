//! Rings, nodes and lanes out of a checked topology.

use super::RunError;
use super::checked::Checked;
use super::couriers::courier;
use super::grouped::{groups, interests, polled};
use super::monitor::PlacedLane;
use super::place::PlannedLane;
use super::plan::Latency;
use super::recording::recorder;
use super::rings::{Ends, build_rings, ingresses, take_stream};
use super::traces::{Around, traced};
use crate::condition::{Condition, Fields, Rest};
use crate::durable::Recorder;
use crate::event::Slot;
use crate::lane::{AnyReader, Failures, Grave, Input, Lane, Node, NodeParts, Polled};
use crate::metrics::{EntryClock, On, Timing};
use crate::middleware::{Layer, LayerKind, wrap};
use crate::sequencer::Sequencer;
use crate::stage::{Gather, Outbox, Tagger};
use crate::sync::Arc;
use crate::topic::{Chosen, Interest, Pattern};
use crate::wait::{Bed, Wait};

/// What runs.
pub(super) struct Built {
    pub(super) sequencer: Sequencer,
    pub(super) lanes: Vec<Lane>,
    /// Lanes that may sleep until something enters.
    pub(super) sleepers: Vec<Bed>,
    pub(super) recorder: Option<Recorder>,
}

/// Builds all rings, then a node per stage, then the lanes.
pub(super) fn build(checked: &mut Checked, lanes: &[PlannedLane]) -> Result<Built, RunError> {
    let clock = checked.clock.clone();
    let entries = (checked.latency != Latency::Off).then(|| {
        // Each event in flight may have entered alone.
        let in_flight = checked.capacities.iter().sum::<usize>();
        Arc::new(EntryClock::new((2 * in_flight).min(MOST_ENTRIES)))
    });
    let groups = groups(checked, lanes);
    let mut rings = build_rings(checked, &groups);
    let ingresses = ingresses(checked, &mut rings);
    let entered = entries.clone().map(|entries| (entries, clock.clone()));
    let sequencer = Sequencer::new(ingresses, entered, checked.shared.clone());
    let beds: Vec<_> = lanes.iter().map(|_| Bed::new()).collect();
    let ons: Vec<_> = lanes.iter().map(|_| On::default()).collect();
    let lane_rings: Vec<_> = lanes.iter().map(|lane| rings_of(checked, lane)).collect();
    let interests = interests(checked);
    let places: Vec<_> = lanes.iter().zip(ons.iter().cloned().zip(beds.iter().cloned())).collect();
    let mut nodes = nodes(checked, &places, &mut rings, entries.as_ref())?;
    let recorder_bed = Bed::new();
    let recorded: Vec<_> = checked.recording.streams.iter().map(|recorded| recorded.0).collect();
    let records = |rings: &[usize]| meet(rings, &recorded).then(|| recorder_bed.clone());
    let sleepers = |own: usize| {
        let wakes = |&i: &usize| i != own && lanes[i].wait == Wait::Park;
        let shares = |&i: &usize| meet(&lane_rings[own], &lane_rings[i]);
        let others = (0..lanes.len()).filter(wakes).filter(shares).map(|i| beds[i].clone());
        others.chain(records(&lane_rings[own])).collect()
    };
    let entering: Vec<_> = streams_that_enter(checked).collect();
    let wait_for_entry = (0..lanes.len())
        .filter(|&i| lanes[i].wait == Wait::Park && meet(&entering, &lane_rings[i]))
        .map(|i| beds[i].clone())
        .chain(records(&entering))
        .collect();
    let waits = |&i: &usize| lanes[i].wait == Wait::Park && meet(&lane_rings[i], &recorded);
    let waiting = (0..lanes.len()).filter(waits).map(|i| beds[i].clone()).collect();
    let reader =
        |stream: usize| rings[stream].recorder.take().expect("a reader per recorded stream");
    let recorder = recorder(checked, recorder_bed.clone(), waiting, reader);
    let grave = Grave::default();
    let mut lane = |(i, lane): (usize, &PlannedLane)| Lane {
        name: lane.name.clone(),
        cpu: lane.cpu,
        must_pin: lane.must_pin,
        wait: lane.wait,
        nodes: polled(checked, lane, &interests, &groups, &mut nodes, &mut rings),
        bed: beds[i].clone(),
        neighbours: sleepers(i),
        shared: checked.shared.clone(),
        grave: grave.clone(),
        on: ons[i].clone(),
        counters: checked.counters.then(|| checked.shared.counters.lane(i)),
    };
    let _ = checked.shared.lanes.set(lanes.iter().zip(&ons).map(placed).collect());
    let lanes = lanes.iter().enumerate().map(&mut lane).collect();
    let _ = checked.shared.beds.set(beds.into_iter().chain([recorder_bed]).collect());
    Ok(Built { sequencer, lanes, sleepers: wait_for_entry, recorder })
}

/// A node for each stage, by its place in topological order; a courier with all stages that it calls.
fn nodes(
    checked: &mut Checked,
    lanes: &[(&PlannedLane, (On, Bed))],
    rings: &mut [Ends],
    entries: Option<&Arc<EntryClock>>,
) -> Result<Vec<Option<Polled>>, RunError> {
    let stages = std::mem::take(&mut checked.graph.stages);
    let mut stages: Vec<_> = stages.into_iter().map(Some).collect();
    let mut nodes: Vec<Option<Polled>> = Vec::new();
    let mut couriers: Vec<_> = checked.graph.couriers.iter().map(|_| Vec::new()).collect();
    let mut links = 0;
    let mut spots = vec![None; checked.order.len()];
    for (lane, spot) in lanes {
        lane.stages.iter().for_each(|&place| spots[place] = Some(spot.clone()));
    }
    for (place, lane) in spots.into_iter().enumerate() {
        let index = checked.order[place];
        let Some(stage) = stages[index].take() else { continue };
        let first_link = links;
        links += stage.links.len();
        let spot = Spot { place, index, first_link, lane };
        nodes.push(match stage.courier {
            None => Some(Polled::Node(node(checked, stage, spot, rings, entries))),
            Some(courier) => {
                couriers[courier].push((stage, spot));
                None
            }
        });
    }
    for (number, parts) in couriers.into_iter().enumerate() {
        let (place, courier) = courier(checked, number, parts, rings)?;
        nodes[place] = Some(Polled::Courier(Box::new(courier)));
    }
    Ok(nodes)
}

fn placed((lane, on): (&PlannedLane, &On)) -> PlacedLane {
    PlacedLane {
        name: lane.name.clone(),
        cpu: lane.cpu,
        wait: lane.wait,
        note: lane.note.clone(),
        stages: lane.stages.clone(),
        on: on.clone(),
    }
}

/// The streams that a lane's stages read or write: what moves on one may be what another lane that
/// reads or writes it waits for.
fn rings_of(checked: &Checked, lane: &PlannedLane) -> Vec<usize> {
    let stages = lane.stages.iter().map(|&place| &checked.graph.stages[checked.order[place]]);
    let rings = stages.flat_map(|stage| {
        let read = stage.links.iter().map(|link| link.stream);
        let written = stage.outputs.iter().copied().chain(stage.pass);
        let written = written
            .flat_map(|stream| std::iter::once(stream).chain(checked.graph.relays_of(stream)));
        read.chain(written)
    });
    rings.collect()
}

fn streams_that_enter(checked: &Checked) -> impl Iterator<Item = usize> {
    let streams = &checked.graph.streams;
    (0..streams.len()).filter(|&stream| streams[stream].writer.is_none())
}

fn meet(some: &[usize], others: &[usize]) -> bool {
    some.iter().any(|ring| others.contains(ring))
}

/// Most batches whose time of entry is kept: 1 MiB of them.
const MOST_ENTRIES: usize = 1 << 16;

/// The name that a stage's events carry: a copy's is that of what it is a copy of.
fn own_name(stage: &super::graph::Stage) -> &str {
    match (stage.copy_of, stage.name.rsplit_once('#')) {
        (Some(_), Some((name, _))) => name,
        _ => &stage.name,
    }
}

/// The types that a stage takes, with their fields.
fn fields_of(
    checked: &Checked,
    links: &[super::graph::Link],
    takes: &[crate::event::EventType],
) -> Vec<Fields> {
    let read = |event: &crate::event::EventType| {
        let mut read = links.iter().map(|link| checked.graph.streams[link.stream].event);
        let found = read.find(|fields| fields.event == *event);
        found.unwrap_or(Fields { event: *event, fields: &[] })
    };
    takes.iter().map(read).collect()
}

/// Tests of what may be emitted, where something says so.
fn authorize(checked: &Checked, outputs: &[usize], layers: &[Layer], out: &mut Outbox) {
    for layer in layers {
        let LayerKind::Authorize(topics) = &layer.0 else { continue };
        for &stream in outputs {
            let stream = &checked.graph.streams[stream];
            let patterns = topics.iter().filter_map(|text| text.parse::<Pattern>().ok());
            let interests = patterns.filter_map(|pattern| {
                pattern.interest(&stream.event, &stream.source).ok().flatten()
            });
            let test = match interests.reduce(Interest::or) {
                Some(interest) => {
                    Chosen::new(&interest, &checked.instruments).into_test(Rest::Nothing)
                }
                None => Box::new(|_: &Slot| false),
            };
            out.allow(stream.event.event, test);
        }
    }
}

/// Where a node stands.
pub(super) struct Spot {
    /// Its place in topological order.
    pub(super) place: usize,
    /// Its number in the plan.
    pub(super) index: usize,
    /// The line of its first link among the counters.
    pub(super) first_link: usize,
    /// What its lane says it is on, and where it sleeps.
    lane: Option<(On, Bed)>,
}

/// A stage with what it reads and where it emits.
fn node(
    checked: &mut Checked,
    stage: super::graph::Stage,
    spot: Spot,
    rings: &mut [Ends],
    entries: Option<&Arc<EntryClock>>,
) -> Node {
    let out = outbox(checked, &stage, &spot, rings, entries);
    let Spot { place, index, first_link, .. } = spot;
    let component = stage.component;
    let conditions = std::mem::take(&mut checked.conditions[index]);
    let links = stage.links.iter().enumerate().zip(conditions);
    let input = |((number, link), when): ((usize, &super::graph::Link), _)| {
        let reader = rings[link.stream].take_reader(index, number);
        let when: Option<Condition> = when;
        let when = if reader.is_some() { when } else { when.and_then(Condition::of_dealt) };
        let reader = reader.unwrap_or(AnyReader::Dealt);
        let event = checked.graph.streams[link.stream].event.event;
        let handler = component.inputs.iter().position(|input| *input == event);
        let handler = handler.expect("input types were checked");
        // A stage that is traced tells its links apart.
        let handler = if checked.trace.is_some() { number } else { handler };
        let counters = || checked.shared.counters.link(first_link + number);
        let tagger = link.share.map(|share| Tagger::new(share, number, stage.links.len()));
        Input::new(reader, handler, when, tagger, link.passes, checked.counters.then(counters))
    };
    let inputs = links.map(input).collect();
    let read = stage.links.iter().map(|link| &checked.graph.streams[link.stream]);
    let read = read.map(|stream| (stream.name.clone(), stream.event.event)).collect();
    let around = Around {
        name: &stage.name,
        takes: &component.inputs,
        links: &stage.links,
        outputs: stage.outputs.iter().chain(&stage.pass).copied().collect(),
    };
    let layers = &component.consumer.layers;
    let fields = fields_of(checked, &stage.links, &component.inputs);
    let made = wrap(component.stage, layers, fields);
    let made = traced(checked, made, &around, entries);
    let failures = Failures::new(component.policy, read, checked.clock.clone());
    Node::new(NodeParts {
        name: stage.name,
        index: place,
        stage: made,
        takes: component.inputs,
        failures,
        joins: stage.joins,
        inputs,
        out,
        counters: checked.counters.then(|| checked.shared.counters.stage(place)),
        limit: checked.batch_limit,
        shared: checked.shared.clone(),
    })
}

/// Where a stage emits, with all its streams.
pub(super) fn outbox(
    checked: &mut Checked,
    stage: &super::graph::Stage,
    spot: &Spot,
    rings: &mut [Ends],
    entries: Option<&Arc<EntryClock>>,
) -> Outbox {
    let component = &stage.component;
    let id = checked.names.id(own_name(stage)).unwrap_or(0);
    let mut out = Outbox::new(id, checked.names.clone(), component.max_emissions);
    let gathers = stage.outputs.iter().filter_map(|&stream| checked.graph.streams[stream].gather);
    if let Some((batch, max_wait)) = gathers.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))) {
        out.gather(Gather::until(batch, max_wait, checked.clock.clone()));
    }
    if let Some(most) = component.consumer.most {
        out.limit_slices(most);
    }
    if component.may_stop {
        out.allow_stop();
    }
    if let Some((on, bed)) = &spot.lane {
        out.show_on(on.clone(), spot.place);
        out.sleep_in(bed.clone());
    }
    if let (Latency::OneIn(every), Some(entries), Some(latencies)) =
        (checked.latency, entries, &checked.shared.layout.stages[spot.place].1)
    {
        let (most, clock) = (checked.batch_limit, quanta::Clock::new());
        out.time(Timing::new(every, most, entries.clone(), clock, latencies.clone()));
    }
    for &stream in &stage.outputs {
        let is_read =
            !rings[stream].readers.is_empty() || checked.graph.relays_of(stream).next().is_some();
        let ends = take_stream(checked, rings, stream);
        let stream = &checked.graph.streams[stream];
        let source = checked.names.id(&stream.source).unwrap_or(0);
        out.add_port(stream.event.event, source, ends, is_read);
    }
    authorize(checked, &stage.outputs, &component.consumer.layers, &mut out);
    if let Some(stream) = stage.pass {
        let ends = take_stream(checked, rings, stream);
        out.set_pass(checked.graph.streams[stream].event.event, ends);
    }
    out
}
