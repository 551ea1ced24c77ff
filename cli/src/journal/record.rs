//! Gives a topology the journal its config names.

use super::failure;
use crate::console;
use crate::failure::Failure;
use pitlane::durable::Journal;
use pitlane::topology::Checked;
use pitlane_config::{JournalSetup, KnownNumbers, Setup};
use pitlane_persistence::{
    Disk, JournalOptions, Manifest, NewSession, Recording, Retention, StreamEntry,
};
use std::path::Path;
use std::sync::Arc;

/// What a journal that exists knows of numbers; nothing where there is none.
pub(crate) fn known_numbers(folder: &Path) -> Result<KnownNumbers, String> {
    if !folder.is_dir() {
        return Ok(KnownNumbers::default());
    }
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", folder.display());
    let disk = Disk::new(folder).map_err(|error| said(&error))?;
    let manifest = Manifest::read(&disk).map_err(|error| said(&error))?;
    let instruments = manifest.map(|manifest| manifest.instruments).unwrap_or_default();
    Ok(KnownNumbers { instruments })
}

/// Opens the journal of a topology that records, and notes a session in it.
pub(crate) fn begin(topology: &mut Checked, setup: &Setup, warn: bool) -> Result<(), Failure> {
    let recorded = topology.recorded();
    if recorded.is_empty() {
        return Ok(());
    }
    let JournalSetup { path, sync, segment_bytes, on_full, .. } = &setup.journal;
    let entry = |stream: &pitlane::topology::StreamInfo| StreamEntry {
        tag: 0,
        name: stream.name.clone(),
        source: stream.source.clone(),
        event: stream.event.name.to_owned(),
        event_id: stream.event.id,
        enters: stream.writer.is_none(),
    };
    let session = NewSession {
        session: Some(setup.session),
        streams: recorded.iter().map(entry).collect(),
        names: topology.names().iter().map(str::to_owned).collect(),
        instruments: setup.instruments.clone(),
        config: setup.config.clone(),
    };
    let disk = Disk::new(path).map_err(|error| Failure::write(path, &error))?;
    let options =
        JournalOptions { sync: *sync, segment_bytes: *segment_bytes, ..JournalOptions::default() };
    let begun = Recording::begin(Arc::new(disk), options, retention(&setup.journal), &session);
    let (recording, recovered) = begun.map_err(|error| failure(path, &error))?;
    let aside = &recovered.set_aside;
    if warn && aside.bytes > 0 {
        console::note(&format!(
            "note: {}: the end of the last run was cut short: {} bytes that were never acknowledged are in {} now",
            path.display(),
            aside.bytes,
            aside.files.join(", "),
        ));
    }
    let tags = recording.tags().to_vec();
    let journal = Journal::new(Box::new(recording)).sync(*sync).on_full(*on_full).tags(tags);
    let _ = topology.journal(journal);
    Ok(())
}

fn retention(setup: &JournalSetup) -> Option<Retention> {
    let JournalSetup { keep_bytes, keep_age, drop_acknowledged, .. } = setup;
    let wanted = keep_bytes.is_some() || keep_age.is_some() || *drop_acknowledged;
    let unless_older = !*drop_acknowledged;
    // Acknowledged alone: as soon as they may; beside others it is these that demand.
    let (bytes, age) = if unless_older { (*keep_bytes, *keep_age) } else { (None, None) };
    wanted.then_some(Retention { bytes, age, acknowledged: None })
}
