//! Random small topologies, fed in every way, ended in every way at random points, and started again:
//! nothing hangs, and the accounts add up.
//!
//! ```text
//!  script, hand, threads --> feed --> s0 --+--> s2 ...     up to 4 stages: some emit, some are slow,
//!                              +----> s1 --+               some put their events off
//! ```

use pitlane::Tier;
use pitlane::event::{Action, Signal};
use pitlane::ingress::{Ingress, IngressOptions, Order, PublishError};
use pitlane::stage::{Component, Outbox, each};
use pitlane::testing::Script;
use pitlane::topology::{LaneSpec, Lanes, Monitor, Plan, Report, Running};
use pitlane::wait::Wait;
use proptest::prelude::*;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// A life that takes longer hangs.
const HANG: Duration = Duration::from_secs(30);

/// Most events that enter before the end comes.
const MOST: u64 = 200;

#[derive(Clone, Copy, Debug)]
enum Kind {
    Echo,
    Silent,
    Slow,
    Reluctant,
}

#[derive(Clone, Debug)]
struct Shape {
    /// Per stage what it does, and which of feed and earlier stages it reads, as bits.
    stages: Vec<(Kind, u8)>,
    lanes: Lanes,
    capacity: usize,
    batch: usize,
}

#[derive(Clone, Copy, Debug)]
enum Feed {
    Script,
    Hand,
    Threads { count: usize, by_time: bool },
}

#[derive(Clone, Copy, Debug)]
enum End {
    Done,
    Drain,
    Halt,
    Within(Duration),
    Dropped,
}

#[derive(Clone, Debug)]
struct Life {
    shape: Shape,
    feed: Feed,
    end: End,
    after: u64,
}

fn lanes(stages: usize) -> impl Strategy<Value = Lanes> {
    let scattered = |places: Vec<usize>| {
        let lane = |lane: usize| LaneSpec {
            name: format!("l{lane}"),
            cpu: None,
            wait: Some([Wait::Park, Wait::Backoff][lane]),
            stages: (0..places.len()).filter(|&i| places[i] == lane).map(name).collect(),
        };
        Lanes::List((0..2).map(lane).collect())
    };
    prop_oneof![
        Just(Lanes::Fused),
        (1..=2_usize).prop_map(Lanes::Count),
        prop::collection::vec(0..2_usize, stages).prop_map(scattered),
    ]
}

fn shapes() -> impl Strategy<Value = Shape> {
    let kind = prop::sample::select(vec![Kind::Echo, Kind::Silent, Kind::Slow, Kind::Reluctant]);
    prop::collection::vec((kind, any::<u8>()), 1..=4).prop_flat_map(|stages| {
        let (capacity, batch) = (0..7_u32, prop::sample::select(vec![1_usize, 3, 256]));
        let rest = (lanes(stages.len()), capacity, batch);
        rest.prop_map(move |(lanes, exponent, batch)| {
            let stages = stages.clone();
            Shape { stages, lanes, capacity: 1 << exponent, batch }
        })
    })
}

fn lives() -> impl Strategy<Value = Life> {
    let threads = (1..=3_usize, any::<bool>());
    let feed = prop_oneof![
        Just(Feed::Script),
        Just(Feed::Hand),
        threads.prop_map(|(count, by_time)| Feed::Threads { count, by_time }),
    ];
    let end = prop_oneof![
        Just(End::Done),
        Just(End::Drain),
        Just(End::Halt),
        (0..3_u64).prop_map(|ms| End::Within(Duration::from_millis(ms))),
        Just(End::Dropped),
    ];
    (shapes(), feed, end, 0..MOST).prop_map(|(shape, feed, end, after)| Life {
        shape,
        feed,
        end,
        after,
    })
}

fn name(stage: usize) -> String {
    format!("s{stage}")
}

fn event(number: u64) -> Signal {
    let mut signal = Signal::new(Action::Buy, 1.0, number as i64);
    signal.header.ts_event = number + 1;
    signal
}

/// Events that each stage handled, by its own count.
type Handled = Arc<Mutex<Vec<u64>>>;

fn stage(number: usize, kind: Kind, handled: Handled) -> Component {
    let mut calls = 0_u64;
    let stage = each(move |_: &Signal, out: &mut Outbox| {
        calls += 1;
        match kind {
            Kind::Echo => out.emit(Signal::new(Action::Buy, 1.0, 0)),
            Kind::Slow if calls.is_multiple_of(16) => {
                std::thread::sleep(Duration::from_micros(200))
            }
            Kind::Reluctant if !calls.is_multiple_of(3) => {
                out.not_now();
                return Ok(());
            }
            _ => {}
        }
        handled.lock().expect("no panic")[number] += 1;
        Ok(())
    });
    stage.emits::<Signal>().build()
}

impl Shape {
    fn plan(&self, handled: &Handled) -> Plan {
        let mut plan = Plan::new();
        plan.source::<Signal>("feed");
        *handled.lock().expect("no panic") = vec![0; self.stages.len()];
        for (number, (kind, reads)) in self.stages.iter().enumerate() {
            plan.component(&name(number), stage(number, *kind, handled.clone()));
            // Every stage reads something, the first the feed.
            let reads = match reads & ((2 << number) - 1) {
                0 => 1,
                reads => reads,
            };
            for source in (0..=number).filter(|source| reads & (1 << source) != 0) {
                let source = if source == 0 { "feed".into() } else { name(source - 1) };
                plan.route::<Signal>(&source, Tier::FAST, name(number).as_str());
            }
        }
        plan.lanes(self.lanes.clone()).capacity(self.capacity).batch_limit(self.batch);
        plan
    }
}

