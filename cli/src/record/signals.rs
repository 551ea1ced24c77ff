//! Writes signals.

use super::rows::Rows;
use super::symbols::Symbols;
use super::{Late, Recorded};
use pitlane::event::fixed::Decimal;
use pitlane::event::{Action, Signal};
use pitlane::stage::{Fault, On, Outbox, Stage};
use pitlane::{Instruments, Names};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

pub(super) const FILE: &str = "signals.csv";
pub(super) const HEADER: &str =
    "root,ts_event,symbol,source,component,action,strength,price,quantity\n";

/// Writes each signal as a row.
#[derive(Debug)]
pub(super) struct SignalRecorder {
    rows: Rows,
    symbols: Symbols,
    late: Late,
    names: Names,
    recorded: Arc<Mutex<Recorded>>,
}

impl SignalRecorder {
    pub(super) fn new(
        late: &Late,
        instruments: &Instruments,
        recorded: &Arc<Mutex<Recorded>>,
    ) -> Self {
        Self {
            rows: Rows::new(HEADER),
            symbols: Symbols::new(instruments),
            late: late.clone(),
            names: Names::default(),
            recorded: recorded.clone(),
        }
    }
}

impl Stage for SignalRecorder {
    fn on_start(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        let (names, folder) = self.late.get().cloned().unwrap_or_default();
        self.names = names;
        self.rows.begin(folder.join(FILE))
    }

    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.rows.flush()
    }
}

impl On<Signal> for SignalRecorder {
    fn on(&mut self, signal: &Signal, _out: &mut Outbox) -> Result<(), Fault> {
        let header = &signal.header;
        let symbol = self.symbols.text(header.instrument);
        let source = self.names.name(header.source).unwrap_or_default();
        let component = self.names.name(signal.strategy).unwrap_or_default();
        let action = match signal.action() {
            Action::Hold => "hold",
            Action::Buy => "buy",
            Action::Sell => "sell",
        };
        self.rows.row(|out| {
            writeln!(
                out,
                "{},{},{symbol},{source},{component},{action},{},{},{}",
                header.root,
                header.ts_event,
                signal.strength,
                Decimal(signal.price),
                Decimal(signal.quantity),
            )
        })
    }
}

/// Whatever ended the run, what was written is kept and counted.
impl Drop for SignalRecorder {
    fn drop(&mut self) {
        let flushed = self.rows.flush();
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.signals = self.rows.count;
        recorded.error = flushed.err().map(|fault| fault.to_string()).or(recorded.error.take());
    }
}
