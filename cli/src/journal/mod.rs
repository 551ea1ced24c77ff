//! Journals, as the command uses them.
//!
//! ```text
//!  replay with record: true --> record --> DIR/*.journal, manifest.json
//!  replay CONFIG --from-journal DIR --> input --> topology
//!  replay --from-journal DIR        --> playback --> the recorded streams, counted and hashed
//!  journal ls | cat | tail | export --> opened --> rows
//! ```
//!
//! | module | what |
//! |---|---|
//! | `record` | gives a topology the journal its config names |
//! | `opened` | a journal to be read, and what its numbers mean |
//! | `input` | what entered in a recorded session enters again |
//! | `playback` | the streams of a recorded session, as they were |
//! | `rows` | events as CSV or JSON, by the names of their fields |

mod input;
mod opened;
mod playback;
mod record;
mod rows;

pub(crate) use input::JournalInput;
pub(crate) use opened::{Opened, failure};
pub(crate) use playback::playback;
pub(crate) use record::{begin, known_numbers};
pub(crate) use rows::{Form, Rows};
