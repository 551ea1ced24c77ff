//! The writing end of a stream.

use crate::metrics::{RingWord, Words};
use crate::ring::Producer;
use xxhash_rust::xxh3::Xxh3;

/// The writing end of a stream: its ring, and a digest of what went through where it is wanted.
pub(crate) struct Stream {
    pub(crate) producer: Producer,
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
        Self { producer, digest, publications: 0, counters }
    }

    /// Publishes what was written.
    #[inline]
    pub(crate) fn publish(&mut self) {
        if let Some(digest) = &mut self.digest {
            self.producer.for_unpublished(|slots| digest.update(bytemuck::cast_slice(slots)));
        }
        self.producer.publish();
        self.publications += 1;
        if let Some(counters) = &self.counters {
            counters.of(RingWord::Published).set(self.producer.sequence());
            counters.of(RingWord::Publications).set(self.publications);
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        let digest = self.digest.as_ref().map(|digest| digest.digest128());
        Tally { count: self.producer.sequence(), publications: self.publications, digest }
    }
}
