//! What each word of the counter block counts: the layout, as data.

/// The words of one kind of line, in their order.
pub(crate) trait Word: Copy + 'static {
    /// Each word's name and what it counts, by index.
    const TABLE: &'static [(&'static str, &'static str)];

    /// Place in the line.
    fn index(self) -> usize;
}

/// Words of a lane; its thread writes them.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum LaneWord {
    Cycles,
    BusyCycles,
    IdleNs,
    Sleeps,
}

/// Words of a stage; its lane's thread writes them.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum StageWord {
    EventsIn,
    EventsOut,
    Batches,
    LargestBatch,
    Stops,
    Failures,
    Skipped,
    Restarts,
    Retries,
}

/// Words of a link; the reading stage's lane writes them.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum LinkWord {
    Done,
    Filtered,
    Skipped,
    Lag,
    MaxLag,
    Dropped,
    Gaps,
}

/// Words of a stream's ring; whoever writes the stream writes them.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
pub(crate) enum RingWord {
    Published,
    Publications,
    Filtered,
    Dropped,
    Conflated,
}

impl Word for LaneWord {
    const TABLE: &'static [(&'static str, &'static str)] = &[
        ("cycles", "duty cycles"),
        ("busy_cycles", "duty cycles in which anything moved"),
        ("idle_ns", "ns spent waiting for something to do"),
        ("sleeps", "times it gave its core away: yields, sleeps, parks"),
    ];

    fn index(self) -> usize {
        self as usize
    }
}

impl Word for StageWord {
    const TABLE: &'static [(&'static str, &'static str)] = &[
        ("events_in", "events handled"),
        ("events_out", "events emitted and published"),
        ("batches", "polls in which it handled any"),
        ("largest_batch", "most events of one poll"),
        ("stops", "events whose way through a pipeline ended here"),
        ("failures", "faults and panics, retried ones included"),
        ("skipped", "events that went to the dead letters"),
        ("restarts", "times it was built anew"),
        ("retries", "times an event was tried again"),
    ];

    fn index(self) -> usize {
        self as usize
    }
}

impl Word for LinkWord {
    const TABLE: &'static [(&'static str, &'static str)] = &[
        ("done", "events the stage is done with: handled, filtered, skipped, dropped"),
        ("filtered", "events that its condition held back"),
        ("skipped", "events that went to the dead letters"),
        ("lag", "published events not yet done, as last seen"),
        ("max_lag", "the most of them ever seen"),
        ("dropped", "events overwritten before it came to them"),
        ("gaps", "times any were, those side by side counted once"),
    ];

    fn index(self) -> usize {
        self as usize
    }
}

impl Word for RingWord {
    const TABLE: &'static [(&'static str, &'static str)] = &[
        ("published", "events published"),
        ("publications", "times any were published: batches"),
        ("filtered", "of a relay: events that its condition held back"),
        ("dropped", "of a relay: events for which there was no room"),
        ("conflated", "of a relay: events whose place a newer one took"),
    ];

    fn index(self) -> usize {
        self as usize
    }
}