/// Ends it once so many events have entered.
fn end_by(monitor: &Monitor, life: &Life) {
    while monitor.entered() < life.after && !monitor.is_halted() {
        std::thread::yield_now();
    }
    match life.end {
        End::Halt => monitor.halt(),
        _ => monitor.drain(),
    }
}

/// What is left when the events are in: the stop, or none.
fn end_by_hand(running: Running, end: End) -> Option<Report> {
    match end {
        End::Within(limit) => Some(running.stop_within(limit)),
        End::Dropped => None,
        End::Drain => {
            running.monitor().drain();
            Some(running.stop())
        }
        End::Halt => {
            running.monitor().halt();
            Some(running.stop())
        }
        End::Done => Some(running.stop()),
    }
}

/// Publishes with threads that come and go until they are told it is closed; gives how many of their
/// events were taken in, by what they were told.
fn publish(ingress: &Ingress<Signal>) -> u64 {
    let (mut told, mut number) = (0, 0);
    while let Ok(mut producer) = ingress.producer() {
        for count in 1..=40 {
            let events: Vec<_> = (number..number + count % 4 + 1).map(event).collect();
            number += events.len() as u64;
            match producer.publish_all(&events) {
                Ok(position) => assert_eq!(position, producer.position()),
                Err(PublishError::Closed { position }) => {
                    assert_eq!(position, producer.position());
                    return told + position;
                }
                Err(PublishError::Full) => unreachable!("it waits for room"),
            }
        }
        told += producer.position();
    }
    told
}

/// Lives once, and checks the accounts.
fn live(life: &Life) {
    let handled = Handled::default();
    let mut checked = life.shape.plan(&handled).check().expect("no mistakes");
    let monitor = checked.monitor();
    let report = match life.feed {
        Feed::Script => {
            let running = checked.start().expect("it starts");
            std::thread::scope(|scope| {
                let mut script = Script::new();
                script.per_poll(7);
                (0..MOST).for_each(|number| drop_ref(script.event("feed", event(number))));
                if !matches!(life.end, End::Done) {
                    scope.spawn(|| end_by(&monitor, life));
                }
                Some(running.run(&mut script))
            })
        }
        Feed::Hand => {
            let mut running = checked.start().expect("it starts");
            for number in 0..life.after {
                let root = running.publish("feed", &event(number)).expect("it runs");
                assert_eq!(root, number + 1);
            }
            end_by_hand(running, life.end)
        }
        Feed::Threads { count, by_time } => {
            let max_wait = Duration::from_micros(100);
            let order = if by_time { Order::Time { max_wait } } else { Order::Arrival };
            let options = IngressOptions { max_producers: count, capacity: 8, order };
            let ingress = checked.ingress::<Signal>("feed", options).expect("sound options");
            let mut running = checked.start().expect("it starts");
            std::thread::scope(|scope| {
                let threads = [(); 3].map(|()| ingress.clone()).into_iter().take(count);
                let threads: Vec<_> =
                    threads.map(|ingress| scope.spawn(move || publish(&ingress))).collect();
                let report = if matches!(life.end, End::Within(_) | End::Dropped) {
                    while monitor.entered() < life.after {
                        running.poll();
                    }
                    end_by_hand(running, life.end)
                } else {
                    scope.spawn(|| end_by(&monitor, life));
                    Some(running.serve())
                };
                let told = threads.into_iter().map(|thread| thread.join().expect("no panic"));
                let cut_short = monitor.is_halted() || matches!(life.end, End::Dropped);
                account_of_threads(told.sum(), &ingress, cut_short);
                report
            })
        }
    };
    if let Some(report) = report {
        account(&report, &life.shape, &handled.lock().expect("no panic"));
    }
}

fn drop_ref<T>(_: &mut T) {}

/// What the threads were told is what entered; a halt leaves over what it says.
fn account_of_threads(told: u64, ingress: &Ingress<Signal>, cut_short: bool) {
    let report = ingress.report();
    if cut_short {
        assert!(
            (report.entered..=report.entered + report.left_over).contains(&told),
            "{told}: {report:?}"
        );
    } else {
        assert_eq!((told, 0), (report.entered, report.left_over));
    }
    assert_eq!(report.producers, 0);
}

fn account(report: &Report, shape: &Shape, handled: &[u64]) {
    assert!(report.faults.is_empty() && report.left_behind.is_empty(), "{report:?}");
    assert_eq!(report.stream("feed").map(|feed| feed.count), Some(report.events));
    for link in &report.links {
        let stream = report.stream(&link.stream).expect("every link has a stream");
        assert_eq!(link.published, stream.count);
        assert_eq!(link.handled() + link.left(), stream.count);
        assert!(link.left() == 0 || report.interrupted, "{link:?}");
    }
    for (number, (kind, _)) in shape.stages.iter().enumerate() {
        let links = report.links.iter().filter(|link| link.stage == name(number));
        let sum: u64 = links.map(|link| link.handled()).sum();
        assert_eq!(sum, handled[number], "{number}: {report:?}");
        let emitted = if matches!(kind, Kind::Echo) { handled[number] } else { 0 };
        let stream = report.stream(&name(number)).expect("every stage has one");
        assert!(stream.count == emitted || report.interrupted, "{stream:?} of {emitted}");
    }
}

/// Runs it on a thread of its own and gives it up when it hangs.
fn watched(life: &Life) {
    let (done, result) = mpsc::channel();
    let own = life.clone();
    let thread = std::thread::spawn(move || {
        live(&own);
        let _ = done.send(());
    });
    match result.recv_timeout(HANG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs: {life:?}"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// 200 lives; `PITLANE_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PITLANE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn a_topology_that_is_ended_anyhow_leaves_nothing_unaccounted_and_starts_again(life in lives()) {
        watched(&life);
        // Again in the same process, to the end.
        watched(&Life { feed: Feed::Script, end: End::Done, ..life });
    }
}
