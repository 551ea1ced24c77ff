//! Rings out of a checked topology, and who gets which end.

use super::checked::Checked;
use super::grouped::{GROUPS, Grouped};
use super::plan::Lanes;
use super::{FailedEvent, StageFault};
use crate::delivery::Settlement;
use crate::event::{Event, Slot};
use crate::lane::AnyReader;
use crate::ring::{Producer, Reader, ReaderKey, RingBuilder, Span};
use crate::route::OnFull;
use crate::sequencer::Ingress;
use crate::stage::{Gate, OnFault, Relay, Stream};
use std::collections::HashMap;

/// The two ends of a stream's ring.
pub(super) struct Ends {
    producer: Option<Producer>,
    /// Its line among the counters.
    line: usize,
    /// Per stage and which of its links.
    pub(super) readers: HashMap<(usize, usize), AnyReader>,
    pub(super) recorder: Option<Reader>,
}

impl Ends {
    /// The reader of a stage's link; `None` where its group has one for all.
    pub(super) fn take_reader(&mut self, stage: usize, link: usize) -> Option<AnyReader> {
        self.readers.remove(&(stage, link))
    }
}

pub(super) fn build_rings(checked: &Checked, groups: &[Grouped]) -> Vec<Ends> {
    // Stages by the streams they read: a start costs as much as there are links.
    let mut reading = vec![Vec::new(); checked.graph.streams.len()];
    for &stage in &checked.order {
        for link in &checked.graph.stages[stage].links {
            if reading[link.stream].last() != Some(&stage) {
                reading[link.stream].push(stage);
            }
        }
    }
    let mut lines = vec![0; reading.len()];
    checked.graph.ring_order().enumerate().for_each(|(line, stream)| lines[stream] = line);
    let ring = |(stream, stages): (usize, Vec<usize>)| {
        let ends = build_ring(checked, stream, &stages, groups);
        Ends { line: lines[stream], ..ends }
    };
    reading.into_iter().enumerate().map(ring).collect()
}

fn build_ring(checked: &Checked, stream: usize, stages: &[usize], groups: &[Grouped]) -> Ends {
    let capacity = checked.capacities[stream];
    let mut ring = RingBuilder::<Slot>::new(capacity).expect("capacities were checked");
    let mut keys: Vec<(usize, usize, ReaderKey)> = Vec::new();
    let mut by_stage: HashMap<usize, Vec<ReaderKey>> = HashMap::new();
    let mut lossy = Vec::new();
    let own = groups.iter().enumerate().filter(|(_, group)| group.stream == stream);
    for (number, _) in own {
        keys.push((GROUPS + number, 0, ring.reader()));
    }
    for &stage in stages {
        if groups.iter().any(|group| group.has(stage)) {
            continue;
        }
        let reads_rings = !checked.graph.is_called(stage);
        let links = checked.graph.stages[stage].links.iter().enumerate();
        let links = links.filter(|_| reads_rings);
        let mut own = Vec::new();
        for (number, link) in links.filter(|(_, link)| link.stream == stream) {
            if link.is_lossy() {
                ring.lossy_reader();
                lossy.push((stage, number));
                continue;
            }
            let others = link.after.iter().filter_map(|other| by_stage.get(other)).flatten();
            let others: Vec<_> = others.copied().collect();
            own.push((stage, number, ring.reader_after(&others)));
        }
        by_stage.entry(stage).or_default().extend(own.iter().map(|own| own.2));
        keys.extend(own);
    }
    // The last reader is the recorder's.
    let recorded = checked.recording.has(stream).then(|| ring.reader());
    // What the caller's thread brings in, lanes take. What digests and relays look at again is best left in its caches.
    let looked_at = checked.digests || checked.graph.relays_of(stream).next().is_some();
    let enters = checked.graph.streams[stream].writer.is_none();
    ring.span(match (&checked.lanes, &recorded) {
        (Lanes::Fused, None) => Span::OneThread,
        (Lanes::Fused, Some(_)) => Span::Unknown,
        _ if enters && !looked_at => Span::TwoThreads,
        _ => Span::Unknown,
    });
    let (producer, mut readers, lossy_readers) = ring.build_with_lossy();
    let recorder = recorded.and_then(|_| readers.pop());
    let gated = keys.into_iter().zip(readers);
    let gated =
        gated.map(|((stage, number, _), reader)| ((stage, number), AnyReader::Gated(reader)));
    let lossy = lossy.into_iter().zip(lossy_readers).map(|((stage, number), reader)| {
        ((stage, number), AnyReader::Lossy(reader, checked.batch_limit))
    });
    let readers = gated.chain(lossy);
    Ends { producer: Some(producer), line: 0, readers: readers.collect(), recorder }
}

