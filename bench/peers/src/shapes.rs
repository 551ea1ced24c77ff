//! The shapes made of queues: one for each arrow. A stage that has one behind it passes events on as
//! copies, as long as what it received.

use crate::queues::{MOST, Queue, Receiver, Sender};
use pitlane_bench::hops::{Shape, Size};
use pitlane_bench::line::{self, Line, numbered};
use pitlane_bench::team::{Cores, Pause, Ran, Team};

/// One writer and the shape's stages, each on a thread, on the two cores in turn; unpinned where there
/// are `None`.
pub fn run<Q: Queue>(cores: Option<Cores>, shape: Shape, size: Size) -> Ran
where
    Q::Sender: 'static,
    Q::Receiver: 'static,
{
    let arrows: &[(usize, usize)] = match shape {
        Shape::Hop => &[(0, 1)],
        Shape::Pipeline => &[(0, 1), (1, 2), (2, 3)],
        Shape::Broadcast => &[(0, 1), (0, 2), (0, 3)],
        Shape::Diamond => &[(0, 1), (0, 2), (1, 3), (2, 3)],
    };
    let threads = arrows.iter().map(|(_, to)| to + 1).max().expect("arrows");
    let mut outputs: Vec<Vec<Q::Sender>> = (0..threads).map(|_| Vec::new()).collect();
    let mut inputs: Vec<Vec<Q::Receiver>> = (0..threads).map(|_| Vec::new()).collect();
    for &(from, to) in arrows {
        let (sender, receiver) = Q::pair(size.capacity);
        outputs[from].push(sender);
        inputs[to].push(receiver);
    }
    let core = |index| cores.map(|cores| cores.of(index));
    let mut team = Team::new();
    let mut expected = Vec::new();
    for (index, (inputs, outputs)) in inputs.into_iter().zip(outputs).enumerate() {
        expected.push(line::sum_of_first(size.events).wrapping_mul(inputs.len() as u64));
        team = match index {
            0 => team.with(core(0), move || write(outputs, size)),
            _ => team.with(core(index), move || stage(inputs, outputs, size)),
        };
    }
    let (ran, sums) = team.run(size.events);
    assert_eq!(sums, expected);
    ran
}

fn write(mut outputs: Vec<impl Sender>, size: Size) -> u64 {
    let mut n = 0;
    while n < size.events {
        let count = (size.events - n).min(size.batch as u64) as usize;
        outputs
            .iter_mut()
            .for_each(|out| all(out, size.pause, count, |at| numbered(n + at as u64)));
        n += count as u64;
    }
    0
}

#[inline]
fn all(out: &mut impl Sender, pause: Pause, count: usize, event: impl Fn(usize) -> Line) {
    let mut sent = 0;
    while sent < count {
        sent += pause.until(|| match out.send(count - sent, |at| event(sent + at)) {
            0 => None,
            more => Some(more),
        });
    }
}

/// Adds up what comes from all inputs, and passes it on.
fn stage(mut inputs: Vec<impl Receiver>, mut outputs: Vec<impl Sender>, size: Size) -> u64 {
    let mut left = size.events * inputs.len() as u64;
    let (mut sum, mut passed) = (0_u64, Vec::with_capacity(MOST));
    let passes = !outputs.is_empty();
    while left > 0 {
        left -= size.pause.until_some(|| {
            let mut count = 0;
            for input in &mut inputs {
                count += input.receive(|event| {
                    sum = sum.wrapping_add(line::sum(event));
                    if passes {
                        passed.push(*event);
                    }
                });
            }
            count
        }) as u64;
        for out in &mut outputs {
            let mut from = 0;
            while from < passed.len() {
                let count = (passed.len() - from).min(size.batch.max(1));
                all(out, size.pause, count, |at| passed[from + at]);
                from += count;
            }
        }
        passed.clear();
    }
    sum
}

/// Three writers and one reader: of one queue where it takes several writers, else of three.
pub fn three_to_one<Q: Queue>(cores: Option<Cores>, size: Size) -> Ran
where
    Q::Sender: 'static,
    Q::Receiver: 'static,
{
    let each = Size { events: size.events / 3, ..size };
    let (first, receiver) = Q::pair(size.capacity);
    let (mut senders, mut receivers) = (Vec::new(), vec![receiver]);
    for _ in 1..3 {
        senders.push(Q::another(&first).unwrap_or_else(|| {
            let (sender, receiver) = Q::pair(size.capacity);
            receivers.push(receiver);
            sender
        }));
    }
    senders.push(first);
    let core = |index| cores.map(|cores| cores.of(index));
    let mut team = Team::new();
    for (index, sender) in senders.into_iter().enumerate() {
        team = team.with(core(index + 1), move || write(vec![sender], each));
    }
    let merge = move || {
        let (mut left, mut sum) = (3 * each.events, 0_u64);
        while left > 0 {
            left -= size.pause.until_some(|| {
                let mut add = |event: &Line| sum = sum.wrapping_add(line::sum(event));
                receivers.iter_mut().map(|input| input.receive(&mut add)).sum()
            }) as u64;
        }
        sum
    };
    let (ran, sums) = team.with(core(0), merge).run(3 * each.events);
    assert_eq!(sums[3], line::sum_of_first(each.events).wrapping_mul(3));
    ran
}

/// An event to and fro; `events` counts single ways.
pub fn ping_pong<Q: Queue>(cores: Cores, round_trips: u64, capacity: usize) -> Ran
where
    Q::Sender: 'static,
    Q::Receiver: 'static,
{
    let ((mut there, mut seen), (mut back, mut home)) = (Q::pair(capacity), Q::pair(capacity));
    let serve = move || {
        (0..round_trips).fold(0, |sum: u64, n| {
            all(&mut there, Pause::Spin, 1, |_| numbered(n));
            sum.wrapping_add(line::sum(&one(&mut home)))
        })
    };
    let answer = move || {
        (0..round_trips).fold(0, |sum: u64, _| {
            let event = one(&mut seen);
            all(&mut back, Pause::Spin, 1, |_| event);
            sum.wrapping_add(line::sum(&event))
        })
    };
    let team = Team::new().with(Some(cores.first), serve).with(Some(cores.second), answer);
    let (ran, sums) = team.run(2 * round_trips);
    assert_eq!(sums, [line::sum_of_first(round_trips); 2]);
    ran
}

fn one(input: &mut impl Receiver) -> Line {
    Pause::Spin.until(|| {
        let mut event = None;
        input.receive(|got| event = Some(*got));
        event
    })
}
