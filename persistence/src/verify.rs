//! Reads and checks everything, and tells of each segment what is whole and what is not.

use crate::error::Error;
use crate::format::{Check, segment_name};
use crate::storage::Storage;
use crate::survey::{Survey, of_those_kept};
use crate::tend::bytes_of;
use crate::walker::look_behind;

/// What a journal is made of, whole or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Its segments, the oldest first.
    pub segments: Vec<VerifiedSegment>,
    /// Whole frames (marks included) and their events.
    pub frames: u64,
    /// See `frames`.
    pub events: u64,
    /// The first sequence that is kept, and the one after the last.
    pub first: u64,
    /// See `first`.
    pub next: u64,
    /// The durable position that the journal tells of itself; the writer may know a higher one.
    pub durable: u64,
    /// Events that repairs cut out.
    pub lost: u64,
    /// Bytes behind the last frame that are no frame and were never acknowledged: the next writer moves them aside.
    pub trailing: u64,
    /// What was durable once and is not whole, in order. Empty: the journal is sound.
    pub damage: Vec<Damage>,
}

/// What was found in one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedSegment {
    /// Name of the file, and its bytes.
    pub file: String,
    /// See `file`.
    pub bytes: u64,
    /// The sequence of its first event, and the one after the last of its whole frames.
    pub first: u64,
    /// See `first`.
    pub next: u64,
    /// Whole frames and their events.
    pub frames: u64,
    /// See `frames`.
    pub events: u64,
}

/// A place where something durable is not what was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    /// Name of the segment, the place in it, and how many bytes are not whole from there on: 0 where they are not even there.
    pub file: String,
    /// See `file`.
    pub offset: u64,
    /// See `file`.
    pub bytes: u64,
    /// The first event that is missing, and the first that is whole again. Equal where only a header is damaged.
    pub first: u64,
    /// See `first`.
    pub end: u64,
}

impl Verified {
    /// The first damage as an error, of those who want no report.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub fn check(&self) -> Result<(), Error> {
        let Some(Damage { file, offset, first, .. }) = self.damage.first() else { return Ok(()) };
        let (file, offset, sequence, durable) = (file.clone(), *offset, *first, self.durable);
        Err(Error::Damaged { file, offset, sequence, durable })
    }
}

/// Reads and checks everything, also behind damage, and changes nothing. May run while a writer appends.
///
/// # Errors
/// [`Error::Version`], and the system's. Damage is no error here: see [`Verified::check`].
pub fn verify(storage: &dyn Storage) -> Result<Verified, Error> {
    of_those_kept(storage, |segments| report(storage, segments))
}

fn report(storage: &dyn Storage, segments: Vec<u64>) -> Result<Verified, Error> {
    let check = Check::On;
    let mut survey = Survey::take(storage, segments, 0, check)?;
    let mut trailing = survey.trailing.saturating_sub(survey.offset);
    let mut damage = Vec::new();
    while survey.check().is_err() {
        let file = segment_name(survey.segments[survey.index]);
        let (offset, first) = (survey.offset, survey.next);
        let (bytes, landing) = survey.leap(storage, check)?;
        let end = landing.unwrap_or(survey.durable);
        damage.push(Damage { file, offset, bytes, first, end });
        if landing.is_none() {
            // All that is left belongs to it.
            survey.next = end;
            trailing = 0;
            break;
        }
        let file = segment_name(survey.segments[survey.index]);
        let rest = look_behind(storage, &file, survey.journal, survey.offset)?;
        trailing = rest.end.saturating_sub(survey.offset);
    }
    let parts = survey.segments.iter().zip(&survey.tallies).map(|(first, tally)| {
        let (file, bytes) = (segment_name(*first), bytes_of(storage, *first)?);
        let (first, next, frames, events) = (*first, tally.next, tally.frames, tally.events);
        Ok(VerifiedSegment { file, bytes, first, next, frames, events })
    });
    let segments = parts.collect::<Result<Vec<_>, Error>>()?;
    Ok(Verified {
        frames: segments.iter().map(|part| part.frames).sum(),
        events: segments.iter().map(|part| part.events).sum(),
        first: segments.first().map_or(0, |part| part.first),
        segments,
        next: survey.next,
        durable: survey.durable,
        lost: survey.lost,
        trailing,
        damage,
    })
}
