//! What the fuzzer calls: each reader on any bytes at all, to its end.
//!
//! No input may panic or make a reader hold more than its buffers; errors are answers. The same is
//! tried here with a few random inputs, so that the targets themselves stay sound.

use crate::bytes::{self, Bytes};
use crate::capture::{CaptureFile, CaptureOptions};
use crate::csv::{OnBadRow, SnapshotFile, SnapshotOptions};
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
        if preset == Preset::TardisBookSnapshot {
            let options = SnapshotOptions { entry: None, symbol: None, on_bad_row };
            let file = SnapshotFile::new("a.csv".into(), options, &Instruments::new());
            if let Ok(mut file) = file.in_memory(text.to_vec()) {
                drain(&mut file);
            }
            continue;
        }
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
    use std::io::Write;

    /// Rows by the presets, in their order.
    const ROWS: [&str; 12] = [
        "34200123,1822000,100,T,00000000,0\n57600000,1823000,7,T,00000000,1\n",
        "34200123,1822000,100,0,0,T,00000000,0\n34200124,0,0,1823000,5,Q,00000000,0\n",
        "18000000,1.38678,1.38685\n18000123,1.38679,1.38686\n",
        "0,0.2,50.0,0,0,1704067200001,False,True\n1,0.3,1.5,1,2,1735689600010866,True,True\n",
        "id,price,qty,quote_qty,time,is_buyer_maker\n5,61683.3,0.003,185.04,1723075200037,true\n",
        "5204837583120,61659.7,1.486,61659.8,0.981,1723075200001,1723075200005\n",
        "symbol,timestamp,local_timestamp,id,side,price,amount\nA,1585699200245000,1585699200257734,x,sell,6425.5,1e-7\n",
        "symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount\nA,1,2,8,8629.2,8629.1,65\n",
        "symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\nA,1,2,true,bid,6420,10\nA,1,3,false,ask,6421,0\n",
        "symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,asks[1].price,asks[1].amount\nA,1,2,6421,5,6420,10,6422,1\nA,2,3,6421,5,,,,\n",
        "1723075200000000000 {\"e\":\"trade\",\"T\":1,\"s\":\"A\",\"p\":\"1\",\"q\":\"2\",\"m\":true}\n",
        "ts_event,symbol,kind,price,size,flags\n1,\"A \"\"x\"\"\",trade,-1.5,2,128\n2,B,add,1,2,0\n",
    ];

    const CAPTURE: &str = r#"1700000000000000001 {"lastUpdateId":10,"T":1700000000000,"bids":[["99.5","1"],["99","2"]],"asks":[["100.25","0.5"]]}
1700000000000000002 {"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1700000000001,"T":1700000000001,"s":"BTCUSDT","U":9,"u":12,"pu":8,"b":[["99.75","3"]],"a":[["101","7"]]}}
1700000000000000003 {"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000002,"T":1700000000002,"s":"BTCUSDT","t":1,"p":"100.25","q":"0.5","m":false}}
1700000000000000004 {"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1.5","B":"2","a":"1.6","A":"3"}}
"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(text).expect("memory takes it");
        writer.finish().expect("memory takes it")
    }

    /// Found by the fuzzer: milliseconds and microseconds beyond the year 2554 overflowed.
    #[test]
    fn a_time_beyond_all_times_does_not_panic() {
        super::capture(b"99999999999999999 {\"e\":\"trade\",\"T\":99999999999999999,\"E\":1}\n");
        super::capture(b"1723075200000000000 {\"e\":\"trade\",\"T\":99999999999999,\"E\":1}\n");
        super::capture(b"99999999999999 {\"e\":\"trade\",\"T\":1,\"E\":1}\n");
        super::capture(b"99999999999999999 {\"e\":\"trade\",\"T\":99999999999999999,\"E\":1}\n");
    }

    /// A reader and a file that it reads.
    type Good = (fn(&[u8]), Vec<u8>);

    /// Small files that are good, for each target as it takes them.
    fn good() -> Vec<Good> {
        let mut all: Vec<Good> = Vec::new();
        for (number, rows) in ROWS.iter().enumerate() {
            let preset = u8::try_from(number).expect("few");
            all.push((super::csv, [&[preset, 40], rows.as_bytes()].concat()));
        }
        for (name, text) in
            [(0, gzip(ROWS[0].as_bytes())), (1, zstd::encode_all(ROWS[0].as_bytes(), 1).unwrap())]
        {
            all.push((super::archive, [vec![name], text].concat()));
        }
        all.push((super::capture, CAPTURE.as_bytes().to_vec()));
        for text in crate::dbn::samples() {
            all.push((super::archive, [vec![3], zstd::encode_all(&*text, 1).unwrap()].concat()));
            all.push((super::dbn, text));
        }
        all
    }

    /// A file with some bytes changed, taken out, doubled or cut off.
    fn spoil(good: &[u8], changes: &[(u8, u16, u8)]) -> Vec<u8> {
        let mut text = good.to_vec();
        for (how, place, byte) in changes {
            let at = usize::from(*place) % text.len().max(1);
            match how % 6 {
                _ if text.is_empty() => {}
                0 => text[at] = *byte,
                1 => text[at] ^= 1 << (byte % 8),
                2 => text.truncate(at),
                3 => drop(text.remove(at)),
                4 => text.insert(at, *byte),
                _ => {
                    let end = (at + usize::from(*byte)).min(text.len());
                    text.extend_from_within(at..end);
                }
            }
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        /// What the fuzzer does where its tools are, with less cunning but always.
        #[test]
        fn no_spoiled_file_makes_a_reader_panic(
            changes in prop::collection::vec(any::<(u8, u16, u8)>(), 1..6),
        ) {
            for (target, good) in good() {
                target(&spoil(&good, &changes));
            }
        }
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
