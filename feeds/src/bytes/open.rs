//! Telling what a file is, and reading it.

use super::archive::{self, EntryReader};
use crate::error::{at_path, read_failed};
use flate2::read::MultiGzDecoder;
use pitlane::source::SourceError;
use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read, Seek};
use std::path::Path;

/// Bytes that are taken from the disk at once where they are decompressed.
const DISK_BUFFER: usize = 64 << 10;

/// Enough to tell every known format by its first bytes.
const MAGIC: usize = 6;

/// A reader that counts what it hands out.
pub(crate) struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

/// A reader in memory, for tests.
#[cfg(any(test, fuzzing))]
pub(crate) fn counted(reader: impl Read + Send + 'static) -> Counted<Box<dyn Read + Send>> {
    Counted::new(Box::new(reader))
}

/// A file whose first bytes were looked at.
type Rewound = Counted<Chain<Cursor<Vec<u8>>, File>>;

/// The text of a file.
pub(crate) enum Bytes {
    /// As it lies on disk.
    Plain(Rewound),
    /// One or more gzip members.
    Gzip(Box<MultiGzDecoder<BufReader<Rewound>>>),
    /// One or more zstd frames.
    Zstd(Box<zstd::Decoder<'static, BufReader<Rewound>>>),
    /// One entry of a zip archive.
    Entry(Box<EntryReader>),
    /// Text in memory.
    #[cfg(any(test, fuzzing))]
    Memory(Counted<Box<dyn Read + Send>>),
}

impl Bytes {
    /// Passes over so many bytes of a plain file without reading them.
    pub(crate) fn forward(&mut self, bytes: u64) -> io::Result<()> {
        let Bytes::Plain(file) = self else { return Ok(()) };
        file.count += bytes;
        let (start, file) = file.inner.get_mut();
        let ahead = (start.get_ref().len() as u64).saturating_sub(start.position()).min(bytes);
        start.set_position(start.position() + ahead);
        file.seek_relative((bytes - ahead) as i64)
    }

    /// Bytes of the file read so far, as they lie on disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        match self {
            Bytes::Plain(file) => file.count(),
            Bytes::Gzip(decoder) => decoder.get_ref().get_ref().count(),
            Bytes::Zstd(decoder) => decoder.get_ref().get_ref().count(),
            Bytes::Entry(entry) => entry.disk_bytes(),
            #[cfg(any(test, fuzzing))]
            Bytes::Memory(memory) => memory.count(),
        }
    }

    /// What the bytes are packed in, for messages; `None` where they are not.
    pub(crate) fn packing(&self) -> Option<&'static str> {
        match self {
            Bytes::Plain(_) => None,
            Bytes::Gzip(_) => Some("gzip"),
            Bytes::Zstd(_) => Some("zstd"),
            Bytes::Entry(_) => Some("zip"),
            #[cfg(any(test, fuzzing))]
            Bytes::Memory(_) => None,
        }
    }
}

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Bytes::Plain(file) => file.read(buffer),
            Bytes::Gzip(decoder) => decoder.read(buffer),
            Bytes::Zstd(decoder) => decoder.read(buffer),
            Bytes::Entry(entry) => entry.read(buffer),
            #[cfg(any(test, fuzzing))]
            Bytes::Memory(memory) => memory.read(buffer),
        }
    }
}

/// Opens a file for its text; `entry` names the CSV of a zip archive that holds several.
pub(crate) fn open(path: &Path, entry: Option<&str>) -> Result<Bytes, SourceError> {
    let failed = |error: io::Error| read_failed(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(at_path(path, "this is a folder", "name a file in it"));
    }
    let mut magic = Vec::with_capacity(MAGIC);
    file.by_ref().take(MAGIC as u64).read_to_end(&mut magic).map_err(failed)?;
    let packing = packing(path, &magic)?;
    if entry.is_some() && packing != Packing::Zip {
        return Err(at_path(
            path,
            "`entry` is given, but this is no zip archive",
            "remove `entry`",
        ));
    }
    if packing == Packing::Zip {
        return Ok(Bytes::Entry(Box::new(archive::open(path, file, entry)?)));
    }
    let file = Counted::new(Cursor::new(magic).chain(file));
    let buffered = |file| BufReader::with_capacity(DISK_BUFFER, file);
    Ok(match packing {
        Packing::Gzip => Bytes::Gzip(Box::new(MultiGzDecoder::new(buffered(file)))),
        Packing::Zstd => {
            Bytes::Zstd(Box::new(zstd::Decoder::with_buffer(buffered(file)).map_err(failed)?))
        }
        Packing::None | Packing::Zip => Bytes::Plain(file),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
    Zip,
}

fn packing(path: &Path, magic: &[u8]) -> Result<Packing, SourceError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let found = match magic {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Packing::Zip,
        [0xfd, b'7', b'z', b'X', b'Z', ..] => return Err(cannot_unpack(path, "xz")),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => return Err(cannot_unpack(path, "bzip2")),
        [b'7', b'z', 0xbc, 0xaf, ..] => return Err(cannot_unpack(path, "7-Zip")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(at_path(path, "the text is UTF-16", "convert it to UTF-8"));
        }
        _ => Packing::None,
    };
    let expected = match extension.as_str() {
        "gz" => Packing::Gzip,
        "zst" | "zstd" => Packing::Zstd,
        "zip" => Packing::Zip,
        _ => return Ok(found),
    };
    if found == Packing::None {
        let message = format!("the name ends in .{extension}, but the file is not one");
        return Err(at_path(path, message, "check whether it was copied whole, or rename it"));
    }
    debug_assert!(expected != Packing::None);
    Ok(found)
}

fn cannot_unpack(path: &Path, what: &str) -> SourceError {
    let message = format!("files packed with {what} cannot be read");
    at_path(path, message, "unpack it, or pack it as .gz, .zst or .zip")
}
