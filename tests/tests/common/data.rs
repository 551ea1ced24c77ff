//! Real tick files, which are no part of the repository. Tests of several crates include this file by its path.

use std::path::PathBuf;

/// A file of the shared data, `None` (and a word about it) where it is absent.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PITLANE_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent; set PITLANE_DATA to its folder", path.display());
    None
}
