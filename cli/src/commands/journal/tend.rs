//! `pitlane journal verify` and `repair`.

use crate::console;
use crate::failure::{Exit, Failure};
use crate::journal::Opened;
use crate::session::aligned;
use crate::text::thousands;
use pitlane_persistence::{Damage, JournalOptions, Repaired, Verified};
use serde_json::{Value, json};
use std::path::Path;

/// Prints the report, whatever it says; what is damaged is told on standard error as well, as an error.
pub(super) fn verify(folder: &Path, as_json: bool) -> Result<Exit, Failure> {
    let opened = Opened::at(folder)?;
    let found = pitlane_persistence::verify(opened.storage.as_ref());
    let found = found.map_err(|error| opened.fail(&error))?;
    let damaged = found.check().err().map(|error| opened.fail(&error));
    let text = match as_json {
        true => format!("{:#}\n", object(folder, &found, damaged.as_ref())),
        false => text(folder, &found),
    };
    console::show(&text)?;
    let Some(damaged) = damaged else { return Ok(Exit::Done) };
    damaged.print();
    Ok(damaged.exit())
}

fn object(folder: &Path, found: &Verified, damaged: Option<&Failure>) -> Value {
    let of = |file: &str| {
        let damage = found.damage.iter().filter(|damage| damage.file == file);
        let damage = damage.map(|Damage { offset, bytes, first, end, .. }| {
            json!({ "offset": offset, "bytes": bytes, "first": first, "end": end })
        });
        damage.collect::<Vec<_>>()
    };
    let files = found.segments.iter().map(|part| {
        let damage = of(&part.file);
        json!({
            "file": part.file,
            "bytes": part.bytes,
            "ok": damage.is_empty(),
            "first": part.first,
            "next": part.next,
            "frames": part.frames,
            "events": part.events,
            "damage": damage,
        })
    });
    json!({
        "schema": 1,
        "journal": folder.display().to_string(),
        "ok": damaged.is_none(),
        "segments": found.segments.len(),
        "frames": found.frames,
        "events": found.events,
        "first": found.first,
        "next": found.next,
        "durable": found.durable,
        "lost": found.lost,
        "missing": missing(found),
        "trailing_bytes": found.trailing,
        "files": files.collect::<Vec<_>>(),
        "errors": damaged.map_or_else(Vec::new, Failure::diagnostics),
    })
}

/// Events that were durable and are not whole.
fn missing(found: &Verified) -> u64 {
    found.damage.iter().map(|damage| damage.end - damage.first).sum()
}

fn text(folder: &Path, found: &Verified) -> String {
    let mut text = format!(
        "{}: {}: {} events in {} frames of {} segments, {} known to be durable\n",
        folder.display(),
        if found.damage.is_empty() { "ok" } else { "damaged" },
        thousands(found.events),
        thousands(found.frames),
        thousands(found.segments.len() as u64),
        thousands(found.durable),
    );
    if found.lost > 0 {
        text += &format!("{} events were lost; repairs cut them out\n", thousands(found.lost));
    }
    if found.trailing > 0 {
        text += &format!(
            "behind the end there are {} bytes that were never acknowledged; the next writer moves them aside\n",
            thousands(found.trailing),
        );
    }
    if !found.damage.is_empty() {
        let rows = found.damage.iter().map(|damage| {
            let [offset, bytes, first] = [damage.offset, damage.bytes, damage.first].map(thousands);
            vec![damage.file.clone(), offset, bytes, first, thousands(damage.end - damage.first)]
        });
        let columns = ["damaged file", "at byte", "bytes", "from event", "events missing"];
        text += &format!("\n{}", aligned(&columns, rows.collect(), 1));
    }
    text
}

pub(super) fn repair(folder: &Path, as_json: bool) -> Result<Exit, Failure> {
    let opened = Opened::at(folder)?;
    let done = pitlane_persistence::repair(&opened.storage, JournalOptions::default());
    let Repaired { first_lost, next, set_aside } = done.map_err(|error| opened.fail(&error))?;
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
