//! Dead letters as CSV.

use super::outcome::Outcome;
use crate::record::quoted;
use pitlane::topology::{Attempt, DeadLetter};
use std::fmt::Write;

/// The file's name.
pub(super) const FILE: &str = "dead_letters.csv";

/// One row per dead letter that was kept, by root; the event as its 64 bytes, so that nothing of it is
/// lost.
pub(super) fn csv(outcome: &Outcome) -> String {
    let mut csv = String::from(
        "root,stage,stream,sequence,type,kind,ts_event,symbol,attempts,reason,history,event\n",
    );
    for letter in &outcome.report.dead_letters.letters {
        let DeadLetter { stage, event, attempts } = &**letter;
        let header = &event.slot.header;
        let history: Vec<_> =
            attempts.iter().map(|Attempt { at, fault }| format!("{at} {fault}")).collect();
        // Writing to a string does not fail.
        let _ = write!(
            csv,
            "{},{stage},{},{},{},{},{},{},{},{},{},",
            letter.root(),
            event.stream,
            event.sequence,
            event.event,
            header.kind,
            header.ts_event,
            quoted(&outcome.symbol(header.instrument)),
            attempts.len(),
            quoted(&letter.reason().to_string()),
            quoted(&history.join("; ")),
        );
        for byte in event.bytes() {
            let _ = write!(csv, "{byte:02x}");
        }
        csv.push('\n');
    }
    csv
}
