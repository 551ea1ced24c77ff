//! Bytes of files: plain, compressed, or an entry of a zip archive, always streamed.
//!
//! ```text
//!  file --> Counted --> [gzip members | zstd frames | deflate of one zip entry] --> Bytes
//!             bytes as they lie on disk                                  text of the CSV
//! ```
//!
//! What a file is, its first bytes say; its extension is only asked whether it agrees. Nothing is
//! ever read whole: the decompressors hold windows of fixed size.

mod archive;
mod open;
mod write;

#[cfg(any(test, fuzzing))]
pub(crate) use open::counted;
pub(crate) use open::{Bytes, open};
pub(crate) use write::{Sink, create};
