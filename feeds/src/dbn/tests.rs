//! Files made by the `dbn` crate's encoder, whole and damaged.

use super::convert::{Made, convert};
use super::file::{DbnFile, Ground};
use super::names::Names;
use super::options::Venues;
use super::{header, mbo};
use crate::bytes::{self, Bytes};
use crate::csv::OnBadRow;
use crate::{OpenOptions, open_file};
use dbn::encode::{DbnEncoder, EncodeRecord};
use dbn::{
    BidAskPair, FlagSet, MappingInterval, MboMsg, Mbp10Msg, Metadata, RecordHeader, SType, Schema,
    SymbolMapping, SymbolMappingMsg, UNDEF_PRICE, rtype,
};
use pitlane::Instruments;
use pitlane::event::fixed::SCALE;
use pitlane::event::{Flags, MarketData, MarketDataKind};
use pitlane::source::{Source, SourceError, SourceReport};
use proptest::prelude::*;
use std::io::Cursor;
use std::path::PathBuf;

/// 2024-01-02T00:00:00Z.
const DAY: u64 = 1_704_153_600_000_000_000;
const NS_PER_DAY: u64 = 86_400_000_000_000;

fn date(day: u8) -> time::Date {
    time::Date::from_calendar_date(2024, time::Month::January, day).unwrap()
}

/// Number 7 is A on the second of January and B on the third.
fn metadata(dataset: &str, schema: Option<Schema>) -> Metadata {
    let mapping = |raw_symbol: &str, from| SymbolMapping {
        raw_symbol: raw_symbol.into(),
        intervals: vec![MappingInterval {
            start_date: date(from),
            end_date: date(from + 1),
            symbol: "7".into(),
        }],
    };
    Metadata::builder()
        .dataset(dataset)
        .schema(schema)
        .start(DAY)
        .stype_in(Some(SType::RawSymbol))
        .stype_out(SType::InstrumentId)
        .mappings(vec![mapping("A", 2), mapping("B", 3)])
        .build()
}

fn order(id: u32, publisher: u16, ts_recv: u64, action: u8) -> MboMsg {
    MboMsg {
        hd: RecordHeader::new::<MboMsg>(rtype::MBO, publisher, id, ts_recv - 5),
        order_id: 42,
        price: 1_000_000_000,
        size: 3,
        flags: FlagSet::from(128),
        channel_id: 1,
        action: action as _,
        side: b'B' as _,
        ts_recv,
        ts_in_delta: 1,
        sequence: 9,
    }
}

/// Files of several schemas, for the fuzzer's tests.
pub(crate) fn samples() -> Vec<Vec<u8>> {
    let orders = [order(7, 1, DAY, b'A'), order(7, 1, DAY + 1, b'C')];
    let levels = [(DAY, b'A', 128), (DAY + 1, b'T', 128)].map(|at| ten_levels(at, &[(99, 5)], &[]));
    let mut deep = Vec::new();
    let metadata = metadata("GLBX.MDP3", None);
    DbnEncoder::new(&mut deep, &metadata).unwrap().encode_records(&levels).unwrap();
    vec![encode(&metadata, &orders), deep]
}

fn encode(metadata: &Metadata, orders: &[MboMsg]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = DbnEncoder::new(&mut bytes, metadata).unwrap();
    encoder.encode_records(orders).unwrap();
    bytes
}

fn file(
    text: Vec<u8>,
    on_bad_row: OnBadRow,
    instruments: &Instruments,
) -> Result<DbnFile, SourceError> {
    let ground = Ground { symbol: None, venues: Venues::Auto, instruments: instruments.clone() };
    let bytes = Bytes::Memory(bytes::counted(Cursor::new(text)));
    DbnFile::new(PathBuf::from("a.dbn"), ground, on_bad_row).in_memory(bytes)
}

fn read_all(source: &mut dyn Source, room: usize) -> (Vec<MarketData>, Option<SourceError>) {
    let (mut events, mut batch) = (Vec::new(), Vec::with_capacity(room));
    loop {
        let more = source.read(&mut batch);
        events.append(&mut batch);
        match more {
            Ok(true) => {}
            Ok(false) => return (events, None),
            Err(error) => return (events, Some(error)),
        }
    }
}

fn read(text: Vec<u8>) -> (Vec<String>, Option<SourceError>, SourceReport) {
    let instruments = Instruments::new();
    let mut file = file(text, OnBadRow::Skip, &instruments).unwrap();
    let (events, error) = read_all(&mut file, 3);
    let symbols = events.iter().map(|event| instruments.text(event.header.instrument).unwrap());
    (symbols.map(|symbol| symbol.to_string()).collect(), error, file.report())
}

