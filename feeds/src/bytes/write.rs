//! Writing files, packed as their extension says.

use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Level of gzip and zip: the fastest that still packs text well.
const DEFLATE_LEVEL: u32 = 6;

/// A file being written.
pub(crate) enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::Encoder<'static, BufWriter<File>>>),
    Zip(Box<BufWriter<ZipWriter<BufWriter<File>>>>),
}

/// Creates a file that is packed as its extension says: .gz, .zst, .zip (one entry, named as the
/// file with .csv for .zip) or plain.
pub(crate) fn create(path: &Path) -> io::Result<Sink> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let file = BufWriter::new(File::create(path)?);
    Ok(match extension.as_str() {
        "gz" => {
            let level = flate2::Compression::new(DEFLATE_LEVEL);
            Sink::Gzip(Box::new(GzEncoder::new(file, level)))
        }
        "zst" | "zstd" => Sink::Zstd(Box::new(zstd::Encoder::new(file, 0)?)),
        "zip" => {
            let mut zip = ZipWriter::new(file);
            zip.start_file(entry_name(path), SimpleFileOptions::default().large_file(true))
                .map_err(io::Error::other)?;
            Sink::Zip(Box::new(BufWriter::new(zip)))
        }
        _ => Sink::Plain(file),
    })
}

fn entry_name(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if stem.to_ascii_lowercase().ends_with(".csv") {
        stem.into_owned()
    } else {
        format!("{stem}.csv")
    }
}

impl Sink {
    /// Writes what is held back, and the end of the packing.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Sink::Plain(mut file) => file.flush(),
            Sink::Gzip(encoder) => encoder.finish()?.flush(),
            Sink::Zstd(encoder) => encoder.finish()?.flush(),
            Sink::Zip(zip) => {
                let zip = zip.into_inner().map_err(io::IntoInnerError::into_error)?;
                zip.finish().map_err(io::Error::other)?.flush()
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Sink::Plain(file) => file.write(buffer),
            Sink::Gzip(encoder) => encoder.write(buffer),
            Sink::Zstd(encoder) => encoder.write(buffer),
            Sink::Zip(zip) => zip.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::Plain(file) => file.flush(),
            Sink::Gzip(encoder) => encoder.flush(),
            Sink::Zstd(encoder) => encoder.flush(),
            Sink::Zip(zip) => zip.flush(),
        }
    }
}
