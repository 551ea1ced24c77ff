#![no_main]
//! See `pitlane_feeds::fuzzing::capture`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| pitlane_feeds::fuzzing::capture(data));
