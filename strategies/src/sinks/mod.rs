//! Sinks: where events end.
//!
//! | type | what it does with an event | waits for |
//! |---|---|---|
//! | `log` | one in `every` becomes a line of the log | the log's writer |
//! | `file` | a row of a CSV file | the disk |
//! | `tap` | keeps the last few, readable from Rust while it runs | nothing |
//! | `null` | nothing | nothing |
//!
//! `file` and `null` take whole slices: `consumer: { batch: 64 }` says how many events at most.
//!
//! By name in a config each takes market data, signals and orders. In Rust they take events of any
//! type, a user's own included: `component(sinks::Null).on::<Auction>()`. `log` and `file` belong on the
//! standard tier, since what they do may take long. For code of one's own as a sink see
//! [`pitlane::stage::each`].

mod file;
mod log;
mod tap;
mod text;

pub use file::{EventName, FileParams, FileSink};
pub use log::{LogLevel, LogParams, LogSink};
pub use tap::{Tap, TapParams, TapStage, tap};

use crate::Handles;
use pitlane::event::{Event, MarketData, Order, Signal};
use pitlane::registry::Registry;
use pitlane::stage::{BatchFault, Component, Fault, On, OnBatch, Outbox, Stage, component};
use schemars::JsonSchema;
use serde::Deserialize;

/// Parameters of `null`: none.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NullParams {}

/// Takes events and does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Null;

impl Stage for Null {}

impl<E: Event> OnBatch<E> for Null {
    #[inline]
    fn on_batch(&mut self, events: &[E]) -> Result<usize, BatchFault> {
        Ok(events.len())
    }
}

impl<E: Event> On<E> for Null {
    #[inline]
    fn on(&mut self, _event: &E, _out: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }
}

/// A sink for the three types that takes them in slices.
fn batch_sink<S>(stage: S) -> Component
where
    S: OnBatch<MarketData> + OnBatch<Signal> + OnBatch<Order> + 'static,
{
    component(stage).on_batch::<MarketData>().on_batch::<Signal>().on_batch::<Order>().into()
}

/// A sink for the three types.
fn sink<S: On<MarketData> + On<Signal> + On<Order> + 'static>(stage: S) -> Component {
    component(stage).on::<MarketData>().on::<Signal>().on::<Order>().into()
}

pub(crate) fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    registry.component("null", "Takes events and does nothing.", |_: NullParams, _| {
        Ok(batch_sink(Null))
    });
    let doc = "Writes one event in `every` to the log.";
    registry.component("log", doc, |params: LogParams, context| {
        Ok(sink(LogSink::new(&params, &context.name, &context.instruments)?))
    });
    let doc = "Writes events to a CSV file, one row each.";
    registry.component("file", doc, |params: FileParams, context| file::build(&params, context));
    let doc = "Keeps the last events, to be read from Rust.";
    registry.component("tap", doc, move |params: TapParams, context| {
        let (stage, tap) = tap(params.check()?);
        handles.add_tap(&context.name, tap);
        Ok(sink(stage))
    });
}
