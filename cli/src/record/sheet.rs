//! What the recorders have in common: a file in the run folder, and the names printed in it.

use super::rows::Rows;
use super::symbols::Symbols;
use super::{Late, Recorded};
use pitlane::stage::Fault;
use pitlane::{Instruments, Names};
use std::sync::{Arc, Mutex, PoisonError};

/// A file of rows in the run folder, and where to tell how many there are.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) rows: Rows,
    pub(super) symbols: Symbols,
    pub(super) names: Names,
    late: Late,
    recorded: Arc<Mutex<Recorded>>,
}

impl Sheet {
    pub(super) fn new(
        header: &'static str,
        late: &Late,
        instruments: &Instruments,
        recorded: &Arc<Mutex<Recorded>>,
    ) -> Self {
        Self {
            rows: Rows::new(header),
            symbols: Symbols::new(instruments),
            names: Names::default(),
            late: late.clone(),
            recorded: recorded.clone(),
        }
    }

    /// Opens the file.
    pub(super) fn begin(&mut self, file: &str) -> Result<(), Fault> {
        let (names, folder) = self.late.get().cloned().unwrap_or_default();
        self.names = names;
        self.rows.begin(folder.join(file))
    }

    /// Writes out what is left and has it told how many rows there are.
    pub(super) fn close(&mut self, tell: impl FnOnce(&mut Recorded, u64)) {
        let flushed = self.rows.flush();
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        tell(&mut recorded, self.rows.count);
        recorded.error = flushed.err().map(|fault| fault.to_string()).or(recorded.error.take());
    }
}
