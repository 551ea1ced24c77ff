//! Replays into a small entry of the tests' own.

use super::{Pace, Replay, ReplayOptions};
use crate::merge;
use pitlane::event::{Event, EventType, MarketData, Side, Slot};
use pitlane::source::{Source, SourceError, SourceReport};
use pitlane::topology::{Entry, Flow, Input, Port};
use std::sync::{Arc, Mutex};

/// A source that hands out a script.
struct Script {
    events: Vec<MarketData>,
    at: usize,
    error: Option<SourceError>,
}

impl Source for Script {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let room = batch.capacity() - batch.len();
        let end = self.events.len().min(self.at + room);
        batch.extend_from_slice(&self.events[self.at..end]);
        self.at = end;
        match self.error.take_if(|_| end == self.events.len()) {
            Some(error) => Err(error),
            None => Ok(end < self.events.len()),
        }
    }

    fn report(&self) -> SourceReport {
        SourceReport {
            events: self.at as u64,
            bytes_read: self.at as u64,
            bytes_total: self.events.len() as u64,
            ..SourceReport::default()
        }
    }
}

fn script(times: impl IntoIterator<Item = u64>) -> Box<dyn Source> {
    let events = times.into_iter().map(|time| MarketData::trade(1, time, 1, 1, Side::None));
    Box::new(Script { events: events.collect(), at: 0, error: None })
}

/// Takes at most `room` events until it is emptied.
struct Sink {
    ports: Vec<Port>,
    names: Vec<&'static str>,
    room: usize,
    taken: Vec<(usize, u64)>,
}

impl Sink {
    fn new(names: &[&'static str], room: usize) -> Self {
        let ports = (0..names.len()).map(Port::new).collect();
        Self { ports, names: names.to_vec(), room, taken: Vec::new() }
    }

    fn times(&self) -> Vec<u64> {
        self.taken.iter().map(|taken| taken.1).collect()
    }
}

impl Entry for Sink {
    fn port(&self, source: &str, event: EventType) -> Option<Port> {
        assert_eq!(event, MarketData::TYPE);
        Some(self.ports[self.names.iter().position(|name| *name == source)?])
    }

    fn room(&mut self) -> usize {
        self.room
    }

