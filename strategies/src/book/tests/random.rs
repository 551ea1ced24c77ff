//! Random changes, sound and hostile ones, against the model.

use super::model::Model;
use super::{Book, BookSize};
use pitlane::event::fixed::NULL;
use pitlane::event::{Flags, MarketData, MarketDataKind, Side};
use proptest::prelude::*;

const KINDS: [MarketDataKind; 6] = [
    MarketDataKind::Add,
    MarketDataKind::Modify,
    MarketDataKind::Cancel,
    MarketDataKind::Clear,
    MarketDataKind::Fill,
    MarketDataKind::Trade,
];

fn kind() -> impl Strategy<Value = MarketDataKind> {
    let weighted = [40_u32, 30, 30, 1, 2, 2].into_iter().zip(KINDS.map(Just));
    prop::strategy::Union::new_weighted(weighted.collect())
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![20 => Just(Side::Bid), 20 => Just(Side::Ask), 1 => Just(Side::None)]
}

fn price() -> impl Strategy<Value = i64> {
    prop_oneof![
        60 => 90_i64..110,
        20 => -1000_i64..1000,
        2 => Just(NULL),
        1 => Just(i64::MIN),
        1 => any::<i64>(),
    ]
}

fn size() -> impl Strategy<Value = i64> {
    prop_oneof![
        60 => 1_i64..9,
        5 => Just(0),
        2 => Just(NULL),
        1 => Just(NULL - 1),
        1 => any::<i64>(),
    ]
}

fn flags() -> impl Strategy<Value = u8> {
    prop_oneof![30 => Just(0), 30 => Just(Flags::LAST), 1 => Just(Flags::TOB), 1 => Just(Flags::SNAPSHOT)]
}

/// Changes with ids below `ids`; 0 is a level's.
fn change(ids: std::ops::Range<u64>) -> impl Strategy<Value = MarketData> {
    (kind(), side(), price(), size(), ids, flags()).prop_map(
        |(kind, side, price, size, id, flags)| {
            let mut event = match kind {
                MarketDataKind::Trade => MarketData::trade(1, 5, price, size, side),
                kind => MarketData::book(kind, 1, 5, side, (price, size), id),
            };
            event.header.flags |= flags;
            event
        },
    )
}

fn changes() -> impl Strategy<Value = Vec<MarketData>> {
    prop_oneof![
        3 => prop::collection::vec(change(1..60), 0..400),
        3 => prop::collection::vec(change(0..1), 0..400),
        1 => prop::collection::vec(change(0..9), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_book_is_its_model_whatever_comes(changes in changes(), levels in 0_usize..40) {
        let mut book = Book::new(BookSize { levels, orders: 0 });
        let mut model = Model::default();
        for change in &changes {
            book.apply(change);
            model.apply(change);
            model.check(&book);
        }
    }
}
