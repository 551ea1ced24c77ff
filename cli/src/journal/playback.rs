//! The streams of a recorded session, as they were.

use super::Opened;
use crate::failure::Failure;
use crate::session::aligned;
use crate::text::thousands;
use pitlane_persistence::{From, JournalReader};
use serde_json::{Value, json};
use xxhash_rust::xxh3::Xxh3;

/// What went through a stream of the session.
struct Told {
    tag: u32,
    name: String,
    event: String,
    count: u64,
    digest: Xxh3,
}

/// What a session recorded.
pub(crate) struct Playback {
    folder: String,
    run: u64,
    session: u16,
    first: u64,
    end: u64,
    streams: Vec<Told>,
}

/// Reads a session again, from its first event to its last.
pub(crate) fn playback(opened: &Opened, run: Option<u64>) -> Result<Playback, Failure> {
    let (session, first, end) = opened.session(run)?;
    let streams = opened.manifest.streams.iter();
    let streams = streams.filter(|stream| session.tags.contains(&stream.tag));
    let told = |stream: &pitlane_persistence::StreamEntry| Told {
        tag: stream.tag,
        name: stream.name.clone(),
        event: stream.event.clone(),
        count: 0,
        digest: Xxh3::new(),
    };
    let mut streams: Vec<_> = streams.map(told).collect();
    let fail = |error| opened.fail(&error);
    let mut reader =
        JournalReader::open(opened.storage.clone(), From::Sequence(first)).map_err(fail)?;
    while reader.position() < end {
        let Some(batch) = reader.next_until(end).map_err(fail)? else { break };
        if let Some(stream) = streams.iter_mut().find(|stream| stream.tag == batch.tag) {
            stream.count += batch.events.len() as u64;
            stream.digest.update(bytemuck::cast_slice(batch.events));
        }
    }
    let folder = opened.folder.display().to_string();
    Ok(Playback { folder, run: session.start, session: session.session, first, end, streams })
}

impl Playback {
    pub(crate) fn json(&self) -> Value {
        let stream = |stream: &Told| {
            json!({
                "name": stream.name,
                "type": stream.event,
                "count": stream.count,
                "digest": format!("{:032x}", stream.digest.digest128()),
            })
        };
        json!({
            "schema": 1,
            "state": "done",
            "journal": self.folder,
            "run": self.run,
            "session": self.session,
            "first": self.first,
            "next": self.end,
            "events": self.end - self.first,
            "streams": self.streams.iter().map(stream).collect::<Value>(),
            "error": null,
        })
    }

    pub(crate) fn text(&self) -> String {
        let rows = self.streams.iter().map(|stream| {
            vec![
                stream.name.clone(),
                stream.event.clone(),
                format!("{:032x}", stream.digest.digest128()),
                thousands(stream.count),
            ]
        });
        let table = aligned(&["stream", "type", "digest", "events"], rows.collect(), 3);
        let (folder, run, events) = (&self.folder, self.run, thousands(self.end - self.first));
        format!("{folder}: run {run}, {events} events as they were recorded\n\n{table}")
    }
}
