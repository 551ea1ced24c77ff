//! The courier: delivers the durable events of a reliable route to its steps.
//!
//! ```text
//!  stream ==ring==> recorder ==> journal
//!     |                             | durable events, from the oldest unsettled one on
//!     | how far its writer is       v
//!     +--------------------> [ window: Deliveries ] --> step 0 --> step 1 --> ... --> settled
//!                                                        | emits     | emits             |
//!                                                        v           v                   v
//!                                                      streams     streams     stream of settlements,
//!                                                                              journaled in its turn
//! ```
//!
//! It is a node like any other to its lane, but its events come from the journal: so a step sees what is
//! on the disk, byte by byte, also after a crash, and an outage of its target grows the disk. Of the
//! journal it keeps a bounded window in memory; what lies beyond it stays where it is.
//!
//! * **Rings.** It reads the route's streams, too, but only to know how far their writers are: an event stays in
//!   its ring until it was read back, or until the window is full. So the rings never fill because a
//!   target is slow.
//! * **Progress.** It promises on its steps' streams what its inputs promise, as soon as what lies before that
//!   had its chance to be delivered. What waits for a retry or a breaker holds back nobody: what its
//!   steps emit later carries the least root that was not promised away.
//! * **Settling.** An outcome is an event in a stream of its own, which the recorder journals. What is not
//!   journaled yet when the process dies is delivered again.
//! * **End.** Its inputs closed, it goes on until everything is settled, or nothing but open breakers is
//!   left to wait for: the rest stays in the journal, for the next start.
//!
//! | file | what |
//! |---|---|
//! | `node` | the duty cycle |
//! | `intake` | from journal and rings to deliveries |
//! | `steps` | the stages it calls, and which of them an event goes to |
//! | `outcomes` | what became of an attempt; settlements, dead letters |
//! | `recovery`, `ranges` | what earlier runs left unsettled |

mod intake;
mod node;
mod outcomes;
mod ranges;
mod recovery;
mod steps;

pub(crate) use intake::Intake;
pub(crate) use node::{Courier, CourierParts};
pub(crate) use recovery::{Recovered, recover};
pub(crate) use steps::{From, Step, StepLink};
