//! What a journal refuses, each as a sentence with place and way out.

use std::io;

/// Why a journal could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused an operation on a file.
    #[error("cannot {act} {file}: {cause}")]
    Io {
        /// What was tried: "open", "read", "write".
        act: &'static str,
        /// Name of the file in the journal's folder.
        file: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// No room on the disk. Nothing acknowledged is lost, and the same append may be tried again.
    #[error(
        "the disk is full: cannot {act} {file}; make room and append again, nothing acknowledged is lost"
    )]
    Full {
        /// What was tried.
        act: &'static str,
        /// Name of the file in the journal's folder.
        file: String,
    },
    /// A sync failed, so nobody knows which of the written bytes are on the disk. Final for this writer.
    #[error(
        "the journal takes no more events since a sync of {file} failed ({cause}): \
         what was acknowledged up to {durable} is safe; start again to recover the rest"
    )]
    SyncFailed {
        /// The segment.
        file: String,
        /// What the system said.
        cause: String,
        /// The durable position, all below it was acknowledged.
        durable: u64,
    },
    /// Bytes that were durable are not what was written: the disk or somebody else changed them.
    #[error(
        "{file} is damaged at byte {offset}: event {sequence} was durable (as all below {durable}) \
         and is not whole now; restore the file from a copy, or run a repair, which keeps the \
         damaged part in a file of its own"
    )]
    Damaged {
        /// The segment.
        file: String,
        /// Where in it the frame should be that is not whole.
        offset: u64,
        /// The first event that cannot be read.
        sequence: u64,
        /// The highest durable position any frame tells.
        durable: u64,
    },
    /// Another process, or another writer of this one, has the journal open for writing.
    #[error("the journal has a writer already ({holder}); a journal has one writer at a time")]
    Locked {
        /// What the other one wrote about itself.
        holder: String,
    },
    /// A single append that does not fit into a segment.
    #[error(
        "{events} events in one append do not fit into a segment, which takes {limit}; \
         append fewer at a time or choose larger segments"
    )]
    TooLarge {
        /// Events in the append.
        events: usize,
        /// Most events a segment of this journal takes.
        limit: usize,
    },
    /// Events that retention removed.
    #[error("event {wanted} is no longer kept; the oldest in the journal is {oldest}")]
    Gone {
        /// The sequence asked for.
        wanted: u64,
        /// The first one there is.
        oldest: u64,
    },
    /// A repair cut these events out. Told once; the reader goes on behind them.
    #[error(
        "events {first} to {end} (exclusive) were damaged and are lost; a repair moved what there \
         is of them to files of their own"
    )]
    Lost {
        /// The first lost event.
        first: u64,
        /// The first event that follows.
        end: u64,
    },
    /// The manifest does not fit.
    #[error("manifest.json of the journal {0}")]
    Manifest(String),
    /// A segment that no version of this program can read.
    #[error("{file} has version {version} of the format; this program reads version {ours}")]
    Version {
        /// The segment.
        file: String,
        /// What it says.
        version: u32,
        /// What is known here.
        ours: u32,
    },
}

impl Error {
    /// For `map_err`: names what was tried on which file, and tells a full disk from other faults.
    pub(crate) fn io(act: &'static str, file: &str) -> impl FnOnce(io::Error) -> Error {
        move |cause| match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::Full { act, file: file.to_owned() }
            }
            _ => Error::Io { act, file: file.to_owned(), cause },
        }
    }
}
