//! Behaviour of Pitlane across its crates, in one binary.
//!
//! | module | evidence that |
//! |---|---|
//! | `determinism` | streams do not depend on lanes, batches or ring sizes, and nothing hangs |
//! | `allocation` | no event costs an allocation after the start |

mod determinism;
