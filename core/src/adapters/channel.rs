//! From and to channels of `crossbeam`.

use super::entering::Entering;
use crate::event::Event;
use crate::source::SourceError;
use crate::stage::{Component, Fault, Outbox, each};
use crate::topology::{Entry, Flow, Input};
use crossbeam_channel::{Receiver, Sender, TryRecvError, TrySendError};
use std::time::Duration;

/// How soon an empty channel is looked at again, at the latest.
const SOON: Duration = Duration::from_millis(1);

/// An input that takes what comes by a channel, converts it and enters it from a source. What is
/// converted to `None` is left out. Done when all senders are gone and the channel is empty.
///
/// ```
/// use pitlane::Tier;
/// use pitlane::adapters::{from_channel, to_channel};
/// use pitlane::event::{MarketData, Side};
/// use pitlane::topology::Plan;
///
/// let (prices, from_prices) = crossbeam_channel::bounded::<i64>(64);
/// let (to_roots, roots) = crossbeam_channel::bounded::<u64>(64);
/// let mut plan = Plan::new();
/// let drain = to_channel(to_roots, |event: &MarketData| event.header.root);
/// plan.route::<MarketData>("feed", Tier::FAST, drain);
/// let running = plan.check().expect("no mistakes").start()?;
///
/// let engine = std::thread::spawn(move || (100..110).for_each(|price| prices.send(price).unwrap()));
/// let trade = |price| Some(MarketData::trade(1, 0, price, 1, Side::Bid));
/// let report = running.run(&mut from_channel("feed", from_prices, trade));
/// engine.join().unwrap();
/// assert!(report.is_complete());
/// assert!(roots.iter().eq(1..=10));
/// # Ok::<(), pitlane::topology::RunError>(())
/// ```
pub fn from_channel<T: Send, E: Event>(
    source: impl Into<String>,
    receiver: Receiver<T>,
    convert: impl FnMut(T) -> Option<E> + Send,
) -> impl Input {
    FromChannel { receiver, convert, entering: Entering::<E>::new(source) }
}

struct FromChannel<T, E, F> {
    receiver: Receiver<T>,
    convert: F,
    entering: Entering<E>,
}

impl<T: Send, E: Event, F: FnMut(T) -> Option<E> + Send> Input for FromChannel<T, E, F> {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let mut flow = Flow::More;
        for _ in 0..self.entering.room(entry)? {
            match self.receiver.try_recv() {
                Ok(value) => {
                    if let Some(event) = (self.convert)(value) {
                        self.entering.take(&event);
                    }
                }
                Err(TryRecvError::Empty) => {
                    flow = Flow::Idle(SOON);
                    break;
                }
                Err(TryRecvError::Disconnected) => {
                    flow = Flow::Done;
                    break;
                }
            }
        }
        self.entering.enter(entry);
        Ok(flow)
    }
}

/// A component that converts each event and sends it into a channel. While the channel is full the
/// event waits in the stage's input, and is converted again for the next attempt; when the receiver is
/// gone, the stage fails.
pub fn to_channel<E: Event, T: Send + 'static>(
    sender: Sender<T>,
    mut convert: impl FnMut(&E) -> T + Send + 'static,
) -> Component {
    let send = move |event: &E, out: &mut Outbox| match sender.try_send(convert(event)) {
        Ok(()) => Ok(()),
        Err(TrySendError::Full(_)) => {
            out.not_now();
            Ok(())
        }
        Err(TrySendError::Disconnected(_)) => Err(Fault::new(
            "the channel's receiver is gone; keep it until the topology has stopped",
        )),
    };
    each(send).into()
}
