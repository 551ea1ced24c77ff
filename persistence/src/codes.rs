//! The codes of this crate's errors.

use crate::Error;
use pitlane::error::{Code, Coded, Details};

pitlane::codes! {
    /// All codes of this crate.
    REFUSED "PL-JOURNAL-001"
        "The system refused an operation on a file of the journal."
        "Read what it said; check the folder and who may write there.";
    FULL "PL-JOURNAL-002"
        "The disk of the journal is full."
        "Make room and append again: nothing acknowledged is lost.";
    SYNC_FAILED "PL-JOURNAL-003"
        "A sync failed, so nobody knows which of the written bytes are on the disk."
        "Look at the disk, then start again to recover: all below the detail `durable` is safe.";
    DAMAGED "PL-JOURNAL-004"
        "Bytes that were durable are not what was written."
        "Restore the file from a copy, or run a repair, which keeps the damaged part in a file of its own.";
    LOCKED "PL-JOURNAL-005"
        "The journal has a writer already."
        "Let the other one end, or use a journal of your own.";
    TOO_LARGE "PL-JOURNAL-006"
        "One append is larger than a segment."
        "Append fewer events at a time, or choose larger segments.";
    GONE "PL-JOURNAL-007"
        "Events were asked for that retention has removed."
        "Begin at the detail `oldest`, or keep more.";
    LOST "PL-JOURNAL-008"
        "Events were damaged and cut out by a repair; told once, reading goes on behind them."
        "What there is of them lies in files of their own beside the journal.";
    VERSION "PL-JOURNAL-009"
        "A segment has a version of the format that this program does not read."
        "Read it with the program that wrote it, or a newer one.";
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Error::Io { .. } => REFUSED,
            Error::Full { .. } => FULL,
            Error::SyncFailed { .. } => SYNC_FAILED,
            Error::Damaged { .. } => DAMAGED,
            Error::Locked { .. } => LOCKED,
            Error::TooLarge { .. } => TOO_LARGE,
            Error::Gone { .. } => GONE,
            Error::Lost { .. } => LOST,
            Error::Version { .. } => VERSION,
        }
    }

    fn details(&self) -> Details {
        let none = Details::default();
        match self {
            Error::Io { act, file, cause } => {
                none.with("act", *act).with("file", &**file).with("system", cause.to_string())
            }
            Error::Full { act, file } => none.with("act", *act).with("file", &**file),
            Error::SyncFailed { file, cause, durable } => {
                none.with("file", &**file).with("system", &**cause).with("durable", *durable)
            }
            Error::Damaged { file, offset, sequence, durable } => none
                .with("file", &**file)
                .with("offset", *offset)
                .with("sequence", *sequence)
                .with("durable", *durable),
            Error::Locked { holder } => none.with("holder", &**holder),
            Error::TooLarge { events, limit } => none.with("events", *events).with("limit", *limit),
            Error::Gone { wanted, oldest } => none.with("wanted", *wanted).with("oldest", *oldest),
            Error::Lost { first, end } => none.with("first", *first).with("end", *end),
            Error::Version { file, version, ours } => none
                .with("file", &**file)
                .with("version", u64::from(*version))
                .with("ours", u64::from(*ours)),
        }
    }

    fn help(&self) -> String {
        self.code().remedy().into()
    }
}
