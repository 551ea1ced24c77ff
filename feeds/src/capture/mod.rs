//! Raw captures of Binance: lines of a local time and a message as it came.
//!
//! ```text
//!  1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","T":1723161256322,...}}
//!  |                    |
//!  ts_recv              Message --> Decoder --> Modify Cancel Clear | quote | trade
//!                                     |
//!                                   Chain: gaps, repetitions, snapshots
//! ```
//!
//! | module | what |
//! |---|---|
//! | `plain` | messages as they come, read at once; all others are left to a reader of JSON |
//! | `message` | one message, read without building anything |
//! | `key`, `level`, `symbols` | keys; prices and sizes; names of instruments |
//! | `skip` | what of a message is not looked at |
//! | `chain` | how depth updates and snapshots hang together |
//! | `decode` | lines to events |
//! | `file` | one capture as a source; bad lines |
//!
//! The reader of JSON is `sonic-rs`: of `serde_json`, `simd-json` and it, the fastest on a real
//! capture with the same visitors (`cargo run --release -p pitlane-feeds --example captures`).

mod chain;
mod decode;
mod file;
mod key;
mod level;
mod message;
mod plain;
mod skip;
mod symbols;

pub(crate) use decode::is_capture;
pub(crate) use file::{CaptureFile, CaptureOptions};

#[cfg(test)]
mod tests;
