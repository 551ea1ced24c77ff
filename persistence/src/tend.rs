//! What is done to a journal besides writing, reading and verifying it: bounds, repair, retention.

use crate::aside::{SetAside, set_aside};
use crate::error::Error;
use crate::format::{Check, SegmentHeader, segment_name};
use crate::options::{JournalOptions, Retention};
use crate::prepare::Preparer;
use crate::storage::Storage;
use crate::survey::{Survey, last_sure, of_those_kept, segments};
use crate::walker::Walker;
use crate::writer::{begin, make_durable, take_lock};
use std::sync::Arc;

/// Where a journal begins and ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Segments, and the bytes of their files.
    pub segments: usize,
    /// See `segments`.
    pub bytes: u64,
    /// The first sequence that is kept, and the one after the last.
    pub first: u64,
    /// See `first`.
    pub next: u64,
    /// The durable position that the journal tells of itself; the writer may know a higher one.
    pub durable: u64,
}

/// Where a journal begins and ends. Reads its last segments only, and changes nothing.
///
/// # Errors
/// [`Error::Damaged`] in what is read, [`Error::Version`], and the system's.
pub fn bounds(storage: &dyn Storage) -> Result<Bounds, Error> {
    of_those_kept(storage, |segments| bounds_of(storage, segments))
}

fn bounds_of(storage: &dyn Storage, all: Vec<u64>) -> Result<Bounds, Error> {
    let bytes = all.iter().try_fold(0, |sum, first| Ok(sum + bytes_of(storage, *first)?))?;
    let (segments, first) = (all.len(), all.first().copied().unwrap_or(0));
    let from = last_sure(storage, &all, Check::On)?;
    let survey = Survey::take(storage, all, from, Check::On)?;
    survey.check()?;
    let durable = survey.durable.max(first);
    Ok(Bounds { segments, bytes, first, next: survey.next, durable })
}

/// Bytes of a segment's file.
pub(crate) fn bytes_of(storage: &dyn Storage, first: u64) -> Result<u64, Error> {
    let name = segment_name(first);
    let file = storage.open(&name).map_err(Error::io("open", &name))?;
    file.bytes().map_err(Error::io("read", &name))
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The first event that could not be kept, and the sequence with which the journal goes on. Equal:
    /// nothing was damaged.
    pub first_lost: u64,
    /// See `first_lost`.
    pub next: u64,
    /// Where the damaged part, and all behind it, is now.
    pub set_aside: SetAside,
}

/// Cuts a damaged journal at the first damage. All from there on is moved to files of its own, frames
/// that may still be whole included, and a new segment goes on behind the highest sequence seen, so that
/// no sequence is given twice; readers are told of the lost events ([`Error::Lost`]). A journal that is
/// not damaged is left alone.
///
/// # Errors
/// [`Error::Locked`], [`Error::Full`], [`Error::Version`], and the system's.
pub fn repair(storage: &Arc<dyn Storage>, options: JournalOptions) -> Result<Repaired, Error> {
    let options = options.rounded();
    let _lock = take_lock(storage.as_ref())?;
    let survey = Survey::take(storage.as_ref(), segments(storage.as_ref())?, 0, Check::On)?;
    if survey.check().is_ok() {
        return Ok(Repaired { first_lost: survey.next, next: survey.next, ..Repaired::default() });
    }
    make_durable(storage.as_ref(), &survey, 0)?;
    let set_aside = set_aside(storage.as_ref(), &survey)?;
    let now = survey.appended.max((options.clock)());
    let (first_lost, next) = (survey.next, survey.beyond);
    let journal = survey.journal.unwrap_or(now);
    let bytes = options.segment_bytes;
    let header = SegmentHeader::new(journal, next, bytes, now, next - first_lost);
    let file = Preparer::new(Arc::clone(storage), bytes, false, true).take()?;
    let name = begin(storage.as_ref(), file.as_ref(), &header)?;
    file.sync().map_err(Error::io("sync", &name))?;
    storage.sync_names().map_err(Error::io("sync", "the folder"))?;
    Ok(Repaired { first_lost, next, set_aside })
}

/// Removes the oldest segments that may go; returns the oldest event left.
pub(crate) fn retain(storage: &dyn Storage, keep: &Retention, now: u64) -> Result<u64, Error> {
    let all = segments(storage)?;
    let mut bytes = all.iter().try_fold(0, |sum, first| Ok(sum + bytes_of(storage, *first)?))?;
    let mut oldest = all.first().copied().unwrap_or(0);
    for pair in all.windows(2) {
        let name = segment_name(pair[0]);
        let finished = Walker::open(storage, pair[1], Check::On)?.map_or(now, |w| w.header.created);
        let too_many = keep.bytes.is_some_and(|most| bytes > most);
        let age = u128::from(now.saturating_sub(finished));
        let too_old = keep.age.is_some_and(|longest| age > longest.as_nanos());
        let wanted = too_many || too_old || (keep.bytes.is_none() && keep.age.is_none());
        let needed = keep.acknowledged.is_some_and(|position| pair[1] > position);
        if !wanted || needed {
            break;
        }
        bytes -= bytes_of(storage, pair[0])?;
        storage.remove(&name).map_err(Error::io("remove", &name))?;
        oldest = pair[1];
    }
    storage.sync_names().map_err(Error::io("sync", "the folder"))?;
    Ok(oldest)
}
