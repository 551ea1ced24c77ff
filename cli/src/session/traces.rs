//! Steps of a traced run as CSV, written and read.

use pitlane::event::Slot;
use pitlane::trace::Step;
use std::fmt::Write;
use std::sync::Arc;

/// The file's name.
pub(crate) const FILE: &str = "trace.csv";

const HEADER: &str = "root,stage,stream,sequence,type,entered,begun,ended,emitted,event\n";

/// One row per step, in the order in which they began; the event as its 64 bytes. `emitted` has
/// `STREAM FROM TO`, one past the last, parted by `;`.
pub(super) fn csv(mut steps: Vec<Step>) -> String {
    steps.sort_by_key(|step| (step.begun, step.slot.header.root));
    let mut csv = String::from(HEADER);
    for step in &steps {
        let Step { stage, stream, sequence, event, slot, entered, begun, ended, emitted } = step;
        let entered = entered.map(|entered| entered.to_string()).unwrap_or_default();
        let emitted: Vec<_> =
            emitted.iter().map(|(stream, from, to)| format!("{stream} {from} {to}")).collect();
        // Writing to a string does not fail.
        let _ = write!(
            csv,
            "{},{stage},{stream},{sequence},{event},{entered},{begun},{ended},{},",
            slot.header.root,
            emitted.join(";"),
        );
        for byte in slot.bytes() {
            let _ = write!(csv, "{byte:02x}");
        }
        csv.push('\n');
    }
    csv
}

/// The steps of a file; the number of the line that is none of ours.
pub(crate) fn read(text: &str) -> Result<Vec<Step>, usize> {
    let rows = text.lines().enumerate().skip(1);
    if text.lines().next() != Some(HEADER.trim_end()) {
        return Err(1);
    }
    rows.map(|(number, row)| step(row).ok_or(number + 1)).collect()
}

fn step(row: &str) -> Option<Step> {
    let mut fields = row.split(',');
    let mut next = || fields.next();
    let _root = next()?;
    let (stage, stream) = (next()?.into(), next()?.into());
    let sequence = next()?.parse().ok()?;
    let event = next()?.into();
    let entered = match next()? {
        "" => None,
        text => Some(text.parse().ok()?),
    };
    let (begun, ended) = (next()?.parse().ok()?, next()?.parse().ok()?);
    let emitted = next()?.split(';').filter(|text| !text.is_empty()).map(emission);
    let emitted = emitted.collect::<Option<Vec<_>>>()?;
    let slot = slot(next()?)?;
    Some(Step { stage, stream, sequence, event, slot, entered, begun, ended, emitted })
}

fn emission(text: &str) -> Option<(Arc<str>, u64, u64)> {
    let mut parts = text.rsplitn(3, ' ');
    let (to, from) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((parts.next()?.into(), from, to))
}

fn slot(hex: &str) -> Option<Slot> {
    let digits = hex.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let text = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(text, 16).ok()
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    Some(Slot::from_bytes(&bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::event::{MarketData, Side};

    #[test]
    fn what_is_written_is_read() {
        let slot = *Slot::of(&MarketData::trade(3, 17, 100, 5, Side::Ask));
        let step = Step {
            stage: "sma".into(),
            stream: "feed".into(),
            sequence: 7,
            event: "MarketData".into(),
            slot,
            entered: None,
            begun: 10,
            ended: 12,
            emitted: vec![("strategy/sma".into(), 3, 5), ("x".into(), 0, 1)],
        };
        let later = Step { entered: Some(4), begun: 20, emitted: Vec::new(), ..step.clone() };
        let text = csv(vec![later.clone(), step.clone()]);
        assert_eq!(read(&text), Ok(vec![step, later]));
        assert_eq!(read("nothing"), Err(1));
        assert_eq!(read(&format!("{HEADER}1,2\n")), Err(2));
    }
}
