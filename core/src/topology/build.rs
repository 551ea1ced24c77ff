//! Rings, nodes and lanes out of a checked topology.

use super::checked::Checked;
use super::place::PlannedLane;
use super::plan::Latency;
use crate::event::Slot;
use crate::lane::{Grave, Input, Lane, Node, NodeParts, Probe, empty_histogram};
use crate::metrics::EntryClock;
use crate::ring::{Producer, Reader, ReaderKey, RingBuilder};
use crate::sequencer::{Ingress, Sequencer};
use crate::stage::{Gather, Outbox, Stream};
use crate::sync::Arc;
use crate::wait::{Bed, Wait};

/// What runs.
pub(super) struct Built {
    pub(super) sequencer: Sequencer,
    pub(super) lanes: Vec<Lane>,
}

/// Builds all rings, then a node per stage, then the lanes.
pub(super) fn build(checked: &mut Checked, lanes: &[PlannedLane]) -> Built {
    let clock = quanta::Clock::new();
    let entries = match checked.latency {
        Latency::Off => None,
        Latency::OneIn(every) => {
            let in_flight = checked.capacities.iter().sum::<usize>().min(MOST_ENTRIES);
            Some(Arc::new(EntryClock::new(every, in_flight)))
        }
    };
    let mut rings = build_rings(checked);
    let ingresses = ingresses(checked, &mut rings);
    let entered = entries.clone().map(|entries| (entries, clock.clone()));
    let sequencer = Sequencer::new(ingresses, entered, checked.shared.clone());
    let stages = std::mem::take(&mut checked.graph.stages);
    let mut stages: Vec<_> = stages.into_iter().map(Some).collect();
    let mut nodes: Vec<Option<Node>> = Vec::new();
    for place in 0..checked.order.len() {
        let index = checked.order[place];
        let Some(stage) = stages[index].take() else { continue };
        let probe = entries.clone().map(|entered| Probe {
            entered,
            clock: clock.clone(),
            latency: empty_histogram(),
        });
        nodes.push(Some(node(checked, stage, place, index, &mut rings, probe)));
    }
    let beds: Vec<_> = lanes.iter().map(|_| Bed::new()).collect();
    let sleepers = |own: usize| {
        let sleeps = |&i: &usize| i != own && lanes[i].wait == Wait::Park;
        (0..lanes.len()).filter(sleeps).map(|i| beds[i].clone()).collect()
    };
    let grave = Grave::default();
    let lane = |(i, lane): (usize, &PlannedLane)| Lane {
        name: lane.name.clone(),
        cpu: lane.cpu,
        must_pin: lane.must_pin,
        wait: lane.wait,
        nodes: lane.stages.iter().filter_map(|&place| nodes[place].take()).collect(),
        bed: beds[i].clone(),
        neighbours: sleepers(i),
        shared: checked.shared.clone(),
        grave: grave.clone(),
    };
    let lanes = lanes.iter().enumerate().map(lane).collect();
    let _ = checked.shared.beds.set(beds);
    Built { sequencer, lanes }
}

/// Most entries of the side ring of entry times: 1 MiB of them.
const MOST_ENTRIES: usize = 1 << 16;

/// The two ends of a stream's ring.
struct Ends {
    producer: Option<Producer>,
    /// Per reader: the stage and which of its links.
    readers: Vec<(usize, usize, Option<Reader>)>,
}

fn build_rings(checked: &Checked) -> Vec<Ends> {
    (0..checked.graph.streams.len()).map(|stream| build_ring(checked, stream)).collect()
}

fn build_ring(checked: &Checked, stream: usize) -> Ends {
    let capacity = checked.capacities[stream];
    let mut ring = RingBuilder::<Slot>::new(capacity).expect("capacities were checked");
    let mut keys: Vec<(usize, usize, ReaderKey)> = Vec::new();
    for &stage in &checked.order {
        let links = checked.graph.stages[stage].links.iter().enumerate();
        let mut own = Vec::new();
        for (number, link) in links.filter(|(_, link)| link.stream == stream) {
            let follows = |other: &&(usize, usize, ReaderKey)| link.after.contains(&other.0);
            let others: Vec<_> = keys.iter().filter(follows).map(|other| other.2).collect();
            own.push((stage, number, ring.reader_after(&others)));
        }
        keys.extend(own);
    }
    let (producer, readers) = ring.build();
    let readers = keys.into_iter().zip(readers);
    let readers = readers.map(|((stage, number, _), reader)| (stage, number, Some(reader)));
    Ends { producer: Some(producer), readers: readers.collect() }
}

fn ingresses(checked: &Checked, rings: &mut [Ends]) -> Vec<Ingress> {
    let streams = checked.graph.streams.iter().enumerate();
    let ingress = |(i, stream): (usize, &super::graph::Stream)| Ingress {
        source: stream.source.clone(),
        source_id: checked.names.id(&stream.source).unwrap_or(0),
        event: stream.event.event,
        stream: take_stream(checked, rings, i),
    };
    streams.filter(|(_, stream)| stream.writer.is_none()).map(ingress).collect()
}

fn take_stream(checked: &Checked, rings: &mut [Ends], stream: usize) -> Stream {
    let producer = rings[stream].producer.take().expect("a stream has one writer");
    Stream::new(producer, checked.digests)
}

fn node(
    checked: &mut Checked,
    stage: super::graph::Stage,
    place: usize,
    index: usize,
    rings: &mut [Ends],
    probe: Option<Probe>,
) -> Node {
    let component = stage.component;
    let id = checked.names.id(&stage.name).unwrap_or(0);
    let mut out = Outbox::new(id, checked.names.clone(), component.max_emissions);
    let gathers = stage.outputs.iter().filter_map(|&stream| checked.graph.streams[stream].gather);
    if let Some((batch, max_wait)) = gathers.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))) {
        out.gather(Gather::until(batch, max_wait, quanta::Clock::new()));
    }
    if component.may_stop {
        out.allow_stop();
    }
    if let Some(probe) = &probe {
        out.sample(probe.entered.every(), checked.batch_limit);
    }
    for &stream in &stage.outputs {
        let ends = take_stream(checked, rings, stream);
        let stream = &checked.graph.streams[stream];
        out.add_port(stream.event.event, checked.names.id(&stream.source).unwrap_or(0), ends);
    }
    if let Some(stream) = stage.pass {
        let ends = take_stream(checked, rings, stream);
        out.set_pass(checked.graph.streams[stream].event.event, ends);
    }
    let conditions = std::mem::take(&mut checked.conditions[index]);
    let links = stage.links.iter().enumerate().zip(conditions);
    let input = |((number, link), when): ((usize, &super::graph::Link), _)| {
        let reader = rings[link.stream].readers.iter_mut().find(|r| (r.0, r.1) == (index, number));
        let reader = reader.and_then(|reader| reader.2.take()).expect("a reader per link");
        let event = checked.graph.streams[link.stream].event.event;
        let handler = component.inputs.iter().position(|input| *input == event);
        Input::new(reader, handler.expect("input types were checked"), when, link.passes)
    };
    let inputs = links.map(input).collect();
    Node::new(NodeParts {
        name: stage.name,
        index: place,
        stage: component.stage,
        inputs,
        out,
        counters: checked.shared.stages[place].1.clone(),
        probe,
        limit: checked.batch_limit,
        shared: checked.shared.clone(),
    })
}
