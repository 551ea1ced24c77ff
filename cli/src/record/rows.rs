//! A CSV file that is written row by row.

use pitlane::stage::Fault;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

/// Bytes gathered before they are written.
const BUFFER: usize = 1 << 16;

/// A CSV file that is written row by row. What was written stays, however the run ends.
#[derive(Debug)]
pub(super) struct Rows {
    path: PathBuf,
    header: &'static str,
    file: Option<BufWriter<File>>,
    pub(super) count: u64,
}

impl Rows {
    pub(super) fn new(header: &'static str) -> Self {
        Self { path: PathBuf::new(), header, file: None, count: 0 }
    }

    /// Creates the file, in place of an earlier one.
    pub(super) fn begin(&mut self, path: PathBuf) -> Result<(), Fault> {
        self.path = path;
        let created = File::create(&self.path).and_then(|file| {
            let mut file = BufWriter::with_capacity(BUFFER, file);
            file.write_all(self.header.as_bytes())?;
            Ok(file)
        });
        self.file = Some(created.map_err(|error| self.fault(&error))?);
        Ok(())
    }

    /// Writes a row with what `write` puts into it.
    #[inline]
    pub(super) fn row(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = write(file);
        self.count += 1;
        written.map_err(|error| self.fault(&error))
    }

    /// Writes what is held back.
    pub(super) fn flush(&mut self) -> Result<(), Fault> {
        let flushed = self.file.as_mut().map_or(Ok(()), Write::flush);
        flushed.map_err(|error| self.fault(&error))
    }

    #[cold]
    fn fault(&self, error: &io::Error) -> Fault {
        Fault::new(format!("{} cannot be written: {error}", self.path.display()))
    }
}
