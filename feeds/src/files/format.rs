//! Which format a file has.

use crate::bytes;
use pitlane::source::SourceError;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

/// What DBN begins with.
const DBN: &[u8] = b"DBN";

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFormat {
    /// Rows of text, by a preset or with columns of one's own.
    Csv,
    /// Databento Binary Encoding.
    Dbn,
}

impl FileFormat {
    /// All formats.
    pub const ALL: [FileFormat; 2] = [FileFormat::Csv, FileFormat::Dbn];

    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Dbn => "dbn",
        }
    }

    /// The format of a file by its name or, where that says nothing, by its first bytes.
    pub(crate) fn of(path: &Path) -> Result<Self, SourceError> {
        let named = Self::of_name(path);
        let packed_otherwise = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip"));
        if named != FileFormat::Csv || packed_otherwise {
            return Ok(named);
        }
        let mut magic = Vec::with_capacity(DBN.len());
        // What cannot be read is told by whoever reads all of it.
        let _ = bytes::open(path, None)?.take(DBN.len() as u64).read_to_end(&mut magic);
        Ok(if magic == DBN { FileFormat::Dbn } else { FileFormat::Csv })
    }

    /// The format that a file's name speaks of: `.dbn`, `.dbn.zst`, `.dbn.frag`, `.dbz` and the like
    /// are DBN; all else is CSV until its content says otherwise.
    #[must_use]
    pub fn of_name(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let mut extensions = name.split('.').skip(1);
        match extensions.any(|extension| matches!(extension, "dbn" | "dbz")) {
            true => FileFormat::Dbn,
            false => FileFormat::Csv,
        }
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for FileFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(FileFormat::name).join(", ");
            format!("there is no format `{text}`; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_dbn_from_text() {
        for (name, format) in [
            ("a.dbn", FileFormat::Dbn),
            ("glbx-mdp3-20240102.mbo.dbn.zst", FileFormat::Dbn),
            ("a.v1.DBN.frag", FileFormat::Dbn),
            ("old.dbz", FileFormat::Dbn),
            ("a.csv.gz", FileFormat::Csv),
            ("dbn", FileFormat::Csv),
        ] {
            assert_eq!(FileFormat::of_name(Path::new(name)), format, "{name}");
        }
    }
}
