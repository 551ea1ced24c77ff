//! What a run writes down as it goes: signals, orders, positions, last prices.
//!
//! ```text
//!  all streams of Signal --by root--> [pitlane.signals] --> signals.csv
//!  all streams of Order ---by root--> [pitlane.orders] ---> orders.csv
//!                                            \--> ledger: positions, refusals
//!  what enters --> [marks] --> sequencer
//! ```
//!
//! The recorders are stages of the standard tier like any other, so that what they see does not
//! depend on lanes or speed. They format into a buffer and allocate nothing per event, and what
//! they wrote stays when a run fails.

mod ledger;
mod marks;
mod orders;
mod rows;
mod sheet;
mod signals;
mod symbols;

pub(crate) use ledger::Ledger;
pub(crate) use marks::{Marked, Marks};
pub(crate) use symbols::quoted;

use orders::OrderRecorder;
use pitlane::event::{Event, Order, Signal};
use pitlane::stage::component;
use pitlane::topology::Plan;
use pitlane::{Instruments, Names, Tier};
use sheet::Sheet;
use signals::SignalRecorder;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Recorders' names begin so; configs cannot have such names.
const PREFIX: &str = "pitlane.";

/// Whether a stage is a recorder, not one of the config.
pub(crate) fn is_recorder(stage: &str) -> bool {
    stage.starts_with(PREFIX)
}

/// Whether a sentence about a topology is about a recorder.
pub(crate) fn mentions_recorder(sentence: &str) -> bool {
    sentence.contains(&format!("`{PREFIX}"))
}

/// What the recorders leave when a run has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    /// Signals written.
    pub(crate) signals: u64,
    /// Orders written.
    pub(crate) orders: u64,
    /// Positions and refusals.
    pub(crate) ledger: Ledger,
    /// Why a file could not be written to its end.
    pub(crate) error: Option<String>,
}

/// Names that recorders print and the folder they write into: known once the topology is checked,
/// before it runs.
type Late = Arc<OnceLock<(Names, PathBuf)>>;

/// The recorders of a plan.
#[derive(Debug, Default)]
pub(crate) struct Recorders {
    late: Late,
    recorded: Arc<Mutex<Recorded>>,
}

impl Recorders {
    /// Adds recorders of all signals and orders to a plan.
    pub(crate) fn add_to(plan: &mut Plan, instruments: &Instruments) -> Self {
        let recorders = Self::default();
        let sheet = |header| Sheet::new(header, &recorders.late, instruments, &recorders.recorded);
        let sources = sources_of::<Signal>(plan);
        if !sources.is_empty() {
            let stage = SignalRecorder::new(sheet(signals::HEADER));
            let name = format!("{PREFIX}signals");
            plan.component(&name, component(stage).on::<Signal>());
            route_all::<Signal>(plan, &sources, &name);
        }
        let sources = sources_of::<Order>(plan);
        if !sources.is_empty() {
            let stage = OrderRecorder::new(sheet(orders::HEADER));
            let name = format!("{PREFIX}orders");
            plan.component(&name, component(stage).on::<Order>());
            route_all::<Order>(plan, &sources, &name);
        }
        recorders
    }

    /// Tells the recorders the names of sources and components, and where to write.
    pub(crate) fn know(&self, names: &Names, folder: &Path) {
        let _ = self.late.set((names.clone(), folder.to_owned()));
    }

    /// What was recorded; to be asked once the run has ended.
    pub(crate) fn recorded(&self) -> Recorded {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes the header lines of both files, for topologies without a recorder of one.
pub(crate) fn write_headers(folder: &Path) -> std::io::Result<()> {
    std::fs::write(folder.join(signals::FILE), signals::HEADER)?;
    std::fs::write(folder.join(orders::FILE), orders::HEADER)
}

/// Sources under which events of a type are emitted, in the order of the plan.
fn sources_of<E: Event>(plan: &Plan) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for (source, fields) in plan.emissions() {
        if fields.event == E::TYPE && !sources.iter().any(|known| known == source) {
            sources.push(source.to_owned());
        }
    }
    sources
}

fn route_all<E: Event>(plan: &mut Plan, sources: &[String], recorder: &str) {
    for source in sources {
        plan.route::<E>(source, Tier::Standard, recorder);
    }
}
