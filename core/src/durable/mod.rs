//! What outlives the process: the recorder, and the traits of the journal it writes.
//!
//! ```text
//!  stream feed      ====> reader --+                         +--> journal (a Log)
//!  stream risk/gate ====> reader --+--> recorder's thread ---+
//!  stream outcomes  ====> reader --+    append, append, ...  +--> Durable: how far each stream is
//!                                       one sync for all          (positions, any thread reads)
//! ```
//!
//! Core names two small traits and implements neither: [`Log`], to which batches of events are appended
//! and which makes them durable, and [`LogReader`], which gives them back. The crate
//! `pitlane-persistence` has both.
//!
//! The *recorder* is a thread of its own, so that no lane ever waits for a disk. It is a gated reader of
//! every recorded stream: what it has not appended is not overwritten. In each duty cycle it appends
//! what it finds, a frame per stream and batch with the stream's *tag*, and then syncs once for all that
//! waits for it ([`SyncPolicy`]). It sleeps when there is nothing to do and is woken like a lane.
//!
//! Two words: *written* was handed to the system and survives the process; *durable* was synced and
//! survives the machine. Who acknowledges something waits for [`Durable`], never for a lane.
//!
//! A full disk stops the topology, or makes the recorder keep its place ([`OnJournalFull`]): the rings
//! fill, their writers are held back, and it goes on when there is room, having lost nothing. A failed
//! sync is final: the topology halts and its report says so.
//!
//! | item | what it is |
//! |---|---|
//! | [`Log`], [`LogReader`], [`LogError`] | what core asks of a journal |
//! | [`SyncPolicy`], [`OnJournalFull`], [`Journal`] | choices, and a journal for a topology |
//! | [`Durable`], [`Hold`] | how far it is, for any thread; what retention must keep |
//! | `Recorder` | the thread's loop |

mod log;
mod options;
mod positions;
mod recorder;
#[cfg(all(test, not(any(loom, shuttle))))]
mod tests;

pub use log::{Log, LogBatch, LogError, LogReader};
pub use options::{Journal, OnJournalFull, SyncPolicy};
pub(crate) use positions::Recorded;
pub use positions::{Durable, Hold, JournalReport, RecordReport};
pub(crate) use recorder::{RecordedStream, Recorder};
