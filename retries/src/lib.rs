//! Retries and dead letters of Pitlane's reliable tier: nothing of them is written yet.
//!
//! What will be here: the retry policy (attempts, exponential back-off with jitter from a seeded
//! generator, a budget), the circuit breaker per target, and durable dead letters with reason and
//! history. All of it will be polled with a clock that is passed in; nothing will sleep a lane.
//!
//! Until then a delivery that fails halts the topology, and the report names stage, event and root.
#![forbid(unsafe_code)]
