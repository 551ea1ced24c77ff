//! Behaviour of Pitlane across its crates, in one binary.
//!
//! | module | evidence that |
//! |---|---|
//! | `determinism` | streams do not depend on lanes, batches or ring sizes, and nothing hangs |
//! | `lifecycle` | however a topology is fed and ended, nothing hangs and the accounts add up |
//! | `oracle` | our ring and that of the crate `disruptor` give the same events for the same operations |
//! | `published` | books and bars of real files are as published |
//! | `architecture` | crates and folders are what ARCHITECTURE.md draws, and the examples run |
//! | `errors` | every error has a code that docs/errors.md tells |
//! | `orders` | the drawing of an order's life is the table in the code |
//! | `style` | files and functions stay short, what is allowed has a reason |
//!
//! `workspace` and `data` have the files they read.
//!
//! That no event costs an allocation after the start is shown by the binary beside this one,
//! `allocation`, which counts for the whole process.

mod architecture;
#[path = "../common/data.rs"]
mod data;
mod determinism;
mod errors;
mod lifecycle;
mod oracle;
mod orders;
mod published;
mod style;
mod workspace;
