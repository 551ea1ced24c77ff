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
/// Holds at most six batches of 4,096 events. The thread begins with the first read, and ends with
/// the source, or soon after this is dropped; it is not waited for.
pub struct ReadAhead {
    /// Until the first read.
    source: Option<Box<dyn Source>>,
    thread: Option<Thread>,
    current: Vec<MarketData>,
    at: usize,
    /// What follows the current batch.
    more: Result<bool, SourceError>,
    report: SourceReport,
}

/// The ends of the ways from and to the thread.
struct Thread {
    read: Receiver<Read>,
    used: SyncSender<Vec<MarketData>>,
}

impl Thread {
    fn start(source: Box<dyn Source>) -> io::Result<Self> {
        let (read_out, read) = sync_channel(AHEAD);
        let (used, used_in) = sync_channel(AHEAD + 2);
        thread::Builder::new()
            .name("pitlane-read-ahead".into())
            .spawn(move || read_all(source, &read_out, &used_in))?;
        Ok(Self { read, used })
    }
}

impl ReadAhead {
    /// A source that will be read ahead.
    #[must_use]
    pub fn new(source: Box<dyn Source>) -> Self {
        let report = source.report();
        let source = Some(source);
        Self { source, thread: None, current: Vec::new(), at: 0, more: Ok(true), report }
    }

    /// The thread, started now where it was not.
    fn thread(&mut self) -> Result<&Thread, SourceError> {
        if let Some(source) = self.source.take() {
            let started = Thread::start(source).map_err(|error| {
                self.more = Ok(false);
                let message = format!("the system gives no thread to read ahead: {error}");
                crate::error::about(message, "see how many threads a user may have")
            })?;
            self.thread = Some(started);
        }
        self.thread.as_ref().ok_or_else(|| crate::error::about("reading ahead has ended", ""))
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
            match self.thread()?.read.try_recv() {
                Ok(read) => {
                    let used = std::mem::replace(&mut self.current, read.batch);
                    // A full channel only means that the batch is not used again.
                    drop(self.thread()?.used.try_send(used));
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

    fn skip_to(&mut self, time: u64) {
        if let Some(source) = &mut self.source {
            source.skip_to(time);
        }
    }
}