#[test]
fn a_number_is_another_symbol_on_another_day() {
    let times = [DAY, DAY + NS_PER_DAY - 1, DAY + NS_PER_DAY, DAY, DAY + 2 * NS_PER_DAY];
    let orders: Vec<_> = times.iter().map(|&time| order(7, 1, time, b'A')).collect();
    let (symbols, error, report) = read(encode(&metadata("GLBX.MDP3", Some(Schema::Mbo)), &orders));
    assert_eq!(error, None);
    assert_eq!(symbols, ["A", "A", "B", "A", "7"], "a day without a mapping leaves the number");
    assert_eq!((report.events, report.out_of_order), (5, 1));
}

#[test]
fn venues_of_one_dataset_have_instruments_of_their_own() {
    let orders = [order(7, 39, DAY, b'A'), order(7, 40, DAY, b'A'), order(7, 39, DAY, b'C')];
    let (symbols, ..) = read(encode(&metadata("DBEQ.BASIC", Some(Schema::Mbo)), &orders));
    assert!(symbols[0].starts_with("A.") && symbols[1].starts_with("A."), "{symbols:?}");
    assert!(symbols[0] != symbols[1] && symbols[0] == symbols[2], "{symbols:?}");
}

#[test]
fn mappings_on_the_way_name_what_the_metadata_do_not() {
    let mut bytes = Vec::new();
    let mut encoder = DbnEncoder::new(&mut bytes, &metadata("GLBX.MDP3", None)).unwrap();
    for (symbol, time) in [("", DAY), ("ESH4", DAY), ("ESM4", DAY + 9)] {
        if !symbol.is_empty() {
            let mapping = SymbolMappingMsg::new(
                5,
                time,
                SType::RawSymbol,
                "ES",
                SType::RawSymbol,
                symbol,
                0,
                0,
            );
            encoder.encode_record(&mapping.unwrap()).unwrap();
        }
        encoder.encode_record(&order(5, 1, time + 1, b'A')).unwrap();
    }
    let (symbols, error, report) = read(bytes);
    assert_eq!((symbols, error), (["5", "ESH4", "ESM4"].map(String::from).to_vec(), None));
    assert_eq!(report.notes, [("symbol mapping records", 2)]);
}

#[test]
fn damage_is_told_with_the_number_of_the_record() {
    let orders: Vec<_> = (0..3).map(|at| order(7, 1, DAY + at, b'A')).collect();
    let good = encode(&metadata("GLBX.MDP3", Some(Schema::Mbo)), &orders);
    let records_at = good.len() - 3 * 56;
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut text = good.clone();
        change(&mut text);
        let mut file = file(text.clone(), OnBadRow::Stop, &Instruments::new()).unwrap();
        let (events, error) = read_all(&mut file, 10);
        (events.len(), error.unwrap().message, read(text).2.bad_rows)
    };
    let (events, said, skipped) = damaged(&|text| text.truncate(text.len() - 1));
    assert_eq!((events, skipped), (2, 1));
    assert_eq!(said, "record 3: the last record is cut off after 55 bytes");
    let (events, said, skipped) = damaged(&|text| text[records_at + 56 + 38] = b'?');
    assert_eq!((events, skipped), (1, 1));
    assert_eq!(said, "record 2: a record has the action `?`");
    let (events, said, skipped) = damaged(&|text| text[records_at + 1] = 0x77);
    assert_eq!((events, skipped), (0, 1));
    assert_eq!(said, "record 1: a record has the type 0x77, which is none");
    // A length of nothing leaves no way to the next record.
    let mut text = good.clone();
    text[records_at + 56] = 0;
    let (_, error, _) = read(text);
    assert!(error.unwrap().message.starts_with("after 1 good records"));
}

#[test]
fn headers_that_lie_are_refused() {
    let good = encode(&metadata("GLBX.MDP3", Some(Schema::Mbo)), &[]);
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut text = good.clone();
        change(&mut text);
        let refused = file(text, OnBadRow::Skip, &Instruments::new()).map(drop);
        refused.unwrap_err().message
    };
    let said = refused(&|text| text[4..8].copy_from_slice(&u32::MAX.to_le_bytes()));
    assert_eq!(said, "the header states 4294967295 bytes of metadata");
    let said = refused(&|text| text[4..8].copy_from_slice(&(1_u32 << 29).to_le_bytes()));
    assert!(said.starts_with("the file ends after "), "{said}");
    assert!(refused(&|text| text[3] = 4).contains("version 4; versions 1 to 3"));
    assert!(refused(&|text| text[3] = 0).contains("version 0"));
    assert!(refused(&|text| text.truncate(60)).starts_with("the file ends after 52 of "));
}

