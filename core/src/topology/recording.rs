//! Which streams are recorded, and the recorder's thread.

use super::check::Problems;
use super::checked::Checked;
use super::graph::Graph;
use super::lower::Lowering;
use super::plan::PlannedRecord;
use super::{RunError, Shared, StreamInfo};
use crate::durable::{Durable, Journal, Recorded, RecordedStream, Recorder, SyncPolicy};
use crate::ring::Reader;
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Arc, mpsc};
use crate::wait::Bed;
use std::time::{Duration, Instant};

impl Lowering<'_> {
    /// A source that is recorded is one, even where nothing of it is routed.
    pub(super) fn record(&mut self, wanted: &PlannedRecord) {
        if !self.graph.streams.iter().any(|stream| stream.source == wanted.source) {
            self.ingress(&wanted.source, wanted.event);
        }
    }
}

/// Which streams are recorded, and where.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// Indices of streams in the order of reports, and when they become durable.
    pub(super) streams: Vec<(usize, Option<SyncPolicy>)>,
    journal: Option<Journal>,
}

impl Recording {
    /// Finds the streams that are meant.
    pub(super) fn resolve(
        wanted: &[PlannedRecord],
        graph: &Graph,
        problems: &mut Problems,
    ) -> Self {
        let means = |wanted: &PlannedRecord, index: usize| {
            let stream = &graph.streams[index];
            let same = stream.source == wanted.source && stream.event.event == wanted.event.event;
            same && !stream.pass
        };
        for wanted in wanted {
            if !(0..graph.streams.len()).any(|stream| means(wanted, stream)) {
                let (source, event) = (&wanted.source, wanted.event.event);
                problems.error(
                    "PL-TOPOLOGY-040",
                    format!("routing.{source}.{event}.record"),
                    format!(
                        "nothing under `{source}` emits {event}, so there is nothing to record"
                    ),
                    "record what it emits, or take `record` out",
                );
            }
        }
        let policy = |stream: usize| {
            wanted.iter().find(|wanted| means(wanted, stream)).map(|wanted| (stream, wanted.sync))
        };
        let streams = graph.stream_order().filter_map(policy).collect();
        Self { streams, journal: None }
    }

    /// Whether a stream is recorded.
    pub(super) fn has(&self, stream: usize) -> bool {
        self.streams.iter().any(|recorded| recorded.0 == stream)
    }
}

impl Checked {
    /// The streams that are recorded, in the order of [`Checked::streams`].
    #[must_use]
    pub fn recorded(&self) -> Vec<StreamInfo> {
        self.recording.streams.iter().map(|(stream, _)| self.stream_info(*stream)).collect()
    }

    /// Gives it the journal that its recorded streams go to, and gives their positions in it, live.
    ///
    /// # Panics
    /// Where it has one already, or not a tag of its own for each recorded stream.
    pub fn journal(&mut self, mut journal: Journal) -> Durable {
        assert!(self.recording.journal.is_none(), "a topology has one journal");
        let streams = self.recorded();
        if journal.tags.is_empty() {
            journal.tags = (1..).take(streams.len()).collect();
        }
        let mut different = journal.tags.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), streams.len(), "a tag of its own for each recorded stream");
        let recorded = |((info, tag), (_, sync)): ((StreamInfo, &u32), &(usize, Option<_>))| {
            let sync = sync.unwrap_or(journal.sync);
            Recorded { name: info.name, event: info.event, tag: *tag, sync }
        };
        let streams = streams.into_iter().zip(&journal.tags).zip(&self.recording.streams);
        let durable = Durable::new(streams.map(recorded).collect(), journal.log.written());
        let _ = self.shared.durable.set(durable.clone());
        self.recording.journal = Some(journal);
        durable
    }

    pub(super) fn check_recording(&self) -> Result<(), RunError> {
        if self.recording.streams.is_empty() || self.recording.journal.is_some() {
            return Ok(());
        }
        let names: Vec<_> = self.recorded().iter().map(|s| format!("`{}`", s.name)).collect();
        Err(RunError::NoJournal(names.join(", ")))
    }
}

/// The recorder of the recorded streams, with the readers of their rings.
pub(super) fn recorder(
    checked: &mut Checked,
    bed: Bed,
    neighbours: Vec<Bed>,
    mut reader_of: impl FnMut(usize) -> Reader,
) -> Option<Recorder> {
    let journal = checked.recording.journal.take()?;
    let durable = checked.shared.durable.get()?.clone();
    let stream = |(&(stream, sync), &tag): (&(usize, Option<SyncPolicy>), &u32)| RecordedStream {
        reader: reader_of(stream),
        name: checked.graph.streams[stream].name.clone(),
        tag,
        sync: sync.unwrap_or(journal.sync),
        unsynced: None,
    };
    let streams = checked.recording.streams.iter().zip(&journal.tags).map(stream).collect();
    let Journal { log, on_full, .. } = journal;
    let shared = checked.shared.clone();
    Some(Recorder::new(log, on_full, streams, durable, bed, neighbours, shared))
}

/// The recorder's thread.
pub(super) struct RecorderThread {
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

/// How long the recorder may take for its last sync when the topology was halted.
const LAST_SYNC: Duration = Duration::from_secs(2);

impl RecorderThread {
    pub(super) fn start(mut recorder: Recorder) -> Result<Self, RunError> {
        let (leave, ended) = mpsc::channel();
        let body = move || {
            recorder.run();
            let _ = leave.send(());
        };
        let thread = thread::Builder::new().name("recorder".into()).spawn(body);
        let refused = |error: std::io::Error| RunError::Thread {
            lane: "recorder".into(),
            error: error.to_string(),
        };
        Ok(Self { ended, thread: thread.map_err(refused)? })
    }

    /// Waits until all is recorded and synced; lanes have ended. Gives whether it was in time.
    pub(super) fn finish(self, shared: &Arc<Shared>, deadline: Option<Instant>) -> bool {
        let in_time = match deadline {
            None if !shared.is_halted() => self.ended.recv().is_ok(),
            None => self.ended.recv_timeout(LAST_SYNC).is_ok(),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                self.ended.recv_timeout(left).is_ok() || {
                    shared.halt();
                    self.ended.recv_timeout(LAST_SYNC).is_ok()
                }
            }
        };
        if in_time {
            let _ = self.thread.join();
        }
        in_time
    }
}
