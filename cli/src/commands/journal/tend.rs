//! `pitlane journal verify` and `repair`.

use crate::console;
use crate::failure::{Exit, Failure};
use crate::journal::{Opened, failure};
use crate::text::thousands;
use pitlane_persistence::{JournalOptions, Repaired, Verified};
use serde_json::json;
use std::path::Path;

pub(super) fn verify(folder: &Path, as_json: bool) -> Result<Exit, Failure> {
    let opened = Opened::at(folder)?;
    let found = pitlane_persistence::verify(opened.storage.as_ref());
    let found = found.map_err(|error| failure(folder, &error))?;
    let Verified { segments, frames, events, first, next, durable, lost, trailing } = found;
    let journal = folder.display().to_string();
    if as_json {
        let object = json!({
            "schema": 1,
            "journal": journal,
            "ok": true,
            "segments": segments,
            "frames": frames,
            "events": events,
            "first": first,
            "next": next,
            "durable": durable,
            "lost": lost,
            "trailing_bytes": trailing,
        });
        console::show(&format!("{object:#}\n"))?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "{journal}: ok: {} events in {} frames of {} segments, {} known to be durable\n",
        thousands(events),
        thousands(frames),
        thousands(segments as u64),
        thousands(durable),
    );
    if lost > 0 {
        text += &format!("{} events were lost; repairs cut them out\n", thousands(lost));
    }
    if trailing > 0 {
        text += &format!(
            "behind the end there are {} bytes that were never acknowledged; the next writer moves them aside\n",
            thousands(trailing),
        );
    }
    console::show(&text)?;
    Ok(Exit::Done)
}

pub(super) fn repair(folder: &Path, as_json: bool) -> Result<Exit, Failure> {
    let opened = Opened::at(folder)?;
    let done = pitlane_persistence::repair(&opened.storage, JournalOptions::default());
    let Repaired { first_lost, next, set_aside } = done.map_err(|error| failure(folder, &error))?;
    let journal = folder.display().to_string();
    let text = if as_json {
        let object = json!({
            "schema": 1,
            "journal": journal,
            "repaired": first_lost < next || set_aside.bytes > 0,
            "first_lost": first_lost,
            "next": next,
            "lost": next - first_lost,
            "bytes_aside": set_aside.bytes,
            "files_aside": set_aside.files,
        });
        format!("{object:#}\n")
    } else if first_lost == next && set_aside.bytes == 0 {
        format!("{journal}: nothing is damaged, and nothing was changed\n")
    } else {
        format!(
            "{journal}: {} events from {} on are lost; {} bytes are kept in {}; the journal goes on at {}\n",
            thousands(next - first_lost),
            thousands(first_lost),
            thousands(set_aside.bytes),
            set_aside.files.join(", "),
            thousands(next),
        )
    };
    console::show(&text)?;
    Ok(Exit::Done)
}
