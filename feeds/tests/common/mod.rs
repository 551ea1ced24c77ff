//! What several test files share.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

#[path = "../../../tests/tests/common/data.rs"]
mod data;

pub(crate) use data::data;
use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError};

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
