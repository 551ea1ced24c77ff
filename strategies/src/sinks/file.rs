//! `file`: events as rows of a CSV file.

use super::text::{Value, columns};
use crate::codes;
use pitlane::event::{Event, EventType, Field, MarketData, Order, Signal, Slot};
use pitlane::registry::{BuildError, Context};
use pitlane::stage::{BatchFault, Component, Fault, On, OnBatch, Outbox, Stage, component};
use pitlane::{Instruments, Names};
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt::{Display, Write};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that gather before they are written.
const BUFFER: usize = 1 << 16;

/// Parameters of `file`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileParams {
    /// The file, counted from the config's folder; what it held is replaced when the run starts. No
    /// default.
    pub path: PathBuf,
    /// The only type of events to take: `MarketData`, `Signal` or `Order`. Default: all three, with a
    /// first column `event` that says which.
    #[serde(default)]
    pub event: Option<EventName>,
}

/// One of the three event types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum EventName {
    /// Trades, quotes, changes of books.
    MarketData,
    /// Signals.
    Signal,
    /// Orders and reports.
    Order,
}

/// Writes events to a CSV file, one row each, fields by name in the head line.
///
/// Decimals are plain, what does not exist is empty, `symbol` holds the venue, `strategy` names the
/// component that a signal or order came from. Rows gather in memory; they are on disk when the sink stops or is dropped.
pub struct FileSink {
    path: PathBuf,
    instruments: Instruments,
    layouts: Vec<Layout>,
    writer: Option<csv::Writer<File>>,
    text: String,
    names: Arc<Names>,
}

/// What a row shows of a type.
struct Layout {
    event: EventType,
    fields: Vec<&'static Field>,
}

impl std::fmt::Debug for FileSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileSink").field("path", &self.path).finish_non_exhaustive()
    }
}

impl FileSink {
    /// A sink for this file that takes no type yet; prints symbols from `instruments`.
    ///
    /// ```
    /// use pitlane::event::Signal;
    /// use pitlane::stage::{Component, component};
    /// use pitlane_strategies::sinks::FileSink;
    ///
    /// let instruments = pitlane::Instruments::new();
    /// let sink = FileSink::new("signals.csv", &instruments).taking::<Signal>();
    /// let sink: Component = component(sink).on::<Signal>().into();
    /// ```
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, instruments: &Instruments) -> Self {
        Self {
            path: path.into(),
            instruments: instruments.clone(),
            layouts: Vec::new(),
            writer: None,
            text: String::new(),
            names: Arc::default(),
        }
    }

    /// It has columns for events of type `E`.
    #[must_use]
    pub fn taking<E: Event>(mut self) -> Self {
        self.layouts.push(Layout { event: E::TYPE, fields: columns::<E>().collect() });
        self
    }

    /// Column names: the fields of all types, each once; of several types, `event` first.
    fn head(&self) -> Vec<&'static str> {
        let mut head = Vec::new();
        if self.layouts.len() > 1 {
            head.push("event");
        }
        for field in self.layouts.iter().flat_map(|layout| &layout.fields) {
            if !head.contains(&field.name) {
                head.push(field.name);
            }
        }
        head
    }

    fn open(&mut self) -> Result<(), Fault> {
        let file = File::create(&self.path).map_err(|error| {
            let remedy = "choose another path, or make its folder";
            Fault::new(format!("cannot write to {}: {error}; {remedy}", self.path.display()))
                .coded(codes::SINK_UNWRITTEN)
        })?;
        let mut writer = csv::WriterBuilder::new().buffer_capacity(BUFFER).from_writer(file);
        let head = self.head();
        writer.write_record(&head).map_err(|error| self.fault(&error))?;
        self.writer = Some(writer);
        // From here on a layout has a place per column.
        let start = usize::from(self.layouts.len() > 1);
        for layout in &mut self.layouts {
            let named = |name| layout.fields.iter().find(|field| field.name == name).copied();
            layout.fields =
                head[start..].iter().map(|name| named(*name).unwrap_or(&ABSENT)).collect();
        }
        Ok(())
    }

    fn write(&mut self, event: EventType, slot: &Slot, names: &Names) -> Result<(), Fault> {
        if self.writer.is_none() {
            self.open()?;
        }
        let Some(layout) = self.layouts.iter().find(|layout| layout.event == event) else {
            return Err(
                Fault::new(format!("the file has no columns for {event}")).coded(codes::SINK_EVENT)
            );
        };
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let several = self.layouts.len() > 1;
        let mut result = if several { writer.write_field(event.name) } else { Ok(()) };
        for field in &layout.fields {
            self.text.clear();
            let instruments = &self.instruments;
            let value = Value { field, event_type: event.id, event: slot, instruments, names };
            let _ = write!(self.text, "{value}");
            result = result.and_then(|()| writer.write_field(&self.text));
        }
        result.and_then(|()| writer.write_record(None::<&[u8]>)).map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &dyn Display) -> Fault {
        Fault::new(format!("cannot write to {}: {error}", self.path.display()))
            .coded(codes::SINK_UNWRITTEN)
    }
}

