//! What stands before the records of a file.

use crate::bytes::{self, Bytes};
use crate::error::{at_path, read_failed};
use dbn::decode::DbnMetadata;
use dbn::decode::dbn::fsm::DbnFsm;
use dbn::{Metadata, VersionUpgradePolicy};
use pitlane::source::SourceError;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Bytes of records held at once.
const BUFFER: usize = 128 << 10;

/// Magic, version and length, which stand before the metadata.
const PRELUDE: usize = 8;

/// The longest metadata that are read: more than a million symbols with a dozen intervals each.
const LONGEST_METADATA: u64 = 1 << 30;

/// The last version with records of fixed layouts, which are all that can be read.
const LAST_VERSION: u8 = 3;

/// A file whose records come next.
pub(super) struct Opened {
    pub(super) bytes: Bytes,
    pub(super) fsm: DbnFsm,
    /// `None` for a fragment.
    pub(super) metadata: Option<Metadata>,
    /// Where in the unpacked text the records begin.
    pub(super) records_at: u64,
}

/// Opens a file and reads its metadata.
pub(super) fn open(path: &Path) -> Result<Opened, SourceError> {
    let bytes = bytes::open(path, None)?;
    if is_dbz(path).map_err(|error| read_failed(path, &error))? {
        return open_dbz(path, bytes);
    }
    start(path, bytes)
}

/// Reads the metadata, where there are any.
pub(super) fn start(path: &Path, mut bytes: Bytes) -> Result<Opened, SourceError> {
    let mut text = Vec::with_capacity(PRELUDE);
    let mut more = |text: &mut Vec<u8>, most: u64| {
        (&mut bytes).take(most).read_to_end(text).map_err(|error| damaged(path, &error))
    };
    more(&mut text, PRELUDE as u64)?;
    let Some((version, length)) = prelude(&text) else {
        return fragment(path, bytes, &text);
    };
    if !(1..=LAST_VERSION).contains(&version) {
        let message = format!("the file is of DBN version {version}; versions 1 to 3 can be read");
        return Err(at_path(path, message, "convert it with Databento's tool `dbn`"));
    }
    if length > LONGEST_METADATA {
        let message = format!("the header states {length} bytes of metadata");
        return Err(at_path(path, message, "check whether the file was copied whole"));
    }
    let read = more(&mut text, length)?;
    if (read as u64) < length {
        let message = format!("the file ends after {read} of {length} bytes of metadata");
        return Err(at_path(path, message, "check whether the file was copied whole"));
    }
    let records_at = text.len() as u64;
    let metadata = dbn::decode::dbn::MetadataDecoder::with_upgrade_policy(
        text.as_slice(),
        VersionUpgradePolicy::AsIs,
    )
    .decode()
    .map_err(|error| unreadable(path, &error))?;
    let fsm = machine(path, Some(version), metadata.ts_out)?;
    Ok(Opened { bytes, fsm, metadata: Some(metadata), records_at })
}

/// Version and length of the metadata, where the file has any.
fn prelude(text: &[u8]) -> Option<(u8, u64)> {
    let &[b'D', b'B', b'N', version, a, b, c, d] = text else { return None };
    Some((version, u64::from(u32::from_le_bytes([a, b, c, d]))))
}

/// Records without metadata: the first of them has begun.
fn fragment(path: &Path, bytes: Bytes, text: &[u8]) -> Result<Opened, SourceError> {
    let mut fsm = machine(path, None, false)?;
    fsm.write_all(text);
    Ok(Opened { bytes, fsm, metadata: None, records_at: 0 })
}

fn machine(path: &Path, version: Option<u8>, ts_out: bool) -> Result<DbnFsm, SourceError> {
    DbnFsm::builder()
        .input_dbn_version(version)
        .and_then(|builder| {
            builder
                .upgrade_policy(VersionUpgradePolicy::AsIs)
                .ts_out(ts_out)
                .skip_metadata(true)
                .buffer_size(BUFFER)
                .build()
        })
        .map_err(|error| unreadable(path, &error))
}

/// Whether a file is of the older form DBZ: its metadata stand in a zstd frame that decoders skip.
#[expect(deprecated, reason = "old files are still about")]
fn is_dbz(path: &Path) -> io::Result<bool> {
    let mut start = Vec::with_capacity(12);
    std::fs::File::open(path)?.take(12).read_to_end(&mut start)?;
    Ok(dbn::decode::dbz::starts_with_prefix(&start))
}

/// The metadata come by the `dbn` crate, the records, which are those of version 1, by `bytes`.
#[expect(deprecated, reason = "old files are still about")]
fn open_dbz(path: &Path, bytes: Bytes) -> Result<Opened, SourceError> {
    let file = std::fs::File::open(path).map_err(|error| read_failed(path, &error))?;
    let decoder = dbn::decode::dbz::Decoder::with_upgrade_policy(
        BufReader::new(file),
        VersionUpgradePolicy::AsIs,
    )
    .map_err(|error| unreadable(path, &error))?;
    let metadata = decoder.metadata().clone();
    let fsm = machine(path, Some(1), metadata.ts_out)?;
    Ok(Opened { bytes, fsm, metadata: Some(metadata), records_at: 0 })
}

fn damaged(path: &Path, error: &io::Error) -> SourceError {
    let message = format!("the metadata cannot be read: {error}");
    at_path(path, message, "check whether the file was copied whole")
}

fn unreadable(path: &Path, error: &dbn::Error) -> SourceError {
    let message = format!("this is no DBN that can be read: {error}");
    at_path(path, message, "check whether the file was copied whole")
}
