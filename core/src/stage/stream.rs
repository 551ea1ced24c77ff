//! The writing end of a stream.

use super::Relay;
use crate::metrics::{RingWord, Words};
use crate::ring::Producer;
use xxhash_rust::xxh3::Xxh3;

/// The writing end of a stream: its ring, the relays that hang on it and, where it is wanted, a digest
/// of what went through.
pub(crate) struct Stream {
    pub(crate) producer: Producer,
    relays: Vec<Relay>,
    digest: Option<Box<Xxh3>>,
    publications: u64,
    /// Where it counts; `None` where nothing is counted.
    counters: Option<Words<RingWord>>,
}

/// What went through a stream: how many events, in how many batches and, where it is wanted, the hash
/// of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) publications: u64,
    pub(crate) digest: Option<u128>,
}

impl Stream {
    pub(crate) fn new(producer: Producer, digest: bool, counters: Option<Words<RingWord>>) -> Self {
        let digest = digest.then(|| Box::new(Xxh3::new()));
        Self { producer, relays: Vec::new(), digest, publications: 0, counters }
    }

    /// The same stream, with relays.
    pub(crate) fn with_relays(self, relays: Vec<Relay>) -> Self {
        Self { relays, ..self }
    }

    /// Publishes what was written.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if let Some(digest) = &mut self.digest {
            self.producer.for_unpublished(|slots| digest.update(bytemuck::cast_slice(slots)));
        }
        for relay in &mut self.relays {
            self.producer.for_unpublished(|slots| relay.offer(slots));
            relay.settle();
        }
        self.producer.publish();
        self.publications += 1;
        if let Some(counters) = &self.counters {
            counters.of(RingWord::Published).set(self.producer.sequence());
            counters.of(RingWord::Publications).set(self.publications);
        }
    }

    /// Hands on what waits in the relays, as far as there is room. Gives whether anything moved.
    #[inline]
    pub(crate) fn settle(&mut self) -> bool {
        self.relays.iter_mut().fold(false, |moved, relay| relay.settle() | moved)
    }

    /// Whether anything waits in a relay: the stream must not close yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.relays.iter().any(Relay::is_waiting)
    }

    /// Promises that no event with a root below `bound` will come. Gives whether that is news.
    #[inline]
    pub(crate) fn promise(&mut self, bound: u64) -> bool {
        let news = self.producer.promise_if_news(bound);
        self.relays.iter_mut().fold(news, |news, relay| relay.promise(bound) | news)
    }

    pub(crate) fn tally(&self) -> Tally {
        let digest = self.digest.as_ref().map(|digest| digest.digest128());
        Tally { count: self.producer.sequence(), publications: self.publications, digest }
    }
}
