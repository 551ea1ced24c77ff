//! How much a stage has written, for its trace.

use super::Outbox;

impl Outbox {
    /// Events written so far by port, in the order the ports were added, then the pass: published, not
    /// yet published, and waiting for room.
    pub(crate) fn written(&self) -> impl Iterator<Item = u64> {
        self.all_ports().map(|port| {
            let ring = &port.stream.producer;
            ring.sequence() + ring.unpublished() as u64 + port.overflow.len() as u64
        })
    }
}
