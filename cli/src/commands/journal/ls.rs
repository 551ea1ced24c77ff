//! `pitlane journal ls`.

use crate::console;
use crate::failure::{Exit, Failure};
use crate::journal::Opened;
use crate::session::aligned;
use crate::text::thousands;
use pitlane_feeds::format_time;
use pitlane_persistence::{Bounds, From, JournalReader};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What a tag has.
#[derive(Clone, Copy, Default)]
struct Held {
    events: u64,
    batches: u64,
    /// Position of the first and behind the last one.
    first: u64,
    next: u64,
}

pub(super) fn ls(folder: &Path, as_json: bool) -> Result<Exit, Failure> {
    let opened = Opened::at(folder)?;
    let bounds = opened.bounds()?;
    let mut held = BTreeMap::<u32, Held>::new();
    let fail = |error| opened.fail(&error);
    let mut reader =
        JournalReader::open(opened.storage.clone(), From::Sequence(bounds.first)).map_err(fail)?;
    let counted = loop {
        match reader.next_until(bounds.next) {
            Ok(Some(batch)) => {
                let next = batch.first + batch.events.len() as u64;
                let new = Held { first: batch.first, ..Held::default() };
                let held = held.entry(batch.tag).or_insert(new);
                held.events += batch.events.len() as u64;
                held.batches += 1;
                held.next = next;
            }
            Ok(None) => break Ok(()),
            // What a repair cut out is no damage any more.
            Err(pitlane_persistence::Error::Lost { .. }) => {}
            Err(error) => break Err(fail(error)),
        }
    };
    for stream in &opened.manifest.streams {
        held.entry(stream.tag).or_default();
    }
    let text = match as_json {
        true => format!("{:#}\n", object(&opened, &bounds, &held)),
        false => text(&opened, &bounds, &held),
    };
    console::show(&text)?;
    counted.map(|()| Exit::Done)
}

fn object(opened: &Opened, bounds: &Bounds, held: &BTreeMap<u32, Held>) -> Value {
    let streams = held.iter().map(|(tag, held)| {
        let stream = opened.manifest.stream(*tag);
        json!({
            "tag": tag,
            "name": stream.map(|stream| stream.name.as_str()),
            "source": stream.map(|stream| stream.source.as_str()),
            "type": stream.map(|stream| stream.event.as_str()),
            "enters": stream.map(|stream| stream.enters),
            "events": held.events,
            "batches": held.batches,
            "first": held.first,
            "next": held.next,
        })
    });
    let runs = opened.manifest.sessions.iter().map(|session| {
        json!({
            "run": session.start,
            "session": session.session,
            "first": session.first,
            "next": opened.manifest.end_of(session.start).unwrap_or(bounds.next),
            "started": format_time(session.started),
        })
    });
    json!({
        "schema": 1,
        "journal": opened.folder.display().to_string(),
        "segments": bounds.segments,
        "bytes": bounds.bytes,
        "first": bounds.first,
        "next": bounds.next,
        "durable": bounds.durable,
        "streams": streams.collect::<Value>(),
        "runs": runs.collect::<Value>(),
        "instruments": opened.manifest.instruments,
    })
}

fn text(opened: &Opened, bounds: &Bounds, held: &BTreeMap<u32, Held>) -> String {
    let Bounds { segments, bytes, first, next, durable } = *bounds;
    let mut text = format!(
        "{}: events {} to {} (exclusive), {} known to be durable; {} segments, {} bytes\n\n",
        opened.folder.display(),
        thousands(first),
        thousands(next),
        thousands(durable),
        thousands(segments as u64),
        thousands(bytes),
    );
    let streams = held.iter().map(|(tag, held)| {
        let stream = opened.manifest.stream(*tag);
        vec![
            stream.map_or_else(|| format!("#{tag}"), |stream| stream.name.clone()),
            stream.map_or_else(String::new, |stream| stream.event.clone()),
            tag.to_string(),
            thousands(held.events),
            thousands(held.batches),
        ]
    });
    text += &aligned(&["stream", "type", "tag", "events", "batches"], streams.collect(), 2);
    let runs = opened.manifest.sessions.iter().map(|session| {
        let end = opened.manifest.end_of(session.start).unwrap_or(next);
        vec![
            session.start.to_string(),
            format_time(session.started),
            session.session.to_string(),
            thousands(session.first),
            // Fewer where the journal is one that was restored from a copy.
            thousands(end.min(next).saturating_sub(session.first.max(first))),
        ]
    });
    text += "\n";
    text += &aligned(&["run", "started", "session", "from", "events"], runs.collect(), 2);
    text
}