/// A column that a type does not have.
static ABSENT: Field =
    Field { name: "", doc: "", kind: pitlane::event::FieldKind::Decimal { byte: 0, kinds: 0 } };

impl Stage for FileSink {
    fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.names = out.names().clone();
        self.open()
    }

    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        match self.writer.as_mut().map(csv::Writer::flush) {
            Some(Err(error)) => Err(self.fault(&error)),
            _ => Ok(()),
        }
    }
}

impl<E: Event> On<E> for FileSink {
    fn on(&mut self, event: &E, out: &mut Outbox) -> Result<(), Fault> {
        self.write(E::TYPE, Slot::of(event), out.names())
    }
}

impl<E: Event> OnBatch<E> for FileSink {
    fn on_batch(&mut self, events: &[E]) -> Result<usize, BatchFault> {
        let names = self.names.clone();
        for (finished, event) in events.iter().enumerate() {
            let written = self.write(E::TYPE, Slot::of(event), &names);
            written.map_err(|fault| BatchFault::after(finished, fault))?;
        }
        Ok(events.len())
    }
}

pub(super) fn build(params: &FileParams, context: &Context) -> Result<Component, BuildError> {
    let path = context.resolve(&params.path);
    check(&path)?;
    let sink = FileSink::new(path, &context.instruments);
    let sink: Component = match params.event {
        Some(EventName::MarketData) => {
            component(sink.taking::<MarketData>()).on_batch::<MarketData>().into()
        }
        Some(EventName::Signal) => component(sink.taking::<Signal>()).on_batch::<Signal>().into(),
        Some(EventName::Order) => component(sink.taking::<Order>()).on_batch::<Order>().into(),
        None => super::batch_sink(sink.taking::<MarketData>().taking::<Signal>().taking::<Order>()),
    };
    Ok(sink.never_restarted("it would begin its file anew, and lose the rows in it"))
}

