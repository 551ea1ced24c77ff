//! Memory that behaves as a disk may: it can lose any write that was not synced, tear the others,
//! and refuse.
//!
//! ```text
//!  write -> cache (what a process sees) ---- sync ----> disk (what a crash leaves)
//!               +--> pending writes --crash: any subset, the last of them torn--^
//! ```
//!
//! Names are kept in order, as journaling file systems do: a crash leaves a prefix of the changes made
//! since the names were last synced.

use super::{Storage, StorageFile};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes that reach the disk together.
const SECTOR: usize = 512;

/// What goes wrong, and when: counted in operations of its kind from when it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The write after so many fails with this kind, its first `kept` bytes written.
    Write {
        /// Writes that still work.
        after: usize,
        /// What is said.
        kind: io::ErrorKind,
        /// Bytes of it that arrive.
        kept: usize,
    },
    /// Each write takes at most so many bytes.
    ShortWrites {
        /// The most bytes of a write.
        limit: usize,
    },
    /// The sync after so many fails; what it should have written stays unsynced.
    Sync {
        /// Syncs that still work.
        after: usize,
    },
    /// No file may grow or be made: the disk is full.
    Full,
    /// Syncs of files do nothing and say that they did: a writer without its sync.
    IgnoredSyncs,
    /// The same for names.
    IgnoredNameSyncs,
}

#[derive(Clone, Debug, Default)]
struct Contents {
    cache: Vec<u8>,
    disk: Vec<u8>,
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    /// Names as they were after each change since the last sync of names; the first is on the disk.
    history: Vec<BTreeMap<String, usize>>,
    fault: Option<Fault>,
    locked: bool,
}

/// A folder in memory. Clones are the same folder.
#[derive(Clone, Debug, Default)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
}

struct SimulatedFile {
    state: Arc<Mutex<State>>,
    file: usize,
}

struct Guard(Arc<Mutex<State>>);