#[test]
fn a_time_is_found_without_reading_all_before_it() {
    let second = 1_000_000_000;
    let orders: Vec<_> = (0..20_000).map(|at| order(7, 1, DAY + at * second, b'A')).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.dbn");
    std::fs::write(&path, encode(&metadata("GLBX.MDP3", Some(Schema::Mbo)), &orders)).unwrap();
    for from in [0, 1, 59, 60, 61, 9_999, 19_999, 20_000, 90_000] {
        let from = DAY + from * second;
        let open = || open_file(&path, &OpenOptions::default(), &Instruments::new()).unwrap();
        let mut seeking = open();
        seeking.skip_to(from);
        let wanted = |source: &mut dyn Source| {
            let (events, error) = read_all(source, 1000);
            assert_eq!(error, None);
            let wanted: Vec<_> = events.into_iter().filter(|e| e.header.ts_recv >= from).collect();
            (wanted, source.report().events)
        };
        let (found, read) = wanted(&mut *seeking);
        let (expected, _) = wanted(&mut *open());
        assert_eq!(found, expected);
        assert!(read <= found.len() as u64 + 60, "{read} read for {}", found.len());
    }
}

/// Records of ten levels, each side from its best price on.
fn ten_levels(record: (u64, u8, u8), bids: &[(i64, u32)], asks: &[(i64, u32)]) -> Mbp10Msg {
    let (ts_recv, action, flags) = record;
    let none = (UNDEF_PRICE, 0);
    let level = |at: usize| {
        let (bid, ask) = (bids.get(at).unwrap_or(&none), asks.get(at).unwrap_or(&none));
        BidAskPair {
            bid_px: bid.0,
            bid_sz: bid.1,
            ask_px: ask.0,
            ask_sz: ask.1,
            bid_ct: 1,
            ask_ct: 1,
        }
    };
    Mbp10Msg {
        hd: RecordHeader::new::<Mbp10Msg>(rtype::MBP_10, 1, 7, ts_recv - 5),
        price: 99,
        size: 2,
        action: action as _,
        side: b'A' as _,
        flags: FlagSet::from(flags),
        depth: 0,
        ts_recv,
        ts_in_delta: 0,
        sequence: 4,
        levels: std::array::from_fn(level),
    }
}

fn read_levels(records: &[Mbp10Msg], room: usize) -> Vec<MarketData> {
    let mut bytes = Vec::new();
    let metadata = metadata("GLBX.MDP3", Some(Schema::Mbp10));
    DbnEncoder::new(&mut bytes, &metadata).unwrap().encode_records(records).unwrap();
    let mut file = file(bytes, OnBadRow::Stop, &Instruments::new()).unwrap();
    let (events, error) = read_all(&mut file, room);
    assert_eq!(error, None);
    events
}

#[test]
fn ten_levels_become_the_changes_between_records() {
    let last = 128;
    let records = [
        ten_levels((DAY + 1, b'A', last), &[(99, 5), (98, 7)], &[]),
        ten_levels((DAY + 2, b'A', last | Flags::TOB), &[(100, 1), (99, 5)], &[(101, 3)]),
        ten_levels((DAY + 3, b'A', 0), &[(100, 2), (99, 5)], &[(101, 3)]),
        ten_levels((DAY + 3, b'A', last), &[(100, 2), (99, 5)], &[(101, 3)]),
        ten_levels((DAY + 4, b'A', last), &[(100, 2), (99, 5)], &[(101, 3)]),
        ten_levels((DAY + 5, b'T', last), &[(99, 5)], &[(101, 3)]),
        ten_levels((DAY + 6, b'R', last), &[], &[]),
    ];
    use MarketDataKind::{Cancel, Clear, Modify, Nothing, Quote, Trade};
    let expected = [
        (Quote, 99, 0),
        (Clear, UNDEF_PRICE, 0),
        (Modify, 99, 0),
        (Modify, 98, last),
        (Quote, 100, Flags::TOB),
        (Cancel, 98, 0),
        (Modify, 100, 0),
        (Modify, 101, last),
        (Quote, 100, 0),
        (Modify, 100, 0),
        (Quote, 100, 0),
        (Nothing, UNDEF_PRICE, last),
        (Quote, 100, last),
        (Quote, 99, 0),
        (Cancel, 100, 0),
        (Trade, 99, last),
        (Quote, UNDEF_PRICE, 0),
        (Cancel, 99, 0),
        (Cancel, 101, last),
    ];
    for room in [1, 2, 5, 100] {
        let events = read_levels(&records, room);
        let seen: Vec<_> = events
            .iter()
            .map(|event| {
                let flags = event.header.flags & !Flags::SIDE;
                let quoted = event.as_quote().map(|quote| quote.bid_price());
                let traded = event.as_trade().map(|trade| trade.price());
                let changed = event.as_book_change().map(|change| change.price());
                let price = quoted.or(traded).or(changed).unwrap_or(UNDEF_PRICE);
                (event.kind().unwrap(), price, flags)
            })
            .collect();
        assert_eq!(seen, expected, "room {room}");
    }
}

