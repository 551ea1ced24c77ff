//! Behaviour of Pitlane across its crates; see `tests/behaviour`.
#![forbid(unsafe_code)]
