//! What a link does with events that come faster than its reader takes them.

/// What a link does when its reader is too slow.
///
/// A link that may lose events counts each one, see [`crate::topology::LinkReport`], and never holds
/// its writer back. What lies behind it differs from run to run, and the checker says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnFull {
    /// The writer waits. Nothing is lost.
    #[default]
    Block,
    /// New events are dropped while there is no room.
    DropNewest,
    /// The oldest events are overwritten; the reader goes on with newer ones, see
    /// [`crate::ring::LossyReader`].
    DropOldest,
    /// While there is no room, the latest event of each instrument and kind waits for it, at the place
    /// and with the root of the first one that it stands for. No instrument is forgotten. For events
    /// that state a value, such as quotes; not for those that add up, such as trades.
    Conflate,
}

impl OnFull {
    /// All of them.
    pub const ALL: [OnFull; 4] =
        [OnFull::Block, OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate];

    /// The word in configs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OnFull::Block => "block",
            OnFull::DropNewest => "drop_newest",
            OnFull::DropOldest => "drop_oldest",
            OnFull::Conflate => "conflate",
        }
    }
}

impl std::fmt::Display for OnFull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
