//! `pitlane dlq requeue` and `pitlane dlq drop`.

use super::{ActArgs, unknown};
use crate::console;
use crate::failure::{Exit, Failure};
use crate::journal::{Entry, Ledger, Opened};
use pitlane::delivery::{Settlement, SettlementKind};
use pitlane::event::{Event, Slot};
use pitlane_persistence::{JournalOptions, JournalWriter};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// Opens the journal to write, and finds the letters that are meant. Nobody else writes meanwhile.
fn take(opened: &Opened, args: &ActArgs) -> Result<(JournalWriter, Vec<Entry>), Failure> {
    let fail = |error| opened.fail(&error);
    let options =
        JournalOptions { segment_bytes: segment_bytes(opened), ..JournalOptions::default() };
    let (writer, _) = JournalWriter::open(opened.storage.clone(), options).map_err(fail)?;
    let ledger = Ledger::read(opened)?;
    if args.all {
        return Ok((writer, ledger.letters().cloned().collect()));
    }
    let find = |position: &u64| {
        ledger.letter(*position).cloned().ok_or_else(|| unknown(opened, &ledger, *position))
    };
    let mut positions = args.positions.clone();
    positions.sort_unstable();
    positions.dedup();
    let letters: Result<Vec<_>, _> = positions.iter().map(find).collect();
    Ok((writer, letters?))
}

/// Segments as large as those that are there.
fn segment_bytes(opened: &Opened) -> u64 {
    let sizes = opened.storage.list().into_iter().flatten();
    let sizes = sizes.filter(|name| name.ends_with(".journal"));
    let size = |name: String| opened.storage.open(&name).and_then(|file| file.bytes()).ok();
    sizes.filter_map(size).max().unwrap_or(JournalOptions::default().segment_bytes)
}

/// The tag of what became of a letter.
fn settled_tag(opened: &Opened, letter: &Entry) -> Option<u32> {
    let streams = &opened.manifest.streams;
    let own = streams.iter().find(|stream| stream.tag == letter.tag)?;
    let name = format!("{}.{}.settled", own.source, own.event);
    let settled = || streams.iter().filter(|stream| stream.event_id == Settlement::TYPE.id);
    let named = settled().find(|stream| stream.name == name);
    named.or_else(|| settled().next()).map(|stream| stream.tag)
}

pub(super) fn requeue(opened: &Opened, args: &ActArgs) -> Result<Exit, Failure> {
    let fail = |error| opened.fail(&error);
    let (mut writer, letters) = take(opened, args)?;
    let mut requeued = Vec::new();
    for letter in &letters {
        // The event first: what is appended and not noted is delivered twice, the other way round never.
        let behind = writer.append_tagged(letter.tag, &[letter.slot]).map_err(fail)?;
        note(opened, &mut writer, letter, SettlementKind::Requeued, behind - 1)?;
        requeued.push((letter.position, behind - 1));
    }
    writer.close().map_err(fail)?;
    let rows = requeued.iter().map(|(from, to)| json!({ "position": from, "requeued_at": to }));
    let object = json!({ "schema": 1, "requeued": rows.collect::<Vec<_>>() });
    let lines = requeued.iter().map(|(from, to)| format!("{from} is appended again at {to}\n"));
    let text = lines.collect::<String>()
        + &format!("{} requeued; the next start delivers them\n", requeued.len());
    console::show(&if args.folder.json { format!("{object:#}\n") } else { text })?;
    Ok(Exit::Done)
}

pub(super) fn drop(opened: &Opened, args: &ActArgs) -> Result<Exit, Failure> {
    let (mut writer, letters) = take(opened, args)?;
    for letter in &letters {
        note(opened, &mut writer, letter, SettlementKind::Dropped, 0)?;
    }
    writer.close().map_err(|error| opened.fail(&error))?;
    let positions: Vec<_> = letters.iter().map(|letter| letter.position).collect();
    let object = json!({ "schema": 1, "dropped": positions });
    let text = format!("{} dropped\n", positions.len());
    console::show(&if args.folder.json { format!("{object:#}\n") } else { text })?;
    Ok(Exit::Done)
}

fn note(
    opened: &Opened,
    writer: &mut JournalWriter,
    letter: &Entry,
    kind: SettlementKind,
    other: u64,
) -> Result<(), Failure> {
    let Some(tag) = settled_tag(opened, letter) else { return Ok(()) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let mut settlement = Settlement::new(kind, letter.position, &letter.slot, now);
    settlement.other = other;
    let noted = writer.append_tagged(tag, &[Slot::from_event(settlement)]);
    noted.map(drop_position).map_err(|error| opened.fail(&error))
}

/// Where the journal ends now is of no interest here.
fn drop_position(_: u64) {}
