//! `pitlane dlq ls` and `pitlane dlq show`.

use super::unknown;
use crate::console;
use crate::failure::{Exit, Failure};
use crate::journal::{Entry, Form, Ledger, Opened, Rows};
use crate::session::aligned;
use pitlane::delivery::{Ending, Failure as Way};
use pitlane::registry::Registry;
use pitlane_feeds::format_time;
use serde_json::{Value, json};

pub(super) fn ls(opened: &Opened, as_json: bool) -> Result<Exit, Failure> {
    let ledger = Ledger::read(opened)?;
    let text = if as_json {
        let letters: Value = ledger.letters().map(|letter| object(opened, letter)).collect();
        let count = ledger.letters().count();
        let object = json!({
            "schema": 1,
            "journal": opened.folder.display().to_string(),
            "count": count,
            "waiting": ledger.unsettled(),
            "dead_letters": letters,
        });
        format!("{object:#}\n")
    } else {
        listing(opened, &ledger)
    };
    console::show(&text)?;
    Ok(Exit::Done)
}

fn listing(opened: &Opened, ledger: &Ledger) -> String {
    let waiting = match ledger.unsettled() {
        0 => String::new(),
        left => format!("{left} deliveries are not settled: the next start delivers them\n"),
    };
    let rows: Vec<_> = ledger.letters().map(|letter| row(opened, letter)).collect();
    if rows.is_empty() {
        return format!("{}: no dead letters\n{waiting}", opened.folder.display());
    }
    let header =
        ["position", "died", "stream", "stage", "symbol", "root", "id", "attempts", "reason"];
    aligned(&header, rows, header.len()) + &waiting
}

fn row(opened: &Opened, letter: &Entry) -> Vec<String> {
    let dead = letter.dead.as_ref();
    vec![
        letter.position.to_string(),
        dead.map_or_else(String::new, |dead| format_time(dead.at)),
        stream(opened, letter),
        dead.map_or_else(String::new, |dead| dead.stage.clone()),
        symbol(opened, letter),
        letter.slot.header.root.to_string(),
        letter.slot.words[0].to_string(),
        dead.map_or(0, |dead| dead.attempts).to_string(),
        letter.reason(),
    ]
}

fn stream(opened: &Opened, letter: &Entry) -> String {
    let stream = opened.manifest.stream(letter.tag);
    stream.map_or_else(|| format!("#{}", letter.tag), |stream| stream.name.clone())
}

fn symbol(opened: &Opened, letter: &Entry) -> String {
    let number = letter.slot.header.instrument;
    opened.manifest.symbol(number).map_or_else(|| format!("#{number}"), str::to_owned)
}

/// A dead letter as an object; `show` adds the event.
fn object(opened: &Opened, letter: &Entry) -> Value {
    let tries = letter.tries.iter().enumerate().map(|(number, one)| {
        json!({
            "attempt": number + 1,
            "at": format_time(one.at),
            "at_ns": one.at,
            "stage": one.stage,
            "failure": one.way.map(way),
            "reason": one.reason,
        })
    });
    let dead = letter.dead.as_ref();
    json!({
        "position": letter.position,
        "stream": stream(opened, letter),
        "stage": dead.map(|dead| &dead.stage),
        "symbol": symbol(opened, letter),
        "root": letter.slot.header.root,
        "id": letter.slot.words[0],
        "appended": format_time(letter.appended),
        "appended_ns": letter.appended,
        "died": dead.map(|dead| format_time(dead.at)),
        "died_ns": dead.map(|dead| dead.at),
        "ending": dead.map(|dead| ending(dead.ending)),
        "attempts": dead.map(|dead| dead.attempts),
        "reason": letter.reason(),
        "history": tries.collect::<Value>(),
    })
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Fault => "fault",
        Way::Panic => "panic",
        Way::Unknown => "unknown",
        Way::Permanent => "permanent",
    }
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::Annihilated => "annihilated",
        Ending::Attempts => "attempts",
        Ending::Elapsed => "elapsed",
        Ending::Permanent => "permanent",
        Ending::Budget => "budget",
        Ending::Expired => "expired",
        Ending::With(_) => "with_its_order",
    }
}

pub(super) fn show(
    opened: &Opened,
    position: u64,
    as_json: bool,
    registry: &Registry,
) -> Result<Exit, Failure> {
    let ledger = Ledger::read(opened)?;
    let Some(letter) = ledger.letter(position) else {
        return Err(unknown(opened, &ledger, position));
    };
    let mut object = object(opened, letter);
    object["event"] = event(opened, letter, registry)?;
    let text = if as_json { format!("{object:#}\n") } else { page(opened, letter, &object) };
    console::show(&text)?;
    Ok(Exit::Done)
}

/// The event's fields by their names, as `pitlane journal cat --json` has them.
fn event(opened: &Opened, letter: &Entry, registry: &Registry) -> Result<Value, Failure> {
    let mut line = Vec::new();
    let write = |line: &mut Vec<u8>| -> std::io::Result<()> {
        let mut rows = Rows::begin(line, Form::Json, opened, &[letter.tag], registry)?;
        rows.write(letter.position, letter.appended, letter.tag, &letter.slot)?;
        rows.flush()
    };
    write(&mut line).map_err(|error| Failure::write(&opened.folder, &error))?;
    Ok(serde_json::from_slice(&line).unwrap_or(Value::Null))
}

fn page(opened: &Opened, letter: &Entry, object: &Value) -> String {
    let word = |key: &str| match &object[key] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut text =
        format!("dead letter at position {} of {}\n\n", letter.position, opened.folder.display());
    for key in ["stream", "stage", "symbol", "root", "id", "appended", "died", "attempts", "reason"]
    {
        text += &format!("{key:<10}{}\n", word(key));
    }
    text += "\nevent\n";
    for (key, value) in object["event"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text += &format!("  {key:<18}{value}\n");
    }
    text += "\nattempts\n";
    for (number, one) in letter.tries.iter().enumerate() {
        let way = one.way.map_or("", way);
        let (at, stage, reason) = (format_time(one.at), &one.stage, &one.reason);
        text += &format!("  {}  {at}  {stage}  {way}  {reason}\n", number + 1);
    }
    if letter.tries.is_empty() {
        text += "  none\n";
    }
    text
}
