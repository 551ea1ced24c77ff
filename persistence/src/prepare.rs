//! The next segment, made before it is needed: zeroed, synced, under a name that nobody reads.

use crate::error::Error;
use crate::storage::{Storage, StorageFile, write_zeros};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

/// Name of the file until it is a segment.
pub(crate) const NEXT: &str = "next.segment";

type Prepared = Result<Box<dyn StorageFile>, Error>;

/// Makes segments, on a thread of its own where asked to. The thread ends with the segment it makes,
/// and is waited for when this is dropped, so that the next writer finds nobody at work.
pub(crate) struct Preparer {
    storage: Arc<dyn Storage>,
    bytes: u64,
    ahead: bool,
    /// Whether its zeros are on the disk before it is used, so that syncs of what is written into it need
    /// not make room in the file system. Where nobody syncs, it would only keep the writer waiting.
    synced: bool,
    making: Option<JoinHandle<Prepared>>,
}

impl Preparer {
    pub(crate) fn new(storage: Arc<dyn Storage>, bytes: u64, ahead: bool, synced: bool) -> Self {
        Self { storage, bytes, ahead, synced, making: None }
    }

    /// Begins to make the next segment, where that may be done ahead.
    pub(crate) fn begin(&mut self) {
        if self.ahead && self.making.is_none() {
            let (storage, bytes, synced) = (Arc::clone(&self.storage), self.bytes, self.synced);
            let thread = Builder::new().name("journal-prepare".to_owned());
            self.making = thread.spawn(move || prepare(storage.as_ref(), bytes, synced)).ok();
        }
    }

    /// A segment: the one that was made ahead, or else one made now.
    pub(crate) fn take(&mut self) -> Prepared {
        let ahead = self.making.take().map(JoinHandle::join);
        match ahead {
            Some(Ok(Ok(file))) => Ok(file),
            // What failed ahead may work now: a disk that was full has room again.
            _ => prepare(self.storage.as_ref(), self.bytes, self.synced),
        }
    }
}

impl Drop for Preparer {
    fn drop(&mut self) {
        if let Some(making) = self.making.take() {
            let _ = making.join();
        }
    }
}

fn prepare(storage: &dyn Storage, bytes: u64, synced: bool) -> Prepared {
    let file = storage.create(NEXT).map_err(Error::io("create", NEXT))?;
    let zeroed = write_zeros(file.as_ref(), 0, bytes);
    let made = zeroed.and_then(|()| if synced { file.sync() } else { Ok(()) });
    if let Err(cause) = made {
        // Gives back what room it took; that it may fail changes nothing, the name is used again.
        let _ = storage.remove(NEXT);
        return Err(Error::io("write", NEXT)(cause));
    }
    Ok(file)
}