impl Drop for Guard {
    fn drop(&mut self) {
        lock(&self.0).locked = false;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn put(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    if bytes.len() < at + new.len() {
        bytes.resize(at + new.len(), 0);
    }
    bytes[at..at + new.len()].copy_from_slice(new);
}

impl Simulated {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this goes wrong; `None`: nothing.
    pub fn set_fault(&self, fault: Option<Fault>) {
        lock(&self.state).fault = fault;
    }

    /// The folder after the power failed. `choose(n)` gives a number below n: which writes and how
    /// many sectors of each arrived.
    #[must_use]
    pub fn crash(&self, mut choose: impl FnMut(usize) -> usize) -> Self {
        let state = lock(&self.state);
        let mut files = state.files.clone();
        for file in &mut files {
            for (at, bytes) in std::mem::take(&mut file.pending) {
                let sectors = bytes.len().div_ceil(SECTOR) + 1;
                match choose(3) {
                    0 => {}
                    1 => put(&mut file.disk, at, &bytes),
                    _ => {
                        let end = (choose(sectors) * SECTOR).min(bytes.len());
                        let start = (choose(sectors) * SECTOR).min(end);
                        put(&mut file.disk, at + start, &bytes[start..end]);
                    }
                }
            }
            file.cache.clone_from(&file.disk);
        }
        let names = match state.history.len() {
            0 => state.names.clone(),
            kept => state.history.get(choose(kept + 1)).unwrap_or(&state.names).clone(),
        };
        let state = State { files, names, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// A copy of what processes see now: the folder after a kill, which loses no write.
    #[must_use]
    pub fn killed(&self) -> Self {
        let state = lock(&self.state);
        let (files, names) = (state.files.clone(), state.names.clone());
        let history = state.history.clone();
        let state = State { files, names, history, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// All bytes of a file, to look at; empty where there is none.
    #[must_use]
    pub fn contents(&self, name: &str) -> Vec<u8> {
        let state = lock(&self.state);
        state.names.get(name).map_or_else(Vec::new, |file| state.files[*file].cache.clone())
    }

    /// Changes bytes of a file behind everybody's back, on the disk too.
    pub fn tamper(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = lock(&self.state);
        if let Some(file) = state.names.get(name).copied() {
            let contents = &mut state.files[file];
            change(&mut contents.cache);
            contents.disk.clone_from(&contents.cache);
            contents.pending.clear();
        }
    }
}

impl State {
    /// Changes the names and remembers how they were.
    fn rename<T>(&mut self, change: impl FnOnce(&mut BTreeMap<String, usize>) -> T) -> T {
        self.history.push(self.names.clone());
        change(&mut self.names)
    }

    fn sync_fails(&mut self) -> bool {
        match &mut self.fault {
            Some(Fault::Sync { after: 0 }) => true,
            Some(Fault::Sync { after }) => {
                *after -= 1;
                false
            }
            _ => false,
        }
    }

    /// How many bytes of a write arrive, and what is said.
    fn admit(&mut self, file: usize, at: usize, bytes: usize) -> (usize, Option<io::ErrorKind>) {
        match &mut self.fault {
            Some(Fault::Write { after: 0, kind, kept }) => ((*kept).min(bytes), Some(*kind)),
            Some(Fault::Write { after, .. }) => {
                *after -= 1;
                (bytes, None)
            }
            Some(Fault::ShortWrites { limit }) => (bytes.min(*limit), None),
            Some(Fault::Full) => {
                let room = self.files[file].cache.len().saturating_sub(at).min(bytes);
                (room, (room == 0).then_some(io::ErrorKind::StorageFull))
            }
            _ => (bytes, None),
        }
    }
}

impl Storage for Simulated {
    fn open(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let state = lock(&self.state);
        let file = *state.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(SimulatedFile { state: Arc::clone(&self.state), file }))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut state = lock(&self.state);
        if state.fault == Some(Fault::Full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = state.files.len();
        state.files.push(Contents::default());
        state.rename(|names| names.insert(name.to_owned(), file));
        Ok(Box::new(SimulatedFile { state: Arc::clone(&self.state), file }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(lock(&self.state).names.keys().cloned().collect())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        if !state.names.contains_key(from) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.rename(|names| {
            if let Some(file) = names.remove(from) {
                names.insert(to.to_owned(), file);
            }
        });
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.rename(|names| names.remove(name)).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        if state.sync_fails() {
            return Err(io::Error::other("input/output error"));
        }
        if state.fault != Some(Fault::IgnoredNameSyncs) {
            state.history.clear();
        }
        Ok(())
    }

    fn lock(&self) -> io::Result<Box<dyn Send>> {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.locked, true) {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "a writer in this test"));
        }
        Ok(Box::new(Guard(Arc::clone(&self.state))))
    }
}

impl StorageFile for SimulatedFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = lock(&self.state);
        let bytes = &state.files[self.file].cache;
        let bytes = bytes.get(offset as usize..).unwrap_or_default();
        let read = bytes.len().min(buffer.len());
        buffer[..read].copy_from_slice(&bytes[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = lock(&self.state);
        let (kept, refused) = state.admit(self.file, offset as usize, bytes.len());
        let contents = &mut state.files[self.file];
        if kept > 0 {
            put(&mut contents.cache, offset as usize, &bytes[..kept]);
            contents.pending.push((offset as usize, bytes[..kept].to_vec()));
        }
        refused.map_or(Ok(kept), |kind| Err(kind.into()))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        if state.sync_fails() {
            return Err(io::Error::other("input/output error"));
        }
        if state.fault != Some(Fault::IgnoredSyncs) {
            let contents = &mut state.files[self.file];
            contents.disk.clone_from(&contents.cache);
            contents.pending.clear();
        }
        Ok(())
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(lock(&self.state).files[self.file].cache.len() as u64)
    }
}
