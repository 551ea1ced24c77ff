//! Behaviour of Pitlane across its crates.
//!
//! | module | evidence that |
//! |---|---|
//! | `determinism` | streams do not depend on lanes, batches or ring sizes, and nothing hangs |
//!
//! That no event costs an allocation after the start is shown by the binary beside this one,
//! `allocation`, which counts for the whole process.

mod determinism;
