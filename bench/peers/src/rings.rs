//! `disruptor`: its own threads and handlers, its batch publication, and a wait strategy that fits two
//! cores.

use disruptor::wait_strategies::WaitStrategy;
use disruptor::{
    BusySpin, BusySpinWithSpinLoopHint, Polling, ProcessorSettings, Producer, Sequence,
    build_multi_producer, build_single_producer,
};
use pitlane_bench::hops::{Shape, Size};
use pitlane_bench::line::{self, Line, numbered};
use pitlane_bench::team::{Cores, LAG_HINTS, Pause, Ran, Team};
use std::sync::mpsc;

/// Gives the core away: what it lacks for more threads than cores.
#[derive(Clone, Copy)]
struct Yielding;

impl WaitStrategy for Yielding {
    #[inline]
    fn wait_for(&self, _: Sequence) {
        std::thread::yield_now();
    }
}

/// Leaves the writer alone for so many hints, as `Pause::Gather` and `Pause::Lag` do, after every look that
/// found nothing: a wait strategy is not told how many events there were before.
#[derive(Clone, Copy)]
struct Gathering(usize);

impl WaitStrategy for Gathering {
    #[inline]
    fn wait_for(&self, _: Sequence) {
        (0..self.0).for_each(|_| std::hint::spin_loop());
    }
}

/// A handler that adds up, and says what it got after the last event.
fn adder(events: u64, said: &mpsc::Sender<u64>) -> impl FnMut(&Line, Sequence, bool) + use<> {
    let (said, mut sum, mut left) = (said.clone(), 0_u64, events);
    move |event, _, _| {
        sum = sum.wrapping_add(line::sum(event));
        left -= 1;
        if left == 0 {
            said.send(sum).expect("somebody waits");
        }
    }
}

fn at<E, W, B: ProcessorSettings<E, W>>(builder: B, core: Option<usize>) -> B {
    match core {
        Some(core) => builder.pin_at_core(core),
        None => builder,
    }
}

/// One writer and the shape's handlers, on the two cores in turn; unpinned where there are `None`.
pub fn run(cores: Option<Cores>, shape: Shape, size: Size) -> Ran {
    match size.pause {
        Pause::Spin => run_with(BusySpin, cores, shape, size),
        Pause::Hint => run_with(BusySpinWithSpinLoopHint, cores, shape, size),
        Pause::Gather => run_with(Gathering(16), cores, shape, size),
        Pause::Lag => run_with(Gathering(LAG_HINTS), cores, shape, size),
        Pause::Yield => run_with(Yielding, cores, shape, size),
    }
}

fn run_with(
    wait: impl WaitStrategy + 'static,
    cores: Option<Cores>,
    shape: Shape,
    size: Size,
) -> Ran {
    let (said, heard) = mpsc::channel();
    let add = || adder(size.events, &said);
    let core = |index| cores.map(|cores| cores.of(index));
    let first = at(build_single_producer(size.capacity, || numbered(0), wait), core(1));
    let first = first.handle_events_with(add());
    let (ran, handlers) = match shape {
        Shape::Hop => (publish(first.build(), core(0), size), 1),
        Shape::Pipeline => {
            let second = at(first.and_then(), core(2)).handle_events_with(add());
            let third = at(second.and_then(), core(3)).handle_events_with(add());
            (publish(third.build(), core(0), size), 3)
        }
        Shape::Broadcast => {
            let second = at(first, core(2)).handle_events_with(add());
            (publish(at(second, core(3)).handle_events_with(add()).build(), core(0), size), 3)
        }
        Shape::Diamond => {
            let second = at(first, core(2)).handle_events_with(add());
            let third = at(second.and_then(), core(3)).handle_events_with(add());
            (publish(third.build(), core(0), size), 3)
        }
    };
    drop(said);
    let sums: Vec<_> = heard.iter().collect();
    assert_eq!(sums, vec![line::sum_of_first(size.events); handlers]);
    ran
}

/// Publishes all and waits for the handlers, as dropping the producer does.
fn publish(producer: impl Producer<Line> + Send, core: Option<usize>, size: Size) -> Ran {
    let (mut ran, _) = Team::new().with(core, || write(producer, size)).run(size.events);
    ran.cores = 2;
    ran
}

fn write(mut producer: impl Producer<Line>, size: Size) -> u64 {
    let mut n = 0;
    while n < size.events {
        let count = (size.events - n).min(size.batch as u64) as usize;
        size.pause.until(|| match count {
            1 => producer.try_publish(|event| line::write(event, n)).ok().map(drop),
            _ => producer
                .try_batch_publish(count, |events| {
                    events.zip(n..).for_each(|(event, n)| line::write(event, n));
                })
                .ok()
                .map(drop),
        });
        n += count as u64;
    }
    0
}

/// Three writers of one ring that takes several, one handler.
pub fn three_to_one(cores: Option<Cores>, size: Size) -> Ran {
    let each = Size { events: size.events / 3, ..size };
    let (said, heard) = mpsc::channel();
    let core = |index| cores.map(|cores| cores.of(index));
    let builder = build_multi_producer(size.capacity, || numbered(0), Yielding);
    let handler = adder(3 * each.events, &said);
    let producer = at(builder, core(0)).handle_events_with(handler).build();
    let mut team = Team::new();
    for (index, producer) in [producer.clone(), producer.clone(), producer].into_iter().enumerate()
    {
        team = team.with(core(index + 1), move || write(producer, each));
    }
    let (mut ran, _) = team.run(3 * each.events);
    ran.cores = 2;
    assert_eq!(heard.recv(), Ok(line::sum_of_first(each.events).wrapping_mul(3)));
    ran
}

/// An event to and fro: a handler answers, a poller takes the answer.
pub fn ping_pong(cores: Cores, round_trips: u64, capacity: usize) -> Ran {
    let builder = build_single_producer(capacity, || numbered(0), BusySpin);
    let (mut home, builder) = builder.new_event_poller();
    let mut back = builder.build();
    let (said, heard) = mpsc::channel();
    let mut add = adder(round_trips, &said);
    let mut there =
        at(build_single_producer(capacity, || numbered(0), BusySpin), Some(cores.second))
            .handle_events_with(move |event: &Line, sequence, last| {
                back.publish(|answer| *answer = *event);
                add(event, sequence, last);
            })
            .build();
    let serve = move || {
        (0..round_trips).fold(0_u64, |sum, n| {
            there.publish(|event| line::write(event, n));
            sum.wrapping_add(Pause::Spin.until(|| match home.poll() {
                Ok(mut events) => (&mut events).next().map(line::sum),
                Err(Polling::NoEvents) => None,
                Err(Polling::Shutdown) => panic!("the handler is gone"),
            }))
        })
    };
    let (mut ran, sums) = Team::new().with(Some(cores.first), serve).run(2 * round_trips);
    ran.cores = 2;
    let sum = line::sum_of_first(round_trips);
    assert_eq!((sums, heard.recv()), (vec![sum], Ok(sum)));
    ran
}