/// What can be known before the run; the file itself is left alone until then.
fn check(path: &Path) -> Result<(), BuildError> {
    let shown = path.display();
    if path.is_dir() {
        let message = format!("{shown} is a folder: name a file in it");
        return Err(BuildError::parameter("path", message).coded(codes::PARAMETER));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            let message = format!(
                "cannot write to {shown}: there is no folder {}; make it, or choose another path",
                folder.display()
            );
            Err(BuildError::parameter("path", message).coded(codes::PARAMETER))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{Action, Reason, Side, fixed};
    use pitlane::testing::Harness;

    fn context(base: &Path) -> Context {
        let context = Context { base: base.into(), ..Context::default() };
        let _ = context.instruments.intern("IBM.NYSE");
        let _ = context.instruments.intern("ODD,NAME");
        context
    }

    fn rows(component: Component, path: &Path, send: impl Fn(&mut Harness)) -> Vec<String> {
        let mut harness = Harness::new(component);
        harness.start().unwrap();
        send(&mut harness);
        harness.stop().unwrap();
        std::fs::read_to_string(path).unwrap().lines().map(String::from).collect()
    }

    #[test]
    fn one_type_has_its_own_columns() {
        let folder = tempfile::tempdir().unwrap();
        let params = FileParams { path: "out.csv".into(), event: Some(EventName::Signal) };
        let component = build(&params, &context(folder.path())).unwrap();
        let rows = rows(component, &folder.path().join("out.csv"), |harness| {
            let mut signal = Signal::new(Action::Buy, 0.25, 182_500_000_000);
            (signal.header.instrument, signal.header.ts_event) = (2, 17);
            (signal.header.source, signal.strategy) = (1, Harness::COMPONENT);
            harness.send(&signal).unwrap();
            (signal.header.source, signal.strategy) = (0, 0);
            signal.price = fixed::NULL;
            harness.send(&signal).unwrap();
        });
        assert_eq!(
            rows,
            [
                "ts_event,ts_recv,root,symbol,source,kind,flags,strength,price,quantity,strategy,action",
                "17,0,1,\"ODD,NAME\",harness,signal,0,0.25,182.5,,harness,buy",
                "17,0,2,\"ODD,NAME\",,signal,0,0.25,,,,buy",
            ]
        );
    }

    #[test]
    fn several_types_share_columns_and_say_which_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let params = FileParams { path: "all.csv".into(), event: None };
        let component = build(&params, &context(folder.path())).unwrap();
        let rows = rows(component, &folder.path().join("all.csv"), |harness| {
            let order = Order::new(5, Side::Ask, fixed::NULL, 2_000_000_000);
            harness.send(&MarketData::quote(1, 3, (10, 20), (30, 40))).unwrap();
            harness.send(&order.denied(Reason::RATE)).unwrap();
        });
        let value = |row: usize, column: &str| {
            let at = rows[0].split(',').position(|name| name == column).unwrap();
            rows[row].split(',').nth(at).unwrap().to_string()
        };
        assert_eq!(
            (value(1, "event"), value(1, "symbol")),
            ("MarketData".into(), "IBM.NYSE".into())
        );
        assert_eq!(
            (value(1, "bid_price"), value(1, "price")),
            ("0.00000001".into(), String::new())
        );
        assert_eq!(
            (value(1, "client_order_id"), value(2, "event")),
            (String::new(), "Order".into())
        );
        assert_eq!((value(2, "side"), value(2, "quantity")), ("sell".into(), "2".into()));
        assert_eq!((value(2, "status"), value(2, "price")), ("denied".into(), String::new()));
        assert_eq!(value(2, "reason"), "max_orders_per_second");
    }

    #[test]
    fn a_path_that_cannot_be_written_is_named_with_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: &str| {
            let params = FileParams { path: path.into(), event: None };
            build(&params, &context(folder.path())).unwrap_err()
        };
        let error = refused("missing/out.csv");
        assert_eq!(error.parameter.as_deref(), Some("path"));
        assert!(error.message.contains("missing") && error.message.contains("make it"));
        assert!(refused(".").message.contains("is a folder"));

        let params = FileParams { path: "gone/out.csv".into(), event: None };
        std::fs::create_dir(folder.path().join("gone")).unwrap();
        let component = build(&params, &context(folder.path())).unwrap();
        std::fs::remove_dir(folder.path().join("gone")).unwrap();
        let fault = Harness::new(component).start().unwrap_err().to_string();
        assert!(fault.contains("out.csv") && fault.contains("choose another path"), "{fault}");
    }

    #[test]
    fn checking_a_config_leaves_an_earlier_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "earlier").unwrap();
        let params = FileParams { path: "out.csv".into(), event: None };
        drop(build(&params, &context(folder.path())).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "earlier");
    }
}
