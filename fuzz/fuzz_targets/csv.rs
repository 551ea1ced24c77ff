#![no_main]
//! See `pitlane_feeds::fuzzing::csv`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| pitlane_feeds::fuzzing::csv(data));
