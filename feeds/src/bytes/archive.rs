//! One entry of a zip archive, streamed.
//!
//! The `zip` crate reads the archive's directory; the entry itself is inflated here, so that the
//! reader owns its file and can be kept in a source.

use super::open::Counted;
use crate::codes;
use crate::error::{at_path, read_failed};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use pitlane::source::SourceError;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;
use zip::{CompressionMethod, ZipArchive};

const DISK_BUFFER: usize = 64 << 10;

type Raw = BufReader<Counted<Take<File>>>;

enum Method {
    Stored(Raw),
    Deflated(DeflateDecoder<Raw>),
}

/// The text of one entry, checked against its length and checksum at the end.
pub(crate) struct EntryReader {
    method: Method,
    crc: Crc,
    expected_crc: u32,
    expected_bytes: u64,
    bytes: u64,
}

impl EntryReader {
    pub(super) fn disk_bytes(&self) -> u64 {
        match &self.method {
            Method::Stored(raw) => raw.get_ref().count(),
            Method::Deflated(decoder) => decoder.get_ref().get_ref().count(),
        }
    }

    fn check(&self) -> io::Result<()> {
        let damaged = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what);
        if self.bytes != self.expected_bytes {
            return Err(damaged("the entry does not have the length its directory states"));
        }
        if self.crc.sum() != self.expected_crc {
            return Err(damaged("the entry does not have the checksum its directory states"));
        }
        Ok(())
    }
}

impl Read for EntryReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.method {
            Method::Stored(raw) => raw.read(buffer)?,
            Method::Deflated(decoder) => decoder.read(buffer)?,
        };
        self.crc.update(&buffer[..read]);
        self.bytes += read as u64;
        if read == 0 && !buffer.is_empty() {
            self.check()?;
        }
        Ok(read)
    }
}

/// Opens the entry of that name, or the only one there is.
pub(super) fn open(
    path: &Path,
    file: File,
    entry: Option<&str>,
) -> Result<EntryReader, SourceError> {
    let unreadable = |error: zip::result::ZipError| {
        let message = format!("the zip archive cannot be read: {error}");
        at_path(path, message, "check whether it was copied whole").coded(codes::DAMAGED)
    };
    let mut archive = ZipArchive::new(file).map_err(unreadable)?;
    let index = choose(path, &mut archive, entry)?;
    let (method, start, length, expected_bytes, expected_crc) = {
        let entry = archive.by_index_raw(index).map_err(unreadable)?;
        if entry.encrypted() {
            return Err(at_path(path, "the zip archive is encrypted", "unpack it"));
        }
        let start = entry.data_start();
        (entry.compression(), start, entry.compressed_size(), entry.size(), entry.crc32())
    };
    let Some(start) = start else {
        return Err(at_path(path, "the zip archive has no place for its entry", "pack it again"));
    };
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start)).map_err(|error| read_failed(path, &error))?;
    let raw = BufReader::with_capacity(DISK_BUFFER, Counted::new(file.take(length)));
    let method = match method {
        CompressionMethod::Stored => Method::Stored(raw),
        CompressionMethod::Deflated => Method::Deflated(DeflateDecoder::new(raw)),
        other => {
            let message = format!("the zip archive is packed with {other}, which cannot be read");
            return Err(at_path(path, message, "pack it again with the usual deflate"));
        }
    };
    Ok(EntryReader { method, crc: Crc::new(), expected_crc, expected_bytes, bytes: 0 })
}

fn choose(
    path: &Path,
    archive: &mut ZipArchive<File>,
    entry: Option<&str>,
) -> Result<usize, SourceError> {
    let mut files: Vec<(String, usize)> = Vec::new();
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else { continue };
        let Ok(name) = file.name() else { continue };
        if !file.is_dir() && !name.starts_with("__MACOSX/") {
            files.push((name.into_owned(), index));
        }
    }
    files.sort();
    if let Some(wanted) = entry {
        return files.iter().find(|(name, _)| name == wanted).map(|&(_, index)| index).ok_or_else(
            || {
                let message = format!("the zip archive has no entry `{wanted}`");
                at_path(path, message, format!("it has {}", listed(&files)))
            },
        );
    }
    let is_text = |name: &str| {
        let name = name.to_ascii_lowercase();
        [".csv", ".txt", ".tsv"].iter().any(|extension| name.ends_with(extension))
    };
    if files.len() > 1 {
        files.retain(|(name, _)| is_text(name));
    }
    match files.as_slice() {
        [(_, index)] => Ok(*index),
        [] => Err(at_path(path, "the zip archive holds no CSV file", "")),
        several => {
            let message = format!("the zip archive holds {} CSV files", several.len());
            let help =
                format!("name one with `entry`, or list each under `files`: {}", listed(several));
            Err(at_path(path, message, help))
        }
    }
}

/// The first few names.
fn listed(files: &[(String, usize)]) -> String {
    const SHOWN: usize = 5;
    let mut names: Vec<&str> = files.iter().take(SHOWN).map(|(name, _)| name.as_str()).collect();
    if files.len() > SHOWN {
        names.push("...");
    }
    names.join(", ")
}
