//! A process to be killed: appends batches of events 0, 1, 2 ... to the journal in a folder, and tells
//! each durable position on a line of its own. With `read`, follows the journal and tells the end of
//! each batch instead.
//!
//! ```text
//! journal_child append FOLDER | journal_child read FOLDER END
//! ```

use pitlane::event::{Header, Slot};
use pitlane_persistence::{Disk, From, JournalOptions, JournalReader, JournalWriter};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

fn event(n: u64) -> Slot {
    let header = Header { ts_event: n, root: n + 1, ..Header::default() };
    Slot { header, words: [n, !n, 0, 0] }
}

fn append(folder: &str) -> Result<(), Box<dyn Error>> {
    let options = JournalOptions { segment_bytes: 64 * 1024, ..JournalOptions::default() };
    let (mut writer, recovered) = JournalWriter::open(Arc::new(Disk::new(folder)?), options)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "open {} aside {}", recovered.next, recovered.set_aside.bytes)?;
    loop {
        let first = writer.written();
        let batch: Vec<Slot> = (first..first + 1 + first % 50).map(event).collect();
        writer.append(&batch)?;
        let durable = writer.commit()?;
        writeln!(out, "{durable}")?;
    }
}

fn read(folder: &str, end: u64) -> Result<(), Box<dyn Error>> {
    let mut reader = JournalReader::open(Arc::new(Disk::new(folder)?), From::Oldest)?;
    let mut expected = 0;
    while expected < end {
        let Some(batch) = reader.next()? else {
            std::thread::yield_now();
            continue;
        };
        for seen in batch.events {
            if *seen != event(expected) {
                return Err(format!("event {expected} is not what was appended").into());
            }
            expected += 1;
        }
    }
    println!("{expected}");
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["append", folder] => append(folder),
        ["read", folder, end] => read(folder, end.parse()?),
        _ => Err("say: append FOLDER, or: read FOLDER END".into()),
    }
}
