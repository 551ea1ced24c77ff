//! What a journal's tags and numbers mean: a file beside the segments.
//!
//! ```text
//!  manifest.json                 written whole: manifest.part, synced, renamed, the folder synced
//!    streams      tag -> stream  a tag is given once and never changes its meaning
//!    instruments  1, 2, 3 ...    only ever grows: the numbers in events stay what they are
//!    sessions     one per start  from which position on, under which number, with which names
//! ```

use crate::error::Error;
use crate::storage::{Storage, read_full, write_all};
use pitlane::Instruments;
use serde::{Deserialize, Serialize};

/// Name of the file.
const FILE: &str = "manifest.json";
const PART: &str = "manifest.part";

/// Version of the form.
const FORM: u32 = 1;

/// What the numbers in a journal mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the form; tells a manifest of ours.
    pitlane_journal: u32,
    /// How often a writer began a session here.
    pub starts: u64,
    /// The streams, by tag; 0 is none.
    pub streams: Vec<StreamEntry>,
    /// Symbols in the order of their numbers, which count from 1.
    pub instruments: Vec<String>,
    /// Sessions that have events in the journal, or may get some, the oldest first.
    pub sessions: Vec<SessionEntry>,
}

/// A stream that is, or was, recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEntry {
    /// The tag of its frames.
    pub tag: u32,
    /// Its name: `feed`, `strategy/sma`.
    pub name: String,
    /// The source it belongs to.
    pub source: String,
    /// Name of its event type.
    pub event: String,
    /// Number of its event type.
    pub event_id: u8,
    /// Whether its events entered from outside, rather than being emitted by a stage.
    pub enters: bool,
}

/// A start of a writer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SessionEntry {
    /// Which start of the journal it was, from 1.
    pub start: u64,
    /// The session's number in order ids.
    pub session: u16,
    /// The position at which it begins.
    pub first: u64,
    /// When it began, ns since 1970.
    pub started: u64,
    /// Tags of the streams that it records.
    pub tags: Vec<u32>,
    /// Names of sources and components in the order of their numbers, which count from 1.
    pub names: Vec<String>,
    /// What was run: the config as it was understood.
    pub config: serde_json::Value,
}

/// A session to be.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Its number in order ids; `None` for a live engine, whose sessions are counted up.
    pub session: Option<u16>,
    /// The recorded streams; tags are given here, what stands in them does not count.
    pub streams: Vec<StreamEntry>,
    /// Names of sources and components in the order of their numbers.
    pub names: Vec<String>,
    /// Symbols and their numbers. They must be those of the manifest as far as that goes, see
    /// [`Manifest::know`].
    pub instruments: Instruments,
    /// What is run.
    pub config: serde_json::Value,
}

impl Default for Manifest {
    fn default() -> Self {
        let (streams, instruments, sessions) = (Vec::new(), Vec::new(), Vec::new());
        Self { pitlane_journal: FORM, starts: 0, streams, instruments, sessions }
    }
}

impl Manifest {
    /// Reads the manifest of a journal; `None` where it has none.
    ///
    /// # Errors
    /// [`Error::Manifest`] where it is not one, and the system's.
    pub fn read(storage: &dyn Storage) -> Result<Option<Self>, Error> {
        let names = storage.list().map_err(Error::io("list", "the folder"))?;
        if !names.iter().any(|name| name == FILE) {
            return Ok(None);
        }
        let file = storage.open(FILE).map_err(Error::io("open", FILE))?;
        let bytes = file.bytes().map_err(Error::io("read", FILE))?;
        let mut text = vec![0; usize::try_from(bytes).unwrap_or(usize::MAX)];
        let read = read_full(file.as_ref(), &mut text, 0).map_err(Error::io("read", FILE))?;
        let parsed: Result<Self, _> = serde_json::from_slice(&text[..read]);
        match parsed {
            Ok(manifest) if manifest.pitlane_journal == FORM => Ok(Some(manifest)),
            Ok(other) => Err(Error::Manifest(format!(
                "has form {}; this program reads form {FORM}",
                other.pitlane_journal
            ))),
            Err(error) => Err(Error::Manifest(format!("is not a journal's manifest ({error})"))),
        }
    }

