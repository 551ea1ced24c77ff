//! Writes signals.

use super::sheet::Sheet;
use pitlane::event::fixed::Decimal;
use pitlane::event::{Action, Signal};
use pitlane::stage::{Fault, On, Outbox, Stage};
use std::io::Write;

pub(super) const FILE: &str = "signals.csv";
pub(super) const HEADER: &str =
    "root,ts_event,symbol,source,component,action,strength,price,quantity\n";

/// Writes each signal as a row.
#[derive(Debug)]
pub(super) struct SignalRecorder {
    sheet: Sheet,
}

impl SignalRecorder {
    pub(super) fn new(sheet: Sheet) -> Self {
        Self { sheet }
    }
}

impl Stage for SignalRecorder {
    fn on_start(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.sheet.begin(FILE)
    }

    fn on_stop(&mut self, _out: &mut Outbox) -> Result<(), Fault> {
        self.sheet.rows.flush()
    }
}

impl On<Signal> for SignalRecorder {
    fn on(&mut self, signal: &Signal, _out: &mut Outbox) -> Result<(), Fault> {
        let header = &signal.header;
        let symbol = self.sheet.symbols.text(header.instrument);
        let source = self.sheet.names.name(header.source).unwrap_or_default();
        let component = self.sheet.names.name(signal.strategy).unwrap_or_default();
        let action = match signal.action() {
            Action::Hold => "hold",
            Action::Buy => "buy",
            Action::Sell => "sell",
        };
        self.sheet.rows.row(|out| {
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
        self.sheet.close(|recorded, count| recorded.signals = count);
    }
}