    fn enter(&mut self, port: Port, events: &[Slot]) -> usize {
        let count = events.len().min(self.room);
        self.room -= count;
        let source = self.ports.iter().position(|known| *known == port).unwrap();
        let times = Slot::view_all::<MarketData>(&events[..count]).iter().map(merge::time);
        self.taken.extend(times.map(|time| (source, time)));
        count
    }
}

fn run(replay: &mut Replay, sink: &mut Sink, room: usize) {
    while replay.poll(sink).unwrap() != Flow::Done {
        sink.room = room;
    }
}

fn options() -> ReplayOptions {
    ReplayOptions::default()
}

fn replay(times: impl IntoIterator<Item = u64>, options: ReplayOptions) -> Vec<u64> {
    let mut replay = Replay::new(vec![("a".into(), script(times))], options);
    let mut sink = Sink::new(&["a"], 3);
    run(&mut replay, &mut sink, 3);
    assert!(replay.progress().get().done);
    assert_eq!(replay.entered(), sink.taken.len() as u64);
    sink.times()
}

#[test]
fn enters_everything_in_order_whatever_the_room() {
    for room in [1, 2, 1000, 5000] {
        let sources = vec![
            ("a".into(), script((0..3000).map(|t| 2 * t))),
            ("b".into(), script((0..3000).map(|t| 3 * t))),
        ];
        let mut replay = Replay::new(sources, options());
        let mut sink = Sink::new(&["b", "a"], 0);
        run(&mut replay, &mut sink, room);
        let mut expected: Vec<(u64, usize)> =
            (0..3000).map(|t| (2 * t, 0)).chain((0..3000).map(|t| (3 * t, 1))).collect();
        expected.sort();
        // The sink's port 0 is source b.
        let found: Vec<_> = sink.taken.iter().map(|&(port, time)| (time, 1 - port)).collect();
        assert_eq!(found, expected, "room {room}");
    }
}

#[test]
fn from_is_taken_in_and_to_is_not() {
    let window = ReplayOptions { from: Some(10), to: Some(20), ..options() };
    assert_eq!(replay(0..5000, window.clone()), (10..20).collect::<Vec<_>>());
    assert_eq!(
        replay([9, 15, 3, 12, 25, 13], window),
        [15, 3, 12],
        "by event time, which never steps back"
    );
}

#[test]
fn the_limit_is_exact() {
    for limit in [0, 1, 1023, 1024, 1025, 3000, 9000] {
        let limited = ReplayOptions { limit: Some(limit), ..options() };
        assert_eq!(replay(0..3000, limited).len() as u64, limit.min(3000));
    }
    let both = ReplayOptions { from: Some(100), limit: Some(5), ..options() };
    assert_eq!(replay(0..3000, both), [100, 101, 102, 103, 104]);
}

#[test]
fn an_error_comes_after_what_was_read_before_it() {
    let error = SourceError { message: "torn".into(), ..SourceError::default() };
    let events = (0..5).map(|time| MarketData::trade(1, time, 1, 1, Side::None)).collect();
    let source = Script { events, at: 0, error: Some(error.clone()) };
    let mut replay = Replay::new(vec![("a".into(), Box::new(source))], options());
    let mut sink = Sink::new(&["a"], 2);
    let found = loop {
        match replay.poll(&mut sink) {
            Ok(flow) => assert_ne!(flow, Flow::Done),
            Err(error) => break error,
        }
        sink.room = 2;
    };
    assert_eq!((found, sink.times()), (error, vec![0, 1, 2, 3, 4]));
    assert_eq!(replay.poll(&mut sink), Ok(Flow::Done));
}

#[test]
fn a_source_that_is_not_routed_is_named() {
    let mut replay = Replay::new(vec![("x".into(), script([1]))], options());
    let error = replay.poll(&mut Sink::new(&["a"], 1)).unwrap_err();
    assert!(error.message.contains("`x`"), "{}", error.message);
}

/// Replays at a pace with a clock moved by hand; gives (clock, event) pairs.
fn paced(times: &[u64], pace: Pace) -> Vec<(u64, u64)> {
    let clock = Arc::new(Mutex::new(500_u64));
    let hand = clock.clone();
    let read = Box::new(move || *hand.lock().unwrap());
    let options = ReplayOptions { pace, ..options() };
    let mut replay = Replay::with_clock(vec![("a".into(), script(times.to_vec()))], options, read);
    let (mut sink, mut found) = (Sink::new(&["a"], 100), Vec::new());
    loop {
        let flow = replay.poll(&mut sink).unwrap();
        let now = *clock.lock().unwrap() - 500;
        found.extend(sink.taken.drain(..).map(|(_, time)| (now, time)));
        match flow {
            Flow::Idle(wait) => {
                // Shortly before an event is due nobody sleeps.
                *clock.lock().unwrap() += wait.as_nanos().max(1) as u64;
            }
            Flow::More => {}
            Flow::Done => return found,
        }
    }
}

#[test]
fn the_pace_is_a_multiple_of_the_recorded_speed_also_below_one() {
    let times = [1000, 1000, 1400, 1200, 3000];
    let expected = |clock: [u64; 5]| clock.into_iter().zip(times).collect::<Vec<_>>();
    assert_eq!(paced(&times, Pace::Times(1.0)), expected([0, 0, 400, 400, 2000]));
    assert_eq!(paced(&times, Pace::Times(4.0)), expected([0, 0, 100, 100, 500]));
    assert_eq!(paced(&times, Pace::Times(0.25)), expected([0, 0, 1600, 1600, 8000]));
    assert_eq!(paced(&times, Pace::Max), expected([0; 5]));
}

#[test]
fn progress_goes_from_nothing_to_all() {
    let mut replay = Replay::new(vec![("a".into(), script(0..200_000))], options());
    let handle = replay.progress();
    assert_eq!(handle.get().fraction(), Some(0.0));
    let mut sink = Sink::new(&["a"], 0);
    let mut seen = Vec::new();
    while replay.poll(&mut sink).unwrap() != Flow::Done {
        sink.room = 5000;
        seen.push(handle.get().fraction().unwrap());
    }
    assert!(seen.windows(2).all(|w| w[0] <= w[1]));
    assert!(seen.iter().any(|f| *f > 0.3 && *f < 0.7));
    let end = handle.get();
    assert_eq!((end.fraction(), end.events, end.event_time), (Some(1.0), 200_000, 199_999));
    assert_eq!(replay.reports()[0].1.events, 200_000);
}
