//! Reading a source on a thread of its own.

use pitlane::event::MarketData;
use pitlane::source::{Source, SourceError, SourceReport};
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

/// Events in a batch.
const BATCH: usize = 4096;

/// Batches that may be read ahead.
const AHEAD: usize = 4;

/// What the thread hands over.
struct Read {
    batch: Vec<MarketData>,
    more: Result<bool, SourceError>,
    report: SourceReport,
}

/// A source that is read ahead by a thread of its own, so that decoding and the stages run on two
/// cores.
///
/// Holds at most six batches of 4,096 events. The thread ends with the source, or soon after this
/// is dropped; it is not waited for.
pub struct ReadAhead {
    read: Receiver<Read>,
    used: SyncSender<Vec<MarketData>>,
    current: Vec<MarketData>,
    at: usize,
    /// What follows the current batch.
    more: Result<bool, SourceError>,
    report: SourceReport,
}

impl ReadAhead {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn new(source: Box<dyn Source>) -> io::Result<Self> {
        let (read_out, read) = sync_channel(AHEAD);
        let (used, used_in) = sync_channel(AHEAD + 2);
        let report = source.report();
        thread::Builder::new()
            .name("pitlane-read-ahead".into())
            .spawn(move || read_all(source, &read_out, &used_in))?;
        Ok(Self { read, used, current: Vec::new(), at: 0, more: Ok(true), report })
    }
}

fn read_all(mut source: Box<dyn Source>, out: &SyncSender<Read>, used: &Receiver<Vec<MarketData>>) {
    loop {
        let mut batch = used.try_recv().unwrap_or_else(|_| Vec::with_capacity(BATCH));
        batch.clear();
        let more = source.read(&mut batch);
        if batch.is_empty() && more == Ok(true) {
            thread::yield_now();
        }
        let goes_on = more == Ok(true);
        let sent = out.send(Read { batch, more, report: source.report() });
        if sent.is_err() || !goes_on {
            return;
        }
    }
}

impl Source for ReadAhead {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        loop {
            let room = batch.capacity() - batch.len();
            let some = room.min(self.current.len() - self.at);
            batch.extend_from_slice(&self.current[self.at..self.at + some]);
            self.at += some;
            if batch.len() == batch.capacity() {
                return Ok(true);
            }
            if self.more != Ok(true) {
                return std::mem::replace(&mut self.more, Ok(false));
            }
            match self.read.try_recv() {
                Ok(read) => {
                    let used = std::mem::replace(&mut self.current, read.batch);
                    // A full channel only means that the batch is not used again.
                    drop(self.used.try_send(used));
                    (self.at, self.more, self.report) = (0, read.more, read.report);
                }
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => {
                    self.more = Ok(false);
                    return Err(crate::error::about("the thread that reads ahead has died", "")
                        .coded(pitlane::error::codes::SOURCE_FAILED));
                }
            }
        }
    }

    fn report(&self) -> SourceReport {
        self.report.clone()
    }
}
