//! No event costs an allocation after the start.
//!
//! A binary of its own, since it counts the allocations of all its threads:
//!
//! ```text
//!  start     warm-up        counted: must be 0         stop
//!  |---------|-------------------------------------|-------|      whole run: the same for
//!            ^ 20,000 events entered               ^ last one      few events and for many
//! ```
//! | module | evidence that |
//! |---|---|
//! | `counting` | (how it is counted) |
//! | `replays` | replays from memory allocate nothing, fused, on lanes, with all that is recorded |
//! | `files` | CSV rows, plain and out of a zip, allocate nothing |
//! | `books` | books and bars of a steady size, and lines of captures, allocate nothing |
//! | `edges` | links that lose, stages that may skip, and events from other threads allocate nothing |
//! | `handlers` | a stage more takes less memory than was promised |
//! | `detector` | a stage that allocates, however seldom, is caught |
#![forbid(unsafe_code)]

mod books;
mod counting;
mod detector;
mod edges;
mod files;
mod handlers;
mod replays;