#[test]
fn files_put_together_in_one_are_refused() {
    let good = encode(&metadata("GLBX.MDP3", Some(Schema::Mbo)), &[order(7, 1, DAY, b'A')]);
    let (symbols, error, _) = read([good.clone(), good].concat());
    assert_eq!(symbols, ["A"]);
    let error = error.unwrap();
    assert_eq!(error.message, "after 1 good records: metadata of another DBN file begin here");
    assert!(error.help.contains("give each by itself"), "{}", error.help);
}

proptest! {
    /// Whatever ten levels come after each other, what they change gives each of them.
    #[test]
    fn changes_of_levels_come_to_the_levels_of_each_record(
        books in prop::collection::vec((0_i64..6, prop::collection::vec(0_u32..4, 0..10)), 1..20),
    ) {
        let records: Vec<_> = books
            .iter()
            .enumerate()
            .map(|(at, (best, sizes))| {
                let level = |(at, size): (usize, &u32)| (at as i64, *size);
                let bids: Vec<_> =
                    sizes.iter().enumerate().map(level).map(|(at, size)| (best - at, size)).collect();
                let asks: Vec<_> =
                    sizes.iter().enumerate().map(level).map(|(at, size)| (best + 1 + at, size)).collect();
                ten_levels((DAY + at as u64, b'A', 128), &bids, &asks)
            })
            .collect();
        let mut sides = [std::collections::BTreeMap::new(), std::collections::BTreeMap::new()];
        let mut shown = 0;
        for event in read_levels(&records, 7) {
            if event.as_clear().is_some() {
                sides.iter_mut().for_each(std::collections::BTreeMap::clear);
            } else if let Some(change) = event.as_book_change() {
                let side = &mut sides[usize::from(change.side() == pitlane::event::Side::Ask)];
                match event.kind() {
                    Some(MarketDataKind::Modify) => drop(side.insert(change.price(), change.size())),
                    _ => drop(side.remove(&change.price()).expect("what is taken out was there")),
                }
            }
            if event.header.is_last() {
                let level = |price, size| (price != UNDEF_PRICE && size > 0).then_some((price, i64::from(size) * SCALE));
                let record = &records[shown];
                let bids = record.levels.iter().filter_map(|at| level(at.bid_px, at.bid_sz));
                let asks = record.levels.iter().filter_map(|at| level(at.ask_px, at.ask_sz));
                prop_assert_eq!(&sides, &[bids.collect(), asks.collect()]);
                shown += 1;
            }
        }
        prop_assert_eq!(shown, records.len());
    }

    #[test]
    fn the_fast_way_makes_the_same_events(
        words in prop::collection::vec(any::<u8>(), 56),
        action in prop::sample::select(b"ACMTFRNx".to_vec()),
        side in prop::sample::select(b"ABNx".to_vec()),
        undefined in any::<[bool; 4]>(),
    ) {
        let mut bytes = words;
        (bytes[0], bytes[1], bytes[38], bytes[39]) = (14, rtype::MBO, action, side);
        for (at, length) in [(8, 8), (40, 8), (32, 4)].into_iter().zip(undefined).filter_map(|(w, u)| u.then_some(w)) {
            bytes[at..at + length].fill(0xff);
        }
        let names = || Names::new(None, None, Venues::Never, &Instruments::new());
        let (mut first, mut second) = (names(), names());
        let fast = mbo::next(&bytes, &mut first);
        let text = Bytes::Memory(bytes::counted(Cursor::new(bytes.clone())));
        let mut opened = header::start("a.dbn".as_ref(), text).unwrap();
        opened.fsm.write_all(&bytes[8..]);
        let dbn::decode::dbn::fsm::ProcessResult::Record(_) = opened.fsm.process_batch() else { panic!() };
        let slow = convert(opened.fsm.next_buffered_record().unwrap(), &mut second);
        match (fast, slow) {
            (Some((event, 56)), Ok(Made::One(expected))) => prop_assert_eq!(event, expected),
            (None, Err(_)) => prop_assert_eq!(action, b'x'),
            (fast, _) => panic!("{fast:?}"),
        }
    }
}
