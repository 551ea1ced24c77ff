//! What the fuzzer calls: each reader on any bytes at all, to its end.
//!
//! No input may panic or make a reader hold more than its buffers; errors are answers. The same is
//! tried here with a few random inputs, so that the targets themselves stay sound.

use crate::bytes::{self, Bytes};
use crate::capture::{CaptureFile, CaptureOptions};
use crate::csv::OnBadRow;
use crate::{CsvOptions, OpenOptions, Preset, Reorder, open_file};
use pitlane::Instruments;
use pitlane::source::Source;
use std::io::Cursor;

/// Reads to the end or the first error, in small batches.
fn drain(source: &mut dyn Source) {
    let mut batch = Vec::with_capacity(7);
    while let Ok(true) = source.read(&mut batch) {
        batch.clear();
    }
    let _ = source.report();
}

/// Rows by a preset that the first byte chooses; the second one chooses a buffer.
pub fn csv(data: &[u8]) {
    let [which, buffer, text @ ..] = data else { return };
    let preset = Preset::ALL[usize::from(*which) % Preset::ALL.len()];
    for on_bad_row in [OnBadRow::Skip, OnBadRow::Stop] {
        let options = CsvOptions {
            preset: Some(preset),
            symbol: Some("A".into()),
            date: Some("2024-03-10".into()),
            path: Some("a.csv".into()),
            on_bad_row,
            nbbo: which & 0x80 != 0 && preset == Preset::LeanEquityQuote,
            ..CsvOptions::default()
        };
        let buffer = 1 + usize::from(*buffer);
        if let Ok(mut file) = crate::csv::in_memory(&options, text.to_vec(), buffer) {
            drain(&mut file);
        }
    }
}

/// A DBN file.
pub fn dbn(data: &[u8]) {
    for on_bad_row in [OnBadRow::Skip, OnBadRow::Stop] {
        let bytes = Bytes::Memory(bytes::counted(Cursor::new(data.to_vec())));
        if let Ok(file) = crate::dbn::in_memory(bytes, on_bad_row) {
            drain(&mut Reorder::new(Box::new(file), 1_000_000));
        }
    }
}

/// A raw capture of Binance.
pub fn capture(data: &[u8]) {
    for on_bad_row in [OnBadRow::Skip, OnBadRow::Stop] {
        let options =
            CaptureOptions { entry: None, symbol: None, else_symbol: "A".into(), on_bad_row };
        let file = CaptureFile::new("a.gz".into(), options, &Instruments::new());
        drain(&mut file.in_memory(data.to_vec()));
    }
}

/// A file that is packed, or says so, by a name that the first byte chooses.
pub fn archive(data: &[u8]) {
    let [which, content @ ..] = data else { return };
    let names = ["a.csv.gz", "a.csv.zst", "a.zip", "a.dbn.zst", "a.dbz", "a", "a.dbn.frag"];
    let folder = std::env::temp_dir().join(format!("pitlane-fuzz-{}", std::process::id()));
    let path = folder.join(names[usize::from(*which) % names.len()]);
    if std::fs::create_dir_all(&folder).is_err() || std::fs::write(&path, content).is_err() {
        return;
    }
    for preset in [None, Some(Preset::Plain)] {
        let options = OpenOptions { preset, ..OpenOptions::default() };
        if let Ok(mut source) = open_file(&path, &options, &Instruments::new()) {
            source.skip_to(1);
            drain(&mut *source);
        }
    }
    let _ = std::fs::remove_file(&path);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// Found by the fuzzer: milliseconds beyond the year 2554 overflowed.
    #[test]
    fn a_time_beyond_all_times_does_not_panic() {
        super::capture(b"1723075200000000000 {\"e\":\"trade\",\"T\":99999999999999,\"E\":1}\n");
        super::capture(b"99999999999999 {\"e\":\"trade\",\"T\":1,\"E\":1}\n");
        super::capture(b"99999999999999999 {\"e\":\"trade\",\"T\":99999999999999999,\"E\":1}\n");
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_a_reader_panic(
            magic in prop::sample::select(vec![
                &b""[..], b"DBN\x01", b"DBN\x03", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04",
                b"\x51\x2a\x4d\x18\x70\0\0\0DBZ\x01",
            ]),
            data in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let data = [magic, &data].concat();
            super::csv(&data);
            super::dbn(&data);
            super::capture(&data);
            super::archive(&[&data[..1.min(data.len())], &data].concat());
        }
    }
}
