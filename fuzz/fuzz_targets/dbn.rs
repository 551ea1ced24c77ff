#![no_main]
//! See `pitlane_feeds::fuzzing::dbn`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| pitlane_feeds::fuzzing::dbn(data));