pub(super) fn ingresses(checked: &mut Checked, rings: &mut [Ends]) -> Vec<Ingress> {
    let enters = |&i: &usize| {
        let stream = &checked.graph.streams[i];
        stream.writer.is_none() && stream.relay.is_none()
    };
    let entering: Vec<_> = (0..checked.graph.streams.len()).filter(enters).collect();
    let ingress = |i: usize| {
        let (source, event) = {
            let stream = &checked.graph.streams[i];
            (stream.source.clone(), stream.event.event)
        };
        let source_id = checked.names.id(&source).unwrap_or(0);
        Ingress { source, source_id, event, stream: take_stream(checked, rings, i) }
    };
    entering.into_iter().map(ingress).collect()
}

pub(super) fn take_stream(checked: &mut Checked, rings: &mut [Ends], stream: usize) -> Stream {
    let relays: Vec<_> = checked.graph.relays_of(stream).collect();
    let relays = relays.into_iter().map(|stream| take_relay(checked, rings, stream)).collect();
    let producer = rings[stream].producer.take().expect("a stream has one writer");
    let counters = || checked.shared.counters.ring(rings[stream].line);
    // When something was settled differs from run to run.
    let digest = checked.digests && checked.graph.streams[stream].event.event != Settlement::TYPE;
    Stream::new(producer, digest, checked.counters.then(counters)).with_relays(relays)
}

fn take_relay(checked: &mut Checked, rings: &mut [Ends], stream: usize) -> Relay {
    let producer = rings[stream].producer.take().expect("a relay writes it");
    let when = checked.relay_conditions[stream].take();
    let gate = when.map(|when| Gate::new(when, relay_fails(checked, stream)));
    let counters = checked.shared.counters.ring(rings[stream].line);
    let relay = checked.graph.streams[stream].relay.as_ref();
    if relay.is_some_and(|relay| relay.on_full == OnFull::Conflate) {
        let expected = (KINDS * checked.expected_instruments).clamp(64, MOST_EXPECTED);
        return Relay::conflating(producer, gate, expected, counters);
    }
    Relay::dropping(producer, gate, counters)
}

/// The condition of a relay panicked: there is no stage whose policy could decide, so the topology
/// halts, and names the relay and the event.
fn relay_fails(checked: &Checked, stream: usize) -> OnFault {
    let read = &checked.graph.streams[checked.graph.source_of(stream)];
    let (read, event) = (read.name.clone(), read.event.event);
    let name = checked.graph.streams[stream].name.clone();
    let shared = checked.shared.clone();
    Box::new(move |sequence, slot, fault| {
        let (stage, stream) = (name.clone(), read.clone());
        let failed = FailedEvent { stream, sequence, event, slot: *slot };
        let (root, event) = (slot.header.root, Some(Box::new(failed)));
        shared.fail(StageFault { stage, root, event, fault });
    })
}

/// Kinds of events that an instrument has at once, and instruments and kinds together, for which
/// conflating relays take memory at the start.
const KINDS: usize = 4;
const MOST_EXPECTED: usize = 1 << 20;
