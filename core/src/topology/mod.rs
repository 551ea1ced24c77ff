//! Topologies: plain data that is checked, built, run and stopped.
//!
//! ```text
//!  Plan --check--> Checked --run(input)--> Report
//!   |                 |  \--start--> Running --stop--> Report
//!   all mistakes      what it will be    |
//!                                        counters, halt, drain from any thread: Monitor
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `plan` | what is to be: sources, components, routes, lanes |
//! | `graph` | streams, stages and links |
//! | `lower` | routes to these |
//! | `around` | middleware of routes and components |
//! | `partition` | copies of a stage, and what joins them |
//! | `subscribe` | patterns of topics to links |
//! | `lossy` | routes that may lose events, and what differs from run to run because of them |
//! | `check` | mistakes, all of them; the order of stages |
//! | `traces` | stages of a topology that is traced |
//! | `policies` | what components say about failures |
//! | `checked` | [`Checked`]: what it will be |
//! | `place` | which stage runs on which lane |
//! | `grouped` | stages that share a reader |
//! | `places` | where stages may stand |
//! | `memory` | whether the rings fit into it |
//! | `rings`, `build` | rings; nodes, lanes |
//! | `reliable`, `couriers` | routes whose stages are called by a courier; how it is built, what it tells |
//! | `recording` | which streams are recorded, and the recorder's thread |
//! | `run` | the input's loop, feeding by hand |
//! | `finish` | the stop, and what it tells |
//! | `threads` | the lanes' threads |
//! | `monitor` | live numbers, halt, drain |
//! | `watchdog` | notices stages that do not return |
//! | `dead_letters` | events that stages failed on |
//! | `report` | what a run has done |

mod around;
mod build;
mod check;
mod checked;
mod couriers;
mod dead_letters;
mod finish;
mod graph;
mod grouped;
mod input;
mod lossy;
mod lower;
pub(crate) mod memory;
mod monitor;
mod partition;
mod place;
mod places;
mod plan;
mod policies;
mod recording;
mod reliable;
mod report;
mod rings;
mod run;
#[cfg(all(test, shuttle))]
mod schedules;
mod subscribe;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;
mod threads;
mod traces;
mod watchdog;

pub(crate) use check::nearest;
pub use check::{Problem, Severity};
pub use checked::{Checked, LinkInfo, StageInfo, StreamInfo};
pub use couriers::CourierReport;
pub use dead_letters::{Attempt, DeadLetter, DeadLetters, FailedEvent, MOST_DEAD_LETTERS};
pub use input::{Entry, Flow, Input, Port};
pub use monitor::Monitor;
pub(crate) use monitor::Shared;
pub(crate) use partition::Share;
pub use plan::{LaneSpec, Lanes, Latency, Plan};
pub use report::{
    LaneReport, LeftBehind, LinkReport, Report, RunError, StageFault, StageReport, StreamReport,
    StuckStage,
};
pub use run::Running;
