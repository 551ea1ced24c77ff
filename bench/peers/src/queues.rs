//! Rivals that are queues, behind two small traits: what is sent is gone from here, what is received
//! is a copy. Each uses its best batch API where it has one.

use crossbeam_queue::ArrayQueue;
use pitlane_bench::line::Line;
use std::sync::{Arc, mpsc};

/// Most events received at a time.
pub const MOST: usize = 256;

/// The end that sends.
pub trait Sender: Send {
    /// Sends up to `count` events, the i-th being `event(i)`; gives how many. Does not wait.
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize;
}

/// The end that receives.
pub trait Receiver: Send {
    /// Receives what is there, [`MOST`] at most; gives how many. Does not wait.
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize;
}

/// A rival.
pub trait Queue {
    /// Its end that sends.
    type Sender: Sender;
    /// Its end that receives.
    type Receiver: Receiver;

    /// A queue of so many events.
    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// One more sender of the same queue; `None` where it takes only one.
    fn another(sender: &Self::Sender) -> Option<Self::Sender>;
}

/// Sends one by one until one is refused.
#[inline]
fn one_by_one(count: usize, mut send: impl FnMut(usize) -> bool) -> usize {
    (0..count).take_while(|&index| send(index)).count()
}

/// Receives one by one until nothing is there.
#[inline]
fn while_there(mut receive: impl FnMut() -> Option<Line>, mut each: impl FnMut(&Line)) -> usize {
    (0..MOST).map_while(|_| receive()).inspect(|event| each(event)).count()
}

/// `rtrb`, in chunks on both sides.
pub struct Rtrb;

impl Queue for Rtrb {
    type Sender = rtrb::Producer<Line>;
    type Receiver = rtrb::Consumer<Line>;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        rtrb::RingBuffer::new(capacity)
    }

    fn another(_: &Self::Sender) -> Option<Self::Sender> {
        None
    }
}

impl Sender for rtrb::Producer<Line> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        if count == 1 {
            return usize::from(self.push(event(0)).is_ok());
        }
        let Ok(chunk) = self.write_chunk_uninit(count) else { return 0 };
        chunk.fill_from_iter((0..count).map(event))
    }
}

impl Receiver for rtrb::Consumer<Line> {
    #[inline]
    fn receive(&mut self, mut each: impl FnMut(&Line)) -> usize {
        let count = self.slots().min(MOST);
        if count == 0 {
            return 0;
        }
        let chunk = self.read_chunk(count).expect("they are there");
        let (head, tail) = chunk.as_slices();
        head.iter().chain(tail).for_each(&mut each);
        chunk.commit_all();
        count
    }
}

/// `rtrb`, event by event on the reader's side.
pub struct RtrbPop;

/// A consumer that pops.
pub struct Popping(rtrb::Consumer<Line>);

impl Queue for RtrbPop {
    type Sender = rtrb::Producer<Line>;
    type Receiver = Popping;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let (producer, consumer) = rtrb::RingBuffer::new(capacity);
        (producer, Popping(consumer))
    }

    fn another(_: &Self::Sender) -> Option<Self::Sender> {
        None
    }
}

impl Receiver for Popping {
    #[inline]
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize {
        while_there(|| self.0.pop().ok(), each)
    }
}

/// `crossbeam_queue::ArrayQueue`.
pub struct Array;

impl Queue for Array {
    type Sender = Arc<ArrayQueue<Line>>;
    type Receiver = Arc<ArrayQueue<Line>>;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let queue = Arc::new(ArrayQueue::new(capacity));
        (queue.clone(), queue)
    }

    fn another(sender: &Self::Sender) -> Option<Self::Sender> {
        Some(sender.clone())
    }
}

impl Sender for Arc<ArrayQueue<Line>> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        one_by_one(count, |index| self.push(event(index)).is_ok())
    }
}

impl Receiver for Arc<ArrayQueue<Line>> {
    #[inline]
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize {
        while_there(|| self.pop(), each)
    }
}

/// `crossbeam_channel::bounded`.
pub struct Crossbeam;

impl Queue for Crossbeam {
    type Sender = crossbeam_channel::Sender<Line>;
    type Receiver = crossbeam_channel::Receiver<Line>;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        crossbeam_channel::bounded(capacity)
    }

    fn another(sender: &Self::Sender) -> Option<Self::Sender> {
        Some(sender.clone())
    }
}

impl Sender for crossbeam_channel::Sender<Line> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        one_by_one(count, |index| self.try_send(event(index)).is_ok())
    }
}

impl Receiver for crossbeam_channel::Receiver<Line> {
    #[inline]
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize {
        while_there(|| self.try_recv().ok(), each)
    }
}

/// `std::sync::mpsc::sync_channel`.
pub struct Std;

impl Queue for Std {
    type Sender = mpsc::SyncSender<Line>;
    type Receiver = mpsc::Receiver<Line>;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::sync_channel(capacity)
    }

    fn another(sender: &Self::Sender) -> Option<Self::Sender> {
        Some(sender.clone())
    }
}

impl Sender for mpsc::SyncSender<Line> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        one_by_one(count, |index| self.try_send(event(index)).is_ok())
    }
}

impl Receiver for mpsc::Receiver<Line> {
    #[inline]
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize {
        while_there(|| self.try_recv().ok(), each)
    }
}

/// `kanal::bounded`, drained.
pub struct Kanal;

/// A receiver and the buffer it drains into.
pub struct Draining(kanal::Receiver<Line>, Vec<Line>);

impl Queue for Kanal {
    type Sender = kanal::Sender<Line>;
    type Receiver = Draining;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        let (sender, receiver) = kanal::bounded(capacity);
        (sender, Draining(receiver, Vec::with_capacity(MOST)))
    }

    fn another(sender: &Self::Sender) -> Option<Self::Sender> {
        Some(sender.clone())
    }
}

impl Sender for kanal::Sender<Line> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        one_by_one(count, |index| matches!(self.try_send(event(index)), Ok(true)))
    }
}

impl Receiver for Draining {
    #[inline]
    fn receive(&mut self, each: impl FnMut(&Line)) -> usize {
        self.1.clear();
        // It grows its argument to what is there, so this may be more than `MOST`.
        let count = self.0.drain_into(&mut self.1).unwrap_or(0);
        self.1.iter().for_each(each);
        count
    }
}

/// `flume::bounded`, drained.
pub struct Flume;

impl Queue for Flume {
    type Sender = flume::Sender<Line>;
    type Receiver = flume::Receiver<Line>;

    fn pair(capacity: usize) -> (Self::Sender, Self::Receiver) {
        flume::bounded(capacity)
    }

    fn another(sender: &Self::Sender) -> Option<Self::Sender> {
        Some(sender.clone())
    }
}

impl Sender for flume::Sender<Line> {
    #[inline]
    fn send(&mut self, count: usize, event: impl Fn(usize) -> Line) -> usize {
        one_by_one(count, |index| self.try_send(event(index)).is_ok())
    }
}

impl Receiver for flume::Receiver<Line> {
    #[inline]
    fn receive(&mut self, mut each: impl FnMut(&Line)) -> usize {
        self.drain().inspect(|event| each(event)).count()
    }
}
