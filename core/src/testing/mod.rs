//! The test kit: what tests of stages and topologies need.
//!
//! | item | for |
//! |---|---|
//! | [`Harness`] | one stage alone, without threads: send events in, take what it emits |
//! | [`Script`] | an input for a whole topology: these events, in this order, so many at a time |
//! | [`ScriptedSource`] | a source of market data for what merges, paces or replays sources |
//! | [`Recorder`] | a sink that keeps what reached it |
//! | [`MemoryLog`] | a journal in memory, that has no room, fails or crashes when told to |
//! | [`ManualClock`] | a clock that goes when told, for what is told the time by a closure |
//! | [`digest_of`] | a golden digest: equal for equal events in equal order |

mod clock;
mod harness;
mod memory_log;
mod recorder;
mod script;
mod source;

pub use clock::ManualClock;
pub use harness::Harness;
pub use memory_log::{MemoryLog, MemoryLogReader};
pub use recorder::Recorder;
pub use script::Script;
pub use source::ScriptedSource;

use crate::event::{Event, Slot};

/// XXH3 (128 bits) of the events' bytes in order: what a report calls a stream's digest.
#[must_use]
pub fn digest_of<E: Event>(events: &[E]) -> u128 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    events.iter().for_each(|event| hash.update(bytemuck::bytes_of(Slot::of(event))));
    hash.digest128()
}