    /// Writes it in one step: after a crash the old one or the new one is there, whole.
    ///
    /// # Errors
    /// [`Error::Full`], and the system's.
    pub(crate) fn write(&self, storage: &dyn Storage) -> Result<(), Error> {
        let mut text = serde_json::to_string_pretty(self).expect("texts and numbers");
        text.push('\n');
        let file = storage.create(PART).map_err(Error::io("create", PART))?;
        write_all(file.as_ref(), text.as_bytes(), 0).map_err(Error::io("write", PART))?;
        file.sync().map_err(Error::io("sync", PART))?;
        storage.rename(PART, FILE).map_err(Error::io("rename", PART))?;
        storage.sync_names().map_err(Error::io("sync", "the folder"))
    }

    /// Gives instruments the numbers they have in the journal. Call it before any symbol has one.
    pub fn know(&self, instruments: &Instruments) {
        for symbol in &self.instruments {
            let _ = instruments.intern(symbol);
        }
    }

    /// The number that the next session of a live engine gets.
    ///
    /// # Errors
    /// [`Error::Manifest`] when all 65,535 are used up.
    pub fn next_session(&self) -> Result<u16, Error> {
        let last = self.sessions.iter().map(|session| session.session).max().unwrap_or(0);
        last.checked_add(1).ok_or_else(|| {
            Error::Manifest("has given all 65,535 session numbers; begin another journal".into())
        })
    }

    /// The stream of a tag.
    #[must_use]
    pub fn stream(&self, tag: u32) -> Option<&StreamEntry> {
        self.streams.iter().find(|stream| stream.tag == tag)
    }

    /// The last session.
    #[must_use]
    pub fn last(&self) -> Option<&SessionEntry> {
        self.sessions.last()
    }

    /// Where the session of a start ends: where the next one begins.
    #[must_use]
    pub fn end_of(&self, start: u64) -> Option<u64> {
        self.sessions.iter().find(|session| session.start > start).map(|session| session.first)
    }

    /// The symbol of an instrument.
    #[must_use]
    pub fn symbol(&self, instrument: u32) -> Option<&str> {
        let at = usize::try_from(instrument).ok()?.checked_sub(1)?;
        self.instruments.get(at).map(String::as_str)
    }

    /// Notes a new session at a position and gives the tags of its streams, in their order.
    pub(crate) fn begin(
        &mut self,
        new: &NewSession,
        first: u64,
        oldest: u64,
        now: u64,
    ) -> Result<Vec<u32>, Error> {
        let session = new.session.map_or_else(|| self.next_session(), Ok)?;
        let tags: Vec<u32> = new.streams.iter().map(|stream| self.tag(stream)).collect();
        // Of sessions that retention has eaten up, only the last number counts.
        let ended = self.sessions.windows(2).take_while(|pair| pair[1].first <= oldest).count();
        let highest = self.sessions.iter().max_by_key(|session| session.session).cloned();
        self.sessions.drain(..ended);
        if let Some(highest) = highest.filter(|highest| !self.sessions.contains(highest)) {
            self.sessions.insert(0, highest);
        }
        self.starts += 1;
        self.sessions.push(SessionEntry {
            start: self.starts,
            session,
            first,
            started: now,
            tags: tags.clone(),
            names: new.names.clone(),
            config: new.config.clone(),
        });
        self.learn(&new.instruments)?;
        Ok(tags)
    }

    /// The tag of a stream, given now where it had none.
    fn tag(&mut self, wanted: &StreamEntry) -> u32 {
        let same =
            |known: &&StreamEntry| (&known.name, known.event_id) == (&wanted.name, wanted.event_id);
        if let Some(known) = self.streams.iter().find(same) {
            return known.tag;
        }
        let tag = self.streams.iter().map(|stream| stream.tag).max().unwrap_or(0) + 1;
        self.streams.push(StreamEntry { tag, ..wanted.clone() });
        tag
    }

    /// Appends the symbols that are new.
    pub(crate) fn learn(&mut self, instruments: &Instruments) -> Result<(), Error> {
        for (at, known) in self.instruments.iter().enumerate() {
            let text = instruments.text(at as u32 + 1);
            if text.as_deref() != Some(known) {
                return Err(Error::Manifest(format!(
                    "says that instrument {} is {known}, and here it is {}: let the instruments \
                     be known from the manifest before others get numbers",
                    at + 1,
                    text.as_deref().unwrap_or("unknown"),
                )));
            }
        }
        let new = (self.instruments.len()..instruments.len())
            .map_while(|at| instruments.text(at as u32 + 1).map(|text| text.to_string()));
        self.instruments.extend(new.collect::<Vec<_>>());
        Ok(())
    }
}
