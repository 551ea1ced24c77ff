//! What entered in a recorded session enters again.

use super::opened::fields_of;
use super::{Opened, failure};
use crate::failure::{BAD_VALUE, Failure};
use pitlane::event::{EventType, Slot};
use pitlane::registry::Registry;
use pitlane::source::{SourceError, SourceReport};
use pitlane::topology::{Entry, Flow, Input, Port};
use pitlane_feeds::ReplayOptions;
use pitlane_persistence::{From, JournalReader};
use std::collections::VecDeque;
use std::path::PathBuf;

/// Enters the recorded ingress streams of a session in the order in which they had entered: by root.
///
/// Streams lie in the journal side by side, in pieces; the piece with the next root may come a little
/// later. What is kept meanwhile is bounded by the rings of the recorded run, and by `MOST`.
pub(crate) struct JournalInput {
    reader: JournalReader,
    folder: PathBuf,
    /// One past the last position of the session.
    end: u64,
    streams: Vec<Stream>,
    /// The root that entered next.
    next: u64,
    waiting: usize,
    options: ReplayOptions,
    entered: u64,
}

struct Stream {
    tag: u32,
    source: String,
    event: EventType,
    port: Option<Port>,
    queue: VecDeque<Slot>,
    report: SourceReport,
}

/// Most events that are kept until the next root is found; then the least one there is comes next.
const MOST: usize = 1 << 22;

/// Events entered per poll.
const BATCH: usize = 1024;

impl JournalInput {
    /// The input of a session: of its start, or the last one.
    pub(crate) fn open(
        opened: &Opened,
        run: Option<u64>,
        options: ReplayOptions,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        let (session, first, end) = opened.session(run)?;
        let mut streams = Vec::new();
        for stream in opened.manifest.streams.iter().filter(|stream| stream.enters) {
            if !session.tags.contains(&stream.tag) {
                continue;
            }
            let Some(fields) = fields_of(registry, stream.event_id) else {
                let message = format!("events of type {} are not known here", stream.event);
                let help = "use the program that recorded them: it registers the type";
                return Err(Failure::usage(BAD_VALUE, message, help));
            };
            streams.push(Stream {
                tag: stream.tag,
                source: stream.source.clone(),
                event: fields.event,
                port: None,
                queue: VecDeque::new(),
                report: SourceReport::default(),
            });
        }
        let at = |first| JournalReader::open(opened.storage.clone(), From::Sequence(first));
        let reader = at(first).map_err(|error| failure(&opened.folder, &error))?;
        let (folder, next, waiting, entered) = (opened.folder.clone(), 1, 0, 0);
        Ok(Self { reader, folder, end, streams, next, waiting, options, entered })
    }

    /// The sources it feeds.
    pub(crate) fn sources(&self) -> Vec<String> {
        self.streams.iter().map(|stream| stream.source.clone()).collect()
    }

    /// What was read of each.
    pub(crate) fn reports(&self) -> Vec<(String, SourceReport)> {
        let report = |stream: &Stream| (stream.source.clone(), stream.report.clone());
        self.streams.iter().map(report).collect()
    }

    fn find_ports(&mut self, entry: &dyn Entry) -> Result<(), SourceError> {
        for stream in self.streams.iter_mut().filter(|stream| stream.port.is_none()) {
            stream.port = entry.port(&stream.source, stream.event);
            if stream.port.is_none() {
                return Err(SourceError {
                    path: Some(self.folder.clone()),
                    message: format!(
                        "the journal has {} of `{}`, which the config does not route",
                        stream.event, stream.source
                    ),
                    help: "replay with the config that was recorded".into(),
                    ..SourceError::default()
                });
            }
        }
        Ok(())
    }

    /// Reads the next batch into the queues; false at the end.
    fn read(&mut self) -> Result<bool, SourceError> {
        let Self { reader, streams, waiting, end, folder, .. } = self;
        let failed = |error: pitlane_persistence::Error| SourceError {
            path: Some(folder.clone()),
            message: error.to_string(),
            ..SourceError::default()
        };
        if reader.position() >= *end {
            return Ok(false);
        }
        let Some(batch) = reader.next_until(*end).map_err(failed)? else { return Ok(false) };
        if let Some(stream) = streams.iter_mut().find(|stream| stream.tag == batch.tag) {
            stream.queue.extend(batch.events);
            *waiting += batch.events.len();
        }
        Ok(true)
    }

    /// The stream that has the next root; the least one there is, where nothing more can be read.
    fn turn(&mut self) -> Result<Option<usize>, SourceError> {
        loop {
            let heads = self.streams.iter().enumerate();
            let heads = heads.filter_map(|(at, stream)| {
                stream.queue.front().map(|event| (event.header.root, at))
            });
            let least = heads.min();
            if least.is_some_and(|(root, _)| root <= self.next) {
                return Ok(least.map(|(_, at)| at));
            }
            if self.waiting >= MOST || !self.read()? {
                return Ok(least.map(|(_, at)| at));
            }
        }
    }

    /// How many events of a queue enter one after the other, before another stream's turn.
    fn run(&self, at: usize, most: usize) -> usize {
        let (events, _) = self.streams[at].queue.as_slices();
        let first = events[0].header.root;
        let follows = |(place, event): &(usize, &Slot)| event.header.root == first + *place as u64;
        events.iter().take(most).enumerate().take_while(follows).count()
    }
}

impl Input for JournalInput {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        self.find_ports(entry)?;
        let mut left = BATCH.min(entry.room());
        if let Some(limit) = self.options.limit {
            left = left.min(usize::try_from(limit - self.entered).unwrap_or(usize::MAX));
            if limit == self.entered {
                return Ok(Flow::Done);
            }
        }
        while left > 0 {
            let Some(at) = self.turn()? else { return Ok(Flow::Done) };
            let mut count = self.run(at, left);
            let (from, to) = (self.options.from.unwrap_or(0), self.options.to.unwrap_or(u64::MAX));
            let stream = &mut self.streams[at];
            let (events, _) = stream.queue.as_slices();
            let inside = |event: &Slot| (from..to).contains(&event.header.ts_event);
            let kept = events[..count].iter().take_while(|event| inside(event)).count();
            if kept == 0 && events[0].header.ts_event >= to {
                return Ok(Flow::Done);
            }
            if kept == 0 {
                // Before the window: passed by, one after the other.
                count = 1;
            } else {
                let port = stream.port.expect("found before");
                count = entry.enter(port, &events[..kept]);
                self.entered += count as u64;
                stream.report.events += count as u64;
                left -= count;
            }
            if count == 0 {
                break;
            }
            self.next = events[count - 1].header.root + 1;
            stream.queue.drain(..count);
            self.waiting -= count;
        }
        Ok(Flow::More)
    }
}
