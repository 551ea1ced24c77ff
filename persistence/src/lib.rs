//! The journal of Pitlane's reliable tier: events on disk, in order, with a stated durability.
//!
//! ```text
//!                  append            commit                         any number of
//!  one writer ---> [frame] --------> sync ----> durable             readers, anywhere
//!                     |                            |                    |
//!                     v                            v                    v
//!  folder:  00..0000.journal   00..4096.journal   00..8192.journal   next.segment
//!           [h|frame|frame|..] [h|frame|frame|..] [h|frame| zeros ]  (zeros, made ahead)
//! ```
//!
//! * An append writes one *frame*: a batch of 64-byte events with a checksum, read whole or not at all.
//!   It may reuse memory and never allocates by event.
//! * *Written* is what was handed to the system: it survives `kill -9`. *Durable* is what was synced: it
//!   survives the machine. [`JournalWriter::commit`] makes durable what [`SyncPolicy`] says; acknowledge what
//!   is below the position it returns, and nothing else.
//! * A position is a number of events, so the first event has sequence 0 and `durable() == 5` speaks of
//!   events 0 to 4.
//! * A folder has one writer, by a lock that ends with the process. Opening never fails because files
//!   exist.
//! * After a crash the writer's `open` keeps every durable event, moves a torn tail aside and says so; where
//!   a durable event is not whole, it is an error with file and offset, never passed by.
//! * A failed sync is final for the writer, a full disk is not.
//!
//! | file | what |
//! |---|---|
//! | `format.rs` | the bytes, as in docs/journal-format.md |
//! | `storage/` | files: a folder, or a simulation that fails on request |
//! | `writer.rs`, `prepare.rs`, `options.rs`, `positions.rs` | append, sync; the next segment; choices; how far it is |
//! | `walker.rs`, `reader.rs` | over the frames of a segment; over a journal |
//! | `survey.rs`, `aside.rs` | where a journal ends, and what is behind its end |
//! | `verify.rs`, `tend.rs` | a report of what is whole and what is not; bounds, repair, retention |
//! | `manifest.rs` | what tags, instruments and sessions mean |
//! | `recording.rs` | all that as core's recorder and the reliable tier want it |
//!
//! ```
//! use pitlane::event::Slot;
//! use pitlane_persistence::{From, JournalOptions, JournalReader, JournalWriter, Simulated};
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), pitlane_persistence::Error> {
//! let storage = Arc::new(Simulated::new()); // or Disk::new("orders.journal")?
//! let options = JournalOptions { segment_bytes: 4096, ..JournalOptions::default() };
//! let (mut writer, recovered) = JournalWriter::open(storage.clone(), options)?;
//! assert_eq!(recovered.next, 0);
//! let event: Slot = bytemuck::Zeroable::zeroed();
//! writer.append(&[event, event])?;
//! assert_eq!(writer.commit()?, 2); // both are on the disk now
//!
//! let mut reader = JournalReader::open(storage, From::Oldest)?;
//! let batch = reader.next()?.expect("what was appended");
//! assert_eq!((batch.first, batch.events.len()), (0, 2));
//! assert!(reader.next()?.is_none()); // nothing more yet; may be asked again
//! # Ok(())
//! # }
//! ```
//!
//! A topology is recorded by a [`Recording`], which keeps names beside the events ([`Manifest`]); see
//! [`pitlane::durable`].
//!
//! Not for: events of other sizes, several writers, queries.
#![forbid(unsafe_code)]

mod aside;
pub mod codes;
mod error;
mod format;
mod manifest;
mod options;
mod positions;
mod prepare;
mod reader;
mod recording;
mod storage;
mod survey;
mod tend;
mod verify;
mod walker;
mod writer;

pub use aside::SetAside;
pub use error::Error;
#[doc(hidden)]
pub use format::Check;
pub use format::{FrameHeader, SegmentHeader, VERSION};
pub use manifest::{Manifest, NewSession, SessionEntry, StreamEntry};
pub use options::{JournalOptions, Recovered, Retention};
pub use pitlane::durable::SyncPolicy;
pub use positions::Positions;
pub use reader::{Batch, From, JournalReader};
pub use recording::Recording;
pub use storage::{Disk, Fault, Simulated, Storage, StorageFile};
pub use tend::{Bounds, Repaired, bounds, repair};
pub use verify::{Damage, Verified, VerifiedSegment, verify};
pub use writer::JournalWriter;
