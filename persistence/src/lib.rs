//! The journal of Pitlane's reliable tier: nothing of it is written yet.
//!
//! What will be here: append-only segments of 64-byte events in checksummed batch frames, one writer
//! and any number of readers, a stated durability (`sync: batch | interval | os`), recovery that tells
//! a torn tail from damage, and the `record:` and `--from-journal` of configs and command line.
//!
//! Until then no event is durable. A config with `tier: reliable` is refused when it is checked, with
//! `--reliable-as standard` as the way to run it without that promise.
#![forbid(unsafe_code)]
