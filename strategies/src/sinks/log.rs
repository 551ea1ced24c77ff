//! `log`: events as lines of the log.

use super::text::{Value, columns};
use crate::codes;
use pitlane::event::{Event, Slot};
use pitlane::registry::BuildError;
use pitlane::stage::{Fault, On, Outbox, Stage};
use pitlane::{Instruments, Names};
use schemars::JsonSchema;
use serde::Deserialize;
use std::fmt::{self, Display};

/// A level of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Trace,
    /// For who looks for a mistake.
    Debug,
    /// For who wants to know.
    #[default]
    Info,
    /// Odd.
    Warn,
    /// Wrong.
    Error,
}

/// Parameters of `log`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogParams {
    /// Level of the lines: `trace`, `debug`, `info`, `warn` or `error`. Default `info`.
    pub level: LogLevel,
    /// One event in this many is logged, the first among them: 1 or more. Default 1, all.
    #[schemars(range(min = 1))]
    pub every: u64,
}

impl Default for LogParams {
    fn default() -> Self {
        Self { level: LogLevel::Info, every: 1 }
    }
}

/// Writes one event in so many to the log, with `stage`, `root`, `event` and the event's fields.
#[derive(Debug)]
pub struct LogSink {
    level: LogLevel,
    every: u64,
    /// Events to let go by before the next line.
    skip: u64,
    name: String,
    instruments: Instruments,
}

impl LogSink {
    /// A sink, named for its log, that prints symbols from `instruments`.
    ///
    /// # Errors
    /// Where `every` is 0.
    pub fn new(
        params: &LogParams,
        name: impl Into<String>,
        instruments: &Instruments,
    ) -> Result<Self, BuildError> {
        let LogParams { level, every } = *params;
        if every == 0 {
            let message = "every is 0: it must be 1, for every event, or more";
            return Err(BuildError::parameter("every", message).coded(codes::PARAMETER));
        }
        Ok(Self { level, every, skip: 0, name: name.into(), instruments: instruments.clone() })
    }
}

impl Stage for LogSink {}

impl<E: Event> On<E> for LogSink {
    #[inline]
    fn on(&mut self, event: &E, out: &mut Outbox) -> Result<(), Fault> {
        if self.skip > 0 {
            self.skip -= 1;
            return Ok(());
        }
        self.skip = self.every - 1;
        let line = Line::<E> { event, instruments: &self.instruments, names: out.names() };
        let (stage, root) = (self.name.as_str(), event.header().root);
        let event = E::TYPE.name;
        match self.level {
            LogLevel::Trace => tracing::trace!(stage, root, event, "{line}"),
            LogLevel::Debug => tracing::debug!(stage, root, event, "{line}"),
            LogLevel::Info => tracing::info!(stage, root, event, "{line}"),
            LogLevel::Warn => tracing::warn!(stage, root, event, "{line}"),
            LogLevel::Error => tracing::error!(stage, root, event, "{line}"),
        }
        Ok(())
    }
}

/// `symbol=IBM.NYSE kind=trade price=182.5 ...`: the fields that have a value.
struct Line<'a, E> {
    event: &'a E,
    instruments: &'a Instruments,
    names: &'a Names,
}

impl<E: Event> Display for Line<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let event = Slot::of(self.event);
        let mut separator = "";
        for field in columns::<E>().filter(|field| field.name != "root") {
            let (event_type, instruments, names) = (E::TYPE.id, self.instruments, self.names);
            let value = Value { field, event_type, event, instruments, names };
            let text = value.to_string();
            if !text.is_empty() {
                write!(f, "{separator}{}={text}", field.name)?;
                separator = " ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{MarketData, Side};
    use pitlane::stage::component;
    use pitlane::testing::Harness;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(params: &LogParams, events: usize) -> Vec<String> {
        let written = Written::default();
        let to = written.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || to.clone()).finish();
        let instruments = Instruments::new();
        let ibm = instruments.intern("IBM.NYSE");
        let sink = LogSink::new(params, "watch", &instruments).unwrap();
        let mut harness = Harness::new(component(sink).on::<MarketData>());
        tracing::subscriber::with_default(subscriber, || {
            for i in 0..events {
                let price = 182_500_000_000 + i as i64;
                let trade = MarketData::trade(ibm, 9, price, 3_000_000_000, Side::Ask);
                harness.send(&trade).unwrap();
            }
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        text.lines().map(String::from).collect()
    }

    #[test]
    fn a_line_names_stage_root_and_fields() {
        let lines = logged(&LogParams::default(), 1);
        let line = &lines[0];
        for part in [
            "INFO",
            "stage=\"watch\"",
            "root=1",
            "event=\"MarketData\"",
            "symbol=IBM.NYSE kind=trade",
            "price=182.5 size=3",
            "side=ask",
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        assert!(!line.contains("bid_price"), "a trade has none: {line}");
    }

    #[test]
    fn logs_one_in_every_beginning_with_the_first() {
        let lines = logged(&LogParams { every: 3, ..LogParams::default() }, 7);
        let roots: Vec<bool> = [1, 4, 7]
            .iter()
            .zip(&lines)
            .map(|(root, line)| line.contains(&format!("root={root}")))
            .collect();
        assert_eq!(roots, [true; 3], "{lines:?}");
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn refuses_to_log_every_zeroth_event() {
        let params = LogParams { every: 0, ..LogParams::default() };
        let error = LogSink::new(&params, "watch", &Instruments::new()).unwrap_err();
        assert_eq!(error.parameter.as_deref(), Some("every"));
    }
}
