//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError};
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

/// All events of a source, and why it ended early where it did.
pub(crate) fn read_all(source: &mut dyn Source) -> (Vec<MarketData>, Option<SourceError>) {
    let mut events = Vec::new();
    let mut batch = Vec::with_capacity(1000);
    loop {
        let more = source.read(&mut batch);
        events.append(&mut batch);
        match more {
            Ok(true) => {}
            Ok(false) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

/// All events of a source that is good to its end.
pub(crate) fn read_good(source: &mut dyn Source) -> Vec<MarketData> {
    let (events, error) = read_all(source);
    assert_eq!(error, None);
    events
}
