//! Where in a plain file a time begins.
//!
//! Records of one schema have one length, and files are in order of time, so the place is found by
//! halving. What lies a minute earlier is read all the same, for files that step back a little;
//! whoever wants a time leaves out what comes before it.

use super::convert::{Made, convert};
use super::header::Opened;
use super::names::Names;
use super::options::Venues;
use crate::error::read_failed;
use dbn::decode::dbn::fsm::{DbnFsm, ProcessResult};
use dbn::{Schema, VersionUpgradePolicy};
use pitlane::Instruments;
use pitlane::source::SourceError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How far before the time reading begins, ns.
const EARLIER: u64 = 60_000_000_000;

/// Moves a file that was just opened to where a time begins, where that can be found.
pub(super) fn go_to(path: &Path, opened: &mut Opened, time: u64) -> Result<(), SourceError> {
    if opened.bytes.packing().is_some() || !opened.metadata.as_ref().is_some_and(has_one_length) {
        return Ok(());
    }
    let failed = |error: io::Error| read_failed(path, &error);
    let mut probe = Probe::new(path, opened.records_at).map_err(failed)?;
    let Some(at) = probe.first_at(time.saturating_sub(EARLIER)).map_err(failed)? else {
        return Ok(());
    };
    opened.bytes.forward(at - opened.records_at).map_err(failed)
}

/// Whether all records of a file are of one length, and none says what others mean.
fn has_one_length(metadata: &dbn::Metadata) -> bool {
    use Schema::{Bbo1M, Bbo1S, Cbbo1M, Cbbo1S, Cmbp1, Mbo, Mbp1, Mbp10, Tbbo, Tcbbo, Trades};
    let known = [
        Mbo,
        Mbp1,
        Mbp10,
        Tbbo,
        Trades,
        Bbo1S,
        Bbo1M,
        Cmbp1,
        Tcbbo,
        Cbbo1S,
        Cbbo1M,
        Schema::Status,
    ];
    metadata.schema.is_some_and(|schema| known.contains(&schema))
}

/// Looks at single records of a file.
struct Probe {
    file: File,
    start: u64,
    record: Vec<u8>,
    count: u64,
    names: Names,
}

impl Probe {
    fn new(path: &Path, start: u64) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.metadata()?.len().saturating_sub(start);
        let mut words = [0];
        file.seek(SeekFrom::Start(start))?;
        let length = match file.read(&mut words)? {
            1 => 4 * usize::from(words[0]),
            _ => 0,
        };
        let count = bytes.checked_div(length as u64).unwrap_or(0);
        let names = Names::new(None, Some("-"), Venues::Never, &Instruments::new());
        Ok(Self { file, start, record: vec![0; length], count, names })
    }

    /// Where the first record at or after a time begins; `None` where records are not what they
    /// should be, so that nothing can be said.
    fn first_at(&mut self, time: u64) -> io::Result<Option<u64>> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.time(middle)? {
                None => return Ok(None),
                Some(found) if found < time => low = middle + 1,
                Some(_) => high = middle,
            }
        }
        Ok(Some(self.start + low * self.record.len() as u64))
    }

    fn time(&mut self, record: u64) -> io::Result<Option<u64>> {
        self.file.seek(SeekFrom::Start(self.start + record * self.record.len() as u64))?;
        self.file.read_exact(&mut self.record)?;
        if 4 * usize::from(self.record[0]) != self.record.len() {
            return Ok(None);
        }
        let machine = DbnFsm::builder()
            .upgrade_policy(VersionUpgradePolicy::AsIs)
            .skip_metadata(true)
            .buffer_size(self.record.len())
            .build();
        let Ok(mut machine) = machine else { return Ok(None) };
        machine.write_all(&self.record);
        let ProcessResult::Record(_) = machine.process_batch() else { return Ok(None) };
        let Some(record) = machine.next_buffered_record() else { return Ok(None) };
        Ok(match convert(record, &mut self.names) {
            Ok(Made::One(event) | Made::Two(event, _)) => Some(crate::merge::time(&event)),
            Ok(Made::Other(_)) | Err(_) => None,
        })
    }
}
