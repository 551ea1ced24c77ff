#![no_main]
//! See `pitlane_feeds::fuzzing::archive`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| pitlane_feeds::fuzzing::archive(data));
