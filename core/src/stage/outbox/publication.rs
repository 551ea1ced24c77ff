//! What an outbox tells its readers: events, and what will not come any more.

use super::super::Tally;
use super::super::port::Port;
use super::Outbox;

impl Outbox {
    /// Writes what waits, as far as there is room, and publishes all that was written. Gives
    /// whether anything moved.
    #[inline]
    pub(crate) fn flush(&mut self) -> bool {
        self.has_streams() && self.flush_all()
    }

    #[inline(never)]
    pub(super) fn flush_all(&mut self) -> bool {
        let mut moved = false;
        let mut blocked = false;
        self.unpublished = 0;
        self.ports.iter_mut().chain(&mut self.pass).for_each(|port| {
            moved |= port.flush();
            blocked |= !port.overflow.is_empty();
        });
        self.blocked = blocked;
        moved
    }

    /// Promises that no event with a root below `bound` will be emitted. Gives whether that is news.
    pub(crate) fn promise(&mut self, bound: u64) -> bool {
        let ports = self.ports.iter_mut().chain(&mut self.pass);
        ports.fold(false, |news, port| port.promise(bound) | news)
    }

    /// The greatest root of which it was promised that no smaller one will be emitted.
    pub(crate) fn promised(&self) -> u64 {
        self.all_ports().map(|port| port.stream.producer.promised()).max().unwrap_or(0)
    }

    /// Whether something waits in a relay. The stage may go on, but its streams must not close.
    pub(crate) fn is_waiting(&self) -> bool {
        self.all_ports().any(|port| port.stream.is_waiting())
    }

    /// Whether anything can be written here.
    #[inline]
    pub(crate) fn has_streams(&self) -> bool {
        self.writes
    }

    /// Events of pipelines that ended here.
    pub(crate) fn stops(&self) -> u64 {
        self.stops
    }

    /// Count and digest of each stream, the ports' in the order they were added, then the pass.
    pub(crate) fn tallies(&self) -> Vec<Tally> {
        self.all_ports().map(|port| port.stream.tally()).collect()
    }

    /// Events published so far on all ports.
    #[inline]
    pub(crate) fn published(&self) -> u64 {
        self.ports.iter().map(|port| port.stream.producer.sequence()).sum()
    }

    pub(super) fn all_ports(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().chain(&self.pass)
    }
}
