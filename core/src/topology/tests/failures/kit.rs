//! What these tests are made of.

use super::super::*;
use crate::stage::{Builder, Component, Fault, On, OnError, Outbox, Stage, component, restartable};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

/// How a stage fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Panics,
    Errs,
    EmitsTooMuch,
    EmitsUndeclared,
}

pub(super) const HOWS: [How; 4] = [How::Panics, How::Errs, How::EmitsTooMuch, How::EmitsUndeclared];

/// Prices of what stages handled, in their order; a price is unique where an event can be.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<i64>>>);

impl Log {
    pub(super) fn push(&self, price: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(price);
    }

    pub(super) fn prices(&self) -> Vec<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Logs each event and, where it emits, emits a signal whose price is the event's with a digit of its
/// own behind it. Fails on one price, after it emitted.
pub(super) struct Worker {
    pub(super) log: Log,
    pub(super) digit: i64,
    pub(super) emits: bool,
    pub(super) fails: Option<(How, i64)>,
}

impl Worker {
    fn handle(&mut self, price: i64, out: &mut Outbox) -> Result<(), Fault> {
        let signal = Signal::new(Action::Buy, 1.0, price * 10 + self.digit);
        if self.emits {
            out.emit(signal);
        }
        match self.fails {
            Some((how, at)) if at == price => match how {
                How::Panics => panic!("a panic at {price}"),
                How::Errs => return Err(format!("an error at {price}").into()),
                How::EmitsTooMuch => (0..3).for_each(|_| out.emit(signal)),
                How::EmitsUndeclared => out.emit(Order::new(1, Side::Bid, 1, 1)),
            },
            _ => self.log.push(price),
        }
        Ok(())
    }

    /// A component of it that takes market data and signals.
    pub(super) fn component(self) -> Builder<Self> {
        let emits = self.emits;
        let builder = component(self).on::<MarketData>().on::<Signal>().max_emissions(2);
        if emits { builder.emits::<Signal>() } else { builder }
    }
}

impl Stage for Worker {}

impl On<MarketData> for Worker {
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        self.handle(event.as_trade().map_or(0, |trade| trade.price()), out)
    }
}

impl On<Signal> for Worker {
    fn on(&mut self, event: &Signal, out: &mut Outbox) -> Result<(), Fault> {
        self.handle(event.price, out)
    }
}

/// A worker that can be made again.
pub(super) fn worker(
    log: &Log,
    digit: i64,
    emits: bool,
    fails: Option<(How, i64)>,
    on_error: OnError,
) -> Component {
    let log = log.clone();
    let make = move || Worker { log: log.clone(), digit, emits, fails }.component();
    restartable(make).on_error(on_error)
}

/// Runs a test that could hang; where it does, says what it was on.
pub(in super::super) fn within(seconds: u64, test: impl FnOnce(&dyn Fn(String)) + Send + 'static) {
    let on = Arc::new(Mutex::new(String::new()));
    let (done, is_done) = channel();
    let note = on.clone();
    let body = move || {
        test(&|what| *note.lock().unwrap_or_else(PoisonError::into_inner) = what);
        let _ = done.send(());
    };
    let thread = std::thread::spawn(body);
    if let Err(std::sync::mpsc::RecvTimeoutError::Timeout) =
        is_done.recv_timeout(Duration::from_secs(seconds))
    {
        panic!("hangs: {}", on.lock().unwrap_or_else(PoisonError::into_inner));
    }
    if let Err(panic) = thread.join() {
        eprintln!("on: {}", on.lock().unwrap_or_else(PoisonError::into_inner));
        std::panic::resume_unwind(panic);
    }
}

/// What the events of a stage's inputs became, by its report: handled, filtered, skipped. What its links
/// count, each for itself, must come to the same.
pub(super) fn accounted(report: &Report, name: &str) -> u64 {
    let stage = report.stage(name).expect("it ran");
    let links = report.links.iter().filter(|link| link.stage == name);
    let sum = |of: fn(&LinkReport) -> u64| links.clone().map(of).sum::<u64>();
    assert_eq!(sum(LinkReport::handled), stage.events_in, "{name}");
    assert_eq!(sum(|link| link.filtered), stage.filtered, "{name}");
    assert_eq!(sum(|link| link.skipped), stage.skipped, "{name}");
    let all = stage.events_in + stage.filtered + stage.skipped;
    assert_eq!(sum(|link| link.published), all + sum(LinkReport::left), "{name}");
    all
}

/// Events published on a stage's inputs.
pub(super) fn arrived(report: &Report, stages: &[StageInfo], stage: &str) -> u64 {
    let info = stages.iter().find(|info| info.name == stage).expect("it is there");
    let streams = info.inputs.iter().map(|link| report.stream(&link.stream).expect("it ran").count);
    streams.sum()
}
